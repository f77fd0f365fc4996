"""How much the studies differ: Q, I2, H2 and the Q-profile interval of tau2."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from analysis.engine.arrays import read_array, read_level, read_studies, require
from analysis.engine.distributions import chi2_p_value, chi2_quantile, chi2_upper_quantile
from analysis.engine.errors import TooFewStudies
from analysis.engine.tau2 import solve_q, trace_of_projection
from analysis.engine.weighted_mean import weigh


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Statistics of the variation between studies.

    Attributes
    ----------
    q, q_df, q_p_value : Cochran's Q, its degrees of freedom k - 1 and its upper tail probability
    i2 : share of the total variance that is between studies, a fraction in [0, 1)
    h2 : total variance divided by sampling variance
    """

    q: float
    q_df: int
    q_p_value: float
    i2: float
    h2: float


@dataclass(frozen=True, slots=True)
class Tau2Interval:
    """A confidence interval of tau2, squared scale of yi."""

    tau2_ci_lower: float
    tau2_ci_upper: float
    level: float


def measure_heterogeneity(yi: ArrayLike, vi: ArrayLike, *, tau2: float | None = None) -> Heterogeneity:
    """Return Q with its test, and I2 and H2.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    tau2 : between-study variance of a random-effects model; None for the common-effect model

    Raises
    ------
    TooFewStudies
        k is 0 or 1.

    Notes
    -----
    With s2 the "typical" sampling variance (k - 1) sum(w) / (sum(w)**2 - sum(w**2)), w = 1 / vi:
    I2 = tau2 / (tau2 + s2) and H2 = tau2 / s2 + 1. Without tau2, H2 = Q / (k - 1) and I2 = 1 - 1 / H2, truncated
    at 0. Both agree for DL.

    References
    ----------
    Cochran (1954), doi:10.2307/3001666; Higgins and Thompson (2002), doi:10.1002/sim.1186.
    """
    effects, variances = read_studies(yi, vi)
    if effects.size < 2:
        raise TooFewStudies(needed=2, got=effects.size)
    df = effects.size - 1
    q = weigh(effects, variances).q
    if tau2 is None:
        h2 = q / df
        i2 = (q - df) / q if q > df else 0.0
    else:
        between = read_array("tau2", tau2, dimensions=0)
        require("tau2", between, between >= 0.0, rule="at least 0")
        typical = df / trace_of_projection(variances)[0]
        h2 = float(between) / typical + 1.0
        i2 = float(between) / (float(between) + typical)
    return Heterogeneity(q=q, q_df=df, q_p_value=chi2_p_value(q, df=df), i2=i2, h2=h2)


def profile_tau2(yi: ArrayLike, vi: ArrayLike, *, level: float = 0.95) -> Tau2Interval | None:
    """Return the Q-profile confidence interval of tau2, or None when it is empty.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies
        k is 0 or 1.

    Notes
    -----
    The interval holds every tau2 >= 0 whose Q(tau2) lies between two chi-squared quantiles (k - 1 degrees of freedom).
    A lower end below 0 is truncated to 0. Q(tau2) falls to 0, so the upper end always exists. Where even Q(0) is below
    the lower quantile the studies agree better than sampling error allows and no tau2 >= 0 is left: the answer is None,
    not the interval from 0 to 0 that would read as certainty. The interval belongs to no estimator of tau2 and need not
    hold the estimate.

    References
    ----------
    Viechtbauer (2007), doi:10.1002/sim.2514.
    """
    level = read_level(level)
    effects, variances = read_studies(yi, vi)
    if effects.size < 2:
        raise TooFewStudies(needed=2, got=effects.size)
    df, tail = effects.size - 1, (1.0 - level) / 2.0
    least, most = chi2_quantile(tail, df=df), chi2_upper_quantile(tail, df=df)
    if weigh(effects, variances).q < least:
        return None
    return Tau2Interval(
        tau2_ci_lower=solve_q(effects, variances, target=most),
        tau2_ci_upper=solve_q(effects, variances, target=least),
        level=level,
    )
