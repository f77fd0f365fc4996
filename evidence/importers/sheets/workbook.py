"""Reading an XLSX workbook row by row: values only, no formulas, and nothing that its parts point to."""

import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from functools import partial
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import CellCoordinatesException, InvalidFileException

from evidence.importers.opening import ZIP_ERRORS, Unreadable, refuse_entities
from evidence.importers.problems import begin_small
from evidence.importers.sheets.sheet import MOST_COLUMNS, MOST_ROWS, Sheet, make_sheet

DAMAGED = "The workbook is cut or damaged; open it in a spreadsheet program and save it again."
EMPTY = "The workbook is empty; the first row of a sheet must name its columns."
TOO_LARGE = "The sheet {} has more than {:,} {}; split it."
ERRORS = "The cell shows the error {}; correct it, or empty it."
FORMULA = "The cell holds a formula; replace it by its value (copy, then paste as values)."
MERGED = "Cells {} are merged; unmerge them, so that each row says all of it."
IN_HEADER = "The first row must name the columns, each in a cell of its own; {}{}"
MOST_MERGED = 1_000
LAST_ROW = 1_048_576
MERGED_CELLS = re.compile(
    rb"""<(?:\w+:)?mergeCell\b[^>]*?\bref\s*=\s*["']([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"""
)
# What openpyxl raises for parts that are cut, missing or not what they should be.
DAMAGES = (
    *(*ZIP_ERRORS, InvalidFileException, CellCoordinatesException, TypeError, AttributeError, SyntaxError, IndexError),
    *(OverflowError, RecursionError, AssertionError),
)
Row = tuple[int, list[str]]
Fault = tuple[int, str, str]


def open_workbook(content: bytes, archive: zipfile.ZipFile) -> dict[str, Callable[[], Sheet]]:
    """Give the sheets of a workbook that are not empty, by name, each judged when it is called for.

    Raises
    ------
    Unreadable : it is damaged, too large or empty; a sheet raises it when it has no usable header
    """
    refuse_entities(archive)
    try:
        with warnings.catch_warnings():
            # What openpyxl leaves out (drop-downs, headers and footers of pages) is nothing that is read here.
            warnings.simplefilter("ignore")
            found = dict(_sheets(content, archive))
    except Unreadable:
        raise
    except DAMAGES as error:
        raise Unreadable(DAMAGED) from error
    if not found:
        raise Unreadable(EMPTY)
    return found


def _sheets(content: bytes, archive: zipfile.ZipFile) -> Iterator[tuple[str, Callable[[], Sheet]]]:
    book: Any = load_workbook(io.BytesIO(content), read_only=True, data_only=False)
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # a file may state wrong ones
        rows, faults = _rows(sheet, _merged(sheet.title, archive.read(sheet._worksheet_path)))
        if rows or faults:
            yield sheet.title, partial(_judged, sheet.title, rows, faults)
    book.close()


def _judged(title: str, rows: list[Row], faults: list[Fault]) -> Sheet:
    """Give a sheet, or say what is wrong with its header."""
    header = next((number for number, cells in rows if any(cells)), LAST_ROW + 1)
    for number, column, rule in sorted(faults):
        if number < header:
            raise Unreadable(IN_HEADER.format(f"in column {column} " if column else "", begin_small(rule)), number)
    return make_sheet(title, rows, faults)


def _rows(sheet: Any, merged: list[tuple[int, int, str]]) -> tuple[list[Row], list[Fault]]:
    """Give the rows that have text, and the faults of those that cannot be read."""
    rows: list[Row] = []
    faults: list[Fault] = [(first, "", MERGED.format(area)) for first, _, area in merged]
    inside: set[int] = set()
    done = 0
    for first, last, _ in merged:
        inside.update(range(max(first, done + 1), last + 1))
        done = max(done, last)
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        filled = [cell for cell in cells if cell.value is not None]
        if number > LAST_ROW:
            raise Unreadable(DAMAGED)  # and rows would be counted up to any number
        if not filled:
            continue
        if number > MOST_ROWS:
            raise Unreadable(TOO_LARGE.format(sheet.title, MOST_ROWS, "rows"))
        if filled[-1].column > MOST_COLUMNS:
            raise Unreadable(TOO_LARGE.format(sheet.title, MOST_COLUMNS, "columns"))
        wrong = [(cell, rule) for cell in filled if (rule := _rule_broken(cell))]
        faults += [(number, cell.column_letter, rule) for cell, rule in wrong]
        if not wrong and number not in inside:
            rows.append((number, [_shown(cell) for cell in cells[: filled[-1].column]]))
    return rows, faults


def _merged(title: str, part: bytes) -> list[tuple[int, int, str]]:
    """Give the areas of merged cells from the top: first row, last row (of those that are read), and their name."""
    found = MERGED_CELLS.findall(part)
    if len(found) > MOST_MERGED:
        raise Unreadable(TOO_LARGE.format(title, MOST_MERGED, "areas of merged cells"))
    areas = []
    for first_column, first, last_column, last in found:
        name = f"{first_column.decode()}{first.decode()}:{last_column.decode()}{last.decode()}"
        areas.append((int(first), min(int(last), MOST_ROWS), name))
    return sorted(areas)


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
