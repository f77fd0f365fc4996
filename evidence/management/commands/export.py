"""`manage.py export`: a review, or a part of it, as a file for another program."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from evidence.exporters.asking import Export, Order, read_choices
from evidence.exporters.formats import EXPORTS
from evidence.management.commands.load import review_of
from evidence.management.commands.load_review import person
from evidence.services.noting import note_export


class Command(BaseCommand):
    """Write what is agreed in a review for another program."""

    help = "Writes a review for another program; `manage.py export` without arguments lists the formats."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name format, review, person and file."""
        parser.add_argument("format", nargs="?", help=f"one of {', '.join(EXPORTS)}")
        parser.add_argument("--review", default="", help="slug of the review")
        parser.add_argument("--as", dest="username", default="", help="in whose name it is read")
        parser.add_argument(
            "--set", action="append", default=[], metavar="NAME=VALUE", help="choose something about the format"
        )
        parser.add_argument("--out", type=Path, help="the file; REVIEW-FORMAT with its ending where it is not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say where it is."""
        if not options["format"]:
            for one in EXPORTS.values():
                self.stdout.write(f"{one.code:<16} {one.title} ({one.ending})")
                for choice in one.choices:
                    codes = ", ".join(code for code, _ in choice.choices if code)
                    words = f"{choice.label}{f' ({codes})' if codes else ''}: {choice.help}"
                    self.stdout.write(f"{'':<16}   --set {choice.name}=…  {words}")
            return
        chosen = EXPORTS.get(options["format"])
        if chosen is None:
            raise CommandError(f"There is no format “{options['format']}”; there are {', '.join(EXPORTS)}.")
        review = review_of(options["review"])
        choices = choices_of(chosen, options["set"])
        path: Path = options["out"] or Path(f"{review.slug}-{chosen.code}{chosen.ending}")
        half = path.with_name(path.name + ".part")
        try:
            by = person(options["username"])
            parts = chosen.write(Order(by=by, review=review, choices=choices))
            with half.open("wb") as file:
                for part in parts:
                    file.write(part)
            half.replace(path)
            note_export(by=by, what=f"{path.name}, by the command export")
        except PermissionDenied as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(f"The file cannot be written to {path}: {error.strerror}.") from error
        finally:
            half.unlink(missing_ok=True)
        self.stdout.write(f"{path}: {chosen.title} of {review.slug}, {path.stat().st_size} bytes")


def choices_of(chosen: Export, given: list[str]) -> dict[str, str]:
    """Give what is chosen about an export."""
    pairs = (one.partition("=") for one in given)
    try:
        return read_choices(chosen, {name: value for name, _, value in pairs})
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
