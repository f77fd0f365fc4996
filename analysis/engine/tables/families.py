"""Cumulants A of natural exponential families: log f(y) = y eta - A(eta) + const, for real and complex eta.

The complex argument serves derivatives by complex steps: all functions are analytic near the real axis.

References
----------
McCullagh and Nelder (1989), Generalized Linear Models, chapter 2; Breslow and Day (1980), Statistical Methods in Cancer
Research, volume 1, section 4.2 (the non-central hypergeometric distribution).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray

# Real, or complex with tiny imaginary parts that carry derivatives.
Numbers: TypeAlias = NDArray[Any]

# exp(700) is below the largest double; rates beyond it have probability 0 in any case.
LARGEST_EXPONENT = 700.0
# Tables with so many possible counts are taken one by one, each with the part of its support that matters.
WIDE = 64
# exp(-60) is below the rounding of a sum whose largest term is 1, thousands of such terms included.
NEGLIGIBLE = 60.0


class Family(Protocol):
    """A family with one observation for each of k studies."""

    @property
    def k(self) -> int:
        """Return the number of studies."""

    def cumulant(self, eta: Numbers) -> Numbers:
        """Return A(eta) for eta of shape (k, points)."""

    def evaluate(self, eta: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return A(eta), the mean A'(eta) and the variance A''(eta) for eta of shape (k, points)."""


@dataclass(frozen=True, slots=True, eq=False)
class Binomial:
    """Events among `size`, shape (k,); a size of 0 carries no information."""

    size: FloatArray

    @property
    def k(self) -> int:
        """Return the number of studies."""
        return int(self.size.size)

    def cumulant(self, eta: Numbers) -> Numbers:
        """Return size log(1 + exp(eta))."""
        is_positive = eta.real > 0.0
        small = np.exp(np.where(is_positive, -eta, eta))
        return np.asarray(self.size[:, None] * (np.where(is_positive, eta, 0.0) + np.log1p(small)))

    def evaluate(self, eta: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return A, size p and size p (1 - p)."""
        is_positive = eta.real > 0.0
        small = np.exp(np.where(is_positive, -eta, eta))
        size, odd = self.size[:, None], 1.0 + small
        cumulant = size * (np.where(is_positive, eta, 0.0) + np.log1p(small))
        return cumulant, size * np.where(is_positive, 1.0, small) / odd, size * small / odd**2


@dataclass(frozen=True, slots=True, eq=False)
class Poisson:
    """Events whose log rate is eta; `exposed` of shape (k,) is 1, or 0 for an observation without information."""

    exposed: FloatArray

    @property
    def k(self) -> int:
        """Return the number of studies."""
        return int(self.exposed.size)

    def cumulant(self, eta: Numbers) -> Numbers:
        """Return exp(eta)."""
        return self.exposed[:, None] * np.exp(np.where(eta.real > LARGEST_EXPONENT, LARGEST_EXPONENT, eta))

    def evaluate(self, eta: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return exp(eta), which is mean and variance too."""
        rate = self.cumulant(eta)
        return rate, rate, rate


@dataclass(frozen=True, slots=True, eq=False)
class Support:
    """What the events in arm 1 of some tables can be, and in how many ways.

    Attributes
    ----------
    rows : int array of shape (m,)  which studies these are
    x : array of shape (m, s)  possible events, padded with the largest
    log_counts : array of shape (m, s)  log of the number of ways, relative to the most frequent; -inf where padded
    """

    rows: NDArray[np.intp]
    x: FloatArray
    log_counts: FloatArray

    def trim(self, eta: Numbers) -> Support:
        """Return the part of a wide support (m = 1) that matters at eta of shape (1, points).

        Terms below exp(-60) of the largest vanish in double precision. As log counts are concave, the lower end is that
        of the smallest eta and the upper end that of the largest.
        """
        if self.rows.size > 1:
            return self
        low, high = (self.log_counts[0] + self.x[0] * edge for edge in (eta.real.min(), eta.real.max()))
        first = int(np.argmax(low > low.max() - NEGLIGIBLE))
        last = high.size - int(np.argmax(high[::-1] > high.max() - NEGLIGIBLE))
        return Support(rows=self.rows, x=self.x[:, first:last], log_counts=self.log_counts[:, first:last])


@dataclass(frozen=True, slots=True, eq=False)
class Hypergeometric:
    """Events in arm 1 of tables whose margins are given; eta is the log odds ratio. Wide supports come one by one."""

    k: int
    supports: tuple[Support, ...]

    def cumulant(self, eta: Numbers) -> Numbers:
        """Return log(sum(counts exp(x eta)))."""
        result = np.empty_like(eta)
        for support in self.supports:
            terms, top = self._terms(eta[support.rows], support.trim(eta[support.rows]))
            result[support.rows] = np.log(np.sum(np.exp(terms), axis=-1)) + top
        return result

    def evaluate(self, eta: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Return A(eta), mean and variance of the events in arm 1."""
        result, mean, variance = np.empty_like(eta), np.empty_like(eta), np.empty_like(eta)
        for support in self.supports:
            rows = support.rows
            part = support.trim(eta[rows])
            terms, top = self._terms(eta[rows], part)
            probabilities = np.exp(terms)
            total = np.sum(probabilities, axis=-1)
            result[rows] = np.log(total) + top
            x = part.x[:, None, :]
            centre = np.sum(probabilities * x, axis=-1) / total
            mean[rows] = centre
            variance[rows] = np.sum(probabilities * (x - centre[..., None]) ** 2, axis=-1) / total
        return result, mean, variance

    @staticmethod
    def _terms(eta: Numbers, support: Support) -> tuple[Numbers, Numbers]:
        """Return log counts + x eta below their largest real part, and that largest."""
        terms = support.log_counts[:, None, :] + support.x[:, None, :] * eta[:, :, None]
        top = np.max(terms.real, axis=-1)
        return terms - top[..., None], top


def hypergeometric(ai: FloatArray, n1i: FloatArray, ci: FloatArray, n2i: FloatArray) -> tuple[Hypergeometric, float]:
    """Return the family of the events in arm 1 given all events and both sizes, and the log of its observed counts."""
    events = ai + ci
    lowest, highest = np.maximum(0.0, events - n2i), np.minimum(n1i, events)
    is_wide = highest - lowest >= WIDE
    groups = [np.flatnonzero(~is_wide), *(np.array([row]) for row in np.flatnonzero(is_wide))]
    supports, constant = [], 0.0
    for rows in groups:
        if rows.size:
            support = _support(rows, lowest[rows], highest[rows], events[rows], n1i[rows], n2i[rows])
            supports.append(support)
            position = (ai[rows] - lowest[rows]).astype(np.intp)
            constant += float(np.sum(np.take_along_axis(support.log_counts, position[:, None], axis=1)))
    return Hypergeometric(k=int(events.size), supports=tuple(supports)), constant


def _support(
    rows: NDArray[np.intp],
    lowest: FloatArray,
    highest: FloatArray,
    events: FloatArray,
    n1i: FloatArray,
    n2i: FloatArray,
) -> Support:
    """Return the supports of some studies; log counts are sums of log ratios from the most frequent count outwards."""
    positions = np.arange(int(np.max(highest - lowest)) + 1)
    x = np.minimum(lowest[:, None] + positions, highest[:, None])
    after, n1, n2, m = x[:, 1:], n1i[:, None], n2i[:, None], events[:, None]
    # From x - 1 to x the number of ways grows by this; the bounds keep the padding out of log(0).
    ways = np.maximum(n1 - after + 1.0, 1.0) * np.maximum(m - after + 1.0, 1.0)
    ratios = np.log(ways) - np.log(np.maximum(after, 1.0) * np.maximum(n2 - m + after, 1.0))
    log_counts = np.full(x.shape, -np.inf)
    for row, last in enumerate((highest - lowest).astype(np.intp)):
        steps = ratios[row, :last]
        peak = int(np.sum(steps > 0.0))
        log_counts[row, peak] = 0.0
        log_counts[row, peak + 1 : last + 1] = np.cumsum(steps[peak:])
        log_counts[row, :peak] = -np.cumsum(steps[:peak][::-1])[::-1]
    return Support(rows=rows, x=x, log_counts=log_counts)
