"""That somebody asked for an analysis to be brought up to date, and which runs that takes."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from analysis import canonical
from analysis.models.analysis import Analysis
from analysis.models.freeze import Dataset, Freeze
from evidence.models.append_only import AppendOnlyRow


class Refresh(AppendOnlyRow):
    """One request: the freeze it read, the dataset, and the keys of its runs in the order of computing."""

    review_path = "analysis__review"

    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="refreshes")
    freeze = models.ForeignKey(Freeze, on_delete=models.PROTECT, related_name="refreshes")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="refreshes")
    run_keys = models.TextField()
    requested_at = models.DateTimeField(auto_now_add=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-requested_at", "-id"]
        verbose_name_plural = "refreshes"

    def __str__(self) -> str:
        return f"{self.analysis}, {self.requested_at:%Y-%m-%d %H:%M}"

    @property
    def is_finished(self) -> bool:
        """Whether the request came to an end, good or bad."""
        return hasattr(self, "end")

    @property
    def keys(self) -> list[str]:
        """Keys of the runs, upstream before downstream."""
        keys: list[str] = canonical.from_text(self.run_keys)
        return keys


class RefreshEnd(AppendOnlyRow):
    """What a request came to: a snapshot that is new, the one there was, or a sentence why there is none."""

    class Outcome(models.TextChoices):
        NEW_SNAPSHOT = "new_snapshot", "New snapshot"
        UNCHANGED = "unchanged", "Nothing had changed"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    WITHOUT_SNAPSHOT = (Outcome.FAILED, Outcome.CANCELLED)
    review_path = "refresh__analysis__review"

    refresh = models.OneToOneField(Refresh, on_delete=models.PROTECT, related_name="end")
    outcome = models.CharField(max_length=20, choices=Outcome)
    snapshot = models.ForeignKey("analysis.Snapshot", null=True, on_delete=models.PROTECT, related_name="refresh_ends")
    says = models.TextField(blank=True)
    ended_at = models.DateTimeField(auto_now_add=True)
    ended_by = models.CharField(max_length=120, help_text="The process that brought it to its end.")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-ended_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["failed", "cancelled"], snapshot__isnull=True) & ~Q(says="")
                | ~Q(outcome__in=["failed", "cancelled"]) & Q(snapshot__isnull=False),
                name="refreshend_snapshot_or_sentence",
                violation_error_message="A request ends with a snapshot, or with a sentence why there is none.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.refresh}: {self.get_outcome_display().lower()}"
