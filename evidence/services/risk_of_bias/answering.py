"""Starting an assessment, and answering its signalling questions: each answer brings the proposals up to date."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from evidence.models import Assessment, Outcome, ReviewTool, SignallingAnswer, Study
from evidence.models.risk_of_bias import CLOSED
from evidence.permissions import Act, require
from evidence.services.judging import Verdict, put_judgements, require_independent
from evidence.services.recording import record, record_new
from evidence.tools import Tool, get_tool

NOT_ASKED = "no longer asked after the answers before it"
ASKED_AGAIN = "asked again after the answers before it"


class NotTheReader(PermissionDenied):
    """Somebody wants to answer in another reader's name."""

    def __init__(self) -> None:
        super().__init__("An assessment is answered, submitted and taken back by its own reader only.")


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """The answer to a question, what supports it, and where that stands in the report."""

    answer: str = ""
    support: str = ""
    page: str = ""
    table: str = ""
    quote: str = ""


def require_reader(by: User, assessment: Assessment) -> None:
    """Raise where the person may not write in this assessment: another reader's, or the consensus without the role."""
    require(by, Act.ADJUDICATE if assessment.is_consensus else Act.RECORD, assessment.study.review)
    if not assessment.is_consensus and assessment.reviewer_id != by.pk:
        raise NotTheReader
    require_independent(by, assessment)


def hold(assessment: Assessment) -> Assessment:
    """Give the assessment as it is stored, held until the change is done."""
    rows = Assessment.objects.select_for_update(of=("self",))
    return rows.select_related("study__review", "review_tool").get(pk=assessment.pk)


@transaction.atomic
def start_assessment(
    *,
    by: User,
    study: Study,
    tool: str = "",
    review_tool: ReviewTool | None = None,
    outcome: Outcome | None = None,
    effect: str = "",
    consensus: bool = False,
) -> Assessment:
    """Give the person's assessment of a result, or the consensus; make it, with the newest version of the tool.

    Where the result is already assessed with an older version, that version is taken, so that the two can be compared.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : unknown tool or effect, or the words of another review
    """
    require(by, Act.ADJUDICATE if consensus else Act.RECORD, study.review)
    Study.objects.select_for_update().get(pk=study.pk)
    code = review_tool.code if review_tool else tool
    of_result = Assessment.objects.filter(study=study, outcome=outcome, tool=code)
    found = of_result.filter(is_consensus=consensus, reviewer=None if consensus else by).first()
    if found is not None:
        return found
    others = of_result.select_related("review_tool").order_by("is_consensus", "pk").first()
    row = Assessment(study=study, outcome=outcome, tool=code, review_tool=review_tool, effect=effect)
    row.is_consensus, row.reviewer = consensus, None if consensus else by
    if others is not None:
        row.review_tool, row.tool_version = others.review_tool, others.tool_version
    if not effect:
        row.effect = _only_effect(row.definition if others or review_tool else get_tool(code))
    return record(by=by, row=row, reason="started")


def _only_effect(tool: Tool) -> str:
    """Refuse where the effect of interest has to be said; "" for a tool that knows none."""
    if tool.effects:
        raise ValidationError({"effect": "Choose the effect of interest: the questions of a domain depend on it."})
    return ""


@transaction.atomic
def assess(
    *,
    by: User,
    assessment: Assessment,
    answers: Mapping[str, GivenAnswer],
    verdicts: Mapping[str, Verdict] | None = None,
) -> Assessment:
    """Record answers to signalling questions and what the person says of domains; proposals follow the answers.

    An answer that is no longer asked after another changed becomes “not applicable”; what supports it stays.

    Raises
    ------
    NotAllowed, NotTheReader : the person may not answer here
    ValidationError : unknown question, answer, domain or judgement, a departure without a reason, or it is submitted
    """
    held = hold(assessment)
    require_reader(by, held)
    if held.is_closed:
        raise ValidationError(CLOSED)
    rows = {row.question: row for row in held.answers.all()}
    made: list[SignallingAnswer] = []
    for code, given in answers.items():
        row = rows.get(code) or SignallingAnswer(assessment=held, question=code)
        values = {name: getattr(given, name) for name in GivenAnswer.__dataclass_fields__}
        if row.pk is None and not any(values.values()):
            continue
        if row.pk is None:
            made.append(_filled(row, values))
        rows[code] = row if row.pk is None else put_answer(by, row, values)
    record_new(by=by, rows=made)
    _mark_what_is_not_asked(by, held, rows)
    return put_judgements(by=by, assessment=held, verdicts=verdicts or {})


def put_answer(by: User, row: SignallingAnswer, values: Mapping[str, Any], reason: str = "") -> SignallingAnswer:
    """Save an answer where it is new or different."""
    if row.pk is not None and all(getattr(row, name) == value for name, value in values.items()):
        return row
    return record(by=by, row=_filled(row, values), reason=reason)


def _filled(row: SignallingAnswer, values: Mapping[str, Any]) -> SignallingAnswer:
    for name, value in values.items():
        setattr(row, name, value)
    return row


def _mark_what_is_not_asked(by: User, held: Assessment, rows: Mapping[str, SignallingAnswer]) -> None:
    """Set answers to questions that are not asked to “not applicable”, and take that back where they are."""
    tool, given = held.definition, {code: row.answer for code, row in rows.items()}
    for domain in tool.domains:
        for question in tool.questions_of(domain, held.effect):
            row = rows.get(question.code)
            if row is None:
                continue
            is_asked = question in tool.asked(domain, given, held.effect)
            if not is_asked and row.answer not in ("", "NA"):
                put_answer(by, row, {"answer": "NA"}, NOT_ASKED)
            elif is_asked and row.answer == "NA" and "NA" not in question.answers:
                put_answer(by, row, {"answer": ""}, ASKED_AGAIN)
                given[question.code] = ""
