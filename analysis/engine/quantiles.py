"""Mean and standard deviation from the median, quartiles and range that a report gives instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.engine.arrays import FloatArray, freeze, read_arrays, require, require_option
from analysis.engine.deviations import sd_from_quartiles
from analysis.engine.errors import InvalidInput
from analysis.engine.quantile_fits import fit_box_cox, fit_quantiles

METHODS = ("luo_wan_shi", "wan", "qe", "bc")
SCENARIOS: Mapping[str, tuple[str, ...]] = {
    "S1": ("minimum", "median", "maximum"),
    "S2": ("q1", "median", "q3"),
    "S3": ("minimum", "q1", "median", "q3", "maximum"),
}
# The formulas were fitted to samples of at least 5.
SMALLEST_SAMPLE = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Skewness:
    """The test of symmetry of a sample from its quantiles, at the 5% level.

    Attributes
    ----------
    statistic, critical_value : numbers or arrays of shape (k,)  statistic, and the value from which on it is too large
    is_skewed : bool or bool array of shape (k,)  whether the sample is skewed, so that a normal method misleads
    """

    statistic: FloatArray
    critical_value: FloatArray
    is_skewed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class MeanSd:
    """Mean and standard deviation estimated from quantiles.

    Attributes
    ----------
    mean, sd : numbers or arrays of shape (k,)
    scenario : {"S1", "S2", "S3"}  what was given: minimum, median, maximum; quartiles and median; all five
    method : {"luo_wan_shi", "wan", "qe", "bc"}
    skewness : the test of skewness of the quantiles
    distributions : tuple of k names  distribution that "qe" chose for each study; None for the other methods
    powers : array of shape (k,)  Box-Cox power that "bc" found, 0 for the logarithm; None for the other methods
    """

    mean: FloatArray
    sd: FloatArray
    scenario: str
    method: str
    skewness: Skewness
    distributions: tuple[str, ...] | None
    powers: FloatArray | None


def mean_sd_from_quantiles(
    *,
    n: ArrayLike,
    median: ArrayLike,
    minimum: ArrayLike | None = None,
    q1: ArrayLike | None = None,
    q3: ArrayLike | None = None,
    maximum: ArrayLike | None = None,
    method: str = "luo_wan_shi",
) -> MeanSd:
    """Return mean and standard deviation of samples of which quantiles are given.

    Parameters
    ----------
    n : number or array of shape (k,)  sample size, at least 5
    median : number or array of shape (k,)
    minimum, maximum : numbers or arrays of shape (k,)  both or neither
    q1, q3 : numbers or arrays of shape (k,)  quartiles, both or neither; one of the two pairs is needed
    method : {"luo_wan_shi", "wan", "qe", "bc"}  for normal outcomes, the mean by Luo et al. and the deviation by Wan et
        al., with all five by Shi et al.; both by Wan et al.; for others, the best fitting of five distributions
        (`fit_quantiles`), or the power that makes the quantiles symmetric (`fit_box_cox`)

    Raises
    ------
    InvalidInput
        Quantiles out of order or all equal, half a pair, a sample below 5, values of 0 or less for "bc".

    Notes
    -----
    "luo_wan_shi" and "wan" mislead where `skewness` says so.

    References
    ----------
    Wan et al. (2014), doi:10.1186/1471-2288-14-135; Luo et al. (2018), doi:10.1177/0962280216669183; Shi et al. (2020),
    doi:10.1002/jrsm.1429; McGrath et al. (2020), doi:10.1177/0962280219889080.
    """
    require_option("method", method, METHODS)
    given = {"minimum": minimum, "q1": q1, "median": median, "q3": q3, "maximum": maximum}
    scenario, size, values = _read(n, given)
    distributions, powers = None, None
    if method == "qe":
        mean, sd, distributions = _fit_each(size, values)
    elif method == "bc":
        mean, sd, powers = _transform_each(scenario, size, values)
    elif method == "wan":
        mean, sd = _wan_mean(scenario, values), _wan_sd(scenario, size, values)
    else:
        mean, sd = _luo_mean(scenario, size, values), _shi_sd(scenario, size, values)
    skewness = _measure_skewness(scenario, size, values)
    return MeanSd(freeze(mean), freeze(sd), scenario, method, skewness, distributions, powers)


def detect_skewness(
    *,
    n: ArrayLike,
    median: ArrayLike,
    minimum: ArrayLike | None = None,
    q1: ArrayLike | None = None,
    q3: ArrayLike | None = None,
    maximum: ArrayLike | None = None,
) -> Skewness:
    """Return the test of skewness of samples of which quantiles are given, at the 5% level.

    Parameters
    ----------
    n, median, minimum, q1, q3, maximum : as in `mean_sd_from_quantiles`

    References
    ----------
    Shi et al. (2023), doi:10.1177/09622802231172043.
    """
    given = {"minimum": minimum, "q1": q1, "median": median, "q3": q3, "maximum": maximum}
    return _measure_skewness(*_read(n, given))


def _read(n: ArrayLike, given: dict[str, ArrayLike | None]) -> tuple[str, FloatArray, dict[str, FloatArray]]:
    """Return the scenario, the sample sizes and the quantiles in rising order."""
    names = tuple(name for name, value in given.items() if value is not None)
    scenario = next((key for key, needed in SCENARIOS.items() if needed == names), None)
    if scenario is None:
        needed = ", or ".join(" ".join(columns) for columns in SCENARIOS.values())
        raise InvalidInput("median", f"needs the quantiles {needed}; got {' '.join(names) if names else 'nothing'}")
    values = {name: value for name, value in given.items() if value is not None}
    arrays = dict(zip((*values, "n"), read_arrays(values | {"n": n}), strict=True))
    size = arrays.pop("n")
    require("n", size, size >= SMALLEST_SAMPLE, rule="at least 5")
    for name, following in pairwise(names):
        require(name, arrays[name], arrays[name] <= arrays[following], rule=f"at most {following}")
    for low, high in (("minimum", "maximum"), ("q1", "q3")):
        if low in arrays:
            require(low, arrays[low], arrays[low] < arrays[high], rule=f"below {high}")
    return scenario, size, arrays


def _measure_skewness(scenario: str, n: FloatArray, values: dict[str, FloatArray]) -> Skewness:
    """Return the statistic of Shi et al. (2023) and its critical value."""
    ends = _asymmetry(values, "minimum", "maximum") if scenario != "S2" else np.zeros_like(n)
    middle = _asymmetry(values, "q1", "q3") if scenario != "S1" else np.zeros_like(n)
    if scenario == "S1":
        statistic, critical = ends, 1.0 / np.log(n + 9.0) + 2.5 / (n + 1.0)
    elif scenario == "S2":
        statistic, critical = middle, 2.65 / np.sqrt(n) - 6.0 / n**2
    else:
        statistic = np.maximum(2.65 * np.log(0.6 * n) / np.sqrt(n) * ends, middle)
        critical = 3.0 / np.sqrt(n) - 40.0 / n**3
    is_skewed = np.asarray(statistic >= critical)
    is_skewed.setflags(write=False)
    return Skewness(statistic=freeze(statistic), critical_value=freeze(critical), is_skewed=is_skewed)


def _asymmetry(values: dict[str, FloatArray], low: str, high: str) -> FloatArray:
    """Return |low + high - 2 median| / (high - low)."""
    low_value, high_value = values[low], values[high]
    return np.asarray(np.abs(low_value + high_value - 2.0 * values["median"]) / (high_value - low_value))


def _luo_mean(scenario: str, n: FloatArray, values: dict[str, FloatArray]) -> FloatArray:
    """Return the mean by Luo et al. (2018), equations 7, 11 and 15."""
    median, range_share, quartile_share = values["median"], np.zeros_like(n), np.zeros_like(n)
    mean = np.zeros_like(n)
    if scenario == "S1":
        range_share = 4.0 / (4.0 + n**0.75)
    elif scenario == "S2":
        quartile_share = 0.7 + 0.39 / n
    else:
        range_share, quartile_share = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    if scenario != "S2":
        mean = mean + range_share * 0.5 * (values["minimum"] + values["maximum"])
    if scenario != "S1":
        mean = mean + quartile_share * 0.5 * (values["q1"] + values["q3"])
    return np.asarray(mean + (1.0 - range_share - quartile_share) * median)


def _wan_mean(scenario: str, values: dict[str, FloatArray]) -> FloatArray:
    """Return the mean by Wan et al. (2014): Hozo's, and their equations 14 and 10."""
    median = values["median"]
    if scenario == "S1":
        return np.asarray((values["minimum"] + 2.0 * median + values["maximum"]) / 4.0)
    if scenario == "S2":
        return np.asarray((values["q1"] + median + values["q3"]) / 3.0)
    ends, quartiles = values["minimum"] + values["maximum"], values["q1"] + values["q3"]
    return np.asarray((ends + 2.0 * (quartiles + median)) / 8.0)


def _sd_from_range(n: FloatArray, values: dict[str, FloatArray]) -> FloatArray:
    """Return the standard deviation from the range, Wan et al. (2014), equation 9."""
    return np.asarray((values["maximum"] - values["minimum"]) / (2.0 * special.ndtri((n - 0.375) / (n + 0.25))))


def _wan_sd(scenario: str, n: FloatArray, values: dict[str, FloatArray]) -> FloatArray:
    """Return the standard deviation by Wan et al. (2014); with all five quantiles the average of both."""
    if scenario == "S1":
        return _sd_from_range(n, values)
    quartiles = sd_from_quartiles(q1=values["q1"], q3=values["q3"], n=n, method="wan")
    return quartiles if scenario == "S2" else np.asarray(0.5 * (_sd_from_range(n, values) + quartiles))


def _shi_sd(scenario: str, n: FloatArray, values: dict[str, FloatArray]) -> FloatArray:
    """Return the standard deviation by Wan et al., with all five quantiles by Shi et al. (2020), equation 10."""
    if scenario != "S3":
        return _wan_sd(scenario, n, values)
    share = 1.0 / (1.0 + 0.07 * n**0.6)
    quartiles = sd_from_quartiles(q1=values["q1"], q3=values["q3"], n=n, method="wan")
    return np.asarray(share * _sd_from_range(n, values) + (1.0 - share) * quartiles)


def _fit_each(n: FloatArray, values: dict[str, FloatArray]) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    """Return means, standard deviations and distributions by quantile estimation, one study after the other."""
    columns = {name: array.ravel() for name, array in values.items()}
    fits = [
        fit_quantiles({name: float(column[row]) for name, column in columns.items()}, n=float(size))
        for row, size in enumerate(n.ravel())
    ]
    mean = np.array([fit.mean for fit in fits]).reshape(n.shape)
    sd = np.array([fit.sd for fit in fits]).reshape(n.shape)
    return mean, sd, tuple(fit.distribution for fit in fits)


def _transform_each(
    scenario: str, n: FloatArray, values: dict[str, FloatArray]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return means, standard deviations and powers by the Box-Cox method, one study after the other."""
    lowest = SCENARIOS[scenario][0]
    require(lowest, values[lowest], values[lowest] > 0.0, rule='above 0 for the method "bc"')
    for name in SCENARIOS[scenario]:
        differs = values[name] != values["median"] if name != "median" else np.ones(n.shape, dtype=bool)
        require(name, values[name], differs, rule='different from the median for the method "bc"')

    def estimate(size: float, transformed: dict[str, FloatArray]) -> tuple[float, float]:
        """Return mean and deviation of transformed quantiles, by Luo et al. and Wan et al."""
        sizes = np.asarray(size)
        return float(_luo_mean(scenario, sizes, transformed)), float(_wan_sd(scenario, sizes, transformed))

    columns = {name: array.ravel() for name, array in values.items()}
    fits = [
        fit_box_cox({name: float(column[row]) for name, column in columns.items()}, n=float(size), estimate=estimate)
        for row, size in enumerate(n.ravel())
    ]
    mean, sd, powers = (np.array(column).reshape(n.shape) for column in (zip(*fits, strict=True) if fits else [[]] * 3))
    return mean, sd, freeze(powers)
