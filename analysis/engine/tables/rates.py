"""Mantel-Haenszel pooling of events in person-time: one common incidence rate ratio or rate difference.

References
----------
Greenland and Robins (1985), doi:10.2307/2530643; Rothman, Greenland and Lash (2008), Modern Epidemiology, chapter 15.
Options as in Viechtbauer (2010), doi:10.18637/jss.v036.i03.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_level, require_option
from analysis.engine.errors import TooFewStudies, UndefinedResult
from analysis.engine.tables.cells import Rates, read_rates, read_rule
from analysis.engine.tables.mantel_haenszel import MantelHaenszel, Tests, assemble
from analysis.engine.tables.study_effects import rate_effects

MEASURES = ("IRR", "IRD")


def pool_mantel_haenszel_rates(
    *,
    x1i: ArrayLike,
    t1i: ArrayLike,
    x2i: ArrayLike,
    t2i: ArrayLike,
    measure: str = "IRR",
    add: float = 0.5,
    to: str = "only0",
    drop00: bool = True,
    pooled_add: float = 0.0,
    pooled_to: str = "none",
    pooled_drop00: bool = False,
    correct: bool = True,
    level: float = 0.95,
) -> MantelHaenszel:
    """Return the Mantel-Haenszel estimate of a common rate ratio (natural log) or rate difference.

    Parameters
    ----------
    x1i, x2i : numbers or arrays of shape (k,)  events in arm 1 and arm 2
    t1i, t2i : numbers or arrays of shape (k,)  person-time, above 0
    measure : {"IRR", "IRD"}
    add, to, drop00 : zero-cell rule of the single effects, which enter q only; `to` is one of
        {"only0", "all", "if0all", "none"}; drop00 leaves studies without events out of q
    pooled_add, pooled_to, pooled_drop00 : zero-cell rule of the counts that are pooled; none is needed
    correct : continuity correction of 1/2 in the Mantel-Haenszel test (IRR)
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies, InvalidInput
        No study; events below 0, person-time not above 0, an unknown option.
    UndefinedResult
        An arm without events in all studies (IRR), no events at all (IRD).
    """
    require_option("measure", measure, MEASURES)
    level = read_level(level)
    single, pooled = read_rule(add=add, to=to), read_rule(add=pooled_add, to=pooled_to, prefix="pooled_")
    rates = read_rates(x1i=x1i, t1i=t1i, x2i=x2i, t2i=t2i)
    yi, vi = rate_effects(rates, measure=measure, add=single[0], to=single[1], drop00=drop00)
    kept = rates.take(rates.has_events) if pooled_drop00 else rates
    if kept.k == 0:
        raise TooFewStudies(needed=1, got=0)
    counts = kept.correct(add=pooled[0], to=pooled[1])
    estimate, se, weights = (_rate_ratio if measure == "IRR" else _rate_difference)(counts)
    tests = Tests(cmh=_test_rates(counts, correct=correct)) if measure == "IRR" else Tests()
    return assemble(estimate, se, weights, yi=yi, vi=vi, tests=tests, level=level, measure=measure)


def _rate_ratio(counts: Rates) -> tuple[float, float, FloatArray]:
    """Return log(sum(x1 t2 / T) / sum(x2 t1 / T)), its standard error and the weights x2 t1 / T."""
    total = counts.t1i + counts.t2i
    for_arm1, for_arm2 = counts.x1i * counts.t2i / total, counts.x2i * counts.t1i / total
    up, down = float(np.sum(for_arm1)), float(np.sum(for_arm2))
    if up == 0.0 or down == 0.0:
        raise UndefinedResult(
            what="the Mantel-Haenszel rate ratio", why=f"no study has events in arm {1 if up == 0.0 else 2}"
        )
    variance = float(np.sum(counts.t1i * counts.t2i * (counts.x1i + counts.x2i) / total**2)) / (up * down)
    return log(up / down), sqrt(variance), for_arm2


def _rate_difference(counts: Rates) -> tuple[float, float, FloatArray]:
    """Return sum((x1 t2 - x2 t1) / T) / sum(t1 t2 / T), its standard error and the weights t1 t2 / T."""
    x1, t1, x2, t2 = counts.x1i, counts.t1i, counts.x2i, counts.t2i
    weights = t1 * t2 / (t1 + t2)
    total = float(np.sum(weights))
    variance = float(np.sum(weights**2 * (x1 / t1**2 + x2 / t2**2))) / total**2
    if variance == 0.0:
        raise UndefinedResult(
            what="the standard error of the Mantel-Haenszel rate difference", why="no study has events in either arm"
        )
    return float(np.sum((x1 * t2 - x2 * t1) / (t1 + t2))) / total, sqrt(variance), weights


def _test_rates(counts: Rates, *, correct: bool) -> float:
    """Return the Mantel-Haenszel statistic of equal rates, chi-squared with 1 degree of freedom."""
    events, total = counts.x1i + counts.x2i, counts.t1i + counts.t2i
    excess = abs(float(np.sum(counts.x1i - events * counts.t1i / total))) - (0.5 if correct else 0.0)
    return excess**2 / float(np.sum(events * counts.t1i * counts.t2i / total**2))
