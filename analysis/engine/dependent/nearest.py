"""The correlation matrix nearest to a symmetric matrix."""

from __future__ import annotations

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged

# The alternation ends when no correlation moves by more than this.
TOLERANCE = 1e-12
MAX_ITERATIONS = 50_000
# Smallest eigenvalue allowed, as a share of the largest: the nearest matrix itself is singular.
LEAST_SHARE = 1e-8


def nearest_correlation(matrix: FloatArray) -> FloatArray:
    """Return the positive definite correlation matrix nearest to `matrix` in the Frobenius norm.

    Raises
    ------
    NotConverged
        50,000 alternations were not enough.

    Notes
    -----
    Projections on the semidefinite matrices (with Dykstra's correction) and on those with a unit diagonal alternate.
    Eigenvalues below 1e-8 of the largest are then lifted to it and the diagonal is scaled back to 1.

    References
    ----------
    Higham (2002), doi:10.1093/imanum/22.3.329.
    """
    current, correction = matrix.copy(), np.zeros_like(matrix)
    for _ in range(MAX_ITERATIONS):
        shifted = current - correction
        values, vectors = np.linalg.eigh(shifted)
        projected = (vectors * np.maximum(values, 0.0)) @ vectors.T
        correction = projected - shifted
        following = projected.copy()
        np.fill_diagonal(following, 1.0)
        change = float(np.max(np.abs(following - current)))
        current = following
        if change <= TOLERANCE:
            return _lift(current)
    raise NotConverged(what="the nearest correlation matrix", iterations=MAX_ITERATIONS)


def _lift(matrix: FloatArray) -> FloatArray:
    """Return the matrix with eigenvalues of at least 1e-8 of the largest, ones on its diagonal."""
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    lifted = (vectors * np.maximum(values, LEAST_SHARE * values[-1])) @ vectors.T
    scale = 1.0 / np.sqrt(np.diag(lifted))
    found = lifted * np.outer(scale, scale)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)
