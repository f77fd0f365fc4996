"""What searches found, and what readers decided of it: blinded as in the queue."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evidence.api.asking import object_in, row_in, text_in
from evidence.api.filtering import filters_for
from evidence.api.once import once
from evidence.api.rows import PersonName, ReviewSlug, RowSerializer
from evidence.api.versions import tag_of
from evidence.api.views import Rows
from evidence.api.writing import WrittenRows
from evidence.models import ExclusionReason, Record, Review, ScreeningDecision
from evidence.permissions import Act
from evidence.services.screening import correct_record, decide
from evidence.verdicts import Answer, Stage

CORRECTED = (
    *("title", "abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "accession"),
)
SENT = ("record", "stage", "answer", "reason", "note")


class RecordRow(RowSerializer):
    """One hit of a search."""

    review = ReviewSlug()

    class Meta:
        model = Record
        fields = ("id", "review", "search_round", "source", *CORRECTED, "duplicate_of", "report")


class Records(WrittenRows):
    """What searches found, to be read and corrected; records come in by imports, and none is removed."""

    model = Record
    serializer_class = RecordRow
    related = ("review",)
    filterset_class = filters_for(
        Record, ["search_round", "source", "year", "doi", "pmid", "accession", "duplicate_of", "report"]
    )
    search_fields = ("text__words",)
    ordering_fields = ("year",)
    written = CORRECTED
    http_method_names = ["get", "patch", "head", "options"]

    def change(self, row: Any) -> Any:
        """Correct a record through its service, which keeps what searching reads."""
        return correct_record(by=self.person, record=row)


class DecisionRow(RowSerializer):
    """One answer of one person about one record."""

    review = ReviewSlug(source="record.review")
    reason = serializers.CharField(source="reason.code", read_only=True, allow_null=True, default=None)
    decided_by = PersonName(read_only=True)

    class Meta:
        model = ScreeningDecision
        fields = (
            *("id", "review", "record", "stage", "answer", "reason", "note", "is_adjudication", "door", "decided_at"),
            "decided_by",
        )


class DecisionSent(serializers.Serializer):
    """An answer about a record."""

    record = serializers.IntegerField(min_value=1)
    stage = serializers.ChoiceField(Stage.choices)
    answer = serializers.ChoiceField([(one.value, one.label) for one in Answer if one != Answer.WITHDRAWN])
    reason = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, help_text="Key of a reason of the review, for excluding."
    )
    note = serializers.CharField(required=False, allow_blank=True, max_length=20_000)


class Decisions(Rows):
    """What readers decided: the person's own, and others' on records that every required reader has answered."""

    model = ScreeningDecision
    serializer_class = DecisionRow
    related = ("record__review", "reason", "decided_by")
    filterset_class = filters_for(ScreeningDecision, ["record", "stage", "answer", "is_adjudication", "door"])
    search_fields = ("record__title", "note")
    ordering_fields = ("decided_at",)
    http_method_names = ["get", "post", "head", "options"]

    def readable(self, rows: Any) -> Any:
        """Narrow decisions as blinding does."""
        return rows.visible_to(self.request.user)

    @extend_schema(request=DecisionSent, responses={201: DecisionRow})
    def create(self, request: Request) -> Response:
        """Answer about a record, as the queue does; the same answer again changes nothing."""
        self.understand()
        return once(request, lambda: self._decide(request))

    def _decide(self, request: Request) -> tuple[Response, Review]:
        sent = object_in(request.data, known=SENT)
        reviews = self.standing.reviews(Act.VIEW)
        record = row_in(sent, "record", Record.objects.filter(review__in=reviews), is_needed=True)
        reasons = ExclusionReason.objects.filter(review=record.review_id)
        stage = text_in(sent, "stage", is_needed=True)
        decide(
            by=self.person,
            record=record,
            stage=stage,
            answer=text_in(sent, "answer", is_needed=True),
            reason=row_in(sent, "reason", reasons),
            note=text_in(sent, "note"),
            door=ScreeningDecision.Door.API,
        )
        own = self.get_queryset().filter(record=record, stage=stage, decided_by=self.person.pk)
        row = own.order_by(F("pk").desc()).first()
        shown = self.data_of(row)
        headers = {"Location": self.reverse_action("detail", args=[row.pk]), "ETag": tag_of(shown)}
        return Response(shown, status=201, headers=headers), record.review
