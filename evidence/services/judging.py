"""Judging risk of bias with a tool."""

from collections.abc import Mapping
from typing import NamedTuple

from django.contrib.auth.models import User
from django.db import transaction

from evidence.models import Assessment, Judgement, Outcome, Study
from evidence.permissions import Act, require
from evidence.services.recording import record
from evidence.tools import OVERALL, get_tool


class Answer(NamedTuple):
    """A judgement for one domain, and why."""

    judgement: str
    justification: str = ""


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
    ValidationError : unknown domain or judgement, or a departure from the tool's rule without a reason
    """
    existing = {row.domain: row for row in assessment.judgements.all()}
    for domain, answer in answers.items():
        if domain != OVERALL:
            _put(by, assessment, existing, domain, answer, proposed="")
    given = {domain: row.judgement for domain, row in existing.items() if domain != OVERALL}
    proposed = get_tool(assessment.tool).propose_overall(given)
    overall = answers.get(OVERALL)
    if overall is None and proposed and OVERALL not in existing:
        overall = Answer(proposed)
    if overall is not None:
        _put(by, assessment, existing, OVERALL, overall, proposed=proposed)
    elif proposed and OVERALL in existing and existing[OVERALL].proposed != proposed:
        before = existing[OVERALL]
        kept = before.judgement if before.judgement != before.proposed else proposed
        _put(by, assessment, existing, OVERALL, Answer(kept, before.justification), proposed=proposed)
    return assessment


def _put(
    by: User,
    assessment: Assessment,
    existing: dict[str, Judgement],
    domain: str,
    answer: Answer,
    *,
    proposed: str,
) -> None:
    """Save one judgement where it is new or different."""
    row = existing.get(domain) or Judgement(assessment=assessment, domain=domain)
    before = (row.pk, row.judgement, row.justification, row.proposed)
    row.judgement, row.justification, row.proposed = answer.judgement, answer.justification, proposed
    if before != (row.pk, *answer, proposed) or row.pk is None:
        record(by=by, row=row)
    existing[domain] = row
