"""Making the rows of a review folder out of another format: cell by cell, each with the line that it comes from."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evidence.importers.rows import Folder, Row, make_row
from evidence.importers.tables import TABLES

CONTRADICTION = "“{new}” stands here, and “{old}” in line {line}, for the same {noun}."


class Building:
    """A review folder in the making, from one file of another format.

    Rows go through the same reading of cells, rules and references as those of a review folder, and problems name the
    file, the line and the column of the source.
    """

    def __init__(self, path: Path, *, source: str = "") -> None:
        self.source = source or path.name
        self.folder = Folder(path)
        self._known: dict[tuple[str, Any], Row] = {}

    def row(
        self,
        table: str,
        line: int,
        cells: Mapping[str, str | None],
        columns: Mapping[str, str] | None = None,
        formerly: Mapping[str, str] | None = None,
    ) -> Row:
        """Add a row, and give it; a row that was added before, from another line, is given again.

        Where two lines say different things of one row, the later one is refused, with the columns that differ.

        Parameters
        ----------
        table : name of the table (evidence.importers.tables)
        line : of the source, from 1
        cells : by column of the table, as texts of a review folder (decimal point, `true`, codes); None: the source
            does not have the column, so that what is stored is left as it is
        columns : what the source calls a column of the table, where it has a name of its own
        formerly : cells of the key that the same row may have in the review, which this one then changes
        """
        given = {column: text for column, text in cells.items() if text is not None}
        row, rules = make_row(TABLES[table], line, given, source=self.source, columns=columns)
        if formerly is not None:
            row = replace(row, formerly=make_row(TABLES[table], line, {**given, **formerly})[0].key)
        first = None if row.key is None else self._known.get((table, row.key))
        if first is None:
            if row.key is not None:
                self._known[table, row.key] = row
            self.folder.add(row, rules)
            return row
        self.folder.refuse(row, rules or _contradictions(first, row))
        return first

    def refuse(self, line: int | None, column: str, rule: str) -> None:
        """Note what is wrong with a line from which no row can be made."""
        self.folder.refuse_line(self.source, line, column, rule)

    def stop(self, line: int | None, column: str, rule: str) -> None:
        """Note what keeps the whole file out."""
        self.folder.say(self.source, line, column, rule)

    def note(self, sentence: str) -> None:
        """Tell whoever reads the preview something that breaks no rule."""
        self.folder.notes.append(sentence)


def _contradictions(first: Row, again: Row) -> list[tuple[str, str]]:
    """Give the columns in which a repeated row says something else, with a sentence."""
    return [
        (column, CONTRADICTION.format(new=value, old=first.values[column], line=first.line, noun=first.table.noun))
        for column, value in again.values.items()
        if column in first.values and first.values[column] != value
    ]
