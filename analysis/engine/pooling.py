"""One estimate from many studies: the common-effect and the random-effects model."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan, sqrt
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_level, read_studies, require_option
from analysis.engine.design import Moderators, read_design
from analysis.engine.distributions import critical_value, two_sided_p_value
from analysis.engine.errors import TooFewStudies, UndefinedResult
from analysis.engine.heterogeneity import Heterogeneity, ProfileLimits, spread_of
from analysis.engine.likelihood import MeanSums, sum_up
from analysis.engine.regression import MetaRegression, read_weights, regress
from analysis.engine.tau2 import Tau2, fit_tau2
from analysis.engine.tau2_many import TAU2_METHODS

CI_METHODS = ("wald", "t", "hksj", "hksj_adhoc")
PI_METHODS = ("ci", "t_k_minus_2")
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
    pi_distribution, pi_df : {"normal", "t"} or None, and degrees of freedom  distribution of the prediction interval
    weights : array of shape (k,)  shares of the studies in the estimate, summing to 1
    tau2, tau : variance between studies and its square root; 0 for CE and for k = 1
    tau2_se : standard error of tau2; None for CE and for k = 1
    tau2_ci_lower, tau2_ci_upper : Q-profile interval, computed when first read; None for CE, for k = 1 and where empty
    i2, h2, q, q_df, q_p_value : heterogeneity (i2 a fraction in [0, 1), from tau2, for CE from Q); None for k = 1
    i2_from_q : max(0, (q - q_df) / q) whatever the model; None for k = 1
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
    pi_df: int | None
    weights: FloatArray
    tau2: float
    tau: float
    tau2_se: float | None
    i2: float | None
    h2: float | None
    i2_from_q: float | None
    q: float | None
    q_df: int | None
    q_p_value: float | None
    tau2_method: str
    ci_method: str
    _profile: ProfileLimits | None = field(repr=False)

    @property
    def tau2_ci_lower(self) -> float | None:
        """Lower limit of the Q-profile interval."""
        return self._limit(0)

    @property
    def tau2_ci_upper(self) -> float | None:
        """Upper limit of the Q-profile interval."""
        return self._limit(1)

    def _limit(self, side: int) -> float | None:
        """Return one limit of the Q-profile interval."""
        if self._profile is None:
            return None
        value = float(self._profile.limits()[side][0])
        return None if isnan(value) else value


@overload
def pool(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: None = None,
    weights: ArrayLike | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    pi_method: str = "ci",
) -> Pooled: ...


@overload
def pool(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: Moderators,
    weights: ArrayLike | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
) -> MetaRegression: ...


def pool(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: Moderators | None = None,
    weights: ArrayLike | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
    pi_method: str = "ci",
) -> Pooled | MetaRegression:
    """Return the pooled estimate with its intervals and heterogeneity, with moderators the meta-regression.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects (natural logs for ratios) and sampling variances, same scale squared
    mods : None, or moderators: array of shape (k,) or (k, q), or a mapping of names to columns; see `read_design`
    weights : None for inverse variances, or the user's weights, shape (k,), at least 0
    tau2_method : one of TAU2_METHODS; "CE": common-effect model
    ci_method : {"hksj", "hksj_adhoc", "t", "wald"}  Hartung-Knapp-Sidik-Jonkman; never narrower than "t"; t; normal
    level : confidence level of all intervals, a fraction in (0, 1)
    pi_method : {"ci", "t_k_minus_2"}  prediction interval by the distribution of the confidence interval, or by t with
        k - 2 degrees of freedom (k >= 3)

    Raises
    ------
    TooFewStudies, UndefinedResult
        k is 0, or not above the number of coefficients; "hksj" and all effects are equal: its standard error is 0.
    InvalidInput, NotConverged
        A value that cannot be right or an unknown option; a search for tau2 that did not end.

    Notes
    -----
    t has k - p degrees of freedom. k = 1 returns the study itself with its normal interval (ci_method says "wald").
    The prediction interval is estimate +/- c sqrt(tau2 + se**2). With the user's weights, tau2 and the factor of
    Hartung and Knapp keep inverse variances.

    References
    ----------
    Hartung and Knapp (2001), doi:10.1002/sim.1009; Sidik and Jonkman (2002), doi:10.1002/sim.1262; ad hoc: Roever et
    al. (2015), doi:10.1186/s12874-015-0091-1; Higgins et al. (2009), doi:10.1111/j.1467-985X.2008.00552.x.
    """
    effects, variances = _read(yi, vi, tau2_method=tau2_method, ci_method=ci_method, pi_method=pi_method)
    if mods is None:
        given = None if weights is None else read_weights(weights, k=effects.size)
        methods = _Methods(tau2_method, ci_method if effects.size > 1 else "wald", pi_method, read_level(level))
        return _pool_mean(effects, variances, given, methods)
    methods_of = {"tau2_method": tau2_method, "ci_method": ci_method}
    return regress(effects, variances, read_design(mods, k=effects.size), weights=weights, level=level, **methods_of)


class _Methods(NamedTuple):
    """What is used: methods for tau2, the confidence and the prediction interval, and the level of both."""

    tau2_method: str
    ci_method: str
    pi_method: str
    level: float


def _read(
    yi: ArrayLike, vi: ArrayLike, *, tau2_method: str, ci_method: str, pi_method: str
) -> tuple[FloatArray, FloatArray]:
    """Return effects and variances of at least one study, once the options are known to exist."""
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    require_option("pi_method", pi_method, PI_METHODS)
    effects, variances = read_studies(yi, vi)
    if effects.size == 0:
        raise TooFewStudies(needed=1, got=0)
    return effects, variances


def _pool_mean(yi: FloatArray, vi: FloatArray, weights: FloatArray | None, methods: _Methods) -> Pooled:
    """Return the pooled mean of k >= 1 studies."""
    k = yi.size
    shift = float(np.add.reduce(yi)) / k
    centred = yi - shift
    at_zero = sum_up(centred, vi, 0.0)
    is_random = methods.tau2_method != "CE" and k > 1
    tau2, now = fit_tau2(centred, vi, at_zero, tau2_method=methods.tau2_method) if is_random else (None, at_zero)
    between = tau2.tau2 if tau2 else 0.0
    spread = spread_of(q=at_zero.q, trace=at_zero.trace, df=k - 1, tau2=between if tau2 else None) if k > 1 else None
    centre, se, share = _mean_and_error(centred, vi, now, weights, tau2=between)
    return _present(
        shift + centre,
        se * _factor(centred, now, ci_method=methods.ci_method, largest=abs(shift)),
        share,
        tau2,
        spread,
        methods,
        ProfileLimits(yi, vi, None, methods.level) if tau2 else None,
    )


def _present(
    estimate: float,
    se: float,
    weights: FloatArray,
    tau2: Tau2 | None,
    spread: Heterogeneity | None,
    methods: _Methods,
    profile: ProfileLimits | None,
) -> Pooled:
    """Return the parts as one result, with its intervals and test."""
    k, between = weights.size, tau2.tau2 if tau2 else 0.0
    df = None if methods.ci_method == "wald" else k - 1
    critical = float(critical_value(methods.level, df=df))
    pi_df = df if methods.pi_method == "ci" else k - 2
    reach = _prediction_reach(se, between, critical, level=methods.level, df=df, pi_df=pi_df) if tau2 else None
    return Pooled(
        k=k,
        estimate=estimate,
        se=se,
        statistic=estimate / se,
        df=df,
        p_value=two_sided_p_value(estimate / se, df=df),
        level=methods.level,
        ci_lower=estimate - critical * se,
        ci_upper=estimate + critical * se,
        pi_lower=None if reach is None else estimate - reach,
        pi_upper=None if reach is None else estimate + reach,
        pi_distribution=None if reach is None else ("normal" if pi_df is None else "t"),
        pi_df=None if reach is None else pi_df,
        weights=weights,
        tau2=between,
        tau=sqrt(between),
        tau2_se=tau2.tau2_se if tau2 else None,
        i2=spread.i2 if spread else None,
        h2=spread.h2 if spread else None,
        i2_from_q=spread.i2_from_q if spread else None,
        q=spread.q if spread else None,
        q_df=spread.q_df if spread else None,
        q_p_value=spread.q_p_value if spread else None,
        tau2_method=methods.tau2_method,
        ci_method=methods.ci_method,
        _profile=profile,
    )


def _mean_and_error(
    yi: FloatArray, vi: FloatArray, now: MeanSums, weights: FloatArray | None, *, tau2: float
) -> tuple[float, float, FloatArray]:
    """Return the weighted mean, its normal standard error and the shares of the studies."""
    if weights is None:
        share = vi + tau2
        np.divide(1.0 / now.weight, share, out=share)
        share.setflags(write=False)
        return now.centre, 1.0 / sqrt(now.weight), share
    share = weights / np.sum(weights)
    return float(share @ yi), sqrt(float(share**2 @ (vi + tau2))), freeze(share)


def _factor(yi: FloatArray, now: MeanSums, *, ci_method: str, largest: float) -> float:
    """Return the factor of the standard error: 1, or sqrt(Q(tau2) / (k - 1)), at least 1 with the ad hoc correction."""
    if ci_method in ("wald", "t"):
        return 1.0
    scale = now.q / (yi.size - 1)
    if ci_method == "hksj_adhoc":
        return sqrt(max(1.0, scale))
    if now.q <= 0.0 or float(np.abs(yi).max()) <= EQUAL * largest:
        raise UndefinedResult(
            what="the Hartung-Knapp-Sidik-Jonkman interval",
            why=f"all {yi.size} effects are equal, so that its standard error is 0",
        )
    return sqrt(scale)


def _prediction_reach(
    se: float, tau2: float, critical: float, *, level: float, df: int | None, pi_df: int | None
) -> float | None:
    """Return half the width of the prediction interval; None where its t distribution has no degree of freedom."""
    if pi_df is not None and pi_df < 1:
        return None
    quantile = critical if pi_df == df else float(critical_value(level, df=pi_df))
    return quantile * sqrt(tau2 + se**2)
