"""Limit meta-analysis: the effect expected in studies of infinite precision.

The model is yi = slope + sqrt(vi + tau2) * (bias + error), so that the effect at vi = 0 is slope + tau * bias.

References
----------
Ruecker et al. (2011), doi:10.1093/biostatistics/kxq046.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_level, read_studies, require_option
from analysis.engine.distributions import chi2_p_value, critical_value, two_sided_p_value
from analysis.engine.errors import TooFewStudies
from analysis.engine.pooling import Pooled, pool
from analysis.engine.small_study.weighted_line import require_slope
from analysis.engine.weighted_mean import weigh

ADJUSTMENTS = ("beta0", "betalim", "mulim")


@dataclass(frozen=True, slots=True)
class DividedQ:
    """Cochran's Q and its parts.

    Attributes
    ----------
    q, q_df, q_p_value : Cochran's Q
    q_small, q_small_p_value : part explained by small-study effects, 1 degree of freedom
    q_residual, q_residual_df, q_residual_p_value : the rest
    """

    q: float
    q_df: int
    q_p_value: float
    q_small: float
    q_small_p_value: float
    q_residual: float
    q_residual_df: int
    q_residual_p_value: float


@dataclass(frozen=True, slots=True, eq=False)
class LimitMetaAnalysis:
    """An estimate adjusted for small-study effects, scale of yi.

    Attributes
    ----------
    k : number of studies
    adjustment : {"beta0", "betalim", "mulim"}
    estimate, se, statistic, p_value : adjusted effect, its standard error, their ratio, two-sided normal p value
    level, ci_lower, ci_upper : confidence level (a fraction) and normal interval
    bias : expected shift, in standard errors, of a study without precision (alpha)
    slope : effect of the random-effects model with that bias (beta)
    limit_yi : array of shape (k,)  effects shrunk towards `slope`, as if each study were infinitely large
    g2 : heterogeneity that small-study effects do not explain, a fraction in [0, 1]
    heterogeneity : Cochran's Q in its parts
    tau2, tau2_method : variance between studies
    unadjusted : the random-effects estimate
    """

    k: int
    adjustment: str
    estimate: float
    se: float
    statistic: float
    p_value: float
    level: float
    ci_lower: float
    ci_upper: float
    bias: float
    slope: float
    limit_yi: FloatArray
    g2: float
    heterogeneity: DividedQ
    tau2: float
    tau2_method: str
    unadjusted: Pooled


@dataclass(frozen=True, slots=True)
class RadialLine:
    """The line of effects over standard errors on precisions, unit variance around it.

    Attributes
    ----------
    intercept, slope : coefficients
    residual, total : sums of squares around the line and around the mean
    spread : sum of squared deviations of the precisions from their mean
    """

    intercept: float
    slope: float
    residual: float
    total: float
    spread: float


def limit_meta_analysis(
    yi: ArrayLike, vi: ArrayLike, *, adjustment: str = "beta0", tau2_method: str = "REML", level: float = 0.95
) -> LimitMetaAnalysis:
    """Return the effect expected in studies of infinite precision.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 3
    adjustment : {"beta0", "betalim", "mulim"}  expectation at a standard error of 0, its error from the covariance of
        slope and bias (as in metasens 1.5); slope of the line through the limit effects, with bias;
        common-effect mean of the limit effects, without bias
    tau2_method : as in `pool`; Ruecker et al. use "DL"
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies, UndefinedResult
        k is below 3; all variances are equal, so that no line can be drawn.
    """
    require_option("adjustment", adjustment, ADJUSTMENTS)
    level = read_level(level)
    effects, variances = read_studies(yi, vi)
    if effects.size < 3:
        raise TooFewStudies(needed=3, got=effects.size)
    require_slope(variances)
    pooled = pool(effects, variances, tau2_method=tau2_method, ci_method="wald", level=level)
    line = draw_radial_line(effects, variances + pooled.tau2)
    limit_yi = line.slope + np.sqrt(pooled.tau2 / (variances + pooled.tau2)) * (effects - line.slope)
    estimate, se = _adjust(line, limit_yi, variances, pooled.tau2, adjustment)
    reach = float(critical_value(level)) * se
    return LimitMetaAnalysis(
        k=effects.size,
        adjustment=adjustment,
        estimate=estimate,
        se=se,
        statistic=estimate / se,
        p_value=two_sided_p_value(estimate / se),
        level=level,
        ci_lower=estimate - reach,
        ci_upper=estimate + reach,
        bias=line.intercept,
        slope=line.slope,
        limit_yi=freeze(limit_yi),
        g2=_unexplained(limit_yi, variances) if pooled.tau2 > 0.0 else 0.0,
        heterogeneity=_divide_q(effects, variances),
        tau2=pooled.tau2,
        tau2_method=tau2_method,
        unadjusted=pooled,
    )


def draw_radial_line(yi: FloatArray, vi: FloatArray) -> RadialLine:
    """Return the least squares line of yi / sqrt(vi) on 1 / sqrt(vi)."""
    x, y = 1.0 / np.sqrt(vi), yi / np.sqrt(vi)
    dx, dy = x - x.mean(), y - y.mean()
    spread = float(np.sum(dx**2))
    slope = float(np.sum(dx * dy)) / spread
    return RadialLine(
        intercept=float(y.mean() - slope * x.mean()),
        slope=slope,
        residual=float(np.sum((dy - slope * dx) ** 2)),
        total=float(np.sum(dy**2)),
        spread=spread,
    )


def _adjust(
    line: RadialLine, limit_yi: FloatArray, vi: FloatArray, tau2: float, adjustment: str
) -> tuple[float, float]:
    """Return the adjusted effect and its standard error."""
    if adjustment == "mulim":
        mean = weigh(limit_yi, vi)
        return mean.estimate, 1.0 / sqrt(mean.total)
    if adjustment == "betalim":
        limit = draw_radial_line(limit_yi, vi)
        return limit.slope, 1.0 / sqrt(limit.spread)
    shares = 1.0 - np.sqrt(tau2 / (vi + tau2))
    return line.slope + sqrt(tau2) * line.intercept, sqrt(float(np.mean(shares**2)) / line.spread)


def _unexplained(limit_yi: FloatArray, vi: FloatArray) -> float:
    """Return the part of the variation of the limit effects that their line does not explain."""
    line = draw_radial_line(limit_yi, vi)
    return line.residual / line.total


def _divide_q(yi: FloatArray, vi: FloatArray) -> DividedQ:
    """Return Cochran's Q, the part that goes with precision, and the rest."""
    k, q, residual = yi.size, weigh(yi, vi).q, draw_radial_line(yi, vi).residual
    return DividedQ(
        q=q,
        q_df=k - 1,
        q_p_value=chi2_p_value(q, df=k - 1),
        q_small=q - residual,
        q_small_p_value=chi2_p_value(max(0.0, q - residual), df=1),
        q_residual=residual,
        q_residual_df=k - 2,
        q_residual_p_value=chi2_p_value(residual, df=k - 2),
    )
