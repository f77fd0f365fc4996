"""Network estimates split into direct and indirect evidence, and the test whether the two agree."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import numpy as np

from analysis.engine.distributions import critical_value, two_sided_p_value
from analysis.engine.network.evidence import Evidence
from analysis.engine.network.fit import Network

# netmeta's netsplit shows no indirect (direct) estimate where direct evidence is all (nothing) but for this share.
ALL_BUT = 0.0005


@dataclass(frozen=True, slots=True)
class Evaluation:
    """An estimate with its normal test and interval."""

    estimate: float
    se: float
    statistic: float
    p_value: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True, slots=True)
class Split:
    """One pair of treatments; effects are treatment 1 minus treatment 2.

    Attributes
    ----------
    k : number of studies that compare the two
    proportion : share of direct evidence in the network estimate, 0 to 1
    network : the network estimate
    direct : pooled estimate of the studies that compare the two; None without any
    indirect : what the rest of the network says; None where evidence is direct alone
    difference : direct minus indirect; None where one of them is missing
    """

    treatment_1: str
    treatment_2: str
    k: int
    proportion: float
    network: Evaluation
    direct: Evaluation | None
    indirect: Evaluation | None
    difference: Evaluation | None


def split_evidence(network: Network) -> tuple[Split, ...]:
    """Return direct and indirect evidence for all pairs of treatments, by back-calculation.

    The direct estimate pools the comparisons of the pair, those of multi-arm studies among them, with tau2 of the
    network. The share of direct evidence is the ratio of the variances of network and direct estimate; the network
    estimate is the mean of direct and indirect estimate with these shares, which gives the indirect one.

    References
    ----------
    Dias et al. (2010), doi:10.1002/sim.3767; Koenig, Krahn and Binder (2013), doi:10.1002/sim.6001.
    """
    return tuple(_split(network, first, second) for first, second in combinations(range(network.n), 2))


def direct_estimate(evidence: Evidence, first: int, second: int, *, tau2: float) -> tuple[int, float, float] | None:
    """Return number of studies, pooled effect (first minus second) and variance of a pair; None without studies."""
    same = (evidence.first == first) & (evidence.second == second)
    reverse = (evidence.first == second) & (evidence.second == first)
    rows = np.flatnonzero(same | reverse)
    if not rows.size:
        return None
    weights = 1.0 / (evidence.vi[rows] + tau2)
    effects = np.where(same[rows], evidence.yi[rows], -evidence.yi[rows])
    mean = effects[0] + weights @ (effects - effects[0]) / weights.sum()  # exactly the effect where there is one study
    return rows.size, float(mean), float(1.0 / weights.sum())


def _split(network: Network, first: int, second: int) -> Split:
    """Return one pair."""
    estimate, variance = float(network.estimate[first, second]), float(network.se[first, second] ** 2)
    found = direct_estimate(network.evidence, first, second, tau2=network.tau2 or 0.0)
    share = 0.0 if found is None else min(1.0, variance / found[2])
    direct = indirect = difference = None
    if found is not None and share >= ALL_BUT:
        direct = evaluate(found[1], sqrt(found[2]), level=network.level)
    if share <= 1.0 - ALL_BUT:
        mean = 0.0 if found is None else found[1]
        value = (estimate - share * mean) / (1.0 - share)
        indirect = evaluate(value, sqrt(variance / (1.0 - share)), level=network.level)
    if direct is not None and indirect is not None:
        gap = direct.estimate - indirect.estimate
        difference = evaluate(gap, sqrt(direct.se**2 + indirect.se**2), level=network.level)
    return Split(
        treatment_1=network.treatments[first],
        treatment_2=network.treatments[second],
        k=0 if found is None else found[0],
        proportion=share,
        network=evaluate(estimate, sqrt(variance), level=network.level),
        direct=direct,
        indirect=indirect,
        difference=difference,
    )


def evaluate(estimate: float, se: float, *, level: float) -> Evaluation:
    """Return the normal test and interval of an estimate."""
    reach = float(critical_value(level)) * se
    return Evaluation(
        estimate=estimate,
        se=se,
        statistic=estimate / se,
        p_value=two_sided_p_value(estimate / se),
        ci_lower=estimate - reach,
        ci_upper=estimate + reach,
    )
