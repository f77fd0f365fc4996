"""Reading a file as tables: text with commas, semicolons, tabs or bars between its cells, and XLSX workbooks."""

import csv
import io
import re
from collections import Counter
from pathlib import Path

from evidence.importers.opening import ZIP, Unreadable, decode, read_file, refuse_other_kinds
from evidence.importers.sheets.sheet import MOST_COLUMNS, MOST_ROWS, Sheet, make_sheet
from evidence.importers.sheets.workbook import read_workbook

SEPARATORS = (",", ";", "\t", "|")
MARKUP = re.compile(r"\s*<(\?xml|!doctype|!--|html|head|meta|table|style)\b", re.IGNORECASE)
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
        return read_workbook(content)
    return {"": text_table(decode(content).text)}


def text_table(text: str) -> Sheet:
    """Give the table that a text is; what separates its cells is seen from its first line.

    Raises
    ------
    Unreadable : it is no table
    """
    if MARKUP.match(text):
        raise Unreadable("The file is a web page or XML, not a table, whatever its ending; save it as .csv or .xlsx.")
    separator = separator_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for cells in reader:
            if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
                raise Unreadable(
                    f"The row has {len(cells):,} cells; the most that are read is {MOST_COLUMNS:,}.", begin
                )
            rows.append((begin, cells[:MOST_COLUMNS]))
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
