"""Sampling covariances read into a symmetric positive definite matrix, and the blocks it falls into."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import LARGEST_MAGNITUDE, FloatArray, read_array, read_studies, require
from analysis.engine.dependent.errors import NotPositiveDefinite, NotSquare, NotSymmetric
from analysis.engine.errors import TooFewStudies

# Covariances come from products of standard errors: rounding makes the halves of V differ in the last digits.
SYMMETRY_TOLERANCE = 1e-12
# A correlation matrix whose smallest eigenvalue is below this leaves no digit in its inverse.
SMALLEST_EIGENVALUE = 1e-13


def read_effects(yi: ArrayLike, v: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return effects of shape (k,) and their sampling covariances, of shape (k, k) or, if independent, (k,).

    Raises
    ------
    TooFewStudies
        No effect.
    NotSquare, NotSymmetric, NotPositiveDefinite, OutOfRange, RaggedLengths
        A covariance matrix that cannot be one; a variance not above 0; as many variances as effects are needed.
    """
    matrix = read_array("v", v, dimensions=2)
    if matrix.ndim < 2:
        effects, variances = read_studies(yi, matrix)
        if effects.size == 0:
            raise TooFewStudies(needed=1, got=0)
        return effects, variances
    effects = np.atleast_1d(read_array("yi", yi))
    k = effects.size
    if k == 0:
        raise TooFewStudies(needed=1, got=0)
    if matrix.shape != (k, k):
        raise NotSquare(argument="v", shape=matrix.shape, k=k)
    diagonal = np.diag(matrix).copy()
    require("v", diagonal, diagonal > 0.0, rule="above 0 on its diagonal")
    require("v", diagonal, diagonal >= 1.0 / LARGEST_MAGNITUDE, rule="at least 1e-40 on its diagonal")
    matrix = _symmetric("v", matrix)
    check_positive_definite("v", matrix)
    return effects, matrix


def check_positive_definite(argument: str, matrix: FloatArray) -> None:
    """Refuse a symmetric matrix with a block that is not positive definite, judged by its correlations."""
    scale = 1.0 / np.sqrt(np.diag(matrix))
    labels = connect(matrix != 0.0)
    for label in np.unique(labels).tolist():
        rows = np.flatnonzero(labels == label)
        if rows.size < 2:
            continue
        block = matrix[np.ix_(rows, rows)] * scale[rows, np.newaxis] * scale[rows]
        smallest = float(np.linalg.eigvalsh(block)[0])
        if smallest < SMALLEST_EIGENVALUE * rows.size:
            raise NotPositiveDefinite(argument=argument, smallest=smallest, rows=rows.tolist())


def connect(linked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return for each row the number of the block it belongs to: rows linked directly or through others."""
    rows, columns = np.nonzero(linked)
    return merge(np.arange(linked.shape[0]), rows, columns)


def merge(labels: NDArray[np.intp], rows: NDArray[np.intp], columns: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the labels made equal along the links between rows and columns: each row gets its block's smallest."""
    while True:
        before = labels.copy()
        smaller = np.minimum(labels[rows], labels[columns])
        np.minimum.at(labels, rows, smaller)
        np.minimum.at(labels, columns, smaller)
        labels = labels[labels]
        if np.array_equal(before, labels):
            return labels


def _symmetric(argument: str, matrix: FloatArray) -> FloatArray:
    """Return the mean of a matrix and its transpose, which may differ by rounding only."""
    size = np.sqrt(np.abs(np.diag(matrix)))
    allowed = SYMMETRY_TOLERANCE * np.outer(size, size)
    bad = np.abs(matrix - matrix.T) > allowed
    if bad.any():
        row, column = (int(index) for index in np.argwhere(bad)[0])
        above, below = float(matrix[row, column]), float(matrix[column, row])
        raise NotSymmetric(argument=argument, row=row, column=column, above=above, below=below)
    return np.asarray(0.5 * (matrix + matrix.T))
