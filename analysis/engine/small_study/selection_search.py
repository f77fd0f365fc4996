"""The highest point of a selection model's likelihood: many starts, then Newton's method to double precision."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged, UndefinedResult
from analysis.engine.small_study.selection_likelihood import Evaluation, SelectionLikelihood

# Intercepts (in spreads of the effects) and variances (in units of one variance) at which searches may start.
SHIFTS = (-8.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
VARIANCES = (0.0, 0.3, 1.0, 4.0, 16.0)
# Far out: a maximum there is none, the likelihood rises without end.
FARTHEST_LOG_DELTA = 16.0
FARTHEST = 100.0
# Where a logarithm is searched for, a start at 0 is moved to this.
NEAR_ZERO = 1e-3
MAX_STARTS = 8
MAX_NEWTON = 200
MAX_HALVINGS = 60
# Twice the log-likelihood still to be gained: 1e-22 is a step of 1e-11 standard errors.
FINISHED = 1e-22
# Differences of log-likelihoods below this are rounding; parameters this near belong to the same maximum.
ROUNDING = 1e-9
SAME = 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """The highest point: parameters (coefficients, tau2, delta), which of them are free there, and the derivatives."""

    parameters: FloatArray
    is_free: np.ndarray
    evaluation: Evaluation


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A search over the free parameters.

    Attributes
    ----------
    likelihood : of effects in units in which a typical sampling variance is 1
    start : array of shape (n,)  fixed values, and the fit without selection for the free ones
    is_free : array of bool, shape (n,)
    spread : standard deviation of the effects, at least 1
    unit : the sampling variance that is 1 here
    """

    likelihood: SelectionLikelihood
    start: FloatArray
    is_free: np.ndarray
    spread: float
    unit: float

    def maximise(self, *, is_global: bool) -> tuple[Maximum, ...]:
        """Return the maxima found, the highest first; unless `is_global` the one above the fit without selection.

        Raises
        ------
        UndefinedResult
            The likelihood is highest where a parameter runs off without end.
        NotConverged
            No search reached a maximum.
        """
        found: list[Maximum] = []
        farthest = -np.inf
        starts = self._starts()
        for start in starts if is_global else starts[:1]:
            climbed, is_outside = self._climb(start)
            if is_outside:
                farthest = max(farthest, self.likelihood.value(climbed))
                continue
            maximum = self._polish(climbed)
            if maximum is not None and not any(_is_same(maximum, other) for other in found):
                found.append(maximum)
        found.sort(key=lambda maximum: -maximum.evaluation.value)
        if farthest > (found[0].evaluation.value if found else -np.inf) + ROUNDING:
            raise UndefinedResult(
                what="the maximum of the selection model",
                why="the likelihood rises without end as a parameter grows: too little is known of the selection",
            )
        if not found:
            raise NotConverged(what="the maximum of the selection model", iterations=MAX_NEWTON)
        return tuple(found)

    def _starts(self) -> list[FloatArray]:
        """Return the fit without selection and the points of a grid of intercepts and variances above their neighbours.

        Delta is at its best at each point.
        """
        p = self.likelihood.X.shape[1]
        plain_variance = float(self.start[p])
        variances = sorted({plain_variance, *VARIANCES}) if self.is_free[p] else [plain_variance]
        grid = np.empty((len(SHIFTS), len(variances)))
        points = {}
        for place in product(range(len(SHIFTS)), range(len(variances))):
            point = self.start.copy()
            point[0] += SHIFTS[place[0]] * self.spread
            point[p] = variances[place[1]]
            point[p + 1 :], grid[place] = self.likelihood.fit_delta(point, self.is_free[p + 1 :])
            points[place] = point
        padded = np.pad(grid, 1, constant_values=-np.inf)
        peaks = [
            (i, j) for i, j in points if grid[i, j] >= padded[i : i + 3, j : j + 3].max() and np.isfinite(grid[i, j])
        ]
        peaks.sort(key=lambda place: -grid[place])
        plain = self.start.copy()
        plain[p + 1 :], _ = self.likelihood.fit_delta(plain, self.is_free[p + 1 :])
        return [plain, *(points[place] for place in peaks[:MAX_STARTS])]

    def _climb(self, start: FloatArray) -> tuple[FloatArray, bool]:
        """Return where a bounded quasi-Newton search ends, and whether it ends at a far bound."""
        # scipy.optimize costs a tenth of a second to load; only selection models need it.
        from scipy.optimize import minimize

        p, is_log = self.likelihood.X.shape[1], self.likelihood.weights.is_log
        free = np.flatnonzero(self.is_free)
        is_delta = free > p
        reach = FARTHEST * self.spread

        def unfold(x: FloatArray) -> FloatArray:
            """Return all parameters from the searched ones."""
            point = self.start.copy()
            point[free[~is_delta]] = x[~is_delta]
            point[free[is_delta]] = np.exp(x[is_delta]) if is_log else np.expm1(x[is_delta])
            return point

        def objective(x: FloatArray) -> tuple[float, FloatArray]:
            """Return the negative log-likelihood and its gradient in the searched parameters."""
            point = unfold(x)
            value, gradient = self.likelihood.value_and_gradient(point)
            slope = np.where(is_delta, point[free] if is_log else point[free] + 1.0, 1.0)
            return -value, -gradient[free] * slope

        x = start[free].copy()
        floor = -FARTHEST_LOG_DELTA if is_log else 0.0
        x[is_delta] = np.log(np.maximum(x[is_delta], NEAR_ZERO)) if is_log else np.log1p(x[is_delta])
        bounds = [
            (floor, FARTHEST_LOG_DELTA) if place > p else (0.0, reach**2) if place == p else (None, None)
            for place in free
        ]
        with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
            found = minimize(objective, x, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
        end = unfold(found.x)
        deltas = found.x[is_delta]
        is_low = is_log & (deltas <= floor + 1e-6)
        if self.likelihood.weights.may_be_zero:
            end[free[is_delta][is_low]] = 0.0
        is_outside = bool(
            np.any(deltas >= FARTHEST_LOG_DELTA - 1e-6)
            or (np.any(is_low) and not self.likelihood.weights.may_be_zero)
            or end[p] >= 0.99 * reach**2
            or np.any(np.abs(end[:p] - self.start[:p]) > reach)
        )
        return end, is_outside

    def _polish(self, parameters: FloatArray) -> Maximum | None:
        """Return the maximum near a point by Newton's method, or None where there is none."""
        p = self.likelihood.X.shape[1]
        has_floor = np.arange(parameters.size) >= p
        point, last = parameters.copy(), np.inf
        for _ in range(MAX_NEWTON):
            found = self.likelihood.evaluate(point)
            is_held = has_floor & (point <= 0.0) & (found.gradient <= 0.0)
            free = np.flatnonzero(self.is_free & ~is_held)
            gradient, hessian = found.gradient[free], found.hessian[np.ix_(free, free)]
            step, gain = _newton_step(gradient, hessian)
            if gain <= FINISHED or (gain <= 1e6 * FINISHED and gain >= 0.5 * last):
                is_maximum = bool(np.all(np.linalg.eigvalsh(hessian) < 0.0))
                return Maximum(point, self.is_free & ~is_held, found) if is_maximum else None
            last = gain
            point = self._advance(point, free, step, found.value, has_floor)
        return None

    def _advance(
        self, point: FloatArray, free: np.ndarray, step: FloatArray, value: float, has_floor: np.ndarray
    ) -> FloatArray:
        """Return the point after the longest of the step's halves that does not lose likelihood."""
        p, length = self.likelihood.X.shape[1], 1.0
        lowest = np.where(has_floor, 0.0, -np.inf)
        if not self.likelihood.weights.may_be_zero:
            lowest[p + 1 :] = point[p + 1 :] / 2.0
        for _ in range(MAX_HALVINGS):
            ahead = point.copy()
            ahead[free] += length * step
            ahead = np.maximum(ahead, lowest)
            if self.likelihood.value(ahead) >= value - ROUNDING:
                return ahead
            length /= 2.0
        return point


def _is_same(one: Maximum, other: Maximum) -> bool:
    """Return whether two searches have ended on the same maximum."""
    size = np.abs(one.parameters) + 1.0
    is_near = bool(np.all(np.abs(one.parameters - other.parameters) <= SAME * size))
    return is_near and abs(one.evaluation.value - other.evaluation.value) <= ROUNDING


def _newton_step(gradient: FloatArray, hessian: FloatArray) -> tuple[FloatArray, float]:
    """Return the uphill step and twice the gain it promises; directions that curve upwards are turned round."""
    scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-300))
    values, vectors = np.linalg.eigh(hessian * scale[:, None] * scale[None, :])
    values = np.maximum(np.abs(values), 1e-14 * float(np.max(np.abs(values))))
    along = vectors.T @ (gradient * scale)
    return scale * (vectors @ (along / values)), float(np.sum(along**2 / values))
