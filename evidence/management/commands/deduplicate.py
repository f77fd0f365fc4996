"""`manage.py deduplicate`: mark the clear duplicates of a review and put the doubtful ones before people."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from evidence.management.commands.load import review_of
from evidence.management.commands.load_review import person
from evidence.services import screening


class Command(BaseCommand):
    """Look for copies of one document among the records of a review."""

    help = "Marks the clear duplicates of a review as one act that can be undone; doubtful pairs wait for a person."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the review, the person, and whether this is a rehearsal."""
        parser.add_argument("--review", required=True, help="slug of the review")
        parser.add_argument("--as", dest="username", default="", help="in whose name it is done")
        parser.add_argument("--dry-run", action="store_true", help="say what would be marked and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say what came of it."""
        review, by = review_of(options["review"]), person(options["username"])
        try:
            if options["dry_run"]:
                self._rehearse(screening.propose_duplicates(by=by, review=review, progress=self._progress))
                return
            done = screening.deduplicate(by=by, review=review, progress=self._progress)
        except PermissionDenied as error:
            raise CommandError(str(error)) from error
        said = f"Clear duplicates marked: {done.marked}; pairs that wait for an answer: {done.doubtful}"
        self.stdout.write(f"{done.records} records looked through. {said}.")
        if done.act is not None:
            self.stdout.write(f"It can be undone as a whole: “{done.act.what}”, act {done.act.pk}.")

    def _rehearse(self, proposed: screening.Proposed) -> None:
        for record, kept in sorted(proposed.duplicates.items()):
            self.stdout.write(f"record {record} duplicates record {kept}")
        for first, second, _, reasons in proposed.doubtful:
            self.stdout.write(f"records {first} and {second} are doubtful. {reasons}")
        counts = f"{len(proposed.duplicates)} would be marked, {len(proposed.doubtful)} pairs are doubtful"
        self.stdout.write(f"{proposed.records} records: {counts}. Nothing was changed (dry run).")

    def _progress(self, pairs: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{pairs} pairs compared ", ending="")
