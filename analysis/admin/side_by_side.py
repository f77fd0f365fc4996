"""Two snapshots of an analysis side by side: numbers, studies and certainty, with what is different marked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import mark_safe

from analysis.admin.certainty import rating_of
from analysis.admin.studies import study_keys
from analysis.figures.text import number
from analysis.forests import forest_of
from analysis.models import Analysis, Snapshot
from analysis.reading import Reading
from analysis.services import is_stale
from analysis.templatetags.numbers import as_percent, estimate, fixed, interval, p_value, plain, prediction, shown
from evidence.admin.standing import standing_of
from evidence.permissions import Act

LONGEST_NUMBER = 9
# What stands beside the rows of a forest plot that has half a page.
BESIDE = ("estimate", "weight")
# A row of the table: its title, and how it is written from a pooled result, by whether that is a ratio.
ROWS: tuple[tuple[str, Callable[[Any, bool], str]], ...] = (
    ("Effects (k)", lambda row, is_ratio: plain(row.get("k"))),
    ("Estimate", lambda row, is_ratio: shown(row.get("estimate"), is_ratio)),
    ("Confidence interval", interval),
    ("p value", lambda row, is_ratio: p_value(row.get("p_value"))),
    ("Prediction interval", prediction),
    ("Between-study variance τ²", lambda row, is_ratio: fixed(row.get("tau2"), 3)),
    ("I²", lambda row, is_ratio: as_percent(row.get("i2"))),
    ("Effect measure", lambda row, is_ratio: plain(row.get("measure"))),
    ("Model", lambda row, is_ratio: plain(str(row.get("model", "")).replace("_", " "))),
    ("Method for τ²", lambda row, is_ratio: plain(row.get("tau2_method"))),
)
STATES = {
    (False, True): "came in",
    (True, False): "went out",
}


@dataclass(frozen=True, slots=True)
class StudyPair:
    """One study in the two snapshots: its effect with weight in each, "" where it is not pooled there."""

    label: str
    key: int | None
    first: str
    second: str
    weights: tuple[str, str]
    state: str


class SnapshotPages(Protocol):
    """What the page needs of the admin of snapshots."""

    admin_site: AdminSite
    opts: Any


def side_by_side_urls(pages: SnapshotPages) -> list[Any]:
    """Give the address of the page, for `get_urls` of the admin of snapshots."""

    def view(request: HttpRequest, analysis_id: int) -> HttpResponse:
        return side_by_side_view(pages, request, analysis_id)

    address = "side-by-side/<int:analysis_id>/"
    return [path(address, pages.admin_site.admin_view(view), name="analysis_side_by_side")]


def side_by_side_view(pages: SnapshotPages, request: HttpRequest, analysis_id: int) -> HttpResponse:
    """Show the snapshots that are asked for as `first` and `second`, by default the last two."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    reviews = standing_of(request).reviews(Act.VIEW)
    analysis = Analysis.objects.filter(pk=analysis_id, review__in=reviews).select_related("review").first()
    if analysis is None:
        raise Http404("There is no such analysis in your reviews.")
    rows = Snapshot.objects.filter(analysis=analysis).select_related("freeze", "dataset", "sign_off", "publication")
    snapshots = list(rows.defer("freeze__content", "manifest").order_by("-number"))
    context = {
        **pages.admin_site.each_context(request),
        "opts": pages.opts,
        "title": f"Side by side: {analysis.title}",
        "analysis": analysis,
        "snapshots": snapshots,
    }
    if len(snapshots) > 1:
        first = _asked(request, "first", snapshots, default=snapshots[1])
        second = _asked(request, "second", snapshots, default=snapshots[0])
        context |= compare(first, second)
    return TemplateResponse(request, "admin/analysis/side_by_side/page.html", context)


def _asked(request: HttpRequest, name: str, snapshots: list[Snapshot], *, default: Snapshot) -> Snapshot:
    """Give the snapshot whose number is asked for."""
    asked = request.GET.get(name, "")
    if not asked:
        return default
    is_number = asked.isdecimal() and len(asked) <= LONGEST_NUMBER
    found = next((row for row in snapshots if is_number and row.number == int(asked)), None)
    if found is None:
        raise Http404(f"The analysis has no snapshot {asked}.")
    return found


def compare(first: Snapshot, second: Snapshot) -> dict[str, Any]:
    """Give what the page shows of two snapshots of one analysis."""
    sides = [_side(snapshot) for snapshot in (first, second)]
    readings: list[Reading] = [side["reading"] for side in sides]
    studies = study_pairs(*readings)
    levels = [side["level"] for side in sides]
    return {
        "sides": sides,
        "first": first,
        "second": second,
        "numbers": [*numbers_of(*readings), ("Certainty", *levels, levels[0] != levels[1])],
        "studies": studies,
        "different": sum(bool(row.state) for row in studies),
        "is_same_scale": readings[0].pooling.get("measure") == readings[1].pooling.get("measure"),
        "later": max(first, second, key=lambda row: row.number),
        "earlier": min(first, second, key=lambda row: row.number),
    }


def _side(snapshot: Snapshot) -> dict[str, Any]:
    """Give one of the two with its figure and its certainty in words."""
    reading = Reading(snapshot)
    rating = rating_of(reading)
    level = "not rated" if rating is None else rating.get_level_display().lower()
    if rating is not None and is_stale(rating, snapshot):
        level += " (rated on other results)"
    forest = forest_of(reading, BESIDE)
    drawn = mark_safe(forest.svg) if forest else ""  # the renderer escapes every text that it is given  # noqa: S308
    return {"snapshot": snapshot, "reading": reading, "level": level, "forest": drawn}


def numbers_of(first: Reading, second: Reading) -> list[tuple[str, str, str, bool]]:
    """Give each number of pooling in both, and whether it reads differently."""
    found = []
    for title, write in ROWS:
        said = [write(reading.pooling, reading.is_ratio) if reading.pooling else "–" for reading in (first, second)]
        found.append((title, said[0], said[1], said[0] != said[1]))
    return found


def study_pairs(first: Reading, second: Reading) -> list[StudyPair]:
    """Give every effect that is pooled in either, what is different first."""
    sides = [{row["id"]: row for row in reading.dataset["effects"]} for reading in (first, second)]
    pooled = [{row["effect"]: row for row in one.pooling.get("studies", ())} for one in (first, second)]
    keys = study_keys(second, sorted({row["study"] for side in sides for row in side.values()}))
    found = []
    for name in dict.fromkeys([*sides[1], *sides[0]]):
        rows = [side.get(name) for side in sides]
        shown_row = rows[1] or rows[0] or {}
        said = [_effect(reading, row) for reading, row in zip((first, second), rows, strict=True)]
        weight_first, weight_second = (
            as_percent(side.get(name, {}).get("weight")) if row else "" for side, row in zip(pooled, rows, strict=True)
        )
        state = STATES.get((rows[0] is not None, rows[1] is not None), "changed" if said[0] != said[1] else "")
        key = keys.get(shown_row.get("study", ""))
        label = shown_row.get("label", name)
        found.append(StudyPair(label, key, said[0], said[1], (weight_first, weight_second), state))
    return sorted(found, key=lambda row: not row.state)


def _effect(reading: Reading, row: dict[str, Any] | None) -> str:
    """Give the effect of a study with its variance, "" where it has none."""
    if row is None:
        return ""
    return f"{estimate({'estimate': row['yi']}, reading.is_ratio)} (variance {number(row['vi'], decimals=4)})"
