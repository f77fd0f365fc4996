"""Zero cells: which studies get an amount added to their counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, read_array, require, require_option

ZERO_CELL_RULES = ("only0", "all", "if0all", "none")
# What metafor adds where nothing is said: a half, and nothing for the measures that are defined with zero cells.
HALF = 0.5
NOTHING = 0.0


def amounts(counts: tuple[FloatArray, ...], *, add: ArrayLike, to: str) -> FloatArray:
    """Return what is added to each count of each study, shape (k,).

    Parameters
    ----------
    counts : arrays of shape (k,)  the counts of which one or more may be 0
    add : amount, at least 0
    to : {"only0", "all", "if0all", "none"}  studies with a zero count; all; all if any study has one; none
    """
    require_option("to", to, ZERO_CELL_RULES)
    amount = read_array("add", add, dimensions=0)
    require("add", amount, amount >= 0.0, rule="at least 0")
    has_zero: NDArray[np.bool_] = np.zeros(counts[0].shape, dtype=bool)
    for count in counts:
        has_zero |= count == 0.0
    if to == "all" or (to == "if0all" and bool(has_zero.any())):
        has_zero[:] = True
    return np.where(has_zero & (to != "none"), float(amount), 0.0)
