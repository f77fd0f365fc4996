"""Egger's regression test for funnel plot asymmetry.

References
----------
Egger et al. (1997), doi:10.1136/bmj.315.7109.629; Sterne and Egger (2005), in Rothstein et al., Publication Bias in
Meta-Analysis, pages 99-110; Moreno et al. (2009), doi:10.1186/1471-2288-9-2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_array, read_level, read_studies, require, require_option
from analysis.engine.errors import InvalidInput, RaggedLengths, TooFewStudies
from analysis.engine.pooling import pool
from analysis.engine.regression import MetaRegression
from analysis.engine.small_study.weighted_line import WeightedLine, fit_weighted_line, read_predictor, require_slope

PREDICTORS = ("sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv")
# These approach 0 as a study grows, so that the intercept is the effect in an infinitely large study.
VANISHING = ("sei", "vi", "ninv", "sqrtninv")


@dataclass(frozen=True, slots=True)
class Egger:
    """A regression test for funnel plot asymmetry, scale of yi.

    Attributes
    ----------
    k : number of studies
    model : {"rma", "lm"}  meta-regression, or weighted regression with multiplicative dispersion
    predictor : {"sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv", "given"}
    statistic, df, p_value : test of the slope; degrees of freedom of its t distribution (None: normal); two-sided
    level, estimate, ci_lower, ci_upper : limit estimate (the effect where the predictor is 0) with its interval; None
        where the predictor does not approach 0 as studies grow ("ni", "sqrtni", "given")
    intercept, intercept_se, slope, slope_se : coefficients of the regression
    tau2 : residual variance between studies; None for "lm"
    tau2_method, ci_method : what was used; None for "lm"
    """

    k: int
    model: str
    predictor: str
    statistic: float
    df: int | None
    p_value: float
    level: float
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    intercept: float
    intercept_se: float
    slope: float
    slope_se: float
    tau2: float | None
    tau2_method: str | None
    ci_method: str | None


def egger_rma(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    predictor: str | ArrayLike = "sei",
    ni: ArrayLike | None = None,
    tau2_method: str = "REML",
    ci_method: str = "wald",
    level: float = 0.95,
) -> Egger:
    """Return the regression test in a random-effects (or common-effect) meta-regression.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 3
    predictor : {"sei", "vi", "ni", "ninv", "sqrtni", "sqrtninv"} or array of shape (k,)
    ni : array of shape (k,)  sample sizes, above 0; needed by the predictors that name them
    tau2_method : one of TAU2_METHODS
    ci_method : {"wald", "t", "hksj", "hksj_adhoc"}  distribution of the test and of the interval
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies, UndefinedResult
        k is below 3; the predictor is the same for all studies.
    InvalidInput
        No sample sizes for a predictor that needs them; a value or an option that cannot be right.
    """
    level = read_level(level)
    effects, variances = read_studies(yi, vi)
    name, x = choose_predictor(predictor, variances, ni)
    if effects.size < 3:
        raise TooFewStudies(needed=3, got=effects.size)
    require_slope(x)
    fit = pool(effects, variances, mods=x, tau2_method=tau2_method, ci_method=ci_method, level=level)
    return _report(fit, "rma", name, tau2=fit.tau2, tau2_method=fit.tau2_method, ci_method=fit.ci_method)


def egger_lm(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    predictor: str | ArrayLike = "sei",
    ni: ArrayLike | None = None,
    level: float = 0.95,
) -> Egger:
    """Return the regression test in a weighted regression with multiplicative dispersion, t with k - 2 df.

    Parameters and Raises are those of `egger_rma`; with the predictor "sei" this is the classical test of Egger et al.
    """
    effects, variances = read_studies(yi, vi)
    name, x = choose_predictor(predictor, variances, ni)
    line = fit_weighted_line(effects, variances, x, level=level)
    return _report(line, "lm", name, tau2=None, tau2_method=None, ci_method=None)


def _report(
    fit: MetaRegression | WeightedLine,
    model: str,
    predictor: str,
    *,
    tau2: float | None,
    tau2_method: str | None,
    ci_method: str | None,
) -> Egger:
    """Return the test of the slope and, where the predictor vanishes in large studies, the limit estimate."""
    is_limit = predictor in VANISHING
    return Egger(
        k=fit.k,
        model=model,
        predictor=predictor,
        statistic=float(fit.statistic[1]),
        df=fit.df,
        p_value=float(fit.p_value[1]),
        level=fit.level,
        estimate=float(fit.estimate[0]) if is_limit else None,
        ci_lower=float(fit.ci_lower[0]) if is_limit else None,
        ci_upper=float(fit.ci_upper[0]) if is_limit else None,
        intercept=float(fit.estimate[0]),
        intercept_se=float(fit.se[0]),
        slope=float(fit.estimate[1]),
        slope_se=float(fit.se[1]),
        tau2=tau2,
        tau2_method=tau2_method,
        ci_method=ci_method,
    )


def choose_predictor(predictor: str | ArrayLike, variances: FloatArray, ni: ArrayLike | None) -> tuple[str, FloatArray]:
    """Return the name and the values, shape (k,), of a predictor; "given" names one that is not a built-in."""
    if not isinstance(predictor, str):
        return "given", read_predictor(predictor, k=variances.size)
    require_option("predictor", predictor, PREDICTORS)
    if predictor in ("sei", "vi"):
        return predictor, np.sqrt(variances) if predictor == "sei" else variances
    if ni is None:
        raise InvalidInput("ni", f'the predictor "{predictor}" needs the sample sizes ni')
    sizes = np.atleast_1d(read_array("ni", ni))
    if sizes.size != variances.size:
        raise RaggedLengths(argument="ni", length=sizes.size, other="yi", other_length=variances.size)
    require("ni", sizes, sizes > 0.0, rule="above 0")
    size = np.sqrt(sizes) if predictor.startswith("sqrt") else sizes
    return predictor, 1.0 / size if predictor.endswith("inv") else size
