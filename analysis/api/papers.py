"""Papers about a review, what they claim, what the checks found of it; and numbers that an analysis is set beside."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import exceptions, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis.claims import CHECKS, Severity
from analysis.models import Claim, FindingAnswer, Paper, PrintedClaim
from analysis.papers.written import finding_values
from analysis.services.paper_findings import AGAINST, STALE, Standing, staleness_of, standings_of
from evidence.api.filtering import filters_for
from evidence.api.rows import ReviewSlug, RowSerializer
from evidence.api.views import KeptRows

PLACES = ("section", "page", "line", "table", "figure", "quote")
ABOUT = ("statement", "subject", "outcome", "measure", "unit", "main", "part_of", "relation", "rows", "column", "note")
TEXTS = ("code", "quantity", "as_printed", *PLACES, *ABOUT)
SEVERITIES = tuple(one.value for one in Severity)
CHECK_NAMES = (*(one.id for one in CHECKS), AGAINST[0], STALE[0])
STATES = ("open", "holds", *(status for status in FindingAnswer.Status.values if status != FindingAnswer.Status.OPEN))
CHOICES = {"state": STATES, "severity": SEVERITIES, "check": CHECK_NAMES}
NO_CHOICE = "“{value}” is no {name} of findings; there are {known}."


class PaperRow(RowSerializer):
    """One version of a manuscript or article about a review."""

    review = ReviewSlug()

    class Meta:
        model = Paper
        fields = ("id", "review", "title", "version", "source")


class FindingRow(serializers.Serializer):
    """What a check says of claims of a paper, and what people answered."""

    key = serializers.CharField(help_text="What tells it from the other findings of the paper, whatever its words.")
    check = serializers.ChoiceField(CHECK_NAMES)
    name = serializers.CharField()
    severity = serializers.ChoiceField(SEVERITIES)
    holds = serializers.BooleanField(help_text="Whether what is printed agrees.")
    state = serializers.ChoiceField(STATES, help_text="open: somebody should look at it; else what was answered.")
    claims = serializers.ListField(child=serializers.CharField(), help_text="Codes of the claims.")
    places = serializers.ListField(child=serializers.CharField())
    about = serializers.CharField(allow_blank=True)
    says = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    assignee = serializers.CharField(allow_null=True)
    answered_by = serializers.CharField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)


class FindingList(serializers.Serializer):
    """All findings that are asked for, on one page."""

    next = serializers.URLField(allow_null=True)
    results = FindingRow(many=True)


class Papers(KeptRows):
    """The papers whose claims are checked; they come in by their pages or `manage.py claims`."""

    model = Paper
    serializer_class = PaperRow
    related = ("review",)
    filterset_class = filters_for(Paper, ["title", "version"])
    search_fields = ("title", "version", "source")
    ordering_fields = ("title", "version")
    http_method_names = ["get", "head", "options"]

    @extend_schema(
        responses=FindingList,
        parameters=[
            OpenApiParameter(name, OpenApiTypes.STR, enum=known, description=f"Only those of this {name}.")
            for name, known in CHOICES.items()
        ],
    )
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def findings(self, request: Request, id: str) -> Response:
        """Give what the checks say of the paper now: what is asked about first, then what holds."""
        self.understand(*CHOICES)
        asked = {name: request.query_params[name] for name in CHOICES if name in request.query_params}
        for name, value in asked.items():
            if value not in CHOICES[name]:
                known = ", ".join(CHOICES[name])
                raise exceptions.ParseError(NO_CHOICE.format(value=value[:80], name=name, known=known))
        rows = [finding_row(one) for one in standings_of(self.get_object())]
        found = [row for row in rows if all(row[name] == value for name, value in asked.items())]
        return self.answer({"next": None, "results": found})


def finding_row(one: Standing) -> dict[str, Any]:
    """Give a finding with its answer as plain data."""
    answer = one.answer
    return {
        "key": one.finding.key,
        **finding_values(one.finding),
        "state": one.state,
        "note": answer.note if answer else "",
        "assignee": answer.assignee.username if answer and answer.assignee else None,
        "answered_by": answer.answered_by.username if answer else None,
        "answered_at": answer.answered_at.isoformat() if answer else None,
    }


class ClaimList(serializers.ListSerializer):
    """Claims that are held against the snapshots together."""

    def to_representation(self, data: Any) -> Any:
        """Give the claims, each with whether it is stale."""
        rows, child = list(data), self.child
        assert isinstance(child, PrintedClaimRow)
        child.stale = staleness_of(rows) if "is_stale" in child.fields else {}
        return super().to_representation(rows)


class PrintedClaimRow(RowSerializer):
    """One number or statement of a paper, as printed, with its place."""

    stale: dict[int, bool] | None = None  # by key, where it is looked up for many together
    review = ReviewSlug(source="paper.review")
    is_stale = serializers.SerializerMethodField(
        help_text="Whether the newest snapshot gives another number; null where no snapshot can be held against it."
    )

    class Meta:
        model = PrintedClaim
        fields = ("id", "review", "paper", "position", *TEXTS, "snapshot", "is_stale")
        list_serializer_class = ClaimList

    @extend_schema_field({"type": ["boolean", "null"]})
    def get_is_stale(self, claim: Any) -> bool | None:
        """Give whether the newest snapshot of its analysis gives another number than is printed."""
        return (staleness_of([claim]) if self.stale is None else self.stale).get(claim.pk)


class PrintedClaims(KeptRows):
    """What papers claim, in numbers and in words; they come in by the pages of papers or `manage.py claims`."""

    model = PrintedClaim
    serializer_class = PrintedClaimRow
    related = ("paper__review", "snapshot__analysis")
    filterset_class = filters_for(
        PrintedClaim, ["paper", "code", "quantity", "outcome", "measure", "statement", "subject", "snapshot"]
    )
    search_fields = ("code", "as_printed", "quote", "subject")
    ordering_fields = ("position", "code")
    columns = {"id": "whole", "review": "text", "paper": "whole", "position": "whole"}
    columns |= dict.fromkeys(TEXTS, "text") | {"snapshot": "whole", "is_stale": "truth"}
    http_method_names = ["get", "head", "options"]


class AnalysisClaimRow(RowSerializer):
    """One number that a published paper prints about an analysis."""

    review = ReviewSlug(source="analysis.review")
    analysis_slug = serializers.CharField(source="analysis.slug", read_only=True)

    class Meta:
        model = Claim
        fields = ("id", "review", "analysis", "analysis_slug", "quantity", "measure", "as_printed", "place")


class AnalysisClaims(KeptRows):
    """The few printed numbers that the page of an analysis sets beside its own."""

    model = Claim
    serializer_class = AnalysisClaimRow
    related = ("analysis__review",)
    filterset_class = filters_for(Claim, ["analysis", "analysis_slug=analysis__slug", "quantity"])
    search_fields = ("as_printed", "place")
    http_method_names = ["get", "head", "options"]
