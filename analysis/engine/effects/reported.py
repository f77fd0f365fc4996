"""Effects as they were reported: any measure with its variance, and hazard ratios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_level, read_studies, require
from analysis.engine.distributions import critical_value, tail_quantile
from analysis.engine.effects.columns import Alternatives, read_columns
from analysis.engine.effects.result import Effects, finish, require_defined
from analysis.engine.errors import InvalidInput

GENERIC: Alternatives = (("yi", "vi"), ("yi", "sei"))
HAZARD: Alternatives = (
    ("hr", "ci_lower", "ci_upper"),
    ("ci_lower", "ci_upper"),
    ("observed_minus_expected", "logrank_variance"),
    ("yi", "sei"),
    ("yi", "vi"),
    ("hr", "p_value"),
)
WHAT = "the log hazard ratio"


class GenericColumns(TypedDict, total=False):
    """Effects with variances or standard errors."""

    yi: ArrayLike
    vi: ArrayLike
    sei: ArrayLike


class HazardColumns(GenericColumns, total=False):
    """What reports give of a hazard ratio."""

    hr: ArrayLike
    ci_lower: ArrayLike
    ci_upper: ArrayLike
    p_value: ArrayLike
    observed_minus_expected: ArrayLike
    logrank_variance: ArrayLike


def gen(**columns: Unpack[GenericColumns]) -> Effects:
    """Return effects as they are, with vi, or sei squared, as variance.

    Parameters
    ----------
    yi : number or array of shape (k,)  effects, natural logs for ratios
    vi, sei : numbers or arrays of shape (k,)  sampling variances or standard errors, above 0; one of both

    Raises
    ------
    InvalidInput
        A value out of range; both or neither of vi and sei; a variance that pooling refuses.
    """
    return _generic("GEN", columns, GENERIC)


def _generic(measure: str, columns: Mapping[str, object], alternatives: Alternatives) -> Effects:
    """Return effects from yi with vi or sei."""
    arrays = read_columns(measure, columns, alternatives)
    if "vi" in arrays and "sei" in arrays:
        raise InvalidInput("sei", f"{measure} needs vi or sei; got both")
    if "sei" in arrays:
        require("sei", arrays["sei"], arrays["sei"] > 0.0, rule="above 0")
    yi, vi = read_studies(arrays["yi"], arrays["vi"] if "vi" in arrays else arrays["sei"] ** 2)
    return finish(yi, vi, what="the effect")


def hr(*, level: float = 0.95, **columns: Unpack[HazardColumns]) -> Effects:
    """Return log hazard ratios from one of the ways in which they are reported.

    Parameters
    ----------
    hr : number or array of shape (k,)  hazard ratios, above 0, not logarithms
    ci_lower, ci_upper : numbers or arrays of shape (k,)  their limits, above 0; without hr, the effect is the middle of
        their logarithms
    level : confidence level of the limits, a fraction in (0, 1)
    observed_minus_expected, logrank_variance : numbers or arrays of shape (k,)  O - E and V of the log-rank test, V
        above 0: the effect is (O - E) / V, its variance 1 / V
    yi, sei, vi : numbers or arrays of shape (k,)  log hazard ratio with standard error or variance
    p_value : number or array of shape (k,)  two-sided, of the test that hr is 1; needs hr other than 1

    Raises
    ------
    InvalidInput
        A value out of range, limits that do not hold the hazard ratio, a mixture of the ways.

    References
    ----------
    Parmar, Torri and Stewart (1998), doi:10.1002/(SICI)1097-0258(19981230)17:24<2815::AID-SIM110>3.0.CO;2-8;
    Tierney et al. (2007), doi:10.1186/1745-6215-8-16.
    """
    level = read_level(level)
    arrays = read_columns("HR", columns, HAZARD)
    _require_one_way(tuple(arrays))
    if "yi" in arrays:
        return _generic("HR", arrays, HAZARD)
    if "logrank_variance" in arrays:
        spread = arrays["logrank_variance"]
        require("logrank_variance", spread, spread > 0.0, rule="above 0")
        return finish(arrays["observed_minus_expected"] / spread, 1.0 / spread, what=WHAT)
    for name in ("hr", "ci_lower", "ci_upper"):
        if name in arrays:
            require(name, arrays[name], arrays[name] > 0.0, rule="above 0")
    return _from_p_value(arrays) if "p_value" in arrays else _from_limits(arrays, level)


def _from_limits(arrays: dict[str, FloatArray], level: float) -> Effects:
    """Return log hazard ratios and the variances that their limits imply."""
    low, high = arrays["ci_lower"], arrays["ci_upper"]
    require("ci_lower", low, low < high, rule="below ci_upper")
    if "hr" in arrays:
        ratio = arrays["hr"]
        require("hr", ratio, (low <= ratio) & (ratio <= high), rule="between ci_lower and ci_upper")
        yi = np.log(ratio)
    else:
        yi = 0.5 * (np.log(low) + np.log(high))
    se = np.log(high / low) / (2.0 * critical_value(level))
    return finish(yi, se**2, what=WHAT)


def _from_p_value(arrays: dict[str, FloatArray]) -> Effects:
    """Return log hazard ratios and the variances that their p values imply."""
    p = arrays["p_value"]
    require("p_value", p, (p > 0.0) & (p < 1.0), rule="between 0 and 1")
    yi = np.log(arrays["hr"])
    require_defined(yi != 0.0, what=f"the variance of {WHAT}", why="a p value says nothing about it where hr is 1")
    return finish(yi, (yi / tail_quantile(p / 2.0)) ** 2, what=WHAT)


def _require_one_way(given: tuple[str, ...]) -> None:
    """Raise InvalidInput where the columns mix two ways, so that one would be ignored."""
    if set(given) not in [set(names) for names in HAZARD]:
        ways = ", or ".join(" ".join(names) for names in HAZARD)
        raise InvalidInput(given[-1], f"HR needs exactly the columns {ways}; got {' '.join(given)}")
