"""Rows that are jobs: taken by one worker, with a lease that it renews and an attempt number that fences others out."""

from datetime import datetime, timedelta
from typing import Any, NoReturn

from django.db import models
from django.db.models import Case, F, Q, When

from evidence.models.append_only import AppendOnly, AppendOnlyQuerySet

# A row is taken over twice from workers that were lost; then it fails.
MOST_LOSSES = 2
WHOLE = models.PositiveSmallIntegerField()


class Status(models.TextChoices):
    """Where a job stands. Only a run is split: it waits for its parts, and nobody holds it."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SPLIT = "split", "Computed in parts"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"


class LeasedQuerySet(AppendOnlyQuerySet):
    """Jobs change only by the compare-and-set steps below, each a single statement that one caller wins."""

    def _change(self, **fields: Any) -> int:
        return models.QuerySet.update(self, **fields)

    def _waiting(self) -> Q:
        """Which rows a worker may take that no other has begun, or that wait to be finished."""
        return Q(status=Status.QUEUED)

    def claim(self, key: str, *, worker: str, now: datetime, lease_until: datetime) -> int | None:
        """Take a row that waits, or whose worker's lease ran out; give the fencing token, None where it is not ours.

        A row whose workers were lost MOST_LOSSES times is not taken again: it may be what kills them.
        """
        lost = Q(status=Status.RUNNING, lease_until__lt=now, losses__lt=MOST_LOSSES)
        taken = self.filter(self._waiting() | lost, key=key)._change(
            losses=Case(When(status=Status.RUNNING, then=F("losses") + 1), default=F("losses"), output_field=WHOLE),
            status=Status.RUNNING,
            attempt=F("attempt") + 1,
            lease_until=lease_until,
            claimed_at=now,
            claimed_by=worker,
        )
        return self.values_list("attempt", flat=True).get(key=key) if taken else None

    def held(self, key: str, *, attempt: int) -> "LeasedQuerySet":
        """Give the row while the worker of this attempt holds it; nothing where another one has taken it over."""
        return self.filter(key=key, attempt=attempt, status=Status.RUNNING)

    def renew(self, key: str, *, attempt: int, lease_until: datetime) -> bool:
        """Keep a row while its worker lives; False where another worker has taken it over."""
        return bool(self.held(key, attempt=attempt)._change(lease_until=lease_until))

    def finish(self, key: str, *, attempt: int, now: datetime, worker: str, **outcome: Any) -> bool:
        """Store how a job ended; False (and nothing stored) where another worker has taken it over."""
        ended = {"finished_at": now, "finished_by": worker, "lease_until": None}
        return bool(self.held(key, attempt=attempt)._change(**ended, **outcome))

    def ring(self, key: str, *, now: datetime, patience: timedelta) -> bool:
        """Note that the workers are told of a row; False where they were told less than `patience` ago."""
        silent = Q(last_rung__isnull=True) | Q(last_rung__lt=now - patience)
        waiting = self._waiting() | Q(status=Status.RUNNING, lease_until__lt=now)
        return bool(self.filter(silent, waiting, key=key)._change(last_rung=now))

    def give_up(self, *, now: datetime, sentence: str) -> int:
        """Fail the rows whose workers were lost too often; give how many."""
        lost = self.filter(status=Status.RUNNING, lease_until__lt=now, losses__gte=MOST_LOSSES)
        return lost._change(
            status=Status.FAILED, error=sentence, finished_at=now, finished_by=F("claimed_by"), lease_until=None
        )


class LeasedRow(models.Model):
    """A job with a unique `key`. It is inserted once; afterwards it changes by the steps of its queryset only."""

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    losses = models.PositiveSmallIntegerField(default=0, help_text="How often its worker was lost since it was queued.")
    last_rung = models.DateTimeField(null=True, blank=True, help_text="When the workers were last told of it.")
    error = models.TextField(blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=120, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.CharField(max_length=120, blank=True)

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Insert the row."""
        if not self._state.adding:
            raise AppendOnly(type(self))
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(type(self))
