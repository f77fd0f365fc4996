"""`manage.py report`: a manuscript as a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.files import write_whole
from analysis.models import Manuscript
from analysis.reporting import FORMATS, CannotWrite, build_document, write_document

NOT_THERE = "There is no manuscript “{slug}”.{known}"
SEVERAL = "Several reviews have a manuscript “{slug}”; name the review with --review, one of {reviews}."
NO_WRITING = "{path} cannot be written: {error}."


class Command(BaseCommand):
    """Write a manuscript as HTML, PDF, DOCX, Quarto, LaTeX tables or PRISMA checklist."""

    help = "Writes a manuscript as a file, and says what in it is not up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the manuscript, the format and the file."""
        parser.add_argument("manuscript", help="short name (slug) of the manuscript")
        parser.add_argument("--review", default="", help="short name of the review, where two have such a manuscript")
        parser.add_argument("--format", dest="form", choices=list(FORMATS), default="html", help="html where not given")
        parser.add_argument("--out", default="", help="file to write; the manuscript's own name where not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file; tell what is stale on the error stream, so that the file is still written."""
        document = build_document(self._find(options["manuscript"], options["review"]))
        try:
            written = write_document(document, options["form"])
        except CannotWrite as error:
            raise CommandError(str(error)) from error
        path = Path(options["out"] or written.name)
        try:
            write_whole(path, written.content)
        except OSError as error:
            raise CommandError(NO_WRITING.format(path=path, error=error.strerror or error)) from error
        for said in document.stale():
            self.stderr.write(f"Not up to date: {said}")
        self.stdout.write(f"{path}: {len(written.content)} bytes")

    def _find(self, slug: str, review: str) -> Manuscript:
        """Give the manuscript of the name, in the review where one is named."""
        rows = Manuscript.objects.filter(slug=slug).select_related("review", "updated_by")
        found = list(rows.filter(review__slug=review) if review else rows)
        if not found:
            names = sorted(set(Manuscript.objects.values_list("slug", flat=True)))
            known = f" There are {', '.join(names)}." if names else " None has been begun yet."
            raise CommandError(NOT_THERE.format(slug=slug, known=known))
        if len(found) > 1:
            reviews = ", ".join(sorted(row.review.slug for row in found))
            raise CommandError(SEVERAL.format(slug=slug, reviews=reviews))
        return found[0]
