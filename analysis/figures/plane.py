"""A plane with two axes: ticks, words, curves and areas, cut off at its edges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.figures import svg
from analysis.figures.axis import MARGIN as AXIS_MARGIN
from analysis.figures.axis import NARROWEST, Axis
from analysis.figures.forest import decimals_of_ticks, short_ratio
from analysis.figures.layout import FONT, INK, SMALL
from analysis.figures.metrics import shorten, width_of
from analysis.figures.placing import Box
from analysis.figures.text import axis_words, decimals_for, number, percent, ratio

Place = tuple[float, float]
# Room between the numbers of neighbouring ticks, and between their lines.
BESIDE, BELOW = 8.0, 18.0
# Numbers that differ by less than this from whole ones are whole: sums of steps.
WHOLE = 1e-9


@dataclass(frozen=True, slots=True)
class Plane:
    """Two axes.

    `is_share` says that the upright one holds fractions, shown as percentages; `has_whole_x` that the other one counts;
    without `has_x` its ticks are left to others.
    """

    x: Axis
    y: Axis
    is_share: bool = False
    has_whole_x: bool = False
    has_x: bool = True

    @property
    def box(self) -> Box:
        """The rectangle between the axes."""
        top, bottom = sorted((self.y.left, self.y.right))
        return Box(self.x.left, top, self.x.right, bottom)

    def at(self, x: float, y: float) -> Place:
        """Give the place of a point; one outside lies at the edge."""
        return self.x.place(x), self.y.place(y)

    def axes(self, x_label: str, y_label: str) -> str:
        """Give both axes with their ticks and what they show; the upright one is named above it."""
        box = self.box
        parts = [svg.line(box.left, box.bottom, box.right, box.bottom, stroke=INK)]
        parts.append(svg.line(box.left, box.top, box.left, box.bottom, stroke=INK))
        ticks = _spread(self.x, lambda words: width_of(words, SMALL) + BESIDE, is_whole=self.has_whole_x)
        for x, words in ticks if self.has_x else ():
            parts.append(svg.line(x, box.bottom, x, box.bottom + 5, stroke=INK))
            parts.append(svg.text(x, box.bottom + 18, words, text_anchor="middle", font_size=SMALL))
        for y, words in _spread(self.y, lambda words: BELOW, is_share=self.is_share):
            parts.append(svg.line(box.left - 5, y, box.left, y, stroke=INK))
            parts.append(svg.text(box.left - 9, y + 4, words, text_anchor="end", font_size=SMALL))
        below = shorten(axis_words(x_label), width=box.right - box.left, size=FONT)
        if below:
            middle = (box.left + box.right) / 2
            parts.append(svg.text(middle, box.bottom + 40, below, full=x_label, text_anchor="middle"))
        above = shorten(y_label, width=box.right - box.left + 60, size=SMALL)
        if above:
            parts.append(svg.text(box.left - 60, box.top - 10, above, full=y_label, font_size=SMALL))
        return "".join(parts)

    def curve(self, points: Sequence[Place], **look: svg.Attribute) -> str:
        """Give points joined in their order."""
        places = [self.at(*point) for point in points]
        listed = " ".join(f"{svg.coordinate(x)},{svg.coordinate(y)}" for x, y in places)
        return svg.element("polyline", points=listed, fill="none", **look)

    def area(self, corners: Sequence[Place], **look: svg.Attribute) -> str:
        """Give the part of a shape that lies between the axes, "" where none does."""
        places = [(_stretch(self.x, x), _stretch(self.y, y)) for x, y in corners]
        cut = _cut(places, self.box)
        return svg.polygon(cut, **look) if len(cut) > 2 else ""


def fit(
    values: Sequence[float], left: float, right: float, *, is_ratio: bool = False, margin: float = AXIS_MARGIN
) -> Axis:
    """Give an axis on which all values lie, with a margin as a part of their range."""
    low, high = min(values), max(values)
    if high - low < NARROWEST * max(abs(low), abs(high), 1.0):
        low, high = low - 0.5, high + 0.5
    more = margin * (high - low)
    return Axis(lower=low - more, upper=high + more, left=left, right=right, is_ratio=is_ratio)


def shown_on(axis: Axis) -> Callable[[float], str]:
    """Give how numbers of an axis are written for readers."""
    decimals = decimals_for(axis.upper - axis.lower)
    return lambda value: ratio(value) if axis.is_ratio else number(value, decimals=decimals)


def _spread(
    axis: Axis, room: Callable[[str], float], *, is_share: bool = False, is_whole: bool = False
) -> list[tuple[float, str]]:
    """Give the places of the ticks with their words; a tick too near to the one before is left out."""
    ticks = [tick for tick in axis.ticks() if not is_whole or abs(tick - round(tick)) < WHOLE]
    decimals = decimals_of_ticks(ticks)
    kept: list[tuple[float, str]] = []
    for tick in ticks:
        words = short_ratio(tick) if axis.is_ratio else number(tick, decimals=decimals)
        words = _whole(percent(tick)) if is_share else words
        place = axis.place(tick)
        if not kept or abs(place - kept[-1][0]) >= (room(words) + room(kept[-1][1])) / 2:
            kept.append((place, words))
    return kept


def _whole(words: str) -> str:
    """Give a percentage without a decimal that is 0."""
    return words.replace(".0%", "%")


def _stretch(axis: Axis, value: float) -> float:
    """Give the place of a number on the axis and beyond its ends."""
    return axis.left + (value - axis.lower) / (axis.upper - axis.lower) * (axis.right - axis.left)


def _cut(shape: Sequence[Place], box: Box) -> list[Place]:
    """Give the part of a shape inside a rectangle, edge by edge (Sutherland and Hodgman 1974)."""
    edges = ((0, box.left, 1.0), (0, box.right, -1.0), (1, box.top, 1.0), (1, box.bottom, -1.0))
    left = list(shape)
    for side, edge, sign in edges:
        given, left = left, []
        for before, here in zip([*given[-1:], *given[:-1]], given, strict=True):
            was, is_in = sign * (before[side] - edge) >= 0.0, sign * (here[side] - edge) >= 0.0
            if was != is_in:
                part = (edge - before[side]) / (here[side] - before[side])
                left.append((before[0] + part * (here[0] - before[0]), before[1] + part * (here[1] - before[1])))
            if is_in:
                left.append(here)
    return left
