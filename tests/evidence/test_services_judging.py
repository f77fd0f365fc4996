"""Judging with a tool: its rule proposes the overall judgement, a person departs from it with a reason."""

import pytest
from django.core.exceptions import ValidationError

from evidence import services
from evidence.models import Assessment, Judgement, Membership
from evidence.permissions import NotAllowed
from evidence.services.judging import Answer
from evidence.tools import get_tool
from tests import factories as make

pytestmark = pytest.mark.django_db

ALL_LOW = {domain: Answer("low") for domain in get_tool("rob2").domains}


@pytest.fixture
def member() -> Membership:
    return make.make_membership(role="adjudicator")


@pytest.fixture
def assessment(member) -> Assessment:
    return make.make_assessment(make.make_study(member.review))


def overall(assessment: Assessment) -> Judgement | None:
    return assessment.judgements.filter(domain="overall").first()


def test_overall_judgement_follows_the_rule_once_all_domains_are_judged(member, assessment):
    first_four = dict(list(ALL_LOW.items())[:4])
    services.judge(by=member.user, assessment=assessment, answers=first_four)
    assert overall(assessment) is None
    services.judge(by=member.user, assessment=assessment, answers={"selection": Answer("some_concerns", "No plan.")})
    assert (overall(assessment).judgement, overall(assessment).proposed) == ("some_concerns", "some_concerns")


@pytest.mark.parametrize("level", ["low", "some_concerns", "high"])
def test_changed_domain_changes_the_overall_judgement_that_follows_the_rule(member, assessment, level):
    services.judge(by=member.user, assessment=assessment, answers=ALL_LOW)
    services.judge(by=member.user, assessment=assessment, answers={"missing_data": Answer(level)})
    assert (overall(assessment).judgement, overall(assessment).proposed) == (level, level)


def test_departure_without_a_reason_saves_nothing(member, assessment):
    with pytest.raises(ValidationError) as refused:
        services.judge(by=member.user, assessment=assessment, answers={**ALL_LOW, "overall": Answer("high")})
    assert "say why" in refused.value.message_dict["justification"][0]
    assert not assessment.judgements.exists()


def test_departure_with_a_reason_stays_while_the_proposal_moves(member, assessment):
    departure = {**ALL_LOW, "overall": Answer("high", "Several problems add up.")}
    services.judge(by=member.user, assessment=assessment, answers=departure)
    assert (overall(assessment).judgement, overall(assessment).proposed) == ("high", "low")
    services.judge(by=member.user, assessment=assessment, answers={"deviations": Answer("some_concerns")})
    kept = overall(assessment)
    assert (kept.judgement, kept.proposed, kept.justification) == ("high", "some_concerns", "Several problems add up.")


def test_overall_judgement_given_early_must_be_explained_once_the_rule_gives_another(member, assessment):
    services.judge(by=member.user, assessment=assessment, answers={"overall": Answer("high")})
    with pytest.raises(ValidationError, match="say why"):
        services.judge(by=member.user, assessment=assessment, answers=ALL_LOW)
    assert list(assessment.judgements.values_list("domain", flat=True)) == ["overall"]


def test_overall_judgement_waits_while_a_domain_is_taken_back(member, assessment):
    services.judge(by=member.user, assessment=assessment, answers=ALL_LOW)
    services.remove(by=member.user, row=assessment.judgements.get(domain="selection"), reason="wrong study")
    services.judge(by=member.user, assessment=assessment, answers={"deviations": Answer("some_concerns")})
    assert overall(assessment).judgement == "low"
    services.judge(by=member.user, assessment=assessment, answers={"selection": Answer("high")})
    assert (overall(assessment).judgement, overall(assessment).proposed) == ("high", "high")


@pytest.mark.parametrize(
    ("answers", "says"),
    [
        ({"selective_reporting": Answer("low")}, "RoB 2 has no domain"),
        ({"randomisation": Answer("unclear")}, "RoB 2 has no judgement"),
        ({"randomisation": Answer("")}, "blank"),
    ],
)
def test_answer_that_the_tool_does_not_have_saves_nothing(member, assessment, answers, says):
    with pytest.raises(ValidationError, match=says):
        services.judge(by=member.user, assessment=assessment, answers={"deviations": Answer("low"), **answers})
    assert not assessment.judgements.exists()


def test_same_answer_again_writes_no_history(member, assessment):
    services.judge(by=member.user, assessment=assessment, answers=ALL_LOW)
    before = Judgement.history.count()
    services.judge(by=member.user, assessment=assessment, answers=ALL_LOW)
    assert Judgement.history.count() == before == 6
    assert {entry.history_user for entry in Judgement.history.all()} == {member.user}


def test_changed_justification_is_kept(member, assessment):
    services.judge(by=member.user, assessment=assessment, answers=ALL_LOW)
    services.judge(by=member.user, assessment=assessment, answers={"selection": Answer("low", "Registered.")})
    assert assessment.judgements.get(domain="selection").justification == "Registered."


def test_rob1_has_its_own_levels(member):
    assessment = make.make_assessment(make.make_study(member.review), tool="rob1")
    answers = {domain: Answer("low") for domain in get_tool("rob1").domains} | {"other": Answer("unclear")}
    services.judge(by=member.user, assessment=assessment, answers=answers)
    assert overall(assessment).judgement == "unclear"


@pytest.mark.parametrize("role", ["reviewer", "statistician", "viewer"])
def test_consensus_is_judged_by_adjudicators_only(assessment, role):
    person = make.make_membership(assessment.owning_review, role=role).user
    with pytest.raises(NotAllowed):
        services.judge(by=person, assessment=assessment, answers=ALL_LOW)
    with pytest.raises(NotAllowed):
        services.open_assessment(by=person, study=assessment.study, tool="rob2", consensus=True)
    assert not assessment.judgements.exists()


def test_assessment_is_opened_once_per_person_tool_and_outcome():
    member = make.make_membership(role="reviewer")
    study, outcome = make.make_study(member.review), make.make_outcome(member.review)
    keys = [{"tool": "rob2"}, {"tool": "rob1"}, {"tool": "rob2", "outcome": outcome}]
    opened = [services.open_assessment(by=member.user, study=study, **key) for key in keys]
    again = [services.open_assessment(by=member.user, study=study, **key) for key in keys]
    assert opened == again
    assert Assessment.objects.count() == 3


def test_reviewer_judges_their_own_assessment_and_not_anothers():
    member = make.make_membership(role="reviewer")
    study = make.make_study(member.review)
    own = services.open_assessment(by=member.user, study=study, tool="rob2")
    services.judge(by=member.user, assessment=own, answers=ALL_LOW)
    assert own.judgements.count() == 6
    others = make.make_assessment(study, consensus=False)
    with pytest.raises(NotAllowed):
        services.judge(by=member.user, assessment=others, answers=ALL_LOW)


def test_new_judgements_are_saved_together_each_with_its_history(member, assessment, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        services.judge(by=member.user, assessment=assessment, answers=ALL_LOW)

    entries = Judgement.history.order_by("history_id")
    assert [entry.domain for entry in entries] == [*get_tool("rob2").domains, "overall"]
    assert {(entry.history_type, entry.history_user) for entry in entries} == {("+", member.user)}
