"""Rows of a review folder as they are read: each knows its file and line, and which of its cells could not be read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evidence.importers.cells import is_required, read_cell
from evidence.importers.problems import CellProblem, ImportProblem, nearest, problem_at
from evidence.importers.tables import Table


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its values by column (only columns that the file has), typed.

    `key` is None where a cell that the row is known by could not be read. A row that is not sound is not imported.
    `source` is the file that the row was read from and `columns` are its words for the columns, where these are not the
    review folder's own. `formerly` is the key that the same row may have in the review, where the file says otherwise.
    """

    table: Table
    line: int
    values: Mapping[str, Any]
    key: tuple[Any, ...] | None
    is_sound: bool = True
    source: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    formerly: tuple[Any, ...] | None = None

    @property
    def file(self) -> str:
        """The file that the row stands in."""
        return self.source or self.table.file

    def get(self, column: str) -> Any:
        """Give the value of a column; what an empty cell would mean where the file does not have the column."""
        return self.values[column] if column in self.values else default_of(self.table, column)


@dataclass(slots=True)
class Folder:
    """What a folder, or another file with evidence, holds: rows by table, what is wrong, and what could not be read.

    `refused` are the rows that break a rule; with `leaves_out` these are left out, and the rest goes in. `is_broken`
    says that something is wrong beyond single rows, and `unreadable` are the tables that could not be read at all.
    `notes` are sentences for whoever reads the preview: what is left out or has to be asked, though it breaks no rule.
    """

    path: Path
    rows: dict[str, list[Row]] = field(default_factory=dict)
    problems: list[ImportProblem] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    is_broken: bool = False
    leaves_out: bool = False

    def say(self, file: str, line: int | None, column: str, rule: str) -> None:
        """Note a problem that keeps the whole file out."""
        self.problems.append(problem_at(file, line, column, rule))
        self.is_broken = True

    def refuse_line(self, file: str, line: int | None, column: str, rule: str) -> None:
        """Note a problem of a line from which no row could be made."""
        self.problems.append(problem_at(file, line, column, rule))

    def refuse(self, row: Row, rules: Iterable[tuple[str, str]]) -> None:
        """Note the rules that a row breaks, by column."""
        for column, rule in rules:
            self.refuse_line(row.file, row.line, row.columns.get(column, column), rule)
            self.refused.append(row)

    def rows_of(self, name: str) -> list[Row]:
        """Give the rows of a table, none where the folder does not have it."""
        return self.rows.get(name, [])

    def add(self, row: Row, rules: Iterable[tuple[str, str]]) -> None:
        """Keep a row, with the rules that its cells break by column."""
        self.refuse(row, rules)
        self.rows.setdefault(row.table.name, []).append(row)

    def without_refused(self) -> "Folder":
        """Give the folder in which the refused rows are known as named, and are not written."""
        refused = set(map(id, self.refused))
        rows = {
            name: [_unsound(row) if id(row) in refused else row for row in rows] for name, rows in self.rows.items()
        }
        return replace(self, rows=rows, problems=[], refused=[])


def _unsound(row: Row) -> Row:
    return replace(row, is_sound=False)


def default_of(table: Table, column: str) -> Any:
    """Give what a row means that does not mention the column."""
    one = table.fields[column]
    return None if is_required(one) else one.to_python(one.get_default())


def make_row(
    table: Table, line: int, cells: Mapping[str, str], *, source: str = "", columns: Mapping[str, str] | None = None
) -> tuple[Row, list[tuple[str, str]]]:
    """Give the row of these cells, and the rules that they break by column; `source` and `columns` as in Row."""
    values: dict[str, Any] = {}
    rules: list[tuple[str, str]] = []
    optional = {one.column for one in table.references if one.is_optional}
    for column, text in cells.items():
        try:
            is_empty_reference = text == "" and column in optional
            values[column] = None if is_empty_reference else read_cell(table.fields[column], text)
        except CellProblem as problem:
            rules.append((column, str(problem)))
    broken = {column for column, _ in rules}
    plain = Row(table, line, values, None)
    key = None if broken & set(table.key) else table.key_of(lambda column: _key_value(plain, column, optional))
    is_sound = not rules and all(column in cells for column in table.needed_columns)
    return Row(table, line, values, key, is_sound=is_sound, source=source, columns=columns or {}), rules


def _key_value(row: Row, column: str, optional: set[str]) -> Any:
    return None if column in optional and column not in row.values else row.get(column)


def unknown_column(table: Table, column: str) -> str:
    """Say that the table does not have a column, and which one may be meant."""
    if column in table.replaced:
        return f"This column is not known; write the value into the column {table.replaced[column]}."
    if column in {one.name for one in table.model._meta.concrete_fields}:
        return "This column is filled in by Quorum and cannot be imported."
    return f"This column is not known{nearest(column, table.fields)}"


def mark_duplicates(folder: Folder) -> None:
    """Refuse rows that name the same thing as an earlier row of their file."""
    for name, rows in folder.rows.items():
        first: dict[tuple[Any, ...], int] = {}
        for place, row in enumerate(rows):
            if row.key is None:
                continue
            if row.key in first:
                rows[place] = _unsound(row)
                folder.refuse(rows[place], [("", f"{describe(row)} already stands in line {first[row.key]}.")])
            first.setdefault(row.key, row.line)
        folder.rows[name] = rows


def describe(row: Row) -> str:
    """Give the columns that a row is known by, with its values, for a sentence."""
    known = dict(zip(row.table.key, row.key or (), strict=False))
    if known.get(row.table.numbered) == 1:
        del known[row.table.numbered]  # which goes without saying
    parts = [f"{column} {value}" for column, value in known.items() if value not in (None, "")]
    return f"The {row.table.noun} with {', '.join(parts)}" if parts else f"The {row.table.noun}"
