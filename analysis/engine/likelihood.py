"""The ML and REML likelihoods of tau2 for one mean: the method of `likelihood_many` in plain numbers, for speed."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import NamedTuple

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged
from analysis.engine.likelihood_many import (
    LARGEST_RATIO,
    LAST_STEP,
    MARGIN,
    MAX_ITERATIONS,
    PACE,
    log_likelihood_many,
    maximise_many,
)
from analysis.engine.problems import moments, set_up

# A sum of squares about the mean that is at least this share of the one about 0 has lost no digit that matters.
KEPT = 0.25


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
    powers, weights = np.ones((yi.size, 3)), np.empty((3, yi.size))
    powers[:, 1] = yi
    np.multiply(yi, yi, out=powers[:, 2])
    for _ in range(MAX_ITERATIONS):
        a, b, c, d = _quick_terms(powers, vi, tau2, weights, restricted=restricted) or _terms(
            sum_up(yi, vi, tau2), restricted=restricted
        )
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


def _terms(now: MeanSums, *, restricted: bool) -> tuple[float, float, float, float]:
    """Return A, B, C and D of `likelihood_many`."""
    if restricted:
        return now.ypp, now.trace, now.yppp, now.trace_squares
    return now.ypp, now.weight, now.yppp, now.squares


def _quick_terms(
    powers: FloatArray, vi: FloatArray, tau2: float, weights: FloatArray, *, restricted: bool
) -> tuple[float, float, float, float] | None:
    """Return A, B, C and D from one product of matrices; None where the mean is so far from 0 that digits would go.

    Parameters
    ----------
    powers : array of shape (k, 3)  1, yi and yi**2
    weights : array of shape (3, k)  room for the weights and their squares and cubes
    """
    wi, square = weights[0], weights[1]
    np.divide(1.0, np.add(vi, tau2, out=wi), out=wi)
    np.multiply(wi, wi, out=square)
    np.multiply(square, wi, out=weights[2])
    (w, wy, _), (ww, wwy, wwyy), (www, wwwy, wwwyy) = weights.dot(powers).tolist()
    centre = wy / w
    ypp, cubed = wwyy - centre * (2.0 * wwy - centre * ww), wwwyy - centre * (2.0 * wwwy - centre * www)
    if ypp < KEPT * wwyy or cubed < KEPT * wwwyy:
        return None
    pull, share = wwy - centre * ww, ww / w
    c = cubed - pull * pull / w
    return (ypp, w - share, c, ww - 2.0 * www / w + share * share) if restricted else (ypp, w, c, ww)


def _has_one_maximum(model: Likelihood, at_zero: MeanSums, at_root: MeanSums, root: float) -> bool:
    """Return whether it is proved that the likelihood has one maximum, the known `root`; see `likelihood_many`."""
    yi, vi, restricted = model.yi, model.vi, model.restricted
    total = float(yi.dot(yi))
    if total == 0.0 or at_zero.ypp == 0.0:
        return True
    if vi[vi.argmax()] > LARGEST_RATIO * vi[vi.argmin()]:
        return False
    if root > 0.0 and not _is_positive_before(at_zero, at_root, root, restricted=restricted):
        return False
    if _is_negative_after(at_root, total, restricted=restricted):
        return True
    return _is_negative_by_steps(model, at_root, root, total)


def _is_positive_before(at_zero: MeanSums, at_root: MeanSums, root: float, *, restricted: bool) -> bool:
    """Return whether A > B from 0 to the root, by tangents of A^(-1/2) and the chord of 1 / B."""
    a, b, c, _ = _terms(at_zero, restricted=restricted)
    a_root, b_root, c_root, _ = _terms(at_root, restricted=restricted)
    height, height_root = 1.0 / sqrt(a), 1.0 / sqrt(a_root)
    slope, slope_root = c * height**3, c_root * height_root**3
    point = (height_root - height - root * slope_root) / (slope - slope_root) if slope > slope_root else 0.0
    if not 0.0 < point < root:
        point = 0.5 * root
    most = max(height + point * slope, height_root - (root - point) * slope_root)
    return most * most * (1.0 + MARGIN) < 1.0 / b + (1.0 / b_root - 1.0 / b) * (point / root)


def _is_negative_after(now: MeanSums, squares: float, *, restricted: bool) -> bool:
    """Return whether A < B from a point where A <= B on, by the line of least slope and the tangent of 1 / B."""
    a, b, _, d = _terms(now, restricted=restricted)
    height, inverse, reach = 1.0 / sqrt(a), 1.0 / b, sqrt(squares)
    slope = d * inverse * inverse
    missing = 0.5 * slope * reach - height
    if missing < 0.0:
        return missing < -MARGIN * height
    return (height + missing) ** 2 - inverse - slope * missing * reach > MARGIN * inverse


def _is_negative_between(before: MeanSums, after: MeanSums, width: float, *, restricted: bool) -> bool:
    """Return whether A < B between two points, by the chord of A^(-1/2) and the tangents of 1 / B."""
    a, b, _, d = _terms(before, restricted=restricted)
    a_end, b_end, _, d_end = _terms(after, restricted=restricted)
    height, height_end = 1.0 / sqrt(a), 1.0 / sqrt(a_end)
    rise = (height_end - height) / width
    slope, slope_end = d / b**2, d_end / b_end**2
    if rise <= 0.0 or slope <= slope_end:
        return False
    meet = min(max((1.0 / b_end - 1.0 / b - width * slope_end) / (slope - slope_end), 0.0), width)
    first = min(max((0.5 * slope / rise - height) / rise, 0.0), meet)
    second = max(min((0.5 * slope_end / rise - height_end) / rise, 0.0), meet - width)
    rises = 2.0 * height * rise > slope * (1.0 + MARGIN)
    if not rises and (height + rise * first) ** 2 - (1.0 / b + slope * first) <= MARGIN / b:
        return False
    return (height_end + rise * second) ** 2 - (1.0 / b_end + slope_end * second) > MARGIN / b_end


def _is_negative_by_steps(model: Likelihood, at_root: MeanSums, root: float, squares: float) -> bool:
    """Return whether A < B beyond the root is proved step by step."""
    restricted, before, reach = model.restricted, at_root, root
    unit = (before.trace / before.trace_squares if restricted else before.weight / before.squares) - root
    while True:
        point = PACE * (unit + reach) - unit
        after = sum_up(model.yi, model.vi, point)
        if not _is_negative_between(before, after, point - reach, restricted=restricted):
            return False
        if _is_negative_after(after, squares, restricted=restricted):
            return True
        before, reach = after, point


def log_likelihood(model: Likelihood, tau2: float) -> float:
    """Return the log-likelihood at tau2, without the constant that holds no data."""
    problem = set_up(model.yi[np.newaxis], model.vi[np.newaxis])
    return float(log_likelihood_many(problem, np.array([tau2]), restricted=model.restricted)[0])
