"""Load a review folder into the database."""

from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from evidence.importers import Counts, ImportResult, import_review

ALWAYS = ("new", "updated", "unchanged", "only_in_database")


class Command(BaseCommand):
    """Load a review folder: everything or nothing."""

    help = "Load a review folder (docs/review-format.md) into the database: everything or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the folder, who loads it, and whether this is a rehearsal."""
        parser.add_argument("folder", help="the folder with review.json and the CSV files")
        parser.add_argument("--as", dest="username", default="", help="who loads it, and owns a new review")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and save nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the folder and print what became of its rows."""
        by = person(options["username"])
        try:
            result = import_review(by=by, folder=options["folder"], dry_run=options["dry_run"])
        except PermissionDenied as error:
            raise CommandError(str(error)) from error
        if result.errors:
            raise CommandError(error_list(result))
        self.stdout.write(table_of(result.rows))
        self.stdout.write(f"{result.review}: {'loaded' if result.is_saved else 'nothing was saved (dry run)'}.")


def person(username: str) -> User:
    """Give the user of this name; without a name, the only superuser."""
    users = get_user_model()._default_manager
    if username:
        found = users.filter(**{get_user_model().USERNAME_FIELD: username}).first()
        if found is None:
            raise CommandError(f"There is no user “{username}”; make one with: python manage.py createsuperuser.")
        return found
    superusers = list(users.filter(is_superuser=True, is_active=True)[:2])
    if len(superusers) != 1:
        raise CommandError("Say who loads the review with --as USERNAME; there is not exactly one superuser.")
    return superusers[0]


def error_list(result: ImportResult) -> str:
    """Give all sentences of a refused import and what follows from them."""
    count = len(result.errors)
    sentences = [f"  {problem}" for problem in result.errors]
    return "\n".join([f"Nothing was saved: {count} problem{'' if count == 1 else 's'}.", *sentences])


def table_of(rows: dict[str, Counts]) -> str:
    """Give the counts as a table of text."""
    width = max(map(len, rows))
    heads = [field.name for field in fields(Counts)]
    # What almost no import has is a column only where one has it.
    shown = [name for name in heads if name in ALWAYS or any(getattr(one, name) for one in rows.values())]
    titles = {name: name.replace("_", " ").replace("only in", "only in the") for name in shown}
    lines = [f"{'':{width}}" + "".join(f"  {title:>9}" for title in titles.values())]
    lines += [
        f"{name:{width}}" + "".join(f"  {getattr(one, column):>{max(9, len(titles[column]))}}" for column in shown)
        for name, one in rows.items()
    ]
    return "\n".join(lines)
