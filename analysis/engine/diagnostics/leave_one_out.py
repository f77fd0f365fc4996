"""The pooled estimate without each study in turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_level, read_studies, require_option
from analysis.engine.errors import TooFewStudies, UndefinedResult
from analysis.engine.pooling import CI_METHODS
from analysis.engine.pooling_many import PooledMany, pool_problems
from analysis.engine.tau2_many import TAU2_METHODS


@dataclass(frozen=True, slots=True, eq=False)
class LeaveOneOut:
    """What pooling says when one study is left out; element i of each array leaves out study i.

    Attributes
    ----------
    k : number of studies, before one is left out
    estimate, se, statistic, p_value, ci_lower, ci_upper : arrays of shape (k,)  as in Pooled
    df : degrees of freedom of the t distribution; None for the normal
    tau2 : array of shape (k,)  variance between the remaining studies
    i2, h2, q, q_p_value : arrays of shape (k,)  heterogeneity of the remaining studies; None where one remains
    q_df : degrees of freedom of q
    level : confidence level, a fraction
    tau2_method, ci_method : what was used; ci_method is "wald" for k = 2 whatever was asked
    """

    k: int
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: int | None
    p_value: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    tau2: FloatArray
    i2: FloatArray | None
    h2: FloatArray | None
    q: FloatArray | None
    q_df: int
    q_p_value: FloatArray | None
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
    UndefinedResult
        ci_method is "hksj" and all effects that remain are equal.
    EngineError
        Whatever `pool_many` raises for the remaining studies.

    References
    ----------
    Viechtbauer and Cheung (2010), doi:10.1002/jrsm.11.
    """
    effects, variances = read_studies(yi, vi)
    k = effects.size
    if k < 2:
        raise TooFewStudies(needed=2, got=k)
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    options = {"tau2_method": tau2_method, "ci_method": ci_method}
    others = np.where(np.eye(k, dtype=np.bool_), np.inf, variances)
    fits = pool_problems(np.broadcast_to(effects, (k, k)), others, level=read_level(level), **options)
    refuse_undefined(fits)
    has_spread = k > 2
    same = ("estimate", "se", "statistic", "p_value", "ci_lower", "ci_upper", "tau2", "level", "tau2_method")
    return LeaveOneOut(
        k=k,
        df=None if np.isnan(fits.df[0]) else int(fits.df[0]),
        i2=fits.i2 if has_spread else None,
        h2=fits.h2 if has_spread else None,
        q=fits.q if has_spread else None,
        q_df=k - 2,
        q_p_value=fits.q_p_value if has_spread else None,
        ci_method=ci_method if has_spread else "wald",
        **{name: getattr(fits, name) for name in same},
    )


def refuse_undefined(fits: PooledMany) -> None:
    """Raise UndefinedResult for the first problem whose Hartung-Knapp interval is undefined."""
    undefined = np.flatnonzero(np.isnan(fits.se))
    if undefined.size:
        row = int(undefined[0])
        raise UndefinedResult(
            what="the Hartung-Knapp-Sidik-Jonkman interval",
            why=f"all {int(fits.k[row])} effects are equal, so that its standard error is 0",
            index=row,
        )
