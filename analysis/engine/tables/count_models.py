"""Likelihoods of counts for a meta-analysis: which observations each model has, and its saturated counterpart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray
from analysis.engine.tables.ascent import maximise
from analysis.engine.tables.families import Binomial, Family, Poisson, hypergeometric
from analysis.engine.tables.marginal import Marginal, Observation


@dataclass(frozen=True, slots=True, eq=False)
class Saturated:
    """The model in which each study has an effect of its own.

    Attributes
    ----------
    height : log-likelihood; effects that run to infinity are taken there
    q_wald : Wald statistic of equal effects, of the studies whose effect is finite
    """

    height: float
    q_wald: float


@dataclass(frozen=True, slots=True, eq=False)
class CountModel:
    """A likelihood, where its search starts, and the saturated model that tests it."""

    marginal: Marginal
    shared: FloatArray
    alpha: FloatArray
    saturated: Saturated


@dataclass(frozen=True, slots=True, eq=False)
class Arm:
    """One arm of k studies: events y, distribution, offset (log person-time, or 0), best attainable log-likelihood."""

    family: Family
    y: FloatArray
    offset: FloatArray
    is_extreme: FloatArray
    best: FloatArray
    constant: float


def binomial_arm(events: FloatArray, size: FloatArray, *, offset: FloatArray | None = None) -> Arm:
    """Return an arm of events among participants."""
    others = size - events
    shares = events / np.maximum(size, 1.0), others / np.maximum(size, 1.0)
    best = special.xlogy(events, shares[0]) + special.xlogy(others, shares[1])
    ways = special.gammaln(size + 1.0) - special.gammaln(events + 1.0) - special.gammaln(others + 1.0)
    return Arm(
        family=Binomial(size),
        y=events,
        offset=np.zeros(size.size) if offset is None else offset,
        is_extreme=np.asarray((events == 0.0) | (others == 0.0), dtype=np.float64),
        best=np.asarray(best, dtype=np.float64),
        constant=float(np.sum(ways)),
    )


def poisson_arm(events: FloatArray, time: FloatArray) -> Arm:
    """Return an arm of events in person-time."""
    return Arm(
        family=Poisson(np.ones(events.size)),
        y=events,
        offset=np.log(time),
        is_extreme=np.asarray(events == 0.0, dtype=np.float64),
        best=special.xlogy(events, events) - events,
        constant=-float(np.sum(special.gammaln(events + 1.0))),
    )


def one_group(arm: Arm, *, yi: FloatArray, vi: FloatArray, start: float) -> CountModel:
    """Return the model of one count per study, eta = effect + offset + random effect.

    Parameters
    ----------
    yi, vi : effect and variance of each study without any correction; infinite ones are left out of the Wald test
    start : a value from which the search for the effect begins
    """
    none = np.zeros(arm.y.size)
    part = Observation(family=arm.family, y=arm.y, offset=arm.offset, fixed=(1.0,), own=none, loadings=(1.0,))
    saturated = Saturated(height=float(np.sum(arm.best)) + arm.constant, q_wald=_spread(yi, vi))
    marginal = Marginal(observations=(part,), constant=arm.constant)
    return CountModel(marginal=marginal, shared=np.array([start]), alpha=none, saturated=saturated)


def fixed_studies(
    arms: tuple[Arm, Arm], *, yi: FloatArray, vi: FloatArray, alpha: FloatArray, coding: float
) -> CountModel:
    """Return the model with a coefficient for each study (UM.FS): arm 2 has alpha, arm 1 alpha + effect.

    The random effect moves arm 1 by `coding` and arm 2 by `coding` - 1 times itself.
    """
    every = np.ones(alpha.size)
    first, second = (
        Observation(family=arm.family, y=arm.y, offset=arm.offset, fixed=(fixed,), own=every, loadings=(loading,))
        for arm, fixed, loading in zip(arms, (1.0, 0.0), (coding, coding - 1.0), strict=True)
    )
    constant = arms[0].constant + arms[1].constant
    height = float(np.sum(arms[0].best + arms[1].best)) + constant
    marginal = Marginal(observations=(first, second), constant=constant)
    saturated = Saturated(height=height, q_wald=_spread(yi, vi))
    return CountModel(marginal=marginal, shared=np.zeros(1), alpha=alpha, saturated=saturated)


def random_studies(
    arms: tuple[Arm, Arm], *, level: float, alpha: FloatArray, coding: float, nodes: int | None
) -> CountModel:
    """Return the model with normal study effects (UM.RS): arm 2 has mean + study, arm 1 that + effect.

    Parameters
    ----------
    level, alpha : where the searches for the mean of arm 2 and for the single effects begin
    """
    none = np.zeros(alpha.size)
    first, second = (
        Observation(family=arm.family, y=arm.y, offset=arm.offset, fixed=fixed, own=none, loadings=(1.0, loading))
        for arm, fixed, loading in zip(arms, ((1.0, 1.0), (0.0, 1.0)), (coding, coding - 1.0), strict=True)
    )
    marginal = Marginal(observations=(first, second), constant=arms[0].constant + arms[1].constant)
    saturated = _saturate_random_studies(marginal, arms[0], level=level, alpha=alpha, nodes=nodes)
    return CountModel(marginal=marginal, shared=np.array([0.0, level]), alpha=none, saturated=saturated)


def exact_conditional(ai: FloatArray, n1i: FloatArray, ci: FloatArray, n2i: FloatArray) -> CountModel:
    """Return the model of the events in arm 1 given all events (CM.EL): non-central hypergeometric."""
    none = np.zeros(ai.size)
    family, constant = hypergeometric(ai, n1i, ci, n2i)
    part = Observation(family=family, y=ai, offset=none, fixed=(1.0,), own=none, loadings=(1.0,))
    inner = (np.minimum(ai, n2i - ci) > 0.0) & (np.minimum(n1i - ai, ci) > 0.0)
    saturated = Saturated(height=0.0, q_wald=0.0)
    if inner.any():
        saturated = _saturate_tables(ai[inner], n1i[inner], ci[inner], n2i[inner])
    marginal = Marginal(observations=(part,), constant=constant)
    return CountModel(marginal=marginal, shared=np.zeros(1), alpha=none, saturated=saturated)


def _saturate_tables(ai: FloatArray, n1i: FloatArray, ci: FloatArray, n2i: FloatArray) -> Saturated:
    """Return the conditional model with a log odds ratio for each table; all of them are finite."""
    family, constant = hypergeometric(ai, n1i, ci, n2i)
    zero, every = np.zeros(ai.size), np.ones(ai.size)
    part = Observation(family=family, y=ai, offset=zero, fixed=(), own=every, loadings=())
    start = np.log(ai * (n2i - ci)) - np.log((n1i - ai) * ci)
    top = maximise(Marginal(observations=(part,), constant=constant), np.zeros(0), start, nodes=1)
    return Saturated(height=top.height, q_wald=_spread(top.alpha, -1.0 / top.own))


def _saturate_random_studies(
    marginal: Marginal, arm1: Arm, *, level: float, alpha: FloatArray, nodes: int | None
) -> Saturated:
    """Return the model with normal study effects and an effect for each study.

    Where arm 1 has no events, or only events, its probability runs to 1 and it says nothing more.
    """
    first, second = marginal.observations
    inner = arm1.is_extreme == 0.0
    family: Family = Poisson(np.where(inner, 1.0, 0.0))
    if isinstance(arm1.family, Binomial):
        family = Binomial(np.where(inner, arm1.family.size, 0.0))
    own = np.where(inner, 1.0, 0.0)
    parts = (
        replace(first, family=family, y=np.where(inner, arm1.y, 0.0), fixed=(1.0,), own=own, loadings=(1.0,)),
        replace(second, fixed=(1.0,), loadings=(1.0,)),
    )
    full = Marginal(observations=parts, constant=marginal.constant)
    top = maximise(full, np.array([level]), np.where(inner, alpha, 0.0), nodes=nodes)
    return Saturated(height=top.height, q_wald=_spread_of(top.alpha[inner], top.alpha_covariance[np.ix_(inner, inner)]))


def _spread(yi: FloatArray, vi: FloatArray) -> float:
    """Return the weighted sum of squares of the finite effects around their weighted mean."""
    good = np.isfinite(yi) & np.isfinite(vi)
    if not good.any():
        return 0.0
    wi = 1.0 / vi[good]
    return float(np.sum(wi * (yi[good] - np.sum(wi * yi[good]) / np.sum(wi)) ** 2))


def _spread_of(estimates: FloatArray, covariance: FloatArray) -> float:
    """Return the same for dependent estimates."""
    if estimates.size < 2:
        return 0.0
    precision = np.linalg.inv(covariance)
    mean = float(np.sum(precision @ estimates) / np.sum(precision))
    return float((estimates - mean) @ precision @ (estimates - mean))
