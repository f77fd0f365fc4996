"""What a forest plot draws, read from the plain data of a result: rows, groups and the summary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    """One line of the plot; `key` is what is known of it elsewhere by."""

    label: str
    interval: Interval
    weight: float | None = None
    message: str = ""
    key: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """How much the effects differ; None where a number is undefined."""

    q: float | None = None
    q_df: float | None = None
    q_p_value: float | None = None
    i2: float | None = None
    tau2: float | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with a heading, and their own estimate."""

    label: str
    rows: tuple[Row, ...]
    summary: Interval = Interval()
    heterogeneity: Heterogeneity = Heterogeneity()


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of the plot, its summary, and the confidence level where the result says it.

    `groups` holds all rows where the figure has groups and is empty otherwise; `difference` is the test between them:
    statistic, degrees of freedom, p value.
    """

    rows: tuple[Row, ...]
    summary: Interval
    prediction: Interval
    level: float | None
    messages: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    heterogeneity: Heterogeneity = Heterogeneity()
    difference: tuple[float | None, float | None, float | None] = (None, None, None)

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """The intervals of rows, groups and the summary."""
        return (*(row.interval for row in self.rows), *(group.summary for group in self.groups), self.summary)


def read_table(figure: ForestFigure, result: Mapping[str, Any]) -> Table:
    """Give the lines of a figure.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    rows = tuple(_row(figure, row) for row in rows_of(result, figure.rows))
    groups = rows_of(result, figure.groups) if figure.groups else []
    return Table(
        rows=rows,
        summary=Interval(
            estimate=number_of(result, figure.summary_estimate),
            lower=number_of(result, figure.summary_ci_lower),
            upper=number_of(result, figure.summary_ci_upper),
        ),
        prediction=Interval(lower=number_of(result, figure.pi_lower), upper=number_of(result, figure.pi_upper)),
        level=number_of(result, "level"),
        messages=tuple(str(message) for message in result.get("messages", ())),
        groups=tuple(_groups(rows, groups)) if figure.groups else (),
        heterogeneity=_heterogeneity(result) if figure.has_heterogeneity else Heterogeneity(),
        difference=(
            number_of(result, figure.difference_statistic),
            number_of(result, figure.difference_df),
            number_of(result, figure.difference_p_value),
        ),
    )


def rows_of(result: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give a table of the result.

    Raises
    ------
    UnknownTable : there is none of that name
    """
    rows = result.get(name)
    if not isinstance(rows, list | tuple):
        raise UnknownTable(name)
    return list(rows)


def _row(figure: ForestFigure, row: Mapping[str, Any]) -> Row:
    """Give one line."""
    label = str(row.get(figure.label) or "")
    return Row(
        label=label,
        interval=Interval(
            estimate=number_of(row, figure.estimate),
            lower=number_of(row, figure.ci_lower),
            upper=number_of(row, figure.ci_upper),
        ),
        weight=number_of(row, figure.weight),
        message=str(row.get("message") or ""),
        key=str(row.get("effect") or label),
        group=str(row.get(figure.group) or "") if figure.group else "",
    )


def _groups(rows: tuple[Row, ...], groups: Iterable[Mapping[str, Any]]) -> Iterable[Group]:
    """Give the groups in the order of their table, then those that only rows name."""
    named = {str(group.get("name") or ""): group for group in groups}
    for name in dict.fromkeys([*named, *(row.group for row in rows)]):
        group = named.get(name, {})
        yield Group(
            label=str(group.get("label") or name),
            rows=tuple(row for row in rows if row.group == name),
            summary=Interval(*(number_of(group, end) for end in ("estimate", "ci_lower", "ci_upper"))),
            heterogeneity=_heterogeneity(group),
        )


def _heterogeneity(values: Mapping[str, Any]) -> Heterogeneity:
    return Heterogeneity(*(number_of(values, name) for name in ("q", "q_df", "q_p_value", "i2", "tau2")))


def number_of(values: Mapping[str, Any], name: str) -> float | None:
    """Give a number by name; None where the name is "", or the value is missing or no finite number."""
    value = values.get(name) if name else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if isfinite(value) else None
