"""Two-by-two tables, read from cells or from events and sizes, after the rule for zero cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, require
from analysis.engine.effects.columns import Alternatives, read_columns
from analysis.engine.effects.zeros import HALF, amounts

CELLS: Alternatives = (
    ("ai", "bi", "ci", "di"),
    ("ai", "n1i", "ci", "n2i"),
    ("ai", "bi", "ci", "n2i"),
    ("ai", "n1i", "ci", "di"),
)
CELL_OPTIONS = ("add", "to", "drop00")

# Written as a call: cell c has the name of an interval, which is kept out of the code as a bare name.
TableColumns = TypedDict(  # noqa: UP013
    "TableColumns",
    {
        "ai": ArrayLike,
        "bi": ArrayLike,
        "ci": ArrayLike,
        "di": ArrayLike,
        "n1i": ArrayLike,
        "n2i": ArrayLike,
        "add": float,
        "to": str,
        "drop00": bool,
    },
    total=False,
)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Two-by-two tables after the zero-cell rule.

    Attributes
    ----------
    a, b : arrays of shape (k,)  with and without the event in group 1
    c, d : arrays of shape (k,)  with and without the event in group 2
    rows : int array of shape (k,)  position of each table in the input
    """

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray
    rows: NDArray[np.intp]

    @property
    def n1(self) -> FloatArray:
        """Return the sizes of group 1."""
        return self.a + self.b

    @property
    def n2(self) -> FloatArray:
        """Return the sizes of group 2."""
        return self.c + self.d

    @property
    def is_full(self) -> NDArray[np.bool_]:
        """Return whether no cell is 0."""
        return (self.a > 0.0) & (self.b > 0.0) & (self.c > 0.0) & (self.d > 0.0)


def read_tables(measure: str, columns: TableColumns, *, default_add: float = HALF) -> Tables:
    """Return the tables of a call: cells, or events and sizes, or mixtures; add, to and drop00 as in `rr`."""
    cells = {name: value for name, value in columns.items() if name not in CELL_OPTIONS}
    arrays = read_columns(measure, cells, CELLS)
    a, b = _read_group(arrays, "ai", "bi", "n1i")
    c, d = _read_group(arrays, "ci", "di", "n2i")
    rows = np.arange(a.size)
    if columns.get("drop00", False):
        rows = np.flatnonzero(~(((a == 0.0) & (c == 0.0)) | ((b == 0.0) & (d == 0.0))))
        a, b, c, d = a[rows], b[rows], c[rows], d[rows]
    extra = amounts((a, b, c, d), add=columns.get("add", default_add), to=columns.get("to", "only0"))
    return Tables(a=a + extra, b=b + extra, c=c + extra, d=d + extra, rows=rows)


def _read_group(arrays: dict[str, FloatArray], events: str, others: str, total: str) -> tuple[FloatArray, FloatArray]:
    """Return the two cells of one group; its size follows from them, or the second cell from the size."""
    a, size = arrays[events], arrays.get(total)
    if size is not None:
        require(events, a, a <= size, rule=f"at most {total}")
    if others not in arrays and size is not None:
        return a, size - a
    b = arrays[others]
    require(others, a + b, a + b > 0.0, rule=f"above 0 together with {events}")
    if size is not None:
        require(total, size, size == a + b, rule=f"{events} + {others}")
    return a, b
