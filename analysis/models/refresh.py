"""That somebody asked for an analysis to be brought up to date, and which runs that takes."""

from django.conf import settings
from django.db import models

from analysis import canonical
from analysis.models.analysis import Analysis
from analysis.models.append_only import AppendOnlyRow
from analysis.models.freeze import Dataset, Freeze


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
    def keys(self) -> list[str]:
        """Keys of the runs, upstream before downstream."""
        keys: list[str] = canonical.from_text(self.run_keys)
        return keys
