"""`manage.py load`: bring a file into a review."""

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from evidence.importers.asking import Format, Request
from evidence.importers.changes import Change, Fate
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.importers.problems import ImportProblem
from evidence.management.commands.load_review import person, table_of
from evidence.models import Review
from evidence.services import create_review

SHOWN = 20


class Command(BaseCommand):
    """Bring a file into a review, and say what became of its rows."""

    help = "Brings a file into a review; `manage.py load` without arguments lists the formats."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name format, file, review and person, and answer the format's questions."""
        parser.add_argument("format", nargs="?", help=f"one of {', '.join(FORMATS)}")
        parser.add_argument("file", nargs="?", type=Path)
        parser.add_argument("--review", default="", help="slug of the review")
        parser.add_argument("--new-review", default="", metavar="SLUG", help="make a review of this slug for the file")
        parser.add_argument("--title", default="", help="title of a new review; its slug where it is not given")
        parser.add_argument("--as", dest="username", default="", help="who loads it")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen and save nothing")
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="answer a question of the format"
        )
        parser.add_argument("--all", action="store_true", help="list every row that changes or is refused")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the file and print what became of its rows."""
        if not options["format"] or not options["file"]:
            self.stdout.write(formats_in_words())
            return
        chosen = FORMATS.get(options["format"])
        if chosen is None:
            raise CommandError(f"There is no format “{options['format']}”; there are {', '.join(FORMATS)}.")
        answers, by = answers_of(chosen, options["set"]), person(options["username"])
        with transaction.atomic():
            review = new_review(by, options) if options["new_review"] else review_of(options["review"])
            request = Request(
                by=by,
                review=review,
                path=options["file"],
                name=options["file"].name,
                answers=answers,
                dry_run=options["dry_run"],
                progress=self.progress if self.stderr.isatty() else None,
            )
            try:
                result = chosen.load(request)
            except PermissionDenied as error:
                raise CommandError(str(error)) from error
            if not result.is_saved:
                transaction.set_rollback(True)
        self.tell(result, most=None if options["all"] else SHOWN, is_dry=options["dry_run"])

    def progress(self, done: int, of: int, what: str) -> None:
        """Draw how far it is."""
        if done % 50 == 0 or done == of:
            self.stderr.write(f"\r{done:>8} of {of} {what:<32}", ending="\n" if done == of else "")

    def tell(self, result: ImportResult, *, most: int | None, is_dry: bool) -> None:
        """Print what became of the rows, and why some were refused."""
        for note in result.notes[:most]:
            self.stdout.write(note)
        changed = [one for one in result.changes if one.fate is not Fate.REFUSED]
        for one in changed[:most] if is_dry or most is None else ():
            self.stdout.write(in_one_line(one))
        for problem in result.errors[:most]:
            self.stdout.write(f"  refused: {problem}")
        if most is not None and len(result.errors) > most:
            self.stdout.write(f"  and {len(result.errors) - most} more; --all lists them")
        if result.errors:
            self.stdout.write(refusals_in_words(result.errors))
        used = {name: counts for name, counts in result.rows.items() if any(counts.as_tuple())}
        if used:
            self.stdout.write(table_of(used))
        if result.is_saved or is_dry:
            self.stdout.write(ending_of(result, is_dry=is_dry))
            return
        count = len(result.errors)
        raise CommandError(f"Nothing was saved: {count} problem{'' if count == 1 else 's'}.")


def in_one_line(one: Change) -> str:
    """Give what becomes of a row, with the difference column by column."""
    where = f"{one.file} line {one.line}" if one.line else one.file
    differences = "; ".join(f"{two.column}: {two.before or '–'} → {two.after or '–'}" for two in one.differences)
    return " ".join(filter(None, (f"  {one.fate}: {one.what} ({where})", one.reason, differences)))


def refusals_in_words(errors: Sequence[ImportProblem]) -> str:
    """Give how much was refused, and in which columns most often."""
    lines = len({(one.file, one.line) for one in errors if one.line})
    columns = Counter(one.column for one in errors if one.column).most_common()
    where = f" in {lines} row{'' if lines == 1 else 's'} of the file" if lines else ""
    by_column = f" ({', '.join(f'{column}: {count}' for column, count in columns)})" if columns else ""
    what = "cell or row" if len(errors) == 1 else "cells or rows"
    return f"Refused: {len(errors)} {what}{where}{by_column}."


def ending_of(result: ImportResult, *, is_dry: bool) -> str:
    """Give the last line: whether anything was saved, and whether there was anything to save."""
    if is_dry:
        return "Nothing was saved (dry run)."
    if any(counts.new or counts.updated or counts.duplicates for counts in result.rows.values()):
        return f"{result.review}: loaded."
    return f"{result.review}: loaded; nothing was new or different."


def formats_in_words() -> str:
    """Give the list of formats with their questions."""
    lines = [
        "manage.py load FORMAT FILE --review SLUG | --new-review SLUG [--as USER] [--dry-run] [--set NAME=VALUE ...]",
        "",
    ]
    for one in FORMATS.values():
        lines.append(f"{one.code:<16} {one.title} ({', '.join(one.endings)})")
        for question in one.questions:
            choices = f" ({', '.join(code for code, _ in question.choices)})" if question.choices else ""
            needed = "needed: " if question.is_needed else ""
            lines.append(f"{'':<16}   --set {question.name}=…  {needed}{question.label}{choices}")
    return "\n".join(lines)


def new_review(by: User, options: Mapping[str, Any]) -> Review:
    """Make the review that a file is to fill; it is there only if the file is loaded."""
    slug = options["new_review"]
    if options["review"]:
        raise CommandError("Say either --review or --new-review.")
    if Review.objects.filter(slug=slug).exists():
        raise CommandError(f"There is a review “{slug}” already; load into it with --review {slug}.")
    try:
        return create_review(by=by, slug=slug, title=options["title"] or slug)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error


def review_of(slug: str) -> Review:
    """Give the review of a slug."""
    found = Review.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Review.objects.order_by("slug").values_list("slug", flat=True)) or "none"
        raise CommandError(f"Name the review with --review SLUG. There is no “{slug}”; there are: {known}.")
    return found


def answers_of(chosen: Format, given: list[str]) -> dict[str, str]:
    """Give the answers to a format's questions."""
    answers: dict[str, str] = {}
    for one in given:
        name, sign, value = one.partition("=")
        answers[name] = value if sign else "true"
    asked = {one.name: one for one in chosen.questions}
    for name in answers:
        if name not in asked:
            there = f"there are {', '.join(asked)}" if asked else "it asks nothing"
            raise CommandError(f"The format {chosen.code} has no question “{name}”; {there}.")
    for question in chosen.questions:
        if question.is_needed and not answers.get(question.name):
            raise CommandError(f"Say --set {question.name}=…: {question.help}")
    return answers
