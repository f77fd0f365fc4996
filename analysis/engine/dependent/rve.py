"""Robust variance estimation with the weights of Hedges, Tipton and Johnson."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, read_array, read_studies, require, require_option
from analysis.engine.dependent.blocks import take_blocks
from analysis.engine.dependent.design import Moderators, design
from analysis.engine.dependent.errors import TooFewClusters
from analysis.engine.dependent.labels import Labels, Levels, read_labels
from analysis.engine.dependent.robust import Robust, cluster_rows, conclude
from analysis.engine.dependent.sandwich import Stack
from analysis.engine.errors import TooFewStudies, UndefinedResult

RVE_MODELS = ("correlated", "hierarchical")


@dataclass(frozen=True, slots=True, eq=False)
class RobustVariance:
    """A meta-regression with robust variance estimation.

    Attributes
    ----------
    fit : coefficients, tests and intervals
    model : {"correlated", "hierarchical"}
    tau2 : variance between studies, squared scale of yi; 0 if its moment estimate is below
    omega2 : variance within studies, truncated likewise; None for correlated effects
    rho : assumed correlation of effects within a study; None for hierarchical effects
    i2 : share of the variance that is between studies, a fraction in [0, 1); None for hierarchical effects

    References
    ----------
    Hedges, Tipton and Johnson (2010), doi:10.1002/jrsm.5; Tipton (2015), doi:10.1037/met0000011.
    """

    fit: Robust
    model: str
    tau2: float
    omega2: float | None
    rho: float | None
    i2: float | None


@dataclass(frozen=True, slots=True, eq=False)
class _Studies:
    """Effects, variances, design and studies, and for each effect the size and the mean variance of its study."""

    yi: FloatArray
    vi: FloatArray
    x: FloatArray
    groups: Levels
    size: FloatArray
    mean_vi: FloatArray


def fit_rve(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    cluster: Labels,
    model: str = "correlated",
    rho: float = 0.8,
    mods: Moderators | None = None,
    intercept: bool = True,
    small_sample: bool = True,
    level: float = 0.95,
) -> RobustVariance:
    """Return the meta-regression with approximately efficient weights and robust standard errors.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances
    cluster : labels of shape (k,)  study of each effect
    model : {"correlated", "hierarchical"}  weights 1 / (k_j (mean v_j + tau2)) for k_j effects of the same people, or
        1 / (v + tau2 + omega2) for effects of different people within a study
    rho : assumed correlation of sampling errors within a study, in [0, 1]; tau2 of the correlated model depends on it
    mods, intercept : moderators and whether there is an intercept, see `design`
    small_sample : True for CR2 with Satterthwaite degrees of freedom, False for CR1p with J - p
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewClusters, TooFewStudies, UndefinedResult, InvalidInput
        Too few studies; no two effects of one study where omega2 is to be estimated; an argument that cannot be right.
    """
    require_option("model", model, RVE_MODELS)
    effects, variances = read_studies(yi, vi)
    if effects.size == 0:
        raise TooFewStudies(needed=1, got=0)
    columns = design(mods, k=effects.size, intercept=intercept)
    groups = read_labels("cluster", cluster, k=effects.size)
    if groups.count < 2:
        raise TooFewClusters(needed=2, got=groups.count, coefficients=len(columns.names))
    number = read_array("rho", rho, dimensions=0)
    require("rho", number, (number >= 0.0) & (number <= 1.0), rule="between 0 and 1")
    studies = _gather(effects, variances, columns.x, groups)
    weights, tau2, omega2, i2 = _weigh(studies, model=model, rho=float(number))
    stacks = [
        Stack(rows=rows, w=take_blocks(weights, rows), target=take_blocks(1.0 / weights, rows))
        for rows in cluster_rows(variances, groups)
    ]
    fit = conclude(effects, columns, stacks, kind="CR2" if small_sample else "CR1p", df_method=None, level=level)
    known = float(number) if model == "correlated" else None
    return RobustVariance(fit=fit, model=model, tau2=tau2, omega2=omega2, rho=known, i2=i2)


def _gather(yi: FloatArray, vi: FloatArray, x: FloatArray, groups: Levels) -> _Studies:
    """Return the effects with the size and mean variance of their studies."""
    sizes = np.bincount(groups.codes).astype(np.float64)
    means = np.bincount(groups.codes, weights=vi) / sizes
    return _Studies(yi=yi, vi=vi, x=x, groups=groups, size=sizes[groups.codes], mean_vi=means[groups.codes])


def _weigh(studies: _Studies, *, model: str, rho: float) -> tuple[FloatArray, float, float | None, float | None]:
    """Return the weights, tau2, omega2 and I2."""
    if model == "correlated":
        tau2, i2 = _between_correlated(studies, rho=rho)
        return 1.0 / (studies.size * (studies.mean_vi + tau2)), tau2, None, i2
    tau2, omega2 = _between_hierarchical(studies)
    return 1.0 / (studies.vi + tau2 + omega2), tau2, omega2, None


def _residuals(studies: _Studies, wi: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return orthonormal columns, the inverse of X'WX for them and the residuals of the weighted regression."""
    x = np.asarray(np.linalg.qr(studies.x)[0], dtype=np.float64)
    inverse = np.asarray(np.linalg.inv(x.T @ (wi[:, np.newaxis] * x)), dtype=np.float64)
    rest = studies.yi - x @ (x.T @ studies.yi)
    return x, inverse, rest - x @ (inverse @ (x.T @ (wi * rest)))


def _sums(codes: NDArray[np.intp], columns: FloatArray) -> FloatArray:
    """Return the sums of the columns over each study, shape (studies, p)."""
    found = np.zeros((int(codes.max()) + 1, columns.shape[1]))
    np.add.at(found, codes, columns)
    return found


def _between_correlated(studies: _Studies, *, rho: float) -> tuple[float, float]:
    """Return the moment estimate of tau2, and I2, for correlated effects."""
    wi = 1.0 / (studies.size * studies.mean_vi)
    x, inverse, residuals = _residuals(studies, wi)
    codes = studies.groups.codes
    q = float(np.sum(wi * residuals**2))
    # One study's weights are equal: sums over pairs of its effects are products of sums.
    pairs = _sums(codes, x)
    each = np.zeros(studies.groups.count)
    each[codes] = wi / studies.size
    all_pairs = float(np.einsum("j,ja,ab,jb->", each, pairs, inverse, pairs))
    own = float(np.einsum("i,ia,ab,ib->", wi / studies.size, x, inverse, x))
    weighted = _sums(codes, wi[:, np.newaxis] * x)
    scale = float(np.sum(wi)) - float(np.einsum("ja,ab,jb->", weighted, inverse, weighted))
    expected = studies.groups.count - own - rho * (all_pairs - own)
    if scale <= 1e-12 * float(np.sum(wi)):
        raise UndefinedResult(what="tau2", why="the coefficients describe every study")
    i2 = max(0.0, (q - expected) / q) if q > 0.0 else 0.0
    return max(0.0, (q - expected) / scale), i2


def _between_hierarchical(studies: _Studies) -> tuple[float, float]:
    """Return the moment estimates of tau2 and omega2, from the weighted and the summed squares of the residuals.

    Notes
    -----
    With J the matrix of ones within studies, e'We and e'Je have the expectations C2 + A2 tau2 + B2 omega2 and
    C1 + A1 tau2 + B1 omega2; the traces below are of the matrices of these quadratic forms, times J, I and V.
    """
    vi, codes, size = studies.vi, studies.groups.codes, studies.size
    wi = 1.0 / vi
    x, inverse, residuals = _residuals(studies, wi)
    q = float(np.sum(wi * residuals**2))
    summed = float(np.sum(_sums(codes, residuals[:, np.newaxis]) ** 2))
    plain, weighted = _sums(codes, x), _sums(codes, wi[:, np.newaxis] * x)
    first = np.zeros(studies.groups.count)
    first[codes] = size
    crossed = inverse @ (plain.T @ plain) @ inverse
    a1 = float(np.sum(size)) - 2.0 * float(np.einsum("j,ja,ab,jb->", first, plain, inverse, weighted))
    a1 += float(np.sum(crossed * (weighted.T @ weighted)))
    b1 = float(vi.size) - 2.0 * float(np.einsum("ja,ab,jb->", plain, inverse, weighted))
    b1 += float(np.sum(crossed * (x.T @ (wi[:, np.newaxis] ** 2 * x))))
    c1 = float(np.sum(vi)) - float(np.einsum("ja,ab,jb->", plain, inverse, plain))
    a2 = float(np.sum(wi)) - float(np.einsum("ja,ab,jb->", weighted, inverse, weighted))
    b2 = float(np.sum(wi)) - float(np.einsum("i,ia,ab,ib->", wi**2, x, inverse, x))
    c2 = float(vi.size - x.shape[1])
    determinant = b1 * a2 - b2 * a1
    if abs(determinant) <= 1e-12 * (abs(b1 * a2) + abs(b2 * a1)) or a2 <= 0.0:
        raise UndefinedResult(what="omega2", why="no study has two effects that tell it from tau2")
    omega2 = max(0.0, ((summed - c1) * a2 - (q - c2) * a1) / determinant)
    return max(0.0, (q - c2) / a2 - omega2 * b2 / a2), omega2
