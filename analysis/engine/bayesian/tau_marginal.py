"""The posterior of tau, the standard deviation between studies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from analysis.engine.arrays import FloatArray
from analysis.engine.bayesian.conditional import NormalModel, condition
from analysis.engine.bayesian.priors import TauPrior
from analysis.engine.bayesian.quadrature import NODES_PER_PANEL, Quadrature
from analysis.engine.bayesian.quantiles import invert
from analysis.engine.bayesian.tau_mode import LOG_ZERO, highest_tau


@dataclass(frozen=True, slots=True, eq=False)
class TauMarginal:
    """The posterior distribution of tau, scale of yi.

    Attributes
    ----------
    model, prior : what the density is made of
    quadrature : the density of log(tau), integrated
    """

    model: NormalModel
    prior: TauPrior
    quadrature: Quadrature

    @property
    def support(self) -> tuple[float, float]:
        """Return 0 and the largest tau that the prior allows."""
        return 0.0, self.prior.tails().upper

    def log_density(self, log_tau: FloatArray) -> FloatArray:
        """Return the logarithm of the density of tau at each log(tau)."""
        likelihood = condition(self.model, log_tau).log_likelihood
        return self.prior.log_density(log_tau) + likelihood - self.quadrature.log_integral

    def density(self, points: FloatArray) -> FloatArray:
        """Return the density; 0 below 0, infinite at 0 for the prior "sqrt"."""
        left_power = self.prior.tails().left_power
        log_tau = np.log(np.where(points > 0.0, points, 1.0))
        if left_power == 0.0:
            log_tau = np.where(points > 0.0, log_tau, LOG_ZERO)
        found = np.exp(self.log_density(log_tau))
        at_zero = 0.0 if left_power > 0.0 else np.inf if left_power < 0.0 else found
        return np.where(points < 0.0, 0.0, np.where(points == 0.0, at_zero, found))

    def slope(self, points: FloatArray) -> FloatArray:
        """Return the derivative of the density at points above 0."""
        log_tau = np.log(points)
        log_slope = self.prior.slope(log_tau) + condition(self.model, log_tau).slope
        return self.density(points) * log_slope / points

    def tail(self, points: FloatArray, *, is_upper: bool) -> FloatArray:
        """Return the probability above or below."""
        edges = self.quadrature.edges
        log_tau = np.log(np.where(points > 0.0, points, 1.0))
        below = self._below(np.clip(log_tau, edges[0], edges[-1]))[0]
        below = np.where((points > 0.0) & (log_tau > edges[0]), below, 0.0)
        return 1.0 - below if is_upper else below

    def quantile(self, probability: FloatArray, *, is_coarse: bool = False) -> FloatArray:
        """Return the quantiles."""
        edges = self.quadrature.edges
        cumulated = self._cumulated()
        panel = np.clip(np.searchsorted(cumulated, probability, side="right") - 1, 0, edges.size - 2)
        low, high = edges[panel], edges[panel + 1]
        share = (probability - cumulated[panel]) / np.maximum(cumulated[panel + 1] - cumulated[panel], 2.0**-1022)
        start = low + np.clip(share, 0.0, 1.0) * (high - low)
        found = invert(
            self._excess_and_density,
            probability,
            brackets=(low, high),
            start=start,
            scale=1.0,
            is_coarse=is_coarse,
            what="a quantile of tau",
        )
        return np.exp(found)

    def mode(self) -> float | None:
        """Return the point of the highest density; None where the density is flat."""
        return highest_tau(self.model, self.prior, self.quadrature.log_tau, is_joint=False)

    def _excess_and_density(self, log_tau: FloatArray, probability: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the distribution function minus the probabilities, and the density of log(tau)."""
        below, density = self._below(log_tau)
        return below - probability, density

    def _cumulated(self) -> FloatArray:
        """Return the probability below each edge."""
        half = 0.5 * np.diff(self.quadrature.edges)
        panels = 2.0 * half * self.quadrature.coefficients[0]
        return np.concatenate([[0.0], np.cumsum(panels) / np.sum(panels)])

    def _below(self, log_tau: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the distribution function and the density of log(tau), from the polynomials of the panels."""
        edges, coefficients = self.quadrature.edges, self.quadrature.coefficients
        panel = np.clip(np.searchsorted(edges, log_tau, side="right") - 1, 0, edges.size - 2)
        half = 0.5 * (edges[panel + 1] - edges[panel])
        at = np.clip((log_tau - edges[panel]) / half - 1.0, -1.0, 1.0)
        values = legendre.legvander(at, NODES_PER_PANEL)
        # The integral of P_j from -1 is (P_(j+1) - P_(j-1)) / (2 j + 1), that of P_0 is 1 + P_1.
        integrals = np.empty((log_tau.size, NODES_PER_PANEL))
        integrals[:, 0] = 1.0 + values[:, 1]
        degrees = np.arange(1, NODES_PER_PANEL)
        integrals[:, 1:] = (values[:, 2:] - values[:, :-2]) / (2.0 * degrees + 1.0)
        chosen = coefficients[:, panel].T
        below = self._cumulated()[panel] + half * np.sum(integrals * chosen, axis=1)
        return np.clip(below, 0.0, 1.0), np.sum(values[:, :-1] * chosen, axis=1)
