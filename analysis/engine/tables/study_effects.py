"""Effects of single studies, as far as they are defined: for the heterogeneity around a pooled estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.distributions import chi2_p_value
from analysis.engine.tables.cells import Rates, Tables


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Cochran's Q of single studies around one estimate; None for fewer than two studies."""

    q: float | None
    q_df: int | None
    q_p_value: float | None
    i2: float | None
    h2: float | None


NO_SPREAD = Spread(q=None, q_df=None, q_p_value=None, i2=None, h2=None)


def table_effects(tables: Tables, *, measure: str, add: float, to: str, drop00: bool) -> tuple[FloatArray, FloatArray]:
    """Return yi and vi of the studies that have them, for "OR", "RR" or "RD", after the zero-cell rule."""
    cells = (tables.take(tables.has_both_outcomes) if drop00 else tables).correct(add=add, to=to)
    a, b, c, d, n1, n2 = cells.ai, cells.bi, cells.ci, cells.di, cells.n1i, cells.n2i
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "OR":
            yi, vi = np.log(a * d / (b * c)), 1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d
        elif measure == "RR":
            yi, vi = np.log(a / n1) - np.log(c / n2), b / (a * n1) + d / (c * n2)
        else:
            yi, vi = a / n1 - c / n2, a * b / n1**3 + c * d / n2**3
    return _defined(yi, vi)


def rate_effects(rates: Rates, *, measure: str, add: float, to: str, drop00: bool) -> tuple[FloatArray, FloatArray]:
    """Return yi and vi of the studies that have them, for "IRR" or "IRD", after the zero-cell rule."""
    counts = (rates.take(rates.has_events) if drop00 else rates).correct(add=add, to=to)
    x1, t1, x2, t2 = counts.x1i, counts.t1i, counts.x2i, counts.t2i
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "IRR":
            yi, vi = np.log(x1 / t1) - np.log(x2 / t2), 1.0 / x1 + 1.0 / x2
        else:
            yi, vi = x1 / t1 - x2 / t2, x1 / t1**2 + x2 / t2**2
    return _defined(yi, vi)


def spread_around(estimate: float, yi: FloatArray, vi: FloatArray) -> Spread:
    """Return Q = sum((yi - estimate)**2 / vi) with k - 1 degrees of freedom, and I2 and H2 from it."""
    return spread_of(float(np.sum((yi - estimate) ** 2 / vi)), k=yi.size)


def spread_of(q: float, *, k: int) -> Spread:
    """Return Q of k studies with its test, I2 = (Q - df) / Q truncated at 0 and H2 = Q / df."""
    if k < 2:
        return NO_SPREAD
    df = k - 1
    q = max(0.0, q)
    return Spread(q=q, q_df=df, q_p_value=chi2_p_value(q, df=df), i2=(q - df) / q if q > df else 0.0, h2=q / df)


def typical_variance(vi: FloatArray) -> float:
    """Return the typical sampling variance (k - 1) / (sum(w) - sum(w**2) / sum(w)), w = 1 / vi, of k >= 2 studies."""
    wi = 1.0 / vi
    return float((vi.size - 1) / (np.sum(wi) - np.sum(wi**2) / np.sum(wi)))


def _defined(yi: FloatArray, vi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the effects with a finite value and a variance above 0."""
    good = np.isfinite(yi) & np.isfinite(vi) & (vi > 0.0)
    return yi[good], vi[good]
