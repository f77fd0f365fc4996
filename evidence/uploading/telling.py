"""What an import would do, or did, as the text that is stored with its upload, and as what a page shows of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.utils.text import get_text_list

from evidence.importers.changes import Change, Difference, Fate
from evidence.importers.importing import ImportResult
from evidence.importers.problems import ImportProblem
from evidence.importers.tables import TABLES
from evidence.importers.writing import Counts
from evidence.models import Upload

MOST_NAMED = 2
# What one row is called of those that no folder of a review has.
NOUNS = {"records": "record"}
_BY_LABEL = {table.label: table for table in TABLES.values()}


def words_for(table: str, count: int = 2) -> str:
    """Give what the rows of a table are called; `table` is its name or its label in lists of counts."""
    known = TABLES.get(table) or _BY_LABEL.get(table)
    if known is None:
        return NOUNS.get(table, table) if count == 1 else table
    return known.noun if count == 1 else str(known.model._meta.verbose_name_plural)


@dataclass(frozen=True, slots=True)
class Told:
    """What an import would do, or did: counts by table, changes row by row, what is wrong, and notes.

    `is_refused` says that nothing of the file can be saved.
    """

    rows: dict[str, Counts] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    problems: list[ImportProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_refused: bool = False

    @classmethod
    def of(cls, result: ImportResult) -> Self:
        """Give what a result tells; unchanged tables are left out."""
        used = {name: one for name, one in result.rows.items() if any(one.as_tuple())}
        return cls(used, list(result.changes), list(result.errors), list(result.notes), result.is_refused)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Give what a stored text tells; nothing where there is none."""
        told = json.loads(text) if text else {}
        changes = [
            Change(Fate(fate), table, file, line, what, tuple(Difference(*one) for one in differences), reason)
            for fate, table, file, line, what, differences, reason in told.get("changes", [])
        ]
        return cls(
            {name: Counts(**counts) for name, counts in told.get("rows", {}).items()},
            changes,
            [_problem(*one) for one in told.get("problems", [])],
            told.get("notes", []),
            told.get("is_refused", False),
        )

    def as_text(self) -> str:
        """Give it as JSON."""
        return json.dumps({**self._outcome(), "rows": self._rows(), "is_refused": self.is_refused}, ensure_ascii=False)

    def is_same_as(self, other: Self) -> bool:
        """Whether both would do the same. How many rows only the database has is no part of that."""
        return self._outcome() == other._outcome() and self._rows(written=True) == other._rows(written=True)

    def of_fate(self, fate: Fate) -> list[Change]:
        """Give the changes of one fate."""
        return [one for one in self.changes if one.fate is fate]

    @property
    def refused_lines(self) -> int:
        """How many lines of the file break a rule."""
        return len({(one.file, one.line) for one in self.problems})

    @property
    def new(self) -> int:
        """How many rows are added."""
        return sum(one.new for one in self.rows.values())

    @property
    def updated(self) -> int:
        """How many rows are changed."""
        return sum(one.updated for one in self.rows.values())

    @property
    def changes_something(self) -> bool:
        """Whether the import adds or changes any row."""
        return bool(self.new or self.updated) and not self.is_refused

    def promise(self) -> str:
        """Say in a few words what the import does: “Add 12 studies, change 3 rows”."""
        parts = []
        if self.new:
            added = [(one.new, words_for(name, one.new)) for name, one in self.rows.items() if one.new]
            named, others = added[:MOST_NAMED], sum(count for count, _ in added[MOST_NAMED:])
            words = [f"{count} {noun}" for count, noun in named]
            words += [f"{others} other row{'' if others == 1 else 's'}"] if others else []
            parts.append(f"add {get_text_list(words, 'and')}")
        if self.updated:
            parts.append(f"change {self.updated} row{'' if self.updated == 1 else 's'}")
        said = ", ".join(parts)
        return said[:1].upper() + said[1:]

    def _outcome(self) -> dict[str, Any]:
        return {
            "changes": [list(_plain(one)) for one in self.changes],
            "problems": [[one.file, one.line, one.column, one.rule] for one in self.problems],
            "notes": list(self.notes),
        }

    def _rows(self, *, written: bool = False) -> dict[str, dict[str, int]]:
        names = [name for name in Counts.__dataclass_fields__ if not written or name != "only_in_database"]
        rows = {table: {name: getattr(one, name) for name in names} for table, one in self.rows.items()}
        return {table: counts for table, counts in rows.items() if not written or any(counts.values())}


def _plain(one: Change) -> Iterator[Any]:
    """Give a change as values that JSON has."""
    differences = [[two.column, two.before, two.after] for two in one.differences]
    yield from (str(one.fate), one.table, one.file, one.line, one.what, differences, one.reason)


def _problem(file: str, line: int | None, column: str, rule: str) -> ImportProblem:
    """Give a stored problem; one of an earlier release has the place in its sentence too."""
    problem = ImportProblem(file, line, column, rule)
    return replace(problem, rule=rule.removeprefix(f"{problem.place}: "))


def told_of(upload: Upload) -> Told:
    """Give what the import of an upload would do, or did."""
    return Told.from_text(upload.preview)
