"""Critical values, quantiles and tail probabilities of the normal, t, chi-squared and F distributions."""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray


def critical_value(level: float, *, df: float | FloatArray | None = None) -> FloatArray:
    """Return the two-sided critical value: of the t distribution with `df`, of the normal where df is None.

    Parameters
    ----------
    level : confidence level, a fraction in (0, 1)
    df : None, number or array  degrees of freedom, above 0
    """
    tail = (1.0 - level) / 2.0
    return -tail_quantile(tail, df=df)


def tail_quantile(tail: float | FloatArray, *, df: float | FloatArray | None = None) -> FloatArray:
    """Return the quantile below which a fraction `tail` of the normal (or t with `df`) distribution lies."""
    if df is None:
        return np.asarray(special.ndtri(tail), dtype=np.float64)
    return np.asarray(special.stdtrit(df, tail), dtype=np.float64)


def two_sided_p_value(statistic: float, *, df: float | None = None) -> float:
    """Return the probability of a statistic at least this far from 0; far tails may round to 0."""
    if df is None:
        return float(2.0 * special.ndtr(-abs(statistic)))
    return float(2.0 * special.stdtr(df, -abs(statistic)))


def two_sided_p_values(statistic: FloatArray, *, df: float | FloatArray | None = None) -> FloatArray:
    """Return the two-sided p value of each statistic; df as in `critical_value`."""
    if df is None:
        return np.asarray(2.0 * special.ndtr(-np.abs(statistic)), dtype=np.float64)
    return np.asarray(2.0 * special.stdtr(df, -np.abs(statistic)), dtype=np.float64)


def chi2_p_value(statistic: float, *, df: float) -> float:
    """Return the upper tail probability of the chi-squared distribution."""
    return float(special.chdtrc(df, statistic))


def chi2_p_values(statistic: FloatArray, *, df: float | FloatArray) -> FloatArray:
    """Return the upper tail probability of each statistic."""
    return np.asarray(special.chdtrc(df, statistic), dtype=np.float64)


def chi2_quantile(lower_tail: float, *, df: float) -> float:
    """Return the value below which a fraction `lower_tail` of the chi-squared distribution lies."""
    return float(2.0 * special.gammaincinv(df / 2.0, lower_tail))


def chi2_quantiles(lower_tail: float, *, df: FloatArray) -> FloatArray:
    """Return the value below which a fraction `lower_tail` of each chi-squared distribution lies; 0 where df is 0."""
    return np.where(df > 0.0, 2.0 * special.gammaincinv(np.where(df > 0.0, df, 1.0) / 2.0, lower_tail), 0.0)


def chi2_upper_quantile(upper_tail: float, *, df: float) -> float:
    """Return the value above which a fraction `upper_tail` of the chi-squared distribution lies."""
    return float(2.0 * special.gammainccinv(df / 2.0, upper_tail))


def chi2_upper_quantiles(upper_tail: float, *, df: FloatArray) -> FloatArray:
    """Return the value above which a fraction `upper_tail` of each chi-squared distribution lies; 0 where df is 0."""
    return np.where(df > 0.0, 2.0 * special.gammainccinv(np.where(df > 0.0, df, 1.0) / 2.0, upper_tail), 0.0)


def f_p_value(statistic: float, *, df1: float, df2: float) -> float:
    """Return the upper tail probability of the F distribution."""
    return float(special.fdtrc(df1, df2, statistic))
