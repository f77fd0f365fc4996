"""Reading a file as tables: text with commas, semicolons, tabs or bars between its cells, and XLSX workbooks."""

import csv
import io
import struct
import zlib
from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from evidence.importers.opening import ZIP, Unreadable, decode, open_zip, read_file, refuse_other_kinds
from evidence.importers.problems import begin_small
from evidence.importers.sheets.sheet import Sheet, make_sheet

SEPARATORS = (",", ";", "\t", "|")
MOST_ROWS, MOST_COLUMNS = 200_000, 2_000
ERRORS = "The cell shows the error {}; correct it, or empty it."
FORMULA = "The cell holds a formula; replace it by its value (copy, then paste as values)."
MERGED = "Cells {} are merged; unmerge them, so that each row says all of it."
IN_HEADER = "The first row must name the columns, each in a cell of its own; {}{}"
# What the packages that open archives and workbooks raise when bytes are missing or wrong.
DAMAGE = (
    *(BadZipFile, InvalidFileException, zlib.error, struct.error, EOFError, SyntaxError, OSError, RuntimeError),
    *(LookupError, ValueError, TypeError, AttributeError, ArithmeticError),
)
# A long cell of text is longer than the module's default.
csv.field_size_limit(10_000_000)


def read_table(path: Path, *, sheet: str = "") -> Sheet:
    """Give the table of a file; of a workbook, the sheet of this name, or its first one.

    Raises
    ------
    Unreadable : it is no table, or has no such sheet
    """
    sheets = read_sheets(path)
    if not sheet:
        return next(iter(sheets.values()))
    if sheet not in sheets:
        raise Unreadable(f"The workbook has no sheet “{sheet}”; it has {', '.join(sheets)}.")
    return sheets[sheet]


def read_sheets(path: Path) -> dict[str, Sheet]:
    """Give all tables of a file by name; a file of text has one, named "". Empty sheets are left out.

    Raises
    ------
    Unreadable : it is neither a workbook nor text in columns, or a sheet has no usable header
    """
    return {name: read() for name, read in open_book(path).items()}


def open_book(path: Path) -> dict[str, Callable[[], Sheet]]:
    """Give the tables of a file by name, each to be read when it is called for: what nobody asks for is not judged.

    A file of text has one table, named "". A zip archive of CSV or TSV files has their names without the ending.

    Raises
    ------
    Unreadable : it is neither a workbook nor text in columns; a table raises it when it has no usable header
    """
    content = read_file(path)
    refuse_other_kinds(content)
    if not content.startswith(ZIP):
        return {"": partial(_text_table, decode(content).text)}
    archive = open_zip(content)
    if any(name.startswith("xl/") for name in archive.namelist()):
        return _workbook(content)
    found = {Path(name).stem: name for name in archive.namelist() if name.lower().endswith((".csv", ".tsv"))}
    if not found:
        raise Unreadable(
            "The file is a zip archive, but no XLSX workbook, and holds no CSV files; unpack it, or save the table as "
            ".xlsx or .csv."
        )
    return {stem: partial(_member, archive, name) for stem, name in found.items()}


def _member(archive: ZipFile, name: str) -> Sheet:
    try:
        content = archive.read(name)
    except DAMAGE as error:
        raise Unreadable(f"The file {name} in the archive is cut or damaged.") from error
    return _text_table(decode(content).text)


def _text_table(text: str) -> Sheet:
    separator = separator_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for cells in reader:
            rows.append((begin, cells))
            begin = reader.line_num + 1
            if len(rows) > MOST_ROWS:
                raise Unreadable(f"The table has more than {MOST_ROWS:,} rows; split it.")
    except csv.Error as error:
        raise Unreadable(f"The row cannot be read ({error}); look for a quotation mark too many.", begin) from error
    return make_sheet("", rows)


def separator_of(text: str) -> str:
    """Give what separates the cells: what the header has most of, outside quotation marks."""
    header = next((line for line in text.split("\n") if line.strip()), "")
    outside = "".join(part for place, part in enumerate(header.split('"')) if place % 2 == 0)
    counts = Counter({mark: outside.count(mark) for mark in SEPARATORS})
    mark, count = counts.most_common(1)[0]
    return mark if count else ","


def _workbook(content: bytes) -> dict[str, Callable[[], Sheet]]:
    try:
        book = load_workbook(io.BytesIO(content), data_only=False)
    except DAMAGE as error:
        raise Unreadable(
            "The workbook is cut or damaged; open it in a spreadsheet program and save it again."
        ) from error
    found: dict[str, Callable[[], Sheet]] = {
        sheet.title: partial(_sheet, sheet) for sheet in book.worksheets if _has_cells(sheet)
    }
    if not found:
        raise Unreadable("The workbook is empty; the first row of a sheet must name its columns.")
    return found


def _has_cells(sheet: Any) -> bool:
    return any(cell.value is not None for row in sheet.iter_rows(max_row=min(sheet.max_row, 50)) for cell in row)


def _sheet(sheet: Any) -> Sheet:
    if sheet.max_row > MOST_ROWS or sheet.max_column > MOST_COLUMNS:
        raise Unreadable(
            f"The sheet {sheet.title} has more than {MOST_ROWS:,} rows or {MOST_COLUMNS:,} columns; split it."
        )
    faults = [(area.min_row, "", MERGED.format(area)) for area in sheet.merged_cells.ranges]
    merged = {row for area in sheet.merged_cells.ranges for row in range(area.min_row, area.max_row + 1)}
    rows: list[tuple[int, list[str]]] = []
    for number, row in enumerate(sheet.iter_rows(), start=1):
        wrong = [(cell, rule) for cell in row if (rule := _rule_broken(cell))]
        faults += [(number, cell.column_letter, rule) for cell, rule in wrong]
        if wrong or number in merged:
            continue
        rows.append((number, [_shown(cell) for cell in row]))
    header = next((number for number, cells in rows if any(cells)), sheet.max_row + 1)
    for number, column, rule in sorted(faults):
        if number < header:
            raise Unreadable(IN_HEADER.format(f"in column {column} " if column else "", begin_small(rule)), number)
    return make_sheet(sheet.title, rows, faults)


def _rule_broken(cell: Any) -> str:
    """Give the sentence about a cell that has no value of its own, "" where it has one."""
    if cell.data_type == "f":
        return FORMULA
    return ERRORS.format(cell.value) if cell.data_type == "e" else ""


def _shown(cell: Any) -> str:
    """Give the text of a cell; what is shown as a percentage is told as one."""
    value = cell.value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and str(cell.number_format).endswith("%"):
        return f"{text_of(value * 100)}%"
    return text_of(value)


def text_of(value: Any) -> str:
    """Give the value of a spreadsheet's cell as text: fifteen digits at most, dates as year, month and day."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return format(value, ".15g") if abs(value) < 1e15 else str(value)
    return str(value).strip()
