"""Bringing a request to its end: workers are told of runs that can begin, and of what is finished a snapshot is made.

The rows are the jobs; the queue only rings the bell. Every function here can be called at any time, any number of times
and by several processes at once: what is done already is not done again.
"""

from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, transaction

from analysis import canonical
from analysis.execution import worker_name
from analysis.models import Refresh, RefreshEnd, Run, Snapshot
from analysis.models.database_clock import read_clock
from analysis.models.run import MOST_LOSSES
from analysis.noticing import note_change
from analysis.snapshotting import make_snapshot

COMPUTE_RUN, ADVANCE_AFTER = "analysis.compute_run", "analysis.advance_after"
LOST = (
    f"Its worker was lost {MOST_LOSSES + 1} times while computing it (killed, out of memory, or the machine went "
    "away); it is not tried again by itself."
)


def advance(refresh_pk: int) -> RefreshEnd | None:
    """Bring a request one step on; give its end, None while runs are under way."""
    refresh = Refresh.objects.select_related("analysis", "end").get(pk=refresh_pk)
    if refresh.is_finished:
        return refresh.end
    runs = _runs_of(refresh)
    failed = next((run for run in runs if run.status == Run.Status.FAILED), None)
    if failed is not None:
        return _end(
            refresh, outcome=RefreshEnd.Outcome.FAILED, says=f"The step “{failed.plugin}” failed: {failed.error}"
        )
    if any(run.status != Run.Status.SUCCEEDED for run in runs):
        _ring(runs)
        return None
    before = Snapshot.objects.filter(analysis=refresh.analysis).order_by("-number").first()
    snapshot = make_snapshot(refresh_pk)
    note_change(snapshot)
    is_new = snapshot != before
    kind = RefreshEnd.Outcome.NEW_SNAPSHOT if is_new else RefreshEnd.Outcome.UNCHANGED
    return _end(refresh, outcome=kind, snapshot=snapshot)


def advance_after(key: str) -> int:
    """Bring on every request that waits for a run; give how many there are."""
    waiting = Refresh.objects.filter(end__isnull=True, run_keys__contains=key).values_list("pk", flat=True)
    pks = list(waiting)
    for pk in pks:
        advance(pk)
    return len(pks)


def sweep(*, now: datetime | None = None) -> dict[str, int]:
    """Find what was lost: runs that killed their workers too often fail, every unfinished request is brought on.

    Returns
    -------
    dict : how many runs were given up, and how many requests were looked at
    """
    now = now or read_clock()
    given_up = Run.objects.give_up(now=now, sentence=LOST)
    unfinished = list(Refresh.objects.filter(end__isnull=True).order_by("pk").values_list("pk", flat=True))
    for pk in unfinished:
        advance(pk)
    return {"given_up": given_up, "unfinished": len(unfinished)}


def _runs_of(refresh: Refresh) -> list[Run]:
    """Give the runs of a request, upstream before downstream, without their results."""
    found = {run.key: run for run in Run.objects.filter(key__in=refresh.keys).defer("result", "params", "environment")}
    return [found[key] for key in refresh.keys]


def _ring(runs: list[Run]) -> None:
    """Tell the workers of the runs that can begin, unless they were told a moment ago."""
    if not settings.BROKER_URL:
        return
    done = {run.key for run in runs if run.status == Run.Status.SUCCEEDED}
    patience = timedelta(seconds=settings.QUEUE_PATIENCE_SECONDS)
    for run in runs:
        is_ready = set(canonical.from_text(run.upstream).values()) <= done
        if is_ready and run.key not in done and Run.objects.ring(run.key, now=read_clock(), patience=patience):
            # Not a partial: where the broker is away, Django logs the function by its name, which a partial has not.
            def tell(key: str = run.key) -> None:
                _tell(key)

            transaction.on_commit(tell, robust=True)


def _tell(key: str) -> None:
    """Send the workers one message: compute this run, then bring on what waits for it."""
    after = current_app.signature(ADVANCE_AFTER, args=[key], immutable=True)
    current_app.signature(COMPUTE_RUN, args=[key], immutable=True).apply_async(link=after, link_error=after)


def _end(refresh: Refresh, **fields: object) -> RefreshEnd:
    """Keep what a request came to; where another process did it first, give what that one kept."""
    row = RefreshEnd(refresh=refresh, ended_by=worker_name(), **fields)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        return RefreshEnd.objects.get(refresh=refresh)
    return row
