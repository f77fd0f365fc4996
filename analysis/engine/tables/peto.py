"""Peto's one-step method: one common odds ratio from observed minus expected events."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_level, require
from analysis.engine.distributions import critical_value, two_sided_p_value
from analysis.engine.errors import UndefinedResult
from analysis.engine.tables.cells import read_rule, read_tables, require_one
from analysis.engine.tables.study_effects import spread_of


@dataclass(frozen=True, slots=True, eq=False)
class Peto:
    """Peto's estimate of the log odds ratio.

    Attributes
    ----------
    k : number of tables read into the estimate, those with one outcome only included
    estimate, se : log odds ratio and its standard error
    statistic, df, p_value : estimate / se; None, as its distribution is normal; two-sided p value
    level, ci_lower, ci_upper : confidence level (a fraction) and interval
    weights : array of shape (k,)  shares of the studies in the estimate, summing to 1
    o_minus_e : array of shape (k,)  observed minus expected events in arm 1
    v : array of shape (k,)  hypergeometric variance of the events in arm 1; 0 for tables with one outcome only
    q, q_df, q_p_value, i2, h2 : heterogeneity of the tables with both outcomes; None for fewer than two
    """

    k: int
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    level: float
    ci_lower: float
    ci_upper: float
    weights: FloatArray
    o_minus_e: FloatArray
    v: FloatArray
    q: float | None
    q_df: int | None
    q_p_value: float | None
    i2: float | None
    h2: float | None


def pool_peto(
    *,
    ai: ArrayLike,
    ci: ArrayLike,
    n1i: ArrayLike | None = None,
    n2i: ArrayLike | None = None,
    bi: ArrayLike | None = None,
    di: ArrayLike | None = None,
    pooled_add: float = 0.0,
    pooled_to: str = "none",
    pooled_drop00: bool = False,
    level: float = 0.95,
) -> Peto:
    """Return Peto's estimate: the sum of observed minus expected events over the sum of their variances.

    Parameters
    ----------
    ai, ci, and n1i, n2i or bi, di : numbers or arrays of shape (k,)  events; sample sizes or non-events
    pooled_add, pooled_to, pooled_drop00 : zero-cell rule of the tables; none is needed; `pooled_to` is one of
        {"only0", "all", "if0all", "none"}; pooled_drop00 leaves out the tables with one outcome only
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies, InvalidInput
        No study; a count below 0 or above its size, a table of one participant or less, an unknown option.
    UndefinedResult
        No table with both events and non-events.

    References
    ----------
    Yusuf, Peto, Lewis, Collins and Sleight (1985), doi:10.1016/S0033-0620(85)80003-7.
    """
    level = read_level(level)
    pooled_add, pooled_to = read_rule(add=pooled_add, to=pooled_to, prefix="pooled_")
    tables = read_tables(ai=ai, ci=ci, n1i=n1i, n2i=n2i, bi=bi, di=di)
    kept = tables.take(tables.has_both_outcomes) if pooled_drop00 else tables
    cells = require_one(kept).correct(add=pooled_add, to=pooled_to)
    events, others, size = cells.ai + cells.ci, cells.bi + cells.di, cells.n1i + cells.n2i
    require("n1i + n2i", size, size > 1.0, rule="above 1")
    o_minus_e = (cells.ai * cells.di - cells.bi * cells.ci) / size
    v = events * others * cells.n1i * cells.n2i / (size**2 * (size - 1.0))
    total = float(np.sum(v))
    if total == 0.0:
        why = "in every study either nobody or everybody had the event"
        raise UndefinedResult(what="Peto's odds ratio", why=why)
    return _assemble(o_minus_e, v, estimate=float(np.sum(o_minus_e)) / total, se=1.0 / sqrt(total), level=level)


def _assemble(o_minus_e: FloatArray, v: FloatArray, *, estimate: float, se: float, level: float) -> Peto:
    """Return the result with its interval and the heterogeneity, sum((O - E - V estimate)**2 / V)."""
    critical = float(critical_value(level))
    statistic = estimate / se
    rows = v > 0.0
    q = float(np.sum((o_minus_e[rows] - v[rows] * estimate) ** 2 / v[rows]))
    spread = spread_of(q, k=int(rows.sum()))
    return Peto(
        k=v.size,
        estimate=estimate,
        se=se,
        statistic=statistic,
        df=None,
        p_value=two_sided_p_value(statistic),
        level=level,
        ci_lower=estimate - critical * se,
        ci_upper=estimate + critical * se,
        weights=freeze(v / np.sum(v)),
        o_minus_e=freeze(o_minus_e),
        v=freeze(v),
        q=spread.q,
        q_df=spread.q_df,
        q_p_value=spread.q_p_value,
        i2=spread.i2,
        h2=spread.h2,
    )
