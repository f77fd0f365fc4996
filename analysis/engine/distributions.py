"""Critical values and two-sided p values of the normal, t and chi-squared distributions."""

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


def two_sided_p_value(statistic: float, *, df: int | None = None) -> float:
    """Return the probability of a statistic at least this far from 0; far tails may round to 0."""
    if df is None:
        return float(2.0 * special.ndtr(-abs(statistic)))
    return float(2.0 * special.stdtr(df, -abs(statistic)))


def chi2_p_value(statistic: float, *, df: int) -> float:
    """Return the upper tail probability of the chi-squared distribution."""
    return float(special.chdtrc(df, statistic))


def chi2_quantile(lower_tail: float, *, df: int) -> float:
    """Return the value below which a fraction `lower_tail` of the chi-squared distribution lies."""
    return float(2.0 * special.gammaincinv(df / 2.0, lower_tail))


def chi2_upper_quantile(upper_tail: float, *, df: int) -> float:
    """Return the value above which a fraction `upper_tail` of the chi-squared distribution lies."""
    return float(2.0 * special.gammainccinv(df / 2.0, upper_tail))
