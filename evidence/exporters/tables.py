"""Tables as bytes of text, row by row, with cells that no spreadsheet executes."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from evidence.exporters.neutral import neutral

ROWS_AT_ONCE = 500
COMMA = re.compile("-?[0-9]+(,[0-9]+)?")


def csv_parts(rows: Iterable[Iterable[str]], *, separator: str = ",", decimal: str = ".") -> Iterator[bytes]:
    """Give a table in UTF-8 part by part; the first row names the columns, and numbers have this decimal mark."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\n")
    for number, row in enumerate(rows, start=1):
        writer.writerow([_cell(cell, decimal) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _cell(text: str, decimal: str) -> str:
    """Give the text of a cell; a number with a decimal comma is one, though it may begin with a minus sign."""
    return text if decimal == "," and COMMA.fullmatch(text) else neutral(text)
