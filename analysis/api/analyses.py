"""Analyses with their steps, the runs that they asked for, and the snapshots that came of them."""

from typing import Any

from rest_framework import serializers

from analysis.api.plain import KeptForEver, StoredObject
from analysis.models import Analysis, Run, Snapshot, Step
from evidence.api.filtering import filters_for
from evidence.api.rows import PersonName, ReviewSlug, RowSerializer
from evidence.api.views import KeptRows


class StepInside(serializers.ModelSerializer):
    """A plugin of an analysis, with its parameters."""

    params = serializers.DictField()

    class Meta:
        model = Step
        fields = ("plugin", "params")


class AnalysisRow(RowSerializer):
    """A saved question: what is pooled, by which rules, with which plugins."""

    review = ReviewSlug()
    rules = serializers.DictField(read_only=True)
    forest_columns = serializers.ListField(child=serializers.CharField(), read_only=True)
    steps = StepInside(many=True, read_only=True)

    class Meta:
        model = Analysis
        fields = ("id", "review", "slug", "title", "question", "kind", "position", "rules", "forest_columns", "steps")


class Analyses(KeptRows):
    """The questions that are put to the evidence."""

    model = Analysis
    serializer_class = AnalysisRow
    related = ("review",)
    filterset_class = filters_for(Analysis, ["slug", "kind"])
    search_fields = ("title", "slug", "question")
    ordering_fields = ("position", "slug", "title")
    http_method_names = ["get", "head", "options"]

    def get_queryset(self) -> Any:
        """Read the steps along."""
        return super().get_queryset().prefetch_related("steps")


class RunRow(RowSerializer):
    """One computation of one plugin."""

    review = ReviewSlug(source="dataset.freeze.review")
    dataset = serializers.CharField(source="dataset.digest", read_only=True)
    requested_by = PersonName(read_only=True)

    class Meta:
        model = Run
        fields = (
            *("id", "key", "review", "dataset", "plugin", "plugin_version", "status", "progress", "progress_says"),
            *("error", "result_digest", "requested_at", "requested_by", "finished_at"),
        )


class RunWhole(RunRow):
    """One computation with what it read and what it gave."""

    params = StoredObject(read_only=True)
    upstream = StoredObject(read_only=True)
    environment = StoredObject(read_only=True)
    result = StoredObject(read_only=True, allow_null=True)

    class Meta(RunRow.Meta):
        fields = (*RunRow.Meta.fields, "params", "upstream", "environment", "result")  # type: ignore[assignment]


class Runs(KeptForEver):
    """What plugins computed."""

    model = Run
    serializer_class = RunRow
    related = ("dataset__freeze__review", "requested_by")
    filterset_class = filters_for(Run, ["key", "plugin", "status"])
    search_fields = ("key", "plugin", "error")
    ordering_fields = ("requested_at",)

    def get_serializer_class(self) -> Any:
        """Give a run whole at its own address only."""
        return RunRow if self.action == "list" else RunWhole

    def get_queryset(self) -> Any:
        """Leave what is long where it is."""
        rows = super().get_queryset().defer("dataset__content", "dataset__rules", "dataset__freeze__content")
        return rows.defer("result", "params", "environment", "upstream") if self.action == "list" else rows


class SnapshotRow(RowSerializer):
    """What an analysis gave at one time."""

    review = ReviewSlug(source="analysis.review")
    analysis_slug = serializers.CharField(source="analysis.slug", read_only=True)
    state = serializers.ChoiceField(Snapshot.State.choices, read_only=True)
    freeze = serializers.CharField(source="freeze.digest", read_only=True)
    dataset = serializers.CharField(source="dataset.digest", read_only=True)
    made_by = PersonName(read_only=True)
    signed_by = serializers.CharField(
        source="sign_off.signed_by.username", read_only=True, allow_null=True, default=None
    )
    published_at = serializers.DateTimeField(
        source="publication.published_at", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Snapshot
        fields = (
            *("id", "review", "analysis", "analysis_slug", "number", "state", "digest", "freeze", "dataset"),
            *("made_at", "made_by", "signed_by", "published_at"),
        )


class SnapshotWhole(SnapshotRow):
    """What an analysis gave at one time, with its manifest and the results by plugin."""

    manifest = StoredObject(read_only=True)
    results = serializers.SerializerMethodField()

    class Meta(SnapshotRow.Meta):
        fields = (*SnapshotRow.Meta.fields, "manifest", "results")  # type: ignore[assignment]

    def get_results(self, snapshot: Any) -> dict[str, Any]:
        """Give the results by plugin, and the runs that they are of."""
        rows = snapshot.runs.order_by("snapshot_runs__id").defer("params", "environment")
        plain = StoredObject()
        return {
            row.plugin: {"run": row.pk, "key": row.key, "result": plain.to_representation(row.result)} for row in rows
        }


class Snapshots(KeptForEver):
    """What analyses gave, for ever."""

    model = Snapshot
    serializer_class = SnapshotRow
    related = ("analysis__review", "freeze", "dataset", "made_by", "sign_off__signed_by", "publication")
    filterset_class = filters_for(Snapshot, ["analysis", "analysis_slug=analysis__slug", "number", "digest"])
    search_fields = ("analysis__title", "analysis__slug", "digest")
    ordering_fields = ("made_at", "number")

    def get_serializer_class(self) -> Any:
        """Give a snapshot whole at its own address only."""
        return SnapshotRow if self.action == "list" else SnapshotWhole

    def get_queryset(self) -> Any:
        """Leave what is long where it is."""
        long = (
            "freeze__content",
            "dataset__content",
            "dataset__rules",
            *(("manifest",) if self.action == "list" else ()),
        )
        return super().get_queryset().defer(*long)
