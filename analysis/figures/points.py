"""What a scatter plot draws, read from the plain data of a result: points, lines and their bands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.figures.table import UnknownTable, number_of

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import ScatterFigure


@dataclass(frozen=True, slots=True)
class Point:
    """One point; `size` is what its area is proportional to."""

    x: float
    y: float
    size: float | None
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined in their order, with a band around them where both its ends are known."""

    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...]


def read_points(figure: ScatterFigure, result: Mapping[str, Any]) -> tuple[Point, ...]:
    """Give the points that have both coordinates.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    found = []
    for row in _rows(result, figure.rows):
        x, y = number_of(row, figure.x), number_of(row, figure.y)
        if x is not None and y is not None:
            found.append(Point(x, y, number_of(row, figure.size), str(row.get(figure.label) or "")))
    return tuple(found)


def read_lines(figure: ScatterFigure, result: Mapping[str, Any]) -> tuple[Line, ...]:
    """Give the lines that have at least two points.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    lines = (_line(figure, _rows(result, name)) for name in figure.lines)
    return tuple(line for line in lines if len(line.points) > 1)


def _line(figure: ScatterFigure, rows: list[Mapping[str, Any]]) -> Line:
    points, band = [], []
    for row in rows:
        x, y = number_of(row, figure.x), number_of(row, figure.y)
        ends = number_of(row, figure.band_lower), number_of(row, figure.band_upper)
        if x is not None and y is not None:
            points.append((x, y))
        if x is not None and ends[0] is not None and ends[1] is not None:
            band.append((x, ends[0], ends[1]))
    return Line(tuple(points), tuple(band))


def _rows(result: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = result.get(name)
    if not isinstance(rows, list | tuple):
        raise UnknownTable(name)
    return list(rows)
