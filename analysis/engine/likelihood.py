"""The ML and REML likelihoods of tau2 for one mean: the method of `likelihood_many` in plain numbers, for speed."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged
from analysis.engine.likelihood_many import (
    ALMOST,
    CUTS,
    LARGEST_RATIO,
    LAST_STEP,
    LEAST_SHARE,
    MARGIN,
    MAX_ITERATIONS,
    PACE,
    log_likelihood_many,
    maximise_many,
)
from analysis.engine.problems import moments, set_up


class MeanSums(NamedTuple):
    """What `problems.Moments` holds, for one mean: centre is the weighted mean, the others bear the same names."""

    centre: float
    q: float
    ypp: float
    yppp: float
    weight: float
    squares: float
    trace: float
    trace_squares: float


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """The log-likelihood of tau2 with the mean profiled out.

    Attributes
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    restricted : True for REML, False for ML
    """

    yi: FloatArray
    vi: FloatArray
    restricted: bool


def sum_up(yi: FloatArray, vi: FloatArray, tau2: float) -> MeanSums:
    """Return the sums at tau2; effects should lie around 0 (a common offset costs digits)."""
    wi = 1.0 / (vi + tau2)
    weight = float(np.add.reduce(wi))
    centre = float(wi.dot(yi)) / weight
    residuals = yi - centre
    pulls = residuals * wi
    squared_pulls = pulls * pulls
    square = wi * wi
    squares = float(wi.dot(wi))
    pull = float(pulls.dot(wi))
    share = squares / weight
    return MeanSums(
        centre,
        float(pulls.dot(residuals)),
        float(pulls.dot(pulls)),
        float(squared_pulls.dot(wi)) - pull * pull / weight,
        weight,
        squares,
        weight - share,
        squares - 2.0 * float(square.dot(wi)) / weight + share * share,
    )


def maximise(model: Likelihood, at_zero: MeanSums) -> tuple[float, MeanSums]:
    """Return the tau2 >= 0 at which the log-likelihood is highest over all of [0, infinity), and the sums there.

    Raises
    ------
    NotConverged
        A bracket that the search could not close.
    """
    restricted = model.restricted
    tau2, now = 0.0, at_zero
    if at_zero.ypp > (at_zero.trace if restricted else at_zero.weight):
        tau2 = _climb(model, at_zero)
        now = sum_up(model.yi, model.vi, tau2)
    if _has_one_maximum(model, at_zero, now, tau2):
        return tau2, now
    problem = set_up(model.yi[np.newaxis], model.vi[np.newaxis])
    start = np.array([tau2])
    tau2 = float(maximise_many(problem, moments(problem, np.zeros(1)), start=start, restricted=restricted)[0][0])
    return tau2, sum_up(model.yi, model.vi, tau2)


def _climb(model: Likelihood, at_zero: MeanSums) -> float:
    """Return a root of the score, which is positive at 0: Newton on B / A = 1 inside a bracket."""
    yi, vi, restricted = model.yi, model.vi, model.restricted
    typical = yi.size / at_zero.weight
    tau2 = max(0.0, (at_zero.q - (yi.size - 1)) / at_zero.trace)
    low, high = 0.0, float("inf")
    for _ in range(MAX_ITERATIONS):
        now = sum_up(yi, vi, tau2)
        a, c = now.ypp, now.yppp
        b, d = (now.trace, now.trace_squares) if restricted else (now.weight, now.squares)
        if a == b:
            return tau2
        if a > b:
            low = tau2
        else:
            high = tau2
        slope = 2.0 * b * c - a * d
        target = tau2 + a * (a - b) / slope if slope > 0.0 else -1.0
        if not low < target < high and target != tau2:
            target = 0.5 * (low + high) if isfinite(high) else 4.0 * (low + typical)
        if abs(target - tau2) <= LAST_STEP * (tau2 + typical):
            return target
        tau2 = target
    raise NotConverged(what="tau2", iterations=MAX_ITERATIONS)


def _has_one_maximum(model: Likelihood, at_zero: MeanSums, at_root: MeanSums, root: float) -> bool:
    """Return whether it is proved that the likelihood has one maximum, the known `root`; see `likelihood_many`."""
    yi, vi, restricted = model.yi, model.vi, model.restricted
    squares = yi * yi
    total = float(np.add.reduce(squares))
    if total == 0.0:
        return True
    if vi[vi.argmax()] > LARGEST_RATIO * vi[vi.argmin()]:
        return False
    farthest = float(squares.dot(vi)) / total
    beta = _beta(at_zero, 0.0, restricted=restricted)
    if farthest <= 2.0 * beta * (1.0 - MARGIN):
        return True
    rest = farthest - 2.0 * _beta(at_root, root, restricted=restricted)
    is_clear_beyond = rest < root * (1.0 - MARGIN)
    if root > 0.0 and _is_clear(at_zero, at_root, 0.0, root, restricted=restricted):
        if is_clear_beyond:
            return True
        point = rest * (1.0 + 2.0 * MARGIN)
        after = sum_up(yi, vi, point)
        return _is_clear(at_root, after, root, point, restricted=restricted) or _is_clear_by_steps(
            model, at_root, root, (farthest, float("inf"))
        )
    if is_clear_beyond:
        point = _guess(at_zero, at_root, beta, root)
        after = sum_up(yi, vi, point)
        last_part = _is_clear(after, at_root, point, root, restricted=restricted)
        if last_part and _is_clear(at_zero, after, 0.0, point, restricted=restricted):
            return True
    return _is_clear_by_steps(model, at_zero, 0.0, (farthest, root if is_clear_beyond else float("inf")))


def _guess(at_zero: MeanSums, at_root: MeanSums, beta: float, root: float) -> float:
    """Return the tau2 between 0 and the root at which alpha is guessed to reach almost 2 beta."""
    alpha, alpha_root = at_zero.ypp / at_zero.yppp, at_root.ypp / at_root.yppp - root
    rise = (ALMOST * 2.0 * beta - alpha) / (alpha_root - alpha) if alpha_root > alpha else 0.5
    share = min(max(rise, LEAST_SHARE), 1.0 - LEAST_SHARE) * root / (root + beta)
    return beta * share / (1.0 - share)


def _is_clear_by_steps(model: Likelihood, before: MeanSums, reach: float, ends: tuple[float, float]) -> bool:
    """Return whether small steps from `reach` to where all is clear succeed: alpha far out less 2 beta, or the root."""
    farthest, last = ends
    beta = unit = _beta(before, reach, restricted=model.restricted)
    while (end := min((farthest - 2.0 * beta) * (1.0 + 2.0 * MARGIN), last)) > reach:
        point = min(end, PACE * (unit + reach) - unit)
        after = sum_up(model.yi, model.vi, point)
        is_clear = _is_clear(before, after, reach, point, restricted=model.restricted)
        if not is_clear and not _is_clear_in_cuts(model, before, reach, point):
            return False
        before, reach = after, point
        beta = _beta(before, reach, restricted=model.restricted)
    return True


def _beta(sums: MeanSums, tau2: float, *, restricted: bool) -> float:
    """Return beta of `likelihood_many`."""
    return (sums.trace / sums.trace_squares if restricted else sums.weight / sums.squares) - tau2


def _is_clear(before: MeanSums, after: MeanSums, reach: float, point: float, *, restricted: bool) -> bool:
    """Return whether every root from `reach` to `point` must be a maximum, or there is none."""
    b, end = (before.trace, after.trace) if restricted else (before.weight, after.weight)
    if after.ypp > b * (1.0 + MARGIN) or before.ypp < end * (1.0 - MARGIN):
        return True
    alpha = after.ypp / after.yppp - point
    return alpha * (1.0 + MARGIN) - 2.0 * _beta(before, reach, restricted=restricted) < reach


def _is_clear_in_cuts(model: Likelihood, before: MeanSums, start: float, stop: float) -> bool:
    """Return whether the pieces between two points, cut finer, are all clear."""
    reach = start
    for cut in range(1, CUTS + 1):
        point = start + (stop - start) * (cut / CUTS)
        after = sum_up(model.yi, model.vi, point)
        if not _is_clear(before, after, reach, point, restricted=model.restricted):
            return False
        before, reach = after, point
    return True


def log_likelihood(model: Likelihood, tau2: float) -> float:
    """Return the log-likelihood at tau2, without the constant that holds no data."""
    problem = set_up(model.yi[np.newaxis], model.vi[np.newaxis])
    return float(log_likelihood_many(problem, np.array([tau2]), restricted=model.restricted)[0])
