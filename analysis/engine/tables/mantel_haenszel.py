"""Mantel-Haenszel pooling of two-by-two tables: one common odds ratio, risk ratio or risk difference.

References
----------
Mantel and Haenszel (1959), doi:10.1093/jnci/22.4.719. Variances: Robins, Breslow and Greenland (1986),
doi:10.2307/2531052 (OR); Greenland and Robins (1985), doi:10.2307/2530643 (RR, RD); Sato, Greenland and Robins (1989),
Biometrics 45, 1323-1324 (RD). Tests: Breslow and Day (1980), Statistical Methods in Cancer Research, volume 1; Tarone
(1985), doi:10.1093/biomet/72.1.91. Options as in Viechtbauer (2010), doi:10.18637/jss.v036.i03.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_level, require_option
from analysis.engine.distributions import chi2_p_value, critical_value, two_sided_p_value
from analysis.engine.errors import UndefinedResult
from analysis.engine.tables.cells import Tables, read_rule, read_tables, require_one
from analysis.engine.tables.study_effects import spread_around, table_effects

MEASURES = ("OR", "RR", "RD")
RD_VARIANCES = ("sato", "greenland")


@dataclass(frozen=True, slots=True, eq=False)
class MantelHaenszel:
    """A Mantel-Haenszel estimate; natural logs for ratios.

    Attributes
    ----------
    k : number of studies in the estimate
    estimate, se : pooled effect and its standard error
    statistic, df, p_value : estimate / se; None, as its distribution is normal; two-sided p value
    level, ci_lower, ci_upper : confidence level (a fraction) and interval
    weights : array of shape (k,)  shares of the studies in the estimate, summing to 1
    q, q_df, q_p_value, i2, h2 : heterogeneity of the single studies around the estimate; None for fewer than two
    cmh_statistic, cmh_p_value : Cochran-Mantel-Haenszel test (chi-squared, 1 df); for "OR" and "IRR", else None
    cochran_statistic, cochran_p_value : the same with N in place of N - 1 in the variance; for "OR", else None
    breslow_day_statistic, breslow_day_p_value : test of equal odds ratios; for "OR", else None
    tarone_statistic, tarone_p_value : the same with Tarone's correction
    breslow_day_df : degrees of freedom of both, tables with events and non-events minus 1
    measure : {"OR", "RR", "RD", "IRR", "IRD"}

    The p values of the tests of equal odds ratios are None where fewer than two tables have both outcomes, and the
    Cochran-Mantel-Haenszel test is None where a table has one participant or less.
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
    q: float | None
    q_df: int | None
    q_p_value: float | None
    i2: float | None
    h2: float | None
    cmh_statistic: float | None
    cmh_p_value: float | None
    cochran_statistic: float | None
    cochran_p_value: float | None
    breslow_day_statistic: float | None
    breslow_day_p_value: float | None
    tarone_statistic: float | None
    tarone_p_value: float | None
    breslow_day_df: int | None
    measure: str


@dataclass(frozen=True, slots=True)
class Tests:
    """Tests that come with an estimate; None where a measure has none."""

    cmh: float | None = None
    cochran: float | None = None
    breslow_day: float | None = None
    tarone: float | None = None
    breslow_day_df: int | None = None


def pool_mantel_haenszel(
    *,
    ai: ArrayLike,
    ci: ArrayLike,
    n1i: ArrayLike | None = None,
    n2i: ArrayLike | None = None,
    bi: ArrayLike | None = None,
    di: ArrayLike | None = None,
    measure: str = "OR",
    add: float = 0.5,
    to: str = "only0",
    drop00: bool = True,
    pooled_add: float = 0.0,
    pooled_to: str = "none",
    pooled_drop00: bool = False,
    correct: bool = True,
    rd_variance: str = "sato",
    level: float = 0.95,
) -> MantelHaenszel:
    """Return the Mantel-Haenszel estimate of a common effect.

    Parameters
    ----------
    ai, ci, and n1i, n2i or bi, di : numbers or arrays of shape (k,)  events; sample sizes or non-events
    measure : {"OR", "RR", "RD"}
    add, to, drop00 : zero-cell rule of the single effects, which enter q only; `to` is one of
        {"only0", "all", "if0all", "none"}; drop00 leaves studies with one outcome only out of q
    pooled_add, pooled_to, pooled_drop00 : zero-cell rule of the tables that are pooled; none is needed
    correct : continuity correction of 1/2 in the Cochran(-Mantel-Haenszel) tests
    rd_variance : {"sato", "greenland"}  valid for few large and many small tables, or for few large ones only
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies, InvalidInput
        No study; a count below 0 or above its size, an unknown option.
    UndefinedResult
        No table from which the effect can be estimated (for instance no events in an arm in all studies).
    """
    require_option("measure", measure, MEASURES)
    require_option("rd_variance", rd_variance, RD_VARIANCES)
    level = read_level(level)
    single, pooled = read_rule(add=add, to=to), read_rule(add=pooled_add, to=pooled_to, prefix="pooled_")
    tables = read_tables(ai=ai, ci=ci, n1i=n1i, n2i=n2i, bi=bi, di=di)
    yi, vi = table_effects(tables, measure=measure, add=single[0], to=single[1], drop00=drop00)
    kept = tables.take(tables.has_both_outcomes) if pooled_drop00 else tables
    cells = require_one(kept).correct(add=pooled[0], to=pooled[1])
    estimate, se, weights = _estimate(cells, measure=measure, rd_variance=rd_variance)
    tests = _test_odds_ratios(cells, estimate=estimate, correct=correct) if measure == "OR" else Tests()
    return assemble(estimate, se, weights, yi=yi, vi=vi, tests=tests, level=level, measure=measure)


def _estimate(cells: Tables, *, measure: str, rd_variance: str) -> tuple[float, float, FloatArray]:
    """Return estimate, standard error and weights of a measure."""
    if measure == "OR":
        return _odds_ratio(cells)
    if measure == "RR":
        return _risk_ratio(cells)
    return _risk_difference(cells, rd_variance=rd_variance)


def assemble(
    estimate: float,
    se: float,
    weights: FloatArray,
    *,
    yi: FloatArray,
    vi: FloatArray,
    tests: Tests,
    level: float,
    measure: str,
) -> MantelHaenszel:
    """Return the parts of one estimate as one result, with its interval and the heterogeneity around it."""
    critical = float(critical_value(level))
    statistic = estimate / se
    spread = spread_around(estimate, yi, vi)
    return MantelHaenszel(
        k=weights.size,
        estimate=estimate,
        se=se,
        statistic=statistic,
        df=None,
        p_value=two_sided_p_value(statistic),
        level=level,
        ci_lower=estimate - critical * se,
        ci_upper=estimate + critical * se,
        weights=freeze(weights / np.sum(weights)),
        q=spread.q,
        q_df=spread.q_df,
        q_p_value=spread.q_p_value,
        i2=spread.i2,
        h2=spread.h2,
        cmh_statistic=tests.cmh,
        cmh_p_value=_p_value(tests.cmh, df=1),
        cochran_statistic=tests.cochran,
        cochran_p_value=_p_value(tests.cochran, df=1),
        breslow_day_statistic=tests.breslow_day,
        breslow_day_p_value=_p_value(tests.breslow_day, df=tests.breslow_day_df),
        tarone_statistic=tests.tarone,
        tarone_p_value=_p_value(tests.tarone, df=tests.breslow_day_df),
        breslow_day_df=tests.breslow_day_df,
        measure=measure,
    )


def _p_value(statistic: float | None, *, df: int | None) -> float | None:
    """Return the chi-squared p value; None without a statistic or without a degree of freedom."""
    return chi2_p_value(statistic, df=df) if statistic is not None and df else None


def _odds_ratio(cells: Tables) -> tuple[float, float, FloatArray]:
    """Return log(sum(ad/N) / sum(bc/N)), its standard error and the weights bc/N."""
    a, b, c, d = cells.ai, cells.bi, cells.ci, cells.di
    size = cells.n1i + cells.n2i
    for_arm1, for_arm2 = a * d / size, b * c / size
    up, down = float(np.sum(for_arm1)), float(np.sum(for_arm2))
    if up == 0.0 or down == 0.0:
        one, other = ("arm 1", "arm 2") if up == 0.0 else ("arm 2", "arm 1")
        why = f"no study has both events in {one} and non-events in {other}"
        raise UndefinedResult(what="the Mantel-Haenszel odds ratio", why=why)
    same, crossed = (a + d) / size, (b + c) / size
    mixed = float(np.sum(same * for_arm2 + crossed * for_arm1))
    variance = (
        float(np.sum(same * for_arm1)) / up**2 + mixed / (up * down) + float(np.sum(crossed * for_arm2)) / down**2
    )
    return log(up / down), sqrt(variance / 2.0), for_arm2


def _risk_ratio(cells: Tables) -> tuple[float, float, FloatArray]:
    """Return log(sum(a n2/N) / sum(c n1/N)), its standard error and the weights c n1/N."""
    a, c, n1, n2 = cells.ai, cells.ci, cells.n1i, cells.n2i
    size = n1 + n2
    for_arm1, for_arm2 = a * n2 / size, c * n1 / size
    up, down = float(np.sum(for_arm1)), float(np.sum(for_arm2))
    if up == 0.0 or down == 0.0:
        raise UndefinedResult(
            what="the Mantel-Haenszel risk ratio", why=f"no study has events in arm {1 if up == 0.0 else 2}"
        )
    # n1 n2 (a + c) / N**2 - a c / N, written so that it does not cancel where nearly everybody has the event.
    variance = float(np.sum((a * cells.di * n1 + c * cells.bi * n2) / size**2))
    if variance == 0.0:
        why = "in every study with events all participants had them"
        raise UndefinedResult(what="the standard error of the Mantel-Haenszel risk ratio", why=why)
    return log(up / down), sqrt(variance / (up * down)), for_arm2


def _risk_difference(cells: Tables, *, rd_variance: str) -> tuple[float, float, FloatArray]:
    """Return sum((a n2 - c n1) / N) / sum(n1 n2 / N), its standard error and the weights n1 n2 / N."""
    a, b, c, d, n1, n2 = cells.ai, cells.bi, cells.ci, cells.di, cells.n1i, cells.n2i
    size = n1 + n2
    weights = n1 * n2 / size
    total = float(np.sum(weights))
    estimate = float(np.sum((a * n2 - c * n1) / size)) / total
    if rd_variance == "sato":
        shift = c * (n1 / size) ** 2 - a * (n2 / size) ** 2 + n1 * n2 * (n2 - n1) / (2.0 * size**2)
        spread = (a * d + c * b) / size / 2.0
        variance = (estimate * float(np.sum(shift)) + float(np.sum(spread))) / total**2
    else:
        variance = float(np.sum((a * b * n2**2 / n1 + c * d * n1**2 / n2) / size**2)) / total**2
    if not variance > 0.0:
        why = "its variance is 0: within each arm everybody or nobody had the event"
        raise UndefinedResult(what="the standard error of the Mantel-Haenszel risk difference", why=why)
    return estimate, sqrt(variance), weights


def _test_odds_ratios(cells: Tables, *, estimate: float, correct: bool) -> Tests:
    """Return the tests of no association and of equal odds ratios."""
    a, n1, n2 = cells.ai, cells.n1i, cells.n2i
    events, others, size = a + cells.ci, cells.bi + cells.di, n1 + n2
    excess = abs(float(np.sum(a - n1 * events / size))) - (0.5 if correct else 0.0)
    variance = n1 * n2 * events * others / size**3
    cmh = None
    if bool((size > 1.0).all()):
        cmh = excess**2 / float(np.sum(variance * size / (size - 1.0)))
    rows = cells.has_both_outcomes
    fitted = _fitted_events(np.exp(estimate), n1[rows], n2[rows], events[rows])
    spread = 1.0 / (
        1.0 / fitted
        + 1.0 / (n1[rows] - fitted)
        + 1.0 / (events[rows] - fitted)
        + 1.0 / (n2[rows] - events[rows] + fitted)
    )
    residuals = a[rows] - fitted
    breslow_day = float(np.sum(residuals**2 / spread))
    tarone = max(0.0, breslow_day - float(np.sum(residuals)) ** 2 / float(np.sum(spread)))
    return Tests(
        cmh=cmh,
        cochran=excess**2 / float(np.sum(variance)),
        breslow_day=breslow_day,
        tarone=tarone,
        breslow_day_df=int(rows.sum()) - 1,
    )


def _fitted_events(ratio: float, n1: FloatArray, n2: FloatArray, events: FloatArray) -> FloatArray:
    """Return the events in arm 1 that make each table's odds ratio equal to `ratio`, its margins kept.

    The smaller root of (ratio - 1) x**2 - p x + ratio n1 events = 0, p = ratio (n1 + events) + n2 - events, in the
    form that does not cancel.
    """
    p = ratio * (n1 + events) + (n2 - events)
    root = np.sqrt(np.maximum(0.0, p**2 - 4.0 * ratio * (ratio - 1.0) * n1 * events))
    positive = p >= 0.0
    denominator = np.where(positive, p + root, 1.0)
    other = 1.0 if ratio == 1.0 else ratio - 1.0
    return np.where(positive, 2.0 * ratio * n1 * events / denominator, (p - root) / (2.0 * other))
