"""The posteriors of effects, as mixtures over tau: the mean, the effect of a new study, those of the studies."""

from __future__ import annotations

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.bayesian.conditional import ELEMENTS_AT_ONCE, NormalModel
from analysis.engine.bayesian.mixture import LIGHTEST, NormalMixture
from analysis.engine.bayesian.panels import TauGrid
from analysis.engine.bayesian.posterior import Posterior, summarise


def posterior_of_mu(model: NormalModel, grid: TauGrid, *, level: float, interval: str) -> Posterior:
    """Return the posterior of mu; under a uniform prior its moments exist where those of tau do."""
    order = 1 if model.prior_precision == 0.0 else 0
    return _mix(model, grid, grid.mean, grid.variance, order=order, level=level, interval=interval)


def posterior_of_new(model: NormalModel, grid: TauGrid, *, level: float, interval: str) -> Posterior:
    """Return the posterior predictive distribution of the effect in a new study, without its sampling error."""
    return _mix(model, grid, grid.mean, grid.variance + grid.tau2, order=1, level=level, interval=interval)


def posterior_of_study(model: NormalModel, grid: TauGrid, index: int, *, level: float, interval: str) -> Posterior:
    """Return the posterior of the effect in one study of the analysis: the shrinkage estimate.

    Given tau, it lies between the study and mu: a fraction vi / (vi + tau**2) of the way from the study.
    """
    yi, vi = float(model.yi[index]), float(model.vi[index])
    shrinkage = vi / (vi + grid.tau2)
    mean = yi + shrinkage * (grid.mean - yi)
    variance = shrinkage**2 * grid.variance + shrinkage * grid.tau2
    return _mix(model, grid, mean, variance, order=0, level=level, interval=interval)


def _mix(
    model: NormalModel,
    grid: TauGrid,
    mean: FloatArray,
    variance: FloatArray,
    *,
    order: int,
    level: float,
    interval: str,
) -> Posterior:
    """Return the mixture with its summary; its standard deviation given tau grows as tau**order."""
    mixture = _mixture(model, grid, mean, variance)
    centre = grid.expect(mean) if grid.has_moment(order) else None
    spread = None
    if centre is not None and grid.has_moment(2 * order):
        spread = grid.expect(variance + (mean - centre) ** 2, order=2 * order)
    return summarise(
        mixture,
        mean=None if centre is None else centre + model.origin,
        variance=spread,
        mode=mixture.mode(),
        level=level,
        interval=interval,
    )


def mixture_of_mu(model: NormalModel, grid: TauGrid) -> NormalMixture:
    """Return the posterior of mu without its summary."""
    return _mixture(model, grid, grid.mean, grid.variance)


def _mixture(model: NormalModel, grid: TauGrid, mean: FloatArray, variance: FloatArray) -> NormalMixture:
    """Return the mixture over the nodes that weigh anything."""
    kept = grid.weights > LIGHTEST
    weights = grid.weights[kept]
    return NormalMixture(
        weights=weights / np.sum(weights), means=mean[kept] + model.origin, sds=np.sqrt(variance[kept])
    )


def mean_weights(model: NormalModel, grid: TauGrid) -> FloatArray:
    """Return the posterior mean of the weight of each study in the mean, array of shape (k,)."""
    found = np.empty_like(model.vi)
    columns = max(1, ELEMENTS_AT_ONCE // grid.weights.size)
    for start in range(0, found.size, columns):
        vi = model.vi[start : start + columns]
        found[start : start + columns] = grid.weights @ (grid.variance[:, np.newaxis] / (vi + grid.tau2[:, np.newaxis]))
    return found
