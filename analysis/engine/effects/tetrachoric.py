"""The correlation of two standard normal variables from the probabilities of their four quadrants."""

from __future__ import annotations

from math import pi

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged

# Newton's method inside a bracket: bisection alone needs 60 steps to double precision.
MAX_ITERATIONS = 200
# Angles are at most 1.6; steps of a few units in their last place are rounding.
TOLERANCE = 2.0**-50
SMALLEST_SLOPE = 1e-300


def tetrachoric(a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the correlation and its sampling variance of tables without a zero cell.

    Parameters
    ----------
    a, b, c, d : arrays of shape (k,)  cells, above 0; a has both variables below their thresholds

    Notes
    -----
    With thresholds at the normal quantiles of the margins, the correlation is the root of
    P(x < h, y < k) = a / n. The variance is that of the delta method for multinomial cells, which is the inverse of the
    information, as the model is saturated.
    """
    n = a + b + c + d
    h, k = special.ndtri((a + b) / n), special.ndtri((a + c) / n)
    angle = _find_angle(h, k, a / n)
    rho, root = np.sin(angle), np.cos(angle)
    density = np.exp(-0.5 * (h**2 - 2.0 * rho * h * k + k**2) / root**2) / (2.0 * pi * root)
    u, v = special.ndtr((k - rho * h) / root), special.ndtr((h - rho * k) / root)
    slopes = np.stack([1.0 - u - v, -u, -v, np.zeros_like(u)])
    shares = np.stack([a, b, c, d]) / n
    spread = np.sum(shares * (slopes - np.sum(shares * slopes, axis=0)) ** 2, axis=0)
    return rho, np.asarray(spread / (n * density**2))


def lower_quadrant(h: FloatArray, k: FloatArray, angle: FloatArray) -> FloatArray:
    """Return P(x < h, y < k) of two standard normal variables with correlation sin(angle), angle in (-pi/2, pi/2).

    References
    ----------
    Owen (1956), doi:10.1214/aoms/1177728074, equations 2.1 to 2.5.
    """
    rho, root = np.sin(angle), np.cos(angle)
    first, second = _owen(h, k, rho, root), _owen(k, h, rho, root)
    opposite = (h * k < 0.0) | ((h * k == 0.0) & (h + k < 0.0))
    general = 0.5 * (special.ndtr(h) + special.ndtr(k)) - first - second - np.where(opposite, 0.5, 0.0)
    return np.where((h == 0.0) & (k == 0.0), 0.25 + angle / (2.0 * pi), general)


def _owen(h: FloatArray, k: FloatArray, rho: FloatArray, root: FloatArray) -> FloatArray:
    """Return Owen's T(h, (k - rho h) / (h root)), at h = 0 its limit of a quarter with the sign of k."""
    safe = np.where(h == 0.0, 1.0, h)
    value = special.owens_t(h, (k - rho * h) / (safe * root))
    return np.where(h == 0.0, 0.25 * np.sign(k), value)


def _find_angle(h: FloatArray, k: FloatArray, target: FloatArray) -> FloatArray:
    """Return the angles whose sine is the correlation with P(x < h, y < k) = target, for all tables at once.

    Newton's method; a step that leaves the bracket, or is more than half of the one before, is replaced by bisection.
    """
    low, high = np.full_like(h, -0.5 * pi), np.full_like(h, 0.5 * pi)
    angle, width = np.zeros_like(h), np.full_like(h, pi)
    for _ in range(MAX_ITERATIONS):
        excess = lower_quadrant(h, k, angle) - target
        low, high = np.where(excess <= 0.0, angle, low), np.where(excess >= 0.0, angle, high)
        exponent = -0.5 * (h**2 - 2.0 * np.sin(angle) * h * k + k**2) / np.cos(angle) ** 2
        step = -2.0 * pi * excess / np.maximum(np.exp(exponent), SMALLEST_SLOPE)
        good = (angle + step >= low) & (angle + step <= high) & (np.abs(step) <= 0.5 * width)
        following = np.where(good, angle + step, 0.5 * (low + high))
        width = np.abs(following - angle)
        angle = following
        if np.all(width <= TOLERANCE):
            return angle
    raise NotConverged(what="the tetrachoric correlation", iterations=MAX_ITERATIONS)
