"""The data dictionary: what each column of the evidence holds, from the models and from the review's own words."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from evidence.exporters.review_folder.cells import columns_of, csv_line
from evidence.importers.cells import is_required
from evidence.importers.tables import TABLES, Table
from evidence.models import Instrument, Review

HEAD = ("file", "table", "column", "is_key", "is_needed", "type", "unit", "choices", "refers_to", "meaning")
KINDS: tuple[tuple[type[Any], str], ...] = (
    (models.BooleanField, "yes or no"),
    (models.DecimalField, "number"),
    (models.IntegerField, "whole number"),
    (models.DateField, "day"),
)
POINTS = "as the instrument"
UNITS = {
    "weeks": "weeks",
    "minutes": "minutes",
    "sessions_per_week": "per week",
    "percent": "percent",
    **dict.fromkeys(("ci_level", "p_value"), "fraction"),
    **dict.fromkeys(("week", "target_week", "from_week", "to_week"), "weeks since the start of treatment"),
    **dict.fromkeys(("mean", "sd", "se", "median", "q1", "q3", "minimum", "maximum", "ci_lower", "ci_upper"), POINTS),
    **dict.fromkeys(("estimate", "standard_error"), "as the measure and the instrument"),
}
RESULTS = ("arm_results", "contrast_results")
MEANINGS = {
    "settled_value": "What somebody decided that contradictory numbers are to be read as.",
    "settled_ci_lower": "Lower limit of the interval of the settled value.",
    "settled_ci_upper": "Upper limit of the interval of the settled value.",
    "settled_reason": "Why the numbers are settled this way.",
    "consensus": "State of the agreed extraction; empty where there is none.",
    "tool": "Risk-of-bias tool, by its code.",
    "tool_version": "Version of the tool.",
}


def write_dictionary(review: Review) -> str:
    """Give the data dictionary as CSV."""
    return "".join(map(csv_line, [HEAD, *_columns(), *_characteristics(review), *_instruments(review)]))


def _columns() -> Iterator[list[Any]]:
    for table in TABLES.values():
        for name in columns_of(table):
            yield _column(table, name)


def _column(table: Table, name: str) -> list[Any]:
    field = table.fields[name]
    reference = next((one for one in table.references if one.column == name), None)
    is_needed = is_required(field) and not (reference is not None and reference.is_optional)
    kind = next((word for kind, word in KINDS if isinstance(field, kind)), "text")
    choices = "; ".join(f"{code} = {label}" for code, label in field.flatchoices if code)
    unit = UNITS.get(name, "") if table.name in (*RESULTS, "windows", "components") else ""
    refers = f"{TABLES[reference.table].name}.{list(TABLES[reference.table].key)[-1]}" if reference is not None else ""
    words = MEANINGS.get(name) or str(field.help_text) or f"{_begin_large(str(field.verbose_name or name))}."
    if reference is not None:
        words = f"Names the {TABLES[reference.table].noun}."
    kind = "word" if choices else kind
    return [table.file, table.name, name, name in table.key, is_needed, kind, unit, choices, refers, words]


def _begin_large(text: str) -> str:
    return text[:1].upper() + text[1:]


def _characteristics(review: Review) -> Iterator[list[Any]]:
    """Give a row for each characteristic that the review asks for: what `value` holds where `field` has its code."""
    for row in review.characteristic_fields.order_by("code"):
        name = f"value[field={row.code}]"
        words = ". ".join(filter(None, (row.name, row.help)))
        choices = "; ".join(row.choice_list)
        kind = {"number": "number", "flag": "yes or no", "choice": "word"}.get(row.kind, "text")
        yield ["characteristics.csv", "characteristics", name, False, False, kind, row.unit, choices, "", words]


def _instruments(review: Review) -> Iterator[list[Any]]:
    """Give a row for each instrument: what the numbers of results with it mean."""
    rows = Instrument.objects.filter(outcome__review=review).select_related("outcome")
    for row in sorted(rows, key=lambda row: (row.outcome.code, row.code)):
        low, high = row.scale_min, row.scale_max
        scale = f"{low:f} to {high:f}" if low is not None and high is not None else ""
        words = f"{row.outcome.name}, {row.name}: {row.get_direction_display().lower()}"
        name = f"mean[instrument={row.outcome.code}/{row.code}]"
        yield ["arm_results.csv", "arm_results", name, False, False, "number", scale, "", "instruments.code", words]
