"""Effects with their sampling variances, and the refusal of those that are not defined."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray, first_index, freeze
from analysis.engine.errors import UndefinedResult


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects ready for pooling.

    Attributes
    ----------
    yi : array of shape (k,)  effects; natural logs for ratios
    vi : array of shape (k,)  sampling variances, same scale squared, all above 0
    rows : int array of shape (k,)  position of each effect in the input; shorter than the input only with drop00
    """

    yi: FloatArray
    vi: FloatArray
    rows: NDArray[np.intp]


def require_defined(good: NDArray[np.bool_], *, what: str, why: str, rows: NDArray[np.intp] | None = None) -> None:
    """Raise UndefinedResult for the first study that is not `good`, by its position in the input."""
    if not good.all():
        index = first_index(~good)
        raise UndefinedResult(what=what, why=why, index=index if rows is None else int(rows[index]))


def finish(yi: FloatArray, vi: FloatArray, *, what: str, rows: NDArray[np.intp] | None = None) -> Effects:
    """Return read-only effects; a variance of 0, which would take all the weight, or below 0 is refused.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and variances
    what : the effect in words, as in "the log risk ratio"
    rows : int array of shape (k,)  positions in the input; None where every row of the input is there
    """
    variance = f"the variance of {what}"
    require_defined(np.isfinite(yi), what=what, why="it is not a finite number", rows=rows)
    require_defined(vi != 0.0, what=variance, why="it is 0, so that the study would take all the weight", rows=rows)
    require_defined(vi > 0.0, what=variance, why="its estimate is below 0", rows=rows)
    require_defined(np.isfinite(vi), what=variance, why="it is not a finite number", rows=rows)
    positions = np.arange(yi.size) if rows is None else rows.copy()
    positions.setflags(write=False)
    return Effects(yi=freeze(yi), vi=freeze(vi), rows=positions)
