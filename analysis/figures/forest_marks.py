"""The marks of a forest plot: squares, intervals, diamonds, and arrows where an interval leaves the axis."""

from math import sqrt

from analysis.figures import svg
from analysis.figures.axis import Axis
from analysis.figures.layout import ACCENT, SUMMARY
from analysis.figures.table import Interval, Row

LARGEST_SQUARE, SMALLEST_SQUARE, PLAIN_SQUARE = 14.0, 4.0, 7.0
ARROW, HALF_DIAMOND, HALF_BAR = 6.0, 7.0, 2.5


def study_mark(axis: Axis, row: Row, y: float, *, heaviest: float, largest: float) -> str:
    """Give a square with its interval; its area is proportional to the weight."""
    side = min(PLAIN_SQUARE, largest)
    if heaviest and row.weight is not None:
        side = max(largest * sqrt(max(row.weight, 0.0) / heaviest), SMALLEST_SQUARE)
    drawn = ""
    if row.interval.ends:
        x1, x2 = (axis.place(end) for end in row.interval.ends)
        drawn = svg.line(x1, y, x2, y, stroke=ACCENT, stroke_width=1.6) + arrows(axis, row.interval, y, ACCENT)
    x = axis.place(row.interval.estimate or 0.0)
    return drawn + svg.element("rect", x=x - side / 2, y=y - side / 2, width=side, height=side, fill=ACCENT)


def diamond(axis: Axis, summary: Interval, y: float, *, class_: str, half: float = HALF_DIAMOND) -> str:
    """Give a diamond whose tips are the ends of the interval."""
    estimate = summary.estimate or 0.0
    lower, upper = summary.ends or (estimate, estimate)
    centre, left, right = axis.place(estimate), axis.place(lower), axis.place(upper)
    points = [(left, y), (centre, y - half), (right, y), (centre, y + half)]
    return svg.polygon(points, fill=SUMMARY, class_=class_) + arrows(axis, summary, y, SUMMARY)


def prediction_bar(axis: Axis, prediction: Interval, y: float) -> str:
    """Give the thin bar of a prediction interval."""
    x1, x2 = (axis.place(end) for end in prediction.ends or (axis.lower, axis.upper))
    size = {"x": x1, "y": y - HALF_BAR, "width": x2 - x1, "height": 2 * HALF_BAR}
    return svg.element("rect", **size, fill=SUMMARY, class_="forest-prediction") + arrows(axis, prediction, y, SUMMARY)


def arrows(axis: Axis, interval: Interval, y: float, colour: str) -> str:
    """Give an arrow for each end of an interval that lies outside the axis."""
    lower, upper = interval.ends or (axis.lower, axis.upper)
    drawn = ""
    if lower < axis.lower:
        x = axis.left
        points = [(x - ARROW, y), (x + 1, y - ARROW * 0.7), (x + 1, y + ARROW * 0.7)]
        drawn += svg.polygon(points, fill=colour, class_="forest-clipped")
    if upper > axis.upper:
        x = axis.right
        points = [(x + ARROW, y), (x - 1, y - ARROW * 0.7), (x - 1, y + ARROW * 0.7)]
        drawn += svg.polygon(points, fill=colour, class_="forest-clipped")
    return drawn
