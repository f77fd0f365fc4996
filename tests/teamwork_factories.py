"""What a team asks of its people and does to many rows at once, for tests."""

from datetime import date
from typing import Any

from evidence.models import Assignment, ChangeBatch, Review, Study, Upload
from tests.factories import make_review, make_study, make_user, next_number, saved


def make_assignment(study: Study | None = None, **fields: Any) -> Assignment:
    """Ask somebody to extract a study."""
    people = {"assignee": fields.pop("assignee", None) or make_user(), "assigned_by": make_user()}
    return saved(Assignment(study=study or make_study(), **{"due_on": date(2026, 12, 1), **people, **fields}))


def make_change_batch(review: Review | None = None, **fields: Any) -> ChangeBatch:
    """Make an act on many rows that nobody has undone."""
    values = {"what": f"import {next_number()}", "door": "command", "made_by": make_user(), **fields}
    return saved(ChangeBatch(review=review or make_review(), **values))


def make_upload(review: Review | None = None, **fields: Any) -> Upload:
    """Make an import that waits for a confirmation, whose file is deleted already."""
    values = {"format": "review-folder", "name": f"folder-{next_number()}.zip", "size": 120, "digest": "0" * 64}
    values |= {"status": "previewed", "made_by": fields.pop("made_by", None) or make_user(), **fields}
    return saved(Upload(review=review or make_review(), **values))
