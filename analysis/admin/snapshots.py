"""Snapshots: the list, the page that shows everything about one, its files, and the forms to rate and to sign."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from analysis import canonical
from analysis.admin.agreement import agreement_urls
from analysis.admin.certainty import RatingForm, certainty_context
from analysis.admin.comparison import claim_rows
from analysis.admin.downloads import NoSuchFile, attachment, figure_of, figures_at, file_of, names_of_files
from analysis.admin.explaining import explain_urls
from analysis.admin.forests import asked_columns, shown_forest
from analysis.admin.home.page import home_urls
from analysis.admin.living import living_urls
from analysis.admin.priority import priority_urls
from analysis.admin.publishing import PublishingForm, SigningForm, publishing_context
from analysis.admin.results import Tables, tables_of
from analysis.admin.scoped import ReadOnlyAdmin
from analysis.admin.side_by_side import side_by_side_urls
from analysis.admin.studies import not_pooled_groups, study_rows
from analysis.admin.study_page import study_urls
from analysis.models import Run, Snapshot
from analysis.reading import Picture, Reading, figures_of
from analysis.registry import all_plugins
from analysis.services.withdrawing import warnings_for
from evidence.admin.scoped import ReviewFilter
from evidence.admin.standing import standing_of
from evidence.permissions import Act

NEEDS = {"rate": Act.SIGN, "sign": Act.SIGN, "publish": Act.PUBLISH}
DONE = {
    "rate": "The rating is recorded.",
    "sign": "The snapshot is signed off.",
    "publish": "The snapshot is published.",
}
STATES: dict[str, dict[str, bool]] = {
    Snapshot.State.DRAFT: {"sign_off__isnull": True},
    Snapshot.State.SIGNED_OFF: {"sign_off__isnull": False, "publication__isnull": True},
    Snapshot.State.PUBLISHED: {"publication__isnull": False},
}


class StateFilter(admin.SimpleListFilter):
    """Drafts, signed off, published."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """The three states."""
        return Snapshot.State.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep the snapshots that are in the state."""
        return queryset.filter(**STATES.get(self.value() or "", {}))


@admin.register(Snapshot)
class SnapshotAdmin(ReadOnlyAdmin):
    """What analyses gave, for ever."""

    list_display = ("analysis", "number", "made_at", "made_by", "state", "signed_off", "short_digest")
    list_display_links = ("analysis", "number")
    list_filter = (ReviewFilter, StateFilter, "made_at")
    search_fields = ("analysis__title", "analysis__slug", "digest")
    ordering = ("-made_at", "-id")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read what the page names along."""
        rows = super().get_queryset(request)
        return rows.select_related(
            "analysis__review", "made_by", "sign_off__signed_by", "publication", "freeze", "dataset"
        )

    @admin.display(description="signed off by")
    def signed_off(self, snapshot: Any) -> str:
        """Who stands by the snapshot."""
        signed = getattr(snapshot, "sign_off", None)
        return str(signed.signed_by) if signed else "–"

    @admin.display(description="state")
    def state(self, snapshot: Any) -> str:
        """A draft, signed off or published."""
        return str(snapshot.state.label)

    @admin.display(description="digest")
    def short_digest(self, snapshot: Any) -> str:
        """The first digits of the digest."""
        return snapshot.digest[:12]

    def get_urls(self) -> list[Any]:
        """Add the files and the three forms."""
        view = self.admin_site.admin_view
        return [
            path("<int:snapshot_id>/files/<str:name>", view(self.file_view), name="analysis_snapshot_file"),
            path("<int:snapshot_id>/figures/<str:name>", view(self.figure_view), name="analysis_snapshot_figure"),
            path("<int:snapshot_id>/rate/", view(self.rate_view), name="analysis_snapshot_rate"),
            path("<int:snapshot_id>/sign/", view(self.sign_view), name="analysis_snapshot_sign"),
            path("<int:snapshot_id>/publish/", view(self.publish_view), name="analysis_snapshot_publish"),
            *explain_urls(self),
            *home_urls(self),
            *living_urls(self),
            *priority_urls(self),
            *agreement_urls(self),
            *side_by_side_urls(self),
            *study_urls(self),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the snapshot."""
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied("A snapshot is kept as it was made.")
        snapshot = self.get_object(request, object_id)
        if snapshot is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        return self.page(request, Reading(snapshot))

    def page(self, request: HttpRequest, reading: Reading, **forms_with_errors: Any) -> HttpResponse:
        """Give the page, with forms that have errors in place of empty ones."""
        context = {**self.admin_site.each_context(request), **self.context(request, reading), **forms_with_errors}
        status = 422 if forms_with_errors else 200
        return TemplateResponse(request, "admin/analysis/snapshot/page.html", context, status=status)

    def context(self, request: HttpRequest, reading: Reading) -> dict[str, Any]:
        """Give what the page shows."""
        snapshot = reading.snapshot
        others = dict(Snapshot.objects.filter(analysis=snapshot.analysis_id).values_list("number", "pk"))
        current = max(others)
        is_current = snapshot.number == current
        may_sign = standing_of(request).may(Act.SIGN, snapshot.analysis.review_id)
        context = certainty_context(request, reading, may_sign=may_sign, is_current=is_current)
        context |= publishing_context(request, snapshot, is_current=is_current)
        shown = (("previous", snapshot.number - 1), ("next", snapshot.number + 1), ("current", current))
        return context | {
            "title": str(snapshot),
            "opts": self.opts,
            "reading": reading,
            "snapshot": snapshot,
            "warnings": warnings_for(snapshot),
            "analysis": snapshot.analysis,
            "pooling": reading.pooling,
            "is_ratio": reading.is_ratio,
            "is_current": is_current,
            "neighbours": {name: {"number": number, "pk": others.get(number)} for name, number in shown},
            "studies": study_rows(reading),
            "not_pooled": not_pooled_groups(reading),
            "forest": shown_forest(request, reading),
            "sensitivity_figures": figures_of(reading.sensitivity, "sensitivity"),
            "figures_at": figures_at("snapshot", snapshot.pk),
            "claims": claim_rows(reading, context["rating"]),
            "others": list(other_parts(reading)),
            "environments": {run.plugin: canonical.from_text(run.environment) for run in reading.runs.values()},
            "files": names_of_files(reading),
        }

    def file_view(self, request: HttpRequest, snapshot_id: int, name: str) -> HttpResponse:
        """Give a file of the snapshot as an attachment."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        reading = self.reading_or_404(request, snapshot_id)
        try:
            content, media_type = file_of(reading, name, asked_columns(request.GET))
        except NoSuchFile as error:
            raise Http404("The snapshot has no such file.") from error
        return attachment(content, media_type, f"{stem_of(reading.snapshot)}-{name}")

    def figure_view(self, request: HttpRequest, snapshot_id: int, name: str) -> HttpResponse:
        """Give a figure of the snapshot as an attachment: SVG, PDF or PNG."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        reading = self.reading_or_404(request, snapshot_id)
        try:
            content, media_type = figure_of(reading.results, name)
        except NoSuchFile as error:
            raise Http404("The snapshot has no such figure.") from error
        return attachment(content, media_type, f"{stem_of(reading.snapshot)}-{name}")

    def rate_view(self, request: HttpRequest, snapshot_id: int) -> HttpResponse:
        """Rate the certainty on the grounds of the snapshot's GRADE run."""
        return self._ask(request, snapshot_id, "rating_form", RatingForm, "rate")

    def sign_view(self, request: HttpRequest, snapshot_id: int) -> HttpResponse:
        """Sign the snapshot off."""
        return self._ask(request, snapshot_id, "signing_form", SigningForm, "sign")

    def publish_view(self, request: HttpRequest, snapshot_id: int) -> HttpResponse:
        """Publish the snapshot."""
        return self._ask(request, snapshot_id, "publishing_form", PublishingForm, "publish")

    def _ask(
        self, request: HttpRequest, snapshot_id: int, place: str, form_class: type[forms.Form], act: str
    ) -> HttpResponse:
        """Let a form call its service; show the page again with the sentences where it refuses."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        reading = self.reading_or_404(request, snapshot_id)
        if not standing_of(request).may(NEEDS[act], reading.snapshot.analysis.review_id):
            raise PermissionDenied(f"Your role in the review does not cover it: you may not {NEEDS[act]}.")
        if place == "rating_form" and "grade" not in reading.runs:
            raise Http404("The snapshot has no GRADE run to rate on.")
        form = form_class(request.POST)
        if form.is_valid():
            try:
                getattr(form, act)(by=request.user, reading=reading)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, DONE[act])
                return HttpResponseRedirect(reverse("admin:analysis_snapshot_change", args=[snapshot_id]))
        return self.page(request, reading, **{place: form})

    def reading_or_404(self, request: HttpRequest, snapshot_id: int) -> Reading:
        """Give a snapshot of the person's reviews."""
        snapshot = self.get_object(request, str(snapshot_id))
        if snapshot is None:
            raise Http404("There is no such snapshot in your reviews.")
        return Reading(snapshot)


def stem_of(snapshot: Snapshot) -> str:
    """Give how names of files of a snapshot begin."""
    return f"{snapshot.analysis.slug}-snapshot-{snapshot.number}"


def other_parts(reading: Reading) -> Iterator[tuple[Run, str, Tables, list[Picture]]]:
    """Give the steps without a place of their own: run, title, tables and figures."""
    plugins = all_plugins()
    for name, result in reading.other_results().items():
        title = plugins[name].title if name in plugins else name
        yield reading.runs[name], title, tables_of(result), figures_of(result, name)
