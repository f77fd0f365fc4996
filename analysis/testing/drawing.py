"""Whether a figure draws what its result has."""

from collections.abc import Mapping
from typing import Any

from analysis.testing.errors import ConformanceError

# Fields of each kind of figure that name a column of its table, and those that name a field of the result.
COLUMNS = {
    "forest": ("label", "estimate", "ci_lower", "ci_upper", "weight"),
    "scatter": ("x", "y", "size", "label"),
    "heat": ("row", "column", "value", "text", "size"),
    "judgements": ("row", "column", "level", "share"),
    "flow": (),
}
# Columns that a kind of figure reads whatever its fields say.
ALWAYS = {"flow": ("name", "label", "round_name", "stage", "reason", "count")}
SUMMARIES = ("summary_estimate", "summary_ci_lower", "summary_ci_upper", "pi_lower", "pi_upper")
# Fields of a forest plot that stand in a stored figure only where they are used.
DIFFERENCE = ("difference_statistic", "difference_df", "difference_p_value")
GROUPS = ("name", "label", "estimate", "ci_lower", "ci_upper")
HETEROGENEITY = ("q", "q_df", "q_p_value", "i2", "tau2")
BANDS = ("x", "y", "band_lower", "band_upper")


def refuse_missing_parts(figure: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    """Raise where a figure names a table, a column or a field that the result does not have.

    Raises
    ------
    ConformanceError : something that the figure draws is not there
    """
    kind = figure["kind"]
    columns = [*(figure[name] for name in COLUMNS[kind]), *ALWAYS.get(kind, ()), figure.get("group", "")]
    _refuse_missing_columns(figure["rows"], columns, result)
    for table in figure.get("lines", ()):
        _refuse_missing_columns(table, [figure[name] for name in BANDS], result)
    if figure.get("groups"):
        _refuse_missing_columns(figure["groups"], list(GROUPS), result)
    told = HETEROGENEITY if figure.get("has_heterogeneity") else ()
    for field in (*(figure.get(name) for name in (*SUMMARIES, *DIFFERENCE)), *told):
        if field and field not in result:
            raise ConformanceError(f"A figure draws the field “{field}”, which the result does not have.")


def _refuse_missing_columns(table: str, columns: list[str], result: Mapping[str, Any]) -> None:
    rows = result.get(table)
    if not isinstance(rows, list):
        raise ConformanceError(f"A figure draws the table “{table}”, which the result does not have.")
    for column in columns:
        if column and any(column not in row for row in rows):
            raise ConformanceError(f"A figure draws the column “{column}”, which “{table}” has not.")
