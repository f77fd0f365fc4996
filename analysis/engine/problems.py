"""Many meta-analyses side by side, and the sums of each at a given tau2.

One kernel serves every refit: a study that is out has the variance infinity, that is the weight 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray

# Weights that differ by more than this factor: sums of their squares and cubes begin to cancel.
UNEQUAL = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Problems:
    """b problems of up to k studies that share one design.

    Attributes
    ----------
    yi : array of shape (b, k)  effects less `shift`; 0 for a study that is out
    vi : array of shape (b, k)  sampling variances; infinite for a study that is out
    X : array of shape (k, p)  columns that span the design and are orthogonal; a column of ones for a mean
    back : array of shape (p, p)  turns coefficients of X into coefficients of the design
    products : array of shape (k, p (p + 1) / 2)  products of the columns of X, row by row of the upper triangle
    count : int array of shape (b,)  studies that are in
    shift : array of shape (b,)  taken off the effects, added to the first coefficient again
    is_mean : whether the design is the column of ones
    widest : a bound of the ratio of the variances in each problem
    """

    yi: FloatArray
    vi: FloatArray
    X: FloatArray
    back: FloatArray
    products: FloatArray
    count: NDArray[np.intp]
    shift: FloatArray
    is_mean: bool
    widest: float

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return int(self.X.shape[1])

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Problems:
        """Return some of the problems; a row may be taken more than once."""
        return Problems(
            yi=self.yi[rows],
            vi=self.vi[rows],
            X=self.X,
            back=self.back,
            products=self.products,
            count=self.count[rows],
            shift=self.shift[rows],
            is_mean=self.is_mean,
            widest=self.widest,
        )

    def freedom(self) -> FloatArray:
        """Return the degrees of freedom of Q, studies less coefficients, shape (b,)."""
        return np.asarray(self.count - self.p, dtype=np.float64)

    def included(self) -> NDArray[np.bool_]:
        """Return which studies are in, shape (b, k)."""
        return np.isfinite(self.vi)


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """What the likelihoods and moment estimators need of a problem at one tau2, arrays of shape (b,).

    With W = diag(1 / (vi + tau2)) and P = W - W X (X'WX)^-1 X'W.

    Attributes
    ----------
    beta : array of shape (b, p)  coefficients (effects less `shift`)
    inverse : array of shape (b, p, p)  (X'WX)^-1
    q : y'Py, the weighted residual sum of squares
    ypp, yppp : y'PPy and y'PPPy
    weight, squares : tr(W) and tr(WW)
    trace, trace_squares : tr(P) and tr(PP)
    """

    beta: FloatArray
    inverse: FloatArray
    q: FloatArray
    ypp: FloatArray
    yppp: FloatArray
    weight: FloatArray
    squares: FloatArray
    trace: FloatArray
    trace_squares: FloatArray

    def take(self, rows: NDArray[np.intp]) -> Moments:
        """Return those of some problems."""
        return Moments(*(getattr(self, name)[rows] for name in Moments.__slots__))

    def put(self, rows: NDArray[np.intp], values: Moments) -> None:
        """Put the values of some problems in the place of what they were."""
        for name in Moments.__slots__:
            getattr(self, name)[rows] = getattr(values, name)


def set_up(yi: FloatArray, vi: FloatArray, X: FloatArray | None = None) -> Problems:
    """Return problems from effects and variances of shape (b, k), infinite variances for studies that are out.

    Parameters
    ----------
    X : None for a mean, or a design of shape (k, p); a common offset of the effects is taken off where its first column
        is ones
    """
    b, k = yi.shape
    is_in, one = np.isfinite(vi), np.ones(k)
    is_full = bool(is_in.all())
    count = np.full(b, k) if is_full else (is_in @ one).astype(np.intp)
    centred = yi if is_full else np.where(is_in, yi, 0.0)
    shift = np.zeros(b)
    if X is None or np.all(X[:, 0] == 1.0):
        shift = np.add.reduce(centred, axis=1) / np.maximum(count, 1)
        centred = centred - shift[:, np.newaxis]
        if not is_full:
            centred *= is_in
    if X is None:
        basis = products = one[:, np.newaxis]
        back = np.ones((1, 1))
    else:
        basis, back = orthogonal_basis(X)
        upper = np.triu_indices(basis.shape[1])
        products = np.ascontiguousarray(basis[:, upper[0]] * basis[:, upper[1]])
    return Problems(
        yi=centred,
        vi=vi,
        X=basis,
        back=back,
        products=products,
        count=count,
        shift=shift,
        is_mean=X is None,
        widest=float((vi if is_full else np.where(is_in, vi, 0.0)).max()) / float(vi.min()),
    )


def orthogonal_basis(X: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return orthogonal columns of length sqrt(k) that span those of X, and what turns their coefficients into X's.

    X'WX of calendar years beside an intercept has a condition number of 1e12: solved as it stands it costs 8 digits.
    """
    if X.shape[1] == 1:
        return X, np.eye(1)
    columns, triangle = np.linalg.qr(X)
    size = sqrt(X.shape[0])
    return columns * size, np.linalg.inv(triangle) * size


def moments(problems: Problems, tau2: FloatArray) -> Moments:
    """Return the sums of each problem at its own tau2, shape (b,)."""
    wi = problems.vi + tau2[:, np.newaxis]
    np.divide(1.0, wi, out=wi)  # in place here and below: fresh memory costs more than the arithmetic
    return _mean_moments(problems, wi) if problems.is_mean else _design_moments(problems, wi)


def _mean_moments(problems: Problems, wi: FloatArray) -> Moments:
    """Return the sums where the design is a column of ones."""
    one = problems.X[:, 0]
    weight = wi @ one
    centre = np.vecdot(wi, problems.yi) / weight
    scratch = problems.yi - centre[:, np.newaxis]
    pulls = scratch * wi
    q, pull = np.vecdot(pulls, scratch), np.vecdot(pulls, wi)
    np.multiply(pulls, pulls, out=scratch)
    ypp, cubed = scratch @ one, np.vecdot(scratch, wi)
    np.multiply(wi, wi, out=scratch)
    squares, cubes = scratch @ one, np.vecdot(scratch, wi)
    share = squares / weight
    return Moments(
        beta=centre[:, np.newaxis],
        inverse=(1.0 / weight)[:, np.newaxis, np.newaxis],
        q=q,
        ypp=ypp,
        yppp=cubed - pull**2 / weight,
        weight=weight,
        squares=squares,
        trace=weight - share,
        trace_squares=squares - 2.0 * cubes / weight + share * share,
    )


def _design_moments(problems: Problems, wi: FloatArray) -> Moments:
    """Return the sums for any design."""
    X, one = problems.X, np.ones(problems.X.shape[0])
    inverse = _invert(square_of(problems, wi))
    scratch = wi * problems.yi
    beta = _apply(inverse, scratch @ X)
    np.subtract(problems.yi, beta @ X.T, out=scratch)
    pulls = scratch * wi
    q, ypp = np.vecdot(pulls, scratch), np.vecdot(pulls, pulls)
    np.multiply(pulls, wi, out=scratch)
    pull, cubed = scratch @ X, np.vecdot(scratch, pulls)
    np.multiply(wi, wi, out=scratch)
    weight, squares = wi @ one, scratch @ one
    once = inverse @ square_of(problems, scratch)
    scratch *= wi
    twice = square_of(problems, scratch)
    flat = (weight.size, X.shape[1] ** 2)
    crossed, turned = np.vecdot(inverse.reshape(flat), twice.reshape(flat)), once.transpose(0, 2, 1)
    return Moments(
        beta=beta,
        inverse=inverse,
        q=q,
        ypp=ypp,
        yppp=cubed - np.vecdot(pull, _apply(inverse, pull)),
        weight=weight,
        squares=squares,
        trace=weight - np.trace(once, axis1=1, axis2=2),
        trace_squares=squares - 2.0 * crossed + np.vecdot(once.reshape(flat), turned.reshape(flat)),
    )


def _apply(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the product of each matrix and its vector."""
    return np.asarray((matrices @ vectors[:, :, np.newaxis])[:, :, 0])


def _invert(square: FloatArray) -> FloatArray:
    """Return the inverse of each matrix; two by two, as most are, in closed form."""
    if square.shape[1] != 2:
        return np.asarray(np.linalg.inv(square), dtype=np.float64)
    first, crossed, second = square[:, 0, 0], square[:, 0, 1], square[:, 1, 1]
    determinant = first * second - crossed * crossed
    if not (determinant > 0.0).all():
        raise np.linalg.LinAlgError("Singular matrix")
    inverse = np.empty_like(square)
    inverse[:, 0, 0], inverse[:, 1, 1] = second / determinant, first / determinant
    inverse[:, 0, 1] = inverse[:, 1, 0] = -crossed / determinant
    return inverse


def inverse_of(problems: Problems, vi: FloatArray, tau2: FloatArray) -> FloatArray:
    """Return (X'WX)^-1 of each problem at its own tau2 with the variances `vi`, shape (b, p, p)."""
    square = square_of(problems, 1.0 / (vi + tau2[:, np.newaxis]))
    return 1.0 / square if problems.is_mean else _invert(square)


def square_of(problems: Problems, wi: FloatArray) -> FloatArray:
    """Return X' diag(wi) X of each problem, shape (b, p, p)."""
    p, packed = problems.p, wi @ problems.products
    if p == 1:
        return packed[:, :, np.newaxis]
    filled = np.empty((wi.shape[0], p, p))
    for place, (row, column) in enumerate(combinations_with_replacement(range(p), 2)):
        filled[:, row, column] = filled[:, column, row] = packed[:, place]
    return filled


def traces(problems: Problems, values: Moments, tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return tr(P) and tr(PP) at tau2, to full precision also where one study outweighs the others.

    The sums in `values` lose digits with the square of the ratio of the weights: with 1e4 half of them.
    """
    if problems.widest <= UNEQUAL:
        return values.trace, values.trace_squares
    marginal = problems.vi + tau2[:, np.newaxis]
    least = np.min(marginal, axis=1)
    most = np.max(np.where(np.isfinite(marginal), marginal, 0.0), axis=1)
    rows = np.flatnonzero((most > UNEQUAL * least) & (problems.count > problems.p))
    if not rows.size:
        return values.trace, values.trace_squares
    trace, squares = values.trace.copy(), values.trace_squares.copy()
    exact = _mean_traces if problems.is_mean else _design_traces
    trace[rows], squares[rows] = exact(problems, 1.0 / marginal[rows])
    return trace, squares


def _mean_traces(problems: Problems, wi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return tr(P) and tr(PP) with the heaviest study kept apart, in units of its weight, so that nothing cancels."""
    heaviest = np.argmax(wi, axis=1)[:, np.newaxis]
    unit = np.take_along_axis(wi, heaviest, axis=1)
    others = wi / unit
    np.put_along_axis(others, heaviest, 0.0, axis=1)
    first, second, fourth = (np.sum(others**power, axis=1) for power in (1, 2, 4))
    total = 1.0 + first
    own = others * (1.0 - others / total[:, np.newaxis])
    trace = first / total + np.sum(own, axis=1)
    squares = (first / total) ** 2 + np.sum(own**2, axis=1) + (2.0 * second + second**2 - fourth) / total**2
    return unit[:, 0] * trace, unit[:, 0] ** 2 * squares


def _design_traces(problems: Problems, wi: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return tr(P) and tr(PP) from P = L (I - H) L, L = diag(sqrt(wi)), with the projection H by orthogonal columns."""
    trace, squares = np.empty(wi.shape[0]), np.empty(wi.shape[0])
    for row, weights in enumerate(wi):  # only problems with very unequal weights come here
        root = np.sqrt(weights)
        columns = np.linalg.qr(root[:, np.newaxis] * problems.X)[0]
        left = np.eye(root.size) - columns @ columns.T
        left = left @ left
        projected = root[:, np.newaxis] * left * root
        trace[row], squares[row] = np.trace(projected), np.sum(projected**2)
    return trace, squares
