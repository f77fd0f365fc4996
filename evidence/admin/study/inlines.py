"""The parts of an extraction on the page of its study."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evidence.admin.scoped import NUMBERS_AND_ADDRESSES, ScopedInline
from evidence.admin.study.forms import (
    AdverseEventForm,
    ArmForm,
    ArmRowForm,
    CharacteristicForm,
    ContrastForm,
)
from evidence.admin.study.formsets import ArmRowFormSet, RowFormSet
from evidence.admin.study.page import page_of
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Characteristic,
    CharacteristicField,
    ContrastResult,
    Extraction,
    InterventionComponent,
    Report,
)
from evidence.services.forming import with_versions

SOURCE = ("page", "table", "quote", "source_url", "note")
ONE_LINE = {"widget": forms.Textarea(attrs={"rows": 1, "cols": 40})}
OVERRIDES = {**NUMBERS_AND_ADDRESSES, models.TextField: ONE_LINE}


class ReportRows(ScopedInline, admin.StackedInline):
    """The documents that tell of the study."""

    model = Report
    template = "admin/evidence/rows.html"
    formfield_overrides = OVERRIDES
    fieldsets = [(None, {"fields": ("citation", "year", "doi", "pmid", "is_primary", "registration", "url")})]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Offer a blank row for a new study."""
        return 1 if obj is None else 0


class ExtractionRows(ScopedInline, admin.StackedInline):
    """Rows of the extraction that the page shows; `blank_rows` are offered while the extraction has none."""

    formset: Any = RowFormSet
    template = "admin/evidence/rows.html"
    formfield_overrides = OVERRIDES
    parent = Extraction
    blank_rows = 1
    short_labels = {
        "n": "n",
        "ci_lower": "CI lower",
        "ci_upper": "CI upper",
        "standard_error": "SE",
        "p_relation": "p is",
        "p_value": "p value",
        "n_randomised": "n randomised",
        "weeks": "Weeks",
        "sessions_per_week": "Sessions a week",
        "minutes": "Minutes each",
    }

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Label the field shortly, since many stand side by side."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name in self.short_labels:
            field.label = self.short_labels[db_field.name]
        return field

    def __init__(self, parent_model: Any, admin_site: Any) -> None:
        super().__init__(self.parent, admin_site)

    def _may(self, request: HttpRequest, obj: Any) -> bool:
        return page_of(request, obj).may_edit

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Offer blank rows where there are none yet."""
        page = page_of(request, obj)
        if not page.may_edit:
            return 0
        path = "arm__extraction" if self.parent is Arm else "extraction"
        has_rows = page.extraction.pk and self.model.objects.filter(**{path: page.extraction}).exists()
        return 0 if has_rows else self.blank_rows

    def initial_rows(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]] | None:
        """Give what blank rows are filled in with."""
        return None


class ArmRows(ExtractionRows):
    """The arms; all other rows refer to them by number."""

    model = Arm
    form = ArmForm
    small_vocabularies = ("comparator_type",)
    autocomplete_fields = ("comparator_type",)
    fieldsets = [
        (None, {"fields": ("number", "label", "role", "comparator_type", "n_randomised")}),
        ("Source and note", {"fields": SOURCE, "classes": ["collapse"]}),
    ]
    blank_rows = 2

    def initial_rows(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """Number the blank rows."""
        return [{"number": 1}, {"number": 2}]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the words along with the arms."""
        return super().get_queryset(request).select_related("comparator_type")


class RowsOfArms(ExtractionRows):
    """Rows about one arm each."""

    form = ArmRowForm
    formset = ArmRowFormSet
    parent = Arm  # type: ignore[assignment]

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Give the set of rows; it has no key to one parent, since the arm comes from a number."""
        formset = super().get_formset(request, obj, **kwargs)
        formset.fk = None  # type: ignore[assignment]
        return formset

    @admin.display(description="arm no.")
    def arm_no(self, row: Any) -> Any:
        """Number of the arm, where the row is only shown."""
        return row.arm.number if row.arm_id else "–"


class ComponentRows(RowsOfArms):
    """What each arm received."""

    model = InterventionComponent
    verbose_name_plural = "What the arms received"
    small_vocabularies = ("type",)
    autocomplete_fields = ("type",)
    fieldsets = [(None, {"fields": ("arm_no", "type", "weeks", "sessions_per_week", "minutes", "note")})]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the parents along with the rows."""
        return super().get_queryset(request).select_related("type", "arm__extraction")


def contradiction(row: Any) -> SafeString | str:
    """Mark a row that is printed so: settled or not, with the way to settle it."""
    if row is None or not row.is_printed_so:
        return ""
    if not row.is_unsettled:
        url = reverse("admin:evidence_settlement_change", args=[row.settlement.pk])
        return format_html('<a class="mark settled" href="{}">✓ settled as {}</a>', url, f"{row.settlement.value:f}")
    name = "contrast_result" if isinstance(row, ContrastResult) else "arm_result"
    url = f"{reverse('admin:evidence_settlement_add')}?{name}={row.pk}"
    return format_html('<a class="mark unsettled" href="{}">⚠ contradiction, not settled: settle it</a>', url)


class ArmResultRows(RowsOfArms):
    """The numbers that a report gives for one arm."""

    model = ArmResult
    verbose_name_plural = "Results of the arms"
    small_vocabularies = ("instrument",)
    autocomplete_fields = ("instrument",)
    mark = staticmethod(contradiction)
    fieldsets = [
        (
            None,
            {
                "fields": (
                    *("arm_no", "instrument", "week", "n", "mean", "sd", "se", "ci_lower", "ci_upper"),
                    *("events", "total", "is_printed_so"),
                )
            },
        ),
        (
            "Kind, median, source",
            {
                "fields": (
                    *("value_kind", "sign", "ci_level", "is_adjusted", "time_as_printed", "percent"),
                    *("median", "q1", "q3", "minimum", "maximum", *SOURCE),
                ),
                "classes": ["collapse"],
            },
        ),
    ]
    blank_rows = 2

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the parents and the settlement along with the rows."""
        return super().get_queryset(request).select_related("arm__extraction", "instrument__outcome", "settlement")


class ContrastRows(ExtractionRows):
    """The numbers that a report gives for two arms against each other."""

    model = ContrastResult
    form = ContrastForm
    verbose_name_plural = "Results between arms"
    small_vocabularies = ("instrument",)
    autocomplete_fields = ("instrument",)
    mark = staticmethod(contradiction)
    fieldsets = [
        (
            None,
            {
                "fields": (
                    *("first_arm_no", "second_arm_no", "instrument", "week", "measure", "estimate", "standard_error"),
                    *("ci_lower", "ci_upper", "p_relation", "p_value", "is_printed_so"),
                )
            },
        ),
        (
            "Kind, t value, n, source",
            {
                "fields": (
                    *("value_kind", "sign", "ci_level", "is_adjusted", "time_as_printed", "measure_as_printed"),
                    *("t_value", "n_first", "n_second", *SOURCE),
                ),
                "classes": ["collapse"],
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the parents and the settlement along with the rows."""
        parents = ("first_arm", "second_arm", "instrument__outcome", "settlement")
        return super().get_queryset(request).select_related(*parents)

    @admin.display(description="first arm no.")
    def first_arm_no(self, row: Any) -> Any:
        """Number of the first arm, where the row is only shown."""
        return row.first_arm.number if row.first_arm_id else "–"

    @admin.display(description="second arm no.")
    def second_arm_no(self, row: Any) -> Any:
        """Number of the second arm, where the row is only shown."""
        return row.second_arm.number if row.second_arm_id else "–"


class CharacteristicRows(ExtractionRows):
    """The answers to the review's questions; those without an answer are offered as blank rows."""

    model = Characteristic
    form = CharacteristicForm
    fieldsets = [
        (None, {"fields": ("field", "value")}),
        ("Source and note", {"fields": SOURCE, "classes": ["collapse"]}),
    ]

    def initial_rows(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """Give the questions without an answer."""
        page = page_of(request, obj)
        questions = CharacteristicField.objects.filter(review_id=page.study.review_id, is_retired=False)
        if page.extraction.pk:
            questions = questions.exclude(characteristic__extraction=page.extraction)
        return [{"field": pk} for pk in questions.values_list("pk", flat=True)]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Offer one row per question without an answer."""
        return len(self.initial_rows(request, obj)) if page_of(request, obj).may_edit else 0

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Read the questions once for all rows."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "field":
            field.choices = list(field.choices)
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the questions along with the answers, and the version of the form that each was given to."""
        return with_versions(super().get_queryset(request).select_related("field"))

    def value(self, row: Any) -> Any:
        """The answer, where the row is only shown."""
        return {True: "yes", False: "no"}.get(row.value, row.value) if row.field_id else ""


class AdverseEventRows(ExtractionRows):
    """Harms."""

    model = AdverseEvent
    form = AdverseEventForm
    fieldsets = [
        (
            None,
            {"fields": ("arm_no", "term", "seriousness", "events", "participants", "total", "related_events")},
        ),
        ("Source and note", {"fields": SOURCE, "classes": ["collapse"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the arms along with the events."""
        return super().get_queryset(request).select_related("arm")

    @admin.display(description="arm no.")
    def arm_no(self, row: Any) -> Any:
        """Number of the arm, where the row is only shown."""
        return row.arm.number if row.arm_id else "all"


EXTRACTION_ROWS = [ArmRows, ComponentRows, ArmResultRows, ContrastRows, CharacteristicRows, AdverseEventRows]
