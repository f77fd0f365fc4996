"""Multilevel models: nested and crossed random intercepts with known sampling covariances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_array, read_level, require, require_option
from analysis.engine.dependent.blocks import Blocks, Parts, build
from analysis.engine.dependent.components import check_identifiable, estimate
from analysis.engine.dependent.covariance import read_effects
from analysis.engine.dependent.design import Design, Moderators, design
from analysis.engine.dependent.errors import NotIdentifiable
from analysis.engine.dependent.inference import (
    CI_METHODS,
    METHODS,
    criteria,
    describe,
    residual_q,
    solved,
    wald_test,
)
from analysis.engine.dependent.labels import Labels, Levels, nest, read_labels
from analysis.engine.dependent.likelihood import Solution
from analysis.engine.distributions import chi2_p_value, critical_value
from analysis.engine.errors import InvalidInput

SEPARATOR = "/"


@dataclass(frozen=True, slots=True, eq=False)
class Multilevel:
    """A multilevel model, scale of yi.

    Attributes
    ----------
    k : number of effects
    names : names of the coefficients
    estimate, se, statistic, p_value, ci_lower, ci_upper : arrays of shape (p,)
    df : degrees of freedom k - p of the t distribution; None for the normal distribution
    level : confidence level of all intervals, a fraction
    covariance : array of shape (p, p)  of the coefficients
    factors : names of the random factors; "study/report" for reports within studies
    levels : number of levels of each factor
    sigma2 : array of shape (m,)  variance of each factor's intercepts, at least 0; exactly 0 at the boundary
    sigma2_is_fixed : whether each variance was given rather than estimated
    i2 : share of the total variance that is not sampling variance, a fraction in [0, 1); None if k - p is 0
    i2_by_factor : array of shape (m,)  the part of i2 that belongs to each factor
    q, q_df, q_p_value : residual heterogeneity under the sampling covariances alone
    qm, qm_df, qm_p_value : test of all coefficients but the intercept (of all, without one); qm_df holds the numerator
        and denominator degrees of freedom, the latter None for chi-squared
    log_likelihood, aic, bic, aicc : at the maximum; restricted for REML
    pi_lower, pi_upper : prediction interval of the effect at a new level of every factor; None with moderators
    method, ci_method : what was used
    parts : what the model is made of, for functions that go on from it

    Notes
    -----
    The likelihood is maximised over variances of at least 0 to double precision, from many starts. I2 takes the typical
    sampling variance (k - p) / trace(P) with P = W - W X (X'WX)^-1 X'W and W the inverse of V.

    References
    ----------
    Konstantopoulos (2011), doi:10.1002/jrsm.35; Cheung (2014), doi:10.1037/a0032968; Nakagawa and Santos (2012),
    doi:10.1007/s10682-012-9555-5.
    """

    k: int
    names: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: int | None
    p_value: FloatArray
    level: float
    ci_lower: FloatArray
    ci_upper: FloatArray
    covariance: FloatArray
    factors: tuple[str, ...]
    levels: tuple[int, ...]
    sigma2: FloatArray
    sigma2_is_fixed: tuple[bool, ...]
    i2: float
    i2_by_factor: FloatArray
    q: float
    q_df: int
    q_p_value: float
    qm: float
    qm_df: tuple[int, float | None]
    qm_p_value: float
    log_likelihood: float
    aic: float
    bic: float
    aicc: float
    pi_lower: float | None
    pi_upper: float | None
    method: str
    ci_method: str
    parts: Parts


def fit_multilevel(
    yi: ArrayLike,
    v: ArrayLike,
    *,
    random: Mapping[str, Labels],
    mods: Moderators | None = None,
    intercept: bool = True,
    sigma2: Mapping[str, float] | None = None,
    method: str = "REML",
    ci_method: str = "wald",
    level: float = 0.95,
) -> Multilevel:
    """Return the multilevel model yi = X b + sum of random intercepts + sampling error.

    Parameters
    ----------
    yi : array of shape (k,)  effects (natural logs for ratios)
    v : array of shape (k,) or (k, k)  sampling variances, or their covariance matrix (see `vcalc`)
    random : mapping from name to labels of shape (k,)  the random factors, each with its own variance. A name with
        slashes, "study/report", stands for labels nested in all factors before the slash, which must be there too: the
        levels are the combinations that occur. Factors without slashes are crossed, or nested by their own labels.
    mods, intercept : moderators and whether there is an intercept, see `design`
    sigma2 : variances that are known rather than estimated, by name of the factor
    method : {"REML", "ML"}
    ci_method : {"wald", "t"}  normal distribution, or t with k - p degrees of freedom
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    NotIdentifiable
        A factor whose variance the effects say nothing about: one level, or the same groups as another factor.
    InvalidInput, TooFewStudies, NotConverged
        An argument that cannot be right; not more effects than coefficients; a search that did not end.
    """
    require_option("method", method, METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    level = read_level(level)
    effects, covariances = read_effects(yi, v)
    columns = design(mods, k=effects.size, intercept=intercept)
    factors = _read_random(random, k=effects.size)
    given = _read_sigma2(sigma2, names=tuple(factors))
    parts = _fit(effects, covariances, columns, factors=factors, given=given, is_restricted=method == "REML")
    return _assemble(parts, names=tuple(factors), method=method, ci_method=ci_method, level=level)


def _fit(
    yi: FloatArray,
    v: FloatArray,
    columns: Design,
    *,
    factors: dict[str, Levels],
    given: FloatArray,
    is_restricted: bool,
) -> Parts:
    """Return the model with its variances at the maximum of the likelihood."""
    levels = tuple(factors.values())

    def kernels(rows: NDArray[np.intp]) -> FloatArray:
        """Return the kernels of all factors."""
        return np.stack([_same(factor, rows) for factor in levels])

    model = build(yi, v, columns.x, kernels=kernels, m=len(levels), linked=list(levels), restricted=is_restricted)
    check_identifiable(model, names=tuple(factors), free=np.flatnonzero(np.isnan(given)).tolist())
    theta = estimate(model, fixed=given / model.unit**2).parameters
    return Parts(
        yi=freeze(yi),
        v=freeze(v),
        design=columns,
        factors=levels,
        correlating=tuple(factor for factor, value in zip(levels, theta, strict=True) if value > 0.0),
        theta=freeze(theta * model.unit**2),
        fixed=freeze(given),
        kernels=kernels,
        model=model,
    )


def _read_random(random: Mapping[str, Labels], *, k: int) -> dict[str, Levels]:
    """Return the levels of the random factors by name."""
    if not isinstance(random, Mapping) or not random:
        raise InvalidInput("random", "random must name at least one factor, as a mapping from name to labels")
    read: dict[str, Levels] = {}
    for name, labels in random.items():
        found = read_labels(name, labels, k=k)
        outer = name.rpartition(SEPARATOR)[0]
        if outer:
            if outer not in read:
                raise InvalidInput("random", f'random names "{name}", but not "{outer}" before it')
            found = nest(read[outer], found)
        if found.count < 2:
            raise NotIdentifiable(what=f"the variance of {name}", why=f"needs at least 2 levels, got {found.count}")
        read[str(name)] = found
    return read


def _read_sigma2(sigma2: Mapping[str, float] | None, *, names: tuple[str, ...]) -> FloatArray:
    """Return the given variances, NaN where they are to be estimated."""
    given = np.full(len(names), np.nan)
    for name, value in (sigma2 or {}).items():
        if name not in names:
            raise InvalidInput("sigma2", f'sigma2 names "{name}", which is no random factor ({", ".join(names)})')
        number = read_array("sigma2", value, dimensions=0)
        require("sigma2", number, number >= 0.0, rule="at least 0")
        given[names.index(name)] = float(number)
    return given


def _same(factor: Levels, rows: NDArray[np.intp]) -> FloatArray:
    """Return 1 for pairs of effects at the same level, else 0; shape (blocks, size, size)."""
    codes = factor.codes[rows]
    return np.asarray(codes[:, :, np.newaxis] == codes[:, np.newaxis, :], dtype=np.float64)


def _assemble(parts: Parts, *, names: tuple[str, ...], method: str, ci_method: str, level: float) -> Multilevel:
    """Return the fitted model as one result."""
    model, columns = parts.model, parts.design
    fit = solved(model, parts.theta / model.unit**2)
    k, p = model.k, model.p
    df = k - p if ci_method == "t" else None
    found = describe(model, fit, df=df, level=level)
    omnibus = wald_test(found.estimate, found.covariance, tested=columns.tested, df=df)
    fits = criteria(model, fit, estimated=int(np.sum(np.isnan(parts.fixed))))
    sigma2 = parts.theta
    q = residual_q(model)
    total = float(np.sum(sigma2)) + typical_variance(model)
    is_mean = columns.names == ("intercept",)
    reach = float(critical_value(level, df=df)) * sqrt(float(found.covariance[0, 0]) + float(np.sum(sigma2)))
    return Multilevel(
        k=k,
        names=columns.names,
        estimate=found.estimate,
        se=found.se,
        statistic=found.statistic,
        df=df,
        p_value=found.p_value,
        level=level,
        ci_lower=found.ci_lower,
        ci_upper=found.ci_upper,
        covariance=found.covariance,
        factors=names,
        levels=tuple(factor.count for factor in parts.factors),
        sigma2=freeze(sigma2),
        sigma2_is_fixed=tuple(bool(value) for value in ~np.isnan(parts.fixed)),
        i2=float(np.sum(sigma2)) / total,
        i2_by_factor=freeze(sigma2 / total),
        q=q,
        q_df=k - p,
        q_p_value=chi2_p_value(q, df=k - p),
        qm=omnibus.statistic,
        qm_df=(omnibus.df1, omnibus.df2),
        qm_p_value=omnibus.p_value,
        log_likelihood=fits.log_likelihood,
        aic=fits.aic,
        bic=fits.bic,
        aicc=fits.aicc,
        pi_lower=float(found.estimate[0]) - reach if is_mean else None,
        pi_upper=float(found.estimate[0]) + reach if is_mean else None,
        method=method,
        ci_method=ci_method,
        parts=parts,
    )


def typical_variance(model: Blocks) -> float:
    """Return (k - p) / trace(P) for the sampling covariances alone, in squared units of the effects."""
    fit = solved(model, np.zeros(model.m))
    return (model.k - model.p) / trace_of_projection(fit) * model.unit**2


def trace_of_projection(fit: Solution) -> float:
    """Return trace(P), P = W - W X (X'WX)^-1 X'W."""
    trace = sum(float(np.einsum("bii->", inverse)) for inverse in fit.inverses)
    inner = sum(np.einsum("bsi,bsj->ij", weighted, weighted) for weighted in fit.weighted)
    return trace - float(np.sum(fit.covariance * np.asarray(inner)))
