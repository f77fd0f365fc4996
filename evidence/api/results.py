"""The numbers that reports print: of one arm, or of two arms against each other."""

from rest_framework import serializers

from evidence.api.filtering import filters_for
from evidence.api.rows import ReviewSlug, RowSerializer
from evidence.api.writing import BulkRows
from evidence.models import ArmResult, ContrastResult

TIME = ("instrument", "week", "time_as_printed", "value_kind", "sign")
INTERVAL = ("ci_lower", "ci_upper", "ci_level", "is_adjusted", "is_printed_so")
PLACE = ("page", "table", "quote", "source_url", "note")
NUMBERS = ("n", "mean", "sd", "se", "median", "q1", "q3", "minimum", "maximum", "events", "total", "percent")
ARM_RESULT = ("arm", *TIME, *NUMBERS, *INTERVAL, *PLACE)
CONTRAST = (
    *("extraction", "first_arm", "second_arm", *TIME, "measure", "measure_as_printed", "estimate", "standard_error"),
    *("t_value", "p_value", "p_relation", "n_first", "n_second", *INTERVAL, *PLACE),
)
WHOLE = {"id", "study", "extraction", "arm", "first_arm", "second_arm", "instrument", "n", "events", "total"}
WHOLE |= {"n_first", "n_second"}
TEXT = {"review", "study_code", "outcome", "time_as_printed", "value_kind", "sign", "measure", "measure_as_printed"}
TEXT |= {"p_relation", "arm_label", "instrument_code", *PLACE}


def kinds_of(names: tuple[str, ...]) -> dict[str, str]:
    """Give the columns of a table of results, each with its kind."""
    return {name: _kind(name) for name in names}


def _kind(name: str) -> str:
    if name.startswith("is_"):
        return "truth"
    return "whole" if name in WHOLE else "text" if name in TEXT else "number"


class ArmResultRow(RowSerializer):
    """What a report prints for one arm at one time, with one instrument."""

    review = ReviewSlug(source="arm.extraction.study.review")
    study = serializers.IntegerField(source="arm.extraction.study_id", read_only=True)
    study_code = serializers.CharField(source="arm.extraction.study.code", read_only=True)
    extraction = serializers.IntegerField(source="arm.extraction_id", read_only=True)
    is_consensus = serializers.BooleanField(source="arm.extraction.is_consensus", read_only=True)
    arm_label = serializers.CharField(source="arm.label", read_only=True)
    outcome = serializers.CharField(source="instrument.outcome.code", read_only=True)
    instrument_code = serializers.CharField(source="instrument.code", read_only=True)

    class Meta:
        model = ArmResult
        fields = (
            *("id", "review", "study", "study_code", "extraction", "is_consensus", "arm_label", "outcome"),
            *("instrument_code", *ARM_RESULT),
        )


class ArmResults(BulkRows):
    """The numbers of single arms, in every extraction that the person may read."""

    model = ArmResult
    serializer_class = ArmResultRow
    related = ("arm__extraction__study__review", "instrument__outcome")
    filterset_class = filters_for(
        ArmResult,
        [
            *("arm", "extraction=arm__extraction", "study=arm__extraction__study", "instrument"),
            *(
                "is_consensus=arm__extraction__is_consensus",
                "outcome=instrument__outcome__code",
                "value_kind",
                "is_printed_so",
            ),
        ],
    )
    search_fields = ("arm__extraction__study__label", "arm__label", "instrument__name")
    ordering_fields = ("week", "n")
    columns = kinds_of(ArmResultRow.Meta.fields)
    written = ARM_RESULT
    fixed = ("arm",)


class ContrastResultRow(RowSerializer):
    """What a report prints for two arms against each other."""

    review = ReviewSlug(source="extraction.study.review")
    study = serializers.IntegerField(source="extraction.study_id", read_only=True)
    study_code = serializers.CharField(source="extraction.study.code", read_only=True)
    is_consensus = serializers.BooleanField(source="extraction.is_consensus", read_only=True)
    outcome = serializers.CharField(source="instrument.outcome.code", read_only=True)
    instrument_code = serializers.CharField(source="instrument.code", read_only=True)

    class Meta:
        model = ContrastResult
        fields = ("id", "review", "study", "study_code", "is_consensus", "outcome", "instrument_code", *CONTRAST)


class ContrastResults(BulkRows):
    """The numbers between two arms, in each extraction that the person may read."""

    model = ContrastResult
    serializer_class = ContrastResultRow
    related = ("extraction__study__review", "instrument__outcome")
    filterset_class = filters_for(
        ContrastResult,
        [
            *(
                "extraction",
                "study=extraction__study",
                "is_consensus=extraction__is_consensus",
                "first_arm",
                "second_arm",
                "instrument",
            ),
            *("outcome=instrument__outcome__code", "measure", "value_kind", "is_printed_so"),
        ],
    )
    search_fields = ("extraction__study__label", "instrument__name")
    ordering_fields = ("week",)
    columns = kinds_of(ContrastResultRow.Meta.fields)
    written = CONTRAST
    fixed = ("extraction", "first_arm", "second_arm")
