"""Adjudication: question by question and domain by domain, by somebody who is not one of the two readers."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from analysis.freezing import take_content
from evidence import services
from evidence.models import Assessment, AssessmentDecision
from evidence.permissions import NotAllowed
from evidence.services.judging import Answer, NotIndependent, Verdict
from evidence.services.risk_of_bias import Choice
from evidence.services.risk_of_bias.settling import comparison_of
from tests import factories as make
from tests.evidence.risk_of_bias.world import LOW, OTHER, World, answer, answers_of, levels, make_world

pytestmark = pytest.mark.django_db

FIRST, SECOND = Choice("first"), Choice("second")
ALL_FIRST = {"1.2": FIRST, "4.3": FIRST}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def consensus(world: World) -> Assessment:
    first, second = world.both_submitted()
    return services.begin_adjudication(by=world.cora, first=first, second=second)


def differences(row: Assessment) -> list[tuple[str, str, str]]:
    return [(item.code, item.first_value, item.second_value) for item in comparison_of(row).differences]


def test_only_what_differs_is_to_be_decided(consensus):
    assert differences(consensus) == [("1.2", "Y", "NI"), ("4.3", "N", "Y")]


def test_consensus_is_built_from_what_is_agreed_and_what_is_taken(world, consensus):
    services.decide_differences(by=world.cora, consensus=consensus, choices=ALL_FIRST)
    row = services.settle_assessments(by=world.cora, consensus=consensus)
    assert answers_of(row) == LOW
    assert set(levels(row).values()) == {"low"}
    assert (row.status, row.submitted_by) == ("submitted", world.cora)
    taken, agreed = row.answers.get(question="1.2"), row.answers.get(question="1.1")
    assert taken.support == "anna: because of 1.2"
    assert agreed.support == "anna: because of 1.1 / ben: because of 1.1"
    assert taken.history.get().history_change_reason == "settled: the first reader's"
    assert agreed.history.get().history_change_reason == "agreed by both readers"


def test_what_is_taken_opens_the_questions_behind_it(world, consensus):
    comparison = services.decide_differences(by=world.cora, consensus=consensus, choices={"4.3": SECOND})
    opened = [(item.code, item.first_value, item.second_value, item.value) for item in comparison.differences]
    assert opened == [("1.2", "Y", "NI", ""), ("4.3", "N", "Y", "Y"), ("4.4", "", "Y", "")]
    with pytest.raises(ValidationError, match="2 differences are still undecided"):
        services.settle_assessments(by=world.cora, consensus=consensus)
    assert not consensus.judgements.exists()


def test_third_value_needs_a_reason_that_stays_with_the_answer(world, consensus):
    choices = {"1.2": FIRST, "4.3": SECOND, "4.4": SECOND, "4.5": Choice("other", "Y")}
    with pytest.raises(ValidationError) as refused:
        services.decide_differences(by=world.cora, consensus=consensus, choices=choices)
    assert refused.value.message_dict == {"4.5": ["A third value needs a reason."]}
    assert not AssessmentDecision.objects.exists(), "all or nothing"
    choices["4.5"] = Choice("other", "Y", "The trialists sold the device.")
    services.decide_differences(by=world.cora, consensus=consensus, choices=choices)
    row = services.settle_assessments(by=world.cora, consensus=consensus)
    assert (levels(row)["measurement"], levels(row)["overall"]) == ("high", "high")
    assert row.answers.get(question="4.5").support == "The trialists sold the device."


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        ({"1.1": SECOND}, {"1.1": ["The readers do not differ here, after what is decided before it."]}),
        ({"1.2": Choice("third", "Y")}, {"1.2": ["This reader has no value here; take the other's, or a third one."]}),
        ({"1.2": Choice("other", "", "Why.")}, {"1.2": ["Choose the third value."]}),
        ({"1.2": Choice("other", "NA", "Why.")}, {"1.2": ["Question 1.2 has no answer “NA”."]}),
        (
            {"4.3": SECOND, "4.4": FIRST},
            {"4.4": ["This reader has no value here; take the other's, or a third one."]},
        ),
        ({"9.9": FIRST}, {"9.9": ["The readers do not differ here, after what is decided before it."]}),
    ],
)
def test_choice_that_there_is_not_is_refused_at_its_difference(world, consensus, choices, says):
    with pytest.raises(ValidationError) as refused:
        services.decide_differences(by=world.cora, consensus=consensus, choices=choices)
    assert refused.value.message_dict == says
    assert not AssessmentDecision.objects.exists()


def test_departure_of_one_reader_is_decided_although_the_answers_agree(world):
    first = world.submitted(world.anna, LOW)
    second = answer(world.ben, world.start(world.ben), LOW, measurement=Verdict("high", "The scale is invalid."))
    services.submit_assessment(by=world.ben, assessment=second)
    second.refresh_from_db()
    row = services.begin_adjudication(by=world.cora, first=first, second=second)
    assert differences(row) == [("measurement", "low", "high")]
    services.decide_differences(by=world.cora, consensus=row, choices={"measurement": SECOND})
    row = services.settle_assessments(by=world.cora, consensus=row)
    kept = row.judgements.get(domain="measurement")
    assert (kept.judgement, kept.proposed, kept.justification) == ("high", "low", "The scale is invalid.")
    assert levels(row)["overall"] == "high"


def test_judgement_against_the_settled_answers_needs_a_reason(world):
    first = answer(world.anna, world.start(world.anna), LOW, selection=Verdict("high", "Switched outcomes."))
    first = services.submit_assessment(by=world.anna, assessment=first)
    second = world.submitted(world.ben, LOW | {"5.1": "NI"})
    row = services.begin_adjudication(by=world.cora, first=first, second=second)
    choices = {"5.1": FIRST, "selection": SECOND}
    with pytest.raises(ValidationError) as refused:
        services.decide_differences(by=world.cora, consensus=row, choices=choices)
    assert refused.value.message_dict == {
        "selection": ["The rules of RoB 2 give “Low” for the settled answers; say why not."]
    }
    choices["selection"] = Choice("second", reason="The plan is vague.")
    services.decide_differences(by=world.cora, consensus=row, choices=choices)
    row = services.settle_assessments(by=world.cora, consensus=row)
    assert row.judgements.get(domain="selection").justification == "The plan is vague."


def test_tool_without_an_algorithm_is_settled_by_its_judgements(world):
    rows = []
    for person, level in ((world.anna, "low"), (world.ben, "unclear")):
        row = services.start_assessment(by=person, study=world.study, tool="rob1")
        verdicts = {domain: Verdict("low", f"{person} says so.") for domain in row.definition.domains}
        services.assess(
            by=person, assessment=row, answers={}, verdicts=verdicts | {"other": Verdict(level, "Funding.")}
        )
        rows.append(services.submit_assessment(by=person, assessment=row))
    row = services.begin_adjudication(by=world.cora, first=rows[0], second=rows[1])
    assert differences(row) == [("other", "low", "unclear")]
    services.decide_differences(by=world.cora, consensus=row, choices={"other": SECOND})
    row = services.settle_assessments(by=world.cora, consensus=row)
    assert (levels(row)["other"], levels(row)["overall"]) == ("unclear", "unclear")
    assert row.judgements.get(domain="selective_reporting").justification == "anna says so. / ben says so."


def test_full_agreement_is_settled_without_a_decision(world):
    row = services.begin_adjudication(
        by=world.cora, first=world.submitted(world.anna, OTHER), second=world.submitted(world.ben, OTHER)
    )
    assert differences(row) == []
    row = services.settle_assessments(by=world.cora, consensus=row)
    assert (answers_of(row), levels(row)["overall"]) == (OTHER, "some_concerns")


# Who, and when --------------------------------------------------------------------------------------------------------


def test_readers_do_not_settle_their_own_assessments(world, consensus):
    membership = world.review.memberships.get(user=world.anna)
    membership.role = "owner"
    membership.save()
    row = services.settle_assessments
    with pytest.raises(NotIndependent):
        services.begin_adjudication(by=world.anna, first=consensus.first, second=consensus.second)
    with pytest.raises(NotIndependent):
        services.decide_differences(by=world.anna, consensus=consensus, choices=ALL_FIRST)
    with pytest.raises(NotIndependent):
        row(by=world.anna, consensus=consensus)
    with pytest.raises(NotIndependent):
        services.judge(by=world.anna, assessment=consensus, answers={"randomisation": Answer("low")})
    with pytest.raises(NotIndependent):
        answer(world.anna, consensus, {"1.1": "N"})


@pytest.mark.parametrize("role", ["reviewer", "statistician", "viewer"])
def test_settling_needs_the_role(world, role):
    first, second = world.both_submitted()
    person = make.make_membership(world.review, role=role).user
    with pytest.raises(NotAllowed):
        services.begin_adjudication(by=person, first=first, second=second)


def test_both_must_have_submitted(world):
    first = world.submitted(world.anna, LOW)
    second = answer(world.ben, world.start(world.ben), OTHER)
    with pytest.raises(ValidationError, match="Both readers must have submitted"):
        services.begin_adjudication(by=world.cora, first=first, second=second)


def test_taking_back_stops_the_settling(world, consensus):
    services.reopen_assessment(by=world.ben, assessment=consensus.second, reason="I missed the appendix.")
    with pytest.raises(ValidationError, match="Both readers must have submitted"):
        services.decide_differences(by=world.cora, consensus=consensus, choices=ALL_FIRST)


def test_decision_falls_away_where_a_reader_changes_what_it_was_about(world, consensus):
    services.decide_differences(by=world.cora, consensus=consensus, choices=ALL_FIRST)
    second = consensus.second
    services.reopen_assessment(by=world.ben, assessment=second, reason="I missed the appendix.")
    answer(world.ben, second, {"1.2": "N"})
    services.submit_assessment(by=world.ben, assessment=second)
    comparison = comparison_of(consensus)
    assert [(item.code, item.value) for item in comparison.differences] == [("1.2", ""), ("4.3", "N")]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"effect": "adhering"}, "the same effect of interest"),
        ({"outcome": True}, "the same outcome"),
    ],
)
def test_two_assessments_must_be_of_the_same_thing(world, fields, says):
    first = world.submitted(world.anna, LOW)
    if "outcome" in fields:
        second = world.submitted(world.ben, LOW, outcome=make.make_outcome(world.review))
    else:
        adhering = {"2.3-adhering": "NA", "2.4-adhering": "N", "2.5-adhering": "N"}
        kept = {code: value for code, value in LOW.items() if "assignment" not in code}
        second = world.submitted(world.ben, kept | adhering, **fields)
    with pytest.raises(ValidationError, match=says):
        services.begin_adjudication(by=world.cora, first=first, second=second)


def test_settling_twice_needs_to_be_taken_back_first(world, consensus):
    services.decide_differences(by=world.cora, consensus=consensus, choices=ALL_FIRST)
    row = services.settle_assessments(by=world.cora, consensus=consensus)
    with pytest.raises(ValidationError, match="is settled"):
        services.settle_assessments(by=world.cora, consensus=row)
    services.reopen_assessment(by=world.cora, assessment=row, reason="A letter came.")
    services.decide_differences(by=world.cora, consensus=row, choices={"1.2": SECOND})
    row = services.settle_assessments(by=world.cora, consensus=row)
    assert levels(row)["randomisation"] == "some_concerns"
    assert row.history.filter(history_change_reason="A letter came.").count() == 1


# The consensus that stands, and what analyses read --------------------------------------------------------------------


def frozen(world: World) -> list[dict[str, object]]:
    return take_content(world.review)["studies"][world.study.code]["assessments"]


def imported(world: World) -> Assessment:
    """Give a consensus as importers make it: judgements without answers, without an effect of interest."""
    row = make.make_assessment(world.study)
    make.make_judgements(row, "high")
    return row


def test_imported_consensus_stays_valid_and_is_frozen_as_before(world):
    row = imported(world)
    row.full_clean()
    assert frozen(world) == [
        {
            "tool": "rob2",
            "tool_version": "2019-08-22",
            "levels": ["low", "some_concerns", "high"],
            "outcome": None,
            "judgements": {
                domain: {"judgement": "high", "justification": ""} for domain in [*row.definition.domains, "overall"]
            },
        }
    ]


def test_consensus_stays_as_it_was_until_the_differences_are_settled(world):
    row = imported(world)
    before = frozen(world)
    first, second = world.both_submitted()
    consensus = services.begin_adjudication(by=world.cora, first=first, second=second)
    assert consensus.pk == row.pk
    services.decide_differences(by=world.cora, consensus=consensus, choices={"1.2": FIRST})
    assert frozen(world) == before
    services.decide_differences(by=world.cora, consensus=consensus, choices=ALL_FIRST)
    services.settle_assessments(by=world.cora, consensus=consensus)
    judged = frozen(world)[0]["judgements"]
    assert {domain: said["judgement"] for domain, said in judged.items()} == dict.fromkeys(judged, "low")


def test_readers_own_assessments_are_not_frozen(world):
    world.both_submitted()
    assert frozen(world) == []


def test_consensus_may_still_be_judged_without_questions_where_one_reader_works_alone(world):
    world.submitted(world.anna, LOW)
    row = services.open_assessment(by=world.cora, study=world.study, tool="rob2", consensus=True)
    services.judge(by=world.cora, assessment=row, answers={"randomisation": Answer("high", "Alternation.")})
    assert levels(row) == {"randomisation": "high"}


def test_consensus_can_be_answered_by_hand(world):
    row = services.start_assessment(by=world.cora, study=world.study, tool="rob2", effect="assignment", consensus=True)
    answer(world.cora, row, OTHER)
    assert levels(row)["overall"] == "some_concerns"
    with pytest.raises(PermissionDenied):
        answer(world.anna, row, LOW)
