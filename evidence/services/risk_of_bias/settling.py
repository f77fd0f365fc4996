"""Adjudicating: the consensus of two submitted assessments, by somebody who is not one of the two readers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.models import Assessment, AssessmentDecision, SignallingAnswer, Study
from evidence.permissions import Act, require
from evidence.services.judging import NotIndependent, Verdict, put_judgements
from evidence.services.recording import record, remove
from evidence.services.risk_of_bias.answering import hold, put_answer
from evidence.services.risk_of_bias.comparing import FIRST, OTHER, SECOND, Comparison, Item, compare

SAME = (
    ("study_id", "the same study"),
    ("tool", "the same tool"),
    ("tool_version", "the same version of the tool"),
    ("outcome_id", "the same outcome"),
    ("effect", "the same effect of interest"),
)
BETWEEN = " / "


@dataclass(frozen=True, slots=True)
class Choice:
    """What the adjudicator takes for one difference: the first reader's, the second's, or a third value."""

    taken: str
    value: str = ""
    reason: str = ""


def require_adjudicator(by: User, first: Assessment, second: Assessment) -> None:
    """Raise where the person may not settle the two: without the role, or as one of the readers."""
    require(by, Act.ADJUDICATE, first.study.review)
    if by.pk in (first.reviewer_id, second.reviewer_id):
        raise NotIndependent


def comparable(first: Assessment, second: Assessment) -> list[str]:
    """Say why two assessments cannot be compared; nothing where they can."""
    if first.pk == second.pk or first.reviewer_id == second.reviewer_id:
        return ["A consensus is settled from the assessments of two readers."]
    if first.is_consensus or second.is_consensus:
        return ["A consensus is settled from two readers' assessments, not from a consensus."]
    if not (first.is_submitted and second.is_submitted):
        return ["Both readers must have submitted before their assessments are compared."]
    differing = [says for name, says in SAME if getattr(first, name) != getattr(second, name)]
    return [f"The two assessments cannot be compared: they need {' and '.join(differing)}."] if differing else []


@transaction.atomic
def begin_adjudication(*, by: User, first: Assessment, second: Assessment) -> Assessment:
    """Give the consensus that is settled from two submitted assessments; make it, or take it back into work.

    Judgements that the consensus already has stay as they are until the differences are settled.

    Raises
    ------
    NotAllowed, NotIndependent : the person does not adjudicate, or is one of the readers
    ValidationError : the two are not submitted, or not of the same result, tool, version and effect
    """
    require_adjudicator(by, first, second)
    if faults := comparable(first, second):
        raise ValidationError(faults)
    Study.objects.select_for_update().get(pk=first.study_id)
    keys = {"study": first.study, "tool": first.tool, "outcome": first.outcome, "is_consensus": True}
    found = Assessment.objects.filter(**keys).first()
    row = found or Assessment(**keys)
    wanted = {
        "review_tool_id": first.review_tool_id,
        "tool_version": first.tool_version,
        "effect": first.effect,
        "first_id": first.pk,
        "second_id": second.pk,
    }
    if {row.first_id, row.second_id} == {first.pk, second.pk}:
        wanted |= {"first_id": row.first_id, "second_id": row.second_id}
    if row.pk is not None and all(getattr(row, name) == value for name, value in wanted.items()):
        return row
    for name, value in wanted.items():
        setattr(row, name, value)
    row.status, row.submitted_at, row.submitted_by = Assessment.Status.DRAFT, None, None
    return record(by=by, row=row, reason="two readers' assessments are being settled")


def comparison_of(consensus: Assessment) -> Comparison:
    """Give the two assessments that a consensus is settled from side by side, with what is decided so far."""
    readers = Assessment.objects.select_related("review_tool", "reviewer").prefetch_related("answers", "judgements")
    both = readers.in_bulk([consensus.first_id, consensus.second_id])
    decisions = {row.item: row for row in consensus.decisions.all()}
    return compare(both[consensus.first_id], both[consensus.second_id], decisions)


def _held(by: User, consensus: Assessment) -> Assessment:
    held = hold(consensus)
    if held.first is None or held.second is None:
        raise ValidationError("This consensus is not settled from two assessments.")
    require_adjudicator(by, held.first, held.second)
    if faults := comparable(held.first, held.second):
        raise ValidationError(faults)
    if held.is_submitted:
        raise ValidationError("The consensus is settled. Take it back into work first, with a reason.")
    return held


@transaction.atomic
def decide_differences(*, by: User, consensus: Assessment, choices: Mapping[str, Choice]) -> Comparison:
    """Record what is taken for differences, by question or domain; give the comparison as it stands then.

    Raises
    ------
    NotAllowed, NotIndependent : the person may not settle the two
    ValidationError : sentences by item: no such difference, no such value, or a reason is missing; nothing is saved
    """
    held = _held(by, consensus)
    rows = {row.item: row for row in held.decisions.all()}
    faults: dict[str, list[str]] = {}
    # A decision on a question can open the next one, so items are taken in the tool's order, each after the last.
    waiting = dict(choices)
    while True:
        comparison = compare_held(held, rows)
        items = {item.code: item for item in comparison.items()}
        code = next((code for code in items if code in waiting), None)
        if code is None:
            break
        choice, item = waiting.pop(code), items[code]
        faults |= _decide(by, held, rows, item, choice, comparison)
    faults |= {code: ["The readers do not differ here, after what is decided before it."] for code in waiting}
    if faults:
        raise ValidationError(faults)
    return comparison


def compare_held(held: Assessment, rows: Mapping[str, AssessmentDecision]) -> Comparison:
    """Compare the two readers' assessments with these decisions."""
    assert held.first is not None
    assert held.second is not None
    return compare(held.first, held.second, rows)


def _decide(
    by: User,
    held: Assessment,
    rows: dict[str, AssessmentDecision],
    item: Item,
    choice: Choice,
    comparison: Comparison,
) -> dict[str, list[str]]:
    """Record one decision; give its faults by item instead where it has any."""
    if item.is_agreed:
        return {item.code: ["The readers do not differ here, after what is decided before it."]}
    values = {FIRST: item.first_value, SECOND: item.second_value, OTHER: choice.value}
    value = values.get(AssessmentDecision.Taken(choice.taken)) if choice.taken in values else ""
    fault = _fault_of(item, choice, value or "", comparison)
    if fault:
        return {item.code: [fault]}
    row = rows.get(item.code) or AssessmentDecision(assessment=held, item=item.code)
    wanted = {
        "taken": choice.taken,
        "value": value,
        "first_value": item.first_value,
        "second_value": item.second_value,
        "reason": choice.reason.strip(),
    }
    if row.pk is None or any(getattr(row, name) != said for name, said in wanted.items()):
        for name, said in wanted.items():
            setattr(row, name, said)
        record(by=by, row=row, reason="decided between two readers")
    rows[item.code] = row
    return {}


def _fault_of(item: Item, choice: Choice, value: str, comparison: Comparison) -> str:
    """Say what is wrong with a choice; "" where nothing is."""
    tool = comparison.tool
    if not value:
        return (
            "This reader has no value here; take the other's, or a third one."
            if choice.taken != OTHER
            else ("Choose the third value.")
        )
    if item.question is not None and value not in item.question.answers:
        return f"Question {item.question.number} has no answer “{value}”."
    if item.question is None and not tool.has_level(value):
        return f"{tool.name} has no judgement “{value}”; it has {tool.level_list()}."
    if choice.taken == OTHER and not choice.reason.strip():
        return "A third value needs a reason."
    proposed = comparison.proposal_of(item.domain) if item.question is None else ""
    if proposed not in ("", value) and not (choice.reason.strip() or _reason_of(item, choice.taken)):
        return f"The rules of {tool.name} give “{tool.level_name(proposed)}” for the settled answers; say why not."
    return ""


def _reason_of(item: Item, taken: str) -> str:
    row: Any = {FIRST: item.first, SECOND: item.second}.get(AssessmentDecision.Taken(taken))
    return str(getattr(row, "justification", "")) if row is not None else ""


@transaction.atomic
def settle_assessments(*, by: User, consensus: Assessment) -> Assessment:
    """Build the consensus from what the readers agree in and what is decided, and mark it as settled.

    Raises
    ------
    NotAllowed, NotIndependent : the person may not settle the two
    ValidationError : something is still undecided
    """
    held = _held(by, consensus)
    comparison = compare_held(held, {row.item: row for row in held.decisions.all()})
    if not comparison.is_settled:
        left = len(comparison.open_items)
        raise ValidationError(
            f"{left} difference{'s are' if left != 1 else ' is'} still undecided: decide on each, then settle."
        )
    stored = {row.question: row for row in held.answers.all()}
    for code, item in comparison.questions.items():
        row = stored.pop(code, None) or SignallingAnswer(assessment=held, question=code)
        put_answer(by, row, {"answer": item.value, **_support(item)}, _how(item))
    for row in stored.values():
        remove(by=by, row=row, reason="not asked in the settled assessment")
    verdicts = {domain: _verdict(item, comparison) for domain, item in comparison.judgements.items()}
    put_judgements(by=by, assessment=held, verdicts=verdicts)
    held.status = Assessment.Status.SUBMITTED
    held.submitted_at, held.submitted_by = timezone.now(), by
    return record(by=by, row=held, reason="settled")


def _how(item: Item) -> str:
    """Say in the history how a value came about."""
    if item.is_agreed or item.decision is None:
        return "agreed by both readers"
    return f"settled: {item.decision.get_taken_display().lower()}"


def _taken_rows(item: Item) -> list[Any]:
    """Give the readers' rows that the value stands on."""
    if item.decision is None:
        return [row for row in (item.first, item.second) if row is not None]
    taken = {FIRST: item.first, SECOND: item.second}.get(AssessmentDecision.Taken(item.decision.taken))
    return [] if taken is None else [taken]


def _joined(texts: list[str]) -> str:
    return BETWEEN.join(dict.fromkeys(text for text in texts if text))


def _support(item: Item) -> dict[str, str]:
    """Give what supports a settled answer and where it stands: of whom it was taken, and the adjudicator's reason."""
    rows = _taken_rows(item)
    reason = item.decision.reason if item.decision else ""
    placed = next((row for row in rows if row.page or row.quote or row.table), None)
    place = {name: getattr(placed, name, "") for name in ("page", "table", "quote")}
    return {"support": _joined([*(row.support for row in rows), reason]), **place}


def _verdict(item: Item, comparison: Comparison) -> Verdict:
    """Give a settled judgement with its reasons; where both followed the rules, the consensus follows them too."""
    rows = _taken_rows(item)
    reason = item.decision.reason if item.decision else ""
    placed = next((row for row in rows if row.page or row.quote), None)
    follows = item.value == comparison.proposal_of(item.domain)
    return Verdict(
        judgement="" if follows else item.value,
        justification=_joined([*(row.justification for row in rows), reason]),
        page=getattr(placed, "page", ""),
        quote=getattr(placed, "quote", ""),
    )
