"""The drapery plot: the p-value functions of all studies, of their summary and of a new study.

References
----------
Ruecker and Schwarzer (2021), doi:10.1002/jrsm.1435.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import erfc, sqrt
from statistics import median
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.axis import Axis
from analysis.figures.colours import VEIL, Style, style
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.legend import Entry, dashed, legend
from analysis.figures.plane import Plane, fit, shown_on
from analysis.figures.table import number_of, rows_of
from analysis.figures.text import clean, number

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import DraperyFigure

EMPTY = "No study has a result that can be shown."
LEFT, RIGHT, PLOT_TOP, BOTTOM = 90.0, WIDTH - 60.0, TOP + 34.0, 490.0
LEGEND = BOTTOM + 52.0
# How far curves are drawn, in standard errors, and in how many steps on each side.
REACH, STEPS = 3.3, 22
# How far the axis goes beyond the outermost estimate, in typical standard errors.
BEYOND = 3.0
STUDY = Style(VEIL, "", "circle")
FAINT = {1: 0.8, 10: 0.5, 40: 0.35}
FAINTEST = 0.2

Curve = tuple[tuple[float, float], ...]


def draw_drapery(figure: DraperyFigure, result: Mapping[str, Any]) -> str:
    """Give p-value functions as standalone SVG text.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    rows = rows_of(result, figure.rows)
    found = [
        (str(row.get(figure.label) or ""), number_of(row, figure.estimate), number_of(row, figure.se)) for row in rows
    ]
    studies = [(label, estimate, se) for label, estimate, se in found if estimate is not None and se]
    lines = [_line(rows_of(result, name)) for name in figure.lines]
    if not studies:
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    estimates = [estimate for _, estimate, _ in studies]
    room = BEYOND * median(se for _, _, se in studies)
    ends = [min(estimates) - room, max(estimates) + room, figure.null_value]
    x = fit(ends, LEFT, RIGHT, is_ratio=figure.is_ratio, margin=0.0)
    plane = Plane(x=x, y=fit([0.0, 1.0], BOTTOM, PLOT_TOP, margin=0.0))
    body = heading(figure.title) + _levels(figure, plane) + plane.axes(figure.x_label, "p value of each number below")
    opacity = next((faint for most, faint in FAINT.items() if len(studies) <= most), FAINTEST)
    written = shown_on(x)
    for label, estimate, se in studies:
        faint: svg.Look = {"stroke": INK, "stroke_opacity": opacity, "stroke_width": 1.2}
        body += _named(plane, _normal(estimate, se, x), f"{label}: {written(estimate)}", **faint)
    entries = [Entry("Each study", "line", STUDY)]
    for place, line in enumerate(lines):
        if line and place < len(figure.line_labels):
            look = style(place)
            inside = [point for point in line if x.lower <= point[0] <= x.upper]
            body += _named(
                plane, inside, figure.line_labels[place], stroke=look.colour, stroke_width=2.6, **dashed(look)
            )
            entries.append(Entry(figure.line_labels[place], "line", look))
    below, bottom = legend(entries, top=LEGEND, left=LEFT)
    says = _describe(figure, len(studies), lines, x)
    return document(figure.title, body + below, height=bottom + MARGIN, description=says)


def _line(rows: Sequence[Mapping[str, Any]]) -> Curve:
    """Give the points of a curve."""
    points = ((number_of(row, "x"), number_of(row, "p_value")) for row in rows)
    return tuple((x, p) for x, p in points if x is not None and p is not None)


def _normal(estimate: float, se: float, axis: Axis) -> list[tuple[float, float]]:
    """Give the curve of a study on the axis: two-sided p values of a normal test."""
    steps = [estimate + se * REACH * step / STEPS for step in range(-STEPS, STEPS + 1)]
    ends = [end for end in (axis.lower, axis.upper) if steps[0] < end < steps[-1]]
    return [
        (x, erfc(abs(x - estimate) / se / sqrt(2.0))) for x in sorted([*steps, *ends]) if axis.lower <= x <= axis.upper
    ]


def _named(plane: Plane, points: Sequence[tuple[float, float]], title: str, **look: Any) -> str:
    """Give a curve that shows its name where it is pointed at."""
    if len(points) < 2:
        return ""
    places = [plane.at(*point) for point in points]
    listed = " ".join(f"{svg.coordinate(x)},{svg.coordinate(y)}" for x, y in places)
    return svg.element("polyline", svg.element("title", clean(title)), points=listed, fill="none", **look)


def _levels(figure: DraperyFigure, plane: Plane) -> str:
    """Give the line of no effect, and those across at the p values that belong to intervals."""
    box = plane.box
    look: svg.Look = {"stroke": INK, "stroke_opacity": 0.55, "stroke_dasharray": "4 3"}
    null = plane.x.place(figure.null_value)
    shown = svg.line(null, box.top, null, box.bottom, **look)
    for level in figure.levels:
        y = plane.y.place(level)
        shown += svg.line(box.left, y, box.right, y, **look)
        shown += svg.text(box.right + 6, y + 4, number(level, decimals=2), font_size=SMALL)
    return shown


def _describe(figure: DraperyFigure, count: int, lines: Sequence[Curve], axis: Axis) -> str:
    """Give in words where the curves of the summary and of others cross the levels."""
    said = f"p-value functions of {count} {'study' if count == 1 else 'studies'} over {figure.x_label}."
    written = shown_on(axis)
    for label, line in zip(figure.line_labels, lines, strict=False):
        if not line:
            continue
        peak = max(line, key=lambda point: point[1])
        said += f" {label}: highest at {written(peak[0])}"
        for level in figure.levels:
            ends = _crossings(line, level)
            if len(ends) == 2:
                said += f", above {number(level, decimals=2)} from {written(ends[0])} to {written(ends[1])}"
        said += "."
    return said


def _crossings(line: Curve, level: float) -> list[float]:
    """Give where a curve crosses a p value."""
    return [
        x1 + (level - p1) / (p2 - p1) * (x2 - x1)
        for (x1, p1), (x2, p2) in pairwise(line)
        if (p1 < level) != (p2 < level)
    ]
