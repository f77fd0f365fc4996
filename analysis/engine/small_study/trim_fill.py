"""Duval and Tweedie's trim and fill: the studies that would make a funnel plot symmetric.

Ranks of equal distances follow the order of the studies, as in metafor; k0 is rounded half to even.

References
----------
Duval and Tweedie (2000), doi:10.1111/j.0006-341X.2000.00455.x and doi:10.1080/01621459.2000.10473905.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_array, read_studies, require_option
from analysis.engine.errors import InvalidInput, NotConverged, TooFewStudies, UndefinedResult
from analysis.engine.pooling import Pooled, pool
from analysis.engine.small_study.egger import egger_rma

ESTIMATORS = ("L0", "R0", "Q0")
SIDES = ("auto", "left", "right")
MAX_ITERATIONS = 100


@dataclass(frozen=True, slots=True, eq=False)
class TrimAndFill:
    """The studies filled in and the estimate with them, scale of yi.

    Attributes
    ----------
    k : number of observed studies
    k0, k0_se : estimated number of missing studies, at least 0, and its standard error; None where the formula has none
    k0_p_value : test that no study is missing; None except for R0
    side : {"left", "right"}  side of the funnel plot on which studies are missing
    estimator : {"L0", "R0", "Q0"}
    iterations : rounds of trimming until k0 stayed the same
    yi, vi : arrays of shape (k + k0,)  observed studies in their order, then those filled in, the farthest last
    is_filled : array of bool of shape (k + k0,)
    pooled : estimate from all k + k0 studies
    """

    k: int
    k0: int
    k0_se: float | None
    k0_p_value: float | None
    side: str
    estimator: str
    iterations: int
    yi: FloatArray
    vi: FloatArray
    is_filled: NDArray[np.bool_]
    pooled: Pooled


def trim_and_fill(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    side: str = "auto",
    estimator: str = "L0",
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    effect_limits: tuple[float, float] | None = None,
) -> TrimAndFill:
    """Return the number of studies missing on one side, these studies as mirror images, and the estimate with them.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2 (3 for side "auto")
    side : {"auto", "left", "right"}  "auto" is "right" where effects fall with their standard errors (the slope of
        `egger_rma` with the same tau2_method is negative), else "left"
    estimator : {"L0", "R0", "Q0"}  of the number of missing studies
    tau2_method, ci_method, level : as in `pool`, for each trimmed set and for the filled one
    effect_limits : lowest and highest possible effect; what is filled in outside is moved to the limit

    Raises
    ------
    TooFewStudies
        k is below 2, or below 3 for side "auto".
    UndefinedResult
        The estimator has no value (Q0: a negative square root; R0: no effect below the mean), or side is "auto" and all
        variances are equal.
    NotConverged
        The number of missing studies still changes after 100 rounds.
    """
    require_option("side", side, SIDES)
    require_option("estimator", estimator, ESTIMATORS)
    effects, variances = read_studies(yi, vi)
    k = effects.size
    if k < 2:
        raise TooFewStudies(needed=2, got=k)
    if side == "auto":
        side = "right" if egger_rma(effects, variances, tau2_method=tau2_method).slope < 0.0 else "left"
    sign = -1.0 if side == "right" else 1.0
    order = np.argsort(sign * effects, kind="stable")
    trimmed = _trim(sign * effects[order], variances[order], estimator, tau2_method)
    far = order[k - trimmed.k0 :]
    filled = 2.0 * sign * trimmed.centre - effects[far]
    if effect_limits is not None:
        filled = np.clip(filled, *_read_limits(effect_limits))
    all_yi, all_vi = np.concatenate([effects, filled]), np.concatenate([variances, variances[far]])
    pooled = pool(all_yi, all_vi, tau2_method=tau2_method, ci_method=ci_method, level=level)
    return _report(trimmed, all_yi, all_vi, pooled, side=side, estimator=estimator)


@dataclass(frozen=True, slots=True)
class Trimmed:
    """The number of missing studies with its standard error, the mean of those left, and the rounds it took."""

    k0: int
    k0_se: float | None
    centre: float
    iterations: int


def _report(
    trimmed: Trimmed, yi: FloatArray, vi: FloatArray, pooled: Pooled, *, side: str, estimator: str
) -> TrimAndFill:
    """Return the result; the last k0 studies are the filled ones."""
    k = yi.size - trimmed.k0
    is_filled = np.arange(yi.size) >= k
    is_filled.setflags(write=False)
    return TrimAndFill(
        k=k,
        k0=trimmed.k0,
        k0_se=trimmed.k0_se,
        k0_p_value=0.5 ** (trimmed.k0 + 1) if estimator == "R0" else None,
        side=side,
        estimator=estimator,
        iterations=trimmed.iterations,
        yi=freeze(yi),
        vi=freeze(vi),
        is_filled=is_filled,
        pooled=pooled,
    )


def _read_limits(limits: tuple[float, float]) -> tuple[float, float]:
    """Return the two limits, the lower one first."""
    pair = np.atleast_1d(read_array("effect_limits", limits))
    if pair.size != 2:
        raise InvalidInput("effect_limits", f"effect_limits must be two numbers, got {pair.size}")
    return float(pair.min()), float(pair.max())


def _trim(yi: FloatArray, vi: FloatArray, estimator: str, tau2_method: str) -> Trimmed:
    """Return how many studies are missing on the left of rising effects."""
    k, k0 = yi.size, 0
    for iteration in range(1, MAX_ITERATIONS + 1):
        trimmed = pool(yi[: k - k0], vi[: k - k0], tau2_method=tau2_method, ci_method="wald")
        value, se = _count_missing(yi - trimmed.estimate, estimator)
        before, k0 = k0, max(0, round(value))
        if k0 == before:
            return Trimmed(k0, se, trimmed.estimate, iteration)
    raise NotConverged(what="the number of missing studies", iterations=MAX_ITERATIONS)


def _count_missing(centred: FloatArray, estimator: str) -> tuple[float, float | None]:
    """Return the estimated number of missing studies, not rounded, and its standard error where there is one."""
    k = centred.size
    ranks = np.empty(k)
    ranks[np.argsort(np.abs(centred), kind="stable")] = np.arange(1, k + 1)
    if estimator == "R0":
        below = ranks[centred < 0.0]
        if below.size == 0:
            raise UndefinedResult(what="R0", why="no effect lies below the mean of the trimmed studies")
        value = k - float(below.max()) - 1.0
        return value, sqrt(2.0 * max(0.0, value) + 2.0)
    above = float(np.sum(ranks[centred > 0.0]))
    if estimator == "L0":
        value = (4.0 * above - k * (k + 1)) / (2.0 * k - 1.0)
        slope = (k - 0.5) / 2.0
    else:
        inside = 2.0 * k**2 - 4.0 * above + 0.25
        if inside < 0.0:
            raise UndefinedResult(
                what="Q0", why=f"the rank sum {above:g} of {k} studies makes its square root negative"
            )
        value, slope = k - 0.5 - sqrt(inside), sqrt(inside) / 2.0
    variance = _rank_sum_variance(k, value)
    return value, sqrt(variance) / slope if variance >= 0.0 else None


def _rank_sum_variance(k: int, k0: float) -> float:
    """Return the variance of the rank sum of k studies of which k0 are missing; negative where k0 is far below 0."""
    cubic = 10.0 * k0**3 + 27.0 * k0**2 + 17.0 * k0 - 18.0 * k * k0**2 - 18.0 * k * k0 + 6.0 * k**2 * k0
    return (k * (k + 1) * (2 * k + 1) + cubic) / 24.0
