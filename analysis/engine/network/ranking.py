"""P-scores: how surely each treatment of a network is better than the others, on average."""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray
from analysis.engine.network.event_network import EventNetwork
from analysis.engine.network.fit import Network


def p_scores(network: Network | EventNetwork, *, small_values_are_good: bool) -> FloatArray:
    """Return the P-score of each treatment, shape (n,), from 0 (surely worst) to 1 (surely best).

    It is the mean, over the other treatments, of 1 minus the one-sided p value of the treatment being better; the
    frequentist counterpart of the surface under the cumulative ranking curve (SUCRA).

    References
    ----------
    Ruecker and Schwarzer (2015), doi:10.1186/s12874-015-0060-8.
    """
    sign = -1.0 if small_values_are_good else 1.0
    better = np.asarray(special.ndtr(sign * network.statistic), dtype=np.float64)
    np.fill_diagonal(better, 0.0)
    scores: FloatArray = better.sum(axis=1) / (network.n - 1)
    return scores
