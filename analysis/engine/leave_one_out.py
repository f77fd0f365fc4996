"""The pooled estimate without each study in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_studies
from analysis.engine.errors import TooFewStudies
from analysis.engine.pooling import pool


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOut:
    """What pooling says when one study is left out; element i of each array leaves out study i.

    Attributes
    ----------
    k : number of studies, before one is left out
    estimate, se, ci_lower, ci_upper, p_value : arrays of shape (k,)  as in Pooled
    tau2 : array of shape (k,)  variance between the remaining studies
    i2, q : arrays of shape (k,)  heterogeneity of the remaining studies; None for k = 2, where one study remains
    level : confidence level, a fraction
    tau2_method, ci_method : what was used; ci_method is "wald" for k = 2 whatever was asked
    """

    k: int
    estimate: FloatArray
    se: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    p_value: FloatArray
    tau2: FloatArray
    i2: FloatArray | None
    q: FloatArray | None
    level: float
    tau2_method: str
    ci_method: str


def leave_one_out(
    yi: ArrayLike, vi: ArrayLike, *, tau2_method: str = "REML", ci_method: str = "hksj", level: float = 0.95
) -> LeaveOneOut:
    """Return the pooled results without each study in turn.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    tau2_method, ci_method, level : as in `pool`

    Raises
    ------
    TooFewStudies
        k is 0 or 1: nothing would remain.
    EngineError
        Whatever `pool` raises for the remaining studies.

    References
    ----------
    Viechtbauer and Cheung (2010), doi:10.1002/jrsm.11.
    """
    effects, variances = read_studies(yi, vi)
    if effects.size < 2:
        raise TooFewStudies(needed=2, got=effects.size)
    fits = [
        pool(np.delete(effects, i), np.delete(variances, i), tau2_method=tau2_method, ci_method=ci_method, level=level)
        for i in range(effects.size)
    ]
    i2 = [fit.i2 for fit in fits if fit.i2 is not None]
    q = [fit.q for fit in fits if fit.q is not None]
    return LeaveOneOut(
        k=effects.size,
        estimate=_listed([fit.estimate for fit in fits]),
        se=_listed([fit.se for fit in fits]),
        ci_lower=_listed([fit.ci_lower for fit in fits]),
        ci_upper=_listed([fit.ci_upper for fit in fits]),
        p_value=_listed([fit.p_value for fit in fits]),
        tau2=_listed([fit.tau2 for fit in fits]),
        i2=_listed(i2) if i2 else None,
        q=_listed(q) if q else None,
        level=fits[0].level,
        tau2_method=fits[0].tau2_method,
        ci_method=fits[0].ci_method,
    )


def _listed(values: list[float]) -> FloatArray:
    """Return the values as a read-only array."""
    return freeze(np.asarray(values, dtype=np.float64))
