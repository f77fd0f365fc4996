"""Two-by-two tables as an association of two variables, or of two continuous ones behind them."""

from __future__ import annotations

from math import pi, sqrt
from typing import Unpack

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray, require_option
from analysis.engine.effects.result import Effects, finish, require_defined
from analysis.engine.effects.risks import log_odds_ratio
from analysis.engine.effects.tables import TableColumns, Tables, read_tables
from analysis.engine.effects.tetrachoric import tetrachoric
from analysis.engine.effects.zeros import NOTHING

PHI_VARIANCES = ("LS", "CS", "ST")
# Ratio of the standard deviations of the logistic and, by Cox and Snell, of the normal distribution behind the events.
LOGISTIC_SD = pi / sqrt(3.0)
COX_SNELL = 1.65


def phi(*, vtype: str = "LS", **columns: Unpack[TableColumns]) -> Effects:
    """Return phi coefficients (ai di - bi ci) / sqrt(n1i n2i (ai + ci) (bi + di)).

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`, but `add` is 0 where not given
    vtype : {"LS", "CS", "ST"}  variance of a cross-sectional sample ("LS" and "CS") or of two samples of given sizes

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a row or a column without participants.

    References
    ----------
    Yule (1912), doi:10.2307/2340126, page 603; Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, "PHI").
    """
    require_option("vtype", vtype, PHI_VARIANCES)
    what = "the phi coefficient"
    t = read_tables("PHI", columns, default_add=NOTHING)
    events, others = t.a + t.c, t.b + t.d
    why = "both groups have no events, or only events"
    require_defined((events > 0.0) & (others > 0.0), what=what, why=why, rows=t.rows)
    yi = (t.a * t.d - t.b * t.c) / np.sqrt(t.n1 * t.n2 * events * others)
    vi = _stratified(t) if vtype == "ST" else _cross_sectional(t, yi)
    return finish(yi, vi, what=what, rows=t.rows)


def _cross_sectional(t: Tables, y: FloatArray) -> FloatArray:
    """Return the variance of phi where all four cells are random, given their sum."""
    n = t.n1 + t.n2
    row, column = (t.n1 - t.n2) / n, (t.a + t.c - t.b - t.d) / n
    row_product, column_product = t.n1 * t.n2 / n**2, (t.a + t.c) * (t.b + t.d) / n**2
    mixed = y * (1.0 + 0.5 * y**2) * row * column / np.sqrt(row_product * column_product)
    return np.asarray((1.0 - y**2 + mixed - 0.75 * y**2 * (row**2 / row_product + column**2 / column_product)) / n)


def _stratified(t: Tables) -> FloatArray:
    """Return the variance of phi where the sizes of both groups are given."""
    n1, n2 = t.n1, t.n2
    p1, q1, p2, q2 = t.a / n1, t.b / n1, t.c / n2, t.d / n2
    cross = p2 * q1 + p1 * q2
    parts = (
        4.0 * n1**3 * p1**2 * p2 * q1**2 * q2
        + 4.0 * n2**3 * p1 * p2**2 * q1 * q2**2
        + n1 * n2**2 * p2 * q2 * cross * (p2 * q1 + p1 * (4.0 * q1 + q2))
        + n1**2 * n2 * p1 * q1 * cross * (p1 * q2 + p2 * (q1 + 4.0 * q2))
    )
    return np.asarray((n1 + n2) ** 2 * parts / (4.0 * (t.a + t.c) ** 3 * (t.b + t.d) ** 3))


def yuq(**columns: Unpack[TableColumns]) -> Effects:
    """Return Yule's Q, (ai di - bi ci) / (ai di + bi ci), by the delta method from the odds ratio.

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`

    References
    ----------
    Yule (1900), doi:10.1098/rsta.1900.0019; Yule (1912), doi:10.2307/2340126.
    """
    t = _read_full("YUQ", columns, what="Yule's Q")
    ad, bc = t.a * t.d, t.b * t.c
    slope = 2.0 * ad * bc / (ad + bc) ** 2
    vi = slope**2 * (1.0 / t.a + 1.0 / t.b + 1.0 / t.c + 1.0 / t.d)
    return finish((ad - bc) / (ad + bc), vi, what="Yule's Q", rows=t.rows)


def yuy(**columns: Unpack[TableColumns]) -> Effects:
    """Return Yule's Y, the Q of square roots of the products, by the delta method from the odds ratio.

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`

    References
    ----------
    Yule (1912), doi:10.2307/2340126.
    """
    t = _read_full("YUY", columns, what="Yule's Y")
    ad, bc = np.sqrt(t.a * t.d), np.sqrt(t.b * t.c)
    slope = ad * bc / (ad + bc) ** 2
    vi = slope**2 * (1.0 / t.a + 1.0 / t.b + 1.0 / t.c + 1.0 / t.d)
    return finish((ad - bc) / (ad + bc), vi, what="Yule's Y", rows=t.rows)


def rtet(**columns: Unpack[TableColumns]) -> Effects:
    """Return tetrachoric correlations: those of two normal variables of which the table shows two halves each.

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`, but `add` is 0 where not given

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a zero cell, which puts the estimate at -1 or 1, where it has no variance.

    Notes
    -----
    The maximum likelihood estimate, whose table of probabilities is the observed one, to double precision; the
    variance is the inverse of the information there. metafor's search ends about 1e-4 from it.

    References
    ----------
    Pearson (1900), doi:10.1098/rsta.1900.0022; Kirk (1973), doi:10.1007/BF02291118.
    """
    what = "the tetrachoric correlation"
    t = read_tables("RTET", columns, default_add=NOTHING)
    require_defined(t.is_full, what=what, why="a cell of the two-by-two table is 0", rows=t.rows)
    yi, vi = tetrachoric(t.a, t.b, t.c, t.d)
    return finish(yi, vi, what=what, rows=t.rows)


def pbit(**columns: Unpack[TableColumns]) -> Effects:
    """Return differences of probits z(ai / n1i) - z(ci / n2i): standardised mean differences of a normal variable.

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`

    References
    ----------
    Sanchez-Meca, Marin-Martinez and Chacon-Moscoso (2003), doi:10.1037/1082-989X.8.4.448.
    """
    t = _read_full("PBIT", columns, what="the difference of probits")
    n1, n2 = t.n1, t.n2
    z1, z2 = special.ndtri(t.a / n1), special.ndtri(t.c / n2)
    vi = 2.0 * pi * (t.a * t.b * np.exp(z1**2) / n1**3 + t.c * t.d * np.exp(z2**2) / n2**3)
    return finish(z1 - z2, vi, what="the difference of probits", rows=t.rows)


def or2dn(**columns: Unpack[TableColumns]) -> Effects:
    """Return log odds ratios / 1.65: standardised mean differences of a normal variable (Cox and Snell).

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`

    References
    ----------
    Cox and Snell (1989), Analysis of Binary Data, 2nd edition; Sanchez-Meca et al. (2003),
    doi:10.1037/1082-989X.8.4.448.
    """
    yi, vi, rows = log_odds_ratio("OR2DN", columns)
    return finish(yi / COX_SNELL, vi / COX_SNELL**2, what="the standardised mean difference", rows=rows)


def or2dl(**columns: Unpack[TableColumns]) -> Effects:
    """Return log odds ratios sqrt(3) / pi: standardised mean differences of a logistic variable.

    Parameters
    ----------
    ai, bi, n1i, ci, di, n2i, add, to, drop00 : as in `rr`

    References
    ----------
    Hasselblad and Hedges (1995), doi:10.1037/0033-2909.117.1.167; Chinn (2000),
    doi:10.1002/1097-0258(20001130)19:22<3127::AID-SIM784>3.0.CO;2-M.
    """
    yi, vi, rows = log_odds_ratio("OR2DL", columns)
    return finish(yi / LOGISTIC_SD, vi / LOGISTIC_SD**2, what="the standardised mean difference", rows=rows)


def _read_full(measure: str, columns: TableColumns, *, what: str) -> Tables:
    """Return tables without a zero cell."""
    t = read_tables(measure, columns)
    require_defined(t.is_full, what=what, why="a cell of the two-by-two table is 0", rows=t.rows)
    return t
