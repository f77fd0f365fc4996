"""The maximum of a likelihood inside a box: Newton's method on the free parameters, from several starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.dependent.likelihood import Slope
from analysis.engine.errors import NotConverged

MAX_ITERATIONS = 300
MAX_HALVINGS = 60
# Twice the distance to the maximum in log-likelihood that a Newton step still promises; steps converge quadratically,
# so that the step from here ends at rounding error (1e-9 standard errors, squared).
LAST_DECREMENT = 1e-18
# What rounding does to a log-likelihood, relative to its terms.
ROUNDING = 1e-13
# An eigenvalue of the curvature this much smaller than the largest is noise.
SMALLEST_CURVATURE = 1e-12
# Where the likelihood is not concave, directions are taken to be curved by at least this share of the most curved.
LEAST_CURVATURE = 1e-3
# Searches that end within this many units of log-likelihood of the best found the same maximum.
SAME_MAXIMUM = 1e-9
STARTS_FOLLOWED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """A log-likelihood to be maximised.

    Attributes
    ----------
    value : returns the log-likelihood at parameters of shape (n,), minus infinity where there is none
    slope : returns its derivatives there
    least, most : arrays of shape (n,)  box of the parameters
    size : sum of the sizes of the terms of the log-likelihood, to judge rounding by
    """

    value: Callable[[FloatArray], float]
    slope: Callable[[FloatArray], Slope]
    least: FloatArray
    most: FloatArray
    size: float


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """A maximum: the parameters and the log-likelihood there."""

    parameters: FloatArray
    value: float


def maximise(objective: Objective, starts: FloatArray, *, what: str) -> Optimum:
    """Return the highest maximum that the best starts, of shape (starts, n), lead to.

    Raises
    ------
    NotConverged
        No search ended at a maximum.
    """
    if objective.least.size == 0:
        nothing = np.empty(0)
        return Optimum(parameters=nothing, value=objective.value(nothing))
    boxed = np.clip(starts, objective.least, objective.most)
    values = np.array([objective.value(start) for start in boxed])
    order = np.argsort(-values, kind="stable")
    found: list[Optimum] = []
    failure: NotConverged | None = None
    for index in spread_out(boxed, order).tolist():
        if not np.isfinite(values[index]):
            continue
        try:
            found.append(climb(objective, boxed[index], what=what))
        except NotConverged as error:
            failure = error
    if not found:
        raise failure or NotConverged(what=what, iterations=MAX_ITERATIONS)
    best = max(found, key=lambda optimum: optimum.value)
    return next(optimum for optimum in found if optimum.value >= best.value - ROUNDING * objective.size)


def spread_out(points: FloatArray, order: NDArray[np.intp], *, count: int = STARTS_FOLLOWED) -> NDArray[np.intp]:
    """Return the best starts, each not too near to a better one (a factor of two in some parameter)."""
    kept: list[int] = []
    for index in order.tolist():
        if len(kept) == count:
            break
        near = [
            np.all(
                np.abs(points[index] - points[other]) <= 0.5 * np.maximum(np.abs(points[index]), np.abs(points[other]))
            )
            for other in kept
        ]
        if not any(near):
            kept.append(index)
    return np.array(kept, dtype=np.intp)


def climb(objective: Objective, start: FloatArray, *, what: str) -> Optimum:
    """Return the maximum reached from `start`.

    Raises
    ------
    NotConverged
        300 iterations were not enough, or no step along the gradient leads upwards.
    """
    found, is_maximum = ascend(objective, start, iterations=MAX_ITERATIONS)
    if not is_maximum:
        raise NotConverged(what=what, iterations=MAX_ITERATIONS)
    return found


def ascend(objective: Objective, start: FloatArray, *, iterations: int) -> tuple[Optimum, bool]:
    """Return the point reached from `start` in some iterations, and whether it is a maximum to double precision."""
    here = Optimum(parameters=start.copy(), value=objective.value(start))
    tolerance = ROUNDING * objective.size
    for _ in range(iterations):
        slope = objective.slope(here.parameters)
        step, decrement, is_newton = _direction(objective, here.parameters, slope)
        if decrement <= LAST_DECREMENT:
            target = np.clip(here.parameters + step, objective.least, objective.most)
            final = objective.value(target)
            return (Optimum(parameters=target, value=final) if final >= here.value - tolerance else here), True
        following = _walk(objective, here, slope.gradient, step, slack=tolerance if is_newton else 0.0)
        if following is None:
            return here, is_newton and decrement <= tolerance
        here = following
    return here, False


def _walk(
    objective: Objective, here: Optimum, gradient: FloatArray, step: FloatArray, *, slack: float
) -> Optimum | None:
    """Return a point along the step that is higher (the whole step: not lower than rounding explains), or None."""
    share = 1.0
    for _ in range(MAX_HALVINGS):
        target = np.clip(here.parameters + share * step, objective.least, objective.most)
        reached = objective.value(target)
        promised = float(gradient @ (target - here.parameters))
        if reached >= here.value + 1e-4 * promised - (slack if share == 1.0 else 0.0):
            return Optimum(parameters=target, value=reached)
        share *= 0.5
    return None


def _direction(objective: Objective, point: FloatArray, slope: Slope) -> tuple[FloatArray, float, bool]:
    """Return the step, what it promises (gradient times step) and whether it is a Newton step.

    A parameter at an end of its box stays there where the gradient, or the step, points outwards.
    """
    gradient = slope.gradient
    at_least, at_most = point <= objective.least, point >= objective.most
    free = ~((at_least & (gradient <= 0.0)) | (at_most & (gradient >= 0.0)))
    step = np.zeros_like(point)
    while free.any():
        part, is_newton = _solve(slope, free)
        step[:] = 0.0
        step[free] = part
        outward = free & ((at_least & (step < 0.0)) | (at_most & (step > 0.0)))
        if not outward.any():
            return step, float(gradient @ step), is_newton
        free &= ~outward
    return np.zeros_like(point), 0.0, True


def _solve(slope: Slope, free: NDArray[np.bool_]) -> tuple[FloatArray, bool]:
    """Return the step of the free parameters and whether it is Newton's.

    Where the likelihood is not concave the curvatures are taken by their size: the step goes up in every direction, and
    no further than its curvature says.
    """
    chosen = np.ix_(free, free)
    gradient, matrix = slope.gradient[free], -slope.hessian[chosen]
    scale = np.sqrt(np.maximum(np.diag(slope.information[chosen]), np.abs(np.diag(matrix))))
    scale = np.where(scale > 0.0, scale, 1.0)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    largest = max(float(np.max(np.abs(values))), 1.0)
    is_newton = bool(values[0] > SMALLEST_CURVATURE * largest)
    if not is_newton:
        values = np.maximum(np.abs(values), LEAST_CURVATURE * largest)
    return np.asarray(vectors @ ((vectors.T @ (gradient / scale)) / values) / scale), is_newton
