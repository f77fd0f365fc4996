"""The forest plot: one line per row, the summary as a diamond, the prediction interval as a thin bar."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp, sqrt
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.axis import LARGEST_LOG, Axis, fit_axis
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import (
    ACCENT,
    FONT,
    INK,
    LABEL_WIDTH,
    MARGIN,
    PLOT_LEFT,
    PLOT_RIGHT,
    ROW,
    SMALL,
    SUMMARY,
    TEXT_RIGHT,
    WEIGHT_RIGHT,
    WIDTH,
    Layout,
)
from analysis.figures.table import Interval, Row, Table, read_table
from analysis.figures.text import NO_NUMBER, decimals_for, number, percent, ratio, shorten

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import ForestFigure

EMPTY = "No study has a result that can be shown."
LARGEST_SQUARE, SMALLEST_SQUARE, PLAIN_SQUARE = 14.0, 4.0, 7.0
ARROW, HALF_DIAMOND, HALF_BAR = 6.0, 7.0, 2.5


def draw_forest(figure: ForestFigure, result: Mapping[str, Any]) -> str:
    """Give a forest plot as standalone SVG text; equal figures and results give equal bytes.

    Parameters
    ----------
    figure : what to draw
    result : plain data of the result (`model_dump(mode="json")`), numbers on the scale of the measure

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    table = read_table(figure, result)
    if all(one.estimate is None for one in (*(row.interval for row in table.rows), table.summary)):
        return empty(figure.title, table.messages[0] if table.messages else EMPTY)
    axis = fit_axis(table, null_value=figure.null_value, left=PLOT_LEFT, right=PLOT_RIGHT, is_ratio=figure.is_ratio)
    plot = _Plot(figure, table, axis)
    return document(figure.title, plot.draw(), height=plot.layout.height, description=plot.describe())


class _Plot:
    """The parts of one plot, drawn from top to bottom."""

    def __init__(self, figure: ForestFigure, table: Table, axis: Axis) -> None:
        self.figure, self.table, self.axis = figure, table, axis
        self.layout = Layout(
            rows=len(table.rows),
            has_summary=table.summary.estimate is not None,
            has_prediction=table.prediction.ends is not None,
        )
        self.decimals = decimals_for(axis.upper - axis.lower)
        self.heaviest = max((row.weight for row in table.rows if row.weight), default=0.0)

    def draw(self) -> str:
        """Give everything between the opening and the closing tag."""
        rows = "".join(self._row(row, self.layout.row(index)) for index, row in enumerate(self.table.rows))
        return (
            heading(self.figure.title)
            + self._headings()
            + self._null_line()
            + rows
            + self._summary()
            + self._prediction()
            + self._axis()
            + self._sides()
        )

    def describe(self) -> str:
        """Give the description for screen readers: what is shown, and the summary in words."""
        count = len(self.table.rows)
        scale = "a logarithmic" if self.figure.is_ratio else "a linear"
        said = [f"Forest plot of {count} {'row' if count == 1 else 'rows'} on {scale} axis."]
        if self.table.summary.estimate is not None:
            label = self.figure.summary_label or "Summary"
            said.append(f"{label}: {self._interval_text(self.table.summary)} ({self._interval_name()}).")
        if self.table.prediction.ends:
            said.append(f"Prediction interval: {self._ends_text(self.table.prediction)}.")
        return " ".join(said)

    def _headings(self) -> str:
        """Give the names of the columns on the right."""
        y = self.layout.headings
        shown = svg.text(TEXT_RIGHT, y, f"Estimate [{self._interval_name()}]", text_anchor="end", font_weight="bold")
        if self.heaviest:
            shown += svg.text(WEIGHT_RIGHT, y, "Weight", text_anchor="end", font_weight="bold")
        return shown + svg.line(MARGIN, y + 8, WIDTH - MARGIN, y + 8, stroke=INK, stroke_opacity=0.35)

    def _null_line(self) -> str:
        """Give the vertical line at the null."""
        x = self.axis.place(self.figure.null_value)
        top, bottom = self.layout.headings + 8, self.layout.axis
        return svg.line(x, top, x, bottom, stroke=INK, stroke_opacity=0.55, class_="forest-null")

    def _row(self, row: Row, y: float) -> str:
        """Give one line: label, interval, square, weight and text."""
        label = shorten(row.label, width=LABEL_WIDTH, size=FONT)
        parts = [svg.text(MARGIN, y + 4.5, label, full=row.label)]
        if row.interval.estimate is None:
            words = shorten(row.message or NO_NUMBER, width=TEXT_RIGHT - PLOT_RIGHT - MARGIN, size=SMALL)
            parts.append(svg.text(TEXT_RIGHT, y + 4.5, words, full=row.message, text_anchor="end", font_size=SMALL))
            return svg.element("g", "".join(parts))
        parts.append(self._whisker(row.interval, y))
        side = self._side_of_square(row.weight)
        x = self.axis.place(row.interval.estimate)
        parts.append(svg.element("rect", x=x - side / 2, y=y - side / 2, width=side, height=side, fill=ACCENT))
        if row.weight is not None:
            parts.append(svg.text(WEIGHT_RIGHT, y + 4.5, percent(row.weight), text_anchor="end"))
        parts.append(svg.text(TEXT_RIGHT, y + 4.5, self._interval_text(row.interval), text_anchor="end"))
        return svg.element("g", "".join(parts))

    def _side_of_square(self, weight: float | None) -> float:
        """Give the side of a square whose area is proportional to the weight."""
        if not self.heaviest or weight is None:
            return PLAIN_SQUARE
        return max(LARGEST_SQUARE * sqrt(max(weight, 0.0) / self.heaviest), SMALLEST_SQUARE)

    def _whisker(self, interval: Interval, y: float) -> str:
        """Give the line of an interval, with an arrow at an end that lies outside the axis."""
        if not interval.ends:
            return ""
        lower, upper = interval.ends
        x1, x2 = self.axis.place(lower), self.axis.place(upper)
        return svg.line(x1, y, x2, y, stroke=ACCENT, stroke_width=1.6) + self._arrows(interval, y, ACCENT)

    def _arrows(self, interval: Interval, y: float, colour: str) -> str:
        """Give an arrow for each end of an interval that lies outside the axis."""
        lower, upper = interval.ends or (self.axis.lower, self.axis.upper)
        arrows = ""
        if lower < self.axis.lower:
            x = self.axis.left
            points = [(x - ARROW, y), (x + 1, y - ARROW * 0.7), (x + 1, y + ARROW * 0.7)]
            arrows += svg.polygon(points, fill=colour, class_="forest-clipped")
        if upper > self.axis.upper:
            x = self.axis.right
            points = [(x + ARROW, y), (x - 1, y - ARROW * 0.7), (x - 1, y + ARROW * 0.7)]
            arrows += svg.polygon(points, fill=colour, class_="forest-clipped")
        return arrows

    def _summary(self) -> str:
        """Give the diamond with its label and text; its tips are the ends of the interval."""
        summary, y = self.table.summary, self.layout.summary
        if summary.estimate is None:
            return ""
        centre = self.axis.place(summary.estimate)
        lower, upper = summary.ends or (summary.estimate, summary.estimate)
        tips = self.axis.place(lower), self.axis.place(upper)
        points = [(tips[0], y), (centre, y - HALF_DIAMOND), (tips[1], y), (centre, y + HALF_DIAMOND)]
        label = shorten(self.figure.summary_label or "Summary", width=LABEL_WIDTH, size=FONT * 1.05)
        return (
            svg.line(MARGIN, y - ROW * 0.7, WIDTH - MARGIN, y - ROW * 0.7, stroke=INK, stroke_opacity=0.35)
            + svg.text(MARGIN, y + 4.5, label, full=self.figure.summary_label, font_weight="bold")
            + svg.polygon(points, fill=SUMMARY, class_="forest-summary")
            + self._arrows(summary, y, SUMMARY)
            + svg.text(TEXT_RIGHT, y + 4.5, self._interval_text(summary), text_anchor="end", font_weight="bold")
        )

    def _prediction(self) -> str:
        """Give the thin bar of the prediction interval with its label and text."""
        prediction, y = self.table.prediction, self.layout.prediction
        if not prediction.ends:
            return ""
        x1, x2 = (self.axis.place(end) for end in prediction.ends)
        bar = svg.element(
            "rect", x=x1, y=y - HALF_BAR, width=x2 - x1, height=2 * HALF_BAR, fill=SUMMARY, class_="forest-prediction"
        )
        return (
            svg.text(MARGIN, y + 4.5, f"{self._level()}prediction interval".capitalize())
            + bar
            + self._arrows(prediction, y, SUMMARY)
            + svg.text(TEXT_RIGHT, y + 4.5, self._ends_text(prediction), text_anchor="end")
        )

    def _axis(self) -> str:
        """Give the axis with its ticks, their numbers and what the axis shows."""
        y, ticks = self.layout.axis, self.axis.ticks()
        decimals = decimals_of_ticks(ticks)
        parts = [svg.line(PLOT_LEFT, y, PLOT_RIGHT, y, stroke=INK)]
        for tick in ticks:
            x = self.axis.place(tick)
            shown = short_ratio(tick) if self.figure.is_ratio else number(tick, decimals=decimals)
            parts.append(svg.line(x, y, x, y + 5, stroke=INK))
            parts.append(svg.text(x, y + 18, shown, text_anchor="middle", font_size=SMALL))
        centre, full = (PLOT_LEFT + PLOT_RIGHT) / 2, self.figure.x_label
        label = shorten(full, width=PLOT_RIGHT - PLOT_LEFT, size=FONT)
        return "".join(parts) + (svg.text(centre, y + 37, label, full=full, text_anchor="middle") if label else "")

    def _sides(self) -> str:
        """Give which arm each side of the null favours, each in its half of the plot."""
        y, room = self.layout.sides, (PLOT_RIGHT - PLOT_LEFT) / 2 - 12
        shown = ""
        if self.figure.favours_left:
            words = shorten(f"← {self.figure.favours_left}", width=room, size=SMALL)
            shown += svg.text(PLOT_LEFT, y, words, full=self.figure.favours_left, font_size=SMALL)
        if self.figure.favours_right:
            words = shorten(self.figure.favours_right, width=room - 2 * SMALL, size=SMALL) + " →"
            shown += svg.text(PLOT_RIGHT, y, words, full=self.figure.favours_right, text_anchor="end", font_size=SMALL)
        return shown

    def _interval_name(self) -> str:
        """Give the name of the intervals, such as 95% CI."""
        return f"{self._level()}CI"

    def _level(self) -> str:
        """Give the confidence level with a space behind it, "" where the result does not say it."""
        level = self.table.level
        return "" if level is None else f"{100 * level:.6g}% "

    def _interval_text(self, interval: Interval) -> str:
        """Give the estimate and its interval for readers."""
        estimate = NO_NUMBER if interval.estimate is None else self._shown(interval.estimate)
        return f"{estimate} {self._ends_text(interval)}" if interval.ends else estimate

    def _ends_text(self, interval: Interval) -> str:
        """Give the ends of an interval for readers."""
        lower, upper = interval.ends or (0.0, 0.0)
        return f"[{self._shown(lower)}, {self._shown(upper)}]"

    def _shown(self, value: float) -> str:
        """Give a number of the measure for readers; log ratios as ratios."""
        return ratio(value) if self.figure.is_ratio else number(value, decimals=self.decimals)


def decimals_of_ticks(ticks: list[float]) -> int:
    """Give the fewest decimals with which the ticks keep their values, at most 6."""
    span = max((abs(tick) for tick in ticks), default=1.0) or 1.0
    exact = (d for d in range(7) if all(abs(round(tick, d) - tick) < 1e-9 * span for tick in ticks))
    return next(exact, 6)


def short_ratio(tick: float) -> str:
    """Give the ratio of a tick without needless zeros; a power of e where exp() has no answer."""
    return f"{exp(tick):.6g}" if abs(tick) < LARGEST_LOG else f"e^{number(tick, decimals=0)}"
