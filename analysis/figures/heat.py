"""The heat plot: a matrix of cells whose colour tells sign and size of a number, with the number or a text inside."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.colours import BLUE, VERMILION
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.metrics import shorten
from analysis.figures.table import UnknownTable, number_of
from analysis.figures.text import clean, decimals_for, number, ratio

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import HeatFigure

EMPTY = "There is nothing to plot."
LABELS = 150.0
LARGEST_CELL, SMALLEST_CELL = 96.0, 22.0
CELL_HEIGHT, LINE = 30.0, 15.0
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
    return document(figure.title, matrix.draw(), height=matrix.height, description=matrix.describe())


class _Matrix:
    """The cells and their names."""

    def __init__(self, figure: HeatFigure, rows: list[Mapping[str, Any]]) -> None:
        self.figure, self.rows = figure, rows
        self.names_down = list(dict.fromkeys(str(row[figure.row]) for row in rows))
        across = dict.fromkeys(str(row[figure.column]) for row in rows)
        # In a table of all pairs the columns stand in the order of the rows.
        self.names_across = self.names_down if set(across) == set(self.names_down) else list(across)
        room = (WIDTH - LABELS - 2 * MARGIN) / len(self.names_across)
        self.cell = min(max(room, SMALLEST_CELL), LARGEST_CELL)
        values = [abs(value) for row in rows if (value := number_of(row, figure.value)) is not None]
        self.largest = max(values, default=0.0)
        self.decimals = decimals_for(self.largest)
        self.cell_height = CELL_HEIGHT + (LINE if figure.ci_lower else 0.0)
        self.sizes = max((number_of(row, figure.size) or 0.0 for row in rows), default=0.0) if figure.size else 0.0
        self.top = TOP + 36.0

    @property
    def height(self) -> float:
        """Height of the whole figure."""
        return self.top + self.cell_height * len(self.names_down) + 34.0

    def describe(self) -> str:
        """Give in words how large the matrix is, and which cells stand out."""
        across, down = len(self.names_across), len(self.names_down)
        said = f"Matrix of {down} rows{f' ({self.figure.y_label})' if self.figure.y_label else ''} and {across} columns"
        said += f" ({self.figure.x_label})." if self.figure.x_label else "."
        known = [(value, row) for row in self.rows if (value := number_of(row, self.figure.value)) is not None]
        if known:
            for word, (value, row) in (("Lowest", min(known, key=_first)), ("Highest", max(known, key=_first))):
                said += f" {word}: {self._written(value)} at {row[self.figure.row]} by {row[self.figure.column]}."
        return said

    def _written(self, value: float) -> str:
        """Give a number of a cell for readers."""
        return ratio(value) if self.figure.is_ratio else number(value, decimals=self.decimals)

    def draw(self) -> str:
        """Give everything between the opening and the closing tag."""
        return heading(self.figure.title) + self._names() + "".join(self._cell(row) for row in self.rows)

    def _names(self) -> str:
        sides = (("Down: ", self.figure.y_label), ("across: ", self.figure.x_label))
        below = "; ".join(way + label for way, label in sides if label)
        words = shorten(below, width=WIDTH - 2 * MARGIN, size=SMALL)
        shown = svg.text(MARGIN, self.height - MARGIN, words, full=below, font_size=SMALL) if below else ""
        for index, name in enumerate(self.names_across):
            x = MARGIN + LABELS + self.cell * (index + 0.5)
            words = shorten(name, width=self.cell - 4, size=SMALL)
            shown += svg.text(x, self.top - 8, words, full=name, text_anchor="middle", font_size=SMALL)
        for index, name in enumerate(self.names_down):
            y = self.top + self.cell_height * (index + 0.5) + 4
            words = shorten(name, width=LABELS - 10, size=SMALL)
            shown += svg.text(MARGIN + LABELS - 8, y, words, full=name, text_anchor="end", font_size=SMALL)
        return shown

    def _cell(self, row: Mapping[str, Any]) -> str:
        """Give one cell: its colour, a grey square where the figure has sizes, and its text."""
        left = MARGIN + LABELS + self.cell * self.names_across.index(str(row[self.figure.column]))
        top = self.top + self.cell_height * self.names_down.index(str(row[self.figure.row]))
        value = number_of(row, self.figure.value)
        strength = STRONGEST * abs(value) / self.largest if value is not None and self.largest else 0.0
        colour = VERMILION if (value or 0.0) > 0 else BLUE
        lines = self._lines(row, value)
        names = f"{row[self.figure.row]} by {row[self.figure.column]}: {' '.join(lines)}"
        box = {"x": left, "y": top, "width": self.cell - 1, "height": self.cell_height - 1}
        inside = svg.element("title", clean(names))
        shown = svg.element("rect", inside, **box, fill=colour, fill_opacity=round(strength, 4))
        shown += self._square(row, left, top)
        first = top + self.cell_height / 2 + 4 - LINE * (len(lines) - 1) / 2
        for place, written in enumerate(lines):
            words = shorten(written, width=self.cell - 6, size=SMALL)
            where = left + self.cell / 2, first + LINE * place
            shown += svg.text(*where, words, full=written, text_anchor="middle", font_size=SMALL)
        return shown

    def _lines(self, row: Mapping[str, Any], value: float | None) -> list[str]:
        """Give what is written into a cell: its text, or its number, and below it the interval; nothing in no room."""
        written = str(row.get(self.figure.text) or "") if self.figure.text else ""
        if not written and value is not None:
            written = self._written(value)
        ends = number_of(row, self.figure.ci_lower), number_of(row, self.figure.ci_upper)
        if ends[0] is None or ends[1] is None:
            return [written]
        return [written, f"{self._written(ends[0])} to {self._written(ends[1])}"]

    def _square(self, row: Mapping[str, Any], left: float, top: float) -> str:
        """Give a square whose area is the size of the cell, "" where the figure has none."""
        size = number_of(row, self.figure.size) if self.figure.size else None
        if not size or not self.sizes:
            return ""
        side = (self.cell_height - 4) * sqrt(size / self.sizes)
        x, y = left + (self.cell - side) / 2, top + (self.cell_height - side) / 2
        return svg.element("rect", x=x, y=y, width=side, height=side, fill=INK, fill_opacity=0.25)


def _first(pair: tuple[float, Any]) -> float:
    """Give the number by which cells are compared."""
    return pair[0]
