"""The heat plot: a matrix of cells whose colour tells sign and size of a number, with the number or a text inside."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import ACCENT, INK, MARGIN, SMALL, SUMMARY, TOP, WIDTH
from analysis.figures.table import UnknownTable, number_of
from analysis.figures.text import decimals_for, number, shorten

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import HeatFigure

EMPTY = "There is nothing to plot."
LABELS = 150.0
LARGEST_CELL, SMALLEST_CELL = 96.0, 22.0
CELL_HEIGHT = 30.0
# The strongest colour leaves text inside a cell readable.
STRONGEST = 0.75


def draw_heat(figure: HeatFigure, result: Mapping[str, Any]) -> str:
    """Give a matrix of cells as standalone SVG text.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    rows = result.get(figure.rows)
    if not isinstance(rows, list | tuple):
        raise UnknownTable(figure.rows)
    if not rows:
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    matrix = _Matrix(figure, list(rows))
    says = f"Matrix of {len(matrix.names_down)} rows ({figure.y_label}) and {len(matrix.names_across)} columns."
    return document(figure.title, matrix.draw(), height=matrix.height, description=says)


class _Matrix:
    """The cells and their names."""

    def __init__(self, figure: HeatFigure, rows: list[Mapping[str, Any]]) -> None:
        self.figure, self.rows = figure, rows
        self.names_down = list(dict.fromkeys(str(row[figure.row]) for row in rows))
        self.names_across = list(dict.fromkeys(str(row[figure.column]) for row in rows))
        room = (WIDTH - LABELS - 2 * MARGIN) / len(self.names_across)
        self.cell = min(max(room, SMALLEST_CELL), LARGEST_CELL)
        values = [abs(value) for row in rows if (value := number_of(row, figure.value)) is not None]
        self.largest = max(values, default=0.0)
        self.decimals = decimals_for(self.largest)
        self.sizes = max((number_of(row, figure.size) or 0.0 for row in rows), default=0.0) if figure.size else 0.0
        self.top = TOP + 36.0

    @property
    def height(self) -> float:
        """Height of the whole figure."""
        return self.top + CELL_HEIGHT * len(self.names_down) + 34.0

    def draw(self) -> str:
        """Give everything between the opening and the closing tag."""
        return heading(self.figure.title) + self._names() + "".join(self._cell(row) for row in self.rows)

    def _names(self) -> str:
        shown = svg.text(MARGIN, self.height - MARGIN, self.figure.x_label, font_size=SMALL)
        for index, name in enumerate(self.names_across):
            x = MARGIN + LABELS + self.cell * (index + 0.5)
            words = shorten(name, width=self.cell - 4, size=SMALL)
            shown += svg.text(x, self.top - 8, words, full=name, text_anchor="middle", font_size=SMALL)
        for index, name in enumerate(self.names_down):
            y = self.top + CELL_HEIGHT * (index + 0.5) + 4
            words = shorten(name, width=LABELS - 10, size=SMALL)
            shown += svg.text(MARGIN + LABELS - 8, y, words, full=name, text_anchor="end", font_size=SMALL)
        return shown

    def _cell(self, row: Mapping[str, Any]) -> str:
        """Give one cell: its colour, a grey square where the figure has sizes, and its text."""
        left = MARGIN + LABELS + self.cell * self.names_across.index(str(row[self.figure.column]))
        top = self.top + CELL_HEIGHT * self.names_down.index(str(row[self.figure.row]))
        value = number_of(row, self.figure.value)
        strength = STRONGEST * abs(value) / self.largest if value is not None and self.largest else 0.0
        colour = SUMMARY if (value or 0.0) > 0 else ACCENT
        box = {"width": self.cell - 1, "height": CELL_HEIGHT - 1}
        shown = svg.element("rect", x=left, y=top, **box, fill=colour, fill_opacity=round(strength, 4))
        shown += self._square(row, left, top)
        written = str(row.get(self.figure.text) or "") if self.figure.text else ""
        if not written and value is not None:
            written = number(value, decimals=self.decimals)
        words = shorten(written, width=self.cell - 4, size=SMALL)
        middle = left + self.cell / 2, top + CELL_HEIGHT / 2 + 4
        return shown + svg.text(*middle, words, full=written, text_anchor="middle", font_size=SMALL)

    def _square(self, row: Mapping[str, Any], left: float, top: float) -> str:
        """Give a square whose area is the size of the cell, "" where the figure has none."""
        size = number_of(row, self.figure.size) if self.figure.size else None
        if not size or not self.sizes:
            return ""
        side = (CELL_HEIGHT - 4) * sqrt(size / self.sizes)
        x, y = left + (self.cell - side) / 2, top + (CELL_HEIGHT - side) / 2
        return svg.element("rect", x=x, y=y, width=side, height=side, fill=INK, fill_opacity=0.25)
