"""A mixture of normal distributions: the posterior of an effect, one component for each node of tau."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray
from analysis.engine.bayesian.quantiles import invert
from analysis.engine.bayesian.tau_mode import section

# Components that hold less than this are left out: a thousand of them are the rounding of the sum of the others.
LIGHTEST = 2.0**-64
# Points times components held at once: 8 MB an array.
ELEMENTS_AT_ONCE = 1_000_000
# The mode is looked for at this many points between the means, and at as many of the means themselves.
TRIED_MODES = 64


@dataclass(frozen=True, slots=True, eq=False)
class NormalMixture:
    """A mixture of normal distributions.

    Attributes
    ----------
    weights, means, sds : arrays of shape (components,)  weights sum to 1, sds are above 0
    """

    weights: FloatArray
    means: FloatArray
    sds: FloatArray

    @property
    def support(self) -> tuple[float, float]:
        """Return the ends of the real line."""
        return -np.inf, np.inf

    def density(self, points: FloatArray) -> FloatArray:
        """Return the density."""
        return self._sum(points, lambda z: np.exp(-0.5 * z**2), power=1) / sqrt(2.0 * pi)

    def slope(self, points: FloatArray) -> FloatArray:
        """Return the derivative of the density."""
        return self._sum(points, lambda z: -z * np.exp(-0.5 * z**2), power=2) / sqrt(2.0 * pi)

    def tail(self, points: FloatArray, *, is_upper: bool) -> FloatArray:
        """Return the probability above or below."""
        sign = -1.0 if is_upper else 1.0
        return np.minimum(self._sum(points, lambda z: special.ndtr(sign * z), power=0), 1.0)

    def quantile(self, probability: FloatArray, *, is_coarse: bool = False) -> FloatArray:
        """Return the quantiles, each from the smaller tail, which loses no digits."""
        candidates = self.means + special.ndtri(probability)[:, np.newaxis] * self.sds
        order = np.argsort(self.sds)
        typical = order[int(np.searchsorted(np.cumsum(self.weights[order]), 0.5))]
        return invert(
            self._excess_and_density,
            probability,
            brackets=(np.min(candidates, axis=1), np.max(candidates, axis=1)),
            start=candidates[:, typical],
            scale=float(self.sds[typical]),
            is_coarse=is_coarse,
            what="a quantile",
        )

    def _excess_and_density(self, points: FloatArray, probability: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the distribution function minus the probabilities, and the density."""
        z = (points[:, np.newaxis] - self.means) / self.sds
        sign = np.where(probability > 0.5, -1.0, 1.0)
        tail = special.ndtr(sign[:, np.newaxis] * z) @ self.weights
        excess = sign * (tail - np.minimum(probability, 1.0 - probability))
        return excess, np.exp(-0.5 * z**2) @ (self.weights / self.sds) / sqrt(2.0 * pi)

    def mode(self) -> float:
        """Return the point of the highest density; it lies between the smallest and the largest component mean."""
        low, high = float(np.min(self.means)), float(np.max(self.means))
        thinned = np.sort(self.means)[:: max(1, self.means.size // TRIED_MODES)]
        points = np.unique(np.concatenate([np.linspace(low, high, TRIED_MODES), thinned]))
        slopes = self.slope(points)
        falls = np.flatnonzero((slopes[:-1] > 0.0) & (slopes[1:] <= 0.0)).tolist()
        if not falls:
            return float(points[np.argmax(self.density(points))])
        candidates = [section(self.slope, float(points[left]), float(points[left + 1])) for left in falls]
        return candidates[int(np.argmax(self.density(np.array(candidates))))]

    def _sum(self, points: FloatArray, kernel: Callable[[FloatArray], FloatArray], *, power: int) -> FloatArray:
        """Return the weighted sum over the components of kernel((point - mean) / sd) / sd**power."""
        weights = self.weights / self.sds**power
        rows = max(1, ELEMENTS_AT_ONCE // self.weights.size)
        found = np.empty_like(points)
        for start in range(0, points.size, rows):
            z = (points[start : start + rows, np.newaxis] - self.means) / self.sds
            found[start : start + rows] = kernel(z) @ weights
        return found
