"""How the pooled estimate and tau2 vary when the studies are drawn again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import (
    LARGEST_SEED,
    FloatArray,
    freeze,
    read_level,
    read_studies,
    require_option,
    require_whole,
)
from analysis.engine.errors import TooFewStudies
from analysis.engine.pooling import pool
from analysis.engine.pooling_many import pool_many

KINDS = ("parametric", "nonparametric")
FEWEST, MOST = 2, 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Refits of drawn studies, scale of yi.

    Attributes
    ----------
    estimate, tau2 : arrays of shape (draws,)  of the drawn studies
    se : standard deviation of `estimate`
    ci_lower, ci_upper : percentile interval of the pooled effect
    tau2_ci_lower, tau2_ci_upper : percentile interval of tau2
    level, kind, tau2_method : what was used
    """

    estimate: FloatArray
    tau2: FloatArray
    se: float
    ci_lower: float
    ci_upper: float
    tau2_ci_lower: float
    tau2_ci_upper: float
    level: float
    kind: str
    tau2_method: str


def bootstrap(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    kind: str = "parametric",
    draws: int = 1000,
    seed: int = 1,
    tau2_method: str = "REML",
    level: float = 0.95,
) -> Bootstrap:
    """Return the bootstrap distribution of the pooled effect and of tau2, with percentile intervals.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    kind : {"parametric", "nonparametric"}  effects from the fitted normal model; or whole studies with replacement
    draws : number of drawn sets, 2 to 1,000,000
    seed : of the draws, at least 0; the same seed gives the same result
    tau2_method, level : as in `pool`; for the errors too

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap.
    """
    require_option("kind", kind, KINDS)
    level = read_level(level)
    require_whole("draws", draws, least=FEWEST, most=MOST)
    require_whole("seed", seed, least=0, most=LARGEST_SEED)
    effects, variances = read_studies(yi, vi)
    if effects.size < 2:
        raise TooFewStudies(needed=2, got=effects.size)
    drawn = _draw(effects, variances, kind=kind, draws=int(draws), seed=int(seed), tau2_method=tau2_method)
    fits = pool_many(*drawn, tau2_method=tau2_method, ci_method="wald", level=level)
    ci_lower, ci_upper = _middle(fits.estimate, level)
    tau2_ci_lower, tau2_ci_upper = _middle(fits.tau2, level)
    return Bootstrap(
        estimate=freeze(fits.estimate),
        tau2=freeze(fits.tau2),
        se=float(np.std(fits.estimate, ddof=1)),
        ci_lower=ci_lower,
        ci_upper=ci_upper,
        tau2_ci_lower=tau2_ci_lower,
        tau2_ci_upper=tau2_ci_upper,
        level=level,
        kind=kind,
        tau2_method=tau2_method,
    )


def _middle(values: FloatArray, level: float) -> tuple[float, float]:
    """Return the ends of the middle share `level` of the values."""
    ends = np.quantile(values, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(ends[0]), float(ends[1])


def _draw(
    yi: FloatArray, vi: FloatArray, *, kind: str, draws: int, seed: int, tau2_method: str
) -> tuple[FloatArray, FloatArray]:
    """Return drawn effects and variances, shape (draws, k)."""
    random, k = np.random.default_rng(seed), yi.size
    if kind == "nonparametric":
        rows = random.integers(0, k, (draws, k))
        return yi[rows], vi[rows]
    fit = pool(yi, vi, tau2_method=tau2_method, ci_method="wald")
    effects = random.normal(fit.estimate, np.sqrt(vi + fit.tau2), (draws, k))
    return effects, np.broadcast_to(vi, effects.shape)
