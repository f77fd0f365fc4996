"""Search rounds and the flow of records through them."""

from django.contrib import admin

from evidence.admin.scoped import ReviewFilter, ScopedAdmin, ScopedInline
from evidence.models import FlowCount, SearchRound


class CountRows(ScopedInline, admin.StackedInline):
    """The boxes of the flow diagram."""

    model = FlowCount
    template = "admin/evidence/rows.html"
    fields = ("box", "stage", "reason", "count")


@admin.register(SearchRound)
class SearchRoundAdmin(ScopedAdmin):
    """One search with its flow."""

    list_display = ("name", "number", "searched_on", "review")
    list_filter = (ReviewFilter,)
    list_select_related = ("review",)
    search_fields = ("name", "databases", "review__title")
    fixed_after_creation = ("review",)
    fields = ("review", ("number", "name"), "searched_on", "databases")
    inlines = [CountRows]


@admin.register(FlowCount)
class FlowCountAdmin(ScopedAdmin):
    """Counts of all rounds."""

    list_display = ("box", "stage", "reason", "count", "search_round")
    list_filter = (ReviewFilter, "box")
    list_select_related = ("search_round",)
    search_fields = ("stage", "reason", "search_round__name")
    autocomplete_fields = ("search_round",)
    fixed_after_creation = ("search_round",)
