"""Schedules: when analyses are brought up to date by themselves, and what came of each time."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis.admin.scoped import ReadOnlyAdmin
from analysis.models import Analysis, Schedule, ScheduleRun
from analysis.services.scheduling import is_overdue, remove_schedule, save_schedule
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.permissions import Act


@admin.register(Schedule)
class ScheduleAdmin(ScopedAdmin):
    """When the analyses of a review are brought up to date."""

    list_display = ("what", "when", "next_run", "last_run", "runs_as")
    list_display_links = ("what",)
    list_filter = (ReviewFilter, "is_paused")
    list_select_related = ("review", "analysis", "runs_as")
    search_fields = ("review__title", "analysis__title")
    fields = (
        "review",
        "analysis",
        "cron",
        ("every", "unit"),
        "time_zone",
        "only_if_changed",
        "is_paused",
        "runs_as",
        "next_run",
        "last_run",
    )
    readonly_fields = ("next_run", "last_run")
    fixed_after_creation = ("review",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read what came of the last time along."""
        last = ScheduleRun.objects.filter(schedule=OuterRef("pk")).order_by("-due")
        found = {name: Subquery(last.values(name)[:1]) for name in ("outcome", "finished_at", "says")}
        return super().get_queryset(request).annotate(**{f"last_{name}": value for name, value in found.items()})

    @admin.display(description="what", ordering="review")
    def what(self, schedule: Any) -> str:
        """The analysis, or all of the review."""
        return str(schedule.analysis or f"All analyses of {schedule.review}")

    @admin.display(description="when")
    def when(self, schedule: Any) -> str:
        """The cron expression or the interval."""
        return f"{schedule.cron} ({schedule.time_zone})" if schedule.cron else f"every {schedule.every} {schedule.unit}"

    @admin.display(description="next due", ordering="due_next")
    def next_run(self, schedule: Any) -> SafeString | str:
        """When it is due next; a warning where nothing seems to call what is due."""
        if schedule.pk is None or schedule.due_next is None:
            return "paused" if schedule.is_paused else "–"
        shown = timezone.localtime(schedule.due_next).strftime("%Y-%m-%d %H:%M")
        if not is_overdue(schedule, timezone.now()):
            return shown
        said = "overdue: neither beat nor “manage.py refresh --due” runs"
        return format_html('{} <span class="tag is-stale">{}</span>', shown, said)

    @admin.display(description="last time")
    def last_run(self, schedule: Any) -> str:
        """What came of the last time."""
        if getattr(schedule, "last_finished_at", None) is None:
            return "–"
        shown = timezone.localtime(schedule.last_finished_at).strftime("%Y-%m-%d %H:%M")
        return f"{shown}: {ScheduleRun.Outcome(schedule.last_outcome).label.lower()}. {schedule.last_says}".strip()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person analyses in any review."""
        return standing_of(request).may_somewhere(Act.ANALYSE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person analyses in the review, or in any."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.ANALYSE) if obj is None else standing.may(Act.ANALYSE, obj.review_id)

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews in which the person analyses, and their analyses."""
        reviews = standing_of(request).reviews(Act.ANALYSE)
        if remote is not Analysis:
            return reviews
        rows = Analysis.objects.filter(review__in=reviews)
        return rows.filter(review=review_id) if review_id else rows

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Propose the person who makes the schedule."""
        return {**super().get_changeform_initial_data(request), "runs_as": person_of(request).pk}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service, which works out when it is due."""
        with tied_to(None):
            save_schedule(by=person_of(request), schedule=obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete through the service; a schedule that has run is paused for good."""
        remove_schedule(by=person_of(request), schedule=obj)


@admin.register(ScheduleRun)
class ScheduleRunAdmin(ReadOnlyAdmin):
    """What came of each time."""

    list_display = ("schedule", "due", "outcome", "computed", "reused", "snapshots", "says")
    list_filter = (ReviewFilter, "outcome")
    search_fields = ("says",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the schedules along."""
        return super().get_queryset(request).select_related("schedule__analysis", "schedule__review")
