"""What is in the way of a deletion, without a word about extractions that the person may not read."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

from django.contrib.admin.utils import NestedObjects
from django.db import router

from evidence.admin.standing import Standing, holder_of
from evidence.models import EvidenceRow


def hidden_rows(rows: Iterable[Any], standing: Standing) -> int:
    """Count the rows that a deletion would take along or break on, and that the person may not read."""
    listed = list(rows)
    if not listed:
        return 0
    collector = NestedObjects(using=router.db_for_write(type(listed[0])), origin=listed)
    collector.collect(listed)
    touched = [row for row in chain(*collector.data.values(), collector.protected) if isinstance(row, EvidenceRow)]
    may_read: dict[Any, bool] = {}
    hidden = 0
    for row in touched:
        holder = holder_of(row)
        if holder is None:
            continue
        key = (type(holder), holder.pk)
        if key not in may_read:
            may_read[key] = standing.may_read(holder)
        hidden += not may_read[key]
    return hidden
