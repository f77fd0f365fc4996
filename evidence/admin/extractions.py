"""Lists over all extractions. Rows are entered on the page of their study; here they are found, read and corrected."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import holder_of
from evidence.admin.study.inlines import SOURCE, contradiction
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Characteristic,
    ContrastResult,
    Extraction,
    InterventionComponent,
    Report,
)


def study_link(study: Any, query: str = "") -> SafeString:
    """Give the link to the page of a study."""
    url = reverse("admin:evidence_study_change", args=[study.pk])
    return format_html('<a href="{}{}">{}</a>', url, query, study)


class PartOfStudy(ScopedAdmin):
    """Rows that are entered on the page of their study."""

    is_added_elsewhere = True

    @admin.display(description="study")
    def study_page(self, row: Any) -> SafeString:
        """The study that the row is part of."""
        holder = holder_of(row)
        if holder is None:
            return study_link(row.study)
        return study_link(holder.study, "?extraction=consensus" if holder.is_consensus else "?extraction=own")

    @admin.display(description="extraction")
    def whose(self, row: Any) -> str:
        """Whose extraction the row is part of."""
        holder = holder_of(row)
        return "consensus" if holder.is_consensus else str(holder.reviewer)


class WhoseFilter(admin.SimpleListFilter):
    """The consensus, or the extractions of single readers."""

    title = "extraction"
    parameter_name = "extraction"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Give the two kinds."""
        return [("consensus", "Consensus"), ("single", "One reader's own")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list."""
        path = queryset.model.review_path.removesuffix("study__review")
        if self.value() not in ("consensus", "single"):
            return queryset
        return queryset.filter(**{f"{path}is_consensus": self.value() == "consensus"})


@admin.register(Report)
class ReportAdmin(PartOfStudy):
    """Documents."""

    list_display = ("citation", "year", "doi", "pmid", "is_primary", "study_page")
    list_filter = (ReviewFilter, "is_primary")
    list_select_related = ("study",)
    search_fields = ("citation", "doi", "pmid", "registration", "study__label")
    fixed_after_creation = ("study",)


@admin.register(Extraction)
class ExtractionAdmin(PartOfStudy):
    """Who extracted what, and how far they are."""

    list_display = ("study_page", "whose", "status", "completed_at", "completed_by", "form")
    list_display_links = ("whose",)
    list_filter = (ReviewFilter, WhoseFilter, "status")
    list_select_related = ("study", "reviewer", "completed_by", "form")
    search_fields = ("study__label", "reviewer__username")
    fields = ("study_page", "whose", "status", "completed_at", "completed_by", "form")
    readonly_fields = fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An own reading is given up on the page of its study; only a consensus is deleted here."""
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_consensus)


@admin.register(Arm)
class ArmAdmin(PartOfStudy):
    """Arms."""

    list_display = ("label", "number", "role", "comparator_type", "n_randomised", "study_page", "whose")
    list_filter = (ReviewFilter, WhoseFilter, "role")
    list_select_related = ("extraction__study", "extraction__reviewer", "comparator_type")
    search_fields = ("label", "extraction__study__label")
    autocomplete_fields = ("comparator_type",)
    readonly_fields = ("study_page", "whose")
    fields = (("study_page", "whose"), ("number", "label"), ("role", "comparator_type"), "n_randomised", *SOURCE)


@admin.register(InterventionComponent)
class InterventionComponentAdmin(PartOfStudy):
    """What arms received."""

    list_display = ("type", "arm", "weeks", "sessions_per_week", "minutes", "study_page", "whose")
    list_filter = (ReviewFilter, WhoseFilter)
    list_select_related = ("type", "arm__extraction__study", "arm__extraction__reviewer")
    search_fields = ("type__name", "arm__label", "arm__extraction__study__label")
    autocomplete_fields = ("type",)
    fixed_after_creation = ("arm",)


class PrintedAdmin(PartOfStudy):
    """Numbers as printed."""

    readonly_fields = ("study_page", "whose", "mark")

    @admin.display(description="contradiction")
    def mark(self, row: Any) -> Any:
        """A mark where the row is printed so."""
        return contradiction(row)


@admin.register(ArmResult)
class ArmResultAdmin(PrintedAdmin):
    """Numbers of one arm."""

    list_display = ("arm", "instrument", "week", "n", "mean", "sd", "events", "total", "mark", "study_page", "whose")
    list_filter = (ReviewFilter, WhoseFilter, "value_kind", "is_printed_so")
    list_select_related = (
        *("arm__extraction__study", "arm__extraction__reviewer", "instrument__outcome", "settlement"),
    )
    search_fields = ("arm__label", "instrument__name", "arm__extraction__study__label")
    autocomplete_fields = ("instrument",)
    fixed_after_creation = ("arm",)


@admin.register(ContrastResult)
class ContrastResultAdmin(PrintedAdmin):
    """Numbers between two arms."""

    list_display = (
        *("first_arm", "second_arm", "instrument", "week", "measure", "estimate", "ci_lower", "ci_upper"),
        *("mark", "study_page", "whose"),
    )
    list_filter = (ReviewFilter, WhoseFilter, "measure", "is_printed_so")
    list_select_related = (
        *("first_arm", "second_arm", "instrument__outcome", "settlement"),
        *("extraction__study", "extraction__reviewer"),
    )
    search_fields = ("first_arm__label", "second_arm__label", "instrument__name", "extraction__study__label")
    autocomplete_fields = ("instrument",)
    fixed_after_creation = ("extraction", "first_arm", "second_arm")


@admin.register(Characteristic)
class CharacteristicAdmin(PartOfStudy):
    """Characteristics of studies."""

    list_display = ("field", "value", "study_page", "whose")
    list_filter = (ReviewFilter, WhoseFilter, "field__kind")
    list_select_related = ("field", "extraction__study", "extraction__reviewer")
    search_fields = ("field__name", "text", "extraction__study__label")
    fixed_after_creation = ("extraction", "field")


@admin.register(AdverseEvent)
class AdverseEventAdmin(PartOfStudy):
    """Harms."""

    list_display = ("term", "seriousness", "arm", "events", "participants", "total", "study_page", "whose")
    list_filter = (ReviewFilter, WhoseFilter, "seriousness")
    list_select_related = ("arm", "extraction__study", "extraction__reviewer")
    search_fields = ("term", "extraction__study__label")
    fixed_after_creation = ("extraction", "arm")
