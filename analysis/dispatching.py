"""Bringing a request to its end: workers are told of runs that can begin, and of what is finished a snapshot is made.

The rows are the jobs; the queue only rings the bell. Every function here can be called at any time, any number of times
and by several processes at once: what is done already is not done again.
"""

import math
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from analysis import canonical
from analysis.execution import worker_name
from analysis.models import Refresh, RefreshEnd, Run, RunPart, Snapshot
from analysis.models.database_clock import read_clock
from analysis.models.leasing import MOST_LOSSES, LeasedRow
from analysis.noticing import note_change
from analysis.registry import all_plugins
from analysis.snapshotting import make_snapshot

COMPUTE_RUN, COMPUTE_PART, ADVANCE_AFTER = "analysis.compute_run", "analysis.compute_part", "analysis.advance_after"
LOST = (
    f"Its worker was lost {MOST_LOSSES + 1} times while computing it (killed, out of memory, or the machine went "
    "away); it is not tried again by itself."
)
LOST_PART = f"For one of its parts: {LOST[0].lower()}{LOST[1:]}"
# What a plugin may raise that is asked whether a run takes long. It must not keep others from being told of theirs.
CANNOT_SAY = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
# As many as SQLite takes in one statement, and some room.
KEYS_AT_ONCE = 500
# When this process last swept, by time.monotonic.
_swept_at = -math.inf


def advance(refresh_pk: int) -> RefreshEnd | None:
    """Bring a request one step on; give its end, None while runs are under way."""
    return _advance(Refresh.objects.select_related("analysis", "end").get(pk=refresh_pk))


def _advance(refresh: Refresh) -> RefreshEnd | None:
    if refresh.is_finished:
        return refresh.end
    found = _find_runs(refresh.keys)
    runs = [found[key] for key in refresh.keys]
    failed = next((run for run in runs if run.status == Run.Status.FAILED), None)
    if failed is not None:
        return end_request(
            refresh, outcome=RefreshEnd.Outcome.FAILED, says=f"The step “{failed.plugin}” failed: {failed.error}"
        )
    if any(run.status != Run.Status.SUCCEEDED for run in runs):
        _ring(runs)
        return None
    before = Snapshot.objects.filter(analysis=refresh.analysis).defer("manifest").order_by("-number").first()
    snapshot = make_snapshot(refresh.pk)
    note_change(snapshot)
    is_new = snapshot != before
    kind = RefreshEnd.Outcome.NEW_SNAPSHOT if is_new else RefreshEnd.Outcome.UNCHANGED
    return end_request(refresh, outcome=kind, snapshot=snapshot)


def advance_after(key: str) -> int:
    """Bring on every request that waits for a run; give how many there are."""
    waiting = list(_unfinished().filter(run_keys__contains=key))
    for refresh in waiting:
        _advance(refresh)
    return len(waiting)


def sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Find what was lost: runs that killed their workers too often fail, every unfinished request is brought on.

    What a request raises that cannot be brought on is raised when all others went on; the next sweep tries it again.

    Returns
    -------
    dict : how many runs and parts of runs were given up, and how many requests were looked at
    """
    now = now or read_clock()
    given_up = Run.objects.give_up(now=now, sentence=LOST) + RunPart.objects.give_up(now=now, sentence=LOST_PART)
    Run.objects.fail_with_parts(now=now)
    unfinished = list(_unfinished().order_by("pk"))
    found = _find_runs([key for refresh in unfinished for key in refresh.keys])
    with ExitStack() as stack:  # which runs every callback, and raises at the end what one of them raised
        for refresh in reversed(unfinished):
            if _has_to_go_on([found[key] for key in refresh.keys], now):
                stack.callback(advance, refresh.pk)  # what was read a moment ago may be another now
    return {"given_up": given_up, "unfinished": len(unfinished)}


def sweep_in_turn() -> dict[str, int]:
    """Sweep, unless this process has done so a moment ago: messages that piled up while nobody was there are one sweep.

    By a clock that only moves forward; the others of a machine may jump.
    """
    global _swept_at
    if time.monotonic() - _swept_at < settings.SWEEP_SECONDS / 2:
        return {}
    done = sweep()
    _swept_at = time.monotonic()
    return done


def _unfinished() -> QuerySet[Refresh]:
    """Give the requests that have not come to an end."""
    return Refresh.objects.filter(end__isnull=True).select_related("analysis", "end")


def _find_runs(keys: Sequence[str]) -> dict[str, Run]:
    """Give runs by their keys, without their results."""
    rows = Run.objects.defer("result", "environment")
    pieces = [keys[start : start + KEYS_AT_ONCE] for start in range(0, len(keys), KEYS_AT_ONCE)]
    return {run.key: run for piece in pieces for run in rows.filter(key__in=piece)}


def _has_to_go_on(runs: list[Run], now: datetime) -> bool:
    """Whether a request can end, or workers have to be told of something, as far as its runs say."""
    statuses = {run.status for run in runs}
    if statuses == {Run.Status.SUCCEEDED} or statuses & {Run.Status.FAILED, Run.Status.SPLIT}:
        return True
    return bool(settings.BROKER_URL) and any(_is_silent(run, now) for run in _ready(runs))


def _ready(runs: list[Run]) -> list[Run]:
    """Give the runs that are not done, and of which everything is done that they read."""
    done = {run.key for run in runs if run.status == Run.Status.SUCCEEDED}
    return [run for run in runs if run.key not in done and set(canonical.from_text(run.upstream).values()) <= done]


def _is_silent(row: LeasedRow, now: datetime) -> bool:
    """Whether workers were not told of a row a moment ago, and none holds it."""
    is_held = row.lease_until is not None and row.lease_until >= now
    return not is_held and (row.last_rung is None or row.last_rung < now - _patience())


def _patience() -> timedelta:
    return timedelta(seconds=settings.QUEUE_PATIENCE_SECONDS)


def _ring(runs: list[Run]) -> None:
    """Tell the workers of the runs, and the parts of runs, that can begin, unless they were told a moment ago."""
    if not settings.BROKER_URL:
        return
    now = read_clock()
    for run in _ready(runs):
        if run.status == Run.Status.SPLIT:
            left = RunPart.objects.filter(run=run).exclude(status=Run.Status.SUCCEEDED).defer("text", "answer")
            for part in left.order_by("number"):
                _ring_row(part, COMPUTE_PART, settings.LONG_QUEUE, run, now)
        # Also a run whose parts are all computed: its worker may have been lost before it could join them.
        _ring_row(run, COMPUTE_RUN, queue_of(run), run, now)


def _ring_row(row: Run | RunPart, task: str, queue: str, run: Run, now: datetime) -> None:
    """Tell the workers of one row, once the transaction has ended."""
    if _is_silent(row, now) and type(row).objects.ring(row.key, now=now, patience=_patience()):
        # Not a partial: where the broker is away, Django logs the function by its name, which a partial has not.
        transaction.on_commit(lambda: _tell(task, row.key, queue, run.key), robust=True)


def _tell(task: str, key: str, queue: str, run_key: str) -> None:
    """Send the workers one message: compute this row, then bring on what waits for its run."""
    after = current_app.signature(ADVANCE_AFTER, args=[run_key], immutable=True)
    current_app.signature(task, args=[key], immutable=True).apply_async(queue=queue, link=after, link_error=after)


def queue_of(run: Run) -> str:
    """Give the queue that a run waits in; those that may take long have their own, and no short one waits for them."""
    plugin = all_plugins().get(run.plugin)
    if plugin is None or plugin.version != run.plugin_version:
        return str(settings.SHORT_QUEUE)  # it fails at once, with a sentence
    try:
        is_long = plugin.takes_long(plugin.params.model_validate_json(run.params))
    except CANNOT_SAY:
        is_long = True
    return str(settings.LONG_QUEUE if is_long else settings.SHORT_QUEUE)


def end_request(refresh: Refresh, **fields: object) -> RefreshEnd:
    """Keep what a request came to; where another process did it first, give what that one kept."""
    row = RefreshEnd(refresh=refresh, ended_by=worker_name(), **fields)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return RefreshEnd.objects.get(refresh=refresh)
    return row
