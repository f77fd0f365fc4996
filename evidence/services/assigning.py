"""Asking people to do their part, and seeing how far they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from evidence.models import Assessment, Assignment, Extraction, Membership, Review, Study
from evidence.permissions import ACTS_BY_ROLE, Act, require

NO_MEMBER = "{who} is no member of the review who records evidence; only those can be asked."
BEGUN = "{who} has begun already; what is begun is not taken away."
State, Task = Assignment.State, Assignment.Task


@dataclass(frozen=True, slots=True)
class Duty:
    """An assignment, how far it is, and whether it is late."""

    assignment: Assignment
    state: Assignment.State
    is_late: bool


@transaction.atomic
def assign(
    *, by: User, study: Study, assignee: User, task: str, due_on: date | None = None, note: str = ""
) -> Assignment:
    """Ask a member to do something on a study; who is asked already gets the new day and note.

    Raises
    ------
    NotAllowed : the person does not adjudicate in the review
    ValidationError : the assignee does not record evidence in the review; a word or day that is not allowed
    """
    require(by, Act.ADJUDICATE, study.review)
    if not _members(study.review).filter(user=assignee).exists():
        raise ValidationError({"assignee": NO_MEMBER.format(who=assignee)})
    row = Assignment.objects.filter(study=study, task=task, assignee=assignee).first()
    row = row or Assignment(study=study, task=task, assignee=assignee, assigned_by=by)
    row.due_on, row.note = due_on, note
    row.full_clean()
    row.stamp(by)
    row.save()
    return row


@transaction.atomic
def unassign(*, by: User, assignment: Assignment, reason: str = "") -> None:
    """Take an assignment back, as long as it is not begun.

    Raises
    ------
    NotAllowed : the person does not adjudicate in the review
    ValidationError : it is begun
    """
    require(by, Act.ADJUDICATE, assignment.study.review)
    (duty,) = read_duties([assignment])
    if duty.state != State.OPEN:
        raise ValidationError(BEGUN.format(who=assignment.assignee))
    assignment.stamp(by, reason)
    assignment.delete()


def duties_of(*, reviews: Iterable[Review], person: User | None = None) -> list[Duty]:
    """Give what is to be done in reviews, by one person or by everybody, what is due first first."""
    rows = Assignment.objects.filter(study__review__in=list(reviews)).select_related("study__review", "assignee")
    return read_duties(rows if person is None else rows.filter(assignee=person))


def read_duties(assignments: Iterable[Assignment], *, today: date | None = None) -> list[Duty]:
    """Say how far assignments are, in a number of queries that does not depend on theirs."""
    rows = list(assignments)
    studies = {row.study_id for row in rows}
    today = today or timezone.localdate()
    done = {
        Task.EXTRACTION: _progress(Extraction, studies, Q(status=Extraction.Status.COMPLETE)),
        Task.RISK_OF_BIAS: _progress(Assessment, studies, Q(status=Assessment.Status.SUBMITTED)),
    }
    found = []
    for row in rows:
        state = done[Task(row.task)].get((row.study_id, row.assignee_id), State.OPEN)
        is_late = state != State.DONE and row.due_on is not None and row.due_on < today
        found.append(Duty(row, state, is_late))
    return sorted(found, key=lambda duty: (duty.assignment.due_on or date.max, duty.assignment.pk))


def _progress(model: Any, studies: set[int], is_done: Q) -> dict[tuple[int, int], Assignment.State]:
    """Give how far readers are with studies; of several assessments of one study all have to be submitted."""
    rows = model.objects.filter(study__in=studies, is_consensus=False).order_by()
    found = dict.fromkeys(rows.values_list("study_id", "reviewer_id"), State.DONE)
    return found | dict.fromkeys(rows.exclude(is_done).values_list("study_id", "reviewer_id"), State.BEGUN)


def _members(review: Review) -> Any:
    roles = [role for role, acts in ACTS_BY_ROLE.items() if Act.RECORD in acts]
    return Membership.objects.filter(review=review, role__in=roles)
