"""Correlations of two variables, also given further ones, raw and transformed."""

from __future__ import annotations

from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, require, require_option
from analysis.engine.effects.columns import Alternatives, average, read_columns
from analysis.engine.effects.result import Effects, finish, require_defined
from analysis.engine.effects.standardised import RELEASES

CORRELATION: Alternatives = (("ri", "ni"),)
PARTIAL: Alternatives = (("ti", "ni", "mi"),)
SEMI_PARTIAL: Alternatives = (("ti", "ni", "mi", "r2i"),)
COR_VARIANCES = ("LS", "AV")
UCOR_VARIANCES = ("LS", "UB", "AV")
# From here on, term 100 of the hypergeometric series is below 1e-20 even at 1.
SERIES_FROM, SERIES_TERMS = 20.0, 100


class CorrelationColumns(TypedDict, total=False):
    """Correlations and sample sizes."""

    ri: ArrayLike
    ni: ArrayLike


class PartialColumns(TypedDict, total=False):
    """Test statistics of a regression coefficient, sample sizes, numbers of predictors."""

    ti: ArrayLike
    ni: ArrayLike
    mi: ArrayLike


class SemiPartialColumns(PartialColumns, total=False):
    """As partial correlations, with the share of variance that all predictors explain."""

    r2i: ArrayLike


def cor(*, vtype: str = "LS", **columns: Unpack[CorrelationColumns]) -> Effects:
    """Return correlations ri, variance (1 - ri**2)**2 / (ni - 1).

    Parameters
    ----------
    ri : number or array of shape (k,)  correlations in [-1, 1]
    ni : number or array of shape (k,)  sample sizes, above 3 (as in metafor)
    vtype : {"LS", "AV"}  "AV" takes the average correlation of all studies, weighted by size, for ri

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; ni of 3 or less; a correlation of -1 or 1, whose variance would be 0.

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "COR").
    """
    require_option("vtype", vtype, COR_VARIANCES)
    what = "the correlation"
    r, n = _read_correlations("COR", columns, what=what, least=3.0)
    return finish(r, _variance(r, r, n, vtype), what=what)


def ucor(*, vtype: str = "LS", **columns: Unpack[CorrelationColumns]) -> Effects:
    """Return correlations corrected for bias, ri F(1/2, 1/2; (ni - 2) / 2; 1 - ri**2).

    Parameters
    ----------
    ri, ni : as in `cor`; ni above 4
    vtype : {"LS", "UB", "AV"}  as in `cor`; "UB" is the unbiased estimate of the variance

    References
    ----------
    Olkin and Pratt (1958), doi:10.1214/aoms/1177706717; "UB": Hedges (1989), doi:10.3102/10769986014004291.
    """
    require_option("vtype", vtype, UCOR_VARIANCES)
    what = "the corrected correlation"
    r, n = _read_correlations("UCOR", columns, what=what, least=4.0)
    yi = r * _hypergeometric(0.5, 0.5 * (n - 2.0), 1.0 - r**2)
    return finish(yi, _variance(yi, r, n, vtype), what=what)


def _hypergeometric(a: float, c: FloatArray, x: FloatArray) -> FloatArray:
    """Return Gauss' F(a, a; c; x) for x in [0, 1], from c = 20 on by its series, where scipy's function overflows."""
    direct = special.hyp2f1(a, a, np.minimum(c, SERIES_FROM), x)
    divisor, term = np.maximum(c, SERIES_FROM), np.ones_like(x)
    total = np.ones_like(x)
    for j in range(SERIES_TERMS):
        term = term * (a + j) ** 2 / ((divisor + j) * (j + 1.0)) * x
        total = total + term
    return np.where(c < SERIES_FROM, direct, total)


def _variance(yi: FloatArray, r: FloatArray, n: FloatArray, vtype: str) -> FloatArray:
    """Return the variances of raw or corrected correlations."""
    if vtype == "UB":
        square = (n - 3.0) / (n - 2.0) * (1.0 - r**2) * _hypergeometric(1.0, 0.5 * n, 1.0 - r**2)
        return np.asarray(yi**2 - (1.0 - square))
    y = np.full_like(yi, average(yi, n)) if vtype == "AV" else yi
    return np.asarray((1.0 - y**2) ** 2 / (n - 1.0))


def zcor(**columns: Unpack[CorrelationColumns]) -> Effects:
    """Return Fisher's z = atanh(ri), variance 1 / (ni - 3).

    Parameters
    ----------
    ri, ni : as in `cor`; ri not -1 or 1, ni above 3

    References
    ----------
    Fisher (1921), On the "probable error" of a coefficient of correlation, Metron 1, 3-32.
    """
    what = "Fisher's z"
    r, n = _read_correlations("ZCOR", columns, what=what, least=3.0)
    require_defined(np.abs(r) < 1.0, what=what, why="the correlation is -1 or 1")
    return finish(np.arctanh(r), 1.0 / (n - 3.0), what=what)


def pcor(*, vtype: str = "LS", release: str = "3.8", **columns: Unpack[PartialColumns]) -> Effects:
    """Return partial correlations r = ti / sqrt(ti**2 + ni - mi - 1).

    Parameters
    ----------
    ti : number or array of shape (k,)  t statistic of the regression coefficient
    ni, mi : numbers or arrays of shape (k,)  sample size, and number of predictors; ni above mi + 1
    vtype : {"LS", "AV"}  variance (1 - r**2)**2 / (ni - mi - 1), or with the average r of all studies
    release : {"3.8", "4.6"}  the divisor ni - mi - 1 as in metafor 3.8, or ni - mi as since 4.4

    References
    ----------
    Aloe and Thompson (2013), doi:10.5243/jsswr.2013.24.
    """
    require_option("vtype", vtype, COR_VARIANCES)
    r, n, df = _read_partial("PCOR", columns, release)
    y = np.full_like(r, average(r, n)) if vtype == "AV" else r
    return finish(r, (1.0 - y**2) ** 2 / (df if release == "3.8" else df + 1.0), what="the partial correlation")


def zpcor(*, release: str = "3.8", **columns: Unpack[PartialColumns]) -> Effects:
    """Return Fisher's z of partial correlations.

    Parameters
    ----------
    ti, ni, mi : as in `pcor`
    release : {"3.8", "4.6"}  variance 1 / (ni - mi - 1) as in metafor 3.8, or 1 / (ni - mi - 2) as since 4.4

    References
    ----------
    Aloe and Thompson (2013), doi:10.5243/jsswr.2013.24.
    """
    what = "Fisher's z"
    r, _, df = _read_partial("ZPCOR", columns, release)
    require_defined(np.abs(r) < 1.0, what=what, why="the correlation is -1 or 1")
    less = 0.0 if release == "3.8" else 1.0
    require_defined(df > less, what=f"the variance of {what}", why="ni must be above mi + 2")
    return finish(np.arctanh(r), 1.0 / (df - less), what=what)


def spcor(*, vtype: str = "LS", **columns: Unpack[SemiPartialColumns]) -> Effects:
    """Return semi-partial correlations r = ti sqrt(1 - r2i) / sqrt(ni - mi - 1).

    Parameters
    ----------
    ti, ni, mi : as in `pcor`
    r2i : number or array of shape (k,)  share of variance explained by all predictors, a fraction in [0, 1]
    vtype : {"LS", "AV"}  large-sample variance, or with the average r of all studies

    References
    ----------
    Aloe and Becker (2012), doi:10.3102/1076998610396901.
    """
    require_option("vtype", vtype, COR_VARIANCES)
    arrays = read_columns("SPCOR", columns, SEMI_PARTIAL)
    share, n, df = arrays["r2i"], arrays["ni"], _degrees(arrays)
    require("r2i", share, (share >= 0.0) & (share <= 1.0), rule="between 0 and 1")
    r = arrays["ti"] * np.sqrt(1.0 - share) / np.sqrt(df)
    y = np.full_like(r, average(r, n)) if vtype == "AV" else r
    others = share - y**2
    return finish(r, (share**2 - 2.0 * share + others + 1.0 - others**2) / n, what="the semi-partial correlation")


def _read_correlations(
    measure: str, columns: CorrelationColumns, *, what: str, least: float
) -> tuple[FloatArray, FloatArray]:
    """Return correlations and sample sizes, the latter above `least`."""
    arrays = read_columns(measure, columns, CORRELATION)
    r, n = arrays["ri"], arrays["ni"]
    require("ri", r, np.abs(r) <= 1.0, rule="between -1 and 1")
    require_defined(n > least, what=f"the variance of {what}", why=f"ni must be above {least:.0f}")
    return r, n


def _read_partial(measure: str, columns: PartialColumns, release: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return partial correlations, sample sizes and degrees of freedom."""
    require_option("release", release, RELEASES)
    arrays = read_columns(measure, columns, PARTIAL)
    t, df = arrays["ti"], _degrees(arrays)
    return np.asarray(t / np.sqrt(t**2 + df)), arrays["ni"], df


def _degrees(arrays: dict[str, FloatArray]) -> FloatArray:
    """Return ni - mi - 1, above 0."""
    n, m = arrays["ni"], arrays["mi"]
    require("mi", m, m >= 0.0, rule="at least 0")
    require("ni", n, n > m + 1.0, rule="above mi + 1")
    return np.asarray(n - m - 1.0)
