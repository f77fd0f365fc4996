"""Judging risk of bias with a tool: its tables propose, a person may depart from them with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from evidence.models import Assessment, Judgement, Outcome, Study
from evidence.models.risk_of_bias import CLOSED
from evidence.permissions import Act, require
from evidence.services.recording import record, record_new, remove
from evidence.tools import OVERALL

NOT_DETERMINED = "the answers no longer determine it"


class NotIndependent(PermissionDenied):
    """A reader wants to settle what they have assessed themselves."""

    def __init__(self) -> None:
        super().__init__("A consensus of two readers is settled by somebody who is not one of them.")


class Answer(NamedTuple):
    """A judgement for one domain, and why."""

    judgement: str
    justification: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says of one domain; without a judgement they follow what the tool proposes."""

    judgement: str = ""
    justification: str = ""
    page: str = ""
    quote: str = ""


@transaction.atomic
def open_assessment(
    *, by: User, study: Study, tool: str, consensus: bool = False, outcome: Outcome | None = None
) -> Assessment:
    """Give the person's own assessment of the study with a tool, or the consensus; make it where there is none."""
    require(by, Act.ADJUDICATE if consensus else Act.RECORD, study.review)
    Study.objects.select_for_update().get(pk=study.pk)
    keys = {"study": study, "outcome": outcome, "tool": tool, "is_consensus": consensus}
    reviewer = None if consensus else by
    found = Assessment.objects.filter(**keys, reviewer=reviewer).first()
    return found or record(by=by, row=Assessment(**keys, reviewer=reviewer))


@transaction.atomic
def judge(*, by: User, assessment: Assessment, answers: Mapping[str, Answer]) -> Assessment:
    """Record judgements by domain; the overall judgement follows the tool's rule unless it is among the answers.

    Raises
    ------
    NotAllowed : the person's role does not cover the change
    ValidationError : unknown domain or judgement, a departure from the tool's rule without a reason, or it is submitted
    """
    existing = {row.domain: row for row in assessment.judgements.all()}
    verdicts = {}
    for domain, answer in answers.items():
        if not answer.judgement:
            raise ValidationError({"judgement": f"The judgement of {domain} cannot be blank."})
        before = existing.get(domain)
        place = {"page": before.page, "quote": before.quote} if before else {}
        verdicts[domain] = Verdict(*answer, **place)
    return put_judgements(by=by, assessment=assessment, verdicts=verdicts)


def put_judgements(*, by: User, assessment: Assessment, verdicts: Mapping[str, Verdict]) -> Assessment:
    """Bring the judgements in line with the answers to the questions and with what the person says of the domains."""
    held = Assessment.objects.select_for_update(of=("self",)).select_related("review_tool").get(pk=assessment.pk)
    if held.is_closed:
        raise ValidationError(CLOSED)
    require_independent(by, held)
    tool = held.definition
    given = dict(held.answers.values_list("question", "answer"))
    existing = {row.domain: row for row in held.judgements.all()}
    made: list[Judgement] = []
    for domain in [*tool.domains, *(set(verdicts) - {*tool.domains, OVERALL})]:
        proposal = tool.propose(domain, given, held.effect)
        _follow(by, held, existing, made, domain, proposal.level if proposal else "", verdicts.get(domain))
    judged = {domain: row.judgement for domain, row in existing.items() if domain != OVERALL}
    overall = tool.propose_overall(judged)
    if overall or given or OVERALL in verdicts:
        _follow(by, held, existing, made, OVERALL, overall, verdicts.get(OVERALL))
    record_new(by=by, rows=made)
    return assessment


def readers_of(assessment: Assessment) -> set[int]:
    """Give the keys of those who assess the same result with the same tool, each on their own."""
    rows = Assessment.objects.filter(study=assessment.study_id, tool=assessment.tool, outcome=assessment.outcome_id)
    return {pk for pk in rows.filter(is_consensus=False).values_list("reviewer_id", flat=True) if pk is not None}


def is_reader_of_two(person: User, assessment: Assessment) -> bool:
    """Whether the person is one of two readers, or more, of the result that an assessment is about."""
    readers = readers_of(assessment)
    return len(readers) > 1 and person.pk in readers


def require_independent(by: User, assessment: Assessment) -> None:
    """Raise where the person changes a consensus of which they are one of the two readers."""
    if assessment.is_consensus and is_reader_of_two(by, assessment):
        raise NotIndependent


def _follow(
    by: User,
    assessment: Assessment,
    existing: dict[str, Judgement],
    made: list[Judgement],
    domain: str,
    proposed: str,
    verdict: Verdict | None,
) -> None:
    """Judge one domain: as the person says, or as is proposed; a departure stays while the proposal moves.

    A new judgement is checked and added to `made`, to be saved together with the others.
    """
    before = existing.get(domain)
    if verdict is None:
        if proposed == (before.proposed if before else ""):
            return
        followed = before is None or before.proposed == before.judgement
        if before is not None and followed and not proposed:
            remove(by=by, row=existing.pop(domain), reason=NOT_DETERMINED)
            return
        verdict = _verdict_of(before, keep=not followed)
    if not (verdict.judgement or proposed):
        if before is not None:
            remove(by=by, row=existing.pop(domain), reason="no longer judged")
        return
    row = before or Judgement(assessment=assessment, domain=domain)
    values = {
        "judgement": verdict.judgement or proposed,
        "justification": verdict.justification,
        "page": verdict.page,
        "quote": verdict.quote,
        "proposed": proposed,
    }
    if row.pk is None or any(getattr(row, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(row, name, value)
        if row.pk is None:
            row.clean()
            made.append(row)
        else:
            record(by=by, row=row)
    existing[domain] = row


def _verdict_of(row: Judgement | None, *, keep: bool) -> Verdict:
    """Give what a person said of a domain before; the judgement itself only where it is to be kept."""
    if row is None:
        return Verdict()
    return Verdict(row.judgement if keep else "", row.justification, row.page, row.quote)
