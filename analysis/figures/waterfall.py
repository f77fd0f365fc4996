"""The waterfall plot: a number before, what each change added or took, and the number after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.figures import svg
from analysis.figures.axis import MARGIN as AXIS_MARGIN
from analysis.figures.axis import NARROWEST, Axis
from analysis.figures.colours import BLUE, VERMILION
from analysis.figures.forest import decimals_of_ticks, short_ratio
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import (
    FONT,
    INK,
    LABEL_WIDTH,
    MARGIN,
    PLOT_LEFT,
    ROW,
    SMALL,
    TEXT_RIGHT,
    TOP,
)
from analysis.figures.metrics import shorten
from analysis.figures.table import UnknownTable, number_of
from analysis.figures.text import axis_words, clean, decimals_for, number, ratio

EMPTY = "There is no movement to show."
# More changes than these are drawn as one bar, the smallest first.
MOST_BARS = 20
OTHERS = "{count} smaller changes together"
BAR, RIGHT = 13.0, 800.0
# A share that is not seen at this part of the whole span still gets a bar.
THINNEST = 1.5


@dataclass(frozen=True, slots=True)
class WaterfallFigure:
    """A waterfall plot of a table of the result.

    `rows` names the table of changes, `label` and `change` its columns; `before` and `after` name the numbers of the
    result that the changes lead from and to, `before_label` and `after_label` are text. Numbers are on the scale of the
    measure; where `is_ratio`, ticks and ends are shown as ratios and changes as factors.
    """

    title: str
    rows: str
    label: str = "label"
    change: str = "change"
    before: str = "before"
    after: str = "after"
    before_label: str = "Before"
    after_label: str = "After"
    x_label: str = ""
    is_ratio: bool = False
    kind: str = "waterfall"


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the plot, from `start` to `end`."""

    label: str
    start: float
    end: float
    is_total: bool = False

    @property
    def change(self) -> float:
        """What the bar adds."""
        return self.end - self.start


def draw_waterfall(figure: WaterfallFigure, result: Mapping[str, Any]) -> str:
    """Give a waterfall plot as standalone SVG text; equal figures and results give equal bytes.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    rows = result.get(figure.rows)
    if not isinstance(rows, list | tuple):
        raise UnknownTable(figure.rows)
    before, after = number_of(result, figure.before), number_of(result, figure.after)
    if before is None or after is None:
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    bars = read_bars(figure, rows, before, after)
    plot = _Plot(figure, bars)
    count = f"{len(bars) - 2} {'change' if len(bars) == 3 else 'changes'}"
    ends = f"{figure.before_label} {plot.total(before)}, {figure.after_label} {plot.total(after)}"
    says = f"Waterfall plot of {count}: {ends}."
    return document(figure.title, plot.draw(), height=plot.height, description=says)


def read_bars(figure: WaterfallFigure, rows: Any, before: float, after: float) -> tuple[Bar, ...]:
    """Give the bars in the order of the rows, between both totals; the smallest of many changes are joined."""
    changes = [(str(row.get(figure.label) or ""), number_of(row, figure.change) or 0.0) for row in rows]
    if len(changes) > MOST_BARS:
        ranked = sorted(range(len(changes)), key=lambda place: -abs(changes[place][1]))
        kept = sorted(ranked[: MOST_BARS - 1])
        rest = sum(changes[place][1] for place in ranked[MOST_BARS - 1 :])
        others = OTHERS.format(count=len(changes) - len(kept))
        changes = [*(changes[place] for place in kept), (others, rest)]
    bars, at = [Bar(figure.before_label, before, before, is_total=True)], before
    for label, change in changes:
        bars.append(Bar(label, at, at + change))
        at += change
    return (*bars, Bar(figure.after_label, after, after, is_total=True))


class _Plot:
    """The lines of one plot."""

    def __init__(self, figure: WaterfallFigure, bars: tuple[Bar, ...]) -> None:
        self.figure, self.bars = figure, bars
        self.axis = _fit([value for bar in bars for value in (bar.start, bar.end)], is_ratio=figure.is_ratio)
        self.decimals = decimals_for(self.axis.upper - self.axis.lower)
        self.bottom = self._middle(len(bars) - 1) + ROW * 0.9
        self.height = self.bottom + 58.0

    def draw(self) -> str:
        """Give everything between the opening and the closing tag."""
        lines = "".join(self._line(place, bar) for place, bar in enumerate(self.bars))
        return heading(self.figure.title) + self._joints() + lines + self._axis()

    def total(self, value: float) -> str:
        """Give one of the ends as a reader sees it."""
        return ratio(value) if self.figure.is_ratio else number(value, decimals=self.decimals)

    def _middle(self, place: int) -> float:
        """Give the middle of a line."""
        return TOP + ROW * (place + 0.9)

    def _line(self, place: int, bar: Bar) -> str:
        """Give a line: its name, its bar or the mark of a total, and its number."""
        y = self._middle(place)
        weight = {"font_weight": "bold"} if bar.is_total else {}
        name = shorten(bar.label, width=LABEL_WIDTH, size=FONT, is_bold=bar.is_total)
        shown = svg.text(MARGIN, y + 4, name, full=bar.label, **weight)
        written = self.total(bar.end) if bar.is_total else self._change(bar.change)
        shown += svg.text(TEXT_RIGHT, y + 4, written, text_anchor="end", **weight)
        if bar.is_total:
            return shown + svg.element("circle", cx=self.axis.place(bar.end), cy=y, r=5.0, fill=INK)
        left, right = sorted((self.axis.place(bar.start), self.axis.place(bar.end)))
        box = {"x": left, "y": y - BAR / 2, "width": max(right - left, THINNEST), "height": BAR}
        colour = VERMILION if bar.change > 0 else BLUE
        inside = svg.element("title", clean(f"{bar.label}: {written}"))
        return shown + svg.element("rect", inside, **box, fill=colour, fill_opacity=0.85)

    def _change(self, change: float) -> str:
        """Give what a bar adds: with its sign, or as a factor."""
        if self.figure.is_ratio:
            return f"× {ratio(change)}"
        written = number(change, decimals=self.decimals)
        return f"+{written}" if change > 0 and float(written) != 0 else written

    def _joints(self) -> str:
        """Give the thin lines that lead from the end of each bar to the next."""
        shown = ""
        for place, bar in enumerate(self.bars[:-1]):
            x = self.axis.place(bar.end)
            shown += svg.line(x, self._middle(place), x, self._middle(place + 1), stroke=INK, stroke_opacity=0.35)
        return shown

    def _axis(self) -> str:
        """Give the axis with its ticks and what it shows."""
        parts = [svg.line(self.axis.left, self.bottom, self.axis.right, self.bottom, stroke=INK)]
        ticks = self.axis.ticks()
        decimals = decimals_of_ticks(ticks)
        for tick in ticks:
            x = self.axis.place(tick)
            words = short_ratio(tick) if self.figure.is_ratio else number(tick, decimals=decimals)
            parts.append(svg.line(x, self.bottom, x, self.bottom + 5, stroke=INK))
            parts.append(svg.text(x, self.bottom + 18, words, text_anchor="middle", font_size=SMALL))
        middle = (self.axis.left + self.axis.right) / 2
        label = shorten(axis_words(self.figure.x_label), width=self.axis.right - self.axis.left, size=FONT)
        parts.append(svg.text(middle, self.bottom + 40, label, full=self.figure.x_label, text_anchor="middle"))
        return "".join(parts)


def _fit(values: list[float], *, is_ratio: bool) -> Axis:
    """Give an axis on which all values lie."""
    low, high = min(values), max(values)
    if high - low < NARROWEST * max(abs(low), abs(high), 1.0):
        low, high = low - 0.5, high + 0.5
    margin = AXIS_MARGIN * (high - low)
    return Axis(lower=low - margin, upper=high + margin, left=PLOT_LEFT, right=RIGHT, is_ratio=is_ratio)
