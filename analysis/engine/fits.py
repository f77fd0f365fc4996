"""Fits of many problems, before they are presented: the kernel of everything that refits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import LARGEST_MAGNITUDE, LARGEST_VARIANCE_RATIO, FloatArray, read_array, require
from analysis.engine.distributions import chi2_p_values, chi2_quantiles, critical_value, two_sided_p_values
from analysis.engine.errors import InvalidInput, RaggedLengths, TooFewStudies
from analysis.engine.pooling import EQUAL
from analysis.engine.problems import Moments, Problems, moments, set_up, square_of
from analysis.engine.tau2_many import Tau2Many, estimate_tau2_many

# Problems worked on at once: their arrays stay in the processor's cache.
ELEMENTS_AT_ONCE = 2**16
# Squares of the lengths of orthogonal columns: a smallest one this small beside the largest is rounding.
SINGULAR = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """The fits of b problems before they are presented; arrays of shape (b,) unless stated.

    Attributes
    ----------
    problems : the studies
    at_zero, at_tau2 : moments at tau2 = 0 and at the estimate
    tau2 : the estimates
    dispersion : factor of the covariance; 1 where no degree of freedom is left, NaN where Hartung-Knapp is undefined
    df : degrees of freedom of the intervals; NaN for the normal
    """

    problems: Problems
    at_zero: Moments
    at_tau2: Moments
    tau2: Tau2Many
    dispersion: FloatArray
    df: FloatArray


def read_problems(yi: ArrayLike, vi: ArrayLike, mask: ArrayLike | None) -> tuple[FloatArray, FloatArray]:
    """Return effects and variances of shape (b, k); variances are infinite, effects 0 where a study is out."""
    effects, variances = (np.atleast_1d(_loose(name, value)) for name, value in (("yi", yi), ("vi", vi)))
    if mask is None and effects.ndim == 2 and effects.shape == variances.shape and _are_plain(effects, variances):
        return effects, variances
    if effects.shape[-1] != variances.shape[-1]:
        raise RaggedLengths(argument="vi", length=variances.shape[-1], other="yi", other_length=effects.shape[-1])
    is_in = np.ones((1, effects.shape[-1]), dtype=np.bool_) if mask is None else np.atleast_2d(_mask(mask))
    if is_in.shape[-1] != effects.shape[-1]:
        raise RaggedLengths(argument="mask", length=is_in.shape[-1], other="yi", other_length=effects.shape[-1])
    try:
        shape = np.broadcast_shapes(np.atleast_2d(effects).shape, np.atleast_2d(variances).shape, is_in.shape)
    except ValueError as error:
        sentence = (
            f"yi, vi and mask must have one number of problems, got {effects.shape}, {variances.shape}, {is_in.shape}"
        )
        raise InvalidInput("mask", sentence) from error
    if 0 in shape or not is_in.any(axis=1).all():
        raise TooFewStudies(needed=1, got=0)
    is_in = np.broadcast_to(is_in, shape)
    effects, variances = np.where(is_in, effects, 0.0), np.where(is_in, variances, np.inf)
    require("yi", effects, np.abs(effects) <= LARGEST_MAGNITUDE, rule="finite and at most 1e40 in size")
    require("vi", variances, ~is_in | (variances > 0.0), rule="above 0")
    require("vi", variances, ~is_in | (variances <= LARGEST_MAGNITUDE), rule="finite and at most 1e40")
    least = np.min(variances, axis=1, keepdims=True)
    require("vi", variances, variances >= 1.0 / LARGEST_MAGNITUDE, rule="at least 1e-40")
    near = ~is_in | (variances <= least * LARGEST_VARIANCE_RATIO)
    require("vi", variances, near, rule="at most 1e14 times the smallest variance")
    return effects, variances


def fit_many(yi: FloatArray, vi: FloatArray, X: FloatArray | None = None, *, tau2_method: str, ci_method: str) -> Fits:
    """Return the fits of problems that are read already; infinite variances for studies that are out.

    Parameters
    ----------
    X : None for a mean, or a design of shape (k, p)

    Raises
    ------
    InvalidInput
        The studies of a problem cannot tell the columns of the design apart.
    """
    problems = set_up(yi, vi, X)
    df = problems.freedom()
    _require_rank(problems)
    at_zero = moments(problems, np.zeros(df.size))
    medians = chi2_quantiles(0.5, df=df) if tau2_method == "PMM" else df
    tau2 = estimate_tau2_many(problems, at_zero, tau2_method=tau2_method, medians=medians)
    at_tau2 = at_zero if tau2_method == "CE" else tau2.at_tau2 or moments(problems, tau2.tau2)
    dispersion = np.ones(df.size)
    if ci_method in ("hksj", "hksj_adhoc"):
        dispersion = np.where(df > 0.0, at_tau2.q / np.where(df > 0.0, df, 1.0), 1.0)
        if ci_method == "hksj_adhoc":
            dispersion = np.maximum(dispersion, 1.0)
        else:
            size = np.abs(problems.shift) + np.max(np.abs(problems.yi), axis=1)
            is_exact = at_tau2.q <= (EQUAL * size) ** 2 * at_tau2.weight
            dispersion = np.where((df > 0.0) & is_exact, np.nan, dispersion)
    freedom = np.full(df.size, np.nan) if ci_method == "wald" else np.where(df > 0.0, df, np.nan)
    return Fits(problems=problems, at_zero=at_zero, at_tau2=at_tau2, tau2=tau2, dispersion=dispersion, df=freedom)


def _require_rank(problems: Problems) -> None:
    """Refuse problems whose studies cannot tell the columns apart; with all studies in, the design was checked."""
    is_in = problems.included()
    if problems.is_mean or is_in.all():
        return
    sizes = np.linalg.eigvalsh(square_of(problems, is_in.astype(np.float64)))
    if np.any(sizes[:, 0] <= SINGULAR * sizes[:, -1]):
        row = int(np.argmax(sizes[:, 0] <= SINGULAR * sizes[:, -1]))
        raise InvalidInput("mods", f"the studies that remain in problem {row} cannot tell the moderators apart")


def blocks_of(b: int, k: int) -> list[slice]:
    """Return slices of problems that are worked on together."""
    step = max(1, ELEMENTS_AT_ONCE // k)
    return [slice(start, min(start + step, b)) for start in range(0, b, step)]


def heterogeneity_of(fits: Fits, *, is_common: bool) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return i2, h2 and the p value of Q, shape (b,); NaN where no degree of freedom is left."""
    df = fits.problems.freedom()
    has_room = df > 0.0
    all_have_room = bool(has_room.all())
    room, q = df if all_have_room else np.where(has_room, df, 1.0), fits.at_zero.q
    if is_common:
        h2 = q / room
        i2 = np.where(q > df, (q - df) / np.where(q > 0.0, q, 1.0), 0.0)
    else:
        ratio = fits.tau2.tau2 * fits.at_zero.trace / room
        h2 = ratio + 1.0
        i2 = ratio / h2
    p_value = chi2_p_values(q, df=room)
    if all_have_room:
        return i2, h2, p_value
    return tuple(np.where(has_room, values, np.nan) for values in (i2, h2, p_value))  # type: ignore[return-value]


def critical_values(df: FloatArray, *, level: float) -> FloatArray:
    """Return the critical value of each problem: t where df is a number, else normal."""
    normal = float(critical_value(level))
    if np.isnan(df).all():
        return np.full(df.size, normal)
    if df.size and bool(np.all(df == df[0])):
        return np.full(df.size, float(critical_value(level, df=float(df[0]))))
    is_t = ~np.isnan(df)
    return np.where(is_t, critical_value(level, df=np.where(is_t, df, 1.0)), normal)


def p_values(statistic: FloatArray, df: FloatArray) -> FloatArray:
    """Return two-sided p values by t where df (same shape) is a number, else by the normal."""
    is_t = ~np.isnan(df)
    if not is_t.any():
        return two_sided_p_values(statistic)
    by_t = two_sided_p_values(statistic, df=np.where(is_t, df, 1.0))
    return by_t if is_t.all() else np.where(is_t, by_t, two_sided_p_values(statistic))


def _loose(argument: str, value: ArrayLike) -> FloatArray:
    """Return numbers of one or two dimensions; missing ones may belong to studies that are out."""
    raw = np.asarray(value)
    if raw.dtype.kind in "iuf" and raw.ndim <= 2:
        return np.asarray(raw, dtype=np.float64)
    return read_array(argument, value, dimensions=2)


def _are_plain(yi: FloatArray, vi: FloatArray) -> bool:
    """Return whether the numbers of all problems together pass every rule; quick, since most do."""
    if not yi.size:
        return False
    least, most = float(np.min(vi)), float(np.max(vi))  # a NaN fails each comparison
    in_range = least >= 1.0 / LARGEST_MAGNITUDE and most <= min(LARGEST_MAGNITUDE, least * LARGEST_VARIANCE_RATIO)
    return in_range and float(np.min(yi)) >= -LARGEST_MAGNITUDE and float(np.max(yi)) <= LARGEST_MAGNITUDE


def _mask(mask: ArrayLike) -> NDArray[np.bool_]:
    """Return the mask as booleans."""
    raw = np.asarray(mask)
    if raw.dtype != np.bool_ or raw.ndim > 2:
        raise InvalidInput("mask", "mask must hold True and False, in at most 2 dimensions")
    return raw
