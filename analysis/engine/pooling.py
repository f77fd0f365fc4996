"""One estimate from many studies: the common-effect and the random-effects model."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_level, read_studies, require_option
from analysis.engine.distributions import critical_value, two_sided_p_value
from analysis.engine.errors import TooFewStudies, UndefinedResult
from analysis.engine.heterogeneity import Heterogeneity, Tau2Interval, measure_heterogeneity, profile_tau2
from analysis.engine.tau2 import TAU2_ESTIMATORS, Tau2, estimate_tau2
from analysis.engine.weighted_mean import WeightedMean, weigh

TAU2_METHODS = ("CE", *TAU2_ESTIMATORS)
CI_METHODS = ("wald", "hksj")
# Effects that differ by four units in the last place differ by rounding only (0.1 + 0.2 and 0.3 do).
EQUAL = 2.0**-50


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """A pooled estimate, scale of yi (natural logs for ratios).

    Attributes
    ----------
    k : number of studies
    estimate, se : pooled effect and its standard error
    statistic, df, p_value : estimate / se; degrees of freedom of its t distribution (None: normal); two-sided p value
    level, ci_lower, ci_upper : confidence level (a fraction) and interval
    pi_lower, pi_upper : prediction interval of the effect in a new study; None for CE and for k = 1
    pi_distribution : {"normal", "t"} or None  distribution of the prediction interval; t has `df` degrees of freedom
    weights : array of shape (k,)  shares of the studies in the estimate, summing to 1
    tau2, tau : variance between studies and its square root; 0 for CE and for k = 1
    tau2_se : standard error of tau2; None for CE and for k = 1
    tau2_ci_lower, tau2_ci_upper : Q-profile interval; None for CE, for k = 1 and where it is empty
    i2, h2, q, q_df, q_p_value : heterogeneity (i2 a fraction in [0, 1)); None for k = 1
    tau2_method, ci_method : what was used; ci_method is "wald" for k = 1 whatever was asked
    """

    k: int
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    level: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None
    pi_distribution: str | None
    weights: FloatArray
    tau2: float
    tau: float
    tau2_se: float | None
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    i2: float | None
    h2: float | None
    q: float | None
    q_df: int | None
    q_p_value: float | None
    tau2_method: str
    ci_method: str


def pool(
    yi: ArrayLike, vi: ArrayLike, *, tau2_method: str = "REML", ci_method: str = "hksj", level: float = 0.95
) -> Pooled:
    """Return the inverse-variance pooled estimate with its intervals and heterogeneity.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects (natural logs for ratios) and sampling variances, same scale squared
    tau2_method : {"REML", "DL", "PM", "ML", "CE"}  estimator of tau2; "CE" is the common-effect model
    ci_method : {"hksj", "wald"}  Hartung-Knapp-Sidik-Jonkman (t with k - 1 df, without ad hoc correction) or normal
    level : confidence level of all intervals, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies
        k is 0.
    UndefinedResult
        ci_method is "hksj" and all effects are equal: its standard error is 0.
    InvalidInput, NotConverged
        A value that cannot be right or an option that does not exist; a search for tau2 that did not end.

    Notes
    -----
    k = 1 returns the study itself with its normal interval: HKSJ has no degree of freedom there; ci_method says "wald".
    The prediction interval is estimate +/- c sqrt(tau2 + se**2) with the quantile c and the se of the confidence
    interval: normal for "wald", t with k - 1 degrees of freedom for "hksj".

    References
    ----------
    DerSimonian and Laird (1986), doi:10.1016/0197-2456(86)90046-2; Hartung and Knapp (2001), doi:10.1002/sim.1009;
    Sidik and Jonkman (2002), doi:10.1002/sim.1262; Higgins et al. (2009), doi:10.1111/j.1467-985X.2008.00552.x.
    """
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    level = read_level(level)
    effects, variances = read_studies(yi, vi)
    if effects.size == 0:
        raise TooFewStudies(needed=1, got=0)
    is_random = tau2_method != "CE" and effects.size > 1
    tau2 = estimate_tau2(effects, variances, tau2_method=tau2_method) if is_random else None
    interval = profile_tau2(effects, variances, level=level) if is_random else None
    spread = measure_heterogeneity(effects, variances, tau2=tau2.tau2 if tau2 else None) if effects.size > 1 else None
    mean = weigh(effects, variances, tau2=tau2.tau2 if tau2 else 0.0)
    method = ci_method if effects.size > 1 else "wald"
    se = _standard_error(mean, ci_method=method)
    df = effects.size - 1 if method == "hksj" else None
    return _assemble(
        mean, se=se, df=df, level=level, tau2=tau2, interval=interval, spread=spread, tau2_method=tau2_method
    )


def _standard_error(mean: WeightedMean, *, ci_method: str) -> float:
    """Return 1 / sqrt(sum(w)), for HKSJ times sqrt(Q(tau2) / (k - 1))."""
    if ci_method == "wald":
        return 1.0 / sqrt(mean.total)
    if float(np.max(np.abs(mean.residuals))) <= EQUAL * abs(mean.estimate):
        raise UndefinedResult(
            what="the Hartung-Knapp-Sidik-Jonkman interval",
            why=f"all {mean.wi.size} effects are equal, so that its standard error is 0",
        )
    return sqrt(mean.q / (mean.wi.size - 1) / mean.total)


def _assemble(
    mean: WeightedMean,
    *,
    se: float,
    df: int | None,
    level: float,
    tau2: Tau2 | None,
    interval: Tau2Interval | None,
    spread: Heterogeneity | None,
    tau2_method: str,
) -> Pooled:
    """Return the parts of one model as one result."""
    critical = float(critical_value(level, df=df))
    reach = critical * sqrt(se**2 + tau2.tau2) if tau2 else None
    statistic = mean.estimate / se
    return Pooled(
        k=mean.wi.size,
        estimate=mean.estimate,
        se=se,
        statistic=statistic,
        df=df,
        p_value=two_sided_p_value(statistic, df=df),
        level=level,
        ci_lower=mean.estimate - critical * se,
        ci_upper=mean.estimate + critical * se,
        pi_lower=None if reach is None else mean.estimate - reach,
        pi_upper=None if reach is None else mean.estimate + reach,
        pi_distribution=None if reach is None else ("normal" if df is None else "t"),
        weights=freeze(mean.wi / np.sum(mean.wi)),
        tau2=tau2.tau2 if tau2 else 0.0,
        tau=sqrt(tau2.tau2) if tau2 else 0.0,
        tau2_se=tau2.tau2_se if tau2 else None,
        tau2_ci_lower=interval.tau2_ci_lower if interval else None,
        tau2_ci_upper=interval.tau2_ci_upper if interval else None,
        i2=spread.i2 if spread else None,
        h2=spread.h2 if spread else None,
        q=spread.q if spread else None,
        q_df=spread.q_df if spread else None,
        q_p_value=spread.q_p_value if spread else None,
        tau2_method=tau2_method,
        ci_method="wald" if df is None else "hksj",
    )
