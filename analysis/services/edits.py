"""Who changed what, and why: entries of the history of evidence and of analyses, as plain data."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from analysis.explain import Author, Edit
from analysis.freezing import number
from analysis.models import Analysis, Step
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Assessment,
    Characteristic,
    CharacteristicField,
    ComparatorType,
    ComponentType,
    ContrastResult,
    Extraction,
    FollowUpWindow,
    Instrument,
    InterventionComponent,
    Judgement,
    Outcome,
    Report,
    Review,
    Settlement,
    Study,
)

ACTIONS = {"+": "added", "~": "changed", "-": "removed"}
SOMEBODY = "somebody whose name is not kept"
# Columns of history tables that are no fields of the row.
BOOKKEEPING = frozenset({"id", "history_id", "history_date", "history_change_reason", "history_type", "history_user"})
# Fields that point to a row whose code (or number) stands in the freeze.
CODES: dict[str, tuple[Any, str]] = {
    "comparator_type": (ComparatorType, "code"),
    "type": (ComponentType, "code"),
    "instrument": (Instrument, "code"),
    "outcome": (Outcome, "code"),
    "field": (CharacteristicField, "code"),
    "companion_of": (Study, "code"),
}
ARMS = frozenset({"arm", "first_arm", "second_arm"})


@dataclass(frozen=True, slots=True)
class Level:
    """A kind of row of the freeze: its model, and the rows that it belongs to."""

    kind: str
    model: Any
    parent: str
    parent_kind: str


# Each kind comes after the one that it belongs to.
LEVELS = (
    Level("report", Report, "study_id", "study"),
    Level("extraction", Extraction, "study_id", "study"),
    Level("assessment", Assessment, "study_id", "study"),
    Level("judgement", Judgement, "assessment_id", "assessment"),
    Level("characteristic", Characteristic, "extraction_id", "extraction"),
    Level("arm", Arm, "extraction_id", "extraction"),
    Level("contrast", ContrastResult, "extraction_id", "extraction"),
    Level("adverse_event", AdverseEvent, "extraction_id", "extraction"),
    Level("settlement", Settlement, "extraction_id", "extraction"),
    Level("component", InterventionComponent, "arm_id", "arm"),
    Level("arm_result", ArmResult, "arm_id", "arm"),
)
CONSENSUS_ONLY = frozenset({"extraction", "assessment"})


def read_edits(review: Review, codes: Iterable[str], *, until: datetime) -> list[Edit]:
    """Give the entries about some studies of a review up to a moment, oldest first.

    The history of a row that was deleted is read too, so rows are followed from their studies by the keys in the
    histories, not by the rows that there are now.
    """
    found: list[tuple[datetime, Edit]] = []
    rows = _history(Study, until).filter(review_id=review.pk, code__in=list(codes))
    holders: dict[str, dict[int, str]] = {"study": {row.id: row.code for row in rows}}
    words = _Words()
    found += _edits("study", rows, holders["study"], words)
    for level in LEVELS:
        above = holders[level.parent_kind]
        rows = _history(level.model, until).filter(**{f"{level.parent}__in": list(above)})
        if level.kind in CONSENSUS_ONLY:
            rows = rows.filter(is_consensus=True)
        listed = list(rows)
        holders[level.kind] = {row.id: above[getattr(row, level.parent)] for row in listed}
        if level.kind == "arm":
            words.arms |= {row.id: row.number for row in listed}
        found += _edits(level.kind, listed, holders[level.kind], words)
    return [edit for _, edit in sorted(found, key=lambda pair: pair[0])]


def read_authors(analysis: Analysis, *, until: datetime) -> dict[tuple[str, str], Author]:
    """Give who last changed each definition, rule and parameter up to a moment, by kind and name."""
    found: dict[tuple[str, str], Author] = {}
    rules = _history(Analysis, until).filter(id=analysis.pk)
    found |= {("rules", name): author for name, author in _last(rules, lambda row: row.rules)}
    steps = _history(Step, until).filter(analysis_id=analysis.pk)
    for row in steps:
        found[("parameters", row.plugin)] = _author(row)
    named = _last(steps, lambda row: {f"{row.plugin}.{name}": value for name, value in row.params.items()})
    found |= {("parameters", name): author for name, author in named}
    return found | {("definitions", name): author for name, author in _definitions(analysis.review, until)}


def _definitions(review: Review, until: datetime) -> Iterator[tuple[str, Author]]:
    """Give who last changed each field of the review's words, by its path in the freeze."""
    outcomes = {row.id: row.code for row in _history(Outcome, until).filter(review_id=review.pk)}
    parts: tuple[tuple[Any, str], ...] = ((Instrument, "instruments"), (FollowUpWindow, "windows"))
    for model, branch in parts:
        rows = _history(model, until).filter(outcome_id__in=list(outcomes))
        yield from _paths(rows, lambda row, part=branch: f"outcomes.{outcomes[row.outcome_id]}.{part}.{row.code}")
    branches: tuple[tuple[Any, str], ...] = (
        (Outcome, "outcomes"),
        (ComponentType, "component_types"),
        (CharacteristicField, "characteristics"),
    )
    for model, branch in branches:
        rows = _history(model, until).filter(review_id=review.pk)
        yield from _paths(rows, lambda row, part=branch: f"{part}.{row.code}")
    for row in _history(ComparatorType, until).filter(review_id=review.pk):
        yield f"comparator_types.{row.code}", _author(row)


def _paths(rows: Any, path: Any) -> Iterator[tuple[str, Author]]:
    """Give the last author of each field of rows by its path."""
    words = _Words()
    yield from _last(rows, lambda row: {f"{path(row)}.{name}": value for name, value in words.values(row).items()})


def _last(rows: Any, values: Any) -> Iterator[tuple[str, Author]]:
    """Give the author of each change of a value, oldest first, so that the last one stands."""
    for _, entries in groupby(sorted(rows, key=lambda row: row.id), key=lambda row: row.id):
        before: Mapping[str, Any] = {}
        for row in entries:
            now = values(row)
            yield from ((name, _author(row)) for name, value in now.items() if before.get(name) != value)
            before = now


def _history(model: Any, until: datetime) -> Any:
    """Give the entries of a model's history up to a moment, oldest first."""
    rows = model.history.filter(history_date__lte=until).select_related("history_user")
    return rows.order_by("history_date", "history_id")


def _edits(
    kind: str, rows: Iterable[Any], studies: Mapping[int, str], words: "_Words"
) -> Iterator[tuple[datetime, Edit]]:
    """Give what each entry did: one edit for a row made or deleted, and one for each field that it changed."""
    for key, entries in groupby(sorted(rows, key=lambda row: row.id), key=lambda row: row.id):
        before: dict[str, Any] = {}
        for row in entries:
            now, action = words.values(row), ACTIONS[row.history_type]
            fixed: dict[str, Any] = {"study": studies[key], "kind": kind, "fields": now, "author": _author(row)}
            if action != "changed":
                yield row.history_date, Edit(action=action, **fixed)
            if action != "removed":
                for name in [name for name, value in now.items() if before.get(name) != value]:
                    yield row.history_date, Edit(action=action, field=name, new=now[name], **fixed)
            before = now


def _author(row: Any) -> Author:
    """Give who made an entry, when and why."""
    return Author(
        by=str(row.history_user or SOMEBODY), at=row.history_date.isoformat(), reason=row.history_change_reason or ""
    )


class _Words:
    """Turns the columns of history into the values that a freeze has."""

    def __init__(self) -> None:
        self.arms: dict[int, int] = {}
        self._codes: dict[str, dict[int, str]] = {}

    def values(self, row: Any) -> dict[str, Any]:
        """Give the fields of a row as the freeze writes them."""
        found = {}
        for field in row._meta.fields:
            if field.name not in BOOKKEEPING:
                found[field.name] = self._value(field, getattr(row, field.attname))
        if {"field", "number", "text", "flag"} <= set(found):
            found["value"] = found["number"] if found["number"] is not None else found["text"] or found["flag"]
        return found

    def _value(self, field: Any, value: Any) -> Any:
        """Give one value."""
        if isinstance(value, Decimal):
            return number(value)
        if field.name in ARMS:
            return self.arms.get(value)
        if field.is_relation and field.name in CODES:
            return self._code(field.name, value)
        return value

    def _code(self, name: str, key: int | None) -> str | None:
        """Give the code of the row that a field points to; the table of its model is read once."""
        if key is None:
            return None
        if name not in self._codes:
            model, column = CODES[name]
            self._codes[name] = dict(model.objects.values_list("pk", column))
        return self._codes[name].get(key)
