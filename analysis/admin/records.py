"""What is kept for ever beside runs and snapshots: freezes, datasets, requests, ratings, signatures."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis.admin.scoped import ReadOnlyAdmin
from analysis.models import Certainty, Dataset, Freeze, Publication, Refresh, RefreshEnd, SignOff, SnapshotRun, Step
from evidence.admin.scoped import ReviewFilter


class Record(ReadOnlyAdmin):
    """A list and a page to read; `related` names the rows that a line of the list mentions."""

    class Media:
        css = {"all": ("quorum/analysis.css",)}

    related: tuple[str, ...] = ()
    long_texts: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read along what is mentioned, and leave long texts for the page."""
        return super().get_queryset(request).select_related(*self.related).defer(*self.long_texts)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show what is stored, moments too; a long content last, closed."""
        names = [field.name for field in self.opts.fields if field.name not in ("id", *self.long_texts)]
        return [*names, "stored"] if "content" in self.long_texts else names

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything."""
        return self.get_fields(request, obj)

    @admin.display(description="content")
    def stored(self, row: Any) -> SafeString:
        """The stored text, opened on demand."""
        return format_html(
            '<details class="more"><summary>{} characters</summary><pre class="stored">{}</pre></details>',
            len(row.content),
            row.content,
        )


@admin.register(Freeze)
class FreezeAdmin(Record):
    """Frozen evidence."""

    list_display = ("__str__", "review", "taken_at", "taken_by")
    list_filter = (ReviewFilter, "taken_at")
    search_fields = ("digest", "review__title")
    related = ("review", "taken_by")
    long_texts = ("content",)


@admin.register(Dataset)
class DatasetAdmin(Record):
    """What rules made of frozen evidence."""

    list_display = ("__str__", "freeze")
    list_filter = (ReviewFilter,)
    search_fields = ("digest", "freeze__digest")
    related = ("freeze__review",)
    long_texts = ("content", "freeze__content")


@admin.register(Refresh)
class RefreshAdmin(Record):
    """Who asked for which analysis to be brought up to date."""

    list_display = ("analysis", "requested_at", "requested_by", "freeze", "dataset")
    list_filter = (ReviewFilter, "requested_at")
    search_fields = ("analysis__title", "run_keys")
    related = ("analysis__review", "requested_by", "freeze", "dataset")
    long_texts = ("freeze__content", "dataset__content", "dataset__rules")


@admin.register(RefreshEnd)
class RefreshEndAdmin(Record):
    """What requests came to."""

    list_display = ("refresh", "outcome", "snapshot", "says", "ended_at")
    list_filter = (ReviewFilter, "outcome")
    search_fields = ("refresh__analysis__title", "says")
    related = ("refresh__analysis__review", "snapshot__analysis")
    long_texts = ("snapshot__manifest",)


@admin.register(SnapshotRun)
class SnapshotRunAdmin(Record):
    """Which runs are part of which snapshots."""

    list_display = ("snapshot", "run")
    list_filter = (ReviewFilter, "run__plugin")
    search_fields = ("run__key", "snapshot__analysis__title")
    related = ("snapshot__analysis__review", "run")
    long_texts = ("snapshot__manifest", "run__result", "run__params", "run__environment")


@admin.register(SignOff)
class SignOffAdmin(Record):
    """Who stands by which snapshot; made on the page of the snapshot."""

    list_display = ("snapshot", "signed_by", "role", "signed_at", "reason")
    list_filter = (ReviewFilter, "role")
    search_fields = ("snapshot__analysis__title", "reason", "signed_by__username")
    related = ("snapshot__analysis__review", "signed_by")
    long_texts = ("snapshot__manifest",)


@admin.register(Certainty)
class CertaintyAdmin(Record):
    """Ratings; made on the page of a snapshot."""

    list_display = ("analysis", "level", "rated_by", "rated_at", "justification")
    list_filter = (ReviewFilter, "level")
    search_fields = ("analysis__title", "justification", "rated_by__username")
    related = ("analysis__review", "rated_by")


@admin.register(Step)
class StepAdmin(Record):
    """Which plugins run in which analyses; changed on the page of the analysis."""

    list_display = ("analysis", "plugin")
    list_filter = (ReviewFilter, "plugin")
    search_fields = ("analysis__title", "plugin")
    related = ("analysis__review",)


@admin.register(Publication)
class PublicationAdmin(Record):
    """Who published which snapshot; made on the page of the snapshot."""

    list_display = ("snapshot", "published_by", "role", "published_at", "note")
    list_filter = (ReviewFilter, "role")
    search_fields = ("snapshot__analysis__title", "note", "published_by__username")
    related = ("snapshot__analysis__review", "published_by")
    long_texts = ("snapshot__manifest",)
