"""Recording and removing rows of evidence."""

from itertools import chain
from typing import Any, TypeVar, cast

from django.contrib.auth.models import User
from django.db import router, transaction
from django.db.models.deletion import Collector

from evidence.models import EvidenceRow, Membership, Review
from evidence.permissions import require_change

Row = TypeVar("Row", bound=EvidenceRow)


@transaction.atomic
def create_review(*, by: User, **fields: Any) -> Review:
    """Make a review and its first member: the one who makes it owns it."""
    review = Review(**fields)
    _save(by, review, "")
    _save(by, Membership(review=review, user=by, role=Membership.Role.OWNER), "")
    return review


@transaction.atomic
def record(*, by: User, row: Row, reason: str = "") -> Row:
    """Save a new or changed row of evidence, with who and why in its history.

    Raises
    ------
    NotAllowed : the person's role does not cover the change
    ValidationError : a field breaks a rule; the sentences are by field, and nothing is saved
    """
    require_change(by, row)
    return _save(by, row, reason)


@transaction.atomic
def remove(*, by: User, row: EvidenceRow, reason: str = "") -> None:
    """Delete a row and its own rows; what they said, who deleted them and why stay in their history.

    Raises
    ------
    NotAllowed : the person's role does not cover the change
    ProtectedError, RestrictedError : other rows depend on it
    """
    require_change(by, row)
    collector = Collector(using=router.db_for_write(type(row), instance=row), origin=row)
    collector.collect([row])
    for dependent in chain.from_iterable(collector.data.values()):
        cast(EvidenceRow, dependent).stamp(by, reason)
    collector.delete()


def _save(by: User, row: Row, reason: str) -> Row:
    row.full_clean()
    row.stamp(by, reason)
    row.save()
    return row
