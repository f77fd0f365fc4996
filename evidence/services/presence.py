"""Saying that one has a page open, and hearing who else has."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from evidence.models import EditingMark, Review
from evidence.permissions import Act, require

# A page says that it is open every 20 seconds; a person who was silent for longer has left it.
FRESH = timedelta(seconds=60)
FORGOTTEN = timedelta(days=1)


@transaction.atomic
def mark_editing(*, by: User, review: Review, page: str, now: datetime | None = None) -> list[str]:
    """Note that a person has a page open; give the names of the others that have it open too.

    Raises
    ------
    NotAllowed : the person may not read the review
    """
    require(by, Act.VIEW, review)
    now = now or timezone.now()
    EditingMark.objects.update_or_create(
        page=page, seen_by=by, defaults={"seen_at": now}, create_defaults={"seen_at": now, "review": review}
    )
    EditingMark.objects.filter(seen_at__lt=now - FORGOTTEN).delete()
    return others_editing(by=by, page=page, now=now)


def others_editing(*, by: User, page: str, now: datetime | None = None) -> list[str]:
    """Give the names of others that have a page open, the last seen first."""
    fresh = EditingMark.objects.filter(page=page, seen_at__gte=(now or timezone.now()) - FRESH).exclude(seen_by=by)
    return [row.seen_by.get_full_name() or row.seen_by.get_username() for row in fresh.select_related("seen_by")]
