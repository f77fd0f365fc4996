"""Credible intervals: central, and the shortest of all with the same probability."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from analysis.engine.arrays import FloatArray, require_option
from analysis.engine.errors import NotConverged

INTERVALS = ("shortest", "central")
MAX_ITERATIONS = 200
# Four units in the last place: closer, rounding decides.
RELATIVE_TOLERANCE = 4.0 * 2.0**-52
# Intervals tried before the shortest is refined, from the lowest to the highest.
TRIED_INTERVALS = 15
# Of several minima of the width, the best three are refined.
TRIED_MINIMA = 3
# Newton's method doubles its digits with each step; more steps than this, and bisection takes over.
NEWTON_STEPS = 12
# Bisections after which Newton's method is tried again.
STEPS_BETWEEN = 4
# After a step this small the next one would be its square, below double precision.
LAST_STEP = 1e-9
# Of intervals that are equally short but for rounding, one at the end of the support is taken, the lower end first.
SHORTER = 1.0 - 1e-13
# Below this probability an interval begins at the end of the support, as far as double precision tells.
SMALLEST_PROBABILITY = 2.0**-60


class Marginal(Protocol):
    """A continuous distribution of one quantity; points and probabilities are arrays of shape (n,)."""

    @property
    def support(self) -> tuple[float, float]:
        """Return the smallest and the largest possible value."""

    def density(self, points: FloatArray) -> FloatArray:
        """Return the density."""

    def slope(self, points: FloatArray) -> FloatArray:
        """Return the derivative of the density."""

    def tail(self, points: FloatArray, *, is_upper: bool) -> FloatArray:
        """Return the probability above or below."""

    def quantile(self, probability: FloatArray, *, is_coarse: bool = False) -> FloatArray:
        """Return the quantiles at probabilities strictly between 0 and 1."""


def find_interval(marginal: Marginal, *, level: float, interval: str) -> tuple[float, float]:
    """Return the limits of a credible interval.

    Parameters
    ----------
    marginal : the distribution
    level : probability inside, a fraction in (0, 1)
    interval : {"shortest", "central"}  the shortest of all with that probability, or the one with equal tails

    Raises
    ------
    NotConverged
        The shortest interval was not found.
    """
    require_option("interval", interval, INTERVALS)
    if interval == "central":
        ci_lower, ci_upper = marginal.quantile(np.array([0.5 * (1.0 - level), 0.5 * (1.0 + level)])).tolist()
        return ci_lower, ci_upper
    return _shortest(marginal, level)


def _shortest(marginal: Marginal, level: float) -> tuple[float, float]:
    """Return the shortest interval: both ends at the same density, or one at the end of the support.

    The width, as a function of the probability below the interval, is tried at a grid that is finer towards both ends;
    from its lowest local minima two equations are solved: the probability inside, and equal densities at both ends.
    """
    padded = 0.5 * (1.0 - level) * (1.0 - np.cos(np.linspace(0.0, np.pi, TRIED_INTERVALS + 2)))
    below = padded[1:-1]
    ends = marginal.quantile(np.concatenate([below, below + level]), is_coarse=True)
    starts, stops = ends[: below.size], ends[below.size :]
    width = np.concatenate([[np.inf], stops - starts, [np.inf]])
    at_the_ends = _at_the_ends(marginal, level)
    is_minimum = (width[1:-1] <= width[:-2]) & (width[1:-1] <= width[2:])
    if at_the_ends and _rise(marginal, at_the_ends[0]) <= 0.0:
        is_minimum[0] = False
    if len(at_the_ends) == 2 and _rise(marginal, at_the_ends[1]) >= 0.0:
        is_minimum[-1] = False
    minima = np.flatnonzero(is_minimum)
    found = []
    for index in minima[np.argsort(width[minima + 1])][:TRIED_MINIMA].tolist():
        interval = _solve(marginal, level, float(starts[index]), float(stops[index]))
        found.append(interval or _bisect(marginal, level, float(padded[index]), float(padded[index + 2])))
    candidates = [*at_the_ends, *found]
    least = min(map(_width, candidates))
    return next(interval for interval in candidates if _width(interval) * SHORTER <= least)


def _rise(marginal: Marginal, interval: tuple[float, float]) -> float:
    """Return how much the density rises from end to end: where it falls, moving the interval up makes it longer."""
    at_start, at_stop = marginal.density(np.array(interval)).tolist()
    return float(at_stop - at_start)


def _at_the_ends(marginal: Marginal, level: float) -> list[tuple[float, float]]:
    """Return the intervals that begin or end where the support does."""
    least, most = marginal.support
    if not np.isfinite(least):
        return []
    start, stop = marginal.quantile(np.array([1.0 - level, level])).tolist()
    return [(least, stop), (start, most)] if np.isfinite(most) else [(least, stop)]


def _width(interval: tuple[float, float]) -> float:
    """Return the width of an interval."""
    return interval[1] - interval[0]


def _solve(marginal: Marginal, level: float, start: float, stop: float) -> tuple[float, float] | None:
    """Return the interval with equal densities at its ends, None where Newton's method leaves the neighbourhood."""
    point, width = np.array([start, stop]), stop - start
    for _ in range(NEWTON_STEPS):
        density, slope = marginal.density(point), marginal.slope(point)
        outside = marginal.tail(point[:1], is_upper=False)[0] + marginal.tail(point[1:], is_upper=True)[0]
        missing, unequal = level - (1.0 - outside), density[0] - density[1]
        # Two equations: the probability inside grows by what is missing, and the densities become equal.
        determinant = density[0] * slope[1] - density[1] * slope[0]
        if not determinant < 0.0:
            return None
        step = np.array([density[1], density[0]]) * unequal - np.array([slope[1], slope[0]]) * missing
        step /= determinant
        point = point + step
        # Near the end of the support a density turns within the distance from there.
        room = np.minimum(np.abs(point - marginal.support), width)
        is_inside = marginal.support[0] < point[0] < point[1] < marginal.support[1]
        if not is_inside or not np.max(np.abs(step)) <= 0.5 * width:
            return None
        if np.all(np.abs(step) <= LAST_STEP * room):
            return float(point[0]), float(point[1])
    return None


def _bisect(marginal: Marginal, level: float, low: float, high: float) -> tuple[float, float]:
    """Return the interval whose ends have equal densities, by bisection on the probability below it.

    Now and then Newton's method gets another chance, from what is near by then.
    """
    for iteration in range(MAX_ITERATIONS):
        middle = 0.5 * (low + high)
        start, stop = marginal.quantile(np.array([middle, middle + level])).tolist()
        at_start, at_stop = marginal.density(np.array([start, stop])).tolist()
        if at_stop > at_start:
            low = middle
        else:
            high = middle
        if high - low <= RELATIVE_TOLERANCE * high or high <= SMALLEST_PROBABILITY:
            return start, stop
        solved = _solve(marginal, level, start, stop) if iteration % STEPS_BETWEEN == 0 else None
        if solved and low <= float(marginal.tail(np.array(solved[:1]), is_upper=False)[0]) <= high:
            return solved
    raise NotConverged(what="the shortest interval", iterations=MAX_ITERATIONS)
