"""What GRADE reads of the result of `small_study_effects`, by name, wherever in the result it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EGGER = ("egger_lm", "egger", "egger_rma")
RANK = ("rank",)
TRIM_AND_FILL = ("trim_and_fill_l0", "trim_and_fill", "trim_and_fill_r0")


@dataclass(frozen=True, slots=True)
class TrimAndFill:
    """The estimate with the studies that symmetry would add; scale of the measure."""

    estimate: float
    ci_lower: float | None
    ci_upper: float | None
    k_filled: int | None


@dataclass(frozen=True, slots=True)
class SmallStudyEffects:
    """The tests and the adjusted estimate that GRADE looks at; None where the result does not have one."""

    egger_slope: float | None
    egger_p_value: float | None
    rank_p_value: float | None
    trim_and_fill: TrimAndFill | None


def read_small_study_effects(result: Mapping[str, Any]) -> SmallStudyEffects:
    """Give what is known of the tests: rows are found by the name of their field, or by their own name in a table."""
    rows = _rows_of(result)
    egger, rank, filled = (_first(rows, names) for names in (EGGER, RANK, TRIM_AND_FILL))
    estimate = _number(filled, "estimate", "adjusted_estimate")
    k_filled = _number(filled, "filled_count", "k0")
    return SmallStudyEffects(
        egger_slope=_number(egger, "slope", "estimate", "statistic"),
        egger_p_value=_number(egger, "p_value"),
        rank_p_value=_number(rank, "p_value"),
        trim_and_fill=None
        if estimate is None
        else TrimAndFill(
            estimate=estimate,
            ci_lower=_number(filled, "ci_lower"),
            ci_upper=_number(filled, "ci_upper"),
            k_filled=None if k_filled is None else int(k_filled),
        ),
    )


def _rows_of(result: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Give the parts of a result that are rows, by name."""
    rows: dict[str, Mapping[str, Any]] = {}
    for field, value in result.items():
        if isinstance(value, Mapping):
            rows.setdefault(field, value)
        elif isinstance(value, list | tuple):
            named = (row for row in value if isinstance(row, Mapping) and isinstance(row.get("name"), str))
            for row in named:
                rows.setdefault(row["name"], row)
    return rows


def _first(rows: Mapping[str, Mapping[str, Any]], names: tuple[str, ...]) -> Mapping[str, Any]:
    """Give the row of the first name that there is, an empty one where there is none."""
    return next((rows[name] for name in names if name in rows), {})


def _number(row: Mapping[str, Any], *names: str) -> float | None:
    """Give the first field that holds a number."""
    values = (row.get(name) for name in names)
    found = (value for value in values if isinstance(value, int | float) and not isinstance(value, bool))
    return next((float(value) for value in found), None)
