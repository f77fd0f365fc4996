"""The bottom of a forest plot: its axis, whom each side favours, and the notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.figures import svg
from analysis.figures.axis import Axis
from analysis.figures.forest_words import decimals_of_ticks, short_ratio
from analysis.figures.layout import FONT, INK, MARGIN, SMALL
from analysis.figures.metrics import width_of, wrap
from analysis.figures.text import axis_words, number

if TYPE_CHECKING:
    from analysis.contract import ForestFigure

LINE = 15.0
TICK_GAP = 6.0
X_LABEL_LINES, SIDE_LINES = 2, 3


def draw_axis(figure: ForestFigure, axis: Axis, *, top: float, left: float, right: float) -> tuple[str, float]:
    """Give the axis with its ticks, what it shows, and which arm each side of the null favours; and where it ends.

    Parameters
    ----------
    left, right : between which the words may stand
    """
    drawn = svg.line(axis.left, top, axis.right, top, stroke=INK)
    for x, words in _labelled_ticks(axis):
        drawn += svg.line(x, top, x, top + 5, stroke=INK)
        drawn += svg.text(x, top + 18, words, text_anchor="middle", font_size=SMALL) if words else ""
    y = top + 20.0
    middle = (axis.left + axis.right) / 2
    room = 2 * min(middle - left, right - middle, axis.right - middle + 60.0)
    for line in wrap(axis_words(figure.x_label), room, FONT, most=X_LABEL_LINES):
        y += LINE + 1.0
        drawn += svg.text(middle, y, line, full=figure.x_label, text_anchor="middle")
    sides, y = _sides(figure, axis, y + 2.0, (left, right))
    return drawn + sides, y + 8.0


def _labelled_ticks(axis: Axis) -> list[tuple[float, str]]:
    """Give the places of the ticks with their numbers; numbers that would touch are left out evenly."""
    ticks = axis.ticks()
    decimals = decimals_of_ticks(ticks)
    found = [
        (axis.place(tick), short_ratio(tick) if axis.is_ratio else number(tick, decimals=decimals)) for tick in ticks
    ]
    for every in range(1, len(found) + 1):
        kept = found[::every]
        halves = [width_of(words, SMALL) / 2 for _, words in kept]
        pairs = zip(kept, kept[1:], halves, halves[1:], strict=False)
        if all(after[0] - before[0] >= one + other + TICK_GAP for before, after, one, other in pairs):
            return [(x, words if place % every == 0 else "") for place, (x, words) in enumerate(found)]
    return found


def _sides(figure: ForestFigure, axis: Axis, top: float, bounds: tuple[float, float]) -> tuple[str, float]:
    """Give which arm each side favours, beside the null or, where that has no room, in the halves of the plot."""
    null, half = axis.place(figure.null_value), (axis.right - axis.left) / 2 - 8.0
    wholes = figure.favours_left, figure.favours_right
    arrow = width_of("← ", SMALL)
    widths = [width_of(whole, SMALL) + arrow for whole in wholes]
    is_beside = widths[0] <= null - 8.0 - bounds[0] and widths[1] <= bounds[1] - null - 8.0
    left = (null - 8.0, "end", widths[0]) if is_beside else (axis.left, "start", half)
    right = (null + 8.0, "start", widths[1]) if is_beside else (axis.right, "end", half)
    drawn, lowest = "", top
    for whole, (x, anchor, room), is_left in zip(wholes, (left, right), (True, False), strict=True):
        lines = wrap(whole, room - arrow + 0.01, SMALL, most=SIDE_LINES)
        lines = [f"← {line}" if is_left and not place else line for place, line in enumerate(lines)]
        lines[-1:] = [line if is_left else f"{line} →" for line in lines[-1:]]
        y = top
        for line in lines:
            y += LINE
            drawn += svg.text(x, y, line, full=whole, text_anchor=anchor, font_size=SMALL)
        lowest = max(lowest, y)
    return drawn, lowest


def draw_notes(notes: Sequence[str], *, top: float, width: float) -> tuple[str, float]:
    """Give sentences below the plot, and where they end."""
    drawn, y = "", top
    for note in notes:
        for line in wrap(note, width - 2 * MARGIN, SMALL):
            y += LINE
            drawn += svg.text(MARGIN, y, line, font_size=SMALL)
        y += 3.0
    return drawn, y
