"""A straight line through effects, weighted by their precision: the regression under Egger's test, PET and PEESE."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_array, read_level, read_studies
from analysis.engine.distributions import critical_value, two_sided_p_value
from analysis.engine.errors import RaggedLengths, TooFewStudies, UndefinedResult

# A predictor that varies by less than this fraction of its size is constant up to rounding.
CONSTANT = 1e-12
# Residuals below this fraction of the effects are rounding: the line goes through all studies.
PERFECT = 2.0**-46


@dataclass(frozen=True, slots=True, eq=False)
class WeightedLine:
    """A line with multiplicative dispersion, scale of yi; every array holds the intercept, then the slope.

    Attributes
    ----------
    k, df : number of studies; degrees of freedom of the t distribution, k - 2
    estimate, se : arrays of shape (2,)  coefficients and their standard errors
    statistic, p_value : arrays of shape (2,)  estimate / se and its two-sided p value
    level, ci_lower, ci_upper : confidence level (a fraction); arrays of shape (2,)
    dispersion : weighted residual sum of squares divided by k - 2
    """

    k: int
    df: int
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    level: float
    ci_lower: FloatArray
    ci_upper: FloatArray
    dispersion: float


def fit_weighted_line(yi: ArrayLike, vi: ArrayLike, predictor: ArrayLike, *, level: float = 0.95) -> WeightedLine:
    """Return the line of yi on a predictor with weights 1 / vi and a multiplicative dispersion.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 3
    predictor : array of shape (k,)  any scale
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies, RaggedLengths
        k is below 3; the predictor has another length.
    UndefinedResult
        The predictor is the same for all studies; all studies lie exactly on the line, so that its standard error is 0.
    """
    level = read_level(level)
    effects, variances = read_studies(yi, vi)
    x = read_predictor(predictor, k=effects.size)
    if effects.size < 3:
        raise TooFewStudies(needed=3, got=effects.size)
    require_slope(x)
    scale, smallest = float(np.max(np.abs(x))), float(np.min(variances))
    root = np.sqrt(smallest / variances)
    q, r = np.linalg.qr(np.column_stack([root, root * (x / scale)]))
    inverse = np.linalg.inv(r)
    estimate = inverse @ (q.T @ (root * effects))
    residuals = root * (effects - estimate[0] - estimate[1] * (x / scale))
    if float(np.max(np.abs(residuals / root))) <= PERFECT * float(np.max(np.abs(effects))):
        raise UndefinedResult(
            what="the test of the slope", why=f"all {effects.size} studies lie on the line, so that its error is 0"
        )
    df = effects.size - 2
    dispersion = float(np.sum(residuals**2)) / df
    se = np.sqrt(np.sum(inverse**2, axis=1) * dispersion) / [1.0, scale]
    estimate = estimate / [1.0, scale]
    reach = float(critical_value(level, df=df)) * se
    statistic = estimate / se
    return WeightedLine(
        k=effects.size,
        df=df,
        estimate=freeze(estimate),
        se=freeze(se),
        statistic=freeze(statistic),
        p_value=freeze(np.array([two_sided_p_value(float(value), df=df) for value in statistic])),
        level=level,
        ci_lower=freeze(estimate - reach),
        ci_upper=freeze(estimate + reach),
        dispersion=dispersion / smallest,
    )


def read_predictor(predictor: ArrayLike, *, k: int) -> FloatArray:
    """Return the predictor as an array of shape (k,)."""
    x = np.atleast_1d(read_array("predictor", predictor))
    if x.size != k:
        raise RaggedLengths(argument="predictor", length=x.size, other="yi", other_length=k)
    return x


def require_slope(x: FloatArray) -> None:
    """Raise UndefinedResult where the predictor is constant: there is no slope then."""
    if float(np.ptp(x)) <= CONSTANT * float(np.max(np.abs(x))):
        raise UndefinedResult(what="the slope", why=f"the predictor is {float(x[0]):.15g} for all {x.size} studies")
