"""Studies and their reports."""

from rest_framework import serializers

from evidence.api.filtering import filters_for
from evidence.api.rows import ReviewSlug, RowSerializer
from evidence.api.writing import BulkRows, WrittenRows
from evidence.models import Report, Study

STUDY = ("review", "code", "label", "year", "design", "registration", "companion_of", "note")
REPORT = ("study", "citation", "year", "doi", "pmid", "url", "registration", "is_primary")


class StudyRow(RowSerializer):
    """One investigation."""

    review = ReviewSlug()

    class Meta:
        model = Study
        fields = ("id", *STUDY)


class Studies(BulkRows):
    """The studies of a person's reviews."""

    model = Study
    serializer_class = StudyRow
    related = ("review",)
    filterset_class = filters_for(Study, ["code", "year", "design", "companion_of"])
    search_fields = ("label", "code", "registration")
    ordering_fields = ("label", "code", "year")
    columns = {
        "id": "whole",
        "review": "text",
        "code": "text",
        "label": "text",
        "year": "whole",
        "design": "text",
        "registration": "text",
        "companion_of": "whole",
        "note": "text",
    }
    written = STUDY
    fixed = ("review",)


class ReportRow(RowSerializer):
    """A document that tells of a study."""

    review = ReviewSlug(source="study.review")
    study_code = serializers.CharField(source="study.code", read_only=True)

    class Meta:
        model = Report
        fields = ("id", "review", "study_code", *REPORT)


class Reports(WrittenRows):
    """The documents that tell of studies."""

    model = Report
    serializer_class = ReportRow
    related = ("study__review",)
    filterset_class = filters_for(Report, ["study", "study_code=study__code", "year", "doi", "pmid", "is_primary"])
    search_fields = ("citation", "doi", "pmid")
    ordering_fields = ("year",)
    written = REPORT
    fixed = ("study",)
