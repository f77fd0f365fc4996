"""`manage.py load_bundle`: a whole review from one file, as `pack_review` writes it."""

from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.archiving import BadReviewBundle, NotLoaded, load_bundle, open_bundle
from evidence.management.commands.load_review import person


class Command(BaseCommand):
    """Check the bundle of a review and load it: everything or nothing."""

    help = (
        "Loads a whole review from a bundle: checks the digest of every file, loads evidence and plan, and stores the "
        "snapshots as drafts. Everything or nothing; a second time changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, who loads it, and the digest it should have."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="username", default="", help="who loads it, and owns a new review")
        parser.add_argument("--digest", default="", help="the digest of the bundle, known from elsewhere")
        parser.add_argument("--reason", default="", help="why analyses are changed, where the plan here is closed")
        parser.add_argument("--check", action="store_true", help="only check that every file is as it was written")

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, load, and say what is new."""
        try:
            with open_bundle(options["file"], digest=options["digest"]) as bundle:
                count = len(bundle.manifest["files"])
                self.stdout.write(f"{count} files are as they were written; digest {bundle.digest}")
                if options["check"]:
                    checked = sum(1 for _ in bundle.snapshots())
                    self.stdout.write(f"{checked} snapshots are whole.")
                    return
                loaded = load_bundle(by=person(options["username"]), bundle=bundle, reason=options["reason"])
        except (BadReviewBundle, NotLoaded, PermissionDenied) as error:
            raise CommandError(str(error)) from error
        for message in loaded.messages:
            self.stdout.write(message)
        self.stdout.write(
            f"{loaded.review}: {loaded.rows} rows, {loaded.analyses} analyses and {loaded.snapshots} snapshots are new "
            "or changed."
        )
