"""Reading a file as tables: text with commas, semicolons, tabs or bars between its cells, and XLSX workbooks."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

from evidence.importers.opening import ZIP, Unreadable, decode, open_zip, read_file, read_member, refuse_other_kinds
from evidence.importers.sheets.sheet import MOST_COLUMNS, MOST_ROWS, Sheet, make_sheet
from evidence.importers.sheets.workbook import open_workbook

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
        return {"": partial(text_table, decode(content).text)}
    archive = open_zip(content)
    if any(name.startswith("xl/") for name in archive.namelist()):
        return open_workbook(content, archive)
    found = {PurePosixPath(name).stem: name for name in archive.namelist() if name.lower().endswith((".csv", ".tsv"))}
    if not found:
        raise Unreadable(
            "The file is a zip archive, but no XLSX workbook, and holds no CSV files; unpack it, or save the table as "
            ".xlsx or .csv."
        )
    return {stem: partial(_member, archive, name) for stem, name in found.items()}


def _member(archive: ZipFile, name: str) -> Sheet:
    return text_table(decode(read_member(archive, name)).text)


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
