"""The scatter plot: points with an area, lines with bands, and lines across; for bubble, funnel, Baujat and others."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import sqrt
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.axis import MARGIN as AXIS_MARGIN
from analysis.figures.axis import NARROWEST, Axis
from analysis.figures.forest import decimals_of_ticks, short_ratio
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import ACCENT, FONT, INK, MARGIN, SMALL, SUMMARY, TOP, WIDTH
from analysis.figures.points import Line, Point, read_lines, read_points
from analysis.figures.text import clean, number, shorten

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import ScatterFigure

EMPTY = "There is nothing to plot."
LEFT, RIGHT, BOTTOM = 90.0, WIDTH - 40.0, 470.0
HEIGHT = BOTTOM + 52.0
LARGEST_RADIUS, SMALLEST_RADIUS, PLAIN_RADIUS = 15.0, 2.5, 4.5
# With more points than this, names would lie over each other; pointing at a point shows its name.
MOST_NAMED = 12


def draw_scatter(figure: ScatterFigure, result: Mapping[str, Any]) -> str:
    """Give a scatter plot as standalone SVG text.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    points, lines = read_points(figure, result), read_lines(figure, result)
    if not points and not lines:
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    plot = _Plot(figure, points, lines)
    count = f"{len(points)} {'point' if len(points) == 1 else 'points'}"
    says = f"Scatter plot of {count}: {figure.x_label} across, {figure.y_label} up."
    return document(figure.title, plot.draw(), height=HEIGHT, description=says)


class _Plot:
    """The parts of one plot, drawn from the back to the front."""

    def __init__(self, figure: ScatterFigure, points: tuple[Point, ...], lines: tuple[Line, ...]) -> None:
        self.figure, self.points, self.lines = figure, points, lines
        joined = [point for line in lines for point in line.points]
        xs = [point.x for point in points] + [x for x, _ in joined]
        ys = [point.y for point in points] + [y for _, y in joined]
        ys += [end for line in lines for _, *ends in line.band for end in ends]
        bottom, top = (TOP + 12.0, BOTTOM) if figure.is_y_downward else (BOTTOM, TOP + 12.0)
        self.x = _fit(xs, figure.x_value, LEFT, RIGHT, is_ratio=figure.is_x_ratio)
        self.y = _fit(ys, figure.y_value, bottom, top, is_ratio=figure.is_y_ratio)
        self.largest = max((point.size for point in points if point.size), default=0.0)

    def draw(self) -> str:
        """Give everything between the opening and the closing tag."""
        bands = "".join(self._band(line) for line in self.lines)
        lines = "".join(self._line(line) for line in self.lines)
        points = "".join(self._point(point) for point in sorted(self.points, key=lambda one: -(one.size or 0.0)))
        return heading(self.figure.title) + bands + self._across() + self._axes() + lines + points + self._names()

    def _across(self) -> str:
        """Give the lines across the plot at the values that the figure names."""
        shown = ""
        if self.figure.x_value is not None:
            x = self.x.place(self.figure.x_value)
            shown += svg.line(x, TOP + 12.0, x, BOTTOM, stroke=INK, stroke_opacity=0.55, stroke_dasharray="4 3")
        if self.figure.y_value is not None:
            y = self.y.place(self.figure.y_value)
            shown += svg.line(LEFT, y, RIGHT, y, stroke=INK, stroke_opacity=0.55, stroke_dasharray="4 3")
        return shown

    def _axes(self) -> str:
        """Give both axes with their ticks and what they show."""
        parts = [
            svg.line(LEFT, BOTTOM, RIGHT, BOTTOM, stroke=INK),
            svg.line(LEFT, TOP + 12.0, LEFT, BOTTOM, stroke=INK),
        ]
        for tick, words in _ticks(self.x):
            x = self.x.place(tick)
            parts.append(svg.line(x, BOTTOM, x, BOTTOM + 5, stroke=INK))
            parts.append(svg.text(x, BOTTOM + 18, words, text_anchor="middle", font_size=SMALL))
        for tick, words in _ticks(self.y):
            y = self.y.place(tick)
            parts.append(svg.line(LEFT - 5, y, LEFT, y, stroke=INK))
            parts.append(svg.text(LEFT - 9, y + 4, words, text_anchor="end", font_size=SMALL))
        label = shorten(self.figure.x_label, width=RIGHT - LEFT, size=FONT)
        parts.append(svg.text((LEFT + RIGHT) / 2, BOTTOM + 40, label, full=self.figure.x_label, text_anchor="middle"))
        above = shorten(self.figure.y_label, width=RIGHT - MARGIN, size=SMALL)
        parts.append(svg.text(MARGIN, TOP + 5, above, full=self.figure.y_label, font_size=SMALL))
        return "".join(parts)

    def _band(self, line: Line) -> str:
        """Give the area between the ends of a band."""
        if len(line.band) < 2:
            return ""
        there = [(self.x.place(x), self.y.place(low)) for x, low, _ in line.band]
        back = [(self.x.place(x), self.y.place(high)) for x, _, high in reversed(line.band)]
        return svg.polygon(there + back, fill=SUMMARY, fill_opacity=0.15, class_="scatter-band")

    def _line(self, line: Line) -> str:
        """Give the joined points of a line."""
        places = [(self.x.place(x), self.y.place(y)) for x, y in line.points]
        pairs = pairwise(places)
        return "".join(svg.line(*one, *two, stroke=SUMMARY, stroke_width=1.8) for one, two in pairs)

    def _point(self, point: Point) -> str:
        """Give a point as a circle; pointing at it shows its name."""
        radius = PLAIN_RADIUS
        if self.largest and point.size is not None:
            radius = max(LARGEST_RADIUS * sqrt(max(point.size, 0.0) / self.largest), SMALLEST_RADIUS)
        inside = svg.element("title", clean(point.label)) if point.label else ""
        place = {"cx": self.x.place(point.x), "cy": self.y.place(point.y), "r": radius}
        return svg.element("circle", inside, **place, fill=ACCENT, fill_opacity=0.65, stroke=ACCENT)

    def _names(self) -> str:
        """Give the names beside the points where there are few of them."""
        if len(self.points) > MOST_NAMED:
            return ""
        shown = ""
        for point in self.points:
            x, y = self.x.place(point.x), self.y.place(point.y)
            anchor, step = ("end", -9.0) if x > (LEFT + RIGHT) / 2 else ("start", 9.0)
            words = shorten(point.label, width=170.0, size=SMALL)
            shown += svg.text(x + step, y - 7, words, full=point.label, text_anchor=anchor, font_size=SMALL)
        return shown


def _fit(values: list[float], across: float | None, left: float, right: float, *, is_ratio: bool) -> Axis:
    """Give an axis on which all values lie, and the line across."""
    every = values + ([] if across is None else [across])
    low, high = min(every), max(every)
    if high - low < NARROWEST * max(abs(low), abs(high), 1.0):
        low, high = low - 0.5, high + 0.5
    margin = AXIS_MARGIN * (high - low)
    return Axis(lower=low - margin, upper=high + margin, left=left, right=right, is_ratio=is_ratio)


def _ticks(axis: Axis) -> list[tuple[float, str]]:
    """Give the ticks of an axis with their words."""
    ticks = axis.ticks()
    decimals = decimals_of_ticks(ticks)
    return [(tick, short_ratio(tick) if axis.is_ratio else number(tick, decimals=decimals)) for tick in ticks]
