"""How much each study moves a model, with or without moderators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_studies, require_option
from analysis.engine.design import INTERCEPT, Design, Moderators, read_design
from analysis.engine.distributions import chi2_p_values, two_sided_p_values
from analysis.engine.errors import TooFewStudies, UndefinedResult
from analysis.engine.fits import Fits, blocks_of, fit_many
from analysis.engine.pooling import CI_METHODS
from analysis.engine.problems import inverse_of
from analysis.engine.tau2_many import TAU2_METHODS

# A leverage of 1 without weights: the study alone carries a coefficient, and without it there is no model.
CARRIES_ALONE = 1.0 - 1e-10
ALPHA = 0.05
# In place of the position of a study: none is left out.
ALL = -1


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """Diagnostics of the studies: arrays of shape (k,), NaN for a study without which the model cannot be fitted.

    Attributes
    ----------
    rstudent : deleted residual divided by its standard error
    dffits : change of the fitted value of the study, in standard errors
    cook_d : squared distance between the coefficients with and without the study
    cov_r : determinant of their covariance without the study, divided by that with it
    tau2_del, q_del : tau2 and (residual) Q without the study
    hat : leverage
    weight : share of the study in the weights, a fraction
    dfbs : array of shape (k, p)  change of each coefficient, in standard errors
    is_influential : bool array  |dffits| > 3 sqrt(p / (k - p)), or more than half of chi-squared below cook_d, or
        hat > 3 p / k, or any |dfbs| > 1
    outlier_p_value : two-sided p value of rstudent times k (Bonferroni), at most 1; t with one degree of freedom less
        than the model's where it has them
    is_outlier : bool array  outlier_p_value below 0.05
    names : names of the coefficients
    """

    rstudent: FloatArray
    dffits: FloatArray
    cook_d: FloatArray
    cov_r: FloatArray
    tau2_del: FloatArray
    q_del: FloatArray
    hat: FloatArray
    weight: FloatArray
    dfbs: FloatArray
    is_influential: NDArray[np.bool_]
    outlier_p_value: FloatArray
    is_outlier: NDArray[np.bool_]
    names: tuple[str, ...]


class BaujatPoints(NamedTuple):
    """The points of a Baujat plot, arrays of shape (k,).

    x : squared Pearson residuals, the contributions to (residual) heterogeneity
    y : squared standardised changes of the fitted value without the study; NaN as in Influence
    """

    x: FloatArray
    y: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Deleted:
    """A model, and the same model without each study; rows of NaN where there is none without it.

    Attributes
    ----------
    X : array of shape (k, p)
    beta, covariance : arrays of shape (p,) and (p, p)  of the full model
    wi, inverse : arrays of shape (k,) and (p, p)  weights, (X'WX)^-1
    beta_del, covariance_del : arrays of shape (k, p) and (k, p, p)  without each study
    inverse_del : array of shape (k, p, p)  (X'WX)^-1 of all studies with the tau2 that holds without one
    tau2, tau2_del, q_del, dispersion_del : tau2 of the full model, and arrays of shape (k,)
    df : degrees of freedom of the full model's t distribution, None for the normal
    """

    X: FloatArray
    beta: FloatArray
    covariance: FloatArray
    wi: FloatArray
    inverse: FloatArray
    beta_del: FloatArray
    covariance_del: FloatArray
    inverse_del: FloatArray
    tau2: float
    tau2_del: FloatArray
    q_del: FloatArray
    dispersion_del: FloatArray
    df: int | None
    names: tuple[str, ...]


def influence(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: Moderators | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
) -> Influence:
    """Return influence diagnostics and outlier flags.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k above p + 1 with moderators, else k >= 2
    mods, tau2_method, ci_method : as in `pool`

    Raises
    ------
    TooFewStudies
        Without a study the model would have no degree of freedom.
    UndefinedResult
        ci_method is "hksj" and the studies, all or without one, are fitted exactly.
    InvalidInput, NotConverged
        As in `pool`.

    References
    ----------
    Viechtbauer and Cheung (2010), doi:10.1002/jrsm.11.
    """
    effects, variances = read_studies(yi, vi)
    model = delete_each(effects, variances, mods, tau2_method=tau2_method, ci_method=ci_method)
    arrays = _diagnose(effects, variances, model)
    for array in arrays.values():
        array.setflags(write=False)
    return Influence(names=model.names, **arrays)  # type: ignore[arg-type]  # booleans among the floats


def _diagnose(yi: FloatArray, vi: FloatArray, model: Deleted) -> dict[str, FloatArray | NDArray[np.bool_]]:
    """Return the arrays of Influence."""
    X, wi, k = model.X, model.wi, yi.size
    hat = wi * np.vecdot(X @ model.inverse, X)
    predicted = np.vecdot(X, model.beta_del)
    variance = _square(model.covariance_del, X)
    marginal = (vi + model.tau2_del) * model.dispersion_del
    rstudent = (yi - predicted) / np.sqrt(marginal + variance)
    dffits = (X @ model.beta - predicted) / np.sqrt(hat * marginal)
    moved = model.beta - model.beta_del
    spread = model.dispersion_del[:, np.newaxis] * np.einsum("ipp->ip", model.inverse_del)
    dfbs = moved / np.sqrt(spread)
    cook_d = np.vecdot(moved @ np.linalg.inv(model.covariance), moved)
    with np.errstate(invalid="ignore"):  # NaN in, NaN out: a study without which there is no model
        cov_r = _determinants(model.covariance_del) / _determinants(model.covariance)
    p_value = np.minimum(1.0, k * _outlier_p_values(rstudent, model.df))
    flags = _flags(dffits=dffits, cook_d=cook_d, hat=hat, dfbs=dfbs)
    return {
        "rstudent": rstudent,
        "dffits": dffits,
        "cook_d": cook_d,
        "cov_r": cov_r,
        "tau2_del": model.tau2_del,
        "q_del": model.q_del,
        "hat": hat,
        "weight": wi / np.sum(wi),
        "dfbs": dfbs,
        "is_influential": flags,
        "outlier_p_value": p_value,
        "is_outlier": p_value < ALPHA,
    }


def baujat(yi: ArrayLike, vi: ArrayLike, *, mods: Moderators | None = None, tau2_method: str = "REML") -> BaujatPoints:
    """Return the points of a Baujat plot.

    Parameters
    ----------
    yi, vi, mods, tau2_method : as in `influence`

    References
    ----------
    Baujat et al. (2002), doi:10.1002/sim.1221; with moderators and random effects as in metafor.
    """
    effects, variances = read_studies(yi, vi)
    model = delete_each(effects, variances, mods, tau2_method=tau2_method, ci_method="wald")
    fitted = model.X @ model.beta
    predicted = np.vecdot(model.X, model.beta_del)
    variance = _square(model.covariance_del, model.X)
    x = (effects - fitted) ** 2 / (variances + model.tau2)
    return BaujatPoints(x=freeze(x), y=freeze((predicted - fitted) ** 2 / variance))


def delete_each(
    yi: FloatArray, vi: FloatArray, mods: Moderators | None, *, tau2_method: str, ci_method: str
) -> Deleted:
    """Return the model with and without each study, all refitted; see `influence` for the errors."""
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    k = yi.size
    design = _mean_design(k) if mods is None else read_design(mods, k=k)
    X, p = design.X, design.X.shape[1]
    needed = 2 if mods is None else p + 2
    if k < needed:
        raise TooFewStudies(needed=needed, got=k)
    rows = np.concatenate([[ALL], _removable(X)])
    parts = [
        _without(yi, vi, design, rows[part], tau2_method=tau2_method, ci_method=ci_method)
        for part in blocks_of(rows.size, k)
    ]
    columns = parts[0] if len(parts) == 1 else [np.concatenate(column) for column in zip(*parts, strict=True)]
    full = [column[0] for column in columns]
    beta, covariance, inverse, tau2, q, dispersion = (_spread(column[1:], rows[1:], k=k) for column in columns)
    return Deleted(
        X=X,
        beta=full[0],
        covariance=full[1],
        wi=1.0 / (vi + full[3]),
        inverse=full[2],
        beta_del=beta,
        covariance_del=covariance,
        inverse_del=inverse,
        tau2=float(full[3]),
        tau2_del=tau2,
        q_del=q,
        dispersion_del=dispersion,
        df=None if ci_method == "wald" or k <= p else k - p,
        names=design.names,
    )


def _removable(X: FloatArray) -> NDArray[np.intp]:
    """Return the positions of the studies without which the columns of the design are still independent."""
    if X.shape[1] == 1:
        return np.arange(X.shape[0])
    basis = np.linalg.qr(X)[0]
    return np.flatnonzero(np.einsum("ip,ip->i", basis, basis) < CARRIES_ALONE)


def _without(
    yi: FloatArray, vi: FloatArray, design: Design, rows: NDArray[np.intp], *, tau2_method: str, ci_method: str
) -> tuple[FloatArray, ...]:
    """Return coefficients, covariance, inverse of all studies, tau2, q and dispersion without each of some studies."""
    variances = np.where(np.arange(yi.size) == rows[:, np.newaxis], np.inf, vi)
    effects = np.broadcast_to(yi, variances.shape)
    fits = _fit(effects, variances, design, tau2_method=tau2_method, ci_method=ci_method)
    back = fits.problems.back
    covariance = fits.dispersion[:, np.newaxis, np.newaxis] * _turned(fits.at_tau2.inverse, back)
    inverse = _turned(inverse_of(fits.problems, vi, fits.tau2.tau2), back)
    return _coefficients(fits), covariance, inverse, fits.tau2.tau2, fits.at_zero.q, fits.dispersion


def _square(matrices: FloatArray, vectors: FloatArray) -> FloatArray:
    """Return the quadratic form of each matrix with its vector, shape (k,)."""
    return np.asarray(np.vecdot((matrices @ vectors[:, :, np.newaxis])[:, :, 0], vectors))


def _determinants(matrices: FloatArray) -> FloatArray:
    """Return the determinant of each matrix; of one by one, as most are, the matrix itself."""
    return np.asarray(matrices[..., 0, 0] if matrices.shape[-1] == 1 else np.linalg.det(matrices))


def _turned(inverse: FloatArray, back: FloatArray) -> FloatArray:
    """Return covariances of the design's coefficients from those of its orthogonal columns."""
    return inverse if back.size == 1 else back @ inverse @ back.T


def _fit(yi: FloatArray, vi: FloatArray, design: Design, *, tau2_method: str, ci_method: str) -> Fits:
    """Return the fits of problems, refusing an undefined Hartung-Knapp interval."""
    is_mean = design.names == (INTERCEPT,)
    fits = fit_many(yi, vi, None if is_mean else design.X, tau2_method=tau2_method, ci_method=ci_method)
    if np.isnan(fits.dispersion).any():
        raise UndefinedResult(
            what="the Hartung-Knapp-Sidik-Jonkman interval",
            why="the effects, all or without one study, are fitted exactly, so that its standard error is 0",
        )
    return fits


def _coefficients(fits: Fits) -> FloatArray:
    """Return the coefficients of the design, shape (b, p)."""
    beta = fits.at_tau2.beta @ fits.problems.back.T
    beta[:, 0] += fits.problems.shift
    return beta


def _mean_design(k: int) -> Design:
    """Return the design of a mean."""
    return Design(X=np.ones((k, 1)), names=(INTERCEPT,), terms=(INTERCEPT,))


def _spread(values: FloatArray, rows: NDArray[np.intp], *, k: int) -> FloatArray:
    """Return values of some studies at their places among all k, NaN elsewhere."""
    if rows.size == k:
        return values
    placed = np.full((k, *values.shape[1:]), np.nan)
    placed[rows] = values
    return placed


def _outlier_p_values(rstudent: FloatArray, df: int | None) -> FloatArray:
    """Return two-sided p values; the deleted model has one degree of freedom less."""
    return two_sided_p_values(rstudent, df=None if df is None or df < 2 else float(df - 1))


def _flags(*, dffits: FloatArray, cook_d: FloatArray, hat: FloatArray, dfbs: FloatArray) -> NDArray[np.bool_]:
    """Return which studies are influential by one of four rules; see Influence."""
    k, p = dfbs.shape
    with np.errstate(invalid="ignore"):
        flags = (
            (np.abs(dffits) > 3.0 * np.sqrt(p / (k - p)))
            | (chi2_p_values(cook_d, df=float(p)) < 0.5)
            | (hat > 3.0 * p / k)
            | np.any(np.abs(dfbs) > 1.0, axis=1)
        )
    return np.asarray(flags, dtype=np.bool_)
