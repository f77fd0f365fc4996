"""What a scatter plot draws, read from the plain data of a result: points, lines with bands, and shaded areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.figures.table import number_of, rows_of

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
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """Points joined in their order, with a band around them where both its ends are known."""

    points: tuple[tuple[float, float], ...]
    band: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A shaded area: from the left to the right edge at each y; None goes to the edge."""

    label: str
    edges: tuple[tuple[float, float | None, float | None], ...]


def read_points(figure: ScatterFigure, result: Mapping[str, Any]) -> tuple[Point, ...]:
    """Give the points that have both coordinates.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    found = []
    for row in rows_of(result, figure.rows):
        x, y = number_of(row, figure.x), number_of(row, figure.y)
        if x is not None and y is not None:
            label, is_open = str(row.get(figure.label) or ""), bool(figure.is_open and row.get(figure.is_open))
            found.append(Point(x, y, number_of(row, figure.size), label, is_open))
    return tuple(found)


def read_lines(figure: ScatterFigure, result: Mapping[str, Any]) -> tuple[Line | None, ...]:
    """Give the lines in the order of the figure, None in place of one that has less than two points.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    lines = (_line(figure, rows_of(result, name)) for name in figure.lines)
    return tuple(line if len(line.points) > 1 else None for line in lines)


def read_areas(figure: ScatterFigure, result: Mapping[str, Any]) -> tuple[Area, ...]:
    """Give the shaded areas in their order.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    found: dict[str, tuple[str, list[tuple[float, float | None, float | None]]]] = {}
    for row in rows_of(result, figure.areas) if figure.areas else []:
        y = number_of(row, figure.y)
        if y is not None:
            _, edges = found.setdefault(str(row["area"]), (str(row["label"]), []))
            edges.append((y, number_of(row, "left"), number_of(row, "right")))
    return tuple(Area(label, tuple(edges)) for label, edges in found.values() if len(edges) > 1)


def read_crossings(figure: ScatterFigure, result: Mapping[str, Any]) -> tuple[tuple[float, str], ...]:
    """Give the numbers at which upright lines stand, with their labels.

    Raises
    ------
    UnknownTable : the result has no table of that name
    """
    rows = rows_of(result, figure.x_lines) if figure.x_lines else []
    numbers = ((number_of(row, "x"), str(row.get("label") or "")) for row in rows)
    return tuple((x, label) for x, label in numbers if x is not None)


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
