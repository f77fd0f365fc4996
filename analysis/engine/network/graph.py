"""A network as an electrical one: weights are conductances, variances of differences are resistances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.network.evidence import Evidence, arm_weights, pseudo_inverse


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """A network solved by weighted least squares.

    Attributes
    ----------
    weights : array of shape (m,)  of the comparisons, those of multi-arm studies adjusted
    covariance : array of shape (n, n)  pseudo-inverse of the Laplacian matrix
    levels : array of shape (n,)  estimates of the treatments around their mean
    hat : array of shape (m, m)  what each comparison (column) adds to the fitted value of each (row)
    """

    weights: FloatArray
    covariance: FloatArray
    levels: FloatArray
    hat: FloatArray

    @property
    def estimate(self) -> FloatArray:
        """Estimates of all pairs, row minus column, shape (n, n)."""
        return self.levels[:, np.newaxis] - self.levels

    @property
    def variance(self) -> FloatArray:
        """Variances of all pairs, shape (n, n)."""
        own = np.diagonal(self.covariance)
        values = own[:, np.newaxis] + own - 2.0 * self.covariance
        np.fill_diagonal(values, 0.0)
        return values


def solve_network(evidence: Evidence, *, tau2: float) -> Solution:
    """Return the network at tau2.

    References
    ----------
    Ruecker (2012), doi:10.1002/jrsm.1058; Ruecker and Schwarzer (2014), doi:10.1002/sim.6236.
    """
    weights = np.empty(evidence.m)
    for number, arms in enumerate(evidence.studies):
        size = len(arms.members)
        table = arm_weights(arms.variances + tau2 * (1.0 - np.eye(size)))
        place = {member: local for local, member in enumerate(arms.members)}
        for row in np.flatnonzero(evidence.study == number):
            weights[row] = table[place[int(evidence.first[row])], place[int(evidence.second[row])]]
    edges = np.zeros((evidence.m, evidence.n))
    rows = np.arange(evidence.m)
    edges[rows, evidence.first], edges[rows, evidence.second] = 1.0, -1.0
    flow = edges.T * weights
    covariance = pseudo_inverse(flow @ edges)
    return Solution(
        weights=weights,
        covariance=covariance,
        levels=covariance @ (flow @ evidence.yi),
        hat=edges @ covariance @ flow,
    )
