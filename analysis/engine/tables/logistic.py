"""Logistic models with exact likelihoods for sparse two-by-two tables and for proportions.

The integrals over the random effects are adaptive sums, placed around the mode of each study. The maximum is the global
one: the profile of tau is scanned from 0.03 to 30, each peak is climbed to double precision; tau2 is 0 where nothing is
higher. With `nodes` the optimum is that of a Gauss-Hermite quadrature with so many of them, not of the exact
likelihood. The Wald test leaves out studies whose own odds ratio is infinite, as their weight is 0.

References
----------
Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040; Jackson, Law, Stijnen, Viechtbauer and White (2018),
doi:10.1002/sim.7588; quadrature: Pinheiro and Bates (1995), doi:10.1080/10618600.1995.10474663.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_array, read_level, require, require_option
from analysis.engine.errors import UndefinedResult
from analysis.engine.tables.cells import Tables, extra_counts, read_group, read_rule, read_tables, require_whole
from analysis.engine.tables.count_models import (
    CountModel,
    binomial_arm,
    exact_conditional,
    fixed_studies,
    one_group,
    random_studies,
)
from analysis.engine.tables.pooled_counts import MODELS, PooledCounts, fit_counts, read_nodes, require_enough
from analysis.engine.tables.study_effects import table_effects


def pool_logistic(
    *,
    ai: ArrayLike,
    ci: ArrayLike,
    n1i: ArrayLike | None = None,
    n2i: ArrayLike | None = None,
    bi: ArrayLike | None = None,
    di: ArrayLike | None = None,
    model: str = "UM.FS",
    tau2_method: str = "ML",
    coding: float = 0.5,
    drop00: bool = True,
    add: float = 0.5,
    to: str = "only0",
    nodes: int | None = None,
    level: float = 0.95,
) -> PooledCounts:
    """Return the log odds ratio of a mixed-effects logistic model, without zero-cell correction.

    Parameters
    ----------
    ai, ci, and n1i, n2i or bi, di : numbers or arrays of shape (k,)  events; sample sizes or non-events; whole numbers
    model : {"UM.FS", "UM.RS", "CM.EL", "CM.AL"}  unconditional with fixed or with random study effects; conditional on
        all events, with the exact (non-central hypergeometric) or the approximate (binomial) likelihood
    tau2_method : {"ML", "CE"}  random effects by maximum likelihood, or a common effect
    coding : {0.5, 1, 0}  share of the random effect that arm 1 has (arm 2 has the rest, negative); unconditional models
    drop00 : leave out tables with one outcome only, as "UM.FS" and "CM.EL" do in any case: they say nothing there
    add, to : zero-cell rule of the single effects, which enter i2 and h2 only
    nodes : Gauss-Hermite nodes per random effect, 1 to 150. metafor has 7, for "UM.RS" 1 (Laplace's approximation).
        None: exact to double precision, that is 65 points of a trapezoidal sum (for "UM.RS" 21 by 21 Gauss-Hermite
        nodes), and twice as many until the log-likelihood no longer changes
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies, InvalidInput
        Fewer than 2 studies (for "CE" but "UM.RS": 1); a count that is not whole, below 0 or above its size.
    UndefinedResult
        The likelihood has no maximum: it rises with the odds ratio, or with tau2, without end.
    NotConverged
        A search that did not reach double precision.
    """
    require_option("model", model, MODELS)
    level, points, share = read_level(level), read_nodes(nodes), read_coding(coding)
    add, to = read_rule(add=add, to=to)
    tables = read_tables(ai=ai, ci=ci, n1i=n1i, n2i=n2i, bi=bi, di=di)
    kept = _keep(tables, model=model, tau2_method=tau2_method, drop00=drop00)
    _, vi = table_effects(tables, measure="OR", add=add, to=to, drop00=drop00)
    problem = _model(kept, model=model, coding=share, nodes=points)
    return fit_counts(problem, vi=vi, model=model, measure="OR", tau2_method=tau2_method, nodes=points, level=level)


def _keep(tables: Tables, *, model: str, tau2_method: str, drop00: bool) -> Tables:
    """Return the tables of the likelihood; refuse those from which it cannot be computed."""
    for name, counts in (("ai", tables.ai), ("bi", tables.bi), ("ci", tables.ci), ("di", tables.di)):
        require_whole(name, counts)
    require_enough(tables.k, model=model, tau2_method=tau2_method)
    if not tables.has_both_outcomes.any():
        why = "in every study either nobody or everybody had the event"
        raise UndefinedResult(what="the odds ratio", why=why)
    kept = tables.take(tables.has_both_outcomes) if drop00 or model in {"UM.FS", "CM.EL"} else tables
    require_enough(kept.k, model=model, tau2_method=tau2_method)
    _require_finite(kept, model=model)
    return kept


def pool_logistic_proportions(
    *,
    xi: ArrayLike,
    ni: ArrayLike,
    tau2_method: str = "ML",
    add: float = 0.5,
    to: str = "only0",
    nodes: int | None = None,
    level: float = 0.95,
) -> PooledCounts:
    """Return the log odds of a mixed-effects logistic model of one proportion per study.

    Parameters
    ----------
    xi, ni : numbers or arrays of shape (k,)  events and sample sizes, whole numbers
    tau2_method, add, to, nodes, level : as in `pool_logistic`

    Raises
    ------
    TooFewStudies, InvalidInput, UndefinedResult, NotConverged
        As `pool_logistic`; no study has events, or none has non-events.

    References
    ----------
    Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040; Hamza, van Houwelingen and Stijnen (2008),
    doi:10.1016/j.jclinepi.2007.03.016.
    """
    level, nodes = read_level(level), read_nodes(nodes)
    add, to = read_rule(add=add, to=to)
    x, n = read_group("xi", "ni", {"xi": xi, "ni": ni}, are_counts=True)
    require_whole("xi", x)
    require_whole("ni", n)
    require_enough(x.size, model="", tau2_method=tau2_method)
    if not 0.0 < float(np.sum(x)) < float(np.sum(n)):
        what = "nobody" if float(np.sum(x)) == 0.0 else "everybody"
        raise UndefinedResult(what="the log odds", why=f"in every study {what} had the event")
    extra = extra_counts((x == 0.0) | (x == n), add=add, to=to)
    yi, variances = _log_ratio(x, n - x)
    start = float(np.log(np.sum(x) / np.sum(n - x)))
    problem = one_group(binomial_arm(x, n), yi=yi, vi=variances, start=start)
    with np.errstate(divide="ignore"):
        vi = 1.0 / (x + extra) + 1.0 / (n - x + extra)
    vi = vi[np.isfinite(vi)]
    return fit_counts(problem, vi=vi, model="UM", measure="PLO", tau2_method=tau2_method, nodes=nodes, level=level)


def read_coding(coding: float) -> float:
    """Return the share of the random effect in arm 1: 0.5, 1 or 0."""
    share = read_array("coding", coding, dimensions=0)
    require("coding", share, (share == 0.5) | (share == 1.0) | (share == 0.0), rule="0.5, 1 or 0")
    return float(share)


def _log_ratio(up: FloatArray, down: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log(up / down) and 1 / up + 1 / down; infinite where a count is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(up) - np.log(down), 1.0 / up + 1.0 / down


def _require_finite(tables: Tables, *, model: str) -> None:
    """Raise UndefinedResult where the likelihood rises with the odds ratio to 0 or to infinity."""
    a, b, c, d = tables.ai, tables.bi, tables.ci, tables.di
    if model in {"UM.FS", "CM.EL"}:
        falls, rises = np.minimum(a, d).any(), np.minimum(b, c).any()
        why = "in every study arm 1 has no events or arm 2 only events" if not falls else ""
        why = why or ("in every study arm 2 has no events or arm 1 only events" if not rises else "")
    else:
        cells = {"events in arm 1": a, "events in arm 2": c}
        if model == "UM.RS":
            cells |= {"non-events in arm 1": b, "non-events in arm 2": d}
        missing = [name for name, counts in cells.items() if not counts.any()]
        why = f"no study has {missing[0]}" if missing else ""
    if why:
        raise UndefinedResult(what="the odds ratio", why=f"{why}, so that its estimate is infinite")


def _model(tables: Tables, *, model: str, coding: float, nodes: int | None) -> CountModel:
    """Return the likelihood of the tables."""
    a, b, c, d, n1, n2 = tables.ai, tables.bi, tables.ci, tables.di, tables.n1i, tables.n2i
    if model == "CM.EL":
        return exact_conditional(a, n1, c, n2)
    if model == "CM.AL":
        offset = np.log(n1 / n2)
        yi, vi = _log_ratio(a, c)
        return one_group(binomial_arm(a, a + c, offset=offset), yi=yi - offset, vi=vi, start=0.0)
    arms = binomial_arm(a, n1), binomial_arm(c, n2)
    logits = np.log(c + 0.5) - np.log(d + 0.5)
    if model == "UM.FS":
        first, second = _log_ratio(a, b), _log_ratio(c, d)
        with np.errstate(invalid="ignore"):
            yi = first[0] - second[0]
        return fixed_studies(arms, yi=yi, vi=first[1] + second[1], alpha=logits, coding=coding)
    level = float(np.log(np.sum(c) / np.sum(d)))
    effects = np.log(a + 0.5) - np.log(b + 0.5) - logits
    return random_studies(arms, level=level, alpha=effects, coding=coding, nodes=nodes)
