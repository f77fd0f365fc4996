"""Grouping variables: labels of studies, outcomes or reports, read into numbered levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import first_index
from analysis.engine.dependent.errors import MissingLabel
from analysis.engine.errors import RaggedLengths, WrongShape

Labels = Sequence[object] | NDArray[np.generic]


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """A grouping variable.

    Attributes
    ----------
    codes : array of shape (k,)  number of the level of each effect, from 0
    names : the levels as text, in sorted order (numbers by size)
    """

    codes: NDArray[np.intp]
    names: tuple[str, ...]

    @property
    def count(self) -> int:
        """Return the number of levels."""
        return len(self.names)


def read_labels(argument: str, value: Labels, *, k: int) -> Levels:
    """Return a grouping variable of k effects as levels.

    Raises
    ------
    WrongShape, RaggedLengths, MissingLabel
        More than one dimension; not k labels; None, NaN or an empty text among them.
    """
    raw = np.asarray(value)
    if raw.ndim != 1:
        raise WrongShape(argument=argument, dimensions=raw.ndim, allowed=1)
    if raw.size != k:
        raise RaggedLengths(argument=argument, length=raw.size, other="yi", other_length=k)
    missing = np.array([_is_missing(item) for item in raw.tolist()], dtype=bool)
    if missing.any():
        raise MissingLabel(argument=argument, index=first_index(missing))
    if raw.dtype.kind == "O":
        raw = _plain(raw)
    found, codes = np.unique(raw, return_inverse=True)
    return Levels(codes=codes.reshape(-1), names=tuple(_text(item) for item in found.tolist()))


def nest(outer: Levels, inner: Levels) -> Levels:
    """Return the combinations that occur, in order of the outer and then the inner level, named "outer/inner"."""
    combined = outer.codes * max(inner.count, 1) + inner.codes
    found, codes = np.unique(combined, return_inverse=True)
    names = [f"{outer.names[item // inner.count]}/{inner.names[item % inner.count]}" for item in found.tolist()]
    return Levels(codes=codes.reshape(-1), names=tuple(names))


def _is_missing(item: object) -> bool:
    """Return whether an item is None, NaN or an empty text."""
    return item is None or item == "" or (isinstance(item, float) and item != item)


def _plain(raw: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return an array of objects as numbers where all are, as text otherwise."""
    items = raw.tolist()
    is_number = all(isinstance(item, int | float) for item in items)
    return np.array(items, dtype=np.float64) if is_number else np.array([str(item) for item in items])


def _text(item: object) -> str:
    """Return a level as text; whole numbers without a decimal point."""
    return str(int(item)) if isinstance(item, float) and item.is_integer() else str(item)
