"""Alpha of answers that are drawn again.

References
----------
Items: Zapf, Castell, Morawietz and Karch (2016), doi:10.1186/s12874-016-0200-9. Disagreements: Hayes and Krippendorff
(2007), doi:10.1080/19312450709336664, as their macro KALPHA 3.0 (2011) does it.
"""

from __future__ import annotations

import numpy as np

from analysis.engine.agreement.differences import Difference, Metric, RankDifference
from analysis.engine.arrays import FloatArray

# So many numbers are held at once.
LARGEST_BLOCK = 2_000_000
DRAWS_PER_CELL = 25


def draw_items(items: FloatArray, metric: Metric, *, resamples: int, seed: int) -> FloatArray:
    """Return alpha of as many items drawn with replacement, for the resamples in which it is defined.

    Items with the same answers are drawn together, so that the order of items and of raters does not matter.
    """
    patterns, repeats = np.unique(items, axis=0, return_counts=True)
    random = np.random.default_rng(seed)
    size = metric.answers(patterns)
    block = max(1, LARGEST_BLOCK // max(patterns.shape))
    found = []
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        times = random.multinomial(len(items), repeats / len(items), size=rows).astype(np.float64)
        inside, everywhere = metric.sums(patterns, times)
        is_defined = everywhere > 0.0
        answers = (times @ size)[is_defined]
        found.append(1.0 - (answers - 1.0) * inside[is_defined] / everywhere[is_defined])
    return np.concatenate(found)


def draw_disagreements(
    counts: FloatArray, difference: Difference | RankDifference, *, resamples: int, seed: int
) -> FloatArray:
    """Return alpha of pairs of answers drawn from the observed coincidences, the expected disagreement fixed.

    As many pairs are drawn as there are answers times (raters - 1) / 2, at most 25 for each kind of pair seen. Values
    below -1 count as -1. Of the resamples without disagreement, as many as would show no variation at all count as 0.
    """
    squared = difference.matrix(counts)
    size = counts.sum(axis=1)
    total = float(size.sum())
    chosen = counts.sum(axis=0)
    coincidences = (counts / (size - 1.0)[:, None]).T @ counts - np.diag((counts / (size - 1.0)[:, None]).sum(axis=0))
    expected = float(chosen @ squared @ chosen) / (total * (total - 1.0))
    upper = np.triu_indices(len(chosen))
    shares = coincidences[upper] * np.where(upper[0] == upper[1], 1.0, 2.0) / total
    kinds = int((coincidences > 0.0).sum())
    draws = max(1, int(min(DRAWS_PER_CELL * kinds, (size.max() - 1.0) * total / 2.0)))
    random = np.random.default_rng(seed)
    block = max(1, LARGEST_BLOCK // shares.size)
    sums = [
        random.multinomial(draws, shares / shares.sum(), size=min(block, resamples - start)) @ squared[upper]
        for start in range(0, resamples, block)
    ]
    alphas = np.maximum(-1.0, 1.0 - np.concatenate(sums) / (draws * expected))
    pairs = float(np.sum(size * (size - 1.0))) / 2.0
    without_variation = round(resamples * float(np.sum((np.diagonal(coincidences) / total) ** pairs)))
    perfect = np.flatnonzero(alphas == 1.0)
    alphas[perfect[:without_variation]] = 0.0
    return np.asarray(alphas)
