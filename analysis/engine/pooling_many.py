"""Many meta-analyses at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, read_level, require_option
from analysis.engine.design import Moderators, read_design
from analysis.engine.errors import TooFewStudies
from analysis.engine.fits import Fits, blocks_of, critical_values, fit_many, heterogeneity_of, p_values, read_problems
from analysis.engine.heterogeneity import ProfileLimits
from analysis.engine.pooling import CI_METHODS
from analysis.engine.tau2_many import TAU2_METHODS


@dataclass(frozen=True, slots=True, eq=False)
class PooledMany:
    """Pooled estimates of b problems, scale of yi: arrays of shape (b,), NaN where a number is undefined.

    Attributes
    ----------
    k : int array  number of studies
    estimate, se, statistic, p_value, ci_lower, ci_upper : as in Pooled; all but the estimate are undefined for
        Hartung-Knapp with equal effects
    df : degrees of freedom of the t distribution; NaN for the normal ("wald", and k = 1 whatever was asked)
    pi_lower, pi_upper : prediction interval by the distribution of the confidence interval; NaN for CE and k = 1
    tau2, tau, tau2_se : 0, 0 and NaN for CE and k = 1
    tau2_ci_lower, tau2_ci_upper : Q-profile interval, computed when first read; NaN for CE, k = 1 and where empty
    i2, h2, q, q_df, q_p_value : heterogeneity; NaN for k = 1
    level, tau2_method, ci_method : what was used
    """

    k: NDArray[np.intp]
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: FloatArray
    p_value: FloatArray
    level: float
    ci_lower: FloatArray
    ci_upper: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray
    tau2: FloatArray
    tau: FloatArray
    tau2_se: FloatArray
    i2: FloatArray
    h2: FloatArray
    q: FloatArray
    q_df: NDArray[np.intp]
    q_p_value: FloatArray
    tau2_method: str
    ci_method: str
    _profile: ProfileLimits | None = field(repr=False)

    @property
    def tau2_ci_lower(self) -> FloatArray:
        """Lower limits of the Q-profile intervals."""
        return np.full(self.k.size, np.nan) if self._profile is None else self._profile.limits()[0]

    @property
    def tau2_ci_upper(self) -> FloatArray:
        """Upper limits of the Q-profile intervals."""
        return np.full(self.k.size, np.nan) if self._profile is None else self._profile.limits()[1]


@dataclass(frozen=True, slots=True, eq=False)
class RegressedMany:
    """Meta-regressions of b problems on one design, NaN where a number is undefined.

    Attributes
    ----------
    k : int array of shape (b,)  number of studies
    estimate, se, statistic, p_value : arrays of shape (b, p)  coefficients
    covariance : array of shape (b, p, p)
    df : array of shape (b,)  degrees of freedom, NaN for the normal
    tau2, i2, h2, q, q_p_value : arrays of shape (b,)  residual heterogeneity
    dispersion : array of shape (b,)  factor of the covariance (1 for "wald" and "t")
    names, level, tau2_method, ci_method : what was used
    """

    k: NDArray[np.intp]
    names: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    covariance: FloatArray
    df: FloatArray
    tau2: FloatArray
    i2: FloatArray
    h2: FloatArray
    q: FloatArray
    q_p_value: FloatArray
    dispersion: FloatArray
    level: float
    tau2_method: str
    ci_method: str


def pool_many(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mask: ArrayLike | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
) -> PooledMany:
    """Return the pooled estimates of b meta-analyses of up to k studies each.

    Parameters
    ----------
    yi, vi : arrays of shape (b, k) or (k,)  effects and sampling variances; (k,) is the same in every problem
    mask : None, or array of shape (b, k) of booleans  True where a study is in; yi and vi of the others are not read
    tau2_method, ci_method, level : as in `pool`

    Raises
    ------
    TooFewStudies
        A problem without a study.
    InvalidInput, NotConverged
        A value that cannot be right, by its position in the flattened array; a search that did not end.
    """
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    level = read_level(level)
    effects, variances = read_problems(yi, vi, mask)
    return pool_problems(effects, variances, tau2_method=tau2_method, ci_method=ci_method, level=level)


def pool_problems(
    effects: FloatArray, variances: FloatArray, *, tau2_method: str, ci_method: str, level: float
) -> PooledMany:
    """Return the pooled estimates of problems that are read already; infinite variances for studies that are out."""
    parts = [
        _present(fit_many(effects[rows], variances[rows], tau2_method=tau2_method, ci_method=ci_method), level=level)
        for rows in blocks_of(*effects.shape)
    ]
    joined = _join(parts)
    is_random = tau2_method != "CE"
    return PooledMany(
        level=level,
        tau2_method=tau2_method,
        ci_method=ci_method,
        _profile=ProfileLimits(effects, variances, None, level) if is_random else None,
        **joined,
    )


def regress_many(
    yi: ArrayLike,
    vi: ArrayLike,
    mods: Moderators,
    *,
    mask: ArrayLike | None = None,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
) -> RegressedMany:
    """Return the meta-regressions of b sets of effects on one design.

    Parameters
    ----------
    yi, vi, mask, tau2_method, ci_method, level : as in `pool_many`
    mods : moderators of the k studies, as in `pool`

    Raises
    ------
    TooFewStudies
        A problem that does not have more studies than coefficients.
    InvalidInput, NotConverged
        As in `pool_many`; also a problem whose remaining studies cannot tell the moderators apart.
    """
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    level = read_level(level)
    effects, variances = read_problems(yi, vi, mask)
    design = read_design(mods, k=effects.shape[1])
    fewest = int(np.min(np.count_nonzero(np.isfinite(variances), axis=1)))
    if fewest <= design.X.shape[1]:
        raise TooFewStudies(needed=design.X.shape[1] + 1, got=fewest)
    fits = [
        fit_many(effects[rows], variances[rows], design.X, tau2_method=tau2_method, ci_method=ci_method)
        for rows in blocks_of(*effects.shape)
    ]
    joined = _join([_present_regression(fit) for fit in fits])
    return RegressedMany(names=design.names, level=level, tau2_method=tau2_method, ci_method=ci_method, **joined)


def _join(parts: list[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """Return the columns of all parts below each other, read-only."""
    joined = parts[0]
    if len(parts) > 1:
        joined = {name: np.concatenate([part[name] for part in parts]) for name in joined}
    for array in joined.values():
        array.setflags(write=False)
    return joined


def _present(fits: Fits, *, level: float) -> dict[str, NDArray[Any]]:
    """Return the columns of PooledMany."""
    problems, tau2, now = fits.problems, fits.tau2, fits.at_tau2
    has_none = np.isnan(tau2.tau2_se)
    is_common = bool(has_none.all() and not tau2.tau2.any())
    estimate = problems.shift + now.beta[:, 0]
    se = np.sqrt(fits.dispersion / now.weight)
    statistic = estimate / se
    critical = critical_values(fits.df, level=level)
    reach = critical * np.sqrt(tau2.tau2 + se * se)
    if has_none.any():
        reach[has_none] = np.nan
    i2, h2, q_p_value = heterogeneity_of(fits, is_common=is_common)
    return {
        "k": problems.count,
        "estimate": estimate,
        "se": se,
        "statistic": statistic,
        "df": fits.df,
        "p_value": p_values(statistic, fits.df),
        "ci_lower": estimate - critical * se,
        "ci_upper": estimate + critical * se,
        "pi_lower": estimate - reach,
        "pi_upper": estimate + reach,
        "tau2": tau2.tau2,
        "tau": np.sqrt(tau2.tau2),
        "tau2_se": tau2.tau2_se,
        "i2": i2,
        "h2": h2,
        "q": np.where(problems.count > 1, fits.at_zero.q, np.nan),
        "q_df": problems.count - 1,
        "q_p_value": q_p_value,
    }


def _present_regression(fits: Fits) -> dict[str, NDArray[Any]]:
    """Return the columns of RegressedMany."""
    problems, tau2, now = fits.problems, fits.tau2, fits.at_tau2
    is_common = bool(np.isnan(tau2.tau2_se).all() and not tau2.tau2.any())
    back = fits.problems.back
    estimate = now.beta @ back.T
    estimate[:, 0] += problems.shift
    covariance = fits.dispersion[:, np.newaxis, np.newaxis] * (back @ now.inverse @ back.T)
    se = np.sqrt(np.einsum("bii->bi", covariance))
    statistic = estimate / se
    i2, h2, q_p_value = heterogeneity_of(fits, is_common=is_common)
    return {
        "k": problems.count,
        "estimate": estimate,
        "se": se,
        "statistic": statistic,
        "p_value": p_values(statistic, np.broadcast_to(fits.df[:, np.newaxis], statistic.shape)),
        "covariance": covariance,
        "df": fits.df,
        "tau2": tau2.tau2,
        "i2": i2,
        "h2": h2,
        "q": fits.at_zero.q,
        "q_p_value": q_p_value,
        "dispersion": fits.dispersion,
    }
