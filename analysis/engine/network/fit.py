"""Network meta-analysis: estimates of all pairs of treatments from direct and indirect evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_level, require_option
from analysis.engine.distributions import chi2_p_value, critical_value, two_sided_p_values
from analysis.engine.network.errors import UnknownTreatment
from analysis.engine.network.evidence import TOLERANCE, Evidence, read_comparisons
from analysis.engine.network.graph import Solution, solve_network
from analysis.engine.network.uncorrelated import (
    NETWORK_TAU2_METHODS,
    Spread,
    measure_spread,
    treatment_design,
)

NETWORK_MODELS = ("common_effect", "random_effects")
# A prediction interval needs this many degrees of freedom.
LEAST_PI_DF = 2


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A fitted network of n treatments, k studies and m comparisons.

    Attributes
    ----------
    treatments : n names in alphabetical order
    k, m, n : numbers of studies, comparisons and treatments
    estimate, se, statistic, p_value, ci_lower, ci_upper : arrays of shape (n, n)  row treatment minus column treatment,
        normal intervals; the diagonal has estimate 0, statistic 0 and p value 1
    pi_lower, pi_upper : arrays of shape (n, n)  prediction intervals, t with q_df degrees of freedom; None for the
        common-effect model and where q_df is below 2
    tau2, tau : variance between studies and its root; None where no degree of freedom is left, 0 for the common effect
    i2, i2_ci_lower, i2_ci_upper, h2 : share of variation beyond chance, from Q, with the interval of Higgins and
        Thompson; None where no degree of freedom is left, limits also None where they are undefined
    q, q_df, q_p_value : heterogeneity and inconsistency together, common-effect weights; p None without freedom
    weights, fitted : arrays of shape (m,)  of the comparisons; weights of multi-arm studies are adjusted
    hat : array of shape (m, m)  what each comparison (column) adds to the fitted value of each (row)
    covariance : array of shape (n, n)  pseudo-inverse of the Laplacian matrix
    evidence : the comparisons
    model, tau2_method, level : what was used
    """

    treatments: tuple[str, ...]
    k: int
    m: int
    n: int
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    pi_lower: FloatArray | None
    pi_upper: FloatArray | None
    tau2: float | None
    tau: float | None
    i2: float | None
    i2_ci_lower: float | None
    i2_ci_upper: float | None
    h2: float | None
    q: float
    q_df: int
    q_p_value: float | None
    weights: FloatArray
    fitted: FloatArray
    hat: FloatArray
    covariance: FloatArray
    evidence: Evidence
    model: str
    tau2_method: str
    level: float

    @property
    def leverage(self) -> FloatArray:
        """Return what each comparison adds to its own fitted value, shape (m,)."""
        return freeze(np.diagonal(self.hat))

    def place(self, treatment: str) -> int:
        """Return the row and column of a treatment.

        Raises
        ------
        UnknownTreatment
            The network does not have it.
        """
        if treatment not in self.treatments:
            raise UnknownTreatment(argument="treatment", treatment=treatment, treatments=self.treatments)
        return self.treatments.index(treatment)


def fit_network(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    treatment_1: Sequence[str],
    treatment_2: Sequence[str],
    study: Sequence[str],
    model: str = "random_effects",
    tau2_method: str = "DL",
    level: float = 0.95,
    tolerance: float = TOLERANCE,
) -> Network:
    """Return the network meta-analysis of comparisons; Parameters and Raises of the data as in `read_comparisons`.

    Parameters
    ----------
    model : {"random_effects", "common_effect"}
    tau2_method : {"DL", "REML", "ML", "PM"}  DL is the generalised method of moments
    level : confidence level, a fraction

    References
    ----------
    Ruecker (2012), doi:10.1002/jrsm.1058; Ruecker and Schwarzer (2014), doi:10.1002/sim.6236.
    """
    evidence = read_comparisons(
        yi, vi, treatment_1=treatment_1, treatment_2=treatment_2, study=study, tolerance=tolerance
    )
    return fit_evidence(evidence, model=model, tau2_method=tau2_method, level=level)


def fit_evidence(
    evidence: Evidence, *, model: str = "random_effects", tau2_method: str = "DL", level: float = 0.95
) -> Network:
    """Return the network meta-analysis of comparisons that are read already; see `fit_network`."""
    require_option("model", model, NETWORK_MODELS)
    require_option("tau2_method", tau2_method, NETWORK_TAU2_METHODS)
    level = read_level(level)
    spread = measure_spread(evidence, treatment_design(evidence), tau2_method=tau2_method)
    tau2 = spread.tau2 if model == "random_effects" else 0.0
    return _assemble(
        evidence,
        solve_network(evidence, tau2=tau2 or 0.0),
        spread,
        tau2=tau2,
        model=model,
        tau2_method=tau2_method,
        level=level,
    )


def _assemble(
    evidence: Evidence,
    solution: Solution,
    spread: Spread,
    *,
    tau2: float | None,
    model: str,
    tau2_method: str,
    level: float,
) -> Network:
    """Return the parts as one result."""
    estimate, variance = solution.estimate, solution.variance
    se = np.sqrt(variance)
    statistic = estimate / np.where(se > 0.0, se, 1.0)
    reach = float(critical_value(level)) * se
    has_pi = model == "random_effects" and spread.q_df >= LEAST_PI_DF
    wide = float(critical_value(level, df=max(spread.q_df, 1))) * np.sqrt(variance + (tau2 or 0.0))
    np.fill_diagonal(wide, 0.0)
    i2, h2, limits = _shares(spread, level=level)
    return Network(
        treatments=evidence.treatments,
        k=evidence.k,
        m=evidence.m,
        n=evidence.n,
        estimate=freeze(estimate),
        se=freeze(se),
        statistic=freeze(statistic),
        p_value=freeze(two_sided_p_values(statistic)),
        ci_lower=freeze(estimate - reach),
        ci_upper=freeze(estimate + reach),
        pi_lower=freeze(estimate - wide) if has_pi else None,
        pi_upper=freeze(estimate + wide) if has_pi else None,
        tau2=tau2,
        tau=None if tau2 is None else sqrt(tau2),
        i2=i2,
        i2_ci_lower=limits[0],
        i2_ci_upper=limits[1],
        h2=h2,
        q=spread.q,
        q_df=spread.q_df,
        q_p_value=chi2_p_value(spread.q, df=spread.q_df) if spread.q_df else None,
        weights=freeze(solution.weights),
        fitted=freeze(estimate[evidence.first, evidence.second]),
        hat=freeze(solution.hat),
        covariance=freeze(solution.covariance),
        evidence=evidence,
        model=model,
        tau2_method=tau2_method,
        level=level,
    )


def _shares(spread: Spread, *, level: float) -> tuple[float | None, float | None, tuple[float | None, float | None]]:
    """Return I2, H2 and the test-based interval of I2.

    References
    ----------
    Higgins and Thompson (2002), doi:10.1002/sim.1186.
    """
    q, df = spread.q, spread.q_df
    if not df:
        return None, None, (None, None)
    h2 = max(1.0, q / df)
    if q > df + 1:
        error = 0.5 * (log(q) - log(df)) / (sqrt(2.0 * q) - sqrt(2.0 * df - 1.0))
    elif df > 1:
        error = sqrt(1.0 / (2.0 * (df - 1)) * (1.0 - 1.0 / (3.0 * (df - 1) ** 2)))
    else:
        return 1.0 - 1.0 / h2, h2, (None, None)
    reach = float(critical_value(level)) * error
    ends = [max(1.0, exp(log(h2) / 2.0 + side * reach)) for side in (-1.0, 1.0)]
    return 1.0 - 1.0 / h2, h2, (1.0 - 1.0 / ends[0] ** 2, 1.0 - 1.0 / ends[1] ** 2)
