"""The tau at which a posterior or a likelihood is highest."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.bayesian.conditional import NormalModel, condition
from analysis.engine.bayesian.priors import TauPrior

# exp(-700) is 0 beside every variance, and its logarithm is still a number: tau = 0 on the scale of log(tau).
LOG_ZERO = -700.0
# A log-normal density of tau peaks sigma**2 below the median, far from its mass: distances looked at below the points.
FURTHER = 2.0 ** np.arange(9, -1, -1)
# Rounding of a sum of k terms that cancel: a density that is steeper nowhere is flat.
FLAT = 8.0 * 2.0**-52
# A bracket is cut into 16 parts 20 times: to 2**-80 of its width.
SECTIONS = 16
MAX_ROUNDS = 20


def highest_tau(model: NormalModel, prior: TauPrior, points: FloatArray, *, is_joint: bool) -> float | None:
    """Return the tau of the highest density (joint: of tau and mu together); None where it is flat.

    Rises and falls of the logarithm between the points, in ascending order on the scale of log(tau), bracket the
    maxima; 0 is one where the density falls from there, and the upper end of a bounded prior where it still rises.
    """
    tails = prior.tails()
    if tails.left_power < 0.0:
        return 0.0

    def slope(log_tau: FloatArray) -> FloatArray:
        """Return the derivative of the logarithm of the density of tau."""
        given = condition(model, log_tau)
        return prior.slope(log_tau) + (given.joint_slope if is_joint else given.slope)

    if np.isfinite(tails.upper):
        points = np.append(points[points < log(tails.upper)], log(tails.upper))
    points = np.concatenate([np.maximum(points[0] - FURTHER, LOG_ZERO), points])
    slopes = slope(points)
    if np.max(np.abs(slopes)) <= FLAT * model.yi.size:
        return None
    candidates = [LOG_ZERO] if tails.left_power == 0.0 else []
    for left in np.flatnonzero((slopes[:-1] > 0.0) & (slopes[1:] <= 0.0)).tolist():
        candidates.append(section(slope, float(points[left]), float(points[left + 1])))
    if slopes[-1] > 0.0:
        candidates.append(float(points[-1]))
    at = np.array(candidates)
    given = condition(model, at)
    heights = prior.log_density(at) + (given.log_joint if is_joint else given.log_likelihood)
    best = candidates[int(np.argmax(heights))]
    return 0.0 if best == LOG_ZERO else exp(best)


def section(function: Callable[[FloatArray], FloatArray], low: float, high: float) -> float:
    """Return the point where a function goes from positive to not positive, by cutting the bracket into 16 parts."""
    for _ in range(MAX_ROUNDS):
        points = np.linspace(low, high, SECTIONS + 1)
        falls = np.flatnonzero(function(points[1:-1]) <= 0.0)
        first = int(falls[0]) if falls.size else SECTIONS - 1
        low, high = float(points[first]), float(points[first + 1])
    return 0.5 * (low + high)
