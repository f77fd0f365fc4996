"""A table that was read: its columns, and its rows as text with the line that each comes from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evidence.importers.opening import Unreadable

MOST_ROWS, MOST_COLUMNS = 200_000, 2_000


@dataclass(frozen=True, slots=True)
class Line:
    """A row: its number in the file, from 1, and its cells by column, without spaces around them."""

    number: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """Give the text of a cell, "" where the table has no such column."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. `faults` are what is wrong with single lines, as line, column ("" for the whole line) and rule."""

    name: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    faults: tuple[tuple[int, str, str], ...] = field(default=())

    def require(self, columns: Sequence[str]) -> None:
        """Refuse a table that lacks one of these columns.

        Raises
        ------
        Unreadable : names the columns that are missing
        """
        missing = [column for column in columns if column not in self.columns]
        if missing:
            there = ", ".join(self.columns[:30])
            word = "column is" if len(missing) == 1 else "columns are"
            raise Unreadable(f"The {word} missing: {', '.join(missing)}. The file has {there}.", 1)


def make_sheet(
    name: str, rows: Sequence[tuple[int, Sequence[str]]], faults: Sequence[tuple[int, str, str]] = ()
) -> Sheet:
    """Give the table of these rows, of which the first names the columns; rows without any text are left out.

    Raises
    ------
    Unreadable : there are no rows, or a column stands twice in the header
    """
    full = [(number, [cell.strip() for cell in cells]) for number, cells in rows]
    full = [(number, cells) for number, cells in full if any(cells)]
    if not full:
        raise Unreadable("The file is empty; its first line must name the columns.")
    begin, header = full[0]
    while header and not header[-1]:
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise Unreadable(f"The table has {len(header):,} columns; the most that are read is {MOST_COLUMNS:,}.", begin)
    doubled = sorted(column for column, count in Counter(header).items() if column and count > 1)
    if doubled:
        raise Unreadable(f"The header has a column twice: {', '.join(doubled)}.", begin)
    lines, found = [], list(faults)
    for number, cells in full[1:]:
        extra = [cell for cell in cells[len(header) :] if cell]
        if extra:
            rule = f"The row has {len(cells)} cells, but the header names {len(header)} columns."
            found.append((number, "", rule))
            continue
        padded = [*cells, *[""] * (len(header) - len(cells))]
        lines.append(Line(number, {column: cell for column, cell in zip(header, padded, strict=False) if column}))
    return Sheet(name, tuple(column for column in header if column), tuple(lines), tuple(found))
