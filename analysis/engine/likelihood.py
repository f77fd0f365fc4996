"""The ML and REML log-likelihoods of tau2 and their global maximum."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.roots import find_root
from analysis.engine.weighted_mean import weigh

# The score is a sum of terms that change over factors of 2 and more in vi + tau2: 24 points a decade see every turn.
POINTS_PER_DECADE = 24
# Below a thousandth of the smallest variance, tau2 moves no weight by more than 0.1%: the score is straight there.
FINEST_FRACTION = 1e-3
# Points times studies held at once: 8 MB an array.
ELEMENTS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Likelihood:
    """The log-likelihood of tau2 with the mean profiled out.

    Attributes
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    restricted : True for REML, False for ML

    References
    ----------
    Viechtbauer (2005), doi:10.3102/10769986030003261.
    """

    yi: FloatArray
    vi: FloatArray
    restricted: bool


def log_likelihood(model: Likelihood, tau2: float) -> float:
    """Return the log-likelihood at tau2, without the constant that holds no data."""
    mean = weigh(model.yi, model.vi, tau2=tau2)
    value = float(np.sum(np.log(model.vi + tau2))) + mean.q
    return -0.5 * (value + log(mean.total) if model.restricted else value)


def scores_and_slopes(model: Likelihood, tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first and second derivatives of the log-likelihood at each tau2, an array of shape (points,)."""
    wi = 1.0 / (model.vi + tau2[:, np.newaxis])
    shifted = model.yi - model.yi[0]
    total = np.sum(wi, axis=1)
    residuals = shifted - (np.sum(wi * shifted, axis=1) / total)[:, np.newaxis]
    square = wi**2
    cube = square * wi
    squares, cubes = np.sum(square, axis=1), np.sum(cube, axis=1)
    pull = np.sum(square * residuals, axis=1)
    score = np.sum(square * residuals**2, axis=1) - total
    slope = -2.0 * np.sum(cube * residuals**2, axis=1) + 2.0 * pull**2 / total + squares
    if model.restricted:
        score += squares / total
        slope += (squares / total) ** 2 - 2.0 * cubes / total
    return 0.5 * score, 0.5 * slope


def maximise(model: Likelihood) -> float:
    """Return the tau2 >= 0 at which the log-likelihood is highest over all of [0, infinity).

    The likelihood can have several maxima. Above the larger of 3 max(vi) and 4 (max(yi) - min(yi))**2 the score is
    negative, because each squared residual is at most the squared range and each weight is between
    1 / (max(vi) + tau2) and 1 / tau2. A grid from 0 to there brackets the maxima; each is refined by Newton's method
    inside its bracket and the highest wins, the smallest of equals. A maximum is at 0 where the likelihood falls from
    there: truncation.

    Raises
    ------
    NotConverged
        A bracket that the search could not close.
    """
    spread = float(np.ptp(model.yi))
    smallest = FINEST_FRACTION * float(np.min(model.vi))
    top = 4.0 * max(float(np.max(model.vi)), spread**2)
    count = 2 + int(POINTS_PER_DECADE * (np.log10(top) - np.log10(smallest)))
    grid = np.concatenate([[0.0], np.geomspace(smallest, top, count)])
    rows = max(1, ELEMENTS_AT_ONCE // model.yi.size)
    scores = np.concatenate(
        [scores_and_slopes(model, grid[start : start + rows])[0] for start in range(0, grid.size, rows)]
    )

    def score_and_slope(tau2: float) -> tuple[float, float]:
        """Return score and slope at one point."""
        score, slope = scores_and_slopes(model, np.array([tau2]))
        return float(score[0]), float(slope[0])

    maxima = [0.0] if scores[0] <= 0.0 else []
    for left in np.flatnonzero((scores[:-1] > 0.0) & (scores[1:] <= 0.0)).tolist():
        low, high = float(grid[left]), float(grid[left + 1])
        maxima.append(find_root(score_and_slope, low, high, what="tau2", smallest=smallest))
    return max(maxima, key=lambda tau2: log_likelihood(model, tau2))
