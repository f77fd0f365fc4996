"""Weighted multiple regression with a random intercept and fixed slopes, as Wilson's SPSS macro METAREG computes it.

"MM" is `pool` with tau2_method "DL" and ci_method "wald", "ML" that with "ML", "REML_exact" that with "REML":
coefficients, standard errors, tests and q_model (its qm) are the same numbers. The macro's own "REML" has no such twin:
it multiplies the ML variance by k / (k - p). On top of `pool` come r2, the residual and total Q with the weights
1 / (vi + tau2), and the standardised coefficients B sx / sy with weighted standard deviations. r2 is a share of the
weighted sum of squares; the r2 of `pool` is a share of tau2. se(v) is sqrt(2 / sum(w**2)), for "REML_exact"
sqrt(2 / tr(PP)). A negative "MM" is truncated to 0.

The macro multiplies standard errors by 1.96, here the quantile is exact; it iterates ML from "MM" to steps below 1e-10,
200 at most and then silently stops, here the highest maximum is found.

References
----------
Wilson, SPSS macro MetaReg.sps, version 2005.05.23; Lipsey and Wilson (2001), Practical Meta-Analysis, chapter 7 and
Appendix D; tau2 of "MM": Raudenbush (1994), in Cooper and Hedges, The Handbook of Research Synthesis, chapter 20.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_array, read_level, read_studies, require, require_option
from analysis.engine.design import Design, Moderators, read_design
from analysis.engine.distributions import chi2_p_value, critical_value, two_sided_p_values
from analysis.engine.errors import InvalidInput, RaggedLengths, TooFewStudies, UndefinedResult
from analysis.engine.problems import Moments, Problems, moments, set_up
from analysis.engine.regression import EQUAL
from analysis.engine.tau2_many import estimate_tau2_many

WILSON_MODELS = ("random", "fixed")
WILSON_METHODS = ("MM", "ML", "REML", "REML_exact")
ENGINE_METHODS = {"MM": "DL", "ML": "ML", "REML": "ML", "REML_exact": "REML"}


@dataclass(frozen=True, slots=True, eq=False)
class WilsonRegression:
    """What the macro prints, scale of yi.

    Attributes
    ----------
    k, p : number of studies and of coefficients
    names : names of the coefficients, "intercept" first
    mean : "Mean ES", the mean effect with the weights 1 / (vi + tau2)
    r2 : "R-Square", q_model / q_total
    q_model, q_model_df, q_model_p_value : weighted sum of squares that the moderators explain, chi-squared with p - 1
        degrees of freedom
    q_residual, q_residual_df, q_residual_p_value : what they leave, k - p degrees of freedom
    q_total, q_total_df, q_total_p_value : both together, k - 1 degrees of freedom
    estimate, se, statistic, p_value, ci_lower, ci_upper : arrays of shape (p,)  "B" and its normal test and interval
    beta : array of shape (p,)  "Beta", standardised coefficients; 0 for the intercept
    tau2, tau2_se : "v" and "se(v)", the random-effects variance component; tau2 is 0 in the fixed model; tau2_se None
        there and for "MM"
    level, model, tau2_method : what was used; tau2_method None in the fixed model
    """

    k: int
    p: int
    names: tuple[str, ...]
    mean: float
    r2: float
    q_model: float
    q_model_df: int
    q_model_p_value: float
    q_residual: float
    q_residual_df: int
    q_residual_p_value: float
    q_total: float
    q_total_df: int
    q_total_p_value: float
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    beta: FloatArray
    tau2: float
    tau2_se: float | None
    level: float
    model: str
    tau2_method: str | None


def wilson_regression(
    yi: ArrayLike,
    vi: ArrayLike | None = None,
    *,
    mods: Moderators,
    weights: ArrayLike | None = None,
    model: str = "random",
    tau2_method: str = "MM",
    level: float = 0.95,
) -> WilsonRegression:
    """Return the weighted multiple regression of effects on moderators.

    Parameters
    ----------
    yi : array of shape (k,)  effects, k above the number of coefficients
    vi, weights : arrays of shape (k,)  sampling variances, or the macro's W, the inverse variances 1 / vi; one of them
    mods : moderators, as in `pool`
    model : {"random", "fixed"}  random intercept and fixed slopes, or no variance between studies
    tau2_method : {"MM", "ML", "REML", "REML_exact"}  method of moments, not iterated; maximum likelihood; the macro's
        "REML", which is ML times k / (k - p); the maximum of the restricted likelihood, which the macro lacks
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies, UndefinedResult
        k is not above the number of coefficients; all effects are equal, so that there is nothing to explain.
    InvalidInput, NotConverged
        vi and weights, or neither; a model without an intercept; a value that cannot be right.
    """
    require_option("model", model, WILSON_MODELS)
    require_option("tau2_method", tau2_method, WILSON_METHODS)
    level = read_level(level)
    effects, variances = _read_variances(yi, vi, weights)
    design = read_design(mods, k=effects.size)
    k, p = design.X.shape
    if not design.has_intercept:
        raise InvalidInput("mods", "mods must have an intercept as its first column")
    if k <= p:
        raise TooFewStudies(needed=p + 1, got=k)
    problem = set_up(effects[np.newaxis], variances[np.newaxis], design.X)
    if float(np.max(np.abs(problem.yi))) <= EQUAL * float(np.max(np.abs(effects))):
        raise UndefinedResult(what="the regression", why=f"all {k} effects are equal: there is nothing to explain")
    method = None if model == "fixed" else tau2_method
    tau2, tau2_se = _variance_component(problem, method=method)
    return _assemble(problem, design, tau2=tau2, tau2_se=tau2_se, level=level, model=model, tau2_method=method)


def _read_variances(yi: ArrayLike, vi: ArrayLike | None, weights: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Return effects and variances of shape (k,)."""
    if (vi is None) == (weights is None):
        raise InvalidInput("vi", f"needs either vi or weights, got {'neither' if vi is None else 'both'}")
    if vi is not None:
        return read_studies(yi, vi)
    inverse = np.atleast_1d(read_array("weights", weights if weights is not None else ()))
    require("weights", inverse, inverse > 0.0, rule="above 0")
    effects = np.atleast_1d(read_array("yi", yi))
    if effects.size != inverse.size:
        raise RaggedLengths(argument="weights", length=inverse.size, other="yi", other_length=effects.size)
    return read_studies(effects, 1.0 / inverse)


def _variance_component(problem: Problems, *, method: str | None) -> tuple[float, float | None]:
    """Return the random-effects variance component and its standard error; method is None in the fixed model."""
    if method is None:
        return 0.0, None
    k, p = problem.X.shape
    found = estimate_tau2_many(
        problem, moments(problem, np.zeros(1)), tau2_method=ENGINE_METHODS[method], medians=np.zeros(1)
    )
    tau2 = float(found.tau2[0])
    if method == "MM":
        return tau2, None
    if method == "REML_exact":
        tau2_se = float(found.tau2_se[0])
        return tau2, None if isnan(tau2_se) else tau2_se
    if method == "REML":
        tau2 = tau2 * k / (k - p)
    return tau2, sqrt(2.0 / float(np.sum((problem.vi[0] + tau2) ** -2.0)))


def _assemble(
    problem: Problems,
    design: Design,
    *,
    tau2: float,
    tau2_se: float | None,
    level: float,
    model: str,
    tau2_method: str | None,
) -> WilsonRegression:
    """Return the model at its variance component."""
    k, p = problem.X.shape
    now, share = moments(problem, np.array([tau2])), _shares(problem, tau2)
    mean, total = float(share @ problem.yi[0]), float(now.weight[0])
    q_model = total * float(share @ (problem.X @ now.beta[0] - mean) ** 2)
    q_residual, q_total = float(now.q[0]), total * float(share @ (problem.yi[0] - mean) ** 2)
    estimate, se = _coefficients(problem, now)
    reach = float(critical_value(level)) * se
    return WilsonRegression(
        k=k,
        p=p,
        names=design.names,
        mean=mean + float(problem.shift[0]),
        r2=q_model / (q_model + q_residual),
        q_model=q_model,
        q_model_df=p - 1,
        q_model_p_value=chi2_p_value(q_model, df=p - 1),
        q_residual=q_residual,
        q_residual_df=k - p,
        q_residual_p_value=chi2_p_value(q_residual, df=k - p),
        q_total=q_total,
        q_total_df=k - 1,
        q_total_p_value=chi2_p_value(q_total, df=k - 1),
        estimate=freeze(estimate),
        se=freeze(se),
        statistic=freeze(estimate / se),
        p_value=freeze(two_sided_p_values(estimate / se)),
        ci_lower=freeze(estimate - reach),
        ci_upper=freeze(estimate + reach),
        beta=freeze(estimate * _slopes_to_betas(problem, design, share)),
        tau2=tau2,
        tau2_se=tau2_se,
        level=level,
        model=model,
        tau2_method=tau2_method,
    )


def _shares(problem: Problems, tau2: float) -> FloatArray:
    """Return the weights 1 / (vi + tau2), summing to 1."""
    wi = 1.0 / (problem.vi[0] + tau2)
    return np.asarray(wi / np.sum(wi))


def _coefficients(problem: Problems, now: Moments) -> tuple[FloatArray, FloatArray]:
    """Return the coefficients of the design and their standard errors."""
    estimate = problem.back @ now.beta[0]
    estimate[0] += float(problem.shift[0])
    return estimate, np.sqrt(np.einsum("ji,ik,jk->j", problem.back, now.inverse[0], problem.back))


def _slopes_to_betas(problem: Problems, design: Design, share: FloatArray) -> FloatArray:
    """Return the weighted standard deviation of each moderator over that of the effects, 0 for the intercept."""
    spread = float(share @ (problem.yi[0] - share @ problem.yi[0]) ** 2)
    ratios = np.sqrt(share @ (design.X - share @ design.X) ** 2 / spread)
    ratios[0] = 0.0
    return np.asarray(ratios)
