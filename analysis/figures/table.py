"""What a forest plot draws, read from the plain data of a result: rows and the summary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

# A figure is only read here: who reads tables without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import ForestFigure


class UnknownTable(ValueError):
    """A figure draws a table that the result does not have."""

    def __init__(self, rows: str) -> None:
        super().__init__(f"The figure draws the table “{rows}”, which the result does not have.")


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its interval, scale of the measure; None where a number is undefined."""

    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None

    @property
    def ends(self) -> tuple[float, float] | None:
        """Both ends, None unless both are defined."""
        return None if self.lower is None or self.upper is None else (self.lower, self.upper)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the plot."""

    label: str
    interval: Interval
    weight: float | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of the plot, its summary, and the confidence level where the result says it."""

    rows: tuple[Row, ...]
    summary: Interval
    prediction: Interval
    level: float | None
    messages: tuple[str, ...]


def read_table(figure: ForestFigure, result: Mapping[str, Any]) -> Table:
    """Give the lines of a figure.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    rows = result.get(figure.rows)
    if not isinstance(rows, list | tuple):
        raise UnknownTable(figure.rows)
    return Table(
        rows=tuple(_row(figure, row) for row in rows),
        summary=Interval(
            estimate=number_of(result, figure.summary_estimate),
            lower=number_of(result, figure.summary_ci_lower),
            upper=number_of(result, figure.summary_ci_upper),
        ),
        prediction=Interval(lower=number_of(result, figure.pi_lower), upper=number_of(result, figure.pi_upper)),
        level=number_of(result, "level"),
        messages=tuple(str(message) for message in result.get("messages", ())),
    )


def _row(figure: ForestFigure, row: Mapping[str, Any]) -> Row:
    """Give one line."""
    return Row(
        label=str(row.get(figure.label) or ""),
        interval=Interval(
            estimate=number_of(row, figure.estimate),
            lower=number_of(row, figure.ci_lower),
            upper=number_of(row, figure.ci_upper),
        ),
        weight=number_of(row, figure.weight),
        message=str(row.get("message") or ""),
    )


def rows_of(result: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give the rows of a table.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    rows = result.get(name)
    if not isinstance(rows, list | tuple):
        raise UnknownTable(name)
    return list(rows)


def number_of(values: Mapping[str, Any], name: str) -> float | None:
    """Give a number by name; None where the name is "", or the value is missing or no finite number."""
    value = values.get(name) if name else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None
