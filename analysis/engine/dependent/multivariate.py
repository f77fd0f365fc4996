"""Multivariate models: correlated outcomes of the same studies, with a structured covariance between outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_level, require_option
from analysis.engine.dependent.between import estimate_between, pairs_of
from analysis.engine.dependent.blocks import Parts, build
from analysis.engine.dependent.components import check_identifiable
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
from analysis.engine.dependent.structures import ONE_CORRELATION, ONE_VARIANCE, STRUCTURES
from analysis.engine.dependent.structures import structure as family_of
from analysis.engine.distributions import chi2_p_value, critical_value

# A correlation this near to one in size is one: the covariance is of deficient rank, to double precision.
PERFECT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class Multivariate:
    """A multivariate model, scale of yi.

    Attributes
    ----------
    k, studies : number of effects and of studies
    names : names of the coefficients
    estimate, se, statistic, p_value, ci_lower, ci_upper : arrays of shape (p,)
    df : degrees of freedom k - p of the t distribution; None for the normal distribution
    level : confidence level of all intervals, a fraction
    covariance : array of shape (p, p)  of the coefficients
    outcomes : names of the q outcomes, sorted
    between : array of shape (q, q)  covariance of the true effects between studies
    tau2 : array of shape (q,)  its diagonal
    pairs, rho : the correlations and the outcomes they belong to, "a/b"; one for CS, HCS, AR and HAR ("all"), none for
        DIAG and ID; None where a variance is 0
    i2 : array of shape (q,)  for each outcome the share of its variance that is between studies, fractions in [0, 1)
    q, q_df, q_p_value : residual heterogeneity under the sampling covariances alone
    qm, qm_df, qm_p_value : test of all coefficients but the intercept (of all, without one); qm_df holds the numerator
        and denominator degrees of freedom, the latter None for chi-squared
    log_likelihood, aic, bic, aicc : at the maximum; restricted for REML
    pi_lower, pi_upper : arrays of shape (q,)  prediction intervals of the outcomes in a new study, where the
        coefficients are the means of the outcomes; None otherwise
    structure, method, ci_method : what was used
    parts : what the model is made of, for functions that go on from it

    Notes
    -----
    The likelihood is maximised over positive semidefinite matrices to double precision, from many starts; a correlation
    of 1 or -1 and a variance of 0 are possible answers. I2 of an outcome takes as its typical sampling variance the
    number of its effects less their leverage, over the part of trace(P) that its effects contribute.

    References
    ----------
    Berkey et al. (1998), Statistics in Medicine 17, 2537-2550; van Houwelingen, Arends and Stijnen (2002),
    doi:10.1002/sim.1040; Jackson, Riley and White (2011), doi:10.1002/sim.4172.
    """

    k: int
    studies: int
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
    outcomes: tuple[str, ...]
    between: FloatArray
    tau2: FloatArray
    pairs: tuple[str, ...]
    rho: tuple[float | None, ...]
    i2: FloatArray
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
    pi_lower: FloatArray | None
    pi_upper: FloatArray | None
    structure: str
    method: str
    ci_method: str
    parts: Parts


def fit_multivariate(
    yi: ArrayLike,
    v: ArrayLike,
    *,
    inner: Labels,
    outer: Labels,
    structure: str = "UN",
    mods: Moderators | None = None,
    intercept: bool = True,
    method: str = "REML",
    ci_method: str = "wald",
    level: float = 0.95,
) -> Multivariate:
    """Return the model yi = X b + random effect of the outcome in the study + sampling error.

    Parameters
    ----------
    yi : array of shape (k,)  effects (natural logs for ratios)
    v : array of shape (k,) or (k, k)  sampling variances, or their covariance matrix (see `vcalc`)
    inner, outer : labels of shape (k,)  outcome (arm, time point) and study of each effect
    structure : {"UN", "CS", "HCS", "DIAG", "ID", "AR", "HAR"}  covariance of the outcomes' true effects: unstructured;
        one variance, one correlation; many variances, one correlation; many variances; one variance; one variance (HAR:
        many) and a correlation to the power of the outcomes' distance in sorted order
    mods, intercept : moderators, see `design`; mods={"outcome": inner} with intercept=False gives each outcome its mean
    method : {"REML", "ML"}
    ci_method : {"wald", "t"}  normal distribution, or t with k - p degrees of freedom
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    NotIdentifiable
        Outcomes that never occur in the same study (UN), no study with two outcomes, an outcome with too few effects.
    InvalidInput, TooFewStudies, NotConverged
        An argument that cannot be right; not more effects than coefficients; a search that did not end.
    """
    require_option("structure", structure, STRUCTURES)
    require_option("method", method, METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    level = read_level(level)
    effects, covariances = read_effects(yi, v)
    columns = design(mods, k=effects.size, intercept=intercept)
    outcome, study = read_labels("inner", inner, k=effects.size), read_labels("outer", outer, k=effects.size)
    parts = _fit(effects, covariances, columns, outcome, study, name=structure, is_restricted=method == "REML")
    return _assemble(parts, name=structure, method=method, ci_method=ci_method, level=level)


def _fit(
    yi: FloatArray,
    v: FloatArray,
    columns: Design,
    outcome: Levels,
    study: Levels,
    *,
    name: str,
    is_restricted: bool,
) -> Parts:
    """Return the model with its covariance between outcomes at the maximum of the likelihood."""
    _check_together(outcome, study, name=name)
    rows, tops = pairs_of(outcome.count)

    def kernels(chosen: NDArray[np.intp]) -> FloatArray:
        """Return the kernels of all entries of the covariance between outcomes."""
        return _kernels(outcome, study, chosen)

    model = build(yi, v, columns.x, kernels=kernels, m=rows.size, linked=[study], restricted=is_restricted)
    if name not in ONE_VARIANCE:
        used = np.arange(rows.size) if name == "UN" else np.flatnonzero(rows == tops)
        names = tuple(f"{outcome.names[a]}/{outcome.names[b]}" for a, b in zip(rows, tops, strict=True))
        check_identifiable(model, names=names, free=used.tolist())
    between = estimate_between(model, family_of(name, q=outcome.count), q=outcome.count) * model.unit**2
    theta = between[rows, tops]
    return Parts(
        yi=freeze(yi),
        v=freeze(v),
        design=columns,
        factors=(outcome, study),
        correlating=(study if theta[rows != tops].any() else nest(study, outcome),),
        theta=freeze(theta),
        fixed=freeze(np.full(rows.size, np.nan)),
        kernels=kernels,
        model=model,
    )


def _check_together(outcome: Levels, study: Levels, *, name: str) -> None:
    """Refuse correlations of outcomes that no study has together."""
    if name in {"DIAG", "ID"}:
        return
    if outcome.count < 2:
        raise NotIdentifiable(what="a correlation between outcomes", why="needs at least 2 outcomes, got 1")
    seen = np.zeros((study.count, outcome.count))
    seen[study.codes, outcome.codes] = 1.0
    together = seen.T @ seen
    first, second = np.triu_indices(outcome.count, 1)
    never = np.flatnonzero(together[first, second] == 0.0)
    if never.size == first.size:
        raise NotIdentifiable(what="the correlation between outcomes", why="no study has two of them")
    if name == "UN" and never.size:
        a, b = outcome.names[first[never[0]]], outcome.names[second[never[0]]]
        raise NotIdentifiable(
            what=f"the correlation of {a} and {b}", why='no study has both; use structure "CS", "HCS" or "DIAG"'
        )


def _kernels(outcome: Levels, study: Levels, chosen: NDArray[np.intp]) -> FloatArray:
    """Return for each entry of the covariance which pairs of effects have it, shape (m, blocks, size, size)."""
    a, b = outcome.codes[chosen], study.codes[chosen]
    together = (b[:, :, np.newaxis] == b[:, np.newaxis, :]).astype(np.float64)
    is_outcome = (a[np.newaxis] == np.arange(outcome.count)[:, np.newaxis, np.newaxis]).astype(np.float64)
    found = []
    for row, top in zip(*pairs_of(outcome.count), strict=True):
        one = is_outcome[row][:, :, np.newaxis] * is_outcome[top][:, np.newaxis, :]
        found.append(together * (one if row == top else one + np.swapaxes(one, 1, 2)))
    return np.stack(found)


def _correlations(
    between: FloatArray, names: tuple[str, ...], *, name: str
) -> tuple[tuple[str, ...], list[float | None]]:
    """Return the pairs of outcomes and their correlations, None where a variance is 0."""
    if name in {"DIAG", "ID"}:
        return (), []
    first, second = np.triu_indices(len(names), 1)
    tau = np.sqrt(np.diag(between))
    found: list[float | None] = []
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        size = float(tau[a] * tau[b])
        rho = float(between[a, b]) / size if size > 0.0 else None
        found.append(None if rho is None else float(np.sign(rho)) if abs(abs(rho) - 1.0) <= PERFECT else rho)
    if name in ONE_CORRELATION:
        known = [rho for rho in found[:1] if rho is not None] or [rho for rho in found if rho is not None]
        return ("all",), [known[0] if known else None]
    pairs = tuple(f"{names[a]}/{names[b]}" for a, b in zip(first, second, strict=True))
    return pairs, found


def _between(parts: Parts) -> FloatArray:
    """Return the covariance of the outcomes, shape (q, q)."""
    q = parts.factors[0].count
    rows, columns = pairs_of(q)
    found = np.zeros((q, q))
    found[rows, columns] = found[columns, rows] = parts.theta
    return found


def _assemble(parts: Parts, *, name: str, method: str, ci_method: str, level: float) -> Multivariate:
    """Return the fitted model as one result."""
    model, columns, (outcome, study) = parts.model, parts.design, parts.factors
    fit, q, between = solved(model, parts.theta / model.unit**2), residual_q(model), _between(parts)
    df = model.k - model.p if ci_method == "t" else None
    found = describe(model, fit, df=df, level=level)
    omnibus = wald_test(found.estimate, found.covariance, tested=columns.tested, df=df)
    fits = criteria(model, fit, estimated=family_of(name, q=outcome.count).count)
    pairs, rho = _correlations(between, outcome.names, name=name)
    tau2 = np.diag(between)
    is_means = np.array_equal(columns.x, outcome.codes[:, np.newaxis] == np.arange(outcome.count))
    reach = float(critical_value(level, df=df)) * np.sqrt(found.se**2 + tau2) if is_means else None
    return Multivariate(
        k=model.k,
        studies=study.count,
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
        outcomes=outcome.names,
        between=freeze(between),
        tau2=freeze(tau2),
        pairs=pairs,
        rho=tuple(rho),
        i2=freeze(tau2 / (tau2 + _typical_variances(parts))),
        q=q,
        q_df=model.k - model.p,
        q_p_value=chi2_p_value(q, df=model.k - model.p),
        qm=omnibus.statistic,
        qm_df=(omnibus.df1, omnibus.df2),
        qm_p_value=omnibus.p_value,
        log_likelihood=fits.log_likelihood,
        aic=fits.aic,
        bic=fits.bic,
        aicc=fits.aicc,
        pi_lower=None if reach is None else freeze(found.estimate - reach),
        pi_upper=None if reach is None else freeze(found.estimate + reach),
        structure=name,
        method=method,
        ci_method=ci_method,
        parts=parts,
    )


def _typical_variances(parts: Parts) -> FloatArray:
    """Return for each outcome (effects less coefficients) / trace(P) over its effects, shape (q,)."""
    model, outcome = parts.model, parts.factors[0]
    fit = solved(model, np.zeros(model.m))
    free, trace = np.zeros(outcome.count), np.zeros(outcome.count)
    for stack, inverse, weighted in zip(model.stacks, fit.inverses, fit.weighted, strict=True):
        turned = weighted @ fit.covariance
        codes = outcome.codes[stack.rows]
        np.add.at(free, codes, 1.0 - np.sum(stack.x * turned, axis=2))
        np.add.at(trace, codes, np.diagonal(inverse, axis1=1, axis2=2) - np.sum(weighted * turned, axis=2))
    return np.asarray(free / trace * model.unit**2)
