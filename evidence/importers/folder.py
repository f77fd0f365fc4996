"""Reading a review folder."""

from pathlib import Path

from evidence.importers.csv_files import read_csv_files
from evidence.importers.review_file import read_review_file
from evidence.importers.rows import Folder, mark_duplicates


def read_folder(path: str | Path) -> Folder:
    """Give the rows of a review folder with file and line, and everything that is wrong with its files.

    Nothing is looked up in the database.
    """
    folder = Folder(Path(path))
    if not folder.path.is_dir():
        folder.say(folder.path.name, None, "", "There is no folder of this name.")
        return folder
    read_review_file(folder)
    read_csv_files(folder)
    mark_duplicates(folder)
    return folder
