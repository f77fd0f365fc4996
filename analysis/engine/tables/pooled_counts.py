"""The result of a likelihood of counts: one pooled effect with its intervals and tests."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np

from analysis.engine.arrays import FloatArray, require, require_option
from analysis.engine.distributions import chi2_p_value, critical_value, two_sided_p_value
from analysis.engine.errors import InvalidInput, TooFewStudies
from analysis.engine.tables.ascent import Maximum, maximise
from analysis.engine.tables.count_models import CountModel
from analysis.engine.tables.families import LARGEST_EXPONENT
from analysis.engine.tables.study_effects import typical_variance

TAU2_METHODS = ("ML", "CE")
MODELS = ("UM.FS", "UM.RS", "CM.EL", "CM.AL")
# Beyond, the weights of the outer nodes leave double precision.
MOST_NODES = 150


@dataclass(frozen=True, slots=True)
class PooledCounts:
    """A pooled effect from a likelihood of counts; natural log of odds ratio, odds, rate ratio or rate.

    Attributes
    ----------
    k : number of studies in the likelihood
    estimate, se : pooled effect and its standard error, from the observed information
    statistic, df, p_value : estimate / se; None, as its distribution is normal; two-sided p value
    level, ci_lower, ci_upper : confidence level (a fraction) and Wald interval
    pi_lower, pi_upper : prediction interval, estimate +/- z sqrt(se**2 + tau2); None for "CE"
    tau2, tau : variance between studies and its square root; 0 for "CE", and where the likelihood is highest at 0
    tau2_se, tau2_ci_lower, tau2_ci_upper : standard error of tau2 from the observed information and Wald interval of
        log(tau2); None where tau2 is 0, the interval also where its upper limit is beyond double precision
    sigma2 : variance of the study effects; None but for "UM.RS"
    i2, h2 : tau2 / (tau2 + s2) and tau2 / s2 + 1 with the typical sampling variance s2 of the single effects;
        None for "CE" and where fewer than two studies have an effect
    q_wald, q_wald_p_value, q_lrt, q_lrt_p_value, q_df : Wald and likelihood ratio test of the common effect against one
        effect for each study; None for k = 1
    log_likelihood : of the fitted model, constants included
    model, measure, tau2_method : what was fitted
    nodes : points per random effect that were used; 1 where there is none
    """

    k: int
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    level: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None
    tau2: float
    tau: float
    tau2_se: float | None
    tau2_ci_lower: float | None
    tau2_ci_upper: float | None
    sigma2: float | None
    i2: float | None
    h2: float | None
    q_wald: float | None
    q_wald_p_value: float | None
    q_lrt: float | None
    q_lrt_p_value: float | None
    q_df: int | None
    log_likelihood: float
    model: str
    measure: str
    tau2_method: str
    nodes: int


def read_nodes(nodes: int | None) -> int | None:
    """Return the number of nodes; None stands for as many as it takes for the integrals to be exact."""
    if nodes is None:
        return None
    if isinstance(nodes, bool) or not isinstance(nodes, int | np.integer):
        raise InvalidInput("nodes", f"nodes must be a whole number, got {nodes!r}")
    value = np.asarray(float(nodes))
    require("nodes", value, (value >= 1.0) & (value <= MOST_NODES), rule=f"from 1 to {MOST_NODES}")
    return int(nodes)


def require_enough(k: int, *, model: str, tau2_method: str) -> None:
    """Raise TooFewStudies for fewer than two studies; a common effect without random study effects needs one."""
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    needed = 1 if tau2_method == "CE" and model != "UM.RS" else 2
    if k < needed:
        raise TooFewStudies(needed=needed, got=k)


def fit_counts(
    problem: CountModel, *, vi: FloatArray, model: str, measure: str, tau2_method: str, nodes: int | None, level: float
) -> PooledCounts:
    """Return the fitted model; `vi` are the sampling variances of the single effects, for i2 and h2."""
    common = maximise(problem.marginal.without_last(), problem.shared, problem.alpha, nodes=nodes)
    top = common
    if tau2_method == "ML":
        top = maximise(problem.marginal, problem.shared, problem.alpha, nodes=nodes, base=common)
    return _assemble(problem, (top, common), vi=vi, model=model, measure=measure, tau2_method=tau2_method, level=level)


def _assemble(
    problem: CountModel,
    fits: tuple[Maximum, Maximum],
    *,
    vi: FloatArray,
    model: str,
    measure: str,
    tau2_method: str,
    level: float,
) -> PooledCounts:
    """Return one fit, and the common-effect fit, as one result."""
    top, k, is_random, critical = fits[0], problem.marginal.k, tau2_method == "ML", float(critical_value(level))
    q_wald, q_wald_p_value, q_lrt, q_lrt_p_value = _test_common_effect(problem, fits[1])
    estimate, se = float(top.shared[0]), sqrt(float(top.covariance[0, 0]))
    tau = float(top.shared[-1]) * is_random
    tau2_se = 2.0 * tau * sqrt(float(top.covariance[-1, -1])) if tau else None
    factor = _factor(critical * tau2_se / tau**2) if tau2_se else None
    typical = typical_variance(vi) if is_random and vi.size > 1 else 0.0
    reach = critical * sqrt(se**2 + tau**2) if is_random else None
    return PooledCounts(
        k=k,
        estimate=estimate,
        se=se,
        statistic=estimate / se,
        df=None,
        p_value=two_sided_p_value(estimate / se),
        level=level,
        ci_lower=estimate - critical * se,
        ci_upper=estimate + critical * se,
        pi_lower=estimate - reach if reach else None,
        pi_upper=estimate + reach if reach else None,
        tau2=tau**2,
        tau=tau,
        tau2_se=tau2_se,
        tau2_ci_lower=tau**2 / factor if factor else None,
        tau2_ci_upper=tau**2 * factor if factor else None,
        sigma2=float(top.shared[2]) ** 2 if model == "UM.RS" else None,
        i2=tau**2 / (tau**2 + typical) if typical else None,
        h2=tau**2 / typical + 1.0 if typical else None,
        q_wald=q_wald,
        q_wald_p_value=q_wald_p_value,
        q_lrt=q_lrt,
        q_lrt_p_value=q_lrt_p_value,
        q_df=k - 1 if k > 1 else None,
        log_likelihood=top.height,
        model=model,
        measure=measure,
        tau2_method=tau2_method,
        nodes=top.nodes,
    )


def _test_common_effect(problem: CountModel, common: Maximum) -> tuple[float | None, ...]:
    """Return Wald statistic, its p value, likelihood ratio statistic and its p value; None for one study."""
    df = problem.marginal.k - 1
    if df == 0:
        return None, None, None, None
    q_wald, q_lrt = problem.saturated.q_wald, max(0.0, 2.0 * (problem.saturated.height - common.height))
    return q_wald, chi2_p_value(q_wald, df=df), q_lrt, chi2_p_value(q_lrt, df=df)


def _factor(exponent: float) -> float | None:
    """Return exp(exponent), by which an interval of a logarithm reaches up and down; None beyond double precision."""
    return exp(exponent) if exponent < LARGEST_EXPONENT else None
