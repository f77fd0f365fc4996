"""Imports as rows, to read; the pages of imports and exports are addresses of their admin."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

from evidence.admin.scoped import ReviewFilter
from evidence.admin.screening.kept import KeptAdmin
from evidence.admin.uploading.listing import list_view
from evidence.admin.uploading.one_upload import act_view, page_view, rows_view, state_view
from evidence.admin.uploading.sending import formats_view, send_view
from evidence.admin.uploading.taking_out import file_view, out_view
from evidence.models import Upload

View = Callable[..., HttpResponse | StreamingHttpResponse]
PAGES: tuple[tuple[str, str, View], ...] = (
    ("review/<slug:slug>/", "list", list_view),
    ("review/<slug:slug>/new/", "formats", formats_view),
    ("review/<slug:slug>/new/<slug:format>/", "send", send_view),
    ("review/<slug:slug>/out/", "out", out_view),
    ("review/<slug:slug>/out/<slug:export>/", "file", file_view),
    ("import/<int:upload_id>/", "page", page_view),
    ("import/<int:upload_id>/state/", "state", state_view),
    ("import/<int:upload_id>/rows.csv", "rows", rows_view),
    ("import/<int:upload_id>/<slug:deed>/", "act", act_view),
)


@admin.register(Upload)
class UploadAdmin(KeptAdmin):
    """The list of imports of all the person's reviews."""

    list_display = ("name", "format", "status", "made_at", "made_by", "loaded_at", "review")
    list_filter = (ReviewFilter, "status")
    list_select_related = ("made_by", "review")
    search_fields = ("name", "made_by__username")
    related = ("review", "made_by", "confirmed_by", "loaded_by", "act")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave what the files hold where it is: it is shown to those who may bring it in, on the import's own page."""
        return super().get_queryset(request).defer("preview")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show who sent what and when, not what it holds nor where it lies."""
        hidden = {"preview", "stored_as", "answers", "said"}
        return [name for name in super().get_readonly_fields(request, obj) if name not in hidden]

    def get_urls(self) -> list[Any]:
        """Add the pages of imports and exports."""
        own = [path(address, self._page(view), name=f"evidence_upload_{name}") for address, name, view in PAGES]
        return [*own, *super().get_urls()]

    def _page(self, view: View) -> Any:
        def shown(request: HttpRequest, **arguments: Any) -> HttpResponse | StreamingHttpResponse:
            return view(self, request, **arguments)

        return self.admin_site.admin_view(shown)
