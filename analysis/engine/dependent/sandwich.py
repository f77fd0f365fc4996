"""The sandwich covariance of weighted least squares, its small-sample adjustments and its degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import UndefinedResult

# Directions of the adjusted residuals with less than this share of the working variance are left out: there the
# coefficients leave a cluster no residual.
NULL_SHARE = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Clusters of one size s, b of them.

    Attributes
    ----------
    rows : array of shape (b, s)  which effects
    w, target : arrays of shape (b, s, s)  weights, and covariances of the working model
    """

    rows: NDArray[np.intp]
    w: FloatArray
    target: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Sandwich:
    """Weighted least squares with a robust covariance and the moments of that under the working model.

    Attributes
    ----------
    estimate, covariance : arrays of shape (p,) and (p, p)
    back : array of shape (p, p)  takes coefficients of orthonormal columns to those of the design
    own, direct, moved : arrays of shape (J, p, p)  with a_j = A_j' W_j X_j B these are a_j' T_j a_j, X_j' a_j and
        X_j' W_j T_j a_j
    bread, middle : arrays of shape (p, p)  B = (X'WX)^-1, and B X'WTWX B; these and the three above are in terms of
        orthonormal columns X
    """

    estimate: FloatArray
    covariance: FloatArray
    back: FloatArray
    own: FloatArray
    direct: FloatArray
    moved: FloatArray
    bread: FloatArray
    middle: FloatArray

    def pairs(self, constraints: FloatArray) -> FloatArray:
        """Return the products g_sj' T g_tk, shape (q, q, J, J), from which the moments of q robust variances follow.

        The robust variance of a constraint is the sum over clusters of (g_j' y)**2; T is the working covariance.
        """
        inner = constraints @ self.back
        direct, moved = self.direct @ inner.T, self.moved @ inner.T
        own = inner @ self.own @ inner.T
        crossed = _products(moved, self.bread, direct)
        found = _products(direct, self.middle, direct) - crossed - crossed.transpose(1, 0, 3, 2)
        every = np.arange(own.shape[0])
        found[:, :, every, every] += own.transpose(1, 2, 0)
        return found


def _products(left: FloatArray, between: FloatArray, right: FloatArray) -> FloatArray:
    """Return left_j[:, s]' between right_k[:, t] as an array of shape (q, q, J, J)."""
    count, p, q = left.shape
    sides = left.transpose(2, 0, 1).reshape(q * count, p) @ between @ right.transpose(1, 2, 0).reshape(p, q * count)
    return np.ascontiguousarray(sides.reshape(q, count, q, count).transpose(0, 2, 1, 3))


def weigh_clusters(yi: FloatArray, x: FloatArray, stacks: list[Stack], *, adjusted: bool) -> Sandwich:
    """Return the weighted regression with its sandwich covariance.

    Parameters
    ----------
    yi, x : arrays of shape (k,) and (k, p)
    stacks : the clusters
    adjusted : True for CR2, False for CR0

    """
    columns, triangle = np.linalg.qr(x)
    start = columns.T @ yi
    rest = yi - columns @ start
    p = x.shape[1]
    cross, right, meat = np.zeros((p, p)), np.zeros(p), np.zeros((p, p))
    for stack in stacks:
        part = columns[stack.rows]
        weighted = stack.w @ part
        cross += np.tensordot(part, weighted, axes=((0, 1), (0, 1)))
        right += np.tensordot(weighted, rest[stack.rows], axes=((0, 1), (0, 1)))
        meat += np.tensordot(weighted, stack.target @ weighted, axes=((0, 1), (0, 1)))
    bread = np.asarray(np.linalg.inv(cross), dtype=np.float64)
    step = np.linalg.solve(cross, right)
    residuals = rest - columns @ step
    middle = bread @ meat @ bread
    shares, own, direct, moved = [], [], [], []
    for stack in stacks:
        part = columns[stack.rows]
        a = stack.w @ part @ bread
        if adjusted:
            a = np.swapaxes(_adjust(stack, part, bread, middle), 1, 2) @ a
        turned = stack.target @ a
        shares.append(np.einsum("bsp,bs->bp", a, residuals[stack.rows]))
        own.append(np.swapaxes(a, 1, 2) @ turned)
        direct.append(np.swapaxes(part, 1, 2) @ a)
        moved.append(np.swapaxes(stack.w @ part, 1, 2) @ turned)
    back = np.linalg.inv(triangle)
    share = np.concatenate(shares) @ back.T
    return Sandwich(
        estimate=back @ (start + step),
        covariance=share.T @ share,
        back=back,
        own=np.concatenate(own),
        direct=np.concatenate(direct),
        moved=np.concatenate(moved),
        bread=bread,
        middle=middle,
    )


def _adjust(stack: Stack, part: FloatArray, bread: FloatArray, middle: FloatArray) -> FloatArray:
    """Return the adjustment matrices A_j of CR2, shape (b, s, s).

    A_j = D_j' G_j^(-1/2) D_j with T_j = D_j' D_j (Cholesky), G_j = D_j S_j D_j' and S_j the covariance of the residuals
    of cluster j under the working model; G_j^(-1/2) is the symmetric root of the Moore-Penrose inverse.

    References
    ----------
    Pustejovsky and Tipton (2018), doi:10.1080/07350015.2016.1247004.
    """
    upper = np.swapaxes(np.linalg.cholesky(stack.target), 1, 2)
    turned = np.swapaxes(part, 1, 2)
    hat = part @ bread @ turned @ stack.w @ stack.target
    left = stack.target - hat - np.swapaxes(hat, 1, 2) + part @ middle @ turned
    inner = upper @ left @ np.swapaxes(upper, 1, 2)
    whole = np.einsum("bij,bjk,bik->bi", upper, stack.target, upper)
    values, vectors = np.linalg.eigh(0.5 * (inner + np.swapaxes(inner, 1, 2)))
    kept = values > NULL_SHARE * whole.max(axis=1, keepdims=True)
    roots = np.where(kept, 1.0 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    power = vectors @ (roots[:, :, np.newaxis] * np.swapaxes(vectors, 1, 2))
    return np.asarray(np.swapaxes(upper, 1, 2) @ power @ upper)


def satterthwaite(fit: Sandwich) -> FloatArray:
    """Return the degrees of freedom of each coefficient's t test, shape (p,), at a covariance of the working model.

    References
    ----------
    Satterthwaite (1946), doi:10.2307/3002019; Bell and McCaffrey (2002), Survey Methodology 28, 169-181.
    """
    found = []
    for row in np.eye(fit.estimate.size):
        products = fit.pairs(row[np.newaxis])[0, 0]
        squares = float(np.sum(products**2))
        if squares == 0.0:
            raise UndefinedResult(what="the degrees of freedom", why="the robust variance is 0 under the working model")
        found.append(float(np.trace(products)) ** 2 / squares)
    return np.array(found)


def hotelling_df(fit: Sandwich, constraints: FloatArray) -> float:
    """Return the degrees of freedom of the approximate Hotelling test of q constraints ("HTZ").

    References
    ----------
    Tipton and Pustejovsky (2015), doi:10.3102/1076998615606099.
    """
    products = fit.pairs(constraints)
    q = constraints.shape[0]
    expected = np.trace(products, axis1=2, axis2=3)
    values, vectors = np.linalg.eigh(0.5 * (expected + expected.T))
    if values[0] <= NULL_SHARE * values[-1]:
        raise UndefinedResult(
            what="the joint test", why=f"the {q} constraints do not vary independently under the working model"
        )
    root = vectors @ (vectors.T / np.sqrt(values)[:, np.newaxis])
    standard = np.einsum("as,stjk,tb->abjk", root, products, root, optimize=True)
    own = np.einsum("ssjk->sjk", standard)
    total = float(np.einsum("sjk,tjk->", own, own, optimize=True))
    total += float(np.sum(standard * standard.transpose(1, 0, 2, 3)))
    return float(q * (q + 1) / total)
