"""The highest point of a marginal likelihood, and the curvature there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged, UndefinedResult
from analysis.engine.tables.marginal import Marginal, Rule

# Common parameters (coefficients, then standard deviations) and the studies' own.
Point: TypeAlias = tuple[FloatArray, FloatArray]

# Standard deviations of a random effect at which the likelihood is looked at before it is climbed. Odds that differ
# between studies by a factor of exp(30) do not occur: a likelihood that still rises there has no maximum.
GRID = (0.03, 0.06, 0.1, 0.15, 0.22, 0.32, 0.45, 0.65, 0.9, 1.25, 1.75, 2.5, 3.5, 5.0, 8.0, 15.0, 30.0)
# The rule with which the grid is scanned and directions are found, for none, one and two random effects.
SCANS = (Rule(1), Rule(129, is_trapezoidal=True), Rule(9))
# Rules that are tried until the next one changes nothing: the first is exact for studies as they occur.
LADDERS = (
    (Rule(1), Rule(1)),
    tuple(Rule(points, is_trapezoidal=True) for points in (65, 129, 257, 513, 1025, 2049)),
    tuple(Rule(nodes) for nodes in (21, 41, 81, 121, 150)),
)
# Change of the log-likelihood, relative to its size, that is nothing, for none, one and two random effects: in two
# dimensions Gauss-Hermite nodes converge more slowly; estimates then change by less than 1e-7 standard errors.
STABLE = (0.0, 1e-12, 1e-10)
MOST_STEPS = 60
MOST_HALVINGS = 30
# Relative to the parameters. Newton's last step squares this; with few nodes the steps shrink tenfold each time.
SMALLEST_STEP = 1e-11
COARSE_STEP = 1e-2
# What rounding does to a log-likelihood, relative to its size.
ROUNDING = 1e-13
# A standard deviation below this is 0: the likelihood is even in it.
ZERO = 1e-6
# Central differences of sixth order, in units of the scale on which the most curved study bends: error 1e-11.
REACH = 0.02
STENCIL = ((1, 45.0 / 60.0), (2, -9.0 / 60.0), (3, 1.0 / 60.0))


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """The highest point of a likelihood.

    Attributes
    ----------
    shared : array of shape (p + r,)  common coefficients, then standard deviations of the random effects, at least 0
    alpha : array of shape (k,)  coefficients that the studies have for themselves
    height : log-likelihood there, constants included
    covariance : array of shape (p + r, p + r)  inverse of the observed information of `shared`; rows and columns of a
        standard deviation of 0 are 0, as it is not a parameter any more
    cross, own : arrays of shape (k, p + r) and (k,)  Hessian between alpha and shared, and of alpha
    nodes : points per random effect; 1 where there is none
    """

    shared: FloatArray
    alpha: FloatArray
    height: float
    covariance: FloatArray
    cross: FloatArray
    own: FloatArray
    nodes: int

    @property
    def alpha_covariance(self) -> FloatArray:
        """Return the covariance of alpha, shape (k, k), that of the shared parameters taken in."""
        slopes = self.cross / self.own[:, None]
        return np.diag(-1.0 / self.own) + slopes @ self.covariance @ slopes.T


def maximise(
    marginal: Marginal, shared: FloatArray, alpha: FloatArray, *, nodes: int | None, base: Maximum | None = None
) -> Maximum:
    """Return the global maximum, starting from common coefficients `shared` of shape (p,) and `alpha`.

    The last random effect's standard deviation is followed along a grid, where everything else has one peak (integrals
    of log-concave functions are log-concave: Prekopa 1973); each peak of that profile is climbed to double precision.
    Without `nodes` their number grows until twice as many no longer change the log-likelihood. `base` is the maximum of
    the model without the last random effect, where it is known.

    Raises
    ------
    UndefinedResult
        The likelihood rises without end.
    NotConverged
        A climb, or a quadrature, that did not end.
    """
    start = np.asarray(shared, dtype=np.float64), np.asarray(alpha, dtype=np.float64)
    known = (base.shared, base.alpha) if base else None
    if nodes is not None:
        return _measure(marginal, *_search(marginal, start, rule=Rule(nodes), base=known), rule=Rule(nodes))
    ladder = LADDERS[marginal.r]
    for rule, finer in pairwise(ladder):
        try:
            top = _search(marginal, start, rule=rule, base=known)
        except NotConverged:
            # So few nodes make the likelihood too rough to climb; more of them smooth it.
            continue
        height = _height(marginal, *top, rule=finer)
        if abs(_height(marginal, *top, rule=rule) - height) <= STABLE[marginal.r] * (1.0 + abs(height)):
            return _measure(marginal, *top, rule=rule)
    raise NotConverged(what="nodes that integrate the random effects exactly", iterations=ladder[-1].nodes)


def _search(marginal: Marginal, start: Point, *, rule: Rule, base: Point | None = None) -> Point:
    """Return the highest point, standard deviations of 0 included."""
    if marginal.r == 0:
        return _climb(marginal, *start, rule=rule)
    if base is None:
        inner = LADDERS[1][0] if marginal.r == 2 and rule in LADDERS[2] else rule
        base = _search(marginal.without_last(), start, rule=inner)
    flat = np.append(base[0], 0.0), base[1]
    peaks, heights = [flat], [_height(marginal, *flat, rule=rule)]
    for peak in _starts(marginal, flat):
        reached = _climb(marginal, *peak, rule=rule)
        if abs(reached[0][-1]) > ZERO:
            peaks.append(reached)
            heights.append(_height(marginal, *reached, rule=rule))
    best = int(np.argmax(heights))
    if heights[best] <= heights[0] + ROUNDING * (1.0 + abs(heights[0])):
        best = 0
    top = peaks[best]
    return np.concatenate([top[0][: marginal.p], _cleaned(top[0][marginal.p :])]), top[1]


def _cleaned(deviations: FloatArray) -> FloatArray:
    """Return standard deviations without their sign, those that are 0 but for rounding as 0."""
    sizes = np.abs(deviations)
    return np.where(sizes <= ZERO, 0.0, sizes)


def _starts(marginal: Marginal, flat: Point) -> list[Point]:
    """Return the peaks of the profile of the last standard deviation, as seen on the grid."""
    scan = SCANS[marginal.r]
    free = np.arange(flat[0].size) < flat[0].size - 1
    points, heights = [flat], [_height(marginal, *flat, rule=scan)]
    for deviation in GRID:
        shared, alpha = points[-1][0].copy(), points[-1][1]
        shared[-1] = deviation
        shared[marginal.p : -1] = np.maximum(np.abs(shared[marginal.p : -1]), GRID[1])
        points.append(_climb(marginal, shared, alpha, rule=scan, free=free, tolerance=COARSE_STEP))
        heights.append(_height(marginal, *points[-1], rule=scan))
    around = [-np.inf, *heights, -np.inf]
    tops = [i for i in range(len(points)) if heights[i] >= around[i] and heights[i] >= around[i + 2]]
    slack = ROUNDING * 100.0 * (1.0 + abs(max(heights)))
    if heights[-1] >= max(heights) - slack:
        raise UndefinedResult(
            what="the variance between studies",
            why="the likelihood rises with it without end, as where every study has an arm without or only with events",
        )
    starts = [points[i] for i in tops if 0 < i < len(points) - 1]
    _, hessian = marginal.derivatives(*flat, rule=scan)
    if 0 in tops and float(np.sum(hessian[:, -2, -2])) > 0.0:
        starts.append(points[1])
    return starts


def _height(marginal: Marginal, shared: FloatArray, alpha: FloatArray, *, rule: Rule) -> float:
    """Return the log-likelihood."""
    return float(np.sum(marginal.values(shared, alpha, rule=rule))) + marginal.constant


def _climb(
    marginal: Marginal,
    shared: FloatArray,
    alpha: FloatArray,
    *,
    rule: Rule,
    free: NDArray[np.bool_] | None = None,
    tolerance: float = SMALLEST_STEP,
) -> tuple[FloatArray, FloatArray]:
    """Return the peak reached by Newton's steps, halved where they do not rise; only `free` shared parameters move.

    The direction comes from the exact likelihood's derivatives; the slope, in the end, is that of the quadrature.
    """
    moves = np.ones(shared.size, dtype=bool) if free is None else free
    height = _height(marginal, shared, alpha, rule=rule)
    for _ in range(MOST_STEPS):
        gradient, hessian = marginal.derivatives(shared, alpha, rule=_directing(marginal, rule))
        if not _is_exact(marginal, rule):
            gradient = marginal.gradient(shared, alpha, rule=rule)
        step, own_step = _newton(gradient, hessian, moves)
        for _ in range(MOST_HALVINGS):
            reached = _height(marginal, shared + step, alpha + own_step, rule=rule)
            if reached >= height - ROUNDING * (1.0 + abs(height)):
                break
            step, own_step = step / 2.0, own_step / 2.0
        shared, alpha, height = shared + step, alpha + own_step, reached
        size = max(float(np.max(np.abs(step), initial=0.0)), float(np.max(np.abs(own_step), initial=0.0)))
        if size <= tolerance * (1.0 + float(np.max(np.abs(shared), initial=0.0))):
            return shared, alpha
    raise NotConverged(what="the maximum of the likelihood", iterations=MOST_STEPS)


def _is_exact(marginal: Marginal, rule: Rule) -> bool:
    """Return whether the exact likelihood's derivatives serve: nothing to integrate, a trapezoidal sum, the scan."""
    return marginal.r == 0 or rule.is_trapezoidal or rule == SCANS[marginal.r]


def _directing(marginal: Marginal, rule: Rule) -> Rule:
    """Return the rule with which directions are found: at least as fine as that of the scan."""
    return rule if rule.nodes >= SCANS[marginal.r].nodes or rule.is_trapezoidal else SCANS[marginal.r]


def _newton(gradient: FloatArray, hessian: FloatArray, moves: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return the step of the shared parameters and of alpha; uphill also where the likelihood is not concave."""
    cross, own = hessian[:, :-1, -1], _own(hessian)
    slope = np.sum(gradient[:, :-1] - cross * (gradient[:, -1] / own)[:, None], axis=0)
    reduced = _reduced(hessian)
    step = np.zeros(slope.size)
    if moves.any():
        values, vectors = np.linalg.eigh(-reduced[np.ix_(moves, moves)])
        floor = 1e-10 * max(float(np.max(np.abs(values))), 1e-10)
        step[moves] = vectors @ ((vectors.T @ slope[moves]) / np.maximum(np.abs(values), floor))
    return step, -(gradient[:, -1] + cross @ step) / own


def _own(hessian: FloatArray) -> FloatArray:
    """Return the second derivatives in alpha; -1 where a study has no alpha, so that it stays where it is."""
    own = hessian[:, -1, -1]
    return np.where(own < 0.0, own, -1.0)


def _reduced(hessian: FloatArray) -> FloatArray:
    """Return the Hessian of the shared parameters with alpha maximised away."""
    cross = hessian[:, :-1, -1]
    taken = cross[:, :, None] * cross[:, None, :] / _own(hessian)[:, None, None]
    return np.asarray(np.sum(hessian[:, :-1, :-1] - taken, axis=0))


def _measure(marginal: Marginal, shared: FloatArray, alpha: FloatArray, *, rule: Rule) -> Maximum:
    """Return the point with its height and the curvature there."""
    hessian = _hessian(marginal, shared, alpha, rule=rule)
    is_parameter = np.append(np.ones(marginal.p, dtype=bool), shared[marginal.p :] > 0.0)
    rows = np.ix_(is_parameter, is_parameter)
    covariance = np.zeros((shared.size, shared.size))
    covariance[rows] = np.linalg.inv(-_reduced(hessian)[rows])
    return Maximum(
        shared=shared,
        alpha=alpha,
        height=_height(marginal, shared, alpha, rule=rule),
        covariance=covariance,
        cross=np.where(is_parameter, hessian[:, :-1, -1], 0.0),
        own=_own(hessian),
        nodes=rule.nodes if marginal.r else 1,
    )


def _hessian(marginal: Marginal, shared: FloatArray, alpha: FloatArray, *, rule: Rule) -> FloatArray:
    """Return the Hessian (k, q, q) of the quadrature itself, by central differences of its exact gradient."""
    _, rough = marginal.derivatives(shared, alpha, rule=_directing(marginal, rule))
    if marginal.r == 0 or rule.is_trapezoidal:
        return rough
    bends = np.maximum(np.abs(np.einsum("kaa->ka", rough)), 1e-12)
    columns = []
    for index in range(shared.size + 1):
        is_own = index == shared.size
        if is_own and not rough[:, -1, -1].any():
            columns.append(np.zeros((marginal.k, shared.size + 1)))
            continue
        reach = REACH / np.sqrt(bends[:, -1] if is_own else np.full(marginal.k, np.max(bends[:, index])))
        column = np.zeros((marginal.k, shared.size + 1))
        for distance, weight in STENCIL:
            for sign in (1.0, -1.0):
                moved, moved_alpha = shared.copy(), alpha
                if is_own:
                    moved_alpha = alpha + sign * distance * reach
                else:
                    moved[index] += sign * distance * reach[0]
                column += sign * weight * marginal.gradient(moved, moved_alpha, rule=rule)
        columns.append(column / reach[:, None])
    hessian = np.stack(columns, axis=2)
    return (hessian + np.swapaxes(hessian, 1, 2)) / 2.0
