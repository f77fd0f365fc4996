"""Runs: the list, and the page of one with its inputs and its result."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path

from analysis import canonical
from analysis.admin.definition import settings_of
from analysis.admin.downloads import NoSuchFile, attachment, figure_of, figures_at
from analysis.admin.results import tables_of
from analysis.admin.run_parts import parts_of
from analysis.admin.scoped import ReadOnlyAdmin
from analysis.models import Analysis, Run
from analysis.reading import figures_of
from analysis.registry import all_plugins
from evidence.admin.scoped import ReviewFilter


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    """Computations: queued, running, succeeded, failed."""

    list_display = ("short_key", "plugin", "plugin_version", "status", "requested_at", "finished_at", "error")
    list_filter = (ReviewFilter, "status", "plugin")
    search_fields = ("key", "plugin", "error", "result_digest")
    ordering = ("-requested_at", "-id")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave what is long for the page."""
        return super().get_queryset(request).defer("result", "params", "environment")

    @admin.display(description="run", ordering="key")
    def short_key(self, run: Any) -> str:
        """The first digits of the key."""
        return run.key[:12]

    def get_urls(self) -> list[Any]:
        """Add the figures."""
        view = self.admin_site.admin_view(self.figure_view)
        return [path("<int:run_id>/figures/<str:name>", view, name="analysis_run_figure"), *super().get_urls()]

    def figure_view(self, request: HttpRequest, run_id: int, name: str) -> HttpResponse:
        """Give a figure of the run as an attachment: SVG, PDF or PNG."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        run = self.get_object(request, str(run_id))
        if run is None or not run.result:
            raise Http404("There is no such run with a result in your reviews.")
        try:
            content, media_type = figure_of({run.plugin: canonical.from_text(run.result)}, name)
        except NoSuchFile as error:
            raise Http404("The run has no such figure.") from error
        return attachment(content, media_type, f"run-{run.key[:12]}-{name}")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the run."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied("A run is kept as it was computed.")
        run = self.get_object(request, object_id)
        if run is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        context = {**self.admin_site.each_context(request), **page_context(run), "opts": self.opts}
        return TemplateResponse(request, "admin/analysis/run/page.html", context)


def page_context(run: Any) -> dict[str, Any]:
    """Give what the page of a run shows."""
    plugin = all_plugins().get(run.plugin)
    result = canonical.from_text(run.result) if run.result else None
    upstream = canonical.from_text(run.upstream)
    keys = dict(Run.objects.filter(key__in=upstream.values()).values_list("key", "pk"))
    split = parts_of(run)
    started, ended = split["started"], run.finished_at
    return {
        **split,
        "title": f"{plugin.title if plugin else run.plugin}, run {run.key[:12]}",
        "run": run,
        "plugin": plugin,
        "settings": settings_of(plugin.params if plugin else None, canonical.from_text(run.params)),
        "upstream": [(name, key, keys.get(key)) for name, key in upstream.items()],
        "result": None if result is None else tables_of(result),
        "figures": [] if result is None else figures_of(result, run.plugin),
        "figures_at": figures_at("run", run.pk),
        "is_ratio": bool(result and result.get("is_ratio")),
        "as_json": "" if result is None else canonical.to_text(result),
        "environment": canonical.from_text(run.environment),
        "seconds": (ended - started).total_seconds() if started and ended else None,
        "snapshots": run.snapshots.filter(analysis__review=run.dataset.freeze.review_id)
        .select_related("analysis")
        .order_by("analysis__title", "number"),
        "analyses": Analysis.objects.filter(
            refreshes__dataset=run.dataset_id, review=run.dataset.freeze.review_id
        ).distinct(),
    }
