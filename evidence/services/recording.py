"""Recording and removing rows of evidence."""

from collections.abc import Sequence
from itertools import chain
from typing import Any, TypeVar, cast

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, router, transaction
from django.db.models.deletion import Collector
from simple_history.utils import bulk_create_with_history

from evidence.models import EvidenceRow, Extraction, Membership, Review
from evidence.permissions import require_change, require_change_of_all
from evidence.services.noting import note_role

Row = TypeVar("Row", bound=EvidenceRow)
LONGEST_REASON = 80
"""Of a reason that a person gives: the history has room for 100 characters, some of which say what was done."""


@transaction.atomic
def create_review(*, by: User, **fields: Any) -> Review:
    """Make a review and its first member: the one who makes it owns it."""
    review = Review(**fields)
    keep(by=by, row=review)
    keep(by=by, row=Membership(review=review, user=by, role=Membership.Role.OWNER))
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
    return keep(by=by, row=row, reason=reason)


@transaction.atomic
def record_many(*, by: User, rows: Sequence[EvidenceRow], reason: str = "") -> None:
    """Save new rows of one kind together, each with its entry in the history, far faster than one by one.

    The database checks their constraints. What they refer to is not looked up again, and no row may be valid only
    because of another of them.

    Raises
    ------
    NotAllowed : the person's role does not cover one of the rows
    ValidationError : a field, or the fields of a row together, break a rule; nothing is saved
    IntegrityError : a constraint is broken; nothing is saved, and `record` says of a single row which one
    """
    require_change_of_all(by, rows)
    relations = {one.name for one in rows[0]._meta.concrete_fields if one.is_relation}
    for row in rows:
        row.clean_fields(exclude=relations)
        row.clean()
    bulk_create_with_history(rows, type(rows[0]), batch_size=500, default_user=by, default_change_reason=reason)


@transaction.atomic
def record_new(*, by: User, rows: Sequence[EvidenceRow], reason: str = "") -> None:
    """Save new rows of one kind together; where a rule keeps that from being done, one by one, to say of which and why.

    Raises
    ------
    NotAllowed, ValidationError : as `record`, of the first row that breaks a rule
    """
    if len(rows) > 1:
        try:
            with transaction.atomic():
                record_many(by=by, rows=rows, reason=reason)
        except (ValidationError, IntegrityError):
            for row in rows:
                row.pk, row._state.adding = None, True
        else:
            return
    for row in rows:
        record(by=by, row=row, reason=reason)


@transaction.atomic
def remove(*, by: User, row: EvidenceRow, reason: str = "") -> None:
    """Delete a row and its own rows; what they said, who deleted them and why stay in their history.

    Raises
    ------
    NotAllowed : the person's role does not cover the change
    ProtectedError, RestrictedError : other rows depend on it
    ValidationError : the row is a reading that was once completed
    """
    require_change(by, row)
    if isinstance(row, Extraction) and not row.is_consensus and was_completed(row):
        raise ValidationError("A reading that was once completed is kept: agreement is computed from it.")
    erase(by=by, row=row, reason=reason)


def erase(*, by: User, row: EvidenceRow, reason: str = "") -> None:
    """Delete a row and its own rows for a service that has itself asked whether the person may."""
    collector = Collector(using=router.db_for_write(type(row), instance=row), origin=row)
    collector.collect([row])
    for dependent in chain.from_iterable(collector.data.values()):
        cast(EvidenceRow, dependent).stamp(by, reason)
        if isinstance(dependent, Membership):
            note_role(by=by, membership=dependent, before=dependent.role, is_removed=True)
    collector.delete()


def keep(*, by: User, row: Row, reason: str = "") -> Row:
    """Save a row, with who and why in its history, for a service that has itself asked whether the person may."""
    row.full_clean()
    row.stamp(by, reason)
    if isinstance(row, Membership):
        before = Membership.objects.filter(pk=row.pk).values_list("role", flat=True).first() or ""
        row.save()
        note_role(by=by, membership=row, before=before)
    else:
        row.save()
    return row


def check_reason(reason: str, *, missing: str) -> None:
    """Refuse a reason that is not there, or longer than a history has room for."""
    if not reason.strip():
        raise ValidationError(missing)
    if len(reason) > LONGEST_REASON:
        raise ValidationError(f"A reason has up to {LONGEST_REASON} characters; this one has {len(reason)}.")


def was_completed(extraction: Extraction) -> bool:
    """Whether an extraction is complete or was so before it was reopened."""
    return extraction.history.filter(status=Extraction.Status.COMPLETE).exists()
