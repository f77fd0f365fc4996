"""The Henmi-Copas interval: robust to publication bias because large studies keep their weight.

References
----------
Henmi and Copas (2010), doi:10.1002/sim.4029.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, read_level, read_studies
from analysis.engine.errors import NotConverged, TooFewStudies, UndefinedResult
from analysis.engine.pooling import pool
from analysis.engine.small_study.bisection import bisect, widen

# The normal density beyond the lower end plus 10 is below 1e-22 of what is integrated.
REACH = 10.0
# Thirty-two panels of 20 points integrate the smooth product of gamma and normal to double precision.
PANELS = 32
POINTS = 20


@dataclass(frozen=True, slots=True)
class HenmiCopas:
    """The common-effect estimate with an interval that allows for heterogeneity, scale of yi.

    Attributes
    ----------
    k : number of studies
    estimate, se : common-effect mean and its standard error under the variance between studies
    level, ci_lower, ci_upper : confidence level (a fraction) and interval
    critical : half width of the interval divided by se
    tau2 : variance between studies (DerSimonian-Laird), at least 0
    """

    k: int
    estimate: float
    se: float
    level: float
    ci_lower: float
    ci_upper: float
    critical: float
    tau2: float


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of powers of the weights 1 / vi: first the sum, then the sums of squares, cubes, fourths divided by it."""

    w1: float
    w2: float
    w3: float
    w4: float
    k: int
    tau2: float

    def moments_of_q(self, r: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance of Cochran's Q where the mean is off by r standard errors of homogeneous studies."""
        spread, ratio = self.w3 - self.w2**2, 1.0 + self.tau2 * self.w2
        shift = r**2 / ratio**2 - 1.0 / ratio
        mean = (self.k - 1) + self.tau2 * (self.w1 - self.w2) + self.tau2**2 * shift * spread
        variance = (
            2.0 * (self.k - 1)
            + 4.0 * self.tau2 * (self.w1 - self.w2)
            + 2.0 * self.tau2**2 * (self.w1 * self.w2 - 2.0 * self.w3 + self.w2**2)
            + 4.0 * self.tau2**2 * shift * spread
            + 4.0 * self.tau2**3 * shift * (self.w4 - 2.0 * self.w2 * self.w3 + self.w2**3)
            + 2.0 * self.tau2**4 * (1.0 / ratio**2 - 2.0 * r**2 / ratio**3) * spread**2
        )
        return mean, variance

    def tail(self, u: float) -> float:
        """Return the chance that the standardised mean exceeds u times its estimated standard error, u > 0."""
        edges = np.linspace(u, u + REACH, PANELS + 1)
        x, weights = np.polynomial.legendre.leggauss(POINTS)
        half = 0.5 * np.diff(edges)
        r = (0.5 * (edges[1:] + edges[:-1])[:, None] + half[:, None] * x).ravel()
        weight = (half[:, None] * weights).ravel()
        mean, variance = self.moments_of_q(sqrt(1.0 + self.tau2 * self.w2) * r)
        if not (np.all(mean > 0.0) and np.all(variance > 0.0)):
            raise UndefinedResult(
                what="the Henmi-Copas interval", why="Cochran's Q has no positive mean and variance far from the mean"
            )
        q = (self.w1 / self.w2 - 1.0) * ((r / u) ** 2 - 1.0) + (self.k - 1)
        chance = special.gammainc(mean**2 / variance, q * mean / variance)
        return float(np.sum(weight * chance * np.exp(-0.5 * r**2)) / sqrt(2.0 * np.pi))


def henmi_copas(yi: ArrayLike, vi: ArrayLike, *, level: float = 0.95) -> HenmiCopas:
    """Return the common-effect estimate with the interval of Henmi and Copas.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies
        k is 0 or 1.
    UndefinedResult
        The gamma approximation to Q breaks down: its variance is not positive.
    NotConverged
        The level is so near to 1 that no critical value is found.
    """
    level = read_level(level)
    effects, variances = read_studies(yi, vi)
    k = effects.size
    if k < 2:
        raise TooFewStudies(needed=2, got=k)
    tau2 = pool(effects, variances, tau2_method="DL", ci_method="wald").tau2
    unit = float(np.min(variances))
    wi = unit / variances
    w1 = float(np.sum(wi))
    w2, w3, w4 = (float(np.sum(wi**power)) / w1 for power in (2, 3, 4))
    sums = Sums(w1, w2, w3, w4, k, tau2 / unit)
    target = (1.0 - level) / 2.0

    def excess(u: float) -> float:
        """Return how much the tail beyond u is above the target."""
        return (sums.tail(u) if u > 0.0 else 0.5) - target

    bracket = widen(excess, 0.0, 1.0)
    if bracket is None:
        raise NotConverged(what="the Henmi-Copas interval", iterations=0)
    critical = bisect(excess, *bracket) * sqrt(1.0 + sums.tau2 * w2)
    estimate = float(np.sum(wi * (effects - effects[0])) / w1 + effects[0])
    se = sqrt((1.0 + sums.tau2 * w2) / w1 * unit)
    return HenmiCopas(
        k=k,
        estimate=estimate,
        se=se,
        level=level,
        ci_lower=estimate - critical * se,
        ci_upper=estimate + critical * se,
        critical=critical,
        tau2=tau2,
    )
