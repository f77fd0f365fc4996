"""Rows as they were when a reader first said that they were done, read from the history of the rows."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

# As many keys as every database takes in one statement.
KEYS_AT_ONCE = 900
DELETED = "-"


def rows_then(model: Any, column: str, moments: Mapping[int, datetime]) -> dict[int, list[Any]]:
    """Give for each parent the rows that it had at its moment, oldest first.

    Parameters
    ----------
    column : the field of the model that names the parent, such as "arm_id"
    moments : by the key of the parent; what was entered later does not count
    """
    last: dict[int, Any] = {}
    for keys in portions(moments):
        entries = model.history.filter(**{f"{column}__in": keys}).order_by("history_date", "history_id")
        for entry in entries.iterator():
            if entry.history_date <= moments[getattr(entry, column)]:
                last[entry.id] = entry
    found: dict[int, list[Any]] = {}
    for _, entry in sorted(last.items()):
        if entry.history_type != DELETED:
            found.setdefault(getattr(entry, column), []).append(entry)
    return found


def portions(keys: Iterable[int]) -> Iterator[list[int]]:
    """Give the keys in lists that every database takes."""
    every = sorted(keys)
    return (every[start : start + KEYS_AT_ONCE] for start in range(0, len(every), KEYS_AT_ONCE))
