"""Outcomes with their follow-up windows and instruments."""

from itertools import combinations

from django.contrib import admin
from django.forms.models import BaseInlineFormSet

from evidence.admin.scoped import ReviewFilter, ScopedAdmin, ScopedInline
from evidence.models import FollowUpWindow, Instrument, Outcome
from evidence.models.outcome import overlap_sentence


class WindowFormSet(BaseInlineFormSet):
    """Follow-up windows of one outcome: each week belongs to one window only."""

    def clean(self) -> None:
        """Refuse windows of the page that overlap each other, also where both are new."""
        super().clean()
        kept = [form for form in self.forms if form.is_bound and not form.errors and form not in self.deleted_forms]
        filled = [form for form in kept if form.cleaned_data.get("from_week") is not None]
        for first, second in combinations(filled, 2):
            one, other = first.instance, second.instance
            if one.from_week <= other.to_week and other.from_week <= one.to_week:
                second.add_error("from_week", overlap_sentence(other, one))


class WindowRows(ScopedInline, admin.StackedInline):
    """Follow-up windows."""

    model = FollowUpWindow
    formset = WindowFormSet
    template = "admin/evidence/rows.html"
    fields = ("code", "name", "target_week", "from_week", "to_week")


class InstrumentRows(ScopedInline, admin.StackedInline):
    """Instruments."""

    model = Instrument
    template = "admin/evidence/rows.html"
    fields = ("code", "name", "kind", "direction", "scale_min", "scale_max", "score_step", "item_count")


@admin.register(Outcome)
class OutcomeAdmin(ScopedAdmin):
    """What is measured, when and with what."""

    list_display = ("name", "code", "direction", "scale_min", "scale_max", "unit", "mcid_between", "review")
    list_filter = (ReviewFilter, "direction")
    list_select_related = ("review",)
    search_fields = ("name", "code", "review__title")
    ordering = ("review__title", "name")
    fixed_after_creation = ("review",)
    fieldsets = [
        (None, {"fields": ("review", ("name", "code"), "direction")}),
        (
            "Common scale",
            {"fields": (("scale_min", "scale_max"), "unit", "mcid_between", "mcid_within")},
        ),
    ]
    inlines = [WindowRows, InstrumentRows]


@admin.register(FollowUpWindow)
class FollowUpWindowAdmin(ScopedAdmin):
    """Spans of weeks that count as one time point."""

    list_display = ("name", "outcome", "from_week", "target_week", "to_week")
    list_filter = (ReviewFilter,)
    list_select_related = ("outcome",)
    search_fields = ("name", "code", "outcome__name")
    autocomplete_fields = ("outcome",)
    fixed_after_creation = ("outcome",)


@admin.register(Instrument)
class InstrumentAdmin(ScopedAdmin):
    """Scales and counts."""

    list_display = ("name", "code", "outcome", "kind", "direction", "scale_min", "scale_max")
    list_filter = (ReviewFilter, "kind", "direction")
    list_select_related = ("outcome",)
    search_fields = ("name", "code", "outcome__name")
    autocomplete_fields = ("outcome",)
    fixed_after_creation = ("outcome",)
