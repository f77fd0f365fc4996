"""Tests and intervals of coefficients, the test of residual heterogeneity and the information criteria."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray, freeze
from analysis.engine.dependent.blocks import Blocks
from analysis.engine.dependent.likelihood import Solution, solve
from analysis.engine.distributions import chi2_p_value, critical_value
from analysis.engine.errors import UndefinedResult

CI_METHODS = ("wald", "t")
METHODS = ("REML", "ML")


@dataclass(frozen=True, slots=True, eq=False)
class Coefficients:
    """Coefficients with their tests and intervals, arrays of shape (p,); df is None for the normal distribution."""

    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: int | None
    p_value: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    covariance: FloatArray


@dataclass(frozen=True, slots=True)
class Omnibus:
    """The test that several coefficients are 0: chi-squared (df2 is None) or F."""

    statistic: float
    df1: int
    df2: float | None
    p_value: float


@dataclass(frozen=True, slots=True)
class Criteria:
    """The log-likelihood and the information criteria; AICc is corrected for few effects."""

    log_likelihood: float
    aic: float
    bic: float
    aicc: float


def two_sided(statistic: FloatArray, df: float | FloatArray | None) -> FloatArray:
    """Return two-sided p values: normal where df is None, t otherwise."""
    if df is None:
        return np.asarray(2.0 * special.ndtr(-np.abs(statistic)))
    return np.asarray(2.0 * special.stdtr(df, -np.abs(statistic)))


def describe(model: Blocks, fit: Solution, *, df: int | None, level: float) -> Coefficients:
    """Return the coefficients of the design, in the units of the effects."""
    estimate = model.back @ (model.start + fit.coefficients) * model.unit
    covariance = model.back @ fit.covariance @ model.back.T * model.unit**2
    se = np.sqrt(np.diag(covariance))
    statistic = estimate / se
    reach = float(critical_value(level, df=df)) * se
    return Coefficients(
        estimate=freeze(estimate),
        se=freeze(se),
        statistic=freeze(statistic),
        df=df,
        p_value=freeze(two_sided(statistic, df)),
        ci_lower=freeze(estimate - reach),
        ci_upper=freeze(estimate + reach),
        covariance=freeze(covariance),
    )


def wald_test(
    estimate: FloatArray, covariance: FloatArray, *, df: float | None, tested: list[int] | None = None
) -> Omnibus:
    """Return the Wald test that all `tested` estimates are 0: chi-squared where df is None, F with `df` otherwise."""
    if tested is not None:
        estimate, covariance = estimate[tested], covariance[np.ix_(tested, tested)]
    count = estimate.size
    scale = np.sqrt(np.diag(covariance))
    standard = estimate / scale
    wald = float(standard @ np.linalg.solve(covariance / np.outer(scale, scale), standard))
    if df is None:
        return Omnibus(statistic=wald, df1=count, df2=None, p_value=chi2_p_value(wald, df=count))
    return Omnibus(statistic=wald / count, df1=count, df2=df, p_value=f_p_value(wald / count, df1=count, df2=df))


def f_p_value(statistic: float, *, df1: float, df2: float) -> float:
    """Return the upper tail probability of the F distribution, exact in the far tail."""
    share = df2 / (df2 + df1 * statistic)
    return float(special.betainc(df2 / 2.0, df1 / 2.0, share))


def residual_q(model: Blocks) -> float:
    """Return the weighted sum of squared residuals under the sampling covariances alone."""
    return solved(model, np.zeros(model.m)).q


def solved(model: Blocks, theta: FloatArray) -> Solution:
    """Return the fit at given components.

    Raises
    ------
    UndefinedResult
        The covariance is not positive definite to double precision.
    """
    fit = solve(model, theta)
    if fit is None:
        raise UndefinedResult(what="the fit", why="the covariance of the effects is singular to double precision")
    return fit


def criteria(model: Blocks, fit: Solution, *, estimated: int) -> Criteria:
    """Return log-likelihood, AIC, BIC and AICc with `estimated` variance parameters next to the coefficients.

    References
    ----------
    Hurvich and Tsai (1989), doi:10.1093/biomet/76.2.297, for AICc. For REML the number of effects is reduced by that of
    the coefficients.
    """
    value = fit.value - model.offset
    count = model.p + estimated
    size = model.k - model.p if model.restricted else model.k
    few = max(size, count + 2)
    return Criteria(
        log_likelihood=value,
        aic=2.0 * count - 2.0 * value,
        bic=count * log(size) - 2.0 * value,
        aicc=2.0 * count * few / (few - count - 1) - 2.0 * value,
    )
