"""How near two different answers count as agreement: 1 for the same, less the further they are apart.

References
----------
Linear: Cicchetti and Allison (1971), doi:10.1080/00029238.1971.11080840. Quadratic: Fleiss and Cohen (1973),
doi:10.1177/001316447303300309. Ordinal: Gwet (2014), Handbook of inter-rater reliability, 4th edition, chapter 3.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.engine.agreement.ratings import Ratings
from analysis.engine.arrays import FloatArray, read_array, require, require_option
from analysis.engine.errors import InvalidInput

AGREEMENT_WEIGHTS = ("identity", "linear", "quadratic", "ordinal")
OWN = "own"


def read_weights(ratings: Ratings, weights: str | Sequence[Sequence[float]]) -> tuple[FloatArray, str]:
    """Return the weights of each two categories, shape (q, q), and their name.

    Parameters
    ----------
    weights : {"identity", "linear", "quadratic", "ordinal"} or a symmetric matrix with 1 on its diagonal; linear and
        quadratic use the categories' numbers, or their places where they are words

    Raises
    ------
    InvalidInput
        An unknown name; an order of words that nobody gave; a matrix of another size, not symmetric, outside [0, 1].
    """
    if not isinstance(weights, str):
        return _read_own(weights, size=len(ratings.categories)), OWN
    require_option("weights", weights, AGREEMENT_WEIGHTS)
    size = len(ratings.categories)
    if weights == "identity" or size < 2:
        return np.eye(size), weights
    scores = ratings.scores
    if scores is None:
        if not ratings.has_order:
            raise InvalidInput("categories", f"{weights} weights need the categories in their order")
        scores = np.arange(size, dtype=np.float64)
    places = np.arange(size, dtype=np.float64)
    gap = np.abs(np.subtract.outer(scores, scores)) / np.ptp(scores)
    if weights == "linear":
        return 1.0 - gap, weights
    if weights == "quadratic":
        return 1.0 - gap**2, weights
    steps = np.abs(np.subtract.outer(places, places))
    return 1.0 - (steps + 1.0) * steps / (size * (size - 1.0)), weights


def _read_own(weights: Sequence[Sequence[float]], *, size: int) -> FloatArray:
    """Return a matrix of weights that a caller gives."""
    matrix = read_array("weights", weights, dimensions=2)
    if matrix.shape != (size, size):
        raise InvalidInput("weights", f"weights must have {size} rows and columns, one for each category")
    require("weights", matrix, (matrix >= 0.0) & (matrix <= 1.0), rule="between 0 and 1")
    if not (np.diagonal(matrix) == 1.0).all() or not (matrix == matrix.T).all():
        raise InvalidInput("weights", "weights must be symmetric, with 1 on the diagonal")
    return matrix
