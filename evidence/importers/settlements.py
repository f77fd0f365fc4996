"""What the rows of results say of printed contradictions that somebody settled."""

import copy
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from evidence import services
from evidence.importers.changes import Difference, differs, in_words
from evidence.importers.problems import rules_by_field
from evidence.importers.rows import Row

COLUMNS: Mapping[str, str] = {
    "settled_value": "value",
    "settled_ci_lower": "ci_lower",
    "settled_ci_upper": "ci_upper",
    "settled_reason": "reason",
}


def settlement_news(row: Row, stored: Any | None) -> tuple[Difference, ...]:
    """Give where a row says something else of its settlement than is stored; silence changes nothing."""
    before = getattr(stored, "settlement", None) if stored is not None and _said(row) else None
    return tuple(
        Difference(column, in_words(getattr(before, COLUMNS[column], None)), in_words(value))
        for column, value in _said(row).items()
        if before is None or differs(before, {COLUMNS[column]: value})
    )


def put_settlement(*, by: User, row: Row, result: Any) -> list[tuple[str, str]]:
    """Settle a result as its row says; give the rules that this breaks, by column."""
    values = {COLUMNS[column]: value for column, value in _said(row).items()}
    stored = getattr(result, "settlement", None)
    try:
        if stored is None:
            services.settle(by=by, result=result, **{"value": None, "reason": ""} | values)
        elif differs(stored, values):
            stored = copy.copy(stored)
            for name, value in values.items():
                setattr(stored, name, value)
            services.record(by=by, row=stored)
    except ValidationError as error:
        names = {field: column for column, field in COLUMNS.items()}
        return [(names.get(name, "settled_value"), rule) for name, rule in rules_by_field(error)]
    return []


def _said(row: Row) -> dict[str, Any]:
    """Give what a row says of its settlement, by column; nothing where all of it is empty."""
    said = {column: row.values[column] for column in COLUMNS if column in row.values}
    return said if any(value not in (None, "") for value in said.values()) else {}
