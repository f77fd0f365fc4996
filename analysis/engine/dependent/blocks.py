"""Effects sorted into blocks that are independent of each other, blocks of one size stacked together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import frexp, log

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.dependent.covariance import merge
from analysis.engine.dependent.design import Design
from analysis.engine.dependent.labels import Levels

# Given rows of shape (blocks, size), returns kernels of shape (components, blocks, size, size).
Kernels = Callable[[NDArray[np.intp]], FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Blocks of one size s, b of them.

    Attributes
    ----------
    rows : array of shape (b, s)  which effects
    y, x : arrays of shape (b, s) and (b, s, p)  effects and columns of the design
    v : array of shape (b, s, s)  sampling covariances
    kernels : array of shape (m, b, s, s)  what each variance component is multiplied with
    """

    rows: NDArray[np.intp]
    y: FloatArray
    x: FloatArray
    v: FloatArray
    kernels: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """A linear mixed model with covariance V + sum of theta[a] * kernel[a], in convenient units.

    Attributes
    ----------
    stacks : the blocks
    k, p, m : number of effects, coefficients and variance components
    unit : power of two by which the effects were divided; variances by its square
    start : array of shape (p,)  coefficients that were taken off the effects
    back : array of shape (p, p)  takes coefficients of the orthonormal columns back to those of the design
    restricted : True for REML, False for ML
    """

    stacks: tuple[Stack, ...]
    k: int
    p: int
    m: int
    unit: float
    start: FloatArray
    back: FloatArray
    restricted: bool

    @property
    def offset(self) -> float:
        """Return what the log-likelihood gains by the unit."""
        return (self.k - self.p if self.restricted else self.k) * log(self.unit)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a fitted model is made of, for functions that go on from it; in the units of the effects.

    Attributes
    ----------
    yi, v : effects and their sampling variances (k,) or covariances (k, k)
    design : the design matrix
    factors : the groupings of the model
    correlating : those within which it correlates effects, because their variance is not 0
    theta : array of shape (m,)  what the kernels are multiplied with
    fixed : array of shape (m,)  given values of theta, NaN where estimated
    kernels : returns the kernels of some rows
    model : the effects in blocks
    """

    yi: FloatArray
    v: FloatArray
    design: Design
    factors: tuple[Levels, ...]
    correlating: tuple[Levels, ...]
    theta: FloatArray
    fixed: FloatArray
    kernels: Kernels
    model: Blocks

    def marginal(self, rows: NDArray[np.intp]) -> FloatArray:
        """Return the covariances of the effects in blocks of rows, shape (blocks, size, size)."""
        return np.asarray(take_blocks(self.v, rows) + np.tensordot(self.theta, self.kernels(rows), axes=1))


def build(
    yi: FloatArray,
    v: FloatArray,
    x: FloatArray,
    *,
    kernels: Kernels,
    m: int,
    linked: list[Levels],
    restricted: bool,
) -> Blocks:
    """Return the model in blocks.

    Parameters
    ----------
    yi, v, x : arrays of shape (k,), (k,) or (k, k), (k, p)
    kernels : returns the kernels of some rows
    m : number of variance components
    linked : groupings within which effects are correlated by the model
    restricted : True for REML, False for ML

    Notes
    -----
    The least-squares fit is taken off the effects and the columns are made orthonormal, so that offsets of effects and
    moderators cost no digits; the unit is a power of two, so that it costs none either.
    """
    k, p = x.shape
    diagonal = v if v.ndim == 1 else np.diag(v)
    unit = 2.0 ** (frexp(float(np.median(diagonal)))[1] // 2)
    orthonormal, triangle = np.linalg.qr(x)
    start = orthonormal.T @ (yi / unit)
    residuals = yi / unit - orthonormal @ start
    correction = orthonormal.T @ residuals
    start, residuals = start + correction, residuals - orthonormal @ correction
    stacks = tuple(
        Stack(
            rows=rows, y=residuals[rows], x=orthonormal[rows], v=take_blocks(v, rows) / unit**2, kernels=kernels(rows)
        )
        for rows in group_rows(v, linked=linked, k=k)
    )
    back = np.asarray(np.linalg.inv(triangle), dtype=np.float64)
    return Blocks(stacks=stacks, k=k, p=p, m=m, unit=unit, start=start, back=back, restricted=restricted)


def group_rows(v: FloatArray, *, linked: list[Levels], k: int) -> list[NDArray[np.intp]]:
    """Return the rows of the independent blocks as arrays of shape (blocks, size), one for each size."""
    labels = np.arange(k)
    every = np.arange(k)
    rows, columns = [every], [every]
    for levels in linked:
        first = np.full(levels.count, k)
        np.minimum.at(first, levels.codes, every)
        rows.append(every)
        columns.append(first[levels.codes])
    if v.ndim == 2:
        above, below = np.nonzero(v)
        rows.append(above)
        columns.append(below)
    labels = merge(labels, np.concatenate(rows), np.concatenate(columns))
    order = np.argsort(labels, kind="stable")
    sizes = np.unique(labels, return_counts=True)[1]
    ends = np.cumsum(sizes)
    return [order[(ends[sizes == size] - size)[:, np.newaxis] + np.arange(size)] for size in np.unique(sizes).tolist()]


def take_blocks(v: FloatArray, rows: NDArray[np.intp]) -> FloatArray:
    """Return the covariances of blocks, shape (blocks, size, size), from variances (k,) or a matrix (k, k)."""
    if v.ndim == 2:
        return np.asarray(v[rows[:, :, np.newaxis], rows[:, np.newaxis, :]])
    return np.asarray(v[rows][:, :, np.newaxis] * np.eye(rows.shape[1]))
