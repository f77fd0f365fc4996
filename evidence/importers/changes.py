"""What an import does, or would do, to single rows: the difference, column by column."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import models

from evidence.importers.rows import Row, describe
from evidence.plausibility import plain

LONGEST = 300


class Fate(StrEnum):
    """What becomes of a row of a file."""

    NEW = "new"
    UPDATED = "updated"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Difference:
    """What stands in one column before the import and after it, as text."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a file, what becomes of it and why.

    `differences` are those to what is stored; of a new row there are none. `reason` is a sentence: the rules that a
    refused row breaks, what a duplicate repeats.
    """

    fate: Fate
    table: str
    file: str
    line: int | None
    what: str
    differences: tuple[Difference, ...] = ()
    reason: str = ""

    @classmethod
    def new(cls, row: Row) -> "Change":
        """Give the change that adds a row."""
        return cls(Fate.NEW, row.table.name, row.file, row.line, describe(row))

    @classmethod
    def updated(
        cls, row: Row, stored: models.Model, fields: Mapping[str, Any], more: tuple[Difference, ...] = ()
    ) -> "Change":
        """Give the change that makes a stored row say these values, and what `more` tells of rows that hang on it."""
        differences = tuple(
            Difference(name, in_words(getattr(stored, name)), in_words(value))
            for name, value in fields.items()
            if _comparable(getattr(stored, name)) != _comparable(value)
        )
        return cls(Fate.UPDATED, row.table.name, row.file, row.line, describe(row), differences + more)

    @classmethod
    def told(cls, row: Row, differences: tuple[Difference, ...]) -> "Change":
        """Give the change of a row that lies in what hangs on it."""
        return cls(Fate.UPDATED, row.table.name, row.file, row.line, describe(row), differences)


def differs(stored: models.Model, fields: Mapping[str, Any]) -> bool:
    """Whether a stored row says anything else than these values."""
    return any(_comparable(getattr(stored, name)) != _comparable(value) for name, value in fields.items())


def _comparable(value: Any) -> Any:
    """Give a value for comparison: browsers end lines with two characters, files with one."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else value


def in_words(value: Any) -> str:
    """Give a value as a preview shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = plain(value) if isinstance(value, Decimal) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 2] + " …"
