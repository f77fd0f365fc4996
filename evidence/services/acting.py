"""An act on many rows: every change of it is noted as part of one whole, which can be undone as one."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import transaction

from evidence.models import ChangeBatch, Review
from evidence.models.doors import part_of, through


@contextmanager
def one_act(*, by: User, review: Review, what: str, door: str) -> Iterator[ChangeBatch]:
    """Make every change of the block part of one act, all or nothing."""
    with transaction.atomic():
        batch = ChangeBatch(review=review, what=what[:200], door=door, made_by=by)
        batch.stamp(by)
        batch.save()
        with through(door), part_of(batch.pk):
            yield batch
