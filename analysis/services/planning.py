"""The plan and its ledger: what was planned, added, changed, reported or dropped, by whom and why."""

from dataclasses import dataclass
from enum import StrEnum

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.models import Analysis, PlanClosure, PlanEvent, Snapshot
from evidence.models import Review
from evidence.permissions import Act, require

Kind = PlanEvent.Kind
BEGINNINGS = (Kind.PLANNED, Kind.POST_HOC)


class State(StrEnum):
    """Where an analysis stands."""

    PLANNED = "planned"
    RUN = "run"
    REPORTED = "reported"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: an analysis, where it stands, and everything that happened to it."""

    analysis: Analysis
    state: State
    is_post_hoc: bool
    events: tuple[PlanEvent, ...]
    snapshot: Snapshot | None

    @property
    def reason(self) -> str:
        """Why it was dropped or changed last; for a report, where it is printed."""
        return next((event.reason for event in reversed(self.events) if event.reason), "")


@transaction.atomic
def close_plan(*, by: User, review: Review, reason: str) -> PlanClosure:
    """Close the plan of a review: what is added afterwards is post hoc for ever.

    Raises
    ------
    NotAllowed : the person does not manage the review
    ValidationError : there is no reason, or the plan is closed already
    """
    require(by, Act.MANAGE, review)
    if PlanClosure.objects.filter(review=review).exists():
        raise ValidationError("The plan of this review is closed already.")
    row = PlanClosure(review=review, reason=reason.strip(), closed_by=by)
    row.full_clean()
    row.save()
    return row


def drop(*, by: User, analysis: Analysis, reason: str) -> PlanEvent:
    """Drop an analysis: it is no longer run, and the ledger says why.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : there is no reason, or the analysis is dropped already
    """
    if is_dropped(analysis):
        raise ValidationError("The analysis is dropped already.")
    return _note(by, analysis, Kind.DROPPED, reason)


def resume(*, by: User, analysis: Analysis, reason: str) -> PlanEvent:
    """Take a dropped analysis up again.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : there is no reason, or the analysis is not dropped
    """
    if not is_dropped(analysis):
        raise ValidationError("The analysis is not dropped.")
    return _note(by, analysis, Kind.RESUMED, reason)


def mark_reported(*, by: User, analysis: Analysis, place: str) -> PlanEvent:
    """Note where an analysis is reported.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : no place is given, or the analysis has no snapshot that could be reported
    """
    if not Snapshot.objects.filter(analysis=analysis).exists():
        raise ValidationError("The analysis has not been run: there is nothing that could be reported.")
    return _note(by, analysis, Kind.REPORTED, place)


def note_beginning(*, by: User, analysis: Analysis) -> PlanEvent | None:
    """Stamp a new analysis as planned or post hoc; None where it has its stamp already."""
    if PlanEvent.objects.filter(analysis=analysis, kind__in=BEGINNINGS).exists():
        return None
    closed = PlanClosure.objects.filter(review=analysis.review_id).exists()
    return _note(by, analysis, Kind.POST_HOC if closed else Kind.PLANNED, "")


def note_change(*, by: User, analysis: Analysis, reason: str) -> PlanEvent | None:
    """Note that an analysis was changed after its plan was closed; None while the plan is open.

    Raises
    ------
    ValidationError : the plan is closed, and no reason is given
    """
    if not PlanClosure.objects.filter(review=analysis.review_id).exists():
        return None
    if not reason.strip():
        raise ValidationError("The plan of this review is closed: say why the analysis is changed.")
    return _note(by, analysis, Kind.AMENDED, reason)


def is_dropped(analysis: Analysis) -> bool:
    """Whether the analysis is dropped now."""
    last = PlanEvent.objects.filter(analysis=analysis, kind__in=(Kind.DROPPED, Kind.RESUMED)).order_by("-pk").first()
    return last is not None and last.kind == Kind.DROPPED


def read_ledger(review: Review) -> list[Entry]:
    """Give one line for each analysis of a review, in the order of the plan."""
    analyses = list(Analysis.objects.filter(review=review).order_by("position", "slug"))
    events: dict[int, list[PlanEvent]] = {}
    for event in PlanEvent.objects.filter(analysis__review=review).select_related("happened_by").order_by("pk"):
        events.setdefault(event.analysis_id, []).append(event)
    latest = {row.analysis_id: row for row in Snapshot.objects.filter(analysis__review=review).order_by("number")}
    return [_entry(analysis, tuple(events.get(analysis.pk, ())), latest.get(analysis.pk)) for analysis in analyses]


def _entry(analysis: Analysis, events: tuple[PlanEvent, ...], snapshot: Snapshot | None) -> Entry:
    kinds = [event.kind for event in events]
    dropped = next((kind == Kind.DROPPED for kind in reversed(kinds) if kind in (Kind.DROPPED, Kind.RESUMED)), False)
    state = State.PLANNED if snapshot is None else State.RUN
    if Kind.REPORTED in kinds:
        state = State.REPORTED
    return Entry(analysis, State.DROPPED if dropped else state, Kind.POST_HOC in kinds, events, snapshot)


@transaction.atomic
def _note(by: User, analysis: Analysis, kind: PlanEvent.Kind, reason: str) -> PlanEvent:
    require(by, Act.ANALYSE, analysis.review)
    row = PlanEvent(analysis=analysis, kind=kind, reason=reason.strip(), happened_by=by)
    row.full_clean()
    row.save()
    return row
