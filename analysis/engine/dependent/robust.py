"""Cluster-robust inference: CR0, CR1, CR1p, CR1S and CR2 with Satterthwaite degrees of freedom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_array, read_level, read_studies, require, require_option
from analysis.engine.dependent.blocks import group_rows, take_blocks
from analysis.engine.dependent.covariance import read_effects
from analysis.engine.dependent.design import Design, Moderators, design
from analysis.engine.dependent.errors import Collinear, NotBlockDiagonal, TooFewClusters
from analysis.engine.dependent.inference import Omnibus, f_p_value, two_sided, wald_test
from analysis.engine.dependent.labels import Labels, Levels, read_labels
from analysis.engine.dependent.multilevel import Multilevel
from analysis.engine.dependent.multivariate import Multivariate
from analysis.engine.dependent.sandwich import Sandwich, Stack, hotelling_df, satterthwaite, weigh_clusters
from analysis.engine.distributions import critical_value
from analysis.engine.errors import UndefinedResult, WrongShape

KINDS = ("CR2", "CR1", "CR1p", "CR1S", "CR0")
DF_METHODS = ("satterthwaite", "clusters")
# Residuals below this share of the effects are rounding only.
EQUAL = 2.0**-46


@dataclass(frozen=True, slots=True, eq=False)
class Robust:
    """Coefficients with cluster-robust standard errors, scale of yi.

    Attributes
    ----------
    k, clusters : number of effects and of clusters
    names : names of the coefficients
    estimate, se, statistic, df, p_value, ci_lower, ci_upper : arrays of shape (p,)  tests and intervals by t
    level : confidence level of the intervals, a fraction
    covariance : array of shape (p, p)
    qm, qm_df, qm_p_value : F test of all coefficients but the intercept (of all, without one) with its numerator and
        denominator degrees of freedom; None where the data are too few for it
    kind, df_method : what was used
    sandwich : what the tests of other constraints follow from, see `constrain`
    """

    k: int
    clusters: int
    names: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: FloatArray
    p_value: FloatArray
    level: float
    ci_lower: FloatArray
    ci_upper: FloatArray
    covariance: FloatArray
    qm: float | None
    qm_df: tuple[int, float | None]
    qm_p_value: float | None
    kind: str
    df_method: str
    sandwich: Sandwich


def robust(
    fit: Multilevel | Multivariate,
    *,
    cluster: Labels,
    kind: str = "CR2",
    df_method: str | None = None,
    level: float = 0.95,
) -> Robust:
    """Return cluster-robust tests and intervals of the coefficients of a fitted model.

    Parameters
    ----------
    fit : a multilevel or multivariate model; its covariance is the working model, the inverse of that the weights
    cluster : labels of shape (k,)  effects of different clusters are independent
    kind : {"CR2", "CR1", "CR1p", "CR1S", "CR0"}  CR0 is the plain sandwich. With J clusters, k effects, p coefficients
        CR1 multiplies it by J / (J - 1), CR1p by J / (J - p) (what metafor's `robust` does by default), CR1S by
        J (k - 1) / ((J - 1)(k - p)) (Stata). CR2 adjusts the residuals so that it is unbiased under the working model
    df_method : {"satterthwaite", "clusters"} or None  None is "satterthwaite" for CR2 and "clusters", J - p, for others
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewClusters
        Not more clusters than coefficients; with Satterthwaite degrees of freedom, fewer than 2.
    NotBlockDiagonal
        The model correlates effects of different clusters.
    InvalidInput, UndefinedResult
        An argument that cannot be right; residuals that are all 0.

    References
    ----------
    Liang and Zeger (1986), doi:10.1093/biomet/73.1.13; Bell and McCaffrey (2002), Survey Methodology 28, 169-181;
    Pustejovsky and Tipton (2018), doi:10.1080/07350015.2016.1247004.
    """
    parts = fit.parts
    groups = read_labels("cluster", cluster, k=fit.k)
    for factor in parts.correlating:
        _check_nested(groups, factor)
    stacks = []
    for rows in cluster_rows(parts.v, groups):
        target = parts.marginal(rows)
        stacks.append(Stack(rows=rows, w=invert(target), target=target))
    return conclude(parts.yi, parts.design, stacks, kind=kind, df_method=df_method, level=level)


def robust_regression(
    yi: ArrayLike,
    v: ArrayLike,
    *,
    cluster: Labels,
    tau2: float = 0.0,
    weights: ArrayLike | None = None,
    mods: Moderators | None = None,
    intercept: bool = True,
    kind: str = "CR2",
    df_method: str | None = None,
    level: float = 0.95,
) -> Robust:
    """Return the weighted mean or regression with cluster-robust tests and intervals.

    Parameters
    ----------
    yi : array of shape (k,)  effects
    v : array of shape (k,) or (k, k)  sampling variances or covariances of the working model
    tau2 : between-study variance of the working model, added to the variances, at least 0
    weights : None or array of shape (k,)  weights above 0; None takes the inverse of the working covariance
    mods, intercept : moderators and whether there is an intercept, see `design`
    cluster, kind, df_method, level : as in `robust`

    Raises
    ------
    TooFewClusters, NotBlockDiagonal, InvalidInput, UndefinedResult, TooFewStudies
        As in `robust`; not more effects than coefficients.
    """
    effects, covariances = read_effects(yi, v)
    columns = design(mods, k=effects.size, intercept=intercept)
    groups = read_labels("cluster", cluster, k=effects.size)
    between = read_array("tau2", tau2, dimensions=0)
    require("tau2", between, between >= 0.0, rule="at least 0")
    given = None if weights is None else _read_weights(weights, effects)
    stacks = []
    for rows in cluster_rows(covariances, groups):
        target = take_blocks(covariances, rows) + float(between) * np.eye(rows.shape[1])
        w = invert(target) if given is None else take_blocks(given, rows)
        stacks.append(Stack(rows=rows, w=w, target=target))
    return conclude(effects, columns, stacks, kind=kind, df_method=df_method, level=level)


def constrain(fit: Robust, constraints: ArrayLike) -> Omnibus:
    """Return the F test that linear combinations of the coefficients are 0.

    Parameters
    ----------
    fit : a robust result; the denominator degrees of freedom follow its df_method: Satterthwaite's, extended to several
        constraints ("HTZ"), or the number of clusters less that of coefficients
    constraints : array of shape (q, p)  one combination in each row

    Raises
    ------
    WrongShape, Collinear, UndefinedResult
        Not p columns; rows that depend on each other; too few clusters for so many constraints.

    References
    ----------
    Tipton and Pustejovsky (2015), doi:10.3102/1076998615606099.
    """
    matrix = np.atleast_2d(read_array("constraints", constraints, dimensions=2))
    p = len(fit.names)
    if matrix.shape[1] != p:
        raise WrongShape(argument="constraints", dimensions=matrix.shape[1], allowed=p)
    rank = int(np.linalg.matrix_rank(matrix))
    if rank < matrix.shape[0]:
        raise Collinear(names=tuple(f"constraint {row + 1}" for row in range(matrix.shape[0])), rank=rank)
    return _constrain(fit.estimate, fit.covariance, fit.sandwich, matrix, fixed_df=_fixed_df(fit))


def _fixed_df(fit: Robust) -> float | None:
    """Return the number of clusters less that of coefficients, None for Satterthwaite's degrees of freedom."""
    return None if fit.df_method == "satterthwaite" else float(fit.clusters - len(fit.names))


def cluster_rows(v: FloatArray, groups: Levels) -> list[NDArray[np.intp]]:
    """Return the rows of clusters as arrays of shape (clusters, size), one for each size.

    Raises
    ------
    NotBlockDiagonal
        A sampling covariance between effects of different clusters.
    """
    if v.ndim == 2:
        row, column = np.nonzero(v)
        apart = np.flatnonzero(groups.codes[row] != groups.codes[column])
        if apart.size:
            raise NotBlockDiagonal(argument="cluster", row=int(row[apart[0]]), column=int(column[apart[0]]))
    return group_rows(np.diag(v) if v.ndim == 2 else v, linked=[groups], k=groups.codes.size)


def invert(matrices: FloatArray) -> FloatArray:
    """Return the inverses of positive definite matrices, exactly symmetric."""
    root = np.linalg.inv(np.linalg.cholesky(matrices))
    return np.asarray(np.swapaxes(root, 1, 2) @ root)


def _check_nested(groups: Levels, factor: Levels) -> None:
    """Refuse clusters that tear apart a level within which the model correlates effects."""
    first = np.full(factor.count, -1)
    first[factor.codes[::-1]] = np.arange(factor.codes.size)[::-1]
    apart = np.flatnonzero(groups.codes != groups.codes[first[factor.codes]])
    if apart.size:
        raise NotBlockDiagonal(argument="cluster", row=int(first[factor.codes[apart[0]]]), column=int(apart[0]))


def _read_weights(weights: ArrayLike, effects: FloatArray) -> FloatArray:
    """Return user weights, checked as variances are."""
    read = np.atleast_1d(read_array("weights", weights))
    require("weights", read, read > 0.0, rule="above 0")
    return read_studies(effects, read)[1]


def conclude(
    yi: FloatArray,
    columns: Design,
    stacks: list[Stack],
    *,
    kind: str,
    df_method: str | None,
    level: float,
) -> Robust:
    """Return the robust result of a regression on clusters."""
    require_option("kind", kind, KINDS)
    method = df_method or ("satterthwaite" if kind == "CR2" else "clusters")
    require_option("df_method", method, DF_METHODS)
    level = read_level(level)
    k, p = columns.x.shape
    clusters = sum(stack.rows.shape[0] for stack in stacks)
    needed = 2 if method == "satterthwaite" and kind != "CR1p" else p + 1
    if clusters < needed:
        raise TooFewClusters(needed=needed, got=clusters, coefficients=p)
    fit = weigh_clusters(yi, columns.x, stacks, adjusted=kind == "CR2")
    covariance = fit.covariance * _factor(kind, clusters=clusters, k=k, p=p)
    se = np.sqrt(np.diag(covariance))
    residuals = yi - columns.x @ fit.estimate
    if float(np.max(np.abs(residuals))) <= EQUAL * float(np.max(np.abs(yi))) or not np.all(se > 0.0):
        raise UndefinedResult(what="the cluster-robust test", why="the residuals are 0, and so is the standard error")
    df = satterthwaite(fit) if method == "satterthwaite" else np.full(p, float(clusters - p))
    statistic = fit.estimate / se
    reach = critical_value(level, df=df) * se
    fixed_df = None if method == "satterthwaite" else float(clusters - p)
    omnibus = _omnibus(fit, covariance, np.eye(p)[columns.tested], fixed_df=fixed_df)
    return Robust(
        k=k,
        clusters=clusters,
        names=columns.names,
        estimate=freeze(fit.estimate),
        se=freeze(se),
        statistic=freeze(statistic),
        df=freeze(df),
        p_value=freeze(two_sided(statistic, df)),
        level=level,
        ci_lower=freeze(fit.estimate - reach),
        ci_upper=freeze(fit.estimate + reach),
        covariance=freeze(covariance),
        qm=omnibus.statistic if omnibus else None,
        qm_df=(len(columns.tested), omnibus.df2 if omnibus else None),
        qm_p_value=omnibus.p_value if omnibus else None,
        kind=kind,
        df_method=method,
        sandwich=fit,
    )


def _factor(kind: str, *, clusters: int, k: int, p: int) -> float:
    """Return what the plain sandwich is multiplied by."""
    if kind == "CR1":
        return clusters / (clusters - 1)
    if kind == "CR1p":
        return clusters / (clusters - p)
    if kind == "CR1S":
        return clusters * (k - 1) / ((clusters - 1) * (k - p))
    return 1.0


def _omnibus(fit: Sandwich, covariance: FloatArray, matrix: FloatArray, *, fixed_df: float | None) -> Omnibus | None:
    """Return the joint test, None where there are too few clusters for it."""
    try:
        return _constrain(fit.estimate, covariance, fit, matrix, fixed_df=fixed_df)
    except UndefinedResult:
        return None


def _constrain(
    estimate: FloatArray, covariance: FloatArray, fit: Sandwich, matrix: FloatArray, *, fixed_df: float | None
) -> Omnibus:
    """Return the F test of constraints, Hotelling's T-squared scaled where its degrees of freedom are estimated."""
    q = matrix.shape[0]
    inner = matrix @ covariance @ matrix.T
    scale = np.sqrt(np.diag(inner))
    if np.linalg.eigvalsh(inner / np.outer(scale, scale))[0] <= 1e-12:
        raise UndefinedResult(what="the joint test", why=f"the robust covariance of {q} constraints is singular")
    if fixed_df is not None:
        return wald_test(matrix @ estimate, inner, df=fixed_df)
    df = hotelling_df(fit, matrix)
    if df - q + 1 <= 0.0:
        raise UndefinedResult(
            what="the joint test", why=f"{q} constraints leave {df - q + 1:.3g} denominator degrees of freedom"
        )
    plain = wald_test(matrix @ estimate, inner, df=df)
    statistic = plain.statistic * (df - q + 1) / df
    return Omnibus(statistic=statistic, df1=q, df2=df - q + 1, p_value=f_p_value(statistic, df1=q, df2=df - q + 1))
