"""The marginal likelihood of studies whose random effects are integrated out by adaptive quadrature."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import log, pi

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged
from analysis.engine.tables.families import Family, Numbers

# Newton's steps to the mode of one study's integrand; halved where they overshoot. 5 to 10 are usual.
MOST_STEPS = 100
# The search ends with a step below this: its square, far below rounding, is what remains to the mode.
SMALLEST_STEP = 1e-8
COMPLEX_STEP = 1e-30
# What an integrand has fallen to, as an exponent, where a trapezoidal sum ends; with a normal density as a factor it
# has fallen so far at a distance of sqrt(2 * 45) in any case.
FALLEN = 45.0
FARTHEST = 9.5
# Distances from the mode, in proportion from two scales to the farthest, among which the ends of the sum are chosen.
DISTANCES = np.linspace(0.0, 1.0, 24)


@dataclass(frozen=True, slots=True)
class Rule:
    """How random effects are integrated out.

    Attributes
    ----------
    nodes : points per random effect
    is_trapezoidal : equally spaced over all of the integrand (one random effect only); else Gauss-Hermite points around
        its mode, 1 being Laplace's approximation
    """

    nodes: int
    is_trapezoidal: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One count per study and how its linear predictor is made.

    eta = offset + fixed . beta + own alpha + sum(loadings sigma u), with random effects u standard normal.

    Attributes
    ----------
    family : distribution of the count
    y, offset : arrays of shape (k,)
    fixed : tuple of p numbers  loadings of the common coefficients beta
    own : array of shape (k,)  loadings of the coefficient alpha that each study has for itself; 0 for none
    loadings : tuple of r numbers  loadings of the random effects
    """

    family: Family
    y: FloatArray
    offset: FloatArray
    fixed: tuple[float, ...]
    own: FloatArray
    loadings: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Marginal:
    """The log-likelihood of k studies, each with one or two observations.

    Parameters of its functions: `shared`, shape (p + r,): beta, then the standard deviations sigma of the random
    effects; `alpha`, shape (k,). Both may be complex. `constant` is what the log-likelihood has besides.
    """

    observations: tuple[Observation, ...]
    constant: float

    @property
    def k(self) -> int:
        """Return the number of studies."""
        return self.observations[0].family.k

    @property
    def p(self) -> int:
        """Return the number of common coefficients."""
        return len(self.observations[0].fixed)

    @property
    def r(self) -> int:
        """Return the number of random effects of a study."""
        return len(self.observations[0].loadings)

    def without_last(self) -> Marginal:
        """Return the same model without its last random effect."""
        parts = tuple(replace(part, loadings=part.loadings[:-1]) for part in self.observations)
        return replace(self, observations=parts)

    def values(self, shared: Numbers, alpha: Numbers, *, rule: Rule) -> Numbers:
        """Return each study's log-likelihood, shape (k,), without `constant`."""
        u, log_weights = self._points(shared, alpha, rule=rule)
        return _log_sum_exp(self._joint(shared, alpha, u) + log_weights)

    def derivatives(self, shared: FloatArray, alpha: FloatArray, *, rule: Rule) -> tuple[FloatArray, FloatArray]:
        """Return gradient (k, q) and Hessian (k, q, q) of each study in (shared, alpha), q = p + r + 1.

        Expectations over the random effects given the data: the mean of the conditional score, and the mean of the
        conditional Hessian plus the variance of the conditional score. They are those of the exact likelihood, as far
        as the nodes integrate it exactly.

        References
        ----------
        Louis (1982), doi:10.1111/j.2517-6161.1982.tb01203.x.
        """
        u, terms = self._points(shared, alpha, rule=rule)
        q = self.p + self.r + 1
        score, parts = np.zeros((self.k, u.shape[2], q)), []
        terms = terms - 0.5 * np.sum(u * u, axis=1)
        for observation in self.observations:
            eta = self._eta(observation, shared, alpha, u)
            cumulant, mean, variance = observation.family.evaluate(eta)
            terms = terms + observation.y[:, None] * eta - cumulant
            design = self._design(observation, u)
            score += (observation.y[:, None] - mean)[:, :, None] * design
            parts.append((variance, design))
        weights = np.exp(terms - _log_sum_exp(terms)[:, None])
        gradient = np.einsum("kn,kna->ka", weights, score)
        deviations = score - gradient[:, None, :]
        hessian = _weighted(weights, deviations)
        for variance, design in parts:
            hessian -= _weighted(weights * variance, design)
        return gradient, hessian

    def gradient(self, shared: FloatArray, alpha: FloatArray, *, rule: Rule) -> FloatArray:
        """Return the gradient (k, q) of `values` itself, the movement of the nodes included, by complex steps."""
        columns = []
        has_alpha = any(bool(part.own.any()) for part in self.observations)
        for index in range(self.p + self.r):
            moved = shared.astype(complex)
            moved[index] += COMPLEX_STEP * 1j
            columns.append(self.values(moved, alpha.astype(complex), rule=rule).imag / COMPLEX_STEP)
        if has_alpha:
            moved = self.values(shared.astype(complex), alpha + COMPLEX_STEP * 1j, rule=rule)
            columns.append(moved.imag / COMPLEX_STEP)
        else:
            columns.append(np.zeros(self.k))
        return np.stack(columns, axis=1)

    def _design(self, observation: Observation, u: FloatArray) -> FloatArray:
        """Return the derivatives of eta, shape (k, points, q)."""
        design = np.empty((self.k, u.shape[2], self.p + self.r + 1))
        design[:, :, : self.p] = observation.fixed
        for index, loading in enumerate(observation.loadings):
            design[:, :, self.p + index] = loading * u[:, index, :]
        design[:, :, -1] = observation.own[:, None]
        return design

    def _eta(self, observation: Observation, shared: Numbers, alpha: Numbers, u: Numbers) -> Numbers:
        """Return the linear predictors at random effects u of shape (k, r, points)."""
        common = observation.offset + np.dot(observation.fixed, shared[: self.p]) + observation.own * alpha
        moved = common[:, None]
        for index, loading in enumerate(observation.loadings):
            moved = moved + loading * shared[self.p + index] * u[:, index, :]
        return np.asarray(moved)

    def _joint(self, shared: Numbers, alpha: Numbers, u: Numbers) -> Numbers:
        """Return log f(y | u) + log phi(u), shape (k, points)."""
        total = -0.5 * np.sum(u * u, axis=1) - 0.5 * self.r * log(2.0 * pi)
        for observation in self.observations:
            eta = self._eta(observation, shared, alpha, u)
            total = total + observation.y[:, None] * eta - observation.family.cumulant(eta)
        return np.asarray(total)

    def _points(self, shared: Numbers, alpha: Numbers, *, rule: Rule) -> tuple[Numbers, Numbers]:
        """Return the nodes u, shape (k, r, points), and the logs of their weights, placed for each study."""
        if self.r == 0:
            return np.zeros((self.k, 0, 1)), np.zeros((self.k, 1))
        u, step, curvature = self._mode(shared.real, alpha.real)
        if rule.is_trapezoidal:
            return self._spaced(shared.real, alpha.real, u, curvature, points=rule.nodes)
        if np.iscomplexobj(shared) or np.iscomplexobj(alpha):
            _, step, _ = self._step(shared, alpha, u.astype(complex))
            u = u + step
            _, _, curvature = self._step(shared, alpha, u)
        grid, log_weights = product_rule(rule.nodes, self.r)
        if self.r == 1:
            scale = 1.0 / np.sqrt(curvature[:, 0, 0])
            return u[:, :, None] + scale[:, None, None] * grid, log_weights + np.log(scale)[:, None]
        # Cholesky by hand, as numpy's conjugates complex numbers: curvature = L L', points = u + inverse(L') x.
        first = np.sqrt(curvature[:, 0, 0])
        below = curvature[:, 1, 0] / first
        second = np.sqrt(curvature[:, 1, 1] - below**2)
        along = grid[1] / second[:, None]
        across = (grid[0] - below[:, None] * along) / first[:, None]
        return u[:, :, None] + np.stack([across, along], axis=1), log_weights - np.log(first * second)[:, None]

    def _spaced(
        self, shared: FloatArray, alpha: FloatArray, mode: FloatArray, curvature: FloatArray, *, points: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return equally spaced points (k, 1, points) over each study's integrand and the logs of their weights (k, 1).

        The sum converges faster than any power of the spacing, as the integrand is analytic and vanishes at both ends
        (Trefethen and Weideman 2014, doi:10.1137/130932132).
        """
        nearest = 2.0 / np.sqrt(curvature[:, 0, 0])
        distances = nearest[:, None] * (FARTHEST / nearest[:, None]) ** DISTANCES
        peak = self._joint(shared, alpha, mode[:, :, None])
        ends = []
        for side in (-1.0, 1.0):
            heights = self._joint(shared, alpha, mode[:, :, None] + side * distances[:, None, :])
            has_fallen = heights < peak - FALLEN
            has_fallen[:, -1] = True
            first = np.argmax(has_fallen, axis=1)
            ends.append(mode[:, 0] + side * distances[np.arange(self.k), first])
        spacing = (ends[1] - ends[0]) / (points - 1)
        u = ends[0][:, None] + spacing[:, None] * np.arange(points)
        return u[:, None, :], np.log(spacing)[:, None]

    def _step(self, shared: Numbers, alpha: Numbers, u: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return log f(y | u) phi(u) but for a constant, Newton's step (k, r) and the negative Hessian (k, r, r)."""
        height, slope = -0.5 * np.sum(u * u, axis=1), -u
        curvature = np.broadcast_to(np.eye(self.r), (self.k, self.r, self.r)).astype(u.dtype)
        for observation in self.observations:
            eta = self._eta(observation, shared, alpha, u[:, :, None])
            cumulant, mean, variance = (part[:, 0] for part in observation.family.evaluate(eta))
            z = np.asarray(observation.loadings) * shared[self.p :]
            height = height + observation.y * eta[:, 0] - cumulant
            slope = slope + (observation.y - mean)[:, None] * z
            curvature = curvature + variance[:, None, None] * (z[:, None] * z[None, :])
        if self.r == 1:
            return height, slope / curvature[:, 0], curvature
        return height, np.linalg.solve(curvature, slope[:, :, None])[:, :, 0], curvature

    def _mode(self, shared: FloatArray, alpha: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the peak of each study's integrand (k, r), the last step and the curvature there."""
        u = np.zeros((self.k, self.r))
        height, step, curvature = self._step(shared, alpha, u)
        for _ in range(MOST_STEPS):
            for _ in range(MOST_STEPS):
                reached, next_step, curvature = self._step(shared, alpha, u + step)
                worse = reached < height - 1e-12 * (1.0 + np.abs(height))
                if not worse.any():
                    break
                step[worse] /= 2.0
            u, height = u + step, reached
            size, step = float(np.max(np.abs(step))), next_step
            if size <= SMALLEST_STEP * (1.0 + float(np.max(np.abs(u)))):
                return u, step, curvature
        raise NotConverged(what="the mode of a random effect", iterations=MOST_STEPS)


@lru_cache(maxsize=32)
def product_rule(nodes: int, dimensions: int) -> tuple[FloatArray, FloatArray]:
    """Return points (dimensions, points) and logs w of weights: sum(exp(w) g(x)) integrates g in 1 or 2 dimensions.

    Gauss-Hermite: exact where g is a normal density times a polynomial of degree 2 nodes - 1 in each dimension.

    References
    ----------
    Liu and Pierce (1994), doi:10.1093/biomet/81.3.624; Pinheiro and Bates (1995), doi:10.1080/10618600.1995.10474663.
    """
    x, weights = special.roots_hermitenorm(nodes)
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights) + x**2 / 2.0
    good = np.isfinite(log_weights)
    x, log_weights = x[good], log_weights[good]
    if dimensions == 1:
        points, logs = x[None, :], log_weights
    else:
        points = np.stack([np.repeat(x, x.size), np.tile(x, x.size)])
        logs = np.repeat(log_weights, x.size) + np.tile(log_weights, x.size)
    points.setflags(write=False)
    logs.setflags(write=False)
    return points, logs


def _weighted(weights: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the sums over points of weights (k, points) times the outer products of vectors (k, points, q)."""
    return np.swapaxes(vectors, 1, 2) @ (weights[:, :, None] * vectors)


def _log_sum_exp(terms: Numbers) -> Numbers:
    """Return log(sum(exp(terms))) along the last axis, real or complex."""
    top = np.max(terms.real, axis=-1)
    return np.asarray(np.log(np.sum(np.exp(terms - top[:, None]), axis=-1)) + top)
