"""The comparisons of a network turned into uncorrelated ones, so that the kernel of meta-regression estimates tau2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.distributions import chi2_quantiles
from analysis.engine.network.evidence import Evidence, shared
from analysis.engine.problems import moments, set_up
from analysis.engine.tau2_many import estimate_tau2_many

NETWORK_TAU2_METHODS = ("DL", "REML", "ML", "PM")


@dataclass(frozen=True, slots=True)
class Spread:
    """Heterogeneity around a design: Q at tau2 = 0, its degrees of freedom, and tau2 (None without any left)."""

    q: float
    q_df: int
    tau2: float | None


def measure_spread(evidence: Evidence, design: FloatArray, *, tau2_method: str) -> Spread:
    """Return Q and tau2 of the contrasts of all studies around a design.

    The contrasts of a study with its first treatment have the covariance V + tau2 K, where K is 1 on the diagonal and
    one half elsewhere. With the eigenvalues of V relative to K the contrasts become uncorrelated whatever tau2 is, with
    variances (eigenvalue + tau2): a meta-regression, whose estimators are those of the network. DL is then the
    generalised method of moments, REML and ML differ by constants of their likelihood.

    Parameters
    ----------
    design : array of shape (rows, p), full rank  coefficients of the contrasts, study by study, by rising treatments
    tau2_method : one of NETWORK_TAU2_METHODS

    References
    ----------
    Jackson, White and Riley (2012), doi:10.1002/sim.5453.
    """
    effects, variances, turned = _turn(evidence, design)
    df = effects.size - design.shape[1]
    if df == 0:
        return Spread(q=0.0, q_df=0, tau2=None)
    problem = set_up(effects[np.newaxis], variances[np.newaxis], turned)
    at_zero = moments(problem, np.zeros(1))
    medians = chi2_quantiles(0.5, df=np.array([float(df)]))
    found = estimate_tau2_many(problem, at_zero, tau2_method=tau2_method, medians=medians)
    return Spread(q=float(at_zero.q[0]), q_df=df, tau2=float(found.tau2[0]))


def _turn(evidence: Evidence, design: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return uncorrelated effects, their variances and their design."""
    effects, variances, rows, start = [], [], [], 0
    for arms in evidence.studies:
        values, covariance = arms.contrasts(0)
        size = values.size
        root = np.linalg.inv(np.linalg.cholesky(shared(size)))
        sizes, vectors = np.linalg.eigh(root @ covariance @ root.T)
        turn = vectors.T @ root
        effects.append(turn @ values)
        variances.append(sizes)
        rows.append(turn @ design[start : start + size])
        start += size
    return np.concatenate(effects), np.concatenate(variances), np.vstack(rows)


def treatment_design(evidence: Evidence) -> FloatArray:
    """Return the design of a consistent network: each treatment but the first minus the first."""
    rows = []
    for arms in evidence.studies:
        row = np.zeros((len(arms.members) - 1, evidence.n))
        row[:, arms.members[0]] = -1.0
        row[np.arange(len(arms.members) - 1), list(arms.members[1:])] = 1.0
        rows.append(row)
    return np.vstack(rows)[:, 1:]
