"""Agreement of any number of raters, some answers missing: Fleiss' kappa and Gwet's AC1 and AC2.

References
----------
Fleiss (1971), doi:10.1037/h0031619; Gwet (2008), doi:10.1348/000711006X126600 (AC1, and variances that do not assume
independent raters); Gwet (2014), Handbook of inter-rater reliability, 4th edition, chapters 2 to 5 (weights, AC2,
missing answers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.engine.agreement.observed import influences_of_pairs, shares_of_pairs
from analysis.engine.agreement.ratings import Answer, Answers, Ratings, read_ratings, require_pairs
from analysis.engine.agreement.result import Agreement, above_chance, interval, require_choice, variance_of_mean
from analysis.engine.agreement.weights import read_weights
from analysis.engine.arrays import FloatArray, read_level

FLEISS, GWET = "Fleiss' kappa", "Gwet's AC"


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """Agreement expected by chance, and each item's part in it, shape (n,); the parts' mean is the whole."""

    expected: float
    parts: FloatArray


def fleiss_kappa(
    ratings: Answers,
    *,
    weights: str | Sequence[Sequence[float]] = "identity",
    categories: Sequence[Answer] | None = None,
    level: float = 0.95,
) -> Agreement:
    """Return Fleiss' kappa of two or more raters (Scott's pi for two); the interval is t over items.

    Parameters
    ----------
    ratings : items, each a sequence of one answer per rater; None or NaN where a rater gave none
    weights : {"identity", "linear", "quadratic", "ordinal"} or a symmetric matrix of agreement with 1 on its diagonal
    categories : all that could be answered, in their order; by default those found, sorted
    level : confidence level, a fraction in (0, 1)

    Items with one answer count for how often categories are chosen, not for agreement.

    Raises
    ------
    UndefinedResult
        No item with two answers; all answers in one category.
    """
    level = read_level(level)
    read = require_pairs(read_ratings(ratings, categories=categories), what=FLEISS)
    matrix, name = read_weights(read, weights)
    chosen = read.counts / read.sizes[:, None]
    shares = chosen.mean(axis=0)
    chance = Chance(expected=float(shares @ matrix @ shares), parts=chosen @ (matrix @ shares))
    return _assemble(read, matrix, name=name, chance=chance, what=FLEISS, level=level)


def gwet_ac(
    ratings: Answers,
    *,
    weights: str | Sequence[Sequence[float]] = "identity",
    categories: Sequence[Answer] | None = None,
    level: float = 0.95,
) -> Agreement:
    """Return Gwet's AC1 of two or more raters, AC2 with weights; the interval is t over items.

    Parameters are those of `fleiss_kappa`. The number of categories enters the coefficient: name all that could be
    answered, also those that nobody chose.

    Raises
    ------
    UndefinedResult
        No item with two answers; fewer than two categories.
    """
    level = read_level(level)
    read = require_pairs(read_ratings(ratings, categories=categories), what=GWET)
    require_choice(read.categories, what=GWET)
    matrix, name = read_weights(read, weights)
    size = len(read.categories)
    factor = float(matrix.sum()) / (size * (size - 1.0))
    chosen = read.counts / read.sizes[:, None]
    shares = chosen.mean(axis=0)
    chance = Chance(expected=factor * float(shares @ (1.0 - shares)), parts=factor * (chosen @ (1.0 - shares)))
    return _assemble(read, matrix, name=name, chance=chance, what=GWET, level=level)


def _assemble(read: Ratings, matrix: FloatArray, *, name: str, chance: Chance, what: str, level: float) -> Agreement:
    """Return the coefficient of an agreement by chance, with the variance of the items' influences (Gwet)."""
    answers = read.sizes
    shares = shares_of_pairs(read.counts, matrix)
    observed = float(np.mean(shares))
    estimate = above_chance(observed, chance.expected, what=what)
    seen = influences_of_pairs(answers, shares - chance.expected)
    scale = 1.0 - chance.expected
    influence = seen / scale - 2.0 * (1.0 - estimate) * (chance.parts - chance.expected) / scale
    spread = interval(estimate, variance_of_mean(influence), level=level, df=answers.size - 1)
    return Agreement(
        estimate=estimate,
        se=spread.se,
        level=level,
        ci_lower=spread.ci_lower,
        ci_upper=spread.ci_upper,
        ci_method=spread.ci_method,
        observed=observed,
        expected=chance.expected,
        n_items=shares.size,
        n_raters=read.n_raters,
        n_answers=int(answers.sum()),
        weights=name,
        categories=read.categories,
    )
