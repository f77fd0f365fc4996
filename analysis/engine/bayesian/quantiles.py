"""Quantiles of a distribution that is known by its distribution function and density.

Newton's method works on the logarithm of the smaller tail, which falls steadily in light and in heavy tails.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged

# Bisection alone closes any bracket of double precision within 1,100 halvings; Newton does it in ten.
MAX_ITERATIONS = 1200
# Four units in the last place of a point, and as many of a probability: closer, rounding decides.
RELATIVE_TOLERANCE = 4.0 * 2.0**-52
# Enough to tell which of several quantiles is where.
COARSE_TOLERANCE = 1e-4


def invert(
    excess_and_density: Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]],
    probability: FloatArray,
    *,
    brackets: tuple[FloatArray, FloatArray],
    start: FloatArray,
    scale: float,
    is_coarse: bool,
    what: str,
) -> FloatArray:
    """Return the points at which a distribution function reaches each probability, by Newton inside brackets.

    Parameters
    ----------
    excess_and_density : function of points and probabilities of shape (n,)  returns the distribution function minus the
        probabilities, and the density
    probability : array of shape (n,)  each strictly between 0 and 1
    brackets, start : two arrays and an array of shape (n,)  ends of the brackets and first guesses
    scale : distance from the first guess beyond which brackets are halved by order of magnitude
    is_coarse : whether 1e-4 of the smaller tail is near enough
    what : the quantity, named in the error

    Raises
    ------
    NotConverged
        1,200 iterations were not enough.
    """
    low, high = brackets
    start = np.clip(start, low, high)
    found, width = start.copy(), high - low
    smaller, sign = np.minimum(probability, 1.0 - probability), np.where(probability > 0.5, -1.0, 1.0)
    nearest = (COARSE_TOLERANCE if is_coarse else RELATIVE_TOLERANCE) * smaller
    at, point = np.arange(found.size), start
    for _ in range(MAX_ITERATIONS):
        excess, density = excess_and_density(point, probability[at])
        low, high = np.where(excess <= 0.0, point, low), np.where(excess >= 0.0, point, high)
        tail = np.maximum(smaller[at] + sign[at] * excess, 0.0)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            target = point - sign[at] * np.log(tail / smaller[at]) * tail / density
            is_near = (target >= low) & (target <= high) & (np.abs(target - point) <= 0.5 * width)
        target = np.where(is_near, target, _middle(low, high, start[at], scale))
        width = np.abs(target - point)
        is_there = np.abs(excess) <= nearest[at]
        is_done = is_there | (width <= RELATIVE_TOLERANCE * np.abs(point)) | (high <= low)
        found[at] = np.where(is_there, point, target)
        if is_done.all():
            return found
        at = at[~is_done]
        point, low, high, width = (part[~is_done] for part in (target, low, high, width))
    raise NotConverged(what=what, iterations=MAX_ITERATIONS)


def _middle(low: FloatArray, high: FloatArray, centre: FloatArray, scale: float) -> FloatArray:
    """Return the middles of brackets, by order of magnitude of the distance from the centre beyond the scale."""
    middle = 0.5 * (np.arcsinh((low - centre) / scale) + np.arcsinh((high - centre) / scale))
    return np.asarray(np.clip(centre + scale * np.sinh(middle), low, high), dtype=np.float64)
