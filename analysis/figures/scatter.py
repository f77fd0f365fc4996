"""The scatter plot: points with an area, lines with bands, shaded areas and lines across, for many kinds of plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.colours import BLUE, STYLES, VEIL, VERMILION, Style, style
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.legend import Entry, dashed, legend
from analysis.figures.marks import mark
from analysis.figures.metrics import shorten, width_of
from analysis.figures.placing import Box, Spot, box_of_text, place_labels
from analysis.figures.plane import Plane, fit, shown_on
from analysis.figures.points import Area, Line, Point, read_areas, read_crossings, read_lines, read_points
from analysis.figures.text import percent

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import ScatterFigure

EMPTY = "There is nothing to plot."
LEFT, RIGHT, PLOT_TOP, BOTTOM = 90.0, WIDTH - 40.0, TOP + 34.0, 490.0
LEGEND = BOTTOM + 52.0
LARGEST_RADIUS, SMALLEST_RADIUS, PLAIN_RADIUS = 15.0, 2.5, 4.5
# The outermost points are named; more names would hide what is to be seen. Pointing at any point shows its name.
MOST_NAMED = 14
# How dark areas are, from the first on.
SHADES = (0.26, 0.15, 0.07)
BAND = 0.15
POINTS = Style(BLUE, "", "circle")


def draw_scatter(figure: ScatterFigure, result: Mapping[str, Any]) -> str:
    """Give a scatter plot as standalone SVG text.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    drawn = _Drawn(
        read_points(figure, result),
        read_lines(figure, result),
        read_areas(figure, result),
        read_crossings(figure, result),
    )
    if not drawn.points and not any(drawn.lines):
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    plot = _Plot(figure, drawn)
    body, bottom = plot.draw()
    return document(figure.title, body, height=bottom + MARGIN, description=plot.describe())


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What is drawn."""

    points: tuple[Point, ...]
    lines: tuple[Line | None, ...]
    areas: tuple[Area, ...]
    crossings: tuple[tuple[float, str], ...]


class _Plot:
    """The parts of one plot, drawn from the back to the front."""

    def __init__(self, figure: ScatterFigure, drawn: _Drawn) -> None:
        self.figure, self.drawn = figure, drawn
        self.lines = [(place, line) for place, line in enumerate(drawn.lines) if line]
        joined = [point for _, line in self.lines for point in line.points]
        xs = [point.x for point in drawn.points] + [x for x, _ in joined] + [x for x, _ in drawn.crossings]
        ys = [point.y for point in drawn.points] + [y for _, y in joined]
        ys += [end for _, line in self.lines for _, *ends in line.band for end in ends]
        xs += [] if figure.x_value is None else [figure.x_value]
        ys += [0.0, 1.0] if figure.is_y_share else [] if figure.y_value is None else [figure.y_value]
        bottom, top = (PLOT_TOP, BOTTOM) if figure.is_y_downward else (BOTTOM, PLOT_TOP)
        self.plane = Plane(
            x=fit(xs, LEFT, RIGHT, is_ratio=figure.is_x_ratio),
            y=fit(ys, bottom, top, is_ratio=figure.is_y_ratio),
            is_share=figure.is_y_share,
        )
        self.x_shown = shown_on(self.plane.x)
        self.y_shown = percent if figure.is_y_share else shown_on(self.plane.y)
        self.largest = max((point.size for point in drawn.points if point.size), default=0.0)
        self.shades = list(dict.fromkeys(area.label for area in drawn.areas))

    def draw(self) -> tuple[str, float]:
        """Give everything between the opening and the closing tag, and where it ends."""
        figure, drawn = self.figure, self.drawn
        areas = "".join(self._area(area) for area in drawn.areas)
        bands = "".join(self._band(place, line) for place, line in self.lines)
        lines = "".join(self._line(place, line) for place, line in self.lines)
        points = "".join(self._point(point) for point in sorted(drawn.points, key=lambda one: -(one.size or 0.0)))
        words, taken = self._crossings()
        names = place_labels(self._spots(), inside=self.plane.box, most=MOST_NAMED, taken=taken)
        axes = self.plane.axes(figure.x_label, figure.y_label)
        below, bottom = legend(self._entries(), top=LEGEND, left=LEFT)
        behind = areas + bands + self._across()
        return heading(figure.title) + behind + axes + lines + points + words + names + below, bottom

    def describe(self) -> str:
        """Give in words what is to be seen."""
        figure, points, plane = self.figure, self.drawn.points, self.plane
        said = []
        if points:
            said.append(f"{len(points)} {'point' if len(points) == 1 else 'points'}")
            said[0] += f", {sum(point.is_open for point in points)} of them open" if figure.is_open else ""
        ranges = ((figure.x_label, plane.x, 0, self.x_shown), (figure.y_label, plane.y, 1, self.y_shown))
        places = [(point.x, point.y) for point in points] or [one for _, line in self.lines for one in line.points]
        for (name, _, side, shown), way in zip(ranges, ("across", "up"), strict=True):
            ends = sorted(place[side] for place in places)
            way = "down" if side and figure.is_y_downward else way
            said.append(f"{way} {name} from {shown(ends[0])} to {shown(ends[-1])}")
        named = [figure.line_labels[place] for place, _ in self.lines if place < len(figure.line_labels)]
        said += [f"lines: {', '.join(named)}"] if named else []
        said += [f"shaded: {', '.join(self.shades)}"] if self.shades else []
        said += [f"line across at {label}" for _, label in self.drawn.crossings if label]
        if not points:
            said += [
                f"{label} ends at {self.y_shown(line.points[-1][1])}"
                for label, (_, line) in zip(named, self.lines, strict=False)
            ]
        return "Scatter plot: " + "; ".join(said) + "."

    def _across(self) -> str:
        """Give the lines across the plot at the values that the figure names."""
        shown, box = "", self.plane.box
        look: svg.Look = {"stroke": INK, "stroke_opacity": 0.55, "stroke_dasharray": "4 3"}
        if self.figure.x_value is not None:
            x = self.plane.x.place(self.figure.x_value)
            shown += svg.line(x, box.top, x, box.bottom, **look)
        if self.figure.y_value is not None:
            y = self.plane.y.place(self.figure.y_value)
            shown += svg.line(box.left, y, box.right, y, **look)
        return shown

    def _crossings(self) -> tuple[str, list[Box]]:
        """Give the upright lines with their labels, each on a line of its own, and what the labels take up."""
        shown, taken, box = "", [], self.plane.box
        for place, (value, label) in enumerate(self.drawn.crossings):
            x, y = self.plane.x.place(value), box.top + 14.0 + 17.0 * place
            room, wanted = (box.right - box.left) / 2 - 12, width_of(label, SMALL)
            anchor, step = ("start", 6.0) if x + 6.0 + min(room, wanted) < box.right else ("end", -6.0)
            shown += svg.line(x, box.top, x, box.bottom, stroke=INK, stroke_opacity=0.6, stroke_dasharray="4 3")
            words = shorten(label, width=room, size=SMALL)
            shown += svg.text(x + step, y, words, full=label, text_anchor=anchor, font_size=SMALL)
            taken.append(box_of_text(x + step, y, words, size=SMALL, anchor=anchor))
        return shown, taken

    def _area(self, area: Area) -> str:
        """Give a shaded area; where it goes to the edge it ends there."""
        axis = self.plane.x
        there = [(axis.lower if low is None else low, y) for y, low, _ in area.edges]
        back = [(axis.upper if high is None else high, y) for y, _, high in reversed(area.edges)]
        opacity = SHADES[min(self.shades.index(area.label), len(SHADES) - 1)]
        return self.plane.area(there + back, fill=VEIL, fill_opacity=opacity, class_="scatter-area")

    def _band(self, place: int, line: Line) -> str:
        """Give the area between the ends of a band."""
        if len(line.band) < 2:
            return ""
        there = [(x, low) for x, low, _ in line.band]
        back = [(x, high) for x, _, high in reversed(line.band)]
        return self.plane.area(there + back, fill=style(place).colour, fill_opacity=BAND, class_="scatter-band")

    def _line(self, place: int, line: Line) -> str:
        """Give the joined points of a line."""
        look = style(place)
        return self.plane.curve(line.points, stroke=look.colour, stroke_width=1.8, **dashed(look))

    def _radius(self, point: Point) -> float:
        """Give the radius of a point whose area is its size."""
        if not self.largest or point.size is None:
            return PLAIN_RADIUS
        return max(LARGEST_RADIUS * sqrt(max(point.size, 0.0) / self.largest), SMALLEST_RADIUS)

    def _point(self, point: Point) -> str:
        """Give a point; pointing at it shows its name and its numbers."""
        figure = self.figure
        numbers = f"{figure.x_label}: {self.x_shown(point.x)}; {figure.y_label}: {self.y_shown(point.y)}"
        title = f"{point.label}. {numbers}" if point.label else numbers
        look = STYLES[2] if point.is_open else POINTS
        x, y = self.plane.at(point.x, point.y)
        return mark(look.mark, x, y, self._radius(point), colour=look.colour, title=title, is_open=point.is_open)

    def _spots(self) -> list[Spot]:
        """Give the places of the points, the outermost first; points that are open have no names of their own."""
        spots = [
            Spot(
                *self.plane.at(one.x, one.y),
                self._radius(one),
                one.label if self.figure.is_named and not one.is_open else "",
            )
            for one in self.drawn.points
        ]
        if not spots:
            return []
        x, y = median(spot.x for spot in spots), median(spot.y for spot in spots)
        return sorted(spots, key=lambda spot: -((spot.x - x) ** 2 + (spot.y - y) ** 2))

    def _entries(self) -> Sequence[Entry]:
        """Give the lines of the legend: what is not told by the axes."""
        figure, entries = self.figure, []
        if any(point.is_open for point in self.drawn.points):
            entries += [Entry("Observed", "mark", POINTS), Entry(figure.open_label, "open", STYLES[2])]
        for place, _ in self.lines:
            if place < len(figure.line_labels):
                entries.append(Entry(figure.line_labels[place], "line", style(place)))
        if figure.band_label and any(line.band for _, line in self.lines):
            entries.append(Entry(figure.band_label, "area", Style(VERMILION, "", ""), BAND))
        for place, label in enumerate(self.shades):
            entries.append(Entry(label, "area", Style(VEIL, "", ""), SHADES[min(place, len(SHADES) - 1)]))
        return entries
