"""Bringing analyses up to date when they are due: the same by beat and by `manage.py refresh --due`."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from analysis.execution import worker_name
from analysis.models import Analysis, Run, Schedule, ScheduleRun
from analysis.models.database_clock import read_clock
from analysis.services.planning import is_dropped
from analysis.services.refreshing import Refreshed, refresh_many, refresh_stale
from analysis.snapshotting import NotFinished
from analysis.verification.rows import check_runs
from evidence.permissions import Act, NotAllowed, require

UNCHANGED = "Nothing had changed: every result was known."


@transaction.atomic
def save_schedule(*, by: User, schedule: Schedule, reason: str = "") -> Schedule:
    """Save a schedule and work out when it is due next.

    Raises
    ------
    NotAllowed : the person, or the one in whose name it runs, may not run analyses of the review
    ValidationError : neither a cron expression nor an interval, or one that cannot be read
    """
    require(by, Act.ANALYSE, schedule.review)
    require(schedule.runs_as, Act.ANALYSE, schedule.review)
    schedule.full_clean()
    schedule.due_next = None if schedule.is_paused else next_due(schedule, read_clock())
    schedule.stamp(by, reason)
    schedule.save()
    return schedule


@transaction.atomic
def remove_schedule(*, by: User, schedule: Schedule) -> None:
    """Pause a schedule for good where it has run, delete it where it never has.

    Raises
    ------
    NotAllowed : the person may not run analyses of the review
    """
    require(by, Act.ANALYSE, schedule.review)
    schedule.stamp(by, "removed")
    if ScheduleRun.objects.filter(schedule=schedule).exists():
        schedule.is_paused, schedule.due_next = True, None
        schedule.save()
    else:
        schedule.delete()


def next_due(schedule: Schedule, after: datetime) -> datetime:
    """Give the first time later than `after` at which the schedule is due, in UTC."""
    if schedule.every is not None:
        return after + timedelta(**{schedule.unit: schedule.every})
    local, step, _ = schedule.parse_cron().remaining_delta(after, tz=ZoneInfo(schedule.time_zone))
    due: datetime = local + step
    return due.astimezone(ZoneInfo("UTC"))


def find_due(now: datetime) -> models.QuerySet[Schedule]:
    """Give the schedules that are due and not paused, longest overdue first."""
    rows = Schedule.objects.filter(is_paused=False, due_next__lte=now)
    return rows.select_related("review", "analysis", "runs_as").order_by("due_next", "pk")


def run_due(*, now: datetime | None = None) -> Iterator[ScheduleRun]:
    """Bring up to date what is due; give what came of each.

    A time that is due is taken by one UPDATE that only one caller wins, so that two beats, or a beat and a command, do
    it once. Times that were missed while nothing ran are made up for once, not one by one.
    """
    now = now or read_clock()
    for schedule in find_due(now):
        due = schedule.due_next
        later = next_due(schedule, now)
        mine = Schedule.objects.filter(pk=schedule.pk, due_next=due, is_paused=False)
        if due is not None and models.QuerySet.update(mine, due_next=later):
            yield _run(schedule, due)


def _run(schedule: Schedule, due: datetime) -> ScheduleRun:
    """Do what is due, and keep what came of it; what fails is told, and the next time comes all the same."""
    try:
        outcomes = list(_refresh(schedule))
        disagreements = [] if schedule.only_if_changed else list(_recompute(outcomes))
    except (ValidationError, NotAllowed, NotFinished) as error:
        says = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        return _keep(schedule, due, outcome=ScheduleRun.Outcome.FAILED, says=says)
    failures = [outcome.failure for outcome in outcomes if outcome.failure] + disagreements
    counts = {
        "computed": sum(outcome.computed for outcome in outcomes),
        "reused": sum(outcome.reused for outcome in outcomes),
        "snapshots": sum(outcome.is_new for outcome in outcomes),
    }
    if failures:
        return _keep(schedule, due, outcome=ScheduleRun.Outcome.FAILED, says=" ".join(failures), **counts)
    kind, says = _kind(outcomes)
    return _keep(schedule, due, outcome=kind, says=says, **counts)


def _refresh(schedule: Schedule) -> Iterator[Refreshed]:
    """Bring up to date what is stale; where stored results are to be compared too, ask for all."""
    if not schedule.only_if_changed:
        return refresh_many(by=schedule.runs_as, analyses=_analyses(schedule))
    named = None if schedule.analysis is None else [row for row in [schedule.analysis] if not is_dropped(row)]
    return refresh_stale(by=schedule.runs_as, review=schedule.review, analyses=named)


def _analyses(schedule: Schedule) -> list[Analysis]:
    if schedule.analysis is not None:
        return [schedule.analysis]
    return [row for row in Analysis.objects.filter(review=schedule.review) if not is_dropped(row)]


def _kind(outcomes: list[Refreshed]) -> tuple[ScheduleRun.Outcome, str]:
    """Give the kind of outcome and its sentence."""
    if any(outcome.computed and outcome.snapshot is None for outcome in outcomes):
        return ScheduleRun.Outcome.QUEUED, "The workers are at it."
    new = [outcome for outcome in outcomes if outcome.is_new and outcome.snapshot is not None]
    if not new and not any(outcome.computed for outcome in outcomes):
        return ScheduleRun.Outcome.UNCHANGED, UNCHANGED
    named = ", ".join(f"{outcome.analysis.slug} {outcome.snapshot.number}" for outcome in new if outcome.snapshot)
    return ScheduleRun.Outcome.REFRESHED, f"New snapshots: {named}." if named else "No snapshot is new."


def _recompute(outcomes: list[Refreshed]) -> Iterator[str]:
    """Compute the runs of the current snapshots again; give a sentence for each that differs from what is stored."""
    snapshots = [outcome.snapshot for outcome in outcomes if outcome.snapshot is not None]
    rows = Run.objects.filter(snapshots__in=snapshots).select_related("dataset").distinct().order_by("pk")
    for checked in check_runs(rows):
        if checked.outcome.is_error:
            yield f"{checked.what}: {' '.join(checked.outcome.sentences)}"


def _keep(schedule: Schedule, due: datetime, **fields: object) -> ScheduleRun:
    row = ScheduleRun(schedule=schedule, due=due, finished_by=worker_name(), **fields)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:  # another process did this time already and kept what came of it
        return ScheduleRun.objects.get(schedule=schedule, due=due)
    return row


def is_overdue(schedule: Schedule, now: datetime) -> bool:
    """Whether a schedule should have run and has not: nothing calls what is due."""
    return bool(
        not schedule.is_paused and schedule.due_next is not None and schedule.due_next < now - timedelta(minutes=10)
    )
