"""Residuals of a model, and the effects of the studies shrunken towards it."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_studies
from analysis.engine.design import Moderators, read_design
from analysis.engine.distributions import critical_value
from analysis.engine.pooling import pool


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """What the model leaves of each study, arrays of shape (k,).

    Attributes
    ----------
    residual : effect less fitted value, scale of yi
    se : standard error of the residual, without the factor of Hartung and Knapp (as in metafor)
    standardised : residual / se; NaN where the study is fitted exactly whatever its effect
    """

    residual: FloatArray
    se: FloatArray
    standardised: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ShrunkenEffects:
    """Best linear unbiased predictions of the studies' true effects, arrays of shape (k,), scale of yi.

    Attributes
    ----------
    estimate, se : prediction and its standard error
    pi_lower, pi_upper : its interval, by the distribution and at the level of the model
    """

    estimate: FloatArray
    se: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray


def standardised_residuals(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: Moderators | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
) -> Residuals:
    """Return internally standardised residuals; for deleted ones see `influence`.

    Parameters
    ----------
    yi, vi, mods, tau2_method, ci_method : as in `pool`

    Raises
    ------
    EngineError
        As in `pool`.

    References
    ----------
    Hedges and Olkin (1985), Statistical Methods for Meta-Analysis, chapter 12.
    """
    effects, variances = read_studies(yi, vi)
    X, fitted, covariance, tau2, scale = _model(effects, variances, mods, tau2_method=tau2_method, ci_method=ci_method)
    marginal = variances + tau2
    pulled = X @ covariance / scale @ (X / marginal[:, np.newaxis]).T
    left = np.eye(effects.size) - pulled
    se = np.sqrt(np.einsum("ij,j,ij->i", left, marginal, left))
    residual = effects - fitted
    residual[np.abs(residual) < 100.0 * np.finfo(np.float64).eps] = 0.0
    is_free = se > 1e-7 * np.sqrt(marginal)
    standardised = np.where(is_free, residual / np.where(is_free, se, 1.0), np.nan)
    return Residuals(residual=freeze(residual), se=freeze(se), standardised=freeze(standardised))


def shrunken_effects(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: Moderators | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
) -> ShrunkenEffects:
    """Return empirical Bayes estimates of the studies' true effects.

    Parameters
    ----------
    yi, vi, mods, tau2_method, ci_method, level : as in `pool`

    Raises
    ------
    EngineError
        As in `pool`.

    References
    ----------
    Raudenbush and Bryk (1985), doi:10.3102/10769986010002075.
    """
    effects, variances = read_studies(yi, vi)
    X, fitted, covariance, tau2, _ = _model(effects, variances, mods, tau2_method=tau2_method, ci_method=ci_method)
    share = tau2 / (tau2 + variances)
    estimate = share * effects + (1.0 - share) * fitted
    se = np.sqrt(share * variances + (1.0 - share) ** 2 * np.einsum("ip,pq,iq->i", X, covariance, X))
    df = None if ci_method == "wald" else effects.size - X.shape[1]
    reach = float(critical_value(level, df=df if df else None)) * se
    return ShrunkenEffects(
        estimate=freeze(estimate), se=freeze(se), pi_lower=freeze(estimate - reach), pi_upper=freeze(estimate + reach)
    )


def _model(
    yi: FloatArray, vi: FloatArray, mods: Moderators | None, *, tau2_method: str, ci_method: str
) -> tuple[FloatArray, FloatArray, FloatArray, float, float]:
    """Return design, fitted values, covariance of the coefficients, tau2 and the factor of Hartung and Knapp."""
    design = None if mods is None else read_design(mods, k=yi.size)
    if design is None:
        fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)
        X, covariance = np.ones((yi.size, 1)), np.array([[fit.se**2]])
        normal = 1.0 / sqrt(float(np.sum(1.0 / (vi + fit.tau2))))
        return X, np.full(yi.size, fit.estimate), covariance, fit.tau2, (fit.se / normal) ** 2
    model = pool(yi, vi, mods=design, tau2_method=tau2_method, ci_method=ci_method)
    square = design.X.T @ (design.X / (vi + model.tau2)[:, np.newaxis])
    scale = float(np.trace(square @ model.covariance)) / model.p
    return design.X, model.fitted, model.covariance, model.tau2, scale
