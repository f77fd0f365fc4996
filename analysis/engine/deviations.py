"""Standard deviations of arms, from whatever a report gives instead.

Numbers give a number (a 0-dimensional array), arrays of shape (k,) give an array of shape (k,).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, first_index, read_array, read_arrays, read_level, require, require_option
from analysis.engine.distributions import critical_value
from analysis.engine.errors import RaggedLengths, UndefinedResult

DISTRIBUTIONS = ("t", "normal")
QUARTILE_METHODS = ("wan", "handbook")
# Width of the middle half of a normal distribution in standard deviations, as the Handbook rounds it (6.5.2.5).
HANDBOOK_QUARTILE_WIDTH = 1.35


def sd_from_se(*, se: ArrayLike, n: ArrayLike) -> FloatArray:
    """Return se sqrt(n), from the standard error of an arm's mean (above 0) and its size (above 0).

    References
    ----------
    Cochrane Handbook 6.5.2.2 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    error, size = read_arrays({"se": se, "n": n})
    require("se", error, error > 0.0, rule="above 0")
    require("n", size, size > 0.0, rule="above 0")
    return np.asarray(error * np.sqrt(size))


def sd_from_ci(
    *, ci_lower: ArrayLike, ci_upper: ArrayLike, n: ArrayLike, level: float = 0.95, distribution: str = "t"
) -> FloatArray:
    """Return sqrt(n) (ci_upper - ci_lower) / (2 c), from the interval of an arm's mean.

    Parameters
    ----------
    ci_lower, ci_upper : numbers or arrays of shape (k,)  limits; ci_lower < ci_upper
    n : number or array of shape (k,)  sample size, above 1
    level : confidence level of the interval, a fraction in (0, 1)
    distribution : {"t", "normal"}  c from the t distribution with n - 1 degrees of freedom, or from the normal

    References
    ----------
    Cochrane Handbook 6.5.2.2 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    require_option("distribution", distribution, DISTRIBUTIONS)
    level = read_level(level)
    low, high, size = read_arrays({"ci_lower": ci_lower, "ci_upper": ci_upper, "n": n})
    require("ci_lower", low, low < high, rule="below ci_upper")
    require("n", size, size > 1.0, rule="above 1")
    critical = critical_value(level, df=size - 1.0 if distribution == "t" else None)
    return np.asarray(np.sqrt(size) * (high - low) / (2.0 * critical))


def sd_from_quartiles(*, q1: ArrayLike, q3: ArrayLike, n: ArrayLike | None = None, method: str = "wan") -> FloatArray:
    """Return the standard deviation of a normally distributed outcome from its quartiles.

    Parameters
    ----------
    q1, q3 : numbers or arrays of shape (k,)  first and third quartile; q1 < q3
    n : number or array of shape (k,)  sample size, at least 2; needed by "wan", not read by "handbook"
    method : {"wan", "handbook"}  width 2 z((0.75 n - 0.125) / (n + 0.25)) that depends on n; or 1.35, for large samples

    Raises
    ------
    InvalidInput
        q1 not below q3; a size that is missing or below 2.

    Notes
    -----
    Misleading where the outcome is skewed, which may be why the report gives quartiles.

    References
    ----------
    Wan et al. (2014), doi:10.1186/1471-2288-14-135, equation 16; Cochrane Handbook 6.5.2.5.
    """
    require_option("method", method, QUARTILE_METHODS)
    low, high = read_arrays({"q1": q1, "q3": q3})
    require("q1", low, low < high, rule="below q3")
    if method == "handbook":
        return np.asarray((high - low) / HANDBOOK_QUARTILE_WIDTH)
    low, high, size = read_arrays({"q1": q1, "q3": q3, "n": np.nan if n is None else n})
    require("n", size, size >= 2.0, rule="at least 2")
    width = 2.0 * special.ndtri((0.75 * size - 0.125) / (size + 0.25))
    return np.asarray((high - low) / width)


def sd_of_change(*, sd_baseline: ArrayLike, sd_final: ArrayLike, r: ArrayLike) -> FloatArray:
    """Return sqrt(sd_baseline**2 + sd_final**2 - 2 r sd_baseline sd_final), the standard deviation of change.

    Parameters
    ----------
    sd_baseline, sd_final : numbers or arrays of shape (k,)  standard deviations, above 0
    r : number or array of shape (k,)  correlation of baseline and final values, in [-1, 1], a stated assumption

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; r = 1 with equal standard deviations (change would not vary).

    References
    ----------
    Cochrane Handbook 6.5.2.8 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    baseline, final, correlation = read_arrays({"sd_baseline": sd_baseline, "sd_final": sd_final, "r": r})
    require("sd_baseline", baseline, baseline > 0.0, rule="above 0")
    require("sd_final", final, final > 0.0, rule="above 0")
    require("r", correlation, np.abs(correlation) <= 1.0, rule="between -1 and 1")
    # (b - f)**2 + 2 (1 - r) b f: the same sum, never negative by rounding.
    variance = (baseline - final) ** 2 + 2.0 * (1.0 - correlation) * baseline * final
    if not np.all(variance > 0.0):
        index = first_index(np.asarray(variance <= 0.0))
        raise UndefinedResult(what="the standard deviation of change", why="it is 0 at r = 1", index=index)
    return np.asarray(np.sqrt(variance))


def correlation_from_sds(*, sd_baseline: ArrayLike, sd_final: ArrayLike, sd_change: ArrayLike) -> FloatArray:
    """Return the correlation of baseline and final values that the three standard deviations (above 0) imply.

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; three numbers that no correlation in [-1, 1] joins (one is misreported or not an SD).

    References
    ----------
    Cochrane Handbook 6.5.2.8 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    values = {"sd_baseline": sd_baseline, "sd_final": sd_final, "sd_change": sd_change}
    arrays = read_arrays(values)
    for argument, array in zip(values, arrays, strict=True):
        require(argument, array, array > 0.0, rule="above 0")
    baseline, final, change = arrays
    r = np.asarray((baseline**2 + final**2 - change**2) / (2.0 * baseline * final))
    if np.any(np.abs(r) > 1.0):
        index = first_index(np.asarray(np.abs(r) > 1.0))
        why = f"the three standard deviations imply {r.ravel()[index]:.4g}, outside -1 to 1"
        raise UndefinedResult(what="the correlation", why=why, index=index)
    return r


def pooled_sd(*, sd: ArrayLike, n: ArrayLike) -> float:
    """Return the pooled within-group standard deviation sqrt(sum((n - 1) sd**2) / sum(n - 1)) of the arms of a study.

    Parameters
    ----------
    sd, n : arrays of shape (g,)  standard deviation (at least 0) and size (at least 1) of each arm, g >= 1

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range or unequal lengths; arms of one participant only.

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107.
    """
    deviations, sizes = np.atleast_1d(read_array("sd", sd)), np.atleast_1d(read_array("n", n))
    if deviations.size != sizes.size:
        raise RaggedLengths(argument="n", length=sizes.size, other="sd", other_length=deviations.size)
    require("sd", deviations, deviations >= 0.0, rule="at least 0")
    require("n", sizes, sizes >= 1.0, rule="at least 1")
    df = float(np.sum(sizes - 1.0))
    if not df > 0.0:
        raise UndefinedResult(what="the pooled standard deviation", why="no arm has more than one participant")
    return float(np.sqrt(np.sum((sizes - 1.0) * deviations**2) / df))
