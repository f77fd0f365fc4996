"""Priors of tau that take their shape from the sampling variances, most of them improper."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray
from analysis.engine.bayesian.priors import Tails
from analysis.engine.errors import TooFewStudies

# Left and right power of each density, and whether it integrates to 1.
SHAPES = {
    "uniform": (0.0, 0.0, False),
    "sqrt": (-0.5, 0.5, False),
    "Jeffreys": (1.0, 1.0, False),
    "BergerDeely": (1.0, 1.0, False),
    "conventional": (1.0, 2.0, True),
    "DuMouchel": (0.0, 2.0, True),
    "shrinkage": (1.0, 3.0, True),
    "I2": (1.0, 3.0, True),
}
DEFAULT_PRIORS = tuple(SHAPES)


@dataclass(frozen=True, slots=True, eq=False)
class DefaultPrior:
    """A prior of tau that follows from the sampling variances; "conventional" lacks the constant that makes it 1.

    Attributes
    ----------
    name : {"uniform", "sqrt", "Jeffreys", "BergerDeely", "conventional", "DuMouchel", "shrinkage", "I2"}
    vi : array of shape (k,)  sampling variances, k >= 1; "I2" needs 2

    Notes
    -----
    With b_i = 1 / (vi + tau**2) and s0**2 the harmonic mean of vi, the densities are: 1; tau**(-1/2);
    tau sqrt(sum(b_i**2)); tau times the geometric mean of b_i; tau times that of b_i**(3/2); s0 / (s0 + tau)**2;
    2 s0**2 tau / (s0**2 + tau**2)**2; and for "I2" the last one with the typical variance
    (k - 1) sum(1 / vi) / (sum(1 / vi)**2 - sum(1 / vi**2)) in place of s0**2.

    References
    ----------
    Roever (2020), doi:10.18637/jss.v093.i06; Tibshirani (1989), doi:10.1093/biomet/76.3.604; Bodnar et al. (2016),
    doi:10.1214/14-BA933; Berger and Deely (1988), doi:10.1080/01621459.1988.10478606; Higgins and Thompson (2002),
    doi:10.1002/sim.1186.
    """

    name: str
    vi: FloatArray

    def __post_init__(self) -> None:
        if self.name == "I2" and self.vi.size < 2:
            raise TooFewStudies(needed=2, got=self.vi.size)

    @property
    def is_proper(self) -> bool:
        """Return whether the density integrates to 1 (or, for "conventional", to another number)."""
        return SHAPES[self.name][2]

    def tails(self) -> Tails:
        """Return where the prior lives."""
        left, right, _ = SHAPES[self.name]
        return Tails(location=0.5 * log(self._variance()), left_power=left, right_power=right)

    def log_density(self, log_tau: FloatArray) -> FloatArray:
        """Return the logarithm of the density of tau at each log(tau)."""
        if self.name == "uniform":
            return np.zeros_like(log_tau)
        if self.name == "sqrt":
            return -0.5 * log_tau
        scale = 0.5 * log(self._variance())
        if self.name == "DuMouchel":
            found: FloatArray = scale - 2.0 * np.logaddexp(scale, log_tau)
        elif self.name in {"shrinkage", "I2"}:
            found = log(2.0) + 2.0 * scale + log_tau - 2.0 * np.logaddexp(2.0 * scale, 2.0 * log_tau)
        else:
            # log(vi + tau**2), not its power: nothing overflows.
            logs = np.logaddexp(np.log(self.vi), 2.0 * log_tau[..., np.newaxis])
            found = log_tau - (1.0 if self.name == "BergerDeely" else 1.5) * np.mean(logs, axis=-1)
            if self.name == "Jeffreys":
                least = np.min(logs, axis=-1)
                squares = np.exp(2.0 * (least[..., np.newaxis] - logs))
                found = log_tau - least + 0.5 * np.log(np.sum(squares, axis=-1))
        return found

    def slope(self, log_tau: FloatArray) -> FloatArray:
        """Return the derivative of `log_density`."""
        if self.name in {"uniform", "sqrt"}:
            return np.full_like(log_tau, -SHAPES[self.name][1])
        log_variance = log(self._variance())
        if self.name == "DuMouchel":
            found: FloatArray = -2.0 * special.expit(log_tau - 0.5 * log_variance)
        elif self.name in {"shrinkage", "I2"}:
            found = 1.0 - 4.0 * special.expit(2.0 * log_tau - log_variance)
        else:
            logs = np.logaddexp(np.log(self.vi), 2.0 * log_tau[..., np.newaxis])
            shares = np.exp(2.0 * log_tau[..., np.newaxis] - logs)
            found = 1.0 - (2.0 if self.name == "BergerDeely" else 3.0) * np.mean(shares, axis=-1)
            if self.name == "Jeffreys":
                squares = np.exp(2.0 * (np.min(logs, axis=-1)[..., np.newaxis] - logs))
                found = 1.0 - 2.0 * np.sum(shares * squares, axis=-1) / np.sum(squares, axis=-1)
        return found

    def _variance(self) -> float:
        """Return the harmonic mean of the variances; for "I2" the typical variance of Higgins and Thompson."""
        # In units of the smallest variance, so that squares do not overflow.
        smallest = float(np.min(self.vi))
        wi = np.sort(smallest / self.vi)
        total = float(np.sum(wi))
        if self.name == "I2":
            # total**2 - sum(wi**2) as the sum of the products of all pairs, which does not cancel.
            pairs = 2.0 * float(np.sum(wi[1:] * np.cumsum(wi)[:-1]))
            return smallest * (self.vi.size - 1) * total / pairs
        return smallest * self.vi.size / total
