"""One computation of one plugin: the row is the job and keeps its result."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, When

from analysis import canonical
from analysis.models.append_only import AppendOnly, AppendOnlyQuerySet
from analysis.models.freeze import Dataset

# A run is taken over twice from workers that were lost; then it fails.
MOST_LOSSES = 2
WHOLE = models.PositiveSmallIntegerField()


def run_key(*, dataset: str, plugin: str, version: str, params: str, upstream: dict[str, str]) -> str:
    """Give the key of a run: the digest of everything that its result depends on.

    Parameters
    ----------
    dataset : digest of the dataset
    params : canonical text of the parameters, every default spelled out
    upstream : keys of the runs whose results it reads, by plugin
    """
    parts = {"dataset": dataset, "plugin": plugin, "version": version, "params": params, "upstream": upstream}
    return canonical.digest_of(parts)


class RunQuerySet(AppendOnlyQuerySet):
    """Runs change only by the compare-and-set steps below, each a single statement that one caller wins."""

    def _change(self, **fields: Any) -> int:
        return models.QuerySet.update(self, **fields)

    def claim(self, key: str, *, worker: str, now: datetime, lease_until: datetime) -> int | None:
        """Take a queued run, or one whose worker's lease ran out; give the fencing token, None where it is not ours.

        A run whose workers were lost MOST_LOSSES times is not taken again: it may be what kills them.
        """
        lost = Q(status=Run.Status.RUNNING, lease_until__lt=now, losses__lt=MOST_LOSSES)
        taken = self.filter(Q(status=Run.Status.QUEUED) | lost, key=key)._change(
            losses=Case(When(status=Run.Status.RUNNING, then=F("losses") + 1), default=F("losses"), output_field=WHOLE),
            status=Run.Status.RUNNING,
            attempt=F("attempt") + 1,
            lease_until=lease_until,
            claimed_at=now,
            claimed_by=worker,
        )
        return self.get(key=key).attempt if taken else None

    def renew(self, key: str, *, attempt: int, lease_until: datetime) -> bool:
        """Keep a run while its worker lives; False where another worker has taken it over."""
        mine = self.filter(key=key, attempt=attempt, status=Run.Status.RUNNING)
        return bool(mine._change(lease_until=lease_until))

    def report(self, key: str, *, attempt: int, progress: float, says: str) -> bool:
        """Note how far a run has come; False where another worker has taken it over."""
        mine = self.filter(key=key, attempt=attempt, status=Run.Status.RUNNING)
        return bool(mine._change(progress=progress, progress_says=says[:200]))

    def finish(self, key: str, *, attempt: int, now: datetime, worker: str, **outcome: Any) -> bool:
        """Store how a run ended; False (and nothing stored) where another worker has taken it over."""
        mine = self.filter(key=key, attempt=attempt, status=Run.Status.RUNNING)
        return bool(mine._change(finished_at=now, finished_by=worker, lease_until=None, **outcome))

    def retry(self, key: str) -> bool:
        """Queue a failed run again."""
        failed = self.filter(key=key, status=Run.Status.FAILED)
        again = {"status": Run.Status.QUEUED, "finished_at": None, "finished_by": "", "error": ""}
        return bool(failed._change(**again, losses=0, last_rung=None))

    def ring(self, key: str, *, now: datetime, patience: timedelta) -> bool:
        """Note that the workers are told of a run; False where they were told less than `patience` ago."""
        silent = Q(last_rung__isnull=True) | Q(last_rung__lt=now - patience)
        waiting = Q(status=Run.Status.QUEUED) | Q(status=Run.Status.RUNNING, lease_until__lt=now)
        return bool(self.filter(silent, waiting, key=key)._change(last_rung=now))

    def give_up(self, *, now: datetime, sentence: str) -> int:
        """Fail the runs whose workers were lost too often; give how many."""
        lost = self.filter(status=Run.Status.RUNNING, lease_until__lt=now, losses__gte=MOST_LOSSES)
        return lost._change(
            status=Run.Status.FAILED, error=sentence, finished_at=now, finished_by=F("claimed_by"), lease_until=None
        )


class Run(models.Model):
    """A plugin's computation over a dataset. Its key is the digest of everything that the result depends on."""

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        SUCCEEDED = "succeeded", "Succeeded"
        FAILED = "failed", "Failed"

    review_path = "dataset__freeze__review"

    key = models.CharField(max_length=64, unique=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    plugin = models.CharField(max_length=60)
    plugin_version = models.CharField(max_length=20)
    params = models.TextField("parameters")
    upstream = models.TextField(default="{}", help_text="Keys of the runs whose results it reads, by plugin.")
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    losses = models.PositiveSmallIntegerField(default=0, help_text="How often its worker was lost since it was queued.")
    last_rung = models.DateTimeField(null=True, blank=True, help_text="When the workers were last told of it.")
    progress = models.FloatField(default=0)
    progress_says = models.CharField(max_length=200, blank=True)
    result = models.TextField(blank=True)
    result_digest = models.CharField(max_length=64, blank=True)
    error = models.TextField(blank=True)
    environment = models.TextField(default="{}", help_text="Versions it was computed with; not part of the key.")
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    claimed_at = models.DateTimeField(null=True, blank=True)
    claimed_by = models.CharField(max_length=120, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.CharField(max_length=120, blank=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-id"]
        base_manager_name = "objects"
        constraints = [
            models.CheckConstraint(
                condition=Q(status="succeeded") & ~Q(result="") | ~Q(status="succeeded") & Q(result=""),
                name="run_result_when_succeeded",
                violation_error_message="A run has a result if, and only if, it succeeded.",
            ),
            models.CheckConstraint(
                condition=Q(status="failed") & ~Q(error="") | ~Q(status="failed") & Q(error=""),
                name="run_error_when_failed",
                violation_error_message="A run has an error if, and only if, it failed.",
            ),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True, claimed_by="") | (Q(claimed_at__isnull=False) & ~Q(claimed_by="")),
                name="run_claimed_at_with_claimed_by",
                violation_error_message="Say which worker claimed the run, and when.",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, finished_by="")
                | (Q(finished_at__isnull=False) & ~Q(finished_by="")),
                name="run_finished_at_with_finished_by",
                violation_error_message="Say which worker finished the run, and when.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plugin} {self.plugin_version} ({self.key[:12]})"

    def save(self, *args: Any, **options: Any) -> None:
        """Insert the row; afterwards it changes by the steps of its queryset only."""
        if not self._state.adding:
            raise AppendOnly(type(self))
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> Any:
        """Refuse."""
        raise AppendOnly(type(self))
