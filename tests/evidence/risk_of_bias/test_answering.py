"""Answering, judging, submitting and taking back: what a reader does on their own."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from evidence import services
from evidence.models import Assessment, Judgement, ReviewTool, SignallingAnswer
from evidence.permissions import NotAllowed
from evidence.services.judging import Answer, Verdict
from evidence.services.risk_of_bias import GivenAnswer, missing_of
from tests import factories as make
from tests.evidence.risk_of_bias.world import LOW, OTHER, World, answer, answers_of, levels, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return make_world()


def test_answers_bring_the_proposals_and_the_overall_judgement(world):
    row = answer(world.anna, world.start(world.anna), OTHER)
    assert levels(row) == {
        "randomisation": "some_concerns",
        "deviations": "low",
        "missing_data": "low",
        "measurement": "some_concerns",
        "selection": "low",
        "overall": "some_concerns",
    }
    assert all(judgement.proposed == judgement.judgement for judgement in row.judgements.all())


def test_judgement_follows_the_answers_as_they_change(world):
    row = answer(world.anna, world.start(world.anna), LOW)
    answer(world.anna, row, {"1.2": "N"})
    assert (levels(row)["randomisation"], levels(row)["overall"]) == ("high", "high")
    answer(world.anna, row, {"1.2": "Y"})
    assert (levels(row)["randomisation"], levels(row)["overall"]) == ("low", "low")


def test_judgement_goes_when_the_answers_no_longer_determine_it_and_its_history_stays(world):
    row = answer(world.anna, world.start(world.anna), LOW)
    answer(world.anna, row, {"1.3": ""})
    assert "randomisation" not in levels(row)
    assert "overall" not in levels(row)
    entry = Judgement.history.filter(domain="randomisation", history_type="-").get()
    assert (entry.judgement, entry.history_user) == ("low", world.anna)
    assert "no longer determine" in entry.history_change_reason


def test_departure_needs_a_reason_and_stays_while_the_proposal_moves(world):
    row = answer(world.anna, world.start(world.anna), LOW)
    with pytest.raises(ValidationError, match="say why"):
        answer(world.anna, row, {}, measurement=Verdict("some_concerns"))
    answer(world.anna, row, {}, measurement=Verdict("some_concerns", "The scale is new.", "5", "a new scale"))
    answer(world.anna, row, {"4.3": "Y", "4.4": "Y", "4.5": "Y"})
    kept = row.judgements.get(domain="measurement")
    assert (kept.judgement, kept.proposed, kept.departs) == ("some_concerns", "high", True)
    assert (kept.justification, kept.page, kept.quote) == ("The scale is new.", "5", "a new scale")
    assert levels(row)["overall"] == "some_concerns", (
        "the overall judgement is that of the judgements, not of the proposals"
    )


def test_departure_is_taken_back_by_following_again(world):
    row = answer(world.anna, world.start(world.anna), LOW, measurement=Verdict("high", "A new scale."))
    assert levels(row)["overall"] == "high"
    answer(world.anna, row, {}, measurement=Verdict())
    assert (levels(row)["measurement"], levels(row)["overall"]) == ("low", "low")


def test_several_concerns_are_high_where_a_person_says_why(world):
    row = answer(world.anna, world.start(world.anna), OTHER, overall=Verdict("high", "Two concerns that add up."))
    overall = row.judgements.get(domain="overall")
    assert (overall.judgement, overall.proposed, overall.departs) == ("high", "some_concerns", True)


def test_answer_that_is_no_longer_asked_becomes_not_applicable_and_keeps_what_supports_it(world):
    row = answer(world.anna, world.start(world.anna), OTHER)
    answer(world.anna, row, {"4.3": "N"})
    kept = row.answers.get(question="4.4")
    assert (kept.answer, kept.support) == ("NA", "anna: because of 4.4")
    assert levels(row)["measurement"] == "low"
    answer(world.anna, row, {"4.3": "Y"})
    kept.refresh_from_db()
    assert (kept.answer, kept.support) == ("", "anna: because of 4.4"), "asked again, and open"
    assert "measurement" not in levels(row)


def test_same_answers_again_write_no_history(world):
    row = answer(world.anna, world.start(world.anna), LOW)
    before = SignallingAnswer.history.count(), Judgement.history.count()
    answer(world.anna, row, LOW)
    assert (SignallingAnswer.history.count(), Judgement.history.count()) == before == (14, 6)
    assert {entry.history_user for entry in SignallingAnswer.history.all()} == {world.anna}


def test_answer_carries_its_place_in_the_report(world):
    row = world.start(world.anna)
    given = GivenAnswer("Y", "Computer list.", "412", "Table 1", "were allocated by computer")
    services.assess(by=world.anna, assessment=row, answers={"1.1": given})
    stored = row.answers.get()
    assert (stored.page, stored.table, stored.quote) == ("412", "Table 1", "were allocated by computer")
    assert str(stored) == "1.1: Yes"


@pytest.mark.parametrize(
    ("code", "value", "says"),
    [
        ("9.9", "Y", "RoB 2 has no question “9.9”; it has 1.1, 1.2"),
        ("2.3-adhering", "Y", "RoB 2 has no question “2.3-adhering”"),
        ("1.1", "NA", ""),
        ("3.2", "NI", "Question 3.2 has the answers Yes, Probably yes, Probably no, No."),
        ("1.1", "X", "not a valid choice"),
    ],
)
def test_answer_that_the_tool_does_not_have_saves_nothing(world, code, value, says):
    row = world.start(world.anna)
    if not says:
        services.assess(by=world.anna, assessment=row, answers={code: GivenAnswer(value)})
        assert answers_of(row) == {"1.1": ""}, "a question that is asked has an answer of its own"
        return
    with pytest.raises(ValidationError, match=says):
        services.assess(by=world.anna, assessment=row, answers={"1.2": GivenAnswer("Y"), code: GivenAnswer(value)})
    assert answers_of(row) == {}


def test_effect_of_interest_has_to_be_chosen(world):
    with pytest.raises(ValidationError, match="Choose the effect of interest"):
        services.start_assessment(by=world.anna, study=world.study, tool="rob2")
    with pytest.raises(ValidationError, match="RoB 2 has no effect of interest “cost”; it has assignment, adhering"):
        world.start(world.anna, effect="cost")
    assert services.start_assessment(by=world.anna, study=world.study, tool="rob1").effect == ""


def test_effect_and_tool_stay_once_something_is_answered(world):
    row = answer(world.anna, world.start(world.anna), LOW)
    row.effect = "adhering"
    with pytest.raises(ValidationError, match="another effect of interest"):
        services.record(by=world.anna, row=row)
    row.refresh_from_db()
    row.tool, row.tool_version, row.effect = "rob1", "2011-10-18", ""
    with pytest.raises(ValidationError, match="made with RoB 2, 2019-08-22, and keeps it"):
        services.record(by=world.anna, row=row)


def test_each_result_has_an_assessment_of_its_own(world):
    pain = make.make_outcome(world.review, name="Pain")
    all_outcomes, of_pain = world.start(world.anna), world.start(world.anna, outcome=pain)
    assert all_outcomes != of_pain
    assert world.start(world.anna, outcome=pain) == of_pain
    assert "for Pain, anna" in str(of_pain)


def test_roles_and_readers_are_kept_apart(world):
    row = world.start(world.anna)
    for other in (world.ben, world.cora, make.make_user(is_superuser=True)):
        with pytest.raises(PermissionDenied):
            answer(other, row, LOW)
        with pytest.raises(PermissionDenied):
            services.submit_assessment(by=other, assessment=row)
    viewer = make.make_membership(world.review, role="viewer").user
    with pytest.raises(NotAllowed):
        world.start(viewer)
    assert answers_of(row) == {}


def test_what_is_missing_is_told_before_it_is_submitted(world):
    row = answer(world.anna, world.start(world.anna), {code: LOW[code] for code in LOW if code not in ("1.3", "4.3")})
    assert missing_of(row) == {
        "randomisation": [
            "D1 Randomisation process: answer question 1.3.",
            "D1 Randomisation process is not judged yet.",
        ],
        "measurement": [
            "D4 Measurement of the outcome: answer question 4.3.",
            "D4 Measurement of the outcome is not judged yet.",
        ],
    }
    with pytest.raises(ValidationError, match=r"answer question 1\.3"):
        services.submit_assessment(by=world.anna, assessment=row)
    assert not Assessment.objects.get(pk=row.pk).is_submitted


def test_judgement_that_comes_early_does_not_excuse_open_questions(world):
    row = answer(world.anna, world.start(world.anna), LOW | {"1.2": "N", "1.1": ""})
    assert levels(row)["randomisation"] == "high"
    assert missing_of(row) == {"randomisation": ["D1 Randomisation process: answer question 1.1."]}


def test_submitted_assessment_is_closed_for_everybody(world):
    row = world.submitted(world.anna, LOW)
    assert (row.submitted_by, row.is_closed) == (world.anna, True)
    with pytest.raises(ValidationError, match="submitted"):
        answer(world.anna, row, {"1.2": "N"})
    with pytest.raises(ValidationError, match="submitted"):
        services.judge(by=world.anna, assessment=row, answers={"overall": Answer("high", "So.")})
    judgement = row.judgements.get(domain="overall")
    judgement.justification = "Later."
    with pytest.raises(ValidationError, match="submitted"):
        services.record(by=world.cora, row=judgement)
    with pytest.raises(ValidationError, match="already submitted"):
        services.submit_assessment(by=world.anna, assessment=row)


def test_taking_back_needs_a_reason_and_is_an_event_of_its_own(world):
    row = world.submitted(world.anna, LOW)
    with pytest.raises(ValidationError, match="Say why"):
        services.reopen_assessment(by=world.anna, assessment=row, reason=" ")
    with pytest.raises(PermissionDenied):
        services.reopen_assessment(by=world.cora, assessment=row, reason="I disagree.")
    services.reopen_assessment(by=world.anna, assessment=row, reason="The protocol turned up.")
    answer(world.anna, row, {"1.2": "NI"})
    services.submit_assessment(by=world.anna, assessment=row)
    reasons = list(row.history.order_by("history_id").values_list("history_change_reason", flat=True))
    assert reasons == ["started", "submitted", "The protocol turned up.", "submitted"]
    with pytest.raises(ValidationError, match="not submitted"):
        services.reopen_assessment(by=world.ben, assessment=world.start(world.ben), reason="x")


def test_what_was_submitted_first_stays_readable_after_a_change_of_mind(world):
    row = world.submitted(world.anna, LOW)
    services.reopen_assessment(by=world.anna, assessment=row, reason="Looked again.")
    answer(world.anna, row, {"1.2": "N"})
    services.submit_assessment(by=world.anna, assessment=row)
    submitted = row.history.filter(status="submitted").order_by("history_id").first()
    then = row.judgements.get(domain="randomisation").history.as_of(submitted.history_date)
    assert (then.judgement, levels(row)["randomisation"]) == ("low", "high")


def test_tool_without_questions_is_judged_with_its_support(world):
    row = services.start_assessment(by=world.anna, study=world.study, tool="rob1")
    verdicts = {domain: Verdict("low", "As reported.", "3", "randomly") for domain in row.definition.domains}
    services.assess(by=world.anna, assessment=row, answers={}, verdicts=verdicts | {"other": Verdict("unclear")})
    assert levels(row)["overall"] == "unclear"
    assert row.judgements.get(domain="other").proposed == ""
    services.submit_assessment(by=world.anna, assessment=row)


def test_robins_i_is_judged_by_a_person_beside_its_questions(world):
    row = services.start_assessment(by=world.anna, study=world.study, tool="robins_i", effect="adhering")
    answer(world.anna, row, {"1.1": "N"}, confounding=Verdict("low", "No confounding is expected."))
    assert levels(row) == {"confounding": "low"}
    missing = missing_of(row)
    assert "confounding" not in missing
    assert missing["deviations"][0] == "D4 Deviations from intended interventions: answer questions 4.3, 4.4, 4.5."


# Versions and tools of the review's own -------------------------------------------------------------------------------


def own_tool(world: World, version: str = "1", **fields: str) -> ReviewTool:
    return make.make_review_tool(world.review, code="own", version=version, **fields)


def test_assessment_with_a_tool_of_the_review_follows_its_tables(world):
    tool = own_tool(world)
    row = services.start_assessment(by=world.anna, study=world.study, review_tool=tool)
    answer(world.anna, row, {"1": "NI"})
    assert (row.tool, row.tool_version, row.definition.name) == ("own", "1", "Own tool")
    assert levels(row) == {"selection": "poor", "overall": "poor"}


def test_changed_tool_is_a_new_version_and_old_assessments_keep_theirs(world):
    old = own_tool(world)
    row = services.start_assessment(by=world.anna, study=world.study, review_tool=old)
    answer(world.anna, row, {"1": "Y"})
    new = own_tool(world, "2", definition=make.OWN_TOOL.replace('"Good"', '"Fine"'))
    later = services.start_assessment(by=world.anna, study=make.make_study(world.review), review_tool=new)
    row = Assessment.objects.get(pk=row.pk)
    assert (row.tool_version, row.definition.level_name("good")) == ("1", "Good")
    assert (later.tool_version, later.definition.level_name("good")) == ("2", "Fine")


def test_second_reader_gets_the_version_of_the_first(world):
    old, new = own_tool(world), own_tool(world, "2")
    services.start_assessment(by=world.anna, study=world.study, review_tool=old)
    second = services.start_assessment(by=world.ben, study=world.study, review_tool=new)
    assert (second.tool_version, second.review_tool) == ("1", old)


@pytest.mark.parametrize(
    ("field", "value"), [("definition", make.OWN_TOOL.replace("Good", "Fine")), ("version", "1a"), ("name", "Other")]
)
def test_tool_in_use_cannot_be_changed(world, field, value):
    owner = make.make_membership(world.review, role="owner").user
    tool = own_tool(world)
    services.start_assessment(by=world.anna, study=world.study, review_tool=tool)
    setattr(tool, field, value)
    with pytest.raises(ValidationError, match=r"is in use: its assessments keep it as it is\. Add a new") as refused:
        services.record(by=owner, row=tool)
    assert field in refused.value.message_dict


def test_tool_that_nobody_uses_can_be_changed_by_the_owner_only(world):
    owner = make.make_membership(world.review, role="owner").user
    tool = own_tool(world)
    tool.name = "Better name"
    with pytest.raises(NotAllowed, match="manage the review"):
        services.record(by=world.cora, row=tool)
    services.record(by=owner, row=tool)
    assert ReviewTool.objects.get().name == "Better name"


@pytest.mark.parametrize(
    ("fields", "at", "says"),
    [
        ({"code": "rob2"}, "code", "is the code of a published tool"),
        ({"code": "My tool"}, "code", "must be small letters"),
        ({"definition": "{}"}, "definition", "Levels: give an object of codes and names, at least 2."),
        ({"definition": "{"}, "definition", "Line 1, column 2: this is not JSON"),
    ],
)
def test_faulty_tool_is_refused_beside_its_field(world, fields, at, says):
    with pytest.raises(ValidationError) as refused:
        make.make_review_tool(world.review, **fields)
    assert any(says in sentence for sentence in refused.value.message_dict[at])


def test_tool_of_another_review_is_refused(world):
    with pytest.raises(ValidationError, match="is a tool of another review"):
        services.start_assessment(by=world.anna, study=world.study, review_tool=make.make_review_tool())
