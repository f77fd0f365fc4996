"""The effects that analyses pool, with their lineage: from printed numbers, step by step."""

from collections.abc import Iterator
from math import sqrt
from typing import Any

from django.db.models import Max
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from analysis import canonical
from analysis.models import Analysis, Snapshot, SnapshotRun
from evidence.api.describing import PAGING
from evidence.api.paging import WRONG_CURSOR, page, page_size_of, read_cursor, require_whole, write_cursor
from evidence.api.problems import Refusal
from evidence.api.rendering import TABLES, Table
from evidence.api.views import Entrance
from evidence.permissions import Act
from evidence.standing import Standing

NO_REVIEW = "Say of which review: “review” is its short name, or “snapshot” the key of a snapshot."
NO_KEY = "“snapshot” is the key of a snapshot, such as 30."
COLUMNS = {
    "review": "text",
    "analysis": "text",
    "snapshot": "whole",
    "number": "whole",
    "state": "text",
    "outcome": "text",
    "window": "text",
    "measure": "text",
    "effect": "text",
    "study": "text",
    "label": "text",
    "year": "whole",
    "yi": "number",
    "vi": "number",
    "se": "number",
    "ci_lower": "number",
    "ci_upper": "number",
    "weight": "number",
    "n1": "number",
    "n2": "number",
    "week": "number",
    "instrument": "text",
    "experimental": "text",
    "comparator": "text",
    "rob_overall": "text",
    "sources": "texts",
    "cautions": "texts",
}
FILTERS = ("review", "analysis", "outcome", "study", "snapshot")


class LineageStep(serializers.Serializer):
    """One step from printed numbers to an effect."""

    name = serializers.CharField()
    says = serializers.CharField()
    inputs = serializers.DictField()
    output = serializers.FloatField(allow_null=True)


@extend_schema_serializer(component_name="Effect")
class EffectRow(serializers.Serializer):
    """One effect of one snapshot: yi and vi on the scale of the measure, for ratios natural logs."""

    review = serializers.CharField()
    analysis = serializers.CharField(help_text="Short name of the analysis.")
    snapshot = serializers.IntegerField()
    number = serializers.IntegerField(help_text="Number of the snapshot among those of its analysis.")
    state = serializers.ChoiceField(Snapshot.State.choices)
    outcome = serializers.CharField()
    window = serializers.CharField()
    measure = serializers.CharField()
    effect = serializers.CharField()
    study = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    year = serializers.IntegerField(allow_null=True)
    yi = serializers.FloatField()
    vi = serializers.FloatField()
    se = serializers.FloatField()
    ci_lower = serializers.FloatField(allow_null=True)
    ci_upper = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField(allow_null=True, help_text="Weight in pooling, a fraction.")
    n1 = serializers.FloatField(allow_null=True)
    n2 = serializers.FloatField(allow_null=True)
    week = serializers.FloatField(allow_null=True)
    instrument = serializers.CharField(allow_null=True)
    experimental = serializers.CharField(allow_blank=True)
    comparator = serializers.CharField(allow_blank=True)
    rob_overall = serializers.CharField(allow_null=True)
    sources = serializers.ListField(child=serializers.CharField())
    cautions = serializers.ListField(child=serializers.CharField())
    rob = serializers.DictField(help_text="Judgements by domain.")
    facts = serializers.DictField(help_text="What conditions and moderators refer to.")
    lineage = LineageStep(many=True)


class EffectPage(serializers.Serializer):
    """A page of effects."""

    next = serializers.URLField(allow_null=True)
    results = EffectRow(many=True)


class Effects(Entrance, ViewSet):
    """Effects of the latest snapshots of analyses, or of one snapshot."""

    columns = COLUMNS
    describes_pages = True
    row_serializer = EffectRow
    http_method_names = ["get", "head", "options"]

    def get_renderers(self) -> list[Any]:
        """Offer tables too."""
        tables = TABLES if self.action in ("list", None) else ()
        return [*super().get_renderers(), *(kind() for kind in tables)]

    @extend_schema(
        operation_id="effects_list",
        responses=EffectPage,
        parameters=[
            OpenApiParameter("review", OpenApiTypes.STR, description="Short name of the review."),
            OpenApiParameter("analysis", OpenApiTypes.STR, description="Short name of the analysis."),
            OpenApiParameter("outcome", OpenApiTypes.STR, description="Code of the outcome."),
            OpenApiParameter("study", OpenApiTypes.STR, description="Code of the study."),
            OpenApiParameter(
                "snapshot",
                {"type": "integer", "minimum": 1, "maximum": 10**18 - 1},
                description="Key of a snapshot, also an older one.",
            ),
            *PAGING,
        ],
    )
    def list(self, request: Request) -> Response:
        """Give a page of effects; a table has all of them."""
        self.understand(*FILTERS, "fields", "cursor", "page_size")
        rows = read_effects(
            asked_snapshots(self.standing, request.query_params), study=request.query_params.get("study", "")
        )
        self.chosen(dict.fromkeys(EffectRow().fields))
        if isinstance(request.accepted_renderer, Table):
            require_whole(request)
            return Response({"results": [row for _, row in rows]})
        size, after = page_size_of(request), _after(request)
        found = [(place, row) for place, row in rows if place > after][: size + 1]
        following = write_cursor(list(found[size - 1][0])) if len(found) > size else None
        return self.answer(page(request, [self.chosen(row) for _, row in found[:size]], following))


def asked_snapshots(standing: Standing, asked: Any) -> list[Snapshot]:
    """Give the snapshots that are asked for, with their datasets, of the person's reviews."""
    reviews = standing.reviews(Act.VIEW)
    analyses = Analysis.objects.filter(review__in=reviews).order_by()
    related = ("analysis__review", "dataset", "sign_off", "publication")
    rows = Snapshot.objects.select_related(*related).defer("manifest").order_by("pk")
    key = asked.get("snapshot", "")
    if key:
        if not (key.isascii() and key.isdecimal() and len(key) < 19 and int(key)):
            raise exceptions.ParseError(NO_KEY)
        rows = rows.filter(pk=int(key))
    elif not asked.get("review"):
        raise Refusal(422, NO_REVIEW)
    if asked.get("review"):
        analyses = analyses.filter(review__slug=asked["review"])
    if asked.get("analysis"):
        analyses = analyses.filter(slug=asked["analysis"])
    found = {row.pk for row in analyses if asked.get("outcome", "") in ("", row.rules.get("outcome"))}
    rows = rows.filter(analysis__in=found)
    if not key:
        latest = Snapshot.objects.filter(analysis__in=found).order_by().values("analysis").annotate(last=Max("pk"))
        rows = rows.filter(pk__in=latest.values("last"))
    return list(rows)


def read_effects(snapshots: list[Snapshot], *, study: str = "") -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    """Give the effects of snapshots, each with its place: the key of its snapshot and its number there."""
    links = SnapshotRun.objects.filter(snapshot__in=snapshots, run__plugin="pooling").order_by()
    pooled = dict(links.values_list("snapshot_id", "run__result"))
    for snapshot in snapshots:
        dataset = canonical.from_text(snapshot.dataset.content)
        result = canonical.from_text(pooled[snapshot.pk]) if pooled.get(snapshot.pk) else {}
        alone = {row["effect"]: row for row in result.get("studies", ())}
        for index, effect in enumerate(dataset["effects"]):
            if study in ("", effect["study"]):
                yield (snapshot.pk, index), _row(snapshot, dataset, effect, alone.get(effect["id"], {}))


def _row(snapshot: Snapshot, dataset: Any, effect: Any, alone: Any) -> dict[str, Any]:
    taken = ("study", "label", "year", "yi", "vi", "n1", "n2", "week", "experimental", "comparator")
    return {
        "review": snapshot.analysis.review.slug,
        "analysis": snapshot.analysis.slug,
        "snapshot": snapshot.pk,
        "number": snapshot.number,
        "state": str(snapshot.state),
        "outcome": dataset["outcome"]["code"],
        "window": dataset["window"],
        "measure": dataset["measure"],
        "effect": effect["id"],
        **{name: effect[name] for name in taken},
        "se": sqrt(effect["vi"]),
        **{name: alone.get(name) for name in ("ci_lower", "ci_upper", "weight")},
        "instrument": effect["facts"].get("instrument"),
        "rob_overall": effect["rob"].get("overall"),
        **{name: effect[name] for name in ("sources", "cautions", "rob", "facts", "lineage")},
    }


def _after(request: Request) -> tuple[int, int]:
    """Give the place that a page begins after."""
    text = request.query_params.get("cursor")
    if not text:
        return (-1, -1)
    first, second = read_cursor(text, length=2)
    if not isinstance(first, int) or not isinstance(second, int):
        raise exceptions.ParseError(WRONG_CURSOR)
    return first, second
