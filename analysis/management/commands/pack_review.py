"""`manage.py pack_review`: a whole review as one file, which another Quorum loads."""

from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.archiving import write_review_bundle
from analysis.bundling import BadBundle
from evidence.management.commands.load import review_of
from evidence.management.commands.load_review import person
from evidence.services.noting import note_export

NOT_WRITTEN = "The bundle cannot be written to {path}: {error}."


class Command(BaseCommand):
    """Write the bundle of a review."""

    help = "Writes a whole review (evidence, plan, snapshots, figures) into one zip file; equal reviews, equal files."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the review, the file and the person."""
        parser.add_argument("review", help="short name (slug) of the review")
        parser.add_argument("--out", type=Path, help="the file; REVIEW-bundle.zip where it is not given")
        parser.add_argument("--as", dest="username", default="", help="in whose name the review is read")
        parser.add_argument("--license", dest="licence", default="", help="address of the licence of the data")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the file and say where it is and how it is known."""
        review = review_of(options["review"])
        path: Path = options["out"] or Path(f"{review.slug}-bundle.zip")
        half = path.with_name(path.name + ".part")
        try:
            by = person(options["username"])
            with half.open("wb") as file:
                digest = write_review_bundle(by=by, review=review, file=file, licence=options["licence"])
            half.replace(path)
            note_export(by=by, what=f"{path.name}, by the command pack_review")
        except (PermissionDenied, BadBundle) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except OSError as error:
            raise CommandError(NOT_WRITTEN.format(path=path, error=error.strerror)) from error
        finally:
            half.unlink(missing_ok=True)
        self.stdout.write(f"{path}: the review {review.slug}, {path.stat().st_size} bytes")
        self.stdout.write(f"Digest {digest}")
