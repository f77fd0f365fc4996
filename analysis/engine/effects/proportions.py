"""Single groups with a proportion, raw and transformed."""

from __future__ import annotations

from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, require, require_option
from analysis.engine.effects.columns import Alternatives, average, read_columns
from analysis.engine.effects.result import Effects, finish, require_defined
from analysis.engine.effects.zeros import HALF, NOTHING, amounts

PROPORTION: Alternatives = (("xi", "ni"), ("xi", "mi"))
PROPORTION_OPTIONS = ("add", "to")
PR_VARIANCES = ("LS", "UB", "AV")
LOG_VARIANCES = ("LS", "AV")


class ProportionColumns(TypedDict, total=False):
    """Events and sizes of one group, and the rule for zeros."""

    xi: ArrayLike
    mi: ArrayLike
    ni: ArrayLike
    add: float
    to: str


def pr(*, vtype: str = "LS", **columns: Unpack[ProportionColumns]) -> Effects:
    """Return proportions p = xi / ni.

    Parameters
    ----------
    xi : number or array of shape (k,)  participants with the event
    ni : number or array of shape (k,)  sample sizes, above 0; or instead
    mi : number or array of shape (k,)  participants without the event
    add : added to xi and mi of a study, at least 0; a half where not given
    to : {"only0", "all", "if0all", "none"}  studies with a zero count; all; all if any has a zero count; none
    vtype : {"LS", "UB", "AV"}  variance p (1 - p) / ni; unbiased, with ni - 1; "LS" with the average p of all studies,
        weighted by size

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a variance of 0 (no, or only, events and nothing added).

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "PR").
    """
    require_option("vtype", vtype, PR_VARIANCES)
    x, m = _read_counts("PR", columns, default_add=HALF)
    n, what = x + m, "the proportion"
    if vtype == "AV":
        p = average(x / n, n)
        return finish(x / n, p * (1.0 - p) / n, what=what)
    less = 1.0 if vtype == "UB" else 0.0
    require_defined(n > less, what=f"the variance of {what}", why="an unbiased variance needs ni above 1")
    return finish(x / n, x * m / (n**2 * (n - less)), what=what)


def pln(*, vtype: str = "LS", **columns: Unpack[ProportionColumns]) -> Effects:
    """Return log proportions log(xi / ni).

    Parameters
    ----------
    xi, ni, mi, add, to : as in `pr`
    vtype : {"LS", "AV"}  variance 1 / xi - 1 / ni, or with the average proportion of all studies

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "PLN").
    """
    require_option("vtype", vtype, LOG_VARIANCES)
    x, m = _read_counts("PLN", columns, default_add=HALF)
    n, what = x + m, "the log proportion"
    require_defined(x > 0.0, what=what, why="there are no events")
    if vtype == "AV":
        p = average(x / n, n)
        return finish(np.log(x / n), (1.0 - p) / (_divisor(p) * n), what=what)
    return finish(np.log(x / n), m / (x * n), what=what)


def plo(*, vtype: str = "LS", **columns: Unpack[ProportionColumns]) -> Effects:
    """Return log odds log(xi / mi).

    Parameters
    ----------
    xi, ni, mi, add, to : as in `pr`
    vtype : {"LS", "AV"}  variance 1 / xi + 1 / mi, or with the average proportion of all studies

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "PLO").
    """
    require_option("vtype", vtype, LOG_VARIANCES)
    x, m = _read_counts("PLO", columns, default_add=HALF)
    what = "the log odds"
    require_defined((x > 0.0) & (m > 0.0), what=what, why="there are no events, or only events")
    if vtype == "AV":
        p = average(x / (x + m), x + m)
        return finish(np.log(x / m), 1.0 / (_divisor(p * (1.0 - p)) * (x + m)), what=what)
    return finish(np.log(x / m), 1.0 / x + 1.0 / m, what=what)


def pas(**columns: Unpack[ProportionColumns]) -> Effects:
    """Return asin(sqrt(xi / ni)), variance 1 / (4 ni).

    Parameters
    ----------
    xi, ni, mi, add, to : as in `pr`, but `add` is 0 where not given: zero counts need nothing

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "PAS").
    """
    x, m = _read_counts("PAS", columns, default_add=NOTHING)
    n = x + m
    return finish(np.arcsin(np.sqrt(x / n)), 0.25 / n, what="the arcsine transformed proportion")


def pft(**columns: Unpack[ProportionColumns]) -> Effects:
    """Return (asin(sqrt(xi / (ni + 1))) + asin(sqrt((xi + 1) / (ni + 1)))) / 2, variance 1 / (4 ni + 2).

    Parameters
    ----------
    xi, ni, mi, add, to : as in `pr`, but `add` is 0 where not given

    References
    ----------
    Freeman and Tukey (1950), doi:10.1214/aoms/1177729756.
    """
    x, m = _read_counts("PFT", columns, default_add=NOTHING)
    n = x + m
    yi = 0.5 * (np.arcsin(np.sqrt(x / (n + 1.0))) + np.arcsin(np.sqrt((x + 1.0) / (n + 1.0))))
    return finish(yi, 1.0 / (4.0 * n + 2.0), what="the Freeman-Tukey transformed proportion")


def _divisor(value: float) -> float:
    """Return a divisor above 0; it is 0 only where there is no study to divide."""
    return value if value > 0.0 else 1.0


def _read_counts(measure: str, columns: ProportionColumns, *, default_add: float) -> tuple[FloatArray, FloatArray]:
    """Return participants with and without the event, after the zero rule."""
    given = {name: value for name, value in columns.items() if name not in PROPORTION_OPTIONS}
    arrays = read_columns(measure, given, PROPORTION)
    x, n = arrays["xi"], arrays.get("ni")
    if n is not None:
        require("xi", x, x <= n, rule="at most ni")
    m = arrays["mi"] if n is None or "mi" in arrays else n - x
    require("mi", m, m >= 0.0, rule="at least 0")
    require("mi", x + m, x + m > 0.0, rule="above 0 together with xi")
    if n is not None:
        require("ni", n, n == x + m, rule="xi + mi")
    extra = amounts((x, m), add=columns.get("add", default_add), to=columns.get("to", "only0"))
    return x + extra, m + extra
