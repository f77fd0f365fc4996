"""Events per person-time: two groups compared, and single groups."""

from __future__ import annotations

from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.effects.columns import Alternatives, read_columns
from analysis.engine.effects.result import Effects, finish, require_defined
from analysis.engine.effects.zeros import HALF, NOTHING, amounts

TWO_RATES: Alternatives = (("x1i", "t1i", "x2i", "t2i"),)
ONE_RATE: Alternatives = (("xi", "ti"),)
TWO_RATE_OPTIONS = ("add", "to", "drop00")
ONE_RATE_OPTIONS = ("add", "to")


class TwoRateColumns(TypedDict, total=False):
    """Events and person-times of two groups, and the rule for zeros."""

    x1i: ArrayLike
    t1i: ArrayLike
    x2i: ArrayLike
    t2i: ArrayLike
    add: float
    to: str
    drop00: bool


class OneRateColumns(TypedDict, total=False):
    """Events and person-time of one group, and the rule for zeros."""

    xi: ArrayLike
    ti: ArrayLike
    add: float
    to: str


def irr(**columns: Unpack[TwoRateColumns]) -> Effects:
    """Return log incidence rate ratios log((x1i / t1i) / (x2i / t2i)), variance 1 / x1i + 1 / x2i.

    Parameters
    ----------
    x1i, x2i : numbers or arrays of shape (k,)  events in group 1 (experimental) and group 2
    t1i, t2i : numbers or arrays of shape (k,)  person-times, above 0
    add : added to both counts of a study, at least 0; a half where not given
    to : {"only0", "all", "if0all", "none"}  studies with a zero count; all; all if any has a zero count; none
    drop00 : leave out studies without events in both groups; `rows` says which remain

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a count that stays 0.

    References
    ----------
    Rothman, Greenland and Lash (2008), Modern Epidemiology, 3rd edition, chapter 14.
    """
    x1, t1, x2, t2, rows = _read_two("IRR", columns, default_add=HALF)
    what = "the log incidence rate ratio"
    require_defined((x1 > 0.0) & (x2 > 0.0), what=what, why="a group has no events", rows=rows)
    return finish(np.log(x1 / t1) - np.log(x2 / t2), 1.0 / x1 + 1.0 / x2, what=what, rows=rows)


def ird(**columns: Unpack[TwoRateColumns]) -> Effects:
    """Return incidence rate differences x1i / t1i - x2i / t2i, variance x1i / t1i**2 + x2i / t2i**2.

    Parameters
    ----------
    x1i, t1i, x2i, t2i, add, to, drop00 : as in `irr`

    References
    ----------
    Rothman, Greenland and Lash (2008), Modern Epidemiology, 3rd edition, chapter 14.
    """
    x1, t1, x2, t2, rows = _read_two("IRD", columns, default_add=HALF)
    return finish(x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2, what="the incidence rate difference", rows=rows)


def irsd(**columns: Unpack[TwoRateColumns]) -> Effects:
    """Return differences of square roots of rates, variance 1 / (4 t1i) + 1 / (4 t2i).

    Parameters
    ----------
    x1i, t1i, x2i, t2i, add, to, drop00 : as in `irr`, but `add` is 0 where not given: zero counts need nothing

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "IRSD").
    """
    x1, t1, x2, t2, rows = _read_two("IRSD", columns, default_add=NOTHING)
    what = "the difference of square roots of rates"
    return finish(np.sqrt(x1 / t1) - np.sqrt(x2 / t2), 0.25 / t1 + 0.25 / t2, what=what, rows=rows)


def ir(**columns: Unpack[OneRateColumns]) -> Effects:
    """Return incidence rates xi / ti, variance xi / ti**2.

    Parameters
    ----------
    xi, ti : numbers or arrays of shape (k,)  events, and person-times above 0
    add : added to the events of a study, at least 0; a half where not given
    to : {"only0", "all", "if0all", "none"}  studies without events; all; all if any has none; none

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "IR").
    """
    x, t = _read_one("IR", columns, default_add=HALF)
    return finish(x / t, x / t**2, what="the incidence rate")


def irln(**columns: Unpack[OneRateColumns]) -> Effects:
    """Return log incidence rates log(xi / ti), variance 1 / xi; xi, ti, add and to as in `ir`."""
    x, t = _read_one("IRLN", columns, default_add=HALF)
    require_defined(x > 0.0, what="the log incidence rate", why="there are no events")
    return finish(np.log(x / t), 1.0 / x, what="the log incidence rate")


def irs(**columns: Unpack[OneRateColumns]) -> Effects:
    """Return square roots of incidence rates, variance 1 / (4 ti); as `ir`, but `add` is 0 where not given."""
    x, t = _read_one("IRS", columns, default_add=NOTHING)
    return finish(np.sqrt(x / t), 0.25 / t, what="the square root of the incidence rate")


def irft(**columns: Unpack[OneRateColumns]) -> Effects:
    """Return Freeman-Tukey transformed rates (sqrt(xi / ti) + sqrt((xi + 1) / ti)) / 2, variance 1 / (4 ti).

    Parameters
    ----------
    xi, ti, add, to : as in `ir`, but `add` is 0 where not given

    References
    ----------
    Freeman and Tukey (1950), doi:10.1214/aoms/1177729756.
    """
    x, t = _read_one("IRFT", columns, default_add=NOTHING)
    yi = 0.5 * (np.sqrt(x / t) + np.sqrt(x / t + 1.0 / t))
    return finish(yi, 0.25 / t, what="the Freeman-Tukey transformed rate")


def _read_two(
    measure: str, columns: TwoRateColumns, *, default_add: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, NDArray[np.intp]]:
    """Return events and person-times after the zero rule, and the rows that remain."""
    given = {name: value for name, value in columns.items() if name not in TWO_RATE_OPTIONS}
    arrays = read_columns(measure, given, TWO_RATES)
    x1, t1, x2, t2 = (arrays[name] for name in TWO_RATES[0])
    rows = np.arange(x1.size)
    if columns.get("drop00", False):
        rows = np.flatnonzero((x1 > 0.0) | (x2 > 0.0))
        x1, t1, x2, t2 = x1[rows], t1[rows], x2[rows], t2[rows]
    extra = amounts((x1, x2), add=columns.get("add", default_add), to=columns.get("to", "only0"))
    return x1 + extra, t1, x2 + extra, t2, rows


def _read_one(measure: str, columns: OneRateColumns, *, default_add: float) -> tuple[FloatArray, FloatArray]:
    """Return events and person-times after the zero rule."""
    given = {name: value for name, value in columns.items() if name not in ONE_RATE_OPTIONS}
    arrays = read_columns(measure, given, ONE_RATE)
    x, t = arrays["xi"], arrays["ti"]
    return x + amounts((x,), add=columns.get("add", default_add), to=columns.get("to", "only0")), t
