"""The living page of a review: what each analysis says now and said before; what is due, stale or unsigned."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString, mark_safe

from analysis.admin.headlines import Headline, Summary, read_headlines, read_summaries
from analysis.contract import MEASURE_NAMES
from analysis.figures import draw
from analysis.figures.timeline import TimelineFigure
from analysis.models import Analysis, Refresh, Schedule, Snapshot
from analysis.services.staleness import Cause, Stale, analyses_in_plan, stale_analyses
from evidence.admin.standing import standing_of
from evidence.models import Review, SearchRound
from evidence.permissions import Act

# More than these make one figure too long to read; the newest are drawn.
MOST_DRAWN = 40
STALE_WORDS = {
    Cause.NEVER_RUN: "not run yet",
    Cause.FAILED: "the last attempt failed",
    Cause.DEFINITION: "rules, steps or versions changed",
    Cause.EVIDENCE: "evidence changed",
}


@dataclass(slots=True)
class Line:
    """One analysis on the page."""

    analysis: Analysis
    summary: Summary
    snapshots: list[Headline] = field(default_factory=list)
    stale: Stale | None = None
    is_under_way: bool = False
    due: datetime | None = None
    figure: SafeString | str = ""

    @property
    def latest(self) -> Headline | None:
        """The newest snapshot."""
        return self.snapshots[-1] if self.snapshots else None

    @property
    def published(self) -> Headline | None:
        """The newest snapshot that is published."""
        return self._newest(Snapshot.State.PUBLISHED)

    @property
    def stale_words(self) -> str:
        """Why the analysis is stale, in a word or two; a sentence where it cannot run."""
        return "" if self.stale is None else STALE_WORDS.get(self.stale.cause, self.stale.says)

    @property
    def waits_for(self) -> str:
        """What the newest snapshot waits for: a sign-off, its publication, or nothing."""
        if self.latest is None or self.latest.snapshot.state == Snapshot.State.PUBLISHED:
            return ""
        return "sign-off" if self.latest.snapshot.state == Snapshot.State.DRAFT else "publication"

    def _newest(self, state: Snapshot.State) -> Headline | None:
        return next((row for row in reversed(self.snapshots) if row.snapshot.state == state), None)


class ReviewPages(Protocol):
    """What the page needs of the admin that it is part of."""

    admin_site: AdminSite
    opts: Any


def living_urls(pages: ReviewPages) -> list[Any]:
    """Give the address of the page, for `get_urls` of an admin."""

    def view(request: HttpRequest, slug: str) -> HttpResponse:
        return living_view(pages, request, slug)

    return [path("living/<slug:slug>/", pages.admin_site.admin_view(view), name="analysis_living")]


def living_view(pages: ReviewPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show how a review lives."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    review = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
    if review is None:
        raise Http404("There is no such review among yours.")
    lines = read_lines(review)
    searches = list(SearchRound.objects.filter(review=review, searched_on__isnull=False).order_by("searched_on"))
    for line in lines:
        line.figure = timeline_of(line, searches)
    schedules = Schedule.objects.filter(review=review).select_related("analysis", "runs_as").order_by("due_next", "pk")
    context = {
        **pages.admin_site.each_context(request),
        "title": f"Living: {review.title}",
        "opts": pages.opts,
        "review": review,
        "lines": lines,
        "searches": searches,
        "stale": [line for line in lines if line.stale],
        "unsigned": [line for line in lines if line.waits_for == "sign-off"],
        "unpublished": [line for line in lines if line.waits_for == "publication"],
        "under_way": [line for line in lines if line.is_under_way],
        "has_figures": any(line.figure for line in lines),
        "schedules": schedules,
        "may_analyse": standing_of(request).may(Act.ANALYSE, review.pk),
    }
    return TemplateResponse(request, "admin/analysis/living/page.html", context)


def read_lines(review: Review) -> list[Line]:
    """Give the analyses of a review that are not dropped, in a number of queries that does not depend on theirs."""
    rows = analyses_in_plan(review)
    summaries = read_summaries(rows)
    lines = {row.pk: Line(row, summaries[row.pk]) for row in rows}
    kept = Snapshot.objects.filter(analysis__in=lines).select_related("sign_off", "publication").defer("manifest")
    for headline in read_headlines(kept.order_by("number")).values():
        lines[headline.snapshot.analysis_id].snapshots.append(headline)
    for stale in stale_analyses(review=review, analyses=rows):
        lines[stale.analysis.pk].stale = stale
    for pk in Refresh.objects.filter(analysis__in=lines, end__isnull=True).values_list("analysis", flat=True):
        lines[pk].is_under_way = True
    for schedule in Schedule.objects.filter(review=review, is_paused=False, due_next__isnull=False):
        named = [lines[schedule.analysis_id]] if schedule.analysis_id in lines else []
        for line in lines.values() if schedule.analysis_id is None else named:
            line.due = min(filter(None, (line.due, schedule.due_next)))
    return list(lines.values())


def timeline_of(line: Line, searches: Iterable[SearchRound]) -> SafeString | str:
    """Give the estimates of an analysis through its snapshots as a figure, "" where fewer than two have one."""
    pooled = [row for row in line.snapshots if row.pooling.get("estimate") is not None][-MOST_DRAWN:]
    latest = pooled[-1].pooling if pooled else {}
    # Snapshots of another measure than that of the latest are on another scale.
    same = [row for row in pooled if row.pooling.get("measure") == latest.get("measure")]
    if len(same) < 2:
        return ""
    figure = TimelineFigure(
        title=f"{line.analysis.title}: the estimate over time",
        rows="snapshots",
        y_label=MEASURE_NAMES.get(str(latest.get("measure")), ""),
        is_ratio=bool(latest.get("is_ratio")),
    )
    table = list(_moments(same, searches))
    return mark_safe(draw(figure, {"snapshots": table}))  # the renderer escapes every text that it is given  # noqa: S308


def _moments(rows: Iterable[Headline], searches: Iterable[SearchRound]) -> Iterator[dict[str, Any]]:
    """Give the rows of the timeline: a search is told with the first snapshot after it."""
    before: date | None = None
    for row in rows:
        made = row.snapshot.made_at.date()
        searched = _searched_by(made, searches)
        yield {name: row.pooling.get(name) for name in ("estimate", "ci_lower", "ci_upper")} | {
            "label": _label(row, searches),
            "lines": (f"{row.snapshot.number}: {made:%d %b %Y}", f"k = {row.pooling.get('k')}"),
            "state": str(row.snapshot.state.label).lower(),
            "searched": f"searched {searched:%b %Y}" if searched and searched != before else "",
        }
        before = searched


def _label(row: Headline, searches: Iterable[SearchRound]) -> str:
    made = row.snapshot.made_at.date()
    searched = _searched_by(made, searches)
    words = f", searched {searched:%b %Y}" if searched else ""
    return f"{row.snapshot.number}: {made:%d %b %Y}{words}, k = {row.pooling.get('k')}"


def _searched_by(day: date, searches: Iterable[SearchRound]) -> date | None:
    """Give the date of the last search that was done by a day."""
    found = [row.searched_on for row in searches if row.searched_on is not None and row.searched_on <= day]
    return found[-1] if found else None
