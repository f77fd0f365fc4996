"""Variance components that enter the covariance linearly and cannot be negative: their maximum likelihood."""

from __future__ import annotations

import itertools

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.dependent.blocks import Blocks
from analysis.engine.dependent.errors import NotIdentifiable
from analysis.engine.dependent.likelihood import Slope, differentiate, solve, value_at
from analysis.engine.dependent.optimum import Objective, Optimum, maximise

# Multiples of the spread of the effects from which the search starts, with 0: the points of the grid for one, two,
# three components. More components start on the axes and diagonals.
GRIDS = {
    1: (0.0, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 0.6, 1.0, 2.0, 5.0, 20.0),
    2: (0.0, 1e-3, 0.03, 0.2, 0.6, 2.0),
    3: (0.0, 0.02, 0.2, 1.0),
}
FEW = (0.02, 0.2, 1.0)
# Sums of cubed block sizes above this (one block of 200) start from the axes and diagonals, too.
LARGE_WORK = 8e6
# A component at 0 that may rise as another one changes starts here, as a multiple of the spread.
LEAST_NEAR = 0.05
# A kernel whose part outside the others is below this fraction of it is a combination of them.
SAME_KERNEL = 1e-10


def estimate(model: Blocks, *, fixed: FloatArray, near: FloatArray | None = None) -> Optimum:
    """Return the variance components, in the units of the blocks.

    Parameters
    ----------
    model : the effects in blocks
    fixed : array of shape (m,)  components that are given; NaN for those to be estimated
    near : None or array of shape (m,)  components near the maximum, from which the search starts in place of a grid
    """
    free = np.isnan(fixed)
    count = int(np.sum(free))

    def complete(parameters: FloatArray) -> FloatArray:
        """Return all components."""
        theta = fixed.copy()
        theta[free] = parameters
        return theta

    def value(parameters: FloatArray) -> float:
        """Return the log-likelihood."""
        return value_at(model, complete(parameters))

    def slope(parameters: FloatArray) -> Slope:
        """Return the derivatives with respect to the free components."""
        fit = solve(model, complete(parameters))
        if fit is None:
            raise AssertionError("derivatives are asked for where the log-likelihood is finite")
        whole, chosen = differentiate(model, fit), np.ix_(free, free)
        return Slope(
            gradient=whole.gradient[free], hessian=whole.hessian[chosen], information=whole.information[chosen]
        )

    objective = Objective(
        value=value,
        slope=slope,
        least=np.zeros(count),
        most=np.full(count, np.inf),
        size=size_of(model),
    )
    typical = spread(model)
    if near is None:
        points = starts(count, is_large=is_large(model)) * typical
    else:
        points = np.stack([near[free], np.maximum(near[free], LEAST_NEAR * typical), 0.0 * near[free]])
    found = maximise(objective, points, what="the variance components")
    return Optimum(parameters=complete(found.parameters), value=found.value)


def size_of(model: Blocks) -> float:
    """Return the size of the terms of the log-likelihood."""
    fit = solve(model, np.zeros(model.m))
    return 10.0 * model.k + (abs(fit.value) if fit else 0.0)


def spread(model: Blocks) -> float:
    """Return the variance of the effects about their least-squares fit, in the units of the blocks."""
    total = sum(float(np.sum(stack.y**2)) for stack in model.stacks)
    typical = float(np.median(np.concatenate([np.diagonal(s.v, axis1=1, axis2=2).ravel() for s in model.stacks])))
    return max(total / max(model.k - model.p, 1), 1e-3 * typical)


def is_large(model: Blocks) -> bool:
    """Return whether one log-likelihood takes long enough to ask for few."""
    work = sum(stack.rows.shape[0] * float(stack.rows.shape[1]) ** 3 for stack in model.stacks)
    return bool(work > LARGE_WORK)


def starts(count: int, *, is_large: bool = False) -> FloatArray:
    """Return starting points for `count` components, as multiples of the spread, shape (starts, count)."""
    if count in GRIDS and (count == 1 or not is_large):
        return np.array(list(itertools.product(GRIDS[count], repeat=count)))
    points = [np.zeros(count)]
    for multiple in FEW:
        points.append(np.full(count, multiple / max(count, 1)))
        points += [multiple * row for row in np.eye(count)]
    return np.array(points)


def check_identifiable(model: Blocks, *, names: tuple[str, ...], free: list[int]) -> None:
    """Refuse variance components whose kernels, seen beside the design, are combinations of each other.

    Raises
    ------
    NotIdentifiable
        A kernel that vanishes in the residuals (one level for all effects, or levels that the moderators describe), or
        that the others make up (two factors that group the effects alike).
    """
    gram = np.zeros((model.m, model.m))
    single, double = np.zeros((model.m, model.p, model.p)), np.zeros((model.m, model.m))
    for stack in model.stacks:
        flat = stack.kernels.reshape(model.m, -1)
        gram += flat @ flat.T
        turned = (stack.kernels @ stack.x).transpose(0, 3, 1, 2).reshape(model.m * model.p, -1)
        columns = stack.x.transpose(2, 0, 1).reshape(model.p, -1)
        single += (turned @ columns.T).reshape(model.m, model.p, model.p)
        parts = turned.reshape(model.m, -1)
        double += parts @ parts.T
    residual = gram - 2.0 * double + np.einsum("aij,bji->ab", single, single)
    kept: list[int] = []
    for index in free:
        size = residual[index, index]
        others = [names[other] for other in kept]
        if size <= SAME_KERNEL * gram[index, index]:
            raise NotIdentifiable(
                what=f"the variance of {names[index]}",
                why="its levels differ only in what the coefficients already describe",
            )
        if kept:
            inner = residual[np.ix_(kept, kept)]
            shared = residual[index, kept]
            left = size - float(shared @ np.linalg.solve(inner, shared))
            if left <= SAME_KERNEL * size:
                raise NotIdentifiable(
                    what=f"the variance of {names[index]}",
                    why=f"it groups the effects as {' and '.join(others)} already do",
                )
        kept.append(index)
