"""Valid rows of evidence for tests: each factory makes its row, and the parents that are not given.

Every call makes a new row with codes of its own. Rows are saved after `full_clean`, without asking for a role.
"""

from decimal import Decimal
from itertools import count
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db.models import Model
from django.utils import timezone

from evidence import tools
from evidence.models import (
    Adjudication,
    AdverseEvent,
    Arm,
    ArmResult,
    Assessment,
    AssessmentDecision,
    AuthorContact,
    Characteristic,
    CharacteristicField,
    ComparatorType,
    ComponentType,
    ContrastResult,
    DoubtAnswer,
    Extraction,
    ExtractionForm,
    ExtractionPolicy,
    FlowCount,
    FollowUpWindow,
    FormDraft,
    Instrument,
    InterventionComponent,
    Judgement,
    Membership,
    Outcome,
    Report,
    Review,
    ReviewTool,
    SearchRound,
    Settlement,
    SignallingAnswer,
    Study,
    StudyPair,
)

Row = TypeVar("Row", bound=Model)
Figure = Decimal | int | float | str

_numbers = count(1)


def next_number() -> int:
    """Give a number that no other row of this test run has got."""
    return next(_numbers)


def saved(row: Row) -> Row:
    """Save the row after its own checks; floats become the decimals that they are printed as."""
    for field in row._meta.fields:
        value = getattr(row, field.attname)
        if isinstance(value, float):
            setattr(row, field.attname, Decimal(str(value)))
    row.full_clean()
    row.save()
    return row


def make_user(username: str | None = None, *, is_staff: bool = True, **fields: Any) -> User:
    """Make an account without a password; tests log in with `client.force_login`."""
    return User.objects.create_user(username or f"person{next_number()}", is_staff=is_staff, **fields)


def make_review(**fields: Any) -> Review:
    """Make a review without members."""
    number = next_number()
    return saved(Review(**{"title": f"Review {number}", "slug": f"review-{number}", **fields}))


def make_membership(review: Review | None = None, user: User | None = None, role: str = "owner") -> Membership:
    """Make a person a member of a review."""
    return saved(Membership(review=review or make_review(), user=user or make_user(), role=role))


def make_comparator_type(review: Review | None = None, **fields: Any) -> ComparatorType:
    """Make a kind of comparator."""
    number = next_number()
    words = {"code": f"comparator-{number}", "name": f"Comparator {number}", **fields}
    return saved(ComparatorType(review=review or make_review(), **words))


def make_component_type(review: Review | None = None, **fields: Any) -> ComponentType:
    """Make a kind of intervention component."""
    number = next_number()
    words = {"code": f"component-{number}", "name": f"Component {number}", "family": "Exercise", **fields}
    return saved(ComponentType(review=review or make_review(), **words))


def make_outcome(review: Review | None = None, **fields: Any) -> Outcome:
    """Make an outcome on a common scale from 0 to 10, lower is better."""
    number = next_number()
    values = {
        "code": f"outcome-{number}",
        "name": f"Outcome {number}",
        "direction": "lower",
        "scale_min": 0,
        "scale_max": 10,
        "unit": "points (0-10)",
        **fields,
    }
    return saved(Outcome(review=review or make_review(), **values))


def make_window(outcome: Outcome | None = None, **fields: Any) -> FollowUpWindow:
    """Make a follow-up window from week 6 to 18 around week 12."""
    number = next_number()
    weeks = {"target_week": 12, "from_week": 6, "to_week": 18}
    words = {"code": f"window-{number}", "name": f"Window {number}"}
    return saved(FollowUpWindow(outcome=outcome or make_outcome(), **{**words, **weeks, **fields}))


def make_instrument(outcome: Outcome | None = None, **fields: Any) -> Instrument:
    """Make a continuous instrument with scores from 0 to 10, lower is better."""
    number = next_number()
    values = {
        "code": f"instrument-{number}",
        "name": f"Instrument {number}",
        "direction": "lower",
        "scale_min": 0,
        "scale_max": 10,
        **fields,
    }
    return saved(Instrument(outcome=outcome or make_outcome(), **values))


def make_study(review: Review | None = None, **fields: Any) -> Study:
    """Make a randomised study with parallel groups."""
    number = next_number()
    values = {"code": f"Study_{number}", "label": f"Study {number}", "year": 2020, **fields}
    return saved(Study(review=review or make_review(), **values))


def make_study_pair(review: Review | None = None, **fields: Any) -> StudyPair:
    """Make an answer about two studies of a review: two trials."""
    first, second = make_study(review := review or make_review()), make_study(review)
    stamp = {"answer": "distinct", "answered_at": timezone.now(), "answered_by": make_user()}
    return saved(StudyPair(review=review, first=first, second=second, **{**stamp, **fields}))


def make_report(study: Study | None = None, **fields: Any) -> Report:
    """Make a report that is not the main one."""
    values = {"citation": f"Author {next_number()}. A trial. Journal 2020.", "year": 2020, **fields}
    return saved(Report(study=study or make_study(), **values))


def make_extraction(study: Study | None = None, *, consensus: bool = True, **fields: Any) -> Extraction:
    """Make the consensus extraction of a study, or one reviewer's own; in progress."""
    values = {"is_consensus": consensus, **fields}
    if not consensus and "reviewer" not in values:
        values["reviewer"] = make_user()
    return saved(Extraction(study=study or make_study(), **values))


def make_arm(extraction: Extraction | None = None, role: str = "experimental", **fields: Any) -> Arm:
    """Make the next arm of an extraction; a comparator gets a type of the review's own vocabulary."""
    extraction = extraction or make_extraction()
    number = extraction.arms.count() + 1
    values = {"number": number, "label": f"Group {number}", "n_randomised": 50, **fields}
    if role == Arm.Role.COMPARATOR and "comparator_type" not in values:
        values["comparator_type"] = make_comparator_type(extraction.study.review)
    return saved(Arm(extraction=extraction, role=role, **values))


def make_component(arm: Arm | None = None, **fields: Any) -> InterventionComponent:
    """Make a component of what an arm received: 12 weeks of two hours."""
    arm = arm or make_arm()
    values = {"weeks": 12, "sessions_per_week": 2, "minutes": 60, **fields}
    if "type" not in values:
        values["type"] = make_component_type(arm.owning_review)
    return saved(InterventionComponent(arm=arm, **values))


def make_arm_result(arm: Arm | None = None, instrument: Instrument | None = None, **fields: Any) -> ArmResult:
    """Make a mean of 3.5 with SD 1.5 at week 12; fields that are not wanted are given as None."""
    arm = arm or make_arm()
    instrument = instrument or make_instrument(make_outcome(arm.owning_review))
    values = {"week": 12, "n": 50, "mean": "3.5", "sd": "1.5", **fields}
    return saved(ArmResult(arm=arm, instrument=instrument, **values))


def make_contrast_result(
    first_arm: Arm | None = None, second_arm: Arm | None = None, instrument: Instrument | None = None, **fields: Any
) -> ContrastResult:
    """Make a mean difference of -1 with interval -2 to 0 at week 12 between two arms of one extraction."""
    first_arm = first_arm or make_arm(second_arm.extraction if second_arm else None)
    second_arm = second_arm or make_arm(first_arm.extraction, "comparator")
    instrument = instrument or make_instrument(make_outcome(first_arm.owning_review))
    values = {"week": 12, "estimate": -1, "ci_lower": -2, "ci_upper": 0, **fields}
    keys = {"extraction": first_arm.extraction, "first_arm": first_arm, "second_arm": second_arm}
    return saved(ContrastResult(**{**keys, "instrument": instrument, **values}))


def make_settlement(result: ArmResult | ContrastResult | None = None, **fields: Any) -> Settlement:
    """Make the settlement of a contrast (or of the result given) that is printed outside its own interval."""
    if result is None:
        result = make_contrast_result(estimate=1, ci_lower=-2, ci_upper=0, is_printed_so=True)
    if isinstance(result, ContrastResult):
        about: dict[str, Any] = {"contrast_result": result, "extraction": result.extraction}
    else:
        about = {"arm_result": result, "extraction": result.arm.extraction}
    values = {"value": -1, "reason": "The text of the report gives this value.", "settled_at": timezone.now(), **fields}
    if "settled_by" not in values:
        values["settled_by"] = make_user()
    return saved(Settlement(**{**about, **values}))


def make_characteristic_field(review: Review | None = None, **fields: Any) -> CharacteristicField:
    """Make a numeric characteristic without limits."""
    number = next_number()
    values = {"code": f"field-{number}", "name": f"Field {number}", "kind": "number", **fields}
    return saved(CharacteristicField(review=review or make_review(), **values))


def make_characteristic(
    extraction: Extraction | None = None, field: CharacteristicField | None = None, **value: Any
) -> Characteristic:
    """Make a characteristic of an extraction; 45 where no value is given."""
    extraction = extraction or make_extraction()
    field = field or make_characteristic_field(extraction.owning_review)
    return saved(Characteristic(extraction=extraction, field=field, **(value or {"number": 45})))


def make_adverse_event(extraction: Extraction | None = None, **fields: Any) -> AdverseEvent:
    """Make an adverse event of the whole study: 3 events in 2 of 50 people."""
    values = {"term": f"Event {next_number()}", "events": 3, "participants": 2, "total": 50, **fields}
    if extraction is None:
        extraction = values["arm"].extraction if values.get("arm") else make_extraction()
    return saved(AdverseEvent(extraction=extraction, **values))


def make_extraction_policy(review: Review | None = None, **fields: Any) -> ExtractionPolicy:
    """Make the policy that one person extracts each study."""
    return saved(ExtractionPolicy(review=review or make_review(), **{"readers": "single", **fields}))


def make_adjudication(study: Study | None = None, **fields: Any) -> Adjudication:
    """Make the decision that the first of two completed readings is right about an item."""
    study = study or make_study()
    if "first" not in fields:
        fields |= {"first": make_complete_reading(study), "second": make_complete_reading(study)}
    values = {"path": "result:1+2:sd", "title": "SD", "taken": "A", "decided_by": make_user(), **fields}
    return saved(Adjudication(**values))


def make_complete_reading(study: Study | None = None, reviewer: User | None = None) -> Extraction:
    """Make one reader's completed extraction, with nothing in it."""
    reviewer = reviewer or make_user()
    stamp = {"status": "complete", "completed_at": timezone.now(), "completed_by": reviewer}
    return make_extraction(study, consensus=False, reviewer=reviewer, **stamp)


def make_extraction_form(review: Review | None = None, **fields: Any) -> ExtractionForm:
    """Make the next version of a review's form, without questions."""
    review = review or make_review()
    stamp = {"published_at": timezone.now(), "published_by": fields.pop("published_by", None) or make_user()}
    number = review.forms.count() + 1
    return saved(ExtractionForm(review=review, **{"number": number, "definition": "[]", **stamp, **fields}))


def make_form_draft(review: Review | None = None, **fields: Any) -> FormDraft:
    """Make a draft of the next version of a form, without questions."""
    return saved(FormDraft(review=review or make_review(), **{"definition": "[]", **fields}))


def make_author_contact(study: Study | None = None, **fields: Any) -> AuthorContact:
    """Make an open question to the authors of a study."""
    values = {"item": f"SD number {next_number()}", "asked_at": timezone.localdate(), **fields}
    return saved(AuthorContact(study=study or make_study(), **{"asked_by": make_user(), **values}))


def make_doubt_answer(study: Study | None = None, **fields: Any) -> DoubtAnswer:
    """Make an answer to a question about the mean of an arm."""
    values = {
        "kind": "grim",
        "about": "Group 1, NRS, week 12",
        "question": "No 28 scores have the mean 5.19.",
        "digest": f"{next_number():064}",
        "reason": "Checked in the report.",
        **fields,
    }
    return saved(DoubtAnswer(study=study or make_study(), **{"answered_by": make_user(), **values}))


def make_assessment(study: Study | None = None, *, consensus: bool = True, **fields: Any) -> Assessment:
    """Make the consensus assessment of a study with RoB 2, or one reviewer's own; without judgements."""
    values = {"is_consensus": consensus, **fields}
    if not consensus and "reviewer" not in values:
        values["reviewer"] = make_user()
    return saved(Assessment(study=study or make_study(), **values))


def make_judgement(assessment: Assessment | None = None, **fields: Any) -> Judgement:
    """Make the judgement of RoB 2's first domain: low."""
    values = {"domain": "randomisation", "judgement": "low", **fields}
    return saved(Judgement(assessment=assessment or make_assessment(), **values))


def make_judgements(assessment: Assessment, level: str) -> list[Judgement]:
    """Judge every domain of the assessment's tool, and the overall judgement, with the same level."""
    domains = tools.get_tool(assessment.tool).domains
    rows = [make_judgement(assessment, domain=domain, judgement=level) for domain in domains]
    return [*rows, make_judgement(assessment, domain=tools.OVERALL, judgement=level, proposed=level)]


def make_signalling_answer(assessment: Assessment | None = None, **fields: Any) -> SignallingAnswer:
    """Make the answer to RoB 2's first question: yes."""
    values = {"question": "1.1", "answer": "Y", "support": "Computer-generated list.", **fields}
    return saved(SignallingAnswer(assessment=assessment or make_assessment(effect="assignment"), **values))


def make_assessment_decision(assessment: Assessment | None = None, **fields: Any) -> AssessmentDecision:
    """Make a decision between two readers on RoB 2's second question: the first reader's."""
    values = {"item": "1.2", "taken": "first", "value": "Y", "first_value": "Y", "second_value": "N", **fields}
    return saved(AssessmentDecision(assessment=assessment or make_assessment(), **values))


OWN_TOOL = """{
  "levels": {"good": "Good", "poor": "Poor"},
  "overall_rule": "worst",
  "domains": [
    {"code": "selection", "name": "Selection",
     "questions": [{"number": "1", "text": "Was it random?", "answers": ["Y", "N", "NI"]}],
     "tables": [{"rules": [{"when": {"1": ["Y"]}, "level": "good"}, {"when": {"1": ["N", "NI"]}, "level": "poor"}]}]}
  ]
}"""


def make_review_tool(review: Review | None = None, **fields: Any) -> ReviewTool:
    """Make a tool of the review's own: one domain with one question."""
    number = next_number()
    values = {"code": f"own_{number}", "name": "Own tool", "version": "1", "definition": OWN_TOOL, **fields}
    return saved(ReviewTool(review=review or make_review(), **values))


def make_search_round(review: Review | None = None, **fields: Any) -> SearchRound:
    """Make the next search round of a review."""
    review = review or make_review()
    number = review.search_rounds.count() + 1
    return saved(SearchRound(review=review, **{"number": number, "name": f"Search {number}", **fields}))


def make_flow_count(search_round: SearchRound | None = None, **fields: Any) -> FlowCount:
    """Make a count of records identified."""
    values = {"box": "records_identified", "stage": f"Database {next_number()}", "count": 120, **fields}
    return saved(FlowCount(search_round=search_round or make_search_round(), **values))


def make_pooled_study(
    review: Review,
    instrument: Instrument,
    n1: int,
    mean1: Figure,
    sd1: Figure,
    n2: int,
    mean2: Figure,
    sd2: Figure,
    *,
    week: Figure = 12,
    comparator_type: ComparatorType | None = None,
    rob: str = "low",
    **fields: Any,
) -> Study:
    """Make a study that an analysis can pool.

    It has a complete consensus extraction with an experimental arm (1) and a comparator arm (2), one mean with SD per
    arm, and a consensus RoB 2 assessment with the same judgement in every domain. `fields` are the study's own.
    """
    study = make_study(review, **fields)
    stamp = {"status": "complete", "completed_at": timezone.now(), "completed_by": make_user()}
    extraction = make_extraction(study, **stamp)
    first = make_arm(extraction, n_randomised=n1)
    second = make_arm(
        extraction, "comparator", n_randomised=n2, comparator_type=comparator_type or make_comparator_type(review)
    )
    make_arm_result(first, instrument, week=week, n=n1, mean=mean1, sd=sd1)
    make_arm_result(second, instrument, week=week, n=n2, mean=mean2, sd=sd2)
    make_judgements(make_assessment(study), rob)
    return study
