"""Writing the sheets of an extraction workbook as CSV files in a zip archive."""

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from typing import Any

from evidence.exporters.extraction_tables.instructions import examples_of, instructions
from evidence.exporters.extraction_tables.rows import in_text, rows_of
from evidence.importers.extraction_tables.layouts import Layout, layouts_of
from evidence.importers.harmless import harmless
from evidence.models import Review

PART = 1 << 16


def archive_of(review: Review) -> Iterator[bytes]:
    """Give the bytes of the archive part by part: a CSV file for each sheet, with its example, and a text to read."""
    layouts = layouts_of(review)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by whoever reads it to its end)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "read me.txt", ("\r\n".join(_read_me(review, layouts)) + "\r\n").encode("utf-8-sig"))
        for layout in layouts:
            _add(archive, f"{layout.sheet}.csv", _table(review, layout).encode("utf-8-sig"))
    file.seek(0)
    return _parts(file)


def _read_me(review: Review, layouts: tuple[Layout, ...]) -> Iterator[str]:
    yield from instructions(review, layouts, is_workbook=False)
    for layout in layouts:
        for column in layout.columns:
            words = ", ".join(word.label for word in column.words)
            told = " ".join(filter(None, (" ".join(column.note.split()), words and f"One of: {words}.")))
            if told:
                yield f"{layout.sheet}, {column.header}: {told}"


def _table(review: Review, layout: Layout) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([harmless(column.title) for column in layout.columns])
    for cells in examples_of(layout):
        writer.writerow(in_text(cells, layout.columns))
    for cells in rows_of(review, layout) if layout.table == "studies" else ():
        writer.writerow(in_text(cells, layout.columns))
    return text.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _parts(file: Any) -> Iterator[bytes]:
    with file:
        while part := file.read(PART):
            yield part
