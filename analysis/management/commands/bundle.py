"""`manage.py bundle`: a snapshot as one file, from which anybody can rebuild it."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.bundling import BadBundle, pack
from analysis.files import write_whole
from analysis.models import Snapshot
from analysis.verification import NothingFound, select

ONE_SNAPSHOT = "Name one snapshot: REVIEW ANALYSIS NUMBER, or its digest. “{words}” names {count}."
NOT_WRITTEN = "The bundle cannot be written to {path}: {error}."


class Command(BaseCommand):
    """Write the bundle of a snapshot."""

    help = "Writes a snapshot and all that it was made of into one zip file; equal snapshots give equal files."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the snapshot and the file."""
        parser.add_argument("snapshot", nargs="+", help="REVIEW ANALYSIS NUMBER, or the digest or its beginning")
        parser.add_argument("--out", type=Path, help="the file; REVIEW-ANALYSIS-NUMBER.zip where it is not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Pack the snapshot and say where it is and how it is known."""
        words = options["snapshot"]
        try:
            rows = select(words).snapshots.select_related("analysis__review", "freeze", "dataset")
            if len(words) == 2 or len(rows) != 1:
                raise CommandError(ONE_SNAPSHOT.format(words=" ".join(words), count=len(rows) or "none"))
            snapshot: Snapshot = rows[0]
            data = pack(snapshot)
        except (NothingFound, BadBundle) as error:
            raise CommandError(str(error)) from error
        review, analysis = snapshot.analysis.review.slug, snapshot.analysis.slug
        path = options["out"] or Path(f"{review}-{analysis}-{snapshot.number}.zip")
        try:
            write_whole(path, data)
        except (OSError, ValueError) as error:  # ValueError: a path without a name
            reason = getattr(error, "strerror", None) or error
            raise CommandError(NOT_WRITTEN.format(path=path, error=reason)) from error
        self.stdout.write(f"{path}: snapshot {snapshot.number} of {review} {analysis}, {len(data)} bytes")
        self.stdout.write(f"Digest {snapshot.digest}")
