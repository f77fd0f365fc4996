"""What an analysis gave at one time, for ever: numbered and digested; a draft until a person stands by it."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from analysis.models.analysis import Analysis
from analysis.models.freeze import Dataset, Freeze
from analysis.models.run import Run
from evidence.models.append_only import AppendOnlyRow
from evidence.models.constraints import FieldCheck


class Snapshot(AppendOnlyRow):
    """Version `number` of an analysis: freeze, dataset and runs, and a manifest with the digests of all of them."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        SIGNED_OFF = "signed_off", "Signed off"
        PUBLISHED = "published", "Published"

    review_path = "analysis__review"

    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="snapshots")
    number = models.PositiveIntegerField()
    freeze = models.ForeignKey(Freeze, on_delete=models.PROTECT, related_name="snapshots")
    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="snapshots")
    runs: Any = models.ManyToManyField(Run, through="SnapshotRun", related_name="snapshots")
    manifest = models.TextField(
        help_text="Canonical JSON: the definition of the analysis and the digests of its parts."
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the manifest.")
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["analysis", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["analysis", "number"],
                name="snapshot_number_once",
                violation_error_message="The analysis already has a snapshot with this number.",
            ),
            FieldCheck(
                field="number",
                condition=Q(number__gte=1),
                name="snapshot_number_from_one",
                sentence="Snapshots are numbered from 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.analysis}, snapshot {self.number}"

    @property
    def state(self) -> "Snapshot.State":
        """A draft, signed off, or published: told by the rows that stand on it; the snapshot itself never changes."""
        if getattr(self, "publication", None) is not None:
            return Snapshot.State.PUBLISHED
        return Snapshot.State.DRAFT if getattr(self, "sign_off", None) is None else Snapshot.State.SIGNED_OFF


class SnapshotRun(AppendOnlyRow):
    """That a run is part of a snapshot."""

    review_path = "snapshot__analysis__review"

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="snapshot_runs")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="snapshot_runs")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["snapshot", "run"],
                name="snapshotrun_once",
                violation_error_message="The run is already part of the snapshot.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.run} in {self.snapshot}"
