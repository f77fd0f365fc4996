"""Records and the databases they come from; the pages of screening are addresses of the records' admin."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.screening.adding import add_view
from evidence.admin.screening.board import board_view, flow_view
from evidence.admin.screening.duplicates import duplicates_view
from evidence.admin.screening.listing import records_view
from evidence.admin.screening.one_record import record_view
from evidence.admin.screening.queue import conflicts_view, queue_view
from evidence.admin.standing import person_of
from evidence.models import Record, SearchSource
from evidence.services.screening import correct_record

PAGES: tuple[tuple[str, str, Callable[..., HttpResponse]], ...] = (
    ("", "board", board_view),
    ("queue/<slug:stage>/", "queue", queue_view),
    ("conflicts/<slug:stage>/", "conflicts", conflicts_view),
    ("records/", "records", records_view),
    ("record/<int:pk>/", "record", record_view),
    ("add/", "add", add_view),
    ("flow/", "flow", flow_view),
    ("duplicates/", "duplicates", duplicates_view),
)


@admin.register(Record)
class RecordAdmin(ScopedAdmin):
    """Records as they were found, to be corrected; they are added and screened on the pages of screening."""

    list_display = ("title", "year", "doi", "search_round", "review")
    list_filter = (ReviewFilter,)
    list_select_related = ("search_round", "review")
    search_fields = ("title", "doi", "pmid", "accession")
    fields = (
        ("review", "search_round", "source"),
        "title",
        "abstract",
        "authors",
        ("year", "journal"),
        ("volume", "issue", "pages"),
        ("doi", "pmid", "accession"),
        ("duplicate_of", "report"),
    )
    readonly_fields = ("duplicate_of", "report")
    fixed_after_creation = ("review", "search_round", "source")
    is_added_elsewhere = True

    def get_urls(self) -> list[Any]:
        """Add the pages of screening."""
        own = [
            path(f"screening/<slug:slug>/{address}", self._page(view), name=f"evidence_screening_{name}")
            for address, name, view in PAGES
        ]
        return [*own, *super().get_urls()]

    def _page(self, view: Callable[..., HttpResponse]) -> Any:
        def shown(request: HttpRequest, **arguments: Any) -> HttpResponse:
            return view(self, request, **arguments)

        return self.admin_site.admin_view(shown)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: what a search found stays found. A record that is there twice is marked as a duplicate."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service, which keeps what searching reads."""
        with tied_to(None):
            correct_record(by=person_of(request), record=obj)


@admin.register(SearchSource)
class SearchSourceAdmin(ScopedAdmin):
    """What was searched in a round."""

    list_display = ("database", "search_round", "searched_on", "hits")
    list_filter = (ReviewFilter,)
    list_select_related = ("search_round",)
    search_fields = ("database", "search_round__name")
    autocomplete_fields = ("search_round",)
    fixed_after_creation = ("search_round",)
    fields = ("search_round", ("database", "searched_on", "hits"), "string", "note")
