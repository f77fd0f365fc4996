"""The likelihood of a selection model with its exact gradient and Hessian."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.small_study.selection_weights import Weights

# The logarithm of a probability below the smallest double; a search turns back there.
SMALLEST_PROBABILITY = 1e-300
LOG_TWO_PI = float(np.log(2.0 * np.pi))
# A start needs no more than this: steps, the gain at which they end, and limits that keep them in reach.
MAX_STEPS = 12
NEAR_ENOUGH = 1e-2
RIDGE = 1e-8
LONGEST_STEP = 3.0
FARTHEST_DELTA = 1e5


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Log-likelihood, gradient, shape (n,), and Hessian, shape (n, n), in (coefficients, tau2, delta)."""

    value: float
    gradient: FloatArray
    hessian: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SelectionLikelihood:
    """Effects normal around X b with variance vi + tau2, seen in proportion to their weight.

    Attributes
    ----------
    yi, vi : arrays of shape (k,)
    X : array of shape (k, p)  design with the intercept
    weights : weight function of the p values
    """

    yi: FloatArray
    vi: FloatArray
    X: FloatArray
    weights: Weights

    def value(self, parameters: FloatArray) -> float:
        """Return the log-likelihood."""
        mu, variance, delta = self._split(parameters)
        moments = self.weights.pieces.moments(mu, np.sqrt(variance), np.sqrt(self.vi), order=0)
        weight, _, _, shift = self.weights.at_pieces(delta)
        seen = np.maximum(_total(moments[0], weight), SMALLEST_PROBABILITY)
        log_weight = self.weights.log_at_studies(delta)[0] - shift
        return float(np.sum(log_weight - np.log(seen) + self._log_density(mu, variance)))

    def value_and_gradient(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """Return the log-likelihood and its gradient, at less than half the cost of `evaluate`."""
        mu, variance, delta = self._split(parameters)
        moments = self.weights.pieces.moments(mu, np.sqrt(variance), np.sqrt(self.vi), order=2)
        weight, first, _, shift = self.weights.at_pieces(delta)
        log_weight, log_first, _ = self.weights.log_at_studies(delta)
        seen = np.maximum(_total(moments[0], weight), SMALLEST_PROBABILITY)
        gradient = -_slopes(moments, weight, first, variance) / seen
        gradient[2:] += log_first
        residual = self.yi - mu
        gradient[0] += residual / variance
        gradient[1] += 0.5 * (residual**2 / variance**2 - 1.0 / variance)
        value = float(np.sum(log_weight - shift - np.log(seen) + self._log_density(mu, variance)))
        return value, np.concatenate([self.X.T @ gradient[0], np.sum(gradient[1:], axis=1)])

    def evaluate(self, parameters: FloatArray) -> Evaluation:
        """Return the log-likelihood with its derivatives.

        The derivatives of a normal density by its mean are Hermite polynomials, and those by its variance are half of
        twice as many by its mean: moments up to order 4 give all second derivatives.
        """
        mu, variance, delta = self._split(parameters)
        spread = np.sqrt(variance)
        moments = self.weights.pieces.moments(mu, spread, np.sqrt(self.vi), order=4)
        weight, first, second, shift = self.weights.at_pieces(delta)
        log_weight, log_first, log_second = self.weights.log_at_studies(delta)
        seen = np.maximum(_total(moments[0], weight), SMALLEST_PROBABILITY)
        q, k = delta.size, self.yi.size
        slopes, curves = _slopes(moments, weight, first, variance) / seen, np.zeros((2 + q, 2 + q, k))
        curves[0, 0] = _total(moments[2], weight) / variance
        curves[0, 1] = _total(moments[3], weight) / (2.0 * spread**3)
        curves[1, 1] = _total(moments[4], weight) / (4.0 * variance**2)
        for a in range(q):
            curves[0, 2 + a] = _total(moments[1], first[a]) / spread
            curves[1, 2 + a] = _total(moments[2], first[a]) / (2.0 * variance)
            for b in range(a, q):
                curves[2 + a, 2 + b] = _total(moments[0], second[a, b])
        curves = _mirror(curves) / seen
        gradient, hessian = -slopes, slopes[:, None] * slopes[None, :] - curves
        gradient[2:] += log_first
        hessian[2:, 2:] += log_second
        self._add_density(gradient, hessian, mu, variance)
        value = float(np.sum(log_weight - shift - np.log(seen) + self._log_density(mu, variance)))
        return self._collect(value, gradient, hessian)

    def fit_delta(self, parameters: FloatArray, is_free: NDArray[np.bool_]) -> tuple[FloatArray, float]:
        """Return the delta that is best for given coefficients and tau2, near enough for a start, and the value there.

        The likelihood is concave in delta (in its logarithm for steps), so that Newton's method goes straight up.
        """
        mu, variance, delta = self._split(parameters)
        moments = self.weights.pieces.moments(mu, np.sqrt(variance), np.sqrt(self.vi), order=0)[0]
        density, free = float(np.sum(self._log_density(mu, variance))), np.flatnonzero(is_free)
        value, gradient, hessian = self._at_delta(delta, moments)
        for _ in range(MAX_STEPS if free.size else 0):
            factor = delta[free] if not self.weights.may_be_zero else np.ones(free.size)
            slope = gradient[free] * factor
            curve = hessian[np.ix_(free, free)] * factor[:, None] * factor[None, :]
            if not self.weights.may_be_zero:
                curve = curve + np.diag(slope)
            step = np.asarray(np.linalg.solve(-curve + RIDGE * np.eye(free.size), slope), dtype=np.float64)
            ahead, found = self._step_delta(delta, free, step, moments, value)
            if found[0] <= value + NEAR_ENOUGH:
                break
            delta, (value, gradient, hessian) = ahead, found
        return delta, value + density

    def _step_delta(
        self, delta: FloatArray, free: NDArray[np.intp], step: FloatArray, moments: FloatArray, value: float
    ) -> tuple[FloatArray, tuple[float, FloatArray, FloatArray]]:
        """Return delta after the longest of a step's quarters that gains likelihood, and what is found there."""
        for length in (1.0, 0.25, 0.0625, 0.0):
            ahead = delta.copy()
            if self.weights.may_be_zero:
                ahead[free] = np.clip(delta[free] + length * step, 0.0, FARTHEST_DELTA)
            else:
                ahead[free] = delta[free] * np.exp(length * np.clip(step, -LONGEST_STEP, LONGEST_STEP))
            found = self._at_delta(ahead, moments)
            if found[0] > value:
                break
        return ahead, found

    def _at_delta(self, delta: FloatArray, moments: FloatArray) -> tuple[float, FloatArray, FloatArray]:
        """Return the part of the log-likelihood that depends on delta, with its gradient and Hessian."""
        weight, first, second, shift = self.weights.at_pieces(delta)
        log_weight, log_first, log_second = self.weights.log_at_studies(delta)
        seen = np.maximum(_total(moments, weight), SMALLEST_PROBABILITY)
        slopes = np.stack([_total(moments, part) / seen for part in first])
        curves = np.array([[np.sum(_total(moments, part) / seen) for part in row] for row in second])
        value = float(np.sum(log_weight - shift - np.log(seen)))
        return value, np.sum(log_first - slopes, axis=1), np.sum(log_second, axis=2) - curves + slopes @ slopes.T

    def _split(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return means, total variances and delta."""
        p = self.X.shape[1]
        return self.X @ parameters[:p], self.vi + parameters[p], parameters[p + 1 :]

    def _log_density(self, mu: FloatArray, variance: FloatArray) -> FloatArray:
        """Return the normal log density of each study."""
        return np.asarray(-0.5 * (LOG_TWO_PI + np.log(variance) + (self.yi - mu) ** 2 / variance))

    def _add_density(self, gradient: FloatArray, hessian: FloatArray, mu: FloatArray, variance: FloatArray) -> None:
        """Add the derivatives of the normal log density by mean and variance, study by study."""
        residual = self.yi - mu
        gradient[0] += residual / variance
        gradient[1] += 0.5 * (residual**2 / variance**2 - 1.0 / variance)
        hessian[0, 0] -= 1.0 / variance
        hessian[0, 1] -= residual / variance**2
        hessian[1, 0] -= residual / variance**2
        hessian[1, 1] += 0.5 / variance**2 - residual**2 / variance**3

    def _collect(self, value: float, gradient: FloatArray, hessian: FloatArray) -> Evaluation:
        """Return the sums over studies, with the mean replaced by the coefficients."""
        p = self.X.shape[1]
        n = p + gradient.shape[0] - 1
        total = np.zeros((n, n))
        total[:p, :p] = self.X.T @ (hessian[0, 0][:, None] * self.X)
        total[:p, p:] = self.X.T @ hessian[0, 1:].T
        total[p:, :p] = total[:p, p:].T
        total[p:, p:] = np.sum(hessian[1:, 1:], axis=2)
        return Evaluation(value, np.concatenate([self.X.T @ gradient[0], np.sum(gradient[1:], axis=1)]), total)


def _total(moments: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the weighted sum over the pieces, shape (k,); the weight is the same for all studies or not."""
    if weight.ndim == 1:
        return np.asarray(moments @ weight)
    return np.asarray(np.sum(moments * weight, axis=1))


def _slopes(moments: FloatArray, weight: FloatArray, first: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the derivatives of each study's chance to be seen by mean, variance and delta, shape (2 + q, k)."""
    by_mean = _total(moments[1], weight) / np.sqrt(variance)
    by_variance = _total(moments[2], weight) / (2.0 * variance)
    return np.stack([by_mean, by_variance, *(_total(moments[0], part) for part in first)])


def _mirror(curves: FloatArray) -> FloatArray:
    """Return symmetric matrices from their upper triangles, shape (n, n, k)."""
    n = curves.shape[0]
    low = np.tril_indices(n, -1)
    curves[low] = curves[low[1], low[0]]
    return curves
