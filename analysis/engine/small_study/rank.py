"""Begg and Mazumdar's rank correlation test for funnel plot asymmetry."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_studies, require_option
from analysis.engine.distributions import two_sided_p_value
from analysis.engine.errors import InvalidInput, TooFewStudies, UndefinedResult
from analysis.engine.weighted_mean import weigh

P_VALUE_METHODS = ("auto", "exact", "normal")


@dataclass(frozen=True, slots=True)
class RankTest:
    """Kendall's rank correlation between standardised effects and sampling variances.

    Attributes
    ----------
    k : number of studies
    tau : Kendall's tau-b, in [-1, 1]
    statistic : number of concordant pairs (exact) or standard normal deviate
    p_value : two-sided
    p_value_method : {"exact", "normal"}  what was used
    has_ties : whether two studies share a variance or a standardised effect
    """

    k: int
    tau: float
    statistic: float
    p_value: float
    p_value_method: str
    has_ties: bool


def rank_test(yi: ArrayLike, vi: ArrayLike, *, p_value_method: str = "auto") -> RankTest:
    """Return the rank correlation test of Begg and Mazumdar.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    p_value_method : {"auto", "exact", "normal"}  "auto" is exact without ties and the normal approximation, with the
        variance corrected for ties and no continuity correction, otherwise

    Raises
    ------
    TooFewStudies
        k is 0 or 1.
    UndefinedResult
        All variances or all standardised effects are equal: nothing can be ranked.
    InvalidInput
        p_value_method is "exact" and there are ties.

    References
    ----------
    Begg and Mazumdar (1994), doi:10.2307/2533446; Kendall and Gibbons (1990), Rank Correlation Methods, 5th edition,
    chapters 4 and 5 (exact distribution, correction for ties).
    """
    require_option("p_value_method", p_value_method, P_VALUE_METHODS)
    effects, variances = read_studies(yi, vi)
    k = effects.size
    if k < 2:
        raise TooFewStudies(needed=2, got=k)
    for what, values in (("variances", variances), ("effects", effects)):
        if float(np.ptp(values)) == 0.0:
            raise UndefinedResult(what="the rank correlation", why=f"all {k} {what} are equal")
    mean = weigh(effects, variances)
    deviates = mean.residuals / np.sqrt(variances - 1.0 / mean.total)
    score, pairs = _count_pairs(deviates, variances)
    if pairs == 0.0:
        raise UndefinedResult(what="the rank correlation", why="all standardised effects are equal")
    has_ties = min(np.unique(deviates).size, np.unique(variances).size) < k
    if has_ties and p_value_method == "exact":
        raise InvalidInput(
            "p_value_method", f"an exact p value needs {k} different variances and effects: some are tied"
        )
    tau = score / pairs
    if has_ties or p_value_method == "normal":
        statistic = score / sqrt(_score_variance(deviates, variances))
        return RankTest(k, tau, statistic, two_sided_p_value(statistic), "normal", has_ties)
    concordant = round((score + k * (k - 1) / 2) / 2)
    return RankTest(k, tau, float(concordant), exact_p_value(concordant, k), "exact", has_ties)


def _count_pairs(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return concordant minus discordant pairs, and the geometric mean of the pairs untied in x and in y."""
    signs_x, signs_y = (np.sign(values[:, None] - values[None, :]) for values in (x, y))
    score = float(np.sum(signs_x * signs_y)) / 2.0
    return score, sqrt(float(np.sum(np.abs(signs_x))) * float(np.sum(np.abs(signs_y)))) / 2.0


def _score_variance(x: FloatArray, y: FloatArray) -> float:
    """Return the variance of concordant minus discordant pairs when nothing is correlated, corrected for ties."""
    k = x.size
    tx, ty = (np.unique(values, return_counts=True)[1].astype(np.float64) for values in (x, y))
    spread = float(k * (k - 1) * (2 * k + 5))
    for t in (tx, ty):
        spread -= float(np.sum(t * (t - 1.0) * (2.0 * t + 5.0)))
    pairs = float(np.sum(tx * (tx - 1.0)) * np.sum(ty * (ty - 1.0)))
    triples = float(np.sum(tx * (tx - 1.0) * (tx - 2.0)) * np.sum(ty * (ty - 1.0) * (ty - 2.0)))
    rest = triples / (9.0 * k * (k - 1) * (k - 2)) if k > 2 else 0.0
    return spread / 18.0 + pairs / (2.0 * k * (k - 1)) + rest


def exact_p_value(concordant: int, k: int) -> float:
    """Return the two-sided p value of a number of concordant pairs among k studies without ties.

    The distribution is symmetric, so that only the lower tail up to the nearer count is built, study by study: the
    n-th study adds 0 to n - 1 concordant pairs with equal chances.
    """
    nearer = min(concordant, k * (k - 1) // 2 - concordant)
    chances = np.zeros(nearer + 1)
    chances[0] = 1.0
    for n in range(2, k + 1):
        below = np.cumsum(chances)
        below[n:] -= np.cumsum(chances)[: max(0, nearer + 1 - n)]
        chances = below / n
    return min(1.0, 2.0 * float(np.sum(chances)))
