"""A review folder written file by file: into a folder, or into a zip file that is never in memory as a whole."""

import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from evidence.exporters.asking import Export, Order
from evidence.exporters.review_folder.cells import columns_of, csv_line
from evidence.exporters.review_folder.review_file import write_review_file
from evidence.exporters.review_folder.rows import rows_of, study_keys
from evidence.importers.tables import CSV_TABLES, REVIEW_FILE
from evidence.models import Review
from evidence.permissions import Act, require

# The first date that a zip file can hold; none of the files has one of its own.
NO_DATE = (1980, 1, 1, 0, 0, 0)
UNIX, READABLE = 3, 0o100644 << 16
CHUNK = 1 << 16


def folder_files(review: Review) -> Iterator[tuple[str, Iterator[str]]]:
    """Give the files of a review folder by name, each with its text in parts; a table without rows has no file."""
    yield REVIEW_FILE, iter([write_review_file(review)])
    studies = study_keys(review)
    for table in CSV_TABLES:
        lines = map(csv_line, rows_of(table, studies))
        first = next(lines, None)
        if first is not None or table.is_needed:
            yield table.file, _with_head(csv_line(columns_of(table)), first, lines)


def _with_head(head: str, first: str | None, lines: Iterator[str]) -> Iterator[str]:
    yield head
    if first is not None:
        yield first
    yield from lines


def write_review_folder(order: Order, folder: Path) -> list[Path]:
    """Write the review folder of a review into a folder, and give its files.

    Raises
    ------
    NotAllowed : the person is no member of the review
    ValidationError : two rows of a study have the same key in the format
    """
    require(order.by, Act.VIEW, order.review)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, parts in folder_files(order.review):
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            file.writelines(parts)
        written.append(folder / name)
    return written


def _write_zip(order: Order) -> Iterator[bytes]:
    """Give the review folder as a zip file, part by part; it is written to the disk whole before its first part."""
    require(order.by, Act.VIEW, order.review)
    parts = _zip_in_parts(order.review)
    next(parts)
    return parts


def _zip_in_parts(review: Review) -> Iterator[bytes]:
    """Give an empty part once the file is written, and then its content."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for name, parts in folder_files(review):
                put(archive, f"{review.slug}/{name}", parts)
        file.seek(0)
        yield b""
        while part := file.read(CHUNK):
            yield part


def put(archive: zipfile.ZipFile, name: str, parts: Iterable[str]) -> None:
    """Add a file to an archive, the same bytes for the same text on every machine."""
    entry = zipfile.ZipInfo(name, date_time=NO_DATE)
    entry.create_system, entry.external_attr = UNIX, READABLE
    with archive.open(entry, "w", force_zip64=True) as inside:
        for part in parts:
            inside.write(part.encode("utf-8"))


FOLDER_EXPORT = Export(
    code="review-folder",
    title="Review folder",
    help="All that is agreed in the review as CSV files and review.json, in a zip file; it can be loaded again.",
    ending=".zip",
    content_type="application/zip",
    write=_write_zip,
)
