"""Settling what readers disagree about, by somebody who was none of them."""

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from evidence.models import ExclusionReason, Record, Review, ScreeningDecision, ScreeningState
from evidence.permissions import Act, require
from evidence.services.screening.deciding import NO_REASON, NOT_HERE, built_upon, reason_problem
from evidence.services.screening.docket import Docket
from evidence.verdicts import Answer, Stage, Status

NOT_YET = "“{record}” still waits for readers; there is nothing to settle."
SETTLED_MEANWHILE = "“{record}” has been settled meanwhile."
NO_GROUNDS = "Say in the note why what was settled is decided otherwise."


class WasReader(PermissionDenied):
    """An adjudicator was one of the readers of the record."""

    def __init__(self, who: User, record: Record) -> None:
        super().__init__(f"{who} was one of the readers of “{record}”; somebody else has to settle it.")


@transaction.atomic
def adjudicate(
    *,
    by: User,
    record: Record,
    stage: str,
    answer: str,
    reason: ExclusionReason | None = None,
    note: str = "",
    overrule: bool = False,
) -> ScreeningState:
    """Settle a conflict; with `overrule` also decide anew what was settled, on grounds that the note gives.

    Raises
    ------
    NotAllowed : the person does not adjudicate in the review
    WasReader : the person has answered the record at this stage
    ValidationError : nothing is to be settled, something was built upon it, or the answer lacks what the rules ask for
    """
    require(by, Act.ADJUDICATE, record.review)
    docket = Docket(record.review, [record.pk])
    state = docket.states.get((record.pk, stage))
    if state is None or state.status == Status.REMOVED:
        raise ValidationError(NOT_HERE.format(record=record))
    if any(event.reader == by.pk and not event.is_adjudication for event in docket.events[record.pk, stage]):
        raise WasReader(by, record)
    problem = _problem_of(docket, state, record, answer, reason, note, overrule=overrule)
    if problem:
        raise ValidationError(problem)
    ruling = ScreeningDecision(
        record=record, stage=stage, answer=answer, reason=reason, note=note, is_adjudication=True, decided_by=by
    )
    docket.write([ruling])
    return state


def conflicts(*, by: User, review: Review, stage: str) -> QuerySet[ScreeningState]:
    """Give the records in conflict that the person may settle: those that they have not read themselves."""
    own = ScreeningDecision.objects.filter(
        record=OuterRef("record"), stage=OuterRef("stage"), decided_by=by, is_adjudication=False
    )
    rows = ScreeningState.objects.filter(review=review, stage=stage, status=Status.CONFLICT).exclude(Exists(own))
    return rows.select_related("record").order_by("place", "pk")


def _problem_of(
    docket: Docket,
    state: ScreeningState,
    record: Record,
    answer: str,
    reason: ExclusionReason | None,
    note: str,
    *,
    overrule: bool,
) -> str:
    """Say why a ruling cannot be taken, "" where it can."""
    if state.status == Status.WAITING:
        return NOT_YET.format(record=record)
    if state.status != Status.CONFLICT and not overrule:
        return SETTLED_MEANWHILE.format(record=record)
    if state.status != Status.CONFLICT and not note.strip():
        return NO_GROUNDS
    if answer not in (Answer.INCLUDE, Answer.EXCLUDE):
        return "An adjudicator includes or excludes."
    needs_reason = state.stage == Stage.FULL_TEXT or docket.policy.needs_reason
    if answer == Answer.EXCLUDE and reason is None and needs_reason:
        return NO_REASON.format(record=record)
    return reason_problem(docket.review, state.stage, answer, reason) or built_upon(docket, record, state.stage)
