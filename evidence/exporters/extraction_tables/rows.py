"""The rows of an extraction workbook: what is agreed in a review, sheet by sheet, in an order that does not change."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import OuterRef, Subquery

from evidence.exporters.review_folder.cells import value_at
from evidence.importers.extraction_tables.layouts import FIELD, SOURCE, Column, Layout
from evidence.importers.harmless import harmless
from evidence.importers.tables import TABLES, Table, walk
from evidence.models import Characteristic, Extraction, Review
from evidence.models.fields import trim

Value = str | int | Decimal | None
Cells = dict[str, Value]
CHUNK = 2000
# What no cell of a workbook can hold; line breaks and tabs it can.
UNPRINTABLE = {code: None for code in range(32) if code not in (9, 10)}


def rows_of(review: Review, layout: Layout) -> Iterator[Cells]:
    """Give the rows of a sheet by column, as they are written into cells."""
    if layout.table == "characteristics":
        yield from _characteristics(review, layout)
        return
    table = TABLES[layout.table]
    values = [_value_of(table, column) for column in layout.columns]
    for row in _stored(review, table).iterator(chunk_size=CHUNK):
        yield {column.name: in_cell(column, value(row)) for column, value in zip(layout.columns, values, strict=True)}


def _stored(review: Review, table: Table) -> Any:
    """Give the agreed rows of a table with the rows that their keys lead through, by key."""
    query = table.model._default_manager.all().of_review(review)  # type: ignore[attr-defined]
    holder = table.key.get("study", "").removesuffix("study__code")
    if holder:
        query = query.filter(**{f"{holder}is_consensus": True})
    paths = [*table.key.values(), *(_path(table, one.column) for one in table.references)]
    through = {path.rsplit("__", 1)[0] for path in paths if "__" in path}
    if "settled_value" in table.extra:
        through.add("settlement")
    if "consensus" in table.extra:
        agreed = Extraction.objects.filter(study=OuterRef("pk"), is_consensus=True)
        query = query.annotate(consensus=Subquery(agreed.values("status")[:1]))
    return table.told_apart(query).select_related(*sorted(through)).order_by(*table.key.values(), "pk")


def _path(table: Table, column: str) -> str:
    """Give the way from a row to the code that a column of it shows."""
    if column in table.key:
        return table.key[column]
    reference = next((one for one in table.references if one.column == column and one.field), None)
    return column if reference is None else f"{reference.field}__{list(TABLES[reference.table].key.values())[-1]}"


def _value_of(table: Table, column: Column) -> Callable[[Any], Any]:
    """Give the function that reads a column's value from a row."""
    if column.kind == "instrument":
        outcome, instrument = _path(table, "outcome"), _path(table, "instrument")
        return lambda row: f"{walk(row, outcome)}/{walk(row, instrument)}"
    path = _path(table, column.name)
    return lambda row: value_at(row, column.name, path)


def _characteristics(review: Review, layout: Layout) -> Iterator[Cells]:
    """Give a row for each study and each place in its reports that answers stand in."""
    columns = {column.name: column for column in layout.columns}
    query = Characteristic.objects.filter(
        extraction__study__review=review, extraction__is_consensus=True, field__is_retired=False
    ).select_related("extraction__study", "field")
    stored = query.order_by("extraction__study__code", *SOURCE, "field__position", "field__code")
    for place, group in groupby(stored.iterator(chunk_size=CHUNK), key=_place):
        cells: Cells = {column.name: None for column in layout.columns}
        cells |= {name: in_cell(columns[name], text) for name, text in zip(("study", *SOURCE), place, strict=True)}
        for one in group:
            name = FIELD + one.field.code
            cells[name] = in_cell(columns[name], one.value)
        yield cells


def _place(one: Characteristic) -> tuple[str, ...]:
    return one.extraction.study.code, *(getattr(one, name) for name in SOURCE)


def in_cell(column: Column, value: Any) -> Value:
    """Give a value as a cell shows it: numbers as numbers, codes as their words, text that no program executes."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return label_of(column, "true" if value else "false")
    if isinstance(value, Decimal):
        return trim(value)
    if isinstance(value, int):
        return value
    return harmless(label_of(column, str(value)).translate(UNPRINTABLE))


def label_of(column: Column, code: str) -> str:
    """Give the word that people read for a code."""
    return next((word.label for word in column.words if word.code == code), code)


def in_text(cells: Mapping[str, Value], columns: Iterable[Column]) -> list[str]:
    """Give the cells of a row as the texts of a CSV file."""
    values = (cells.get(column.name) for column in columns)
    return [
        "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value) for value in values
    ]
