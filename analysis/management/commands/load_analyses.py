"""`manage.py load_analyses`: save the analyses of a file."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.importing import BadFile, import_analyses, read_analyses
from evidence.models import Review
from evidence.permissions import NotAllowed


class Command(BaseCommand):
    """Save the analyses of a JSON file in a review."""

    help = "Saves the analyses of a JSON file (format: docs/analyses-format.md) in a review."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the review, the file and the person."""
        parser.add_argument("review", help="short name (slug) of the review")
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="username", required=True, help="user who saves them")
        parser.add_argument("--reason", default="", help="why analyses are changed, once the plan is closed")

    def handle(self, *args: Any, **options: Any) -> None:
        """Save all analyses of the file, or none."""
        review = Review.objects.filter(slug=options["review"]).first()
        user = User.objects.filter(username=options["username"]).first()
        if review is None:
            raise CommandError(f"There is no review with the short name “{options['review']}”.")
        if user is None:
            raise CommandError(f"There is no user “{options['username']}”.")
        try:
            file = read_analyses(options["file"])
            changed = import_analyses(by=user, review=review, file=file, reason=options["reason"])
        except (BadFile, NotAllowed) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{len(file.analyses)} analyses read; {changed} new or changed.")
