"""Two groups compared by their risks: ratios and differences of two-by-two tables."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from analysis.engine.arrays import FloatArray, require_option
from analysis.engine.effects.columns import average
from analysis.engine.effects.result import Effects, finish, require_defined
from analysis.engine.effects.tables import TableColumns, read_tables
from analysis.engine.effects.zeros import NOTHING

RD_VARIANCES = ("LS", "UB", "AV")


def rr(**columns: Unpack[TableColumns]) -> Effects:
    """Return log risk ratios log((ai / n1i) / (ci / n2i)), variance 1/ai - 1/n1i + 1/ci - 1/n2i.

    Parameters
    ----------
    ai, ci : numbers or arrays of shape (k,)  events in group 1 (experimental) and group 2
    bi, di : numbers or arrays of shape (k,)  participants without the event; or instead, for one or both groups,
    n1i, n2i : numbers or arrays of shape (k,)  sample sizes
    add : added to all four cells of a study (sizes grow by twice as much), at least 0; a half where not given
    to : {"only0", "all", "if0all", "none"}  studies with a zero cell; all; all if any has a zero cell; none
    drop00 : leave out studies without events, or without non-events, in both groups; `rows` says which remain

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a study whose effect or variance is not defined without (more) added cells.

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "RR"); zero cells: Cochrane Handbook 10.4.4.2.
    """
    t = read_tables("RR", columns)
    require_defined((t.a > 0.0) & (t.c > 0.0), what="the log risk ratio", why="an arm has no events", rows=t.rows)
    yi = np.log(t.a / t.n1) - np.log(t.c / t.n2)
    # 1/a - 1/(a + b) without the cancellation.
    return finish(yi, t.b / (t.a * t.n1) + t.d / (t.c * t.n2), what="the log risk ratio", rows=t.rows)


def odds_ratio(**columns: Unpack[TableColumns]) -> Effects:
    """Return log odds ratios log(ai di / (bi ci)), variance 1/ai + 1/bi + 1/ci + 1/di.

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a cell that stays 0.

    References
    ----------
    Woolf (1955), doi:10.1111/j.1469-1809.1955.tb01348.x; Viechtbauer (2010), doi:10.18637/jss.v036.i03.
    """
    yi, vi, rows = log_odds_ratio("OR", columns)
    return finish(yi, vi, what="the log odds ratio", rows=rows)


def log_odds_ratio(measure: str, columns: TableColumns) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Return log odds ratios, their variances and the rows of tables without a zero cell."""
    t = read_tables(measure, columns)
    require_defined(t.is_full, what="the log odds ratio", why="a cell of the two-by-two table is 0", rows=t.rows)
    vi = 1.0 / t.a + 1.0 / t.b + 1.0 / t.c + 1.0 / t.d
    return np.log(t.a / t.b) - np.log(t.c / t.d), vi, t.rows


def rd(*, vtype: str = "LS", **columns: Unpack[TableColumns]) -> Effects:
    """Return risk differences p1 - p2 of the risks p1 = ai / n1i and p2 = ci / n2i.

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`
    vtype : {"LS", "UB", "AV"}  variance p1 (1 - p1) / n1i + p2 (1 - p2) / n2i; unbiased, with n1i - 1 and n2i - 1; "LS"
        with the average risks of all studies, weighted by size

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a variance of 0 (no, or only, events in both arms, and nothing added).

    Notes
    -----
    As in metafor, `add` and `to` hold here too: a study with a zero cell is moved by the added halves.

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "RD").
    """
    require_option("vtype", vtype, RD_VARIANCES)
    what = "the risk difference"
    t = read_tables("RD", columns)
    n1, n2 = t.n1, t.n2
    yi = t.a / n1 - t.c / n2
    if vtype == "AV":
        p1, p2 = average(t.a / n1, n1), average(t.c / n2, n2)
        return finish(yi, p1 * (1.0 - p1) / n1 + p2 * (1.0 - p2) / n2, what=what, rows=t.rows)
    less = 1.0 if vtype == "UB" else 0.0
    why = "an unbiased variance needs groups of more than 1"
    require_defined((n1 > less) & (n2 > less), what=f"the variance of {what}", why=why, rows=t.rows)
    vi = t.a * t.b / (n1**2 * (n1 - less)) + t.c * t.d / (n2**2 * (n2 - less))
    return finish(yi, vi, what=what, rows=t.rows)


def peto(**columns: Unpack[TableColumns]) -> Effects:
    """Return Peto's log odds ratios (O - E) / V, variance 1 / V.

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`; metafor adds halves to zero cells here too

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; no events, or only events, in both groups.

    Notes
    -----
    O = ai, E = (ai + ci) n1i / n and V = (ai + ci) (bi + di) n1i n2i / (n**2 (n - 1)), n = n1i + n2i.

    References
    ----------
    Yusuf et al. (1985), doi:10.1016/S0033-0620(85)80003-7.
    """
    what = "Peto's log odds ratio"
    t = read_tables("PETO", columns)
    events, others, n = t.a + t.c, t.b + t.d, t.n1 + t.n2
    good = (events > 0.0) & (others > 0.0) & (n > 1.0)
    require_defined(good, what=what, why="both groups have no events, or only events", rows=t.rows)
    spread = events * others * (t.n1 / n) * (t.n2 / n) / (n - 1.0)
    # O - E without the cancellation.
    return finish((t.a * t.d - t.b * t.c) / n / spread, 1.0 / spread, what=what, rows=t.rows)


def arcsine_difference(**columns: Unpack[TableColumns]) -> Effects:
    """Return asin(sqrt(ai / n1i)) - asin(sqrt(ci / n2i)), variance 1 / (4 n1i) + 1 / (4 n2i).

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`, but `add` is 0 where not given: zero cells need nothing

    References
    ----------
    Ruecker et al. (2009), doi:10.1002/sim.3511.
    """
    t = read_tables("AS", columns, default_add=NOTHING)
    yi = np.arcsin(np.sqrt(t.a / t.n1)) - np.arcsin(np.sqrt(t.c / t.n2))
    return finish(yi, 0.25 / t.n1 + 0.25 / t.n2, what="the arcsine difference", rows=t.rows)
