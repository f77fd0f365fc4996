"""The posterior of tau on panels of log(tau): where they begin and end, and what is integrated over them."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.bayesian.conditional import NormalModel, condition
from analysis.engine.bayesian.priors import TauPrior
from analysis.engine.bayesian.quadrature import Integrand, Quadrature, integrate
from analysis.engine.errors import UndefinedResult

# A tail of e**-39 = 1e-17 is below the rounding of the sum of all the rest.
NEGLIGIBLE = 39.0
# Where a moment hangs on the far tail, the rest beyond 40 is added as what it is there: a power.
FARTHEST = 40.0
# Panels begin this wide where the studies change the density, and wider in the tails, which are powers.
CORE_WIDTH, RIGHT_WIDTH, LEFT_WIDTH = 1.0, 2.0, 6.0
# The core reaches from exp(-3) of the smallest scale to exp(4) of the largest.
CORE_BELOW, CORE_ABOVE = 3.0, 4.0


@dataclass(frozen=True, slots=True, eq=False)
class TauGrid:
    """The posterior of tau on nodes, with the distribution of mu at each.

    Attributes
    ----------
    quadrature : the density of log(tau), integrated
    tail_power : the density of tau falls as tau**-tail_power; infinite where it falls faster
    tail_share : density of log(tau) at the last edge, for moments that hang on what is beyond
    mean, variance : arrays of shape (nodes,)  moments of mu given tau, the mean without the model's origin
    tau2 : array of shape (nodes,)
    """

    quadrature: Quadrature
    tail_power: float
    tail_share: float
    mean: FloatArray
    variance: FloatArray
    tau2: FloatArray

    @property
    def weights(self) -> FloatArray:
        """Return the weights of the nodes, which sum to 1."""
        return self.quadrature.weights

    def has_moment(self, order: int) -> bool:
        """Return whether the posterior mean of tau**order is finite."""
        return self.tail_power - 1.0 > order

    def expect(self, values: FloatArray, *, order: int = 0) -> float:
        """Return the posterior mean of values that grow as tau**order, a moment that must exist."""
        last = float(values[-1]) * float(np.exp(order * (self.quadrature.edges[-1] - self.quadrature.log_tau[-1])))
        beyond = self.tail_share * last / (self.tail_power - 1.0 - order)
        return float(np.sum(self.weights * values)) + beyond


def integrate_tau(model: NormalModel, prior: TauPrior, *, is_for_evidence: bool = False) -> TauGrid:
    """Return the posterior of tau, integrated; for the evidence, only its logarithm need be exact.

    Raises
    ------
    UndefinedResult
        The posterior does not integrate to 1: an improper prior and too few studies.
    NotConverged
        Double precision does not reach 1e-9.
    """
    tail_power = _tail_power(model, prior)
    orders = [order for order in (1, 2) if tail_power - 1.0 > order]
    edges = _edges(model, prior, tail_power=tail_power, order=max(orders, default=0))

    def evaluate(log_tau: FloatArray) -> Integrand:
        """Return the density of log(tau) and the moments of mu."""
        given = condition(model, log_tau)
        factors = [order * log_tau for order in orders]
        if orders[-1:] == [2] and given.variance[0] > 0.0:
            factors.append(np.log(given.variance))
        log_prior = prior.log_density(log_tau)
        return Integrand(
            log_density=given.log_likelihood + log_prior + log_tau,
            factors=np.array(factors).reshape(len(factors), log_tau.size),
            values=np.array([given.mean, given.variance]),
            rounding=given.rounding + np.abs(log_prior),
        )

    quadrature = integrate(evaluate, edges, what="the posterior of tau", is_for_logarithm=is_for_evidence)
    mean, variance = quadrature.values
    return TauGrid(
        quadrature=quadrature,
        tail_power=tail_power,
        tail_share=0.0 if np.isinf(tail_power) else float(np.sum(quadrature.coefficients[:, -1])),
        mean=mean,
        variance=variance,
        tau2=np.exp(2.0 * quadrature.log_tau),
    )


def integrate_prior(prior: TauPrior) -> float:
    """Return the logarithm of the integral of a proper prior: 0 unless it lacks its constant."""
    tails = prior.tails()
    low = tails.location - tails.below - NEGLIGIBLE / (1.0 + tails.left_power)
    high = tails.location + tails.above + NEGLIGIBLE / (tails.right_power - 1.0)

    def evaluate(log_tau: FloatArray) -> Integrand:
        """Return the prior density of log(tau)."""
        nothing = np.empty((0, log_tau.size))
        log_prior = prior.log_density(log_tau)
        return Integrand(log_prior + log_tau, factors=nothing, values=nothing, rounding=np.abs(log_prior))

    return integrate(evaluate, _spread(low, high, CORE_WIDTH), what="the prior of tau").log_integral


def _tail_power(model: NormalModel, prior: TauPrior) -> float:
    """Return the power with which the posterior density of tau falls."""
    from_studies = model.yi.size - (1 if model.prior_precision == 0.0 else 0)
    power = prior.tails().right_power + from_studies
    if power <= 1.0:
        there_are = "1 study there is" if model.yi.size == 1 else f"{model.yi.size} studies there are"
        raise UndefinedResult(
            what="the posterior of tau",
            why=f'the improper prior "{prior.name}" of tau needs more than the {there_are}: '
            "its product with the likelihood does not have a finite integral",
        )
    return np.inf if np.isfinite(prior.tails().upper) else power


def _edges(model: NormalModel, prior: TauPrior, *, tail_power: float, order: int) -> FloatArray:
    """Return the ends of the panels to begin with."""
    tails = prior.tails()
    smallest = 0.5 * log(float(np.min(model.vi)))
    distances = [float(np.ptp(model.yi)), 2.0 * float(np.sqrt(np.max(model.vi)))]
    if model.prior_precision > 0.0:
        distances.append(float(np.max(np.abs(model.yi - model.prior_mean))))
        distances.append(float(model.prior_precision**-0.5))
    largest = log(max(distances))
    left = min(tails.location, smallest)
    right = max(tails.location, largest)
    low = left - tails.below - NEGLIGIBLE / (1.0 + tails.left_power)
    far = max(NEGLIGIBLE / (tail_power - 1.0), min(NEGLIGIBLE / (tail_power - 1.0 - order), FARTHEST))
    high = right + tails.above + far
    core_low, core_high = max(low, left - CORE_BELOW), right + CORE_ABOVE
    if np.isfinite(tails.upper):
        high = log(tails.upper)
        core_low = min(core_low, high - CORE_WIDTH)
    parts = [_spread(low, core_low, LEFT_WIDTH)]
    parts.append(_spread(core_low, min(core_high, high), CORE_WIDTH))
    if high > core_high:
        parts.append(_spread(core_high, high, RIGHT_WIDTH))
    marks = np.array([tails.location, smallest, largest])
    return np.unique(np.concatenate([*parts, marks[(marks > low) & (marks < high)]]))


def _spread(low: float, high: float, width: float) -> FloatArray:
    """Return points from low to high, no more than `width` apart."""
    count = 1 + max(1, int(np.ceil((high - low) / width))) if high > low else 1
    return np.linspace(low, high, count)
