"""What describes a list of numbers: mean and standard deviation, quantiles of all nine types, shares of categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_array, require, require_whole
from analysis.engine.errors import TooFewStudies

QUANTILE_TYPES = (1, 2, 3, 4, 5, 6, 7, 8, 9)
# Constants a and b of the continuous types: a fraction p of n sorted values has the position a + p (n + 1 - a - b).
POSITIONS = {
    4: (0.0, 1.0),
    5: (0.5, 0.5),
    6: (0.0, 0.0),
    7: (1.0, 1.0),
    8: (1.0 / 3.0, 1.0 / 3.0),
    9: (3.0 / 8.0, 3.0 / 8.0),
}
# A position this close to a whole number is that number: rounding of p n must not move a quantile by a whole value.
FUZZ = 4.0 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Description:
    """A list of numbers in figures.

    Attributes
    ----------
    k : how many numbers
    mean, sd : mean, and standard deviation with k - 1 degrees of freedom; sd is None for one number
    minimum, q1, median, q3, maximum : ends, quartiles and median
    iqr : q3 - q1
    quantile_type : type of the quartiles after Hyndman and Fan; the median is the same for all but 1, 3 and 4
    """

    k: int
    mean: float
    sd: float | None
    minimum: float
    q1: float
    median: float
    q3: float
    maximum: float
    iqr: float
    quantile_type: int


def quantiles(values: ArrayLike, *, fractions: ArrayLike, quantile_type: int = 7) -> FloatArray:
    """Return sample quantiles, array of the shape of `fractions`.

    Parameters
    ----------
    values : array of shape (k,)  k >= 1, in any order
    fractions : number or array of shape (m,)  shares of the values below the quantile, in [0, 1]
    quantile_type : {1, 2, 3, 4, 5, 6, 7, 8, 9}  the types of Hyndman and Fan: 1 to 3 give values (2 also means of two
        of them), 4 to 9 lie on a line between two; 6 is that of SPSS, 7 that of R and Excel, 2 that of SAS

    Raises
    ------
    TooFewStudies, InvalidInput
        No value; a fraction outside [0, 1], an unknown type.

    References
    ----------
    Hyndman and Fan (1996), doi:10.1080/00031305.1996.10473566.
    """
    numbers, shares = np.sort(np.atleast_1d(read_array("values", values))), read_array("fractions", fractions)
    require("fractions", shares, (shares >= 0.0) & (shares <= 1.0), rule="between 0 and 1 (0.25, not 25)")
    require_whole("quantile_type", quantile_type, least=1, most=9)
    if not numbers.size:
        raise TooFewStudies(needed=1, got=0)
    below, share = _places(shares, k=numbers.size, quantile_type=int(quantile_type))
    last = numbers.size - 1
    low, high = (numbers[np.clip(place, 0, last).astype(int)] for place in (below - 1.0, below))
    return np.asarray(np.where(share == 0.0, low, np.where(share == 1.0, high, low + share * (high - low))))


def describe(values: ArrayLike, *, quantile_type: int = 7) -> Description:
    """Return what describes a list of numbers.

    Parameters
    ----------
    values : array of shape (k,)  k >= 1
    quantile_type : as in `quantiles`

    Raises
    ------
    TooFewStudies, InvalidInput
        No value; an unknown type.
    """
    numbers = np.atleast_1d(read_array("values", values))
    q1, median, q3 = (
        float(value) for value in quantiles(numbers, fractions=[0.25, 0.5, 0.75], quantile_type=quantile_type)
    )
    return Description(
        k=int(numbers.size),
        mean=float(np.mean(numbers)),
        sd=float(np.std(numbers, ddof=1)) if numbers.size > 1 else None,
        minimum=float(np.min(numbers)),
        q1=q1,
        median=median,
        q3=q3,
        maximum=float(np.max(numbers)),
        iqr=q3 - q1,
        quantile_type=int(quantile_type),
    )


def _places(fractions: FloatArray, *, k: int, quantile_type: int) -> tuple[FloatArray, FloatArray]:
    """Return the place (from 1) of the value below each quantile, and how far it lies towards the next, in [0, 1]."""
    if quantile_type in POSITIONS:
        a, b = POSITIONS[quantile_type]
        position = a + fractions * (k + 1.0 - a - b)
        below = np.floor(position + FUZZ)
        rest = position - below
        return below, np.where(np.abs(rest) < FUZZ, 0.0, rest)
    position = k * fractions - (0.5 if quantile_type == 3 else 0.0)
    below = np.floor(position + FUZZ)
    is_beyond = position > below + FUZZ
    if quantile_type == 1:
        return below, np.where(is_beyond, 1.0, 0.0)
    if quantile_type == 2:
        return below, np.where(is_beyond, 1.0, 0.5)
    return below, np.where(is_beyond | (below % 2.0 == 1.0), 1.0, 0.0)
