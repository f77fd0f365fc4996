"""The pooled estimate as studies are added one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, read_studies
from analysis.engine.diagnostics.leave_one_out import refuse_undefined
from analysis.engine.errors import InvalidInput, TooFewStudies
from analysis.engine.pooling_many import pool_many


@dataclass(frozen=True, slots=True, eq=False)
class Cumulative:
    """What pooling says of the first 1, 2, ..., k studies; arrays of shape (k,), in the order of adding.

    Attributes
    ----------
    order : int array  positions of the studies in the input, in the order of adding
    k : int array  1, 2, ..., k
    estimate, se, statistic, p_value, ci_lower, ci_upper : as in Pooled
    df : degrees of freedom of the t distribution, NaN for the normal (always for the first study alone)
    tau2 : variance between the studies so far; 0 for the first
    i2, h2, q, q_p_value : heterogeneity, NaN for the first
    q_df : int array  0, 1, ..., k - 1
    level, tau2_method, ci_method : what was used
    """

    order: NDArray[np.intp]
    k: NDArray[np.intp]
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: FloatArray
    p_value: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    tau2: FloatArray
    i2: FloatArray
    h2: FloatArray
    q: FloatArray
    q_df: NDArray[np.intp]
    q_p_value: FloatArray
    level: float
    tau2_method: str
    ci_method: str


def cumulative(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    order: ArrayLike | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
) -> Cumulative:
    """Return the pooled results of the first studies, from one to all.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 1
    order : None for the order of the input, or positions 0 to k - 1, each once: first to last (`numpy.argsort` of a
        year, a precision, a risk of bias)
    tau2_method, ci_method, level : as in `pool`

    Raises
    ------
    TooFewStudies
        k is 0.
    InvalidInput, UndefinedResult
        An order that does not name every study once; ci_method is "hksj" and the first effects are equal.

    References
    ----------
    Lau et al. (1992), doi:10.1056/NEJM199207233270406.
    """
    effects, variances = read_studies(yi, vi)
    if effects.size == 0:
        raise TooFewStudies(needed=1, got=0)
    positions = _read_order(order, k=effects.size)
    fits = pool_many(
        effects[positions],
        variances[positions],
        mask=np.tri(effects.size, dtype=np.bool_),
        tau2_method=tau2_method,
        ci_method=ci_method,
        level=level,
    )
    refuse_undefined(fits)
    same = {name: getattr(fits, name) for name in Cumulative.__slots__ if name != "order"}
    return Cumulative(order=positions, **same)


def _read_order(order: ArrayLike | None, *, k: int) -> NDArray[np.intp]:
    """Return positions that name every study once, read-only."""
    positions = np.arange(k) if order is None else np.atleast_1d(np.asarray(order))
    if positions.dtype.kind not in "iu" or not np.array_equal(np.sort(positions), np.arange(k)):
        raise InvalidInput("order", f"order must name each of the positions 0 to {k - 1} once")
    positions = np.array(positions, dtype=np.intp)
    positions.setflags(write=False)
    return positions
