"""Reading the CSV files of a review folder."""

import csv
import io
from collections.abc import Iterator

from evidence.importers.harmless import as_written
from evidence.importers.problems import nearest
from evidence.importers.rows import Folder, make_row, unknown_column
from evidence.importers.tables import CSV_TABLES, Table


def read_csv_files(folder: Folder) -> None:
    """Read every CSV file of the folder."""
    for table in CSV_TABLES:
        if (folder.path / table.file).is_file():
            _read_file(folder, table)
        elif table.is_needed:
            folder.say(table.file, None, "", "This file is missing from the folder; every review folder has it.")
            folder.unreadable.add(table.name)
    known = {table.file for table in CSV_TABLES}
    for path in sorted(folder.path.glob("*.csv")):
        if path.name not in known:
            rule = f"A review folder has no file of this name{nearest(path.name, known)}"
            folder.say(path.name, None, "", rule)


def read_text(folder: Folder, file: str) -> str | None:
    """Give the text of a file, None (and a problem) where it cannot be opened or is not UTF-8."""
    try:
        content = (folder.path / file).read_bytes()
    except OSError as error:
        folder.say(file, None, "", f"The file cannot be opened ({error.strerror}).")
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{content[error.start]:02x}"
        folder.say(file, line, "", f"The file is not UTF-8 (byte {byte}); save it again as “CSV UTF-8”.")
        return None


def _read_file(folder: Folder, table: Table) -> None:
    text = read_text(folder, table.file)
    lines = None if text is None else _lines(folder, table, text)
    header = None if lines is None else next(lines, None)
    if lines is None or header is None:
        if text is not None and table.name not in folder.unreadable:
            folder.say(table.file, None, "", "The file is empty; its first line must name the columns.")
        folder.unreadable.add(table.name)
        return
    columns = [cell.strip() for cell in header[1]]
    if not _check_header(folder, table, columns):
        folder.unreadable.add(table.name)
        return
    folder.rows.setdefault(table.name, [])
    tidy = one_line_end if "\r" in (text or "").partition("\n")[0] else str.strip
    for line, cells in lines:
        if len(cells) != len(columns):
            rule = f"The row has {len(cells)} cells, but the header names {len(columns)} columns."
            folder.say(table.file, line, "", rule)
            folder.unreadable.add(table.name)
            continue
        named = {name: cell for name, cell in zip(columns, cells, strict=True) if name in table.fields}
        folder.add(*make_row(table, line, {name: as_written(tidy(cell)) for name, cell in named.items()}))


def _lines(folder: Folder, table: Table, text: str) -> Iterator[tuple[int, list[str]]]:
    """Give the rows that are not empty, each with the line it begins in."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        folder.unreadable.add(table.name)
        folder.say(table.file, begin, "", f"The row cannot be read ({error}); look for a quotation mark too many.")


def _check_header(folder: Folder, table: Table, columns: list[str]) -> bool:
    """Say what is wrong with a header; whether the rows below can be read at all."""
    if len(columns) == 1 and ";" in columns[0]:
        folder.say(table.file, 1, "", "The columns are separated by semicolons; separate them by commas.")
        return False
    for column in dict.fromkeys(columns):
        if columns.count(column) > 1:
            folder.say(table.file, 1, column, "This column stands twice in the header.")
        elif column not in table.fields:
            folder.say(table.file, 1, column or "without a name", unknown_column(table, column))
    missing = [name for name in table.needed_columns if name not in columns]
    for column in missing:
        folder.say(table.file, 1, column, "This column is missing from the header; every row needs it.")
    return not set(missing) & set(table.key) and len(set(columns)) == len(columns)


def one_line_end(cell: str) -> str:
    """Give the text of a cell without spaces around it and with one kind of line end, whatever a program made of it.

    In a file whose rows end in one character, others within a cell were written on purpose and stay.
    """
    return cell.replace("\r\n", "\n").replace("\r", "\n").strip()
