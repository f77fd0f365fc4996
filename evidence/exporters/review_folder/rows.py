"""The rows of the CSV files of a review folder, some studies at a time."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError

from evidence.exporters.review_folder.cells import columns_of, paths_of, related, text_of, value_at
from evidence.importers.tables import Table
from evidence.models import Extraction, Review, Study
from evidence.questionnaire import misfit

# So many studies are in memory at once.
BATCH = 100
TWICE = (
    "The study “{study}” has the same {noun} twice ({key}), which a review folder cannot tell apart: change one of "
    "them, then export again."
)


def study_keys(review: Review) -> list[int]:
    """Give the keys of the studies of a review, in the order of their codes, which no database's sorting decides."""
    return [pk for _, pk in sorted(Study.objects.filter(review=review).values_list("code", "pk"))]


def rows_of(table: Table, studies: Sequence[int]) -> Iterator[list[Any]]:
    """Give the rows of a table that the consensus of some studies holds, in the order of the studies and of their keys.

    Raises
    ------
    ValidationError : two rows have the same key
    """
    place = {pk: number for number, pk in enumerate(studies)}
    for begin in range(0, len(studies), BATCH):
        yield from _batch(table, studies[begin : begin + BATCH], place)


def _batch(table: Table, studies: Sequence[int], place: dict[int, int]) -> Iterator[list[Any]]:
    paths = paths_of(table)
    to_study = table.key.get("study", "code").removesuffix("code").removesuffix("__")
    holder = to_study.removesuffix("study").removesuffix("__")
    query = table.model._default_manager.filter(**{f"{to_study}__in" if to_study else "pk__in": studies})
    query = query.filter(**({f"{holder}__is_consensus": True} if holder else {}), **table.only)
    query = table.told_apart(query)
    asked = set(related([path for name, path in paths.items() if name not in table.extra]))
    asked |= {one for one in (to_study, "settlement" if "settled_value" in paths else "") if one}
    rows: list[Any] = list(query.select_related(*asked) if asked else query)
    consensus = dict(_consensus(studies)) if table.name == "studies" else {}
    found = []
    for row in rows:
        if table.name == "characteristics" and misfit(row.field.question, row.answer):
            continue  # an answer to an earlier version of the question, which no analysis reads and no import takes
        values = {name: value_at(row, name, path) for name, path in paths.items() if name not in ("value", "consensus")}
        if "value" in paths:
            values["value"] = text_of(row.value)
        if "consensus" in paths:
            values["consensus"] = consensus.get(row.pk, "")
        found.append((place[_study_of(row, to_study)], _sortable(table, row), values))
    found.sort(key=lambda one: one[:2])
    for before, after in pairwise(found):
        if before[:2] == after[:2]:
            _refuse(table, after[2])
    for _, _, values in found:
        yield [values[name] for name in columns_of(table)]


def _consensus(studies: Sequence[int]) -> Any:
    return Extraction.objects.filter(study__in=studies, is_consensus=True).values_list("study", "status")


def _study_of(row: Any, path: str) -> int:
    for step in filter(None, path.split("__")):
        row = getattr(row, step)
    return int(row.pk)


def _sortable(table: Table, row: Any) -> tuple[tuple[bool, Any], ...]:
    """Give the key of a row for sorting: what is empty first."""
    return tuple((value is not None, 0 if value is None else value) for value in table.key_of_row(row))


def _refuse(table: Table, values: dict[str, Any]) -> None:
    key = ", ".join(
        f"{name} {values[name]}" for name in table.key if name != "study" and values[name] not in (None, "")
    )
    raise ValidationError(TWICE.format(study=values.get("study"), noun=table.noun, key=key))
