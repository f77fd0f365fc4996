"""Loading a file through a format, as the command and the pages do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User

from evidence.importers.asking import Request
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.models import Review
from evidence.services import create_review


def make_owned_review() -> tuple[User, Review]:
    """Make a review with nothing in it, and its owner."""
    by = User.objects.create_user("ann")
    return by, create_review(by=by, title="Tea", slug="tea")


def load(
    by: User, review: Review, code: str, path: Path, answers: Mapping[str, Any] | None = None, *, dry_run: bool = False
) -> ImportResult:
    """Load a file through a format."""
    return FORMATS[code].load(Request(by, review, path, path.name, answers or {}, dry_run))


def changed(result: ImportResult) -> dict[str, tuple[int, int]]:
    """Give how many rows were new and how many updated, of the tables in which any was."""
    return {name: (one.new, one.updated) for name, one in result.rows.items() if one.new or one.updated}


def sentences(result: ImportResult) -> list[str]:
    """Give what an import complains about."""
    return [problem.sentence for problem in result.errors]
