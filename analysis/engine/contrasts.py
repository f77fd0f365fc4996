"""Standard errors of reported effects: from intervals, test statistics and p values.

Effects and limits are on the scale on which they are symmetric: take natural logs of ratios and their limits first.
Numbers give a number (a 0-dimensional array), arrays of shape (k,) give an array of shape (k,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_arrays, read_level, require
from analysis.engine.distributions import critical_value, tail_quantile
from analysis.engine.effects import Effects


def se_from_ci(
    *, ci_lower: ArrayLike, ci_upper: ArrayLike, level: float = 0.95, df: ArrayLike | None = None
) -> FloatArray:
    """Return the standard error (ci_upper - ci_lower) / (2 c), c the two-sided critical value.

    Parameters
    ----------
    ci_lower, ci_upper : numbers or arrays of shape (k,)  limits, natural logs for ratios; ci_lower < ci_upper
    level : confidence level of the interval, a fraction in (0, 1)
    df : None for a normal interval, degrees of freedom (above 0) for one from the t distribution

    Raises
    ------
    InvalidInput
        A lower limit that is not below its upper limit; a value out of range.

    References
    ----------
    Cochrane Handbook 6.3.1 and 6.3.2 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    level = read_level(level)
    if df is None:
        low, high = read_arrays({"ci_lower": ci_lower, "ci_upper": ci_upper})
        critical = critical_value(level)
    else:
        low, high, freedom = read_arrays({"ci_lower": ci_lower, "ci_upper": ci_upper, "df": df})
        require("df", freedom, freedom > 0.0, rule="above 0")
        critical = critical_value(level, df=freedom)
    require("ci_lower", low, low < high, rule="below ci_upper")
    return np.asarray((high - low) / (2.0 * critical))


def se_from_statistic(*, estimate: ArrayLike, statistic: ArrayLike) -> FloatArray:
    """Return the standard error |estimate / statistic| from a t or z value; signs may differ by reading direction.

    Raises
    ------
    InvalidInput
        An estimate or a statistic of 0: their ratio does not hold the standard error.

    References
    ----------
    Cochrane Handbook 6.3.1 and 6.5.2.3 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    effect, value = read_arrays({"estimate": estimate, "statistic": statistic})
    require("estimate", effect, effect != 0.0, rule="different from 0")
    require("statistic", value, value != 0.0, rule="different from 0")
    return np.asarray(np.abs(effect / value))


def se_from_p_value(*, estimate: ArrayLike, p_value: ArrayLike, df: ArrayLike | None = None) -> FloatArray:
    """Return the standard error |estimate| / c, c the statistic that has this two-sided p value.

    Parameters
    ----------
    estimate : number or array of shape (k,)  effects, natural logs for ratios, not 0
    p_value : number or array of shape (k,)  exact two-sided p values in (0, 1); never a bound such as p < 0.05
    df : None for a z test, degrees of freedom (above 0) for a t test

    Raises
    ------
    InvalidInput
        An estimate of 0, a p value of 0 or 1 or beyond; a value out of range.

    References
    ----------
    Cochrane Handbook 6.3.1 and 6.5.2.3 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    if df is None:
        effect, p = read_arrays({"estimate": estimate, "p_value": p_value})
        freedom = None
    else:
        effect, p, freedom = read_arrays({"estimate": estimate, "p_value": p_value, "df": df})
        require("df", freedom, freedom > 0.0, rule="above 0")
    require("estimate", effect, effect != 0.0, rule="different from 0")
    require("p_value", p, (p > 0.0) & (p < 1.0), rule="between 0 and 1")
    return np.asarray(np.abs(effect) / -tail_quantile(p / 2.0, df=freedom))


def effects_from_se(*, estimate: ArrayLike, se: ArrayLike) -> Effects:
    """Return effects with vi = se**2, from reported effects and standard errors above 0 (logs for ratios)."""
    effect, error = (np.atleast_1d(array) for array in read_arrays({"estimate": estimate, "se": se}))
    require("se", error, error > 0.0, rule="above 0")
    rows = np.arange(effect.size)
    rows.setflags(write=False)
    return Effects(yi=freeze(effect), vi=freeze(error**2), rows=rows)
