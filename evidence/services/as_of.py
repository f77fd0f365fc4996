"""The evidence of a review as it was at a time, read from its history; deleted rows are there again."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ObjectDoesNotExist

from evidence.models import EvidenceRow, Review, Study
from evidence.services.undoing import DELETED, evidence_models

# As many keys as every database takes in one statement.
KEYS_AT_ONCE = 900


@dataclass(slots=True)
class RowThen:
    """One row as it was: its kind, its name and its fields in words, who entered that version, and the rows below.

    `below` names the field that points to the row that it hangs below.
    """

    row: EvidenceRow
    entry: Any
    rows: list["RowThen"] = field(default_factory=list)
    below: str = ""

    @property
    def kind(self) -> str:
        """The kind of row."""
        return str(self.row._meta.verbose_name)

    @property
    def label(self) -> str:
        """The name of the row; its key where what it refers to is gone."""
        try:
            return str(self.row)
        except ObjectDoesNotExist:
            return f"{self.kind} {self.row.pk}"

    @property
    def values(self) -> list[tuple[str, str]]:
        """The fields that are filled in, with their names."""
        return [
            (str(one.verbose_name), said)
            for one in self.row._meta.concrete_fields
            if not one.primary_key and one.name != self.below and (said := _in_words(self.row, one))
        ]


def studies_as_of(review: Review, when: datetime) -> list[RowThen]:
    """Give the studies of a review as they were, without what they hold, by label."""
    return sorted(_versions(Study, {"review_id": review.pk}, when), key=lambda one: one.label.lower())


def study_as_of(review: Review, study: int, when: datetime) -> RowThen | None:
    """Give a study with everything it held at a time; None where it was not there."""
    found = next(iter(_versions(Study, {"review_id": review.pk, "id": study}, when)), None)
    if found is not None:
        _add_below([found], Study, when)
    return found


def _add_below(parents: list[RowThen], model: Any, when: datetime) -> None:
    """Hang the rows below the rows that they belong to."""
    by_key = {one.row.pk: one for one in parents}
    for child in evidence_models():
        parent = child.review_path.partition("__")[0]
        if not parent or child._meta.get_field(parent).related_model is not model:
            continue
        column = f"{parent}_id"
        found: list[RowThen] = []
        for keys in _portions(by_key):
            found += _versions(child, {f"{column}__in": keys}, when)
        for one in found:
            above = by_key[getattr(one.row, column)]
            setattr(one.row, parent, above.row)
            one.below = parent
            above.rows.append(one)
        if found:
            _add_below(found, child, when)


def _versions(model: Any, chosen: dict[str, Any], when: datetime) -> list[RowThen]:
    """Give the last version of each row that was there."""
    entries = model.history.filter(**chosen, history_date__lte=when).order_by("history_date", "history_id")
    last = {entry.instance.pk: entry for entry in entries.select_related("history_user")}
    return [RowThen(entry.instance, entry) for _, entry in sorted(last.items()) if entry.history_type != DELETED]


def _portions(keys: Iterable[Any]) -> Iterable[list[Any]]:
    every = list(keys)
    return (every[start : start + KEYS_AT_ONCE] for start in range(0, len(every), KEYS_AT_ONCE))


def _in_words(row: Any, one: Any) -> str:
    """Give the value of a field as a person reads it."""
    value = getattr(row, one.attname)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if one.is_relation:
        try:
            return str(getattr(row, one.name))
        except ObjectDoesNotExist:
            return f"(deleted, {value})"
    return str(getattr(row, f"get_{one.name}_display")() if one.choices else value)
