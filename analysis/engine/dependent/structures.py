"""Structures of the covariance of true effects between outcomes, as functions of their parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray

STRUCTURES = ("UN", "CS", "HCS", "DIAG", "ID", "AR", "HAR")
# Structures with one correlation, and those in which all outcomes share one variance.
ONE_CORRELATION = ("CS", "HCS", "AR", "HAR")
ONE_VARIANCE = ("ID", "CS", "AR")


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """The covariance matrix at some parameters.

    Attributes
    ----------
    g : array of shape (q, q)
    first : array of shape (n, q, q)  derivatives
    second : array of shape (n, n, q, q)  second derivatives
    """

    g: FloatArray
    first: FloatArray
    second: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Structure:
    """A family of covariance matrices of q outcomes, all of them positive semidefinite.

    Attributes
    ----------
    name : {"UN", "CS", "HCS", "DIAG", "ID", "AR", "HAR"}
    least, most : arrays of shape (n,)  box of the parameters
    shape : returns the matrix and its derivatives
    start : returns the parameters for variances of shape (q,) and a correlation
    count : number of parameters that a covariance matrix of this family has
    """

    name: str
    least: FloatArray
    most: FloatArray
    shape: Callable[[FloatArray], Shape]
    start: Callable[[FloatArray, float], FloatArray]
    count: int


def structure(name: str, *, q: int) -> Structure:
    """Return a structure for q outcomes.

    Notes
    -----
    Where the covariance is linear in variances (ID, DIAG) or in eigenvalues (CS) these are the parameters; UN has a
    Cholesky factor, HCS, AR and HAR have standard deviations (AR: the variance) and the correlation. Ends of the boxes
    are the covariance matrices that are only just possible; the correlation of CS and HCS is at least -1 / (q - 1).
    """
    if name in {"ID", "DIAG", "CS"}:
        return _linear(name, q=q)
    if name == "UN":
        return unstructured(q, order=np.arange(q))
    return _one_variance(q) if name == "AR" else _many_variances(name, q=q)


def correlate(q: int, rho: float) -> FloatArray:
    """Return the q x q matrix with ones on and `rho` off the diagonal."""
    return np.asarray((1.0 - rho) * np.eye(q) + rho)


def _linear(name: str, *, q: int) -> Structure:
    """Return a structure that is a sum of known matrices times parameters of at least 0."""
    mean = np.full((q, q), 1.0 / q)
    if name == "ID":
        basis = np.eye(q)[np.newaxis]
    elif name == "DIAG":
        basis = np.stack([np.diag(row) for row in np.eye(q)])
    else:
        basis = np.stack([np.eye(q) - mean, mean])
    n = basis.shape[0]

    def start(tau2: FloatArray, rho: float) -> FloatArray:
        """Return eigenvalues for CS, variances for the others."""
        typical = float(np.mean(tau2))
        if name == "CS":
            return typical * np.array([1.0 - rho, 1.0 + (q - 1) * rho])
        return tau2.copy() if name == "DIAG" else np.array([typical])

    return Structure(
        name=name,
        least=np.zeros(n),
        most=np.full(n, inf),
        shape=lambda at: Shape(g=np.tensordot(at, basis, axes=1), first=basis, second=np.zeros((n, n, q, q))),
        start=start,
        count=n,
    )


def unstructured(q: int, *, order: NDArray[np.intp]) -> Structure:
    """Return all covariance matrices, as L L' with L lower triangular when the outcomes stand in `order`."""
    positions, columns = np.tril_indices(q)
    rows = order[positions]
    n = rows.size
    basis = np.zeros((n, q, q))
    basis[np.arange(n), rows, columns] = 1.0
    halves = np.einsum("aij,bkj->abik", basis, basis)
    second = halves + np.swapaxes(halves, 2, 3)

    def shape(at: FloatArray) -> Shape:
        """Return L L' and its derivatives."""
        factor = np.tensordot(at, basis, axes=1)
        half = basis @ factor.T
        return Shape(g=factor @ factor.T, first=half + np.swapaxes(half, 1, 2), second=second)

    def start(tau2: FloatArray, rho: float) -> FloatArray:
        """Return the Cholesky factor."""
        tau = np.sqrt(tau2)
        ordered = (correlate(q, rho) * np.outer(tau, tau))[np.ix_(order, order)]
        return np.asarray(np.linalg.cholesky(ordered)[positions, columns])

    return Structure(name="UN", least=np.full(n, -inf), most=np.full(n, inf), shape=shape, start=start, count=n)


def _autoregressive(q: int, rho: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return rho to the power of the distance of the outcomes, and its two derivatives."""
    lag = np.abs(np.arange(q)[:, np.newaxis] - np.arange(q)).astype(np.float64)
    first = np.where(lag >= 1, lag * rho ** np.maximum(lag - 1, 0), 0.0)
    second = np.where(lag >= 2, lag * (lag - 1) * rho ** np.maximum(lag - 2, 0), 0.0)
    return rho**lag, first, second


def _one_variance(q: int) -> Structure:
    """Return AR: tau2 times rho to the power of the distance."""

    def shape(at: FloatArray) -> Shape:
        """Return the matrix at (tau2, rho)."""
        r, dr, ddr = _autoregressive(q, float(at[1]))
        zero = np.zeros((q, q))
        return Shape(
            g=at[0] * r,
            first=np.stack([r, at[0] * dr]),
            second=np.stack([np.stack([zero, dr]), np.stack([dr, at[0] * ddr])]),
        )

    return Structure(
        name="AR",
        least=np.array([0.0, -1.0]),
        most=np.array([inf, 1.0]),
        shape=shape,
        start=lambda tau2, rho: np.array([float(np.mean(tau2)), rho]),
        count=2,
    )


def _many_variances(name: str, *, q: int) -> Structure:
    """Return HCS or HAR: tau_i tau_j times a correlation with one parameter."""

    def correlation(rho: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the correlation matrix and its two derivatives."""
        if name == "HAR":
            return _autoregressive(q, rho)
        return correlate(q, rho), 1.0 - np.eye(q), np.zeros((q, q))

    def shape(at: FloatArray) -> Shape:
        """Return the matrix at (tau_1, ..., tau_q, rho)."""
        tau = at[:q]
        r, dr, ddr = correlation(float(at[q]))
        unit = np.eye(q)
        sides = np.einsum("ai,j->aij", unit, tau)
        sides = sides + np.swapaxes(sides, 1, 2)
        both = np.einsum("ai,bj->abij", unit, unit)
        both = both + np.swapaxes(both, 2, 3)
        second = np.zeros((q + 1, q + 1, q, q))
        second[:q, :q] = both * r
        second[:q, q] = second[q, :q] = sides * dr
        second[q, q] = np.outer(tau, tau) * ddr
        return Shape(
            g=np.outer(tau, tau) * r,
            first=np.concatenate([sides * r, (np.outer(tau, tau) * dr)[np.newaxis]]),
            second=second,
        )

    least = -1.0 if name == "HAR" else -1.0 / (q - 1)
    return Structure(
        name=name,
        least=np.concatenate([np.zeros(q), [least]]),
        most=np.concatenate([np.full(q, inf), [1.0]]),
        shape=shape,
        start=lambda tau2, rho: np.concatenate([np.sqrt(tau2), [rho]]),
        count=q + 1,
    )
