"""Cohen's kappa of two raters, plain and weighted, with its large-sample variance.

References
----------
Cohen (1960), doi:10.1177/001316446002000104; Cohen (1968), doi:10.1037/h0026256 (weights). Variance: Fleiss, Cohen and
Everitt (1969), doi:10.1037/h0028106, as the variance of the cells' influences, which does not cancel.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.engine.agreement.ratings import Answer, Answers, read_ratings, require_two_raters
from analysis.engine.agreement.result import Agreement, above_chance, interval
from analysis.engine.agreement.weights import read_weights
from analysis.engine.arrays import FloatArray, read_level

WHAT = "Cohen's kappa"


def cohen_kappa(
    ratings: Answers,
    *,
    weights: str | Sequence[Sequence[float]] = "identity",
    categories: Sequence[Answer] | None = None,
    level: float = 0.95,
) -> Agreement:
    """Return Cohen's kappa of two raters, over the items that both answered; the interval is normal.

    Parameters
    ----------
    ratings : items, each a sequence of two answers; None or NaN where a rater gave none
    weights : {"identity", "linear", "quadratic", "ordinal"} or a symmetric matrix of agreement with 1 on its diagonal
    categories : all that could be answered, in their order; by default those found, sorted
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    UndefinedResult
        No item that both answered; all answers in one category.
    InvalidInput
        More than two raters; weights without an order of the categories.
    """
    level = read_level(level)
    read = read_ratings(ratings, categories=categories)
    table = require_two_raters(read, what=WHAT)
    matrix, name = read_weights(read, weights)
    size = float(table.sum())
    observed = float(np.sum(matrix * table)) / size
    first, second = table.sum(axis=1), table.sum(axis=0)
    expected = float(first @ matrix @ second) / size**2
    estimate = above_chance(observed, expected, what=WHAT)
    spread = interval(estimate, _variance(table, matrix, estimate=estimate, expected=expected), level=level)
    return Agreement(
        estimate=estimate,
        se=spread.se,
        level=level,
        ci_lower=spread.ci_lower,
        ci_upper=spread.ci_upper,
        ci_method=spread.ci_method,
        observed=observed,
        expected=expected,
        n_items=int(size),
        n_raters=read.n_raters,
        n_answers=int((read.codes >= 0).sum()),
        weights=name,
        categories=read.categories,
    )


def _variance(table: FloatArray, matrix: FloatArray, *, estimate: float, expected: float) -> float:
    """Return the variance of kappa: that of what one more item in a cell adds, its weight less its chance."""
    size = float(table.sum())
    chance = np.add.outer(matrix @ table.sum(axis=0), table.sum(axis=1) @ matrix) / size
    influence = matrix - (1.0 - estimate) * chance
    mean = float(np.sum(table * influence)) / size
    return float(np.sum(table * (influence - mean) ** 2)) / size**2 / (1.0 - expected) ** 2
