"""One computation of one plugin: the row is the job and keeps its result."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from analysis import canonical
from analysis.models.freeze import Dataset
from analysis.models.leasing import LeasedQuerySet, LeasedRow, Status
from analysis.models.run_part import RunPart


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


class RunQuerySet(LeasedQuerySet):
    """Runs, and the steps that only they take."""

    def _waiting(self) -> Q:
        """Which runs a worker may take: those that nobody began, and those of which every part is computed."""
        unfinished = RunPart.objects.filter(run=OuterRef("pk")).exclude(status=Status.SUCCEEDED)
        return super()._waiting() | Q(~Exists(unfinished), status=Status.SPLIT)

    def report(self, key: str, *, attempt: int, progress: float, says: str) -> bool:
        """Note how far a run has come; False where another worker has taken it over."""
        return bool(self.held(key, attempt=attempt)._change(progress=progress, progress_says=says[:200]))

    def cancel(self, keys: Sequence[str], *, now: datetime, by: str, sentence: str) -> int:
        """Fail the runs that are not computed yet; a worker that is at one finds that it is no longer its own."""
        waits = (Status.QUEUED, Status.RUNNING, Status.SPLIT)
        ended = {"finished_at": now, "finished_by": by, "lease_until": None}
        found = (
            self.filter(key=key, status__in=waits)._change(status=Status.FAILED, error=sentence, **ended)
            for key in keys
        )
        return sum(found)

    def retry(self, key: str) -> bool:
        """Queue a failed run again."""
        failed = self.filter(key=key, status=Status.FAILED)
        again = {"status": Status.QUEUED, "finished_at": None, "finished_by": "", "error": ""}
        return bool(failed._change(**again, losses=0, last_rung=None))

    def split(self, run: "Run", *, attempt: int, texts: Sequence[str]) -> bool:
        """Let a run wait for its parts; False (and no part made) where another worker has taken it over."""
        waits = {"status": Status.SPLIT, "lease_until": None, "last_rung": None}
        with transaction.atomic():
            is_ours = bool(self.held(run.key, attempt=attempt)._change(**waits))
            if is_ours:
                RunPart.objects.lay_out(run, texts)
        return is_ours

    def count_parts(self, run: "Run") -> int:
        """Note how many parts of a run are computed; give how many are not."""
        done, of = RunPart.objects.filter(run=run, status=Status.SUCCEEDED).count(), run.parts.count()
        waiting = self.filter(pk=run.pk, status=Status.SPLIT)
        waiting._change(progress=done / of if of else 0.0, progress_says=f"{done} of {of} parts are computed")
        return of - done

    def fail_with_parts(self, *, now: datetime) -> int:
        """Fail the runs of which a part failed, with its sentence; give how many."""
        failed = RunPart.objects.filter(status=Status.FAILED, run__status=Status.SPLIT).order_by("finished_at", "pk")
        ended = [
            self.filter(pk=part.run_id, status=Status.SPLIT)._change(
                status=Status.FAILED, error=part.error, finished_at=now, finished_by=part.finished_by
            )
            for part in failed
        ]
        return sum(ended)


class Run(LeasedRow):
    """A plugin's computation over a dataset. Its key is the digest of everything that the result depends on."""

    Status = Status
    review_path = "dataset__freeze__review"

    key = models.CharField(max_length=64, unique=True)
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="runs")
    plugin = models.CharField(max_length=60)
    plugin_version = models.CharField(max_length=20)
    params = models.TextField("parameters")
    upstream = models.TextField(default="{}", help_text="Keys of the runs whose results it reads, by plugin.")
    progress = models.FloatField(default=0)
    progress_says = models.CharField(max_length=200, blank=True)
    result = models.TextField(blank=True)
    result_digest = models.CharField(max_length=64, blank=True)
    environment = models.TextField(default="{}", help_text="Versions it was computed with; not part of the key.")
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = RunQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["-requested_at", "-id"]
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
