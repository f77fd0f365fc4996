"""Proper prior distributions of tau, the standard deviation between studies, and of the mean effect mu."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log, pi
from typing import ClassVar, Protocol

import numpy as np
from scipy import special

from analysis.engine.arrays import LARGEST_MAGNITUDE, FloatArray, read_array, require

# exp(4) = 55 scales out, a half-normal density is e**-1490 of its top.
NORMAL_REACH = 4.0
# Nine standard deviations out, a normal tail holds 1e-19.
NORMAL_SDS = 9.0
# With fewer degrees of freedom the tail reaches beyond exp(78) scales; with more, it is the half-normal.
FEWEST_DF, MOST_DF = 0.5, 1e6
# Outside of this the log-normal is a spike on one number of double precision, or leaves its range.
SMALLEST_SIGMA, LARGEST_SIGMA = 1e-4, 20.0


@dataclass(frozen=True, slots=True)
class Tails:
    """Where a prior of tau lives on the scale of log(tau), for the quadrature.

    Attributes
    ----------
    location : logarithm of a typical tau
    below, above : distance from the location beyond which nothing is left of a tail that falls faster than a power
    left_power : the density goes as tau**left_power towards 0; infinite where it falls faster than any power
    right_power : the density goes as tau**-right_power towards infinity; infinite where it falls faster
    upper : largest tau that is possible
    """

    location: float
    below: float = 0.0
    above: float = 0.0
    left_power: float = 0.0
    right_power: float = inf
    upper: float = inf


class TauPrior(Protocol):
    """A prior distribution of tau: its density over log(tau), and where its tails are."""

    @property
    def name(self) -> str:
        """Return what errors and reports call the prior."""

    @property
    def is_proper(self) -> bool:
        """Return whether the density integrates to 1."""

    def tails(self) -> Tails:
        """Return where the prior lives."""

    def log_density(self, log_tau: FloatArray) -> FloatArray:
        """Return the logarithm of the density with respect to tau (not log(tau)) at each log(tau)."""

    def slope(self, log_tau: FloatArray) -> FloatArray:
        """Return the derivative of `log_density` with respect to log(tau)."""


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal prior of mu, scale of yi.

    Attributes
    ----------
    mean, sd : mean and standard deviation, sd above 0
    """

    mean: float
    sd: float

    def __post_init__(self) -> None:
        read_array("mean", self.mean, dimensions=0)
        _require_scale("sd", self.sd)


@dataclass(frozen=True, slots=True)
class HalfNormal:
    """A half-normal prior of tau: the absolute value of a normal variable with mean 0.

    Attributes
    ----------
    scale : standard deviation of that normal variable, scale of yi

    References
    ----------
    Roever et al. (2021), doi:10.1002/jrsm.1475.
    """

    scale: float
    name: ClassVar[str] = "half-normal"
    is_proper: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _require_scale("scale", self.scale)

    def tails(self) -> Tails:
        """Return where the prior lives."""
        return Tails(location=log(self.scale), above=NORMAL_REACH)

    def log_density(self, log_tau: FloatArray) -> FloatArray:
        """Return the logarithm of the density of tau at each log(tau)."""
        return 0.5 * log(2.0 / pi) - log(self.scale) + 0.5 * self.slope(log_tau)

    def slope(self, log_tau: FloatArray) -> FloatArray:
        """Return the derivative of `log_density`."""
        return -np.exp(2.0 * (log_tau - log(self.scale)))


@dataclass(frozen=True, slots=True)
class HalfT:
    """A half-t prior of tau: the absolute value of a scaled t variable.

    Attributes
    ----------
    scale : scale of the t variable, scale of yi
    df : degrees of freedom, 0.5 to 1e6

    References
    ----------
    Gelman (2006), doi:10.1214/06-BA117A.
    """

    scale: float
    df: float
    name: ClassVar[str] = "half-t"
    is_proper: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _require_scale("scale", self.scale)
        df = read_array("df", self.df, dimensions=0)
        require("df", df, (df >= FEWEST_DF) & (df <= MOST_DF), rule="between 0.5 and 1e6")

    def tails(self) -> Tails:
        """Return where the prior lives; the power law begins at sqrt(df) scales."""
        return Tails(location=log(self.scale) + 0.5 * log(max(self.df, 1.0)), right_power=self.df + 1.0)

    def log_density(self, log_tau: FloatArray) -> FloatArray:
        """Return the logarithm of the density of tau at each log(tau)."""
        # The beta function of (df / 2, 1 / 2) holds both gamma functions without their cancellation.
        constant = log(2.0) - float(special.betaln(0.5 * self.df, 0.5)) - 0.5 * log(self.df) - log(self.scale)
        return constant - 0.5 * (self.df + 1.0) * np.log1p(self._square(log_tau))

    def slope(self, log_tau: FloatArray) -> FloatArray:
        """Return the derivative of `log_density`."""
        square = self._square(log_tau)
        return -(self.df + 1.0) * square / (1.0 + square)

    def _square(self, log_tau: FloatArray) -> FloatArray:
        """Return (tau / scale)**2 / df."""
        return np.exp(2.0 * (log_tau - log(self.scale))) / self.df


@dataclass(frozen=True, slots=True)
class HalfCauchy(HalfT):
    """A half-Cauchy prior of tau: the half-t with one degree of freedom.

    Attributes
    ----------
    scale : median of tau, scale of yi

    References
    ----------
    Gelman (2006), doi:10.1214/06-BA117A.
    """

    df: float = 1.0
    name: ClassVar[str] = "half-Cauchy"

    def __post_init__(self) -> None:
        HalfT.__post_init__(self)
        df = read_array("df", self.df, dimensions=0)
        require("df", df, df == 1.0, rule="1 (the half-t prior takes others)")


@dataclass(frozen=True, slots=True)
class Uniform:
    """A uniform prior of tau on [0, upper].

    Attributes
    ----------
    upper : largest tau, scale of yi
    """

    upper: float
    name: ClassVar[str] = "uniform"
    is_proper: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _require_scale("upper", self.upper)

    def tails(self) -> Tails:
        """Return where the prior lives."""
        return Tails(location=log(self.upper), upper=self.upper)

    def log_density(self, log_tau: FloatArray) -> FloatArray:
        """Return the logarithm of the density of tau at each log(tau)."""
        inside = log_tau <= log(self.upper)
        return np.where(inside, -log(self.upper), -inf)

    def slope(self, log_tau: FloatArray) -> FloatArray:
        """Return the derivative of `log_density` below `upper`."""
        return np.zeros_like(log_tau)


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A log-normal prior of tau: log(tau) is normal.

    Attributes
    ----------
    mu, sigma : mean and standard deviation of log(tau), sigma 1e-4 to 20

    Notes
    -----
    Turner et al. (2015) state theirs for tau2: `LogNormal.from_tau2(mu, sigma)` halves both.

    References
    ----------
    Turner et al. (2015), doi:10.1002/sim.6381.
    """

    mu: float
    sigma: float
    name: ClassVar[str] = "log-normal"
    is_proper: ClassVar[bool] = True

    def __post_init__(self) -> None:
        mu, sigma = read_array("mu", self.mu, dimensions=0), read_array("sigma", self.sigma, dimensions=0)
        require("mu", mu, np.abs(mu) <= log(LARGEST_MAGNITUDE), rule="between -92.1 and 92.1 (tau 1e-40 to 1e40)")
        good = (sigma >= SMALLEST_SIGMA) & (sigma <= LARGEST_SIGMA)
        require("sigma", sigma, good, rule="between 1e-4 and 20")

    @classmethod
    def from_tau2(cls, mu: float, sigma: float) -> LogNormal:
        """Return the prior of tau for which log(tau2) is normal with mean `mu` and standard deviation `sigma`."""
        return cls(mu=0.5 * mu, sigma=0.5 * sigma)

    def tails(self) -> Tails:
        """Return where the prior lives."""
        # The density of tau is that of log(tau) over tau: its peak is sigma**2 lower.
        reach = NORMAL_SDS * self.sigma
        return Tails(location=self.mu, below=reach, above=reach, left_power=inf)

    def log_density(self, log_tau: FloatArray) -> FloatArray:
        """Return the logarithm of the density of tau at each log(tau)."""
        z = (log_tau - self.mu) / self.sigma
        return -0.5 * log(2.0 * pi) - log(self.sigma) - 0.5 * z**2 - log_tau

    def slope(self, log_tau: FloatArray) -> FloatArray:
        """Return the derivative of `log_density`."""
        return -(log_tau - self.mu) / self.sigma**2 - 1.0


def _require_scale(argument: str, value: float) -> None:
    """Raise OutOfRange unless the value is between 1e-40 and 1e40."""
    array = read_array(argument, value, dimensions=0)
    require(argument, array, array > 0.0, rule="above 0")
    require(argument, array, array >= 1.0 / LARGEST_MAGNITUDE, rule="at least 1e-40")
