"""Cronbach's alpha, raw and transformed."""

from __future__ import annotations

from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, require
from analysis.engine.effects.columns import Alternatives, read_columns
from analysis.engine.effects.result import Effects, finish, require_defined

ALPHA: Alternatives = (("ai", "mi", "ni"),)


class AlphaColumns(TypedDict, total=False):
    """Alphas, numbers of items and sample sizes."""

    ai: ArrayLike
    mi: ArrayLike
    ni: ArrayLike


def araw(**columns: Unpack[AlphaColumns]) -> Effects:
    """Return alphas ai, variance 2 mi (1 - ai)**2 / ((mi - 1) (ni - 2)).

    Parameters
    ----------
    ai : number or array of shape (k,)  Cronbach's alpha, at most 1
    mi, ni : numbers or arrays of shape (k,)  items, at least 2, and sample size, above 2

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; an alpha of 1.

    References
    ----------
    Bonett (2002), doi:10.3102/10769986027004335; Bonett (2010), doi:10.1037/a0020142.
    """
    a, m, n = _read("ARAW", columns, least=2.0)
    return finish(a, 2.0 * m * (1.0 - a) ** 2 / ((m - 1.0) * (n - 2.0)), what="alpha")


def ahw(**columns: Unpack[AlphaColumns]) -> Effects:
    """Return 1 - (1 - ai)**(1/3), variance 18 mi (ni - 1) (1 - ai)**(2/3) / ((mi - 1) (9 ni - 11)**2).

    Parameters
    ----------
    ai, mi, ni : as in `araw`; ni above 1.  metafor's sign: grows with alpha

    References
    ----------
    Hakstian and Whalen (1976), doi:10.1007/BF02291840.
    """
    a, m, n = _read("AHW", columns, least=1.0)
    root = np.cbrt(1.0 - a)
    vi = 18.0 * m * (n - 1.0) * root**2 / ((m - 1.0) * (9.0 * n - 11.0) ** 2)
    return finish(1.0 - root, vi, what="the transformed alpha")


def abt(**columns: Unpack[AlphaColumns]) -> Effects:
    """Return -log(1 - ai), variance 2 mi / ((mi - 1) (ni - 2)).

    Parameters
    ----------
    ai, mi, ni : as in `araw`; ai below 1.  metafor's sign: grows with alpha

    References
    ----------
    Bonett (2002), doi:10.3102/10769986027004335.
    """
    a, m, n = _read("ABT", columns, least=2.0)
    require_defined(a < 1.0, what="the transformed alpha", why="alpha is 1")
    return finish(-np.log1p(-a), 2.0 * m / ((m - 1.0) * (n - 2.0)), what="the transformed alpha")


def _read(measure: str, columns: AlphaColumns, *, least: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return alphas, items and sizes, the latter above `least`."""
    arrays = read_columns(measure, columns, ALPHA)
    a, m, n = arrays["ai"], arrays["mi"], arrays["ni"]
    require("ai", a, a <= 1.0, rule="at most 1")
    require("mi", m, m >= 2.0, rule="at least 2")
    require_defined(n > least, what="the variance of alpha", why=f"ni must be above {least:.0f}")
    return a, m, n
