"""Reading a file as tables: text with commas, semicolons, tabs or bars between its cells, and XLSX workbooks."""

import csv
import io
from collections import Counter
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from evidence.importers.opening import ZIP, Unreadable, decode, open_zip, read_file, refuse_other_kinds
from evidence.importers.sheets.sheet import Sheet, make_sheet

SEPARATORS = (",", ";", "\t", "|")
MOST_ROWS, MOST_COLUMNS = 200_000, 2_000
ERRORS = "The cell shows the error {}; correct it, or empty it."
FORMULA = "The cell holds a formula; replace it by its value (copy, then paste as values)."
MERGED = "Cells {} are merged; unmerge them, so that each row says all of it."
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
    content = read_file(path)
    refuse_other_kinds(content)
    if content.startswith(ZIP):
        return _workbook(content)
    return {"": text_table(decode(content).text)}


def text_table(text: str) -> Sheet:
    """Give the table that a text is; what separates its cells is seen from its first line.

    Raises
    ------
    Unreadable : it is no table
    """
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


def _workbook(content: bytes) -> dict[str, Sheet]:
    archive = open_zip(content)
    if not any(name.startswith("xl/") for name in archive.namelist()):
        raise Unreadable(
            "The file is a zip archive, but no XLSX workbook; unpack it, or save the table as .xlsx or .csv."
        )
    try:
        book = load_workbook(io.BytesIO(content), data_only=False)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, TypeError, AttributeError, SyntaxError) as error:
        raise Unreadable(
            "The workbook is cut or damaged; open it in a spreadsheet program and save it again."
        ) from error
    found = {sheet.title: _sheet(sheet) for sheet in book.worksheets if _has_cells(sheet)}
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
        rows.append((number, [text_of(cell.value) for cell in row]))
    return make_sheet(sheet.title, rows, faults)


def _rule_broken(cell: Any) -> str:
    """Give the sentence about a cell that has no value of its own, "" where it has one."""
    if cell.data_type == "f":
        return FORMULA
    return ERRORS.format(cell.value) if cell.data_type == "e" else ""


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
