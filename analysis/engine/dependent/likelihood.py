"""The ML and REML log-likelihood of variance components, its gradient and its curvature, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.dependent.blocks import Blocks, Stack

# Blocks of at least this many effects are solved one by one by LAPACK's triangular routines.
LARGE = 48


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Generalised least squares at given variance components, in the units of the blocks.

    Attributes
    ----------
    value : log-likelihood
    inverses : arrays of shape (b, s, s)  inverse covariances of the stacks
    weighted : arrays of shape (b, s, p)  inverse times design
    pulls : arrays of shape (b, s)  inverse times residuals
    coefficients, covariance : arrays of shape (p,) and (p, p)
    q : weighted sum of squared residuals
    """

    value: float
    inverses: tuple[FloatArray, ...]
    weighted: tuple[FloatArray, ...]
    pulls: tuple[FloatArray, ...]
    coefficients: FloatArray
    covariance: FloatArray
    q: float


@dataclass(frozen=True, slots=True, eq=False)
class Slope:
    """Derivatives of the log-likelihood.

    Attributes
    ----------
    gradient : array of shape (m,)
    hessian : array of shape (m, m)  second derivatives
    information : array of shape (m, m)  expected information, never negative
    """

    gradient: FloatArray
    hessian: FloatArray
    information: FloatArray


def solve(model: Blocks, theta: FloatArray) -> Solution | None:
    """Return the fit at variance components theta, None where the covariance is not positive definite."""
    inverses, weighted, log_determinant = [], [], 0.0
    cross, right = np.zeros((model.p, model.p)), np.zeros(model.p)
    for stack in model.stacks:
        factored = _factor(stack.v + np.tensordot(theta, stack.kernels, axes=1))
        if factored is None:
            return None
        inverse, log_size = factored
        log_determinant += log_size
        product = inverse @ stack.x
        cross += np.tensordot(stack.x, product, axes=((0, 1), (0, 1)))
        right += np.tensordot(product, stack.y, axes=((0, 1), (0, 1)))
        inverses.append(inverse)
        weighted.append(product)
    coefficients = np.asarray(np.linalg.solve(cross, right), dtype=np.float64)
    residuals = [stack.y - stack.x @ coefficients for stack in model.stacks]
    pulls = [(inverse @ rest[:, :, np.newaxis])[:, :, 0] for inverse, rest in zip(inverses, residuals, strict=True)]
    q = sum(float(np.sum(pull * rest)) for pull, rest in zip(pulls, residuals, strict=True))
    value = log_determinant + q + model.k * log(2.0 * pi)
    if model.restricted:
        value += float(np.linalg.slogdet(cross)[1]) - model.p * log(2.0 * pi)
    return Solution(
        value=-0.5 * value,
        inverses=tuple(inverses),
        weighted=tuple(weighted),
        pulls=tuple(pulls),
        coefficients=coefficients,
        covariance=np.asarray(np.linalg.inv(cross), dtype=np.float64),
        q=q,
    )


def value_at(model: Blocks, theta: FloatArray) -> float:
    """Return the log-likelihood alone, minus infinity where the covariance is not positive definite.

    It needs no inverse: with L the Cholesky factors, all follows from L^-1 X and L^-1 y.
    """
    log_determinant, q = 0.0, 0.0
    cross, right = np.zeros((model.p, model.p)), np.zeros(model.p)
    for stack in model.stacks:
        try:
            root = np.asarray(
                np.linalg.cholesky(stack.v + np.tensordot(theta, stack.kernels, axes=1)), dtype=np.float64
            )
        except np.linalg.LinAlgError:
            return -np.inf
        log_determinant += 2.0 * float(np.sum(np.log(np.diagonal(root, axis1=1, axis2=2))))
        both = _solve_lower(root, np.concatenate([stack.x, stack.y[:, :, np.newaxis]], axis=2))
        flat = both.reshape(-1, model.p + 1)
        cross += flat[:, :-1].T @ flat[:, :-1]
        right += flat[:, :-1].T @ flat[:, -1]
        q += float(flat[:, -1] @ flat[:, -1])
    q -= float(right @ np.linalg.solve(cross, right))
    value = log_determinant + q + model.k * log(2.0 * pi)
    if model.restricted:
        value += float(np.linalg.slogdet(cross)[1]) - model.p * log(2.0 * pi)
    return -0.5 * value


def _solve_lower(root: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solutions of lower triangular systems, shape (b, s, n)."""
    if root.shape[1] < LARGE:
        return np.asarray(np.linalg.solve(root, right))
    # Loaded late, because few models have such blocks: scipy.linalg costs start-up time.
    from scipy.linalg.lapack import dtrtrs

    # The third argument says that the triangle is the lower one.
    return np.stack([dtrtrs(one, side, 1)[0] for one, side in zip(root, right, strict=True)])


def _factor(covariance: FloatArray) -> tuple[FloatArray, float] | None:
    """Return the inverses of a stack and the sum of their log-determinants, None if one is not positive definite."""
    try:
        root = np.linalg.cholesky(covariance)
    except np.linalg.LinAlgError:
        return None
    log_size = 2.0 * float(np.sum(np.log(np.diagonal(root, axis1=1, axis2=2))))
    if root.shape[1] < LARGE:
        inverse = np.linalg.inv(root)
        return np.swapaxes(inverse, 1, 2) @ inverse, log_size
    # Loaded late, as above; LAPACK's inverse from the Cholesky factor fills the lower triangle only (argument 1).
    from scipy.linalg.lapack import dpotri

    halves = np.stack([np.tril(dpotri(one, 1)[0]) for one in root])
    return halves + np.swapaxes(np.tril(halves, -1), 1, 2), log_size


def differentiate(model: Blocks, fit: Solution) -> Slope:
    """Return gradient, second derivatives and expected information at a solution.

    Notes
    -----
    With W the inverse covariance, P = W - W X (X'WX)^-1 X'W, and K the kernels: the REML gradient is
    (y'P K P y - tr(P K)) / 2, the second derivative tr(P K P L) / 2 - y'P K P L P y, the expected information
    tr(P K P L) / 2. For ML the traces hold W in place of P.

    References
    ----------
    Harville (1977), doi:10.1080/01621459.1977.10480998.
    """
    m, p = model.m, model.p
    squares, traces = np.zeros(m), np.zeros(m)
    doubles, quadratic = np.zeros((m, m)), np.zeros((m, m))
    single, double = np.zeros((m, p, p)), np.zeros((m, m, p, p))
    pulled = np.zeros((m, p))
    for stack, inverse, weighted, pull in zip(model.stacks, fit.inverses, fit.weighted, fit.pulls, strict=True):
        part = _one_stack(stack, inverse, weighted, pull)
        squares += part[0]
        traces += part[1]
        doubles += part[2]
        quadratic += part[3]
        single += part[4]
        double += part[5]
        pulled += part[6]
    covariance = fit.covariance
    quadratic -= pulled @ covariance @ pulled.T
    if model.restricted:
        traces = traces - np.einsum("ij,aji->a", covariance, single)
        inner = covariance @ single
        doubles = doubles - 2.0 * np.einsum("ij,abji->ab", covariance, double) + np.einsum("aij,bji->ab", inner, inner)
    information = 0.25 * (doubles + doubles.T)
    return Slope(
        gradient=0.5 * (squares - traces),
        hessian=information - 0.5 * (quadratic + quadratic.T),
        information=information,
    )


def _one_stack(
    stack: Stack, inverse: FloatArray, weighted: FloatArray, pull: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return the sums over one stack that gradient and curvature are made of."""
    m, p = stack.kernels.shape[0], weighted.shape[2]
    moved = stack.kernels @ pull[:, :, np.newaxis]
    squares = np.sum(moved[..., 0] * pull, axis=(1, 2))
    products = inverse @ stack.kernels
    traces = np.einsum("abii->a", products)
    flat = products.reshape(m, -1)
    doubles = flat @ np.swapaxes(products, 2, 3).reshape(m, -1).T
    solved = inverse @ moved
    quadratic = moved.reshape(m, -1) @ solved.reshape(m, -1).T
    turned = stack.kernels @ weighted
    columns = turned.transpose(0, 3, 1, 2).reshape(m * p, -1)
    single = (columns @ weighted.transpose(2, 0, 1).reshape(p, -1).T).reshape(m, p, p)
    after = (inverse @ turned).transpose(0, 3, 1, 2).reshape(m * p, -1)
    double = (columns @ after.T).reshape(m, p, m, p).transpose(0, 2, 1, 3)
    # The pull of the residuals on the columns: X'W K P y, one row for each kernel.
    pulled = np.einsum("bsp,absi->ap", weighted, moved)
    return squares, traces, doubles, quadratic, single, double, pulled
