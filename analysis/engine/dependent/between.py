"""The maximum of the likelihood over a structured covariance between outcomes."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.dependent.blocks import Blocks
from analysis.engine.dependent.components import estimate as estimate_components
from analysis.engine.dependent.components import size_of, spread
from analysis.engine.dependent.likelihood import Slope, differentiate, solve, value_at
from analysis.engine.dependent.optimum import STARTS_FOLLOWED, Objective, ascend, maximise, spread_out
from analysis.engine.dependent.structures import ONE_CORRELATION, Structure, unstructured
from analysis.engine.errors import NotConverged

# Starting correlations, as shares of the largest and smallest possible one.
SHARES = (0.0, 0.5, 0.95, -0.5, -0.95)
MULTIPLES = (0.3, 1.0, 3.0)
# A variance at 0 starts here, as a share of the spread of the effects.
LEAST_START = 0.02
# A direction in which the log-likelihood rises by more than this for the spread of the effects is a way up.
RISE = 1e-7
# Rounds and iterations of the search for an unstructured matrix; a singular one is lifted by this share of its trace.
ROUNDS = 12
ITERATIONS = 60
LIFT = 1e-9
# Correlations of starts with outcomes in two camps, how many outcomes are divided, and how many starts are followed.
SIGNED = (0.5, 0.9)
MOST_IN_CAMPS = 5
UNSTRUCTURED_STARTS = 12
# Searches that end within this of the best log-likelihood, for each effect, found the same maximum.
NEARLY = 1e-11
# A variance below this share of that of the effects is 0 to double precision.
NOTHING = 1e-18


def estimate_between(model: Blocks, family: Structure, *, q: int) -> FloatArray:
    """Return the q x q covariance matrix, in the units of the blocks; its kernels are those of `pairs_of`.

    Raises
    ------
    NotConverged
        A search that did not end at a maximum.
    """
    what = f'the covariance of structure "{family.name}"'
    starts = _starts(model, family, q=q)
    if family.name == "UN":
        return _estimate_unstructured(model, family, starts, q=q, what=what)
    found = maximise(_objective(model, family, q=q), starts, what=what)
    return family.shape(found.parameters).g


def _objective(model: Blocks, family: Structure, *, q: int) -> Objective:
    """Return the log-likelihood as a function of the parameters of a structure."""
    rows, columns = pairs_of(q)

    def value(at: FloatArray) -> float:
        """Return the log-likelihood."""
        return value_at(model, family.shape(at).g[rows, columns])

    def slope(at: FloatArray) -> Slope:
        """Return the derivatives by the chain rule."""
        shape = family.shape(at)
        fit = solve(model, shape.g[rows, columns])
        if fit is None:
            raise AssertionError("derivatives are asked for where the log-likelihood is finite")
        inner = differentiate(model, fit)
        jacobian = shape.first[:, rows, columns]
        bend = shape.second[:, :, rows, columns] @ inner.gradient
        return Slope(
            gradient=jacobian @ inner.gradient,
            hessian=jacobian @ inner.hessian @ jacobian.T + bend,
            information=jacobian @ inner.information @ jacobian.T,
        )

    return Objective(value=value, slope=slope, least=family.least, most=family.most, size=size_of(model))


def _estimate_unstructured(model: Blocks, family: Structure, starts: FloatArray, *, q: int, what: str) -> FloatArray:
    """Return the best covariance matrix of those that the best starts lead to."""
    starts = np.concatenate([starts, _signed_starts(model, family, q=q)])
    value = _objective(model, family, q=q).value
    order = np.argsort([-value(start) for start in starts], kind="stable")
    chosen = spread_out(starts, order, count=UNSTRUCTURED_STARTS if q > 2 else STARTS_FOLLOWED)
    found = [climb_unstructured(model, family.shape(starts[index]).g, q=q) for index in chosen.tolist()]
    best = max(found, key=lambda result: result[1])
    near = [g for g, height, is_maximum in found if is_maximum and height >= best[1] - NEARLY * model.k]
    if not near:
        raise NotConverged(what=what, iterations=ROUNDS * ITERATIONS)
    return near[0]


def _signed_starts(model: Blocks, family: Structure, *, q: int) -> FloatArray:
    """Return starts in which some outcomes go against the others, for each division into two camps (of up to five)."""
    tau2 = _variances(model, q=q)
    camps = [(1.0, *signs) for signs in itertools.product((1.0, -1.0), repeat=min(q, MOST_IN_CAMPS) - 1)]
    rows, columns = np.tril_indices(q)
    points = []
    for rho in SIGNED:
        for camp in camps:
            sides = np.concatenate([camp, np.ones(q - len(camp))]) * np.sqrt(tau2)
            factor = np.linalg.cholesky(rho * np.outer(sides, sides) + (1.0 - rho) * np.diag(tau2))
            points.append(factor[rows, columns])
    return np.array(points)


def climb_unstructured(model: Blocks, g: FloatArray, *, q: int) -> tuple[FloatArray, float, bool]:
    """Return the covariance matrix reached, the log-likelihood there and whether it is a maximum.

    A Cholesky factor has flat directions where the matrix of its leading outcomes is singular but others follow. Each
    round therefore orders the outcomes by what of their variance those before them leave.
    """
    value = -np.inf
    for _ in range(ROUNDS):
        order = pivot(g)
        family = unstructured(q, order=order)
        lift = LIFT * float(np.trace(g)) * np.eye(q)
        factor = np.linalg.cholesky((g + lift)[np.ix_(order, order)])
        start = np.asarray(factor[np.tril_indices(q)], dtype=np.float64)
        found, is_stationary = ascend(_objective(model, family, q=q), start, iterations=ITERATIONS)
        g, value = family.shape(found.parameters).g, found.value
        if is_stationary:
            higher = _way_up(model, g, q=q)
            if higher is None:
                return _snap(g, spread(model)), value, True
            g = higher
    return g, value, False


def _snap(g: FloatArray, typical: float) -> FloatArray:
    """Return the matrix with variances of 0 where they are too small to move the likelihood."""
    is_zero = np.diag(g) <= NOTHING * typical
    return np.where(is_zero[:, np.newaxis] | is_zero, 0.0, g)


def pivot(g: FloatArray) -> NDArray[np.intp]:
    """Return the order of outcomes in which each has the most variance that those before it leave."""
    left = g.copy()
    order: list[int] = []
    for _ in range(g.shape[0]):
        variances = np.diag(left).copy()
        variances[order] = -np.inf
        chosen = int(np.argmax(variances))
        order.append(chosen)
        if variances[chosen] > 0.0:
            left = left - np.outer(left[:, chosen], left[chosen]) / variances[chosen]
    return np.array(order, dtype=np.intp)


def pairs_of(q: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the entries of a symmetric matrix, one for each kernel: the upper triangle."""
    rows, columns = np.triu_indices(q)
    return rows.astype(np.intp), columns.astype(np.intp)


def _starts(model: Blocks, family: Structure, *, q: int) -> FloatArray:
    """Return starting parameters: the variances without correlations, scaled, with correlations of all sizes."""
    tau2, typical = _variances(model, q=q), spread(model)
    has_correlation = family.name == "UN" or family.name in ONE_CORRELATION
    shares = SHARES if has_correlation and q > 1 else (0.0,)
    least = -1.0 / (q - 1) if q > 1 else 0.0
    points = []
    for share in shares:
        rho = share if share >= 0.0 else -share * least
        points += [family.start(multiple * tau2, rho) for multiple in MULTIPLES]
        points.append(family.start(np.full(q, 0.3 * typical), rho))
    return np.array(points)


def _variances(model: Blocks, *, q: int) -> FloatArray:
    """Return the variances of the outcomes without correlations, none of them too near to 0 to start from."""
    diagonal = np.array([row == column for row, column in zip(*pairs_of(q), strict=True)])
    tau2 = estimate_components(model, fixed=np.where(diagonal, np.nan, 0.0)).parameters[diagonal]
    return np.asarray(np.maximum(tau2, LEAST_START * spread(model)))


def _way_up(model: Blocks, g: FloatArray, *, q: int) -> FloatArray | None:
    """Return a covariance matrix in whose direction the likelihood rises, None where there is none.

    At a maximum over all covariance matrices the gradient, as a symmetric matrix, has no positive eigenvalue. A
    Cholesky factor of deficient rank can be stationary elsewhere.
    """
    rows, columns = pairs_of(q)
    fit = solve(model, g[rows, columns])
    if fit is None:
        return None
    gradient = np.zeros((q, q))
    gradient[rows, columns] = differentiate(model, fit).gradient / np.where(rows == columns, 1.0, 2.0)
    gradient = gradient + np.triu(gradient, 1).T
    typical = spread(model)
    values, vectors = np.linalg.eigh(gradient)
    if float(values[-1]) * typical <= RISE:
        return None
    return np.asarray(g + 1e-3 * typical * np.outer(vectors[:, -1], vectors[:, -1]))
