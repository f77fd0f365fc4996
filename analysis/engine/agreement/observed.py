"""Agreement as it is seen, and beside chance that is the same for every category.

References
----------
Byrt, Bishop and Carlin (1993), doi:10.1016/0895-4356(93)90018-V (PABAK, prevalence and bias index); Brennan and
Prediger (1981), doi:10.1177/001316448104100307 (more categories). Intervals: Wilson (1927),
doi:10.1080/01621459.1927.10502953; more than two raters, Gwet (2008), doi:10.1348/000711006X126600.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.engine.absolute import wilson_interval
from analysis.engine.agreement.ratings import (
    MISSING,
    Answer,
    Answers,
    Ratings,
    read_ratings,
    require_pairs,
    require_two_raters,
)
from analysis.engine.agreement.result import Agreement, Spread, interval, require_choice, variance_of_mean
from analysis.engine.arrays import FloatArray, read_level
from analysis.engine.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Imbalance:
    """Why kappa and agreement differ, for two raters and two categories.

    Attributes
    ----------
    prevalence_index : share of items in the first category by both, minus that in the second, in [-1, 1]
    bias_index : share of the first category in the first rater's answers, minus that in the second's, in [-1, 1]
    """

    prevalence_index: float
    bias_index: float


def percent_agreement(
    ratings: Answers, *, categories: Sequence[Answer] | None = None, level: float = 0.95
) -> Agreement:
    """Return the share of pairs of answers to the same item that are the same, as a fraction; items count alike.

    Parameters
    ----------
    ratings : items, each a sequence of one answer per rater; None or NaN where a rater gave none
    categories : all that could be answered; by default those found
    level : confidence level, a fraction in (0, 1)

    The interval is Wilson's where no item has more than two answers, else that of a mean over items (t).

    Raises
    ------
    UndefinedResult
        No item with two answers.
    """
    level = read_level(level)
    read = require_pairs(read_ratings(ratings, categories=categories), what="percent agreement")
    shares = _equal_pairs(read)
    observed = float(np.mean(shares))
    spread = _spread(read, shares, level)
    return _assemble(read, estimate=observed, observed=observed, expected=None, spread=spread)


def pabak(ratings: Answers, *, categories: Sequence[Answer] | None = None, level: float = 0.95) -> Agreement:
    """Return the prevalence-adjusted and bias-adjusted kappa, 2 p - 1 for two categories and (q p - 1) / (q - 1) for q.

    For q categories or more than two raters this is the coefficient of Brennan and Prediger, a linear function of the
    percent agreement p. Parameters are those of `percent_agreement`.

    Raises
    ------
    UndefinedResult
        No item with two answers; fewer than two categories.
    """
    level = read_level(level)
    read = require_pairs(read_ratings(ratings, categories=categories), what="PABAK")
    require_choice(read.categories, what="PABAK")
    size, shares = len(read.categories), _equal_pairs(read)
    spread = _spread(read, shares, level, size=size)
    observed = float(np.mean(shares))
    estimate = (size * observed - 1.0) / (size - 1.0)
    return _assemble(read, estimate=estimate, observed=observed, expected=1.0 / size, spread=spread)


def measure_imbalance(ratings: Answers, *, categories: Sequence[Answer] | None = None) -> Imbalance:
    """Return the prevalence and the bias index of two raters who choose between two categories.

    With them, kappa = (PABAK - PI^2 + BI^2) / (1 - PI^2 + BI^2): prevalence far from a half lowers kappa at the same
    agreement.

    Raises
    ------
    InvalidInput, UndefinedResult
        Other than two categories; no item that both answered.
    """
    read = read_ratings(ratings, categories=categories)
    table = require_two_raters(read, what="the prevalence index")
    if table.shape != (2, 2):
        raise InvalidInput("categories", f"prevalence and bias index need 2 categories, got {len(table)}")
    size = float(table.sum())
    return Imbalance(
        prevalence_index=float(table[0, 0] - table[1, 1]) / size, bias_index=float(table[0, 1] - table[1, 0]) / size
    )


def shares_of_pairs(counts: FloatArray, weights: FloatArray) -> FloatArray:
    """Return for each item with two answers or more the (weighted) share of its pairs that agree."""
    answers = counts.sum(axis=1)
    rows, size = counts[answers > 1.0], answers[answers > 1.0]
    return np.asarray((np.sum(rows * (rows @ weights), axis=1) - size) / (size * (size - 1.0)))


def influences_of_pairs(answers: NDArray[np.int64], shares: FloatArray) -> FloatArray:
    """Return what each item with any answer adds to the mean share of agreeing pairs (Gwet), shape (n,).

    Items with one answer say nothing of agreement: theirs counts as 0, and the others' for more.
    """
    is_pair = answers > 1
    found = np.zeros(is_pair.size)
    found[is_pair] = shares * is_pair.size / shares.size
    return found


def _equal_pairs(read: Ratings) -> FloatArray:
    """Return for each item with two answers or more the share of its pairs that are equal."""
    codes, size = read.codes[read.sizes > 1], read.sizes[read.sizes > 1]
    equal = np.zeros(len(codes))
    for first, second in combinations(range(codes.shape[1]), 2):
        equal += (codes[:, first] == codes[:, second]) & (codes[:, first] != MISSING)
    return np.asarray(2.0 * equal / (size * (size - 1.0)))


def _spread(read: Ratings, shares: FloatArray, level: float, *, size: float = math.inf) -> Spread:
    """Return the interval of the mean share above 1 / size, as a part of what is left: Wilson's, or t over items."""
    chance = 1.0 / size
    mean = float(np.mean(shares))
    if read.sizes.max() <= 2:
        found = wilson_interval(float(np.sum(shares)), n=shares.size, level=level)
        return Spread(
            level=level,
            se=math.sqrt(mean * (1.0 - mean) / shares.size) / (1.0 - chance),
            ci_lower=(found.ci_lower - chance) / (1.0 - chance),
            ci_upper=(found.ci_upper - chance) / (1.0 - chance),
            ci_method="wilson",
        )
    influences = influences_of_pairs(read.sizes, (shares - chance) / (1.0 - chance))
    estimate = (mean - chance) / (1.0 - chance)
    return interval(estimate, variance_of_mean(influences), level=level, df=influences.size - 1)


def _assemble(read: Ratings, *, estimate: float, observed: float, expected: float | None, spread: Spread) -> Agreement:
    """Return the parts as one result."""
    return Agreement(
        estimate=estimate,
        se=spread.se,
        level=spread.level,
        ci_lower=spread.ci_lower,
        ci_upper=spread.ci_upper,
        ci_method=spread.ci_method,
        observed=observed,
        expected=expected,
        n_items=int((read.sizes > 1).sum()),
        n_raters=read.n_raters,
        n_answers=int(read.sizes.sum()),
        weights="identity",
        categories=read.categories,
    )
