"""The same outcome on another scale: RMDQ 0 to 24 as 0 to 10, or with the direction reversed.

Numbers give a number (a 0-dimensional array), arrays of shape (k,) give an array of shape (k,).
Differences, standard deviations and standard errors change by the ratio of the widths, means also by the minimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_array, require
from analysis.engine.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Scale:
    """The range of an instrument, minimum < maximum."""

    minimum: float
    maximum: float

    def __post_init__(self) -> None:
        low = float(read_array("minimum", self.minimum, dimensions=0))
        high = float(read_array("maximum", self.maximum, dimensions=0))
        if not low < high:
            raise InvalidInput("maximum", f"maximum must be above minimum {low:.15g}, got {high:.15g}")

    @property
    def width(self) -> float:
        """Return maximum - minimum."""
        return self.maximum - self.minimum


def convert_mean(mean: ArrayLike, *, source: Scale, target: Scale) -> FloatArray:
    """Return a mean on `source` as a mean on `target`, by the line that joins both ranges.

    Raises
    ------
    OutOfRange
        A mean outside its own scale: the range or the number is wrong (a mean of change is a difference, not a mean).
    """
    values = read_array("mean", mean)
    require("mean", values, (values >= source.minimum) & (values <= source.maximum), rule=_within(source))
    return np.asarray(target.minimum + (values - source.minimum) * (target.width / source.width))


def convert_difference(difference: ArrayLike, *, source: Scale, target: Scale) -> FloatArray:
    """Return a difference of means, or a mean change, on `source` as one on `target`."""
    return np.asarray(read_array("difference", difference) * (target.width / source.width))


def convert_sd(sd: ArrayLike, *, source: Scale, target: Scale) -> FloatArray:
    """Return a standard deviation (at least 0) on `source` as one on `target`."""
    return _convert_spread("sd", sd, source=source, target=target)


def convert_se(se: ArrayLike, *, source: Scale, target: Scale) -> FloatArray:
    """Return a standard error (at least 0) on `source` as one on `target`."""
    return _convert_spread("se", se, source=source, target=target)


def reverse_mean(mean: ArrayLike, *, scale: Scale) -> FloatArray:
    """Return minimum + maximum - mean: the same mean on a scale that counts the other way; SD and SE stay.

    References
    ----------
    Cochrane Handbook 6.5.1.2 (scales of opposite direction; Higgins, Li and Deeks 2019,
    doi:10.1002/9781119536604.ch6).
    """
    values = read_array("mean", mean)
    require("mean", values, (values >= scale.minimum) & (values <= scale.maximum), rule=_within(scale))
    return np.asarray(scale.minimum + (scale.maximum - values))


def reverse_difference(difference: ArrayLike) -> FloatArray:
    """Return a difference of means, or a mean change, with its sign turned; SD and SE stay."""
    return np.asarray(-read_array("difference", difference) + 0.0)


def _convert_spread(argument: str, value: ArrayLike, *, source: Scale, target: Scale) -> FloatArray:
    """Return a spread times the ratio of the widths."""
    values = read_array(argument, value)
    require(argument, values, values >= 0.0, rule="at least 0")
    return np.asarray(values * (target.width / source.width))


def _within(scale: Scale) -> str:
    """Return the rule that a value lies on the scale."""
    return f"on its scale from {scale.minimum:.15g} to {scale.maximum:.15g}"
