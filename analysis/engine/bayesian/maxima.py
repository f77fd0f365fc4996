"""Where the likelihood and the posterior density of tau and mu are highest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.bayesian.conditional import NormalModel, condition
from analysis.engine.bayesian.default_priors import DefaultPrior
from analysis.engine.bayesian.effects_given_tau import mixture_of_mu
from analysis.engine.bayesian.panels import TauGrid, integrate_tau
from analysis.engine.bayesian.priors import TauPrior
from analysis.engine.bayesian.tau_mode import LOG_ZERO, highest_tau
from analysis.engine.errors import UndefinedResult

# The likelihood turns over factors of 1.5 and more in tau: 16 points for a factor of e see every turn, from exp(-4) of
# the smallest standard error to exp(2) of the largest scale.
POINTS_PER_UNIT = 16
BELOW, ABOVE = 4.0, 2.0


@dataclass(frozen=True, slots=True)
class Maxima:
    """Maximum likelihood and maximum a posteriori estimates; None where nothing is highest.

    Attributes
    ----------
    ml_tau, ml_mu : maximum of the likelihood of both
    ml_marginal_tau : maximum of the likelihood of tau, mu integrated out over its prior
    ml_marginal_mu : maximum of the likelihood of mu, tau integrated out over its prior
    map_tau, map_mu : maximum of the posterior density of both
    map_marginal_tau, map_marginal_mu : maxima of their own posterior densities, the modes

    References
    ----------
    Roever (2020), doi:10.18637/jss.v093.i06, section 3.
    """

    ml_tau: float
    ml_mu: float
    ml_marginal_tau: float | None
    ml_marginal_mu: float | None
    map_tau: float | None
    map_mu: float | None
    map_marginal_tau: float | None
    map_marginal_mu: float | None


def find_maxima(
    model: NormalModel, prior: TauPrior, grid: TauGrid, *, tau_mode: float | None, mu_mode: float | None
) -> Maxima:
    """Return the maxima; `tau_mode` and `mu_mode` are those of the posteriors, which are known already."""
    flat = DefaultPrior(name="uniform", vi=model.vi)
    free = replace(model, prior_mean=0.0, prior_precision=0.0)
    points = _points(model)
    ml_tau = highest_tau(free, flat, points, is_joint=True) or 0.0
    map_tau = highest_tau(model, prior, grid.quadrature.log_tau, is_joint=True)
    return Maxima(
        ml_tau=ml_tau,
        ml_mu=_mean(free, ml_tau),
        ml_marginal_tau=highest_tau(model, flat, points, is_joint=False),
        ml_marginal_mu=mu_mode if model.prior_precision == 0.0 else _highest_mu(free, prior),
        map_tau=map_tau,
        map_mu=None if map_tau is None else _mean(model, map_tau),
        map_marginal_tau=tau_mode,
        map_marginal_mu=mu_mode,
    )


def _points(model: NormalModel) -> FloatArray:
    """Return log(tau) from where tau moves no weight to where the likelihood falls."""
    spread = max(float(np.ptp(model.yi)), float(np.max(np.abs(model.yi - model.prior_mean))))
    low = 0.5 * log(float(np.min(model.vi))) - BELOW
    high = max(0.5 * log(float(np.max(model.vi))), log(spread) if spread > 0.0 else low) + ABOVE
    return np.linspace(low, high, 2 + int((high - low) * POINTS_PER_UNIT))


def _mean(model: NormalModel, tau: float) -> float:
    """Return the best mu given tau."""
    at = np.array([log(tau) if tau > 0.0 else LOG_ZERO])
    return float(condition(model, at).mean[0]) + model.origin


def _highest_mu(model: NormalModel, prior: TauPrior) -> float | None:
    """Return the maximum of the likelihood of mu; None where it is not integrable over mu: too few studies."""
    try:
        return mixture_of_mu(model, integrate_tau(model, prior)).mode()
    except UndefinedResult:
        return None
