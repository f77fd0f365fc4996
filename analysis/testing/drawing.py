"""Whether a figure draws what its result has."""

from collections.abc import Iterable, Mapping
from typing import Any

from analysis.contract.drawn import fields_drawn, tables_drawn
from analysis.testing.errors import ConformanceError


def refuse_missing_parts(figure: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    """Raise where a figure names a table, a column or a field that the result does not have.

    Raises
    ------
    ConformanceError : something that the figure draws is not there
    """
    for table, columns in tables_drawn(figure).items():
        _refuse_missing_columns(table, columns, result)
    for field in fields_drawn(figure):
        if field not in result:
            raise ConformanceError(f"A figure draws the field “{field}”, which the result does not have.")


def _refuse_missing_columns(table: str, columns: Iterable[str], result: Mapping[str, Any]) -> None:
    rows = result.get(table)
    if not isinstance(rows, list):
        raise ConformanceError(f"A figure draws the table “{table}”, which the result does not have.")
    for column in columns:
        if column and any(column not in row for row in rows):
            raise ConformanceError(f"A figure draws the column “{column}”, which “{table}” has not.")
