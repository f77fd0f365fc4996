"""Whether a figure draws what its result has."""

from collections.abc import Iterable, Mapping
from typing import Any

from analysis.contract.drawn import tables_drawn
from analysis.testing.errors import ConformanceError

# Fields of a figure that name a field of the result; some stand in a stored figure only where they are used.
SUMMARIES = ("summary_estimate", "summary_ci_lower", "summary_ci_upper", "pi_lower", "pi_upper", "own")
DIFFERENCE = ("difference_statistic", "difference_df", "difference_p_value")
HETEROGENEITY = ("q", "q_df", "q_p_value", "i2", "tau2")


def refuse_missing_parts(figure: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    """Raise where a figure names a table, a column or a field that the result does not have.

    Raises
    ------
    ConformanceError : something that the figure draws is not there
    """
    for table, columns in tables_drawn(figure).items():
        _refuse_missing_columns(table, columns, result)
    fields = [figure.get(name) for name in (*SUMMARIES, *DIFFERENCE)]
    fields += [panel["field"] for panel in figure.get("panels", ())]
    fields += HETEROGENEITY if figure.get("has_heterogeneity") else ()
    for field in fields:
        if field and field not in result:
            raise ConformanceError(f"A figure draws the field “{field}”, which the result does not have.")


def _refuse_missing_columns(table: str, columns: Iterable[str], result: Mapping[str, Any]) -> None:
    rows = result.get(table)
    if not isinstance(rows, list):
        raise ConformanceError(f"A figure draws the table “{table}”, which the result does not have.")
    for column in columns:
        if column and any(column not in row for row in rows):
            raise ConformanceError(f"A figure draws the column “{column}”, which “{table}” has not.")
