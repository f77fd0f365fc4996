"""Judgements of risk of bias: a traffic light for each study and domain, or stacked bars of their shares.

After McGuinness and Higgins (2021), doi:10.1002/jrsm.1411. Colours are told apart with any colour vision, and each has
a sign of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.colours import LEVELS, MORE_LEVELS, ON_LEVEL, UNKNOWN_LEVEL
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import FONT, INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.metrics import shorten, width_of, wrap
from analysis.figures.table import UnknownTable, number_of
from analysis.figures.text import number

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import JudgementFigure

EMPTY = "No risk of bias is judged yet."
LABELS = 262.0
ROW, RADIUS = 26.0, 9.5
MOST_COLUMN = 114.0
BAR = 17.0
LEGEND = 34.0
UNKNOWN_SIGN = "?"
SIGNS = {1: ("+",), 2: ("+", "×"), 3: ("+", "–", "×")}
MORE_SIGNS = ("+", "–", "!", "×", "#")


@dataclass(frozen=True, slots=True)
class Scale:
    """What each level looks like."""

    levels: tuple[str, ...]

    def colour(self, level: str) -> str:
        """Give the colour of a level."""
        return _nth(self.levels, level, LEVELS, MORE_LEVELS, UNKNOWN_LEVEL)

    def sign(self, level: str) -> str:
        """Give the sign of a level."""
        return _nth(self.levels, level, SIGNS, MORE_SIGNS, UNKNOWN_SIGN)


def _nth(levels: Sequence[str], level: str, few: Mapping[int, Sequence[str]], many: Sequence[str], unknown: str) -> str:
    shown = few.get(len(levels), many)
    place = levels.index(level) if level in levels else len(shown)
    return shown[place] if place < len(shown) else unknown


def draw_judgements(figure: JudgementFigure, result: Mapping[str, Any]) -> str:
    """Give the traffic lights, or the bars where the figure names a share, as standalone SVG text.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    rows = result.get(figure.rows)
    if not isinstance(rows, list | tuple):
        raise UnknownTable(figure.rows)
    if not rows:
        return empty(figure.title, EMPTY)
    scale = Scale(figure.levels)
    names = list(dict.fromkeys(str(row[figure.row]) for row in rows))
    draw = _bars if figure.share else _lights
    body, top = draw(figure, rows, names, scale)
    body += _legend(figure, rows, scale, top)
    says = f"{len(names)} rows; " + _counts(figure, rows)
    return document(figure.title, heading(figure.title) + body, height=top + LEGEND, description=says)


def _lights(
    figure: JudgementFigure, rows: Sequence[Mapping[str, Any]], names: list[str], scale: Scale
) -> tuple[str, float]:
    """Give the lights, and where they end."""
    columns = list(dict.fromkeys(str(row[figure.column]) for row in rows))
    room = min((WIDTH - LABELS - 2 * MARGIN) / len(columns), MOST_COLUMN)
    written = {name: wrap(name, width=room - 8, size=SMALL) for name in columns}
    top = TOP + 14.0 * max(len(lines) for lines in written.values()) + 10.0
    middles = {name: MARGIN + LABELS + room * (place + 0.5) for place, name in enumerate(columns)}
    shown = ""
    for name, lines in written.items():
        for place, line in enumerate(reversed(lines)):
            y = top - 10.0 - 14.0 * place
            shown += svg.text(middles[name], y, line, full=name, text_anchor="middle", font_size=SMALL)
    places = {name: top + ROW * (place + 0.5) for place, name in enumerate(names)}
    for name, y in places.items():
        words = shorten(name, width=LABELS - 10, size=FONT)
        shown += svg.text(MARGIN, y + 4.5, words, full=name)
        shown += svg.line(MARGIN, y + ROW / 2, WIDTH - MARGIN, y + ROW / 2, stroke=INK, stroke_opacity=0.15)
    for row in rows:
        x, y, level = middles[str(row[figure.column])], places[str(row[figure.row])], str(row[figure.level])
        shown += _light(x, y, scale, level)
    return shown, top + ROW * len(names)


def _light(x: float, y: float, scale: Scale, level: str) -> str:
    """Give one light with its sign."""
    sign = svg.text(
        x, y + 4.5, scale.sign(level), text_anchor="middle", font_size=FONT, font_weight="bold", fill=ON_LEVEL
    )
    return svg.element("circle", cx=x, cy=y, r=RADIUS, fill=scale.colour(level)) + sign


def _bars(
    figure: JudgementFigure, rows: Sequence[Mapping[str, Any]], names: list[str], scale: Scale
) -> tuple[str, float]:
    """Give the bars, and where they end."""
    left, length, top = MARGIN + LABELS, WIDTH - LABELS - 2 * MARGIN - 30.0, TOP + 6.0
    bottom, shown = top + ROW * len(names), ""
    for quarter in range(5):
        x = left + length * quarter / 4
        shown += svg.line(x, top - 4, x, bottom, stroke=INK, stroke_opacity=0.3)
        shown += svg.text(x, bottom + 14, f"{25 * quarter}%", text_anchor="middle", font_size=SMALL)
    for place, name in enumerate(names):
        y, at = top + ROW * place, left
        shown += svg.text(MARGIN, y + BAR - 4, shorten(name, width=LABELS - 10, size=FONT), full=name)
        for row in rows:
            share = number_of(row, figure.share) or 0.0
            if str(row[figure.row]) != name or not share:
                continue
            level, size = str(row[figure.level]), length * share
            shown += svg.element("rect", x=at, y=y, width=size, height=BAR, fill=scale.colour(level))
            words = f"{scale.sign(level)} {number(100 * share, decimals=0)}%"
            if width_of(words, SMALL) + 6 <= size:
                shown += svg.text(
                    at + size / 2, y + BAR - 4.5, words, text_anchor="middle", font_size=SMALL, fill=ON_LEVEL
                )
            at += size
    return shown, bottom + 18.0


def _legend(figure: JudgementFigure, rows: Sequence[Mapping[str, Any]], scale: Scale, top: float) -> str:
    """Give each level that occurs, with its light and its word."""
    there = {str(row[figure.level]) for row in rows if not figure.share or number_of(row, figure.share)}
    shown, x, y = "", MARGIN + LABELS, top + LEGEND / 2 + 2
    for level in [*(one for one in figure.levels if one in there), *sorted(there - set(figure.levels))]:
        words = _word(level)
        shown += _light(x + RADIUS, y, scale, level) + svg.text(x + 2 * RADIUS + 6, y + 4.5, words, font_size=SMALL)
        x += 2 * RADIUS + 24 + width_of(words, SMALL)
    return shown


def _word(level: str) -> str:
    return level.replace("_", " ").capitalize()


def _counts(figure: JudgementFigure, rows: Sequence[Mapping[str, Any]]) -> str:
    """Give how often each level stands there, for those who cannot see it."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[str(row[figure.level])] = counts.get(str(row[figure.level]), 0) + 1
    if figure.share:
        return "shares of " + ", ".join(_word(level).lower() for level in counts) + "."
    return ", ".join(f"{_word(level).lower()} {count} times" for level, count in counts.items()) + "."
