"""Who reads a study, and the arms that they find: blinded as on the pages."""

from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from evidence.api.asking import Reason, reason_in
from evidence.api.filtering import filters_for
from evidence.api.rows import PersonName, ReviewSlug, RowSerializer
from evidence.api.versions import tag_of
from evidence.api.writing import BulkRows, WrittenRows
from evidence.models import Arm, Extraction, InterventionComponent
from evidence.services import complete_extraction, open_extraction, reopen_extraction

ARM = ("extraction", "number", "label", "role", "comparator_type", "n_randomised")
COMPONENT = ("arm", "type", "weeks", "sessions_per_week", "minutes", "note")


class ExtractionRow(RowSerializer):
    """Everything that one reader, or the team together, extracted from one study."""

    review = ReviewSlug(source="study.review")
    study_code = serializers.CharField(source="study.code", read_only=True)
    reviewer = PersonName(read_only=True, allow_null=True)
    completed_by = PersonName(read_only=True, allow_null=True)

    class Meta:
        model = Extraction
        fields = (
            *("id", "review", "study", "study_code", "is_consensus", "reviewer", "status", "completed_at"),
            "completed_by",
        )
        read_only_fields = ("status", "completed_at")


class Extractions(WrittenRows):
    """The readings of studies, and what is agreed: others' readings appear when the pages would show them."""

    model = Extraction
    serializer_class = ExtractionRow
    related = ("study__review", "reviewer", "completed_by")
    filterset_class = filters_for(Extraction, ["study", "study_code=study__code", "is_consensus", "status"])
    search_fields = ("study__label", "study__code")
    written = ("study", "is_consensus")
    http_method_names = ["get", "post", "head", "options"]

    def make(self, values: dict[str, Any]) -> Any:
        """Begin the person's own reading, or open the consensus; give the one that is there."""
        consensus = values.get("is_consensus", False)
        return open_extraction(by=self.person, study=values["study"], consensus=consensus)

    @extend_schema(request=None, responses=ExtractionRow)
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    def complete(self, request: Request, id: str) -> Response:
        """Mark the extraction as complete."""
        return self._turn(request, lambda row: complete_extraction(by=self.person, extraction=row))

    @extend_schema(request=Reason, responses=ExtractionRow)
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    def reopen(self, request: Request, id: str) -> Response:
        """Take a complete extraction back into work, with a reason."""
        reason = reason_in(request)
        return self._turn(
            request,
            lambda row: reopen_extraction(by=self.person, extraction=row, reason=reason),
        )

    def _turn(self, request: Request, turn: Any) -> Response:
        self.understand()
        with transaction.atomic():
            row = self.get_object()
            turn(row)
            shown = self.data_of(self.get_object())
        return Response(shown, headers={"ETag": tag_of(shown)})


class ArmRow(RowSerializer):
    """A group that a study formed."""

    review = ReviewSlug(source="extraction.study.review")
    study = serializers.IntegerField(source="extraction.study_id", read_only=True)

    class Meta:
        model = Arm
        fields = ("id", "review", "study", *ARM)


class Arms(BulkRows):
    """The groups of studies, in each extraction that the person may read."""

    model = Arm
    serializer_class = ArmRow
    related = ("extraction__study__review",)
    filterset_class = filters_for(
        Arm,
        ["extraction", "study=extraction__study", "is_consensus=extraction__is_consensus", "role", "comparator_type"],
    )
    search_fields = ("label",)
    ordering_fields = ("number", "label")
    written = ARM
    fixed = ("extraction",)


class ComponentRow(RowSerializer):
    """One part of what an arm received, with its dose."""

    review = ReviewSlug(source="arm.extraction.study.review")

    class Meta:
        model = InterventionComponent
        fields = ("id", "review", *COMPONENT)


class Components(WrittenRows):
    """What arms received."""

    model = InterventionComponent
    serializer_class = ComponentRow
    related = ("arm__extraction__study__review",)
    filterset_class = filters_for(InterventionComponent, ["arm", "type"])
    search_fields = ("type__name",)
    written = COMPONENT
    fixed = ("arm",)
