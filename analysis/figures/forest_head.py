"""The top of a forest plot: its title, and the headings of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.figures import svg
from analysis.figures.axis import Axis
from analysis.figures.beside import Beside
from analysis.figures.forest_layout import BIAS, Places
from analysis.figures.forest_words import Shown
from analysis.figures.layout import FONT, INK, MARGIN, SMALL
from analysis.figures.metrics import width_of, wrap

if TYPE_CHECKING:
    from analysis.contract import Mark

TITLE, TITLE_LINE, LINE = FONT * 1.15, 20.0, 15.0
TITLE_LINES = 3
MARK_GAP = 8.0


def draw_title(title: str, width: float) -> tuple[str, float]:
    """Give the title on as many lines as it needs, and where it ends."""
    drawn, y = "", MARGIN + FONT
    for line in wrap(title, width - 2 * MARGIN, TITLE, is_bold=True, most=TITLE_LINES) or [""]:
        drawn += svg.text(MARGIN, y, line, full=title, font_size=TITLE, font_weight="bold") if line else ""
        y += TITLE_LINE
    return drawn, y - TITLE_LINE + 8.0


def draw_head(
    places: Places,
    beside: Beside,
    axis: Axis,
    marks: Sequence[Mark],
    shown: Shown,
    *,
    top: float,
    names: tuple[str, str],
) -> tuple[str, float]:
    """Give the headings with the line below them, and where that is.

    Parameters
    ----------
    marks : the marks that lie on the axis
    names : headings of the estimates and of the weights
    """
    levels, mark_levels = _stacked(marks, axis, shown)
    lights = beside.lights.domains if beside.lights else ()
    bias = wrap(BIAS, places.lights_right - places.lights_left, SMALL, is_bold=True) if lights else []
    high = max(mark_levels, len(bias) + 1 if lights else 1, *(len(column.heading) for column in places.columns))
    over = max((LINE * (one.under + len(one.lines)) + 6.0 for one in places.overs), default=0.0)
    base = top + max(LINE * high, over)
    drawn = _columns(places, base)
    for right, name in zip((places.estimates_right, places.weights_right), names, strict=True):
        drawn += _bold(right, base, name, text_anchor="end") if name else ""
    for x, level, label in levels:
        drawn += svg.text(x, base - LINE * level, label, text_anchor="middle", font_size=SMALL)
    for place, (mark, name) in enumerate(lights):
        x = places.light(place, len(lights))
        drawn += svg.text(
            x, base, mark, full=name, text_anchor="middle", font_size=11.0, font_weight="bold", class_="forest-domain"
        )
    for place, line in enumerate(reversed(bias)):
        x = (places.lights_left + places.lights_right) / 2
        drawn += _bold(x, base - LINE * (place + 1), line, text_anchor="middle")
    y = base + 8.0
    return drawn + svg.line(MARGIN, y, places.width - MARGIN, y, stroke=INK, stroke_opacity=0.35), y + 2.0


def _columns(places: Places, base: float) -> str:
    """Give the headings of the text columns, and those over them."""
    drawn = ""
    for column in places.columns:
        x, anchor = (column.right, "end") if column.column.is_number else (column.left, "start")
        for place, line in enumerate(reversed(column.heading)):
            drawn += _bold(x, base - LINE * place, line, text_anchor=anchor, full=column.column.heading)
    for over in places.overs:
        y = base - LINE * over.under - 6.0
        drawn += svg.line(over.left, y + 4.0, over.right, y + 4.0, stroke=INK, stroke_opacity=0.35)
        for place, line in enumerate(reversed(over.lines)):
            x = (over.left + over.right) / 2
            drawn += _bold(x, y - LINE * place, line, text_anchor="middle", full=over.text)
    return drawn


def _stacked(marks: Sequence[Mark], axis: Axis, shown: Shown) -> tuple[list[tuple[float, int, str]], int]:
    """Give the labels of marks with their places: side by side, or over one another where they would touch."""
    ends: list[float] = []
    found = []
    for mark in sorted(marks, key=lambda mark: mark.value):
        label = f"{mark.label} {shown.value(mark.value)}"
        half = width_of(label, SMALL) / 2
        x = min(max(axis.place(mark.value), axis.left + half), axis.right - half)
        level = next((level for level, end in enumerate(ends) if end + MARK_GAP <= x - half), len(ends))
        ends[level:] = [x + half, *ends[level + 1 :]]
        found.append((x, level, label))
    return found, len(ends)


def _bold(x: float, y: float, text: str, *, text_anchor: str, full: str = "") -> str:
    return svg.text(x, y, text, full=full, text_anchor=text_anchor, font_size=SMALL, font_weight="bold")
