"""The timeline: an estimate with its interval from snapshot to snapshot, and the searches between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.figures import svg
from analysis.figures.colours import BLUE, GREEN, PURPLE, Style
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.legend import Entry, legend
from analysis.figures.marks import mark
from analysis.figures.metrics import shorten, width_of
from analysis.figures.placing import Box, box_of_text
from analysis.figures.plane import Plane, fit, shown_on
from analysis.figures.table import number_of, rows_of
from analysis.figures.text import clean

EMPTY = "There is no snapshot with an estimate yet."
LEFT, RIGHT, PLOT_TOP, BOTTOM = 90.0, WIDTH - 80.0, TOP + 54.0, 330.0
UNDER, LINE = BOTTOM + 18.0, 15.0
CAP, RADIUS = 4.0, 5.0
LOOKS = {
    "draft": Style(PURPLE, "", "circle"),
    "signed off": Style(GREEN, "", "square"),
    "published": Style(BLUE, "", "diamond"),
}


@dataclass(frozen=True, slots=True)
class TimelineFigure:
    """Estimates of one analysis through its snapshots, in the order of the table.

    `rows` names a table with the columns `label` (shown where a mark is pointed at), `lines` (short texts below the
    axis), `estimate`, `ci_lower`, `ci_upper`, `state` ("draft", "signed off" or "published") and `searched` (words of a
    search that came between a snapshot and the one before, "" for none).
    """

    title: str
    rows: str
    y_label: str = ""
    null_value: float = 0.0
    is_ratio: bool = False
    kind: str = "timeline"


@dataclass(frozen=True, slots=True)
class Moment:
    """One snapshot."""

    label: str
    lines: tuple[str, ...]
    estimate: float
    ends: tuple[float, float] | None
    state: str
    searched: str


def draw_timeline(figure: TimelineFigure, result: Mapping[str, Any]) -> str:
    """Give a timeline as standalone SVG text; equal figures and results give equal bytes.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    moments = _read(rows_of(result, figure.rows))
    if not moments:
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    ys = [figure.null_value, *(one.estimate for one in moments)]
    ys += [end for one in moments if one.ends for end in one.ends]
    places = [0.5, len(moments) + 0.5]
    plane = Plane(
        x=fit(places, LEFT, RIGHT, margin=0.0), y=fit(ys, BOTTOM, PLOT_TOP, is_ratio=figure.is_ratio), has_x=False
    )
    body = heading(figure.title) + _searches(plane, moments) + plane.axes("", "")
    above = shorten(figure.y_label, width=WIDTH - 2 * MARGIN - LEFT, size=SMALL)
    body += svg.text(LEFT - 60.0, PLOT_TOP - 27.0, above, full=figure.y_label, font_size=SMALL) if above else ""
    body += _estimates(figure, plane, moments)
    under, bottom = _under(plane, moments)
    there = [name for name in LOOKS if any(one.state == name for one in moments)]
    entries = [Entry(name.capitalize(), "open" if name == "draft" else "mark", LOOKS[name]) for name in there]
    below, bottom = legend(entries, top=bottom + 4.0, left=LEFT)
    says = _describe(moments, shown_on(plane.y))
    return document(figure.title, body + under + below, height=bottom + MARGIN, description=says)


def _read(rows: Sequence[Mapping[str, Any]]) -> list[Moment]:
    """Give the snapshots that have an estimate."""
    found = []
    for row in rows:
        estimate = number_of(row, "estimate")
        lower, upper = number_of(row, "ci_lower"), number_of(row, "ci_upper")
        if estimate is not None:
            ends = None if lower is None or upper is None else (lower, upper)
            words = {name: str(row.get(name) or "") for name in ("label", "state", "searched")}
            lines = tuple(str(line) for line in row.get("lines") or ())
            found.append(Moment(words["label"], lines, estimate, ends, words["state"], words["searched"]))
    return found


def _estimates(figure: TimelineFigure, plane: Plane, moments: Sequence[Moment]) -> str:
    """Give the estimates with their intervals, joined, and the line of no effect."""
    box, written = plane.box, shown_on(plane.y)
    null = plane.y.place(figure.null_value)
    shown = svg.line(box.left, null, box.right, null, stroke=INK, stroke_opacity=0.55, stroke_dasharray="4 3")
    joined = [(float(place), one.estimate) for place, one in enumerate(moments, start=1)]
    shown += plane.curve(joined, stroke=INK, stroke_opacity=0.4) if len(joined) > 1 else ""
    for place, one in enumerate(moments, start=1):
        look, title = LOOKS.get(one.state, LOOKS["draft"]), f"{one.label}: {written(one.estimate)}"
        if one.ends:
            (x, low), (_, high) = plane.at(place, one.ends[0]), plane.at(place, one.ends[1])
            for ends in ((x, low, x, high), (x - CAP, low, x + CAP, low), (x - CAP, high, x + CAP, high)):
                shown += svg.line(*ends, stroke=look.colour, stroke_width=1.6)
            title += f" [{written(one.ends[0])}, {written(one.ends[1])}]"
        is_open = one.state == "draft"
        where = plane.at(place, one.estimate)
        shown += mark(look.mark, *where, RADIUS, colour=look.colour, title=title, is_open=is_open)
    return shown


def _searches(plane: Plane, moments: Sequence[Moment]) -> str:
    """Give a line where a search came between two snapshots, with its words above where they have room."""
    shown, box, end = "", plane.box, 0.0
    for place, one in enumerate(moments):
        if not one.searched:
            continue
        x = plane.x.place(place + 0.5)
        ends = {"x1": x, "y1": box.top, "x2": x, "y2": box.bottom}
        inside = svg.element("title", clean(one.searched))
        shown += svg.element("line", inside, **ends, stroke=INK, stroke_opacity=0.5, stroke_dasharray="1 3")
        words = box_of_text(x, box.top - 6.0, one.searched, size=SMALL)
        if words.left >= end and words.right <= WIDTH - MARGIN:
            shown += svg.text(x, box.top - 6.0, one.searched, font_size=SMALL)
            end = words.right + 8.0
    return shown


def _under(plane: Plane, moments: Sequence[Moment]) -> tuple[str, float]:
    """Give the texts below the axis, of as many snapshots as have room, the last one among them; and where they end."""
    shown, taken = "", Box(WIDTH, 0.0, WIDTH, 0.0)
    for place in range(len(moments), 0, -1):
        x, lines = plane.x.place(place), moments[place - 1].lines
        half = max((width_of(line, SMALL) for line in lines), default=0.0) / 2
        if x + half + 8.0 > taken.left or x - half < 0.0:
            continue
        taken = Box(x - half, 0.0, x + half, 0.0)
        shown += svg.line(x, BOTTOM, x, BOTTOM + 5, stroke=INK)
        for number, line in enumerate(lines):
            shown += svg.text(x, UNDER + LINE * number, line, text_anchor="middle", font_size=SMALL)
    return shown, UNDER + LINE * max((len(one.lines) for one in moments), default=1)


def _describe(moments: Sequence[Moment], written: Any) -> str:
    """Give in words the first and the last estimate, and how many searches lie between."""
    count, searches = len(moments), sum(bool(one.searched) for one in moments)
    said = f"{count} {'snapshot' if count == 1 else 'snapshots'}."
    ends = (("First", moments[0]), ("Last", moments[-1])) if count > 1 else (("The only one", moments[0]),)
    for word, one in ends:
        interval = f" [{written(one.ends[0])}, {written(one.ends[1])}]" if one.ends else ""
        said += f" {word}: {written(one.estimate)}{interval} ({one.label})."
    return said + (f" Searches marked: {searches}." if searches else "")
