"""Poisson models with exact likelihoods for events in person-time: rate ratios and rates.

References
----------
Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040; Bagos and Nikolopoulos (2009), doi:10.2202/1557-4679.1168.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_level, require_option
from analysis.engine.errors import UndefinedResult
from analysis.engine.tables.cells import Rates, extra_counts, read_group, read_rates, read_rule, require_whole
from analysis.engine.tables.count_models import (
    CountModel,
    binomial_arm,
    fixed_studies,
    one_group,
    poisson_arm,
    random_studies,
)
from analysis.engine.tables.logistic import read_coding
from analysis.engine.tables.pooled_counts import PooledCounts, fit_counts, read_nodes, require_enough
from analysis.engine.tables.study_effects import rate_effects

MODELS = ("UM.FS", "UM.RS", "CM.EL")


def pool_poisson(
    *,
    x1i: ArrayLike,
    t1i: ArrayLike,
    x2i: ArrayLike,
    t2i: ArrayLike,
    model: str = "UM.FS",
    tau2_method: str = "ML",
    coding: float = 0.5,
    drop00: bool = True,
    add: float = 0.5,
    to: str = "only0",
    nodes: int | None = None,
    level: float = 0.95,
) -> PooledCounts:
    """Return the log incidence rate ratio of a mixed-effects Poisson model, without any zero-cell correction.

    Parameters
    ----------
    x1i, x2i : numbers or arrays of shape (k,)  events in arm 1 and arm 2, whole numbers
    t1i, t2i : numbers or arrays of shape (k,)  person-time, above 0
    model : {"UM.FS", "UM.RS", "CM.EL"}  unconditional with fixed or with random study effects; conditional on all
        events (binomial, exact)
    drop00 : leave out studies without events, which never say anything to "UM.FS" and "CM.EL"
    tau2_method, coding, add, to, nodes, level : as in `pool_logistic`

    Raises
    ------
    TooFewStudies, InvalidInput, UndefinedResult, NotConverged
        As `pool_logistic`; an arm without events in all studies.
    """
    require_option("model", model, MODELS)
    level, nodes = read_level(level), read_nodes(nodes)
    share = read_coding(coding)
    add, to = read_rule(add=add, to=to)
    rates = read_rates(x1i=x1i, t1i=t1i, x2i=x2i, t2i=t2i)
    require_whole("x1i", rates.x1i)
    require_whole("x2i", rates.x2i)
    require_enough(rates.k, model=model, tau2_method=tau2_method)
    for arm, events in ((1, rates.x1i), (2, rates.x2i)):
        if not events.any():
            why = f"no study has events in arm {arm}, so that its estimate is infinite"
            raise UndefinedResult(what="the rate ratio", why=why)
    _, vi = rate_effects(rates, measure="IRR", add=add, to=to, drop00=drop00)
    kept = rates.take(rates.has_events) if drop00 or model != "UM.RS" else rates
    require_enough(kept.k, model=model, tau2_method=tau2_method)
    problem = _model(kept, model=model, coding=share, nodes=nodes)
    return fit_counts(problem, vi=vi, model=model, measure="IRR", tau2_method=tau2_method, nodes=nodes, level=level)


def pool_poisson_rates(
    *,
    xi: ArrayLike,
    ti: ArrayLike,
    tau2_method: str = "ML",
    add: float = 0.5,
    to: str = "only0",
    nodes: int | None = None,
    level: float = 0.95,
) -> PooledCounts:
    """Return the log incidence rate of a mixed-effects Poisson model of one rate per study (measure "IRLN").

    Parameters
    ----------
    xi, ti : numbers or arrays of shape (k,)  events, whole numbers, and person-time, above 0
    tau2_method, add, to, nodes, level : as in `pool_logistic`

    Raises
    ------
    TooFewStudies, InvalidInput, UndefinedResult, NotConverged
        As `pool_logistic`; no study has events.

    References
    ----------
    Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040.
    """
    level, nodes = read_level(level), read_nodes(nodes)
    add, to = read_rule(add=add, to=to)
    x, t = read_group("xi", "ti", {"xi": xi, "ti": ti}, are_counts=False)
    require_whole("xi", x)
    require_enough(x.size, model="", tau2_method=tau2_method)
    if not x.any():
        raise UndefinedResult(what="the log rate", why="no study has events")
    extra = extra_counts(x == 0.0, add=add, to=to)
    with np.errstate(divide="ignore"):
        yi, variances, vi = np.log(x / t), 1.0 / x, 1.0 / (x + extra)
    start = float(np.log(np.sum(x) / np.sum(t)))
    problem = one_group(poisson_arm(x, t), yi=yi, vi=variances, start=start)
    vi = vi[np.isfinite(vi)]
    return fit_counts(problem, vi=vi, model="UM", measure="IRLN", tau2_method=tau2_method, nodes=nodes, level=level)


def _model(rates: Rates, *, model: str, coding: float, nodes: int | None) -> CountModel:
    """Return the likelihood of the events."""
    x1, t1, x2, t2 = rates.x1i, rates.t1i, rates.x2i, rates.t2i
    yi, vi = _log_rate_ratios(rates)
    if model == "CM.EL":
        return one_group(binomial_arm(x1, x1 + x2, offset=np.log(t1 / t2)), yi=yi, vi=vi, start=0.0)
    arms = poisson_arm(x1, t1), poisson_arm(x2, t2)
    if model == "UM.FS":
        return fixed_studies(arms, yi=yi, vi=vi, alpha=np.log((x2 + 0.5) / t2), coding=coding)
    effects = np.log((x1 + 0.5) / t1) - np.log((x2 + 0.5) / t2)
    level = float(np.log(np.sum(x2) / np.sum(t2)))
    return random_studies(arms, level=level, alpha=effects, coding=coding, nodes=nodes)


def _log_rate_ratios(rates: Rates) -> tuple[FloatArray, FloatArray]:
    """Return log rate ratios and their variances; infinite where an arm has no events."""
    with np.errstate(divide="ignore", invalid="ignore"):
        yi = np.log(rates.x1i / rates.t1i) - np.log(rates.x2i / rates.t2i)
        return yi, 1.0 / rates.x1i + 1.0 / rates.x2i
