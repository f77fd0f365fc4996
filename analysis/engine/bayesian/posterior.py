"""A posterior distribution with its summary: moments, median, mode and credible interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_array, read_level, require, require_option
from analysis.engine.bayesian.intervals import Marginal, find_interval

SIDES = ("above", "below")


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """The posterior distribution of one quantity, on its scale.

    Attributes
    ----------
    distribution : what the functions below are computed from
    mean, sd : moments; None where the integral does not exist, because the posterior falls too slowly
    median : as likely to be exceeded as not
    mode : point of the highest density; None where the density is flat
    level, interval : credible level and {"shortest", "central"}
    ci_lower, ci_upper : credible interval
    """

    distribution: Marginal
    mean: float | None
    sd: float | None
    median: float
    mode: float | None
    level: float
    interval: str
    ci_lower: float
    ci_upper: float

    def density(self, value: ArrayLike) -> FloatArray:
        """Return the posterior density, an array of the shape of `value`; infinite where it has a pole, at tau = 0."""
        return _apply(self.distribution.density, "value", value)

    def cdf(self, value: ArrayLike) -> FloatArray:
        """Return the posterior probability of at most `value`, an array of its shape."""
        return _apply(lambda points: self.distribution.tail(points, is_upper=False), "value", value)

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Return the value that is not exceeded with a probability strictly between 0 and 1, an array of its shape."""
        array = read_array("probability", probability)
        require("probability", array, (array > 0.0) & (array < 1.0), rule="strictly between 0 and 1")
        return _apply(self.distribution.quantile, "probability", probability)

    def probability_beyond(self, threshold: float, *, side: str = "above") -> float:
        """Return the posterior probability of a value above (or below) a threshold.

        Parameters
        ----------
        threshold : number on the scale of the quantity
        side : {"above", "below"}
        """
        require_option("side", side, SIDES)
        point = np.atleast_1d(read_array("threshold", threshold, dimensions=0))
        return float(self.distribution.tail(point, is_upper=side == "above")[0])

    def credible_interval(self, *, level: float = 0.95, interval: str = "shortest") -> tuple[float, float]:
        """Return the limits of another credible interval.

        Parameters
        ----------
        level : probability inside, a fraction in (0, 1)
        interval : {"shortest", "central"}  the shortest of all with that probability, or the one with equal tails

        Raises
        ------
        NotConverged
            The shortest interval was not found.
        """
        return find_interval(self.distribution, level=read_level(level), interval=interval)


def summarise(
    distribution: Marginal,
    *,
    mean: float | None,
    variance: float | None,
    mode: float | None,
    level: float,
    interval: str,
) -> Posterior:
    """Return the distribution with its summary."""
    ci_lower, ci_upper = find_interval(distribution, level=level, interval=interval)
    return Posterior(
        distribution=distribution,
        mean=mean,
        sd=None if variance is None else float(np.sqrt(variance)),
        median=float(distribution.quantile(np.array([0.5]))[0]),
        mode=mode,
        level=level,
        interval=interval,
        ci_lower=ci_lower,
        ci_upper=ci_upper,
    )


def _apply(function: Callable[[FloatArray], FloatArray], argument: str, value: ArrayLike) -> FloatArray:
    """Return a function of one-dimensional arrays at a number or an array."""
    array = read_array(argument, value)
    return np.asarray(function(np.atleast_1d(array)).reshape(array.shape), dtype=np.float64)
