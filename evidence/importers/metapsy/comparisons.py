"""The rows of a database in the Metapsy data standard: comparisons of two arms, each with its line."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from evidence.importers.building import Building
from evidence.importers.metapsy import columns
from evidence.importers.opening import Unreadable
from evidence.importers.sheets import is_missing, plain_number, read_table

NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
PLACES = Decimal("0.000001")
NO_EFFECTS = "The file has none of the columns with results: {}."
NEEDED = "The cell is empty; without it nobody knows which arms are compared."


@dataclass(frozen=True, slots=True)
class Comparison:
    """One row, its cells by the standard's names; what is absent is ""."""

    line: int
    cells: Mapping[str, str]

    def get(self, name: str) -> str:
        """Give a cell, "" where there is nothing or no such column."""
        return self.cells.get(name, "")

    def label(self, arm: int) -> str:
        """Name an arm by its treatment, and by what tells arms with the same treatment apart."""
        kind, detail = self.get(f"condition_arm{arm}"), self.get(f"multi_arm{arm}")
        label = kind if detail in ("", kind) else f"{kind}: {detail}"
        label = label[:190]
        return f"{label} (arm 2)" if arm == 2 and label == self.label(1) else label


@dataclass(slots=True)
class Database:
    """A file: its comparisons, what it calls the columns, and how often a number was rounded to six decimals."""

    comparisons: list[Comparison]
    names: Mapping[str, str]
    decimal: str
    rounded: Counter[str] = field(default_factory=Counter)

    def has(self, name: str) -> bool:
        """Whether the file has a column."""
        return name in self.names

    def number(self, row: Comparison, name: str) -> str:
        """Give a number with a decimal point and six decimals at most; what is no number stays as it is.

        Raises
        ------
        CellProblem : the number can be read in two ways
        """
        text = row.get(name)
        if is_missing(text):
            return ""
        plain = plain_number(text, decimal=self.decimal)
        if not NUMBER.fullmatch(plain):
            return plain
        value = Decimal(plain)
        short = value.quantize(PLACES) if abs(value) < 10**9 else value
        if short != value:
            self.rounded[name] += 1
        return format(short.normalize(), "f")


def read_database(path: Path, building: Building) -> Database | None:
    """Read a file; None, and a problem, where it is no database in this standard."""
    try:
        sheet = read_table(path)
        names = columns.standard_names(sheet.columns)
        sheet.require([name for name in columns.STUDY if name not in names])
        results = [*columns.FINAL.values(), *columns.CHANGE.values(), *columns.EVENTS.values()]
        wanted = [name.format(1) for name in results] + [g for g, _ in (*columns.HEDGES, *columns.LOG_RATIOS)]
        if not set(wanted) & names.keys():
            raise Unreadable(NO_EFFECTS.format(", ".join(wanted)), 1)
    except Unreadable as error:
        building.stop(error.line, "", error.sentence)
        return None
    for number, column, rule in sheet.faults:
        building.refuse(number, column, rule)
    by_column = {column: name for name, column in names.items()}
    rows = []
    for line in sheet.lines:
        cells = {
            by_column[column]: "" if columns.is_absent(text) else text
            for column, text in line.cells.items()
            if column in by_column
        }
        missing = [name for name in columns.STUDY if not cells.get(name)]
        if missing:
            building.refuse(line.number, names[missing[0]], NEEDED)
        else:
            rows.append(Comparison(line.number, cells))
    return Database(rows, names, columns.decimal_mark(row.cells for row in rows))
