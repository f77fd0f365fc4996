"""A table read from the bytes of a file: its header, its rows, and the line on which each row begins."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from analysis.desk.refusal import Refusal, listed, nearest

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# The first bytes of files that are often taken for tables: Excel's workbooks, new and old.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, slots=True)
class Table:
    """Texts as they stand in the file, without the blanks around them.

    Attributes
    ----------
    columns : names in the header
    rows : the texts of each row, as many as there are columns
    lines : the line of the file on which each row begins; the header is on line 1 unless blank lines come first
    notes : what a reader should know about how the file was read
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    notes: tuple[str, ...] = ()

    def column(self, name: str) -> list[str]:
        """Give the texts of a column.

        Raises
        ------
        Refusal : there is no such column
        """
        if name not in self.columns:
            known = [one for one in self.columns if one]
            raise Refusal(f"There is no column {name!r}.{nearest(name, known)} The columns are {listed(known)}.")
        position = self.columns.index(name)
        return [row[position] for row in self.rows]

    def keep(self, positions: list[int]) -> "Table":
        """Give the table of some of its rows."""
        rows = tuple(self.rows[i] for i in positions)
        return Table(columns=self.columns, rows=rows, lines=tuple(self.lines[i] for i in positions), notes=self.notes)


def read_table(content: bytes) -> Table:
    """Give the table in the bytes of a file, separated by commas, semicolons or tabs.

    Raises
    ------
    Refusal : no text, no header, no row, a name twice, a row of another length, a quotation that does not end
    """
    text, notes = _decode(content)
    if not text.strip():
        raise Refusal("The file is empty: it needs a line with the names of the columns, and a line for each study.")
    records = _records(text, _delimiter(text))
    header_line, header = next(records)
    columns = tuple(header)
    _check_header(columns, header_line)
    rows, lines = [], []
    for line, fields in records:
        rows.append(_fit(fields, columns, line))
        lines.append(line)
    if not rows:
        raise Refusal(f"The file has a header (line {header_line}) and no row below it: there is no study to pool.")
    return Table(columns=columns, rows=tuple(rows), lines=tuple(lines), notes=notes)


def _decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    """Give the text, and a note where it is not UTF-8."""
    if content.startswith(WORKBOOKS):
        raise Refusal("The file is an Excel workbook, not a text: save the sheet as CSV and pool that file.")
    notes: tuple[str, ...] = ()
    try:
        text = content.decode("utf-16" if content.startswith(UTF_16_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
        notes = ("The file is not UTF-8; it was read as Windows-1252 (Latin-1).",)
    if "\x00" in text:
        raise Refusal("The file is not a text: it holds null bytes. Save the table as CSV and pool that file.")
    return text, notes


def _delimiter(text: str) -> str:
    """Give the delimiter that cuts the header into most names; a comma where no one does."""
    first = next(line for line in io.StringIO(text, newline="") if line.strip())
    return max(DELIMITERS, key=lambda one: len(next(csv.reader([first], delimiter=one))))


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Give each record that is not blank, with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for record in reader:
            fields = [" ".join(field.split()) for field in record]
            if any(fields):
                yield before + 1, fields
            before = reader.line_num
    except csv.Error as error:
        raise Refusal(
            f"The file cannot be read from line {before + 1} on: {error}. Is a quotation left open?"
        ) from error


def _check_header(columns: tuple[str, ...], line: int) -> None:
    """Refuse a header that names a column twice, or that is a row of numbers."""
    for name in columns:
        if name and columns.count(name) > 1:
            places = [str(i + 1) for i, one in enumerate(columns) if one == name]
            raise Refusal(f"The header (line {line}) names {name!r} {len(places)} times: columns {listed(places)}.")
    if all(_looks_like_a_number(name) for name in columns if name):
        raise Refusal(f"Line {line} must name the columns, but it holds only numbers: {listed(columns)}.")


def _looks_like_a_number(text: str) -> bool:
    """Whether a text could be a number, with a point or a comma."""
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _fit(fields: list[str], columns: tuple[str, ...], line: int) -> tuple[str, ...]:
    """Give a row with as many fields as there are columns; blank ones behind the last column do not count."""
    kept = list(fields)
    while len(kept) > len(columns) and not kept[-1]:
        kept.pop()
    if len(kept) != len(columns):
        why = " A decimal comma in a file separated by commas looks like this." if len(kept) > len(columns) else ""
        raise Refusal(f"Line {line} has {len(kept)} fields, but the header names {len(columns)} columns.{why}")
    return tuple(kept)
