"""How different two answers are, and the sums of these differences that alpha is made of.

Each metric reads what it needs of the items into an array of shape (n, c): the counts of their answers by category, or
of numbers their moments. Item i has m answers, all items together N.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

import numpy as np

from analysis.engine.agreement.ratings import MISSING, Ratings
from analysis.engine.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """A metric whose differences do not depend on the answers.

    Attributes
    ----------
    squared : array of shape (q, q)  squared difference of each two categories
    """

    squared: FloatArray

    def read(self, ratings: Ratings) -> FloatArray:
        """Return the counts of each item."""
        return ratings.counts

    def answers(self, counts: FloatArray) -> FloatArray:
        """Return how many answers each item has, shape (n,)."""
        return np.asarray(counts.sum(axis=1))

    def matrix(self, counts: FloatArray) -> FloatArray:
        """Return the squared difference of each two categories, shape (q, q)."""
        return self.squared

    def sums(self, counts: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return for each resample the sum within items, of pairs over m - 1, and the sum over all pairs of answers.

        `times`, shape (b, n), says how often a resample holds each item.
        """
        chosen = times @ counts
        return times @ within(counts, self.squared), np.einsum("bq,bq->b", chosen @ self.squared, chosen)

    def slopes(self, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what each item adds to the two sums, shapes (n,)."""
        return within(counts, self.squared), 2.0 * (counts @ (self.squared @ counts.sum(axis=0)))


@dataclass(frozen=True, slots=True)
class RankDifference:
    """The ordinal metric: squared differences of the middle ranks that the answers give the categories."""

    def read(self, ratings: Ratings) -> FloatArray:
        """Return the counts of each item."""
        return ratings.counts

    def answers(self, counts: FloatArray) -> FloatArray:
        """Return how many answers each item has, shape (n,)."""
        return np.asarray(counts.sum(axis=1))

    def matrix(self, counts: FloatArray) -> FloatArray:
        """Return the squared difference of each two categories, shape (q, q)."""
        ranks = _middle_ranks(counts.sum(axis=0))
        return np.asarray(np.subtract.outer(ranks, ranks) ** 2)

    def sums(self, counts: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the sums as `Difference.sums` does; each resample has its own ranks."""
        chosen = times @ counts
        ranks = _middle_ranks(chosen)
        size = counts.sum(axis=1)
        squares, firsts = (ranks**2) @ counts.T, ranks @ counts.T
        inside = np.sum(times * (size * squares - firsts**2) * (2.0 / (size - 1.0)), axis=1)
        total, mean = chosen.sum(axis=1), np.sum(chosen * ranks, axis=1)
        return inside, 2.0 * (total * np.sum(chosen * ranks**2, axis=1) - mean**2)

    def slopes(self, counts: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what each item adds to the two sums, also by moving the ranks, shapes (n,)."""
        chosen, size = counts.sum(axis=0), counts.sum(axis=1)
        ranks, squared = _middle_ranks(chosen), self.matrix(counts)
        factor = 2.0 / (size - 1.0)
        by_rank_inside = 2.0 * ((factor * size) @ counts) * ranks - 2.0 * (factor * (counts @ ranks)) @ counts
        by_rank_all = 4.0 * chosen * (chosen.sum() * ranks - chosen @ ranks)
        moved = _middle_ranks(counts)
        return (
            within(counts, squared) + moved @ by_rank_inside,
            2.0 * (counts @ (squared @ chosen)) + moved @ by_rank_all,
        )


@dataclass(frozen=True, slots=True, eq=False)
class NumberDifference:
    """The interval metric by moments, so that thousands of different numbers need no table of each two.

    Attributes
    ----------
    scores : array of shape (q,)  the numbers
    """

    scores: FloatArray

    def read(self, ratings: Ratings) -> FloatArray:
        """Return m, the sum, the sum of squares, and the sum of ordered pairs' differences over m - 1, of each item."""
        codes = ratings.codes
        is_given = codes != MISSING
        values = np.where(is_given, (self.scores - self.scores.min())[codes], 0.0)
        size = is_given.sum(axis=1).astype(np.float64)
        inside = np.zeros(len(codes))
        for first, second in combinations(range(codes.shape[1]), 2):
            both = is_given[:, first] & is_given[:, second]
            inside += np.where(both, 2.0 * (values[:, first] - values[:, second]) ** 2, 0.0)
        return np.stack([size, values.sum(axis=1), (values**2).sum(axis=1), inside / (size - 1.0)], axis=1)

    def answers(self, moments: FloatArray) -> FloatArray:
        """Return how many answers each item has, shape (n,)."""
        return moments[:, 0]

    def sums(self, moments: FloatArray, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the sums as `Difference.sums` does."""
        size, total, squares, inside = (times @ moments).T
        return inside, np.maximum(0.0, 2.0 * (size * squares - total**2))

    def slopes(self, moments: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what each item adds to the two sums, shapes (n,)."""
        size, total, squares, _ = moments.sum(axis=0)
        m, s1, s2, inside = moments.T
        return inside, 2.0 * (size * s2 + m * squares - 2.0 * total * s1)


Metric: TypeAlias = Difference | RankDifference | NumberDifference


def difference_of(metric: str, scores: FloatArray) -> Difference | RankDifference:
    """Return the metric {"nominal", "ordinal", "interval", "ratio"} of categories with these scores, shape (q,)."""
    if metric == "ordinal":
        return RankDifference()
    gap = np.subtract.outer(scores, scores)
    if metric == "nominal":
        return Difference(squared=np.asarray(gap != 0.0, dtype=np.float64))
    if metric == "interval":
        return Difference(squared=gap**2)
    both = np.add.outer(scores, scores)
    return Difference(squared=np.divide(gap, both, out=np.zeros_like(gap), where=both > 0.0) ** 2)


def within(counts: FloatArray, squared: FloatArray) -> FloatArray:
    """Return for each item the sum of its ordered pairs' differences, divided by m - 1."""
    return np.asarray(np.sum((counts @ squared) * counts, axis=1) / (counts.sum(axis=1) - 1.0))


def linearised_variance(items: FloatArray, metric: Metric) -> float:
    """Return the variance of N times the sum within items over the sum of all pairs, from the items' influences."""
    inside, everywhere = (float(part[0]) for part in metric.sums(items, np.ones((1, len(items)))))
    size = metric.answers(items)
    by_inside, by_all = metric.slopes(items)
    ratio = size.sum() * inside / everywhere
    influence = ratio * (size / size.sum() + by_inside / inside - by_all / everywhere)
    return float(np.sum(influence**2)) * len(items) / (len(items) - 1.0)


def _middle_ranks(chosen: FloatArray) -> FloatArray:
    """Return the middle rank of each category from how often each was chosen, last axis; linear in it."""
    return np.asarray(np.cumsum(chosen, axis=-1) - chosen / 2.0)
