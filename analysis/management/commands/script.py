"""`manage.py script`: a script that recomputes a snapshot, with its data."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.bundling.scripting import LANGUAGES, script_files
from analysis.files import write_whole
from analysis.reading import Reading
from analysis.verification import NothingFound, select

ONE_SNAPSHOT = "Name one snapshot: REVIEW ANALYSIS NUMBER, or its digest. “{words}” names {count}."
NOT_WRITTEN = "The files cannot be written to {path}: {error}."


class Command(BaseCommand):
    """Write the script of a snapshot."""

    help = "Writes a script in R (metafor) or Python (Quorum's engine alone) that recomputes a snapshot, and its data."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the snapshot, the language and the folder."""
        parser.add_argument("snapshot", nargs="+", help="REVIEW ANALYSIS NUMBER, or the digest or its beginning")
        parser.add_argument("--language", choices=sorted(LANGUAGES), default="r")
        parser.add_argument("--out", type=Path, default=Path(), help="the folder; the current one if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the files and say where they are."""
        words = options["snapshot"]
        try:
            rows = select(words).snapshots.select_related("analysis__review", "freeze", "dataset")
        except NothingFound as error:
            raise CommandError(str(error)) from error
        if len(words) == 2 or len(rows) != 1:
            raise CommandError(ONE_SNAPSHOT.format(words=" ".join(words), count=len(rows) or "none"))
        folder: Path = options["out"]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in script_files(Reading(rows[0]), options["language"]).items():
                write_whole(folder / name, text.encode("utf-8"))
                self.stdout.write(str(folder / name))
        except OSError as error:
            raise CommandError(NOT_WRITTEN.format(path=folder, error=error.strerror)) from error
