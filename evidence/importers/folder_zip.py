"""Reading a review folder that is packed into a zip file, as the export of the same name writes it."""

import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from evidence.importers.asking import Format, Request
from evidence.importers.building import Building
from evidence.importers.folder import read_folder
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.opening import Unreadable, open_zip, read_file
from evidence.importers.rows import Folder
from evidence.importers.tables import CSV_TABLES, REVIEW_FILE

NAMES = frozenset({REVIEW_FILE, *(table.file for table in CSV_TABLES)})
DAMAGED = "The file “{name}” in the archive is damaged: {error}."
NO_FOLDER = "The archive holds no review folder: there is no {file} in it."
TWO_FOLDERS = "The archive holds {file} more than once; pack one review folder only."


def load_folder_zip(request: Request) -> ImportResult:
    """Import the review folder in a zip file into a review: everything or nothing."""
    what = f"Import of {request.name}"
    with tempfile.TemporaryDirectory() as made:
        folder = _read(request, Path(made))
    return import_rows(
        by=request.by,
        folder=folder,
        review=request.review,
        what=what,
        dry_run=request.dry_run,
        progress=request.progress,
    )


def _read(request: Request, folder: Path) -> Folder:
    try:
        unpack_folder(request.path, folder)
    except Unreadable as error:
        building = Building(request.path, source=request.name)
        building.stop(error.line, "", error.sentence)
        return building.folder
    return read_folder(folder)


def unpack_folder(path: Path, folder: Path) -> None:
    """Write the files of the review folder in a zip file into a folder; other files of the archive stay in it.

    Raises
    ------
    Unreadable : it is no whole zip file, is too large, or holds no review folder or more than one
    """
    with open_zip(read_file(path)) as archive:
        names = [PurePosixPath(name) for name in archive.namelist()]
        found = [name.parent for name in names if name.name == REVIEW_FILE]
        if len(found) != 1:
            raise Unreadable((TWO_FOLDERS if found else NO_FOLDER).format(file=REVIEW_FILE))
        for entry in archive.infolist():
            name = PurePosixPath(entry.filename)
            is_file = name.name in NAMES or name.suffix == ".csv"
            if name.parent == found[0] and is_file:
                (folder / name.name).write_bytes(read_entry(archive, entry))


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Give the content of one file of an archive.

    Raises
    ------
    Unreadable : it is damaged
    """
    try:
        return archive.read(entry)
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, NotImplementedError, EOFError, OSError) as error:
        raise Unreadable(DAMAGED.format(name=entry.filename, error=error)) from error


FORMATS = (
    Format(
        code="review_folder",
        title="Review folder",
        help="A review folder in a zip file, as Quorum exports it: studies, arms, results and judgements as CSV files.",
        endings=(".zip",),
        load=load_folder_zip,
    ),
)
