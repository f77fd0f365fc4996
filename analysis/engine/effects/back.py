"""Pooled values turned back to the scale on which they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, read_array, read_arrays, require, require_option
from analysis.engine.effects.measures import MEASURES
from analysis.engine.errors import InvalidInput


def _square_of_sine(value: FloatArray) -> FloatArray:
    """Return sin(value)**2, a proportion; angles beyond 0 to pi / 2 are proportions of 0 and 1."""
    return np.asarray(np.sin(np.clip(value, 0.0, 0.5 * np.pi)) ** 2)


def _square(value: FloatArray) -> FloatArray:
    """Return value**2, a rate; roots below 0 are rates of 0."""
    return np.asarray(np.maximum(value, 0.0) ** 2)


SIMPLE: Mapping[str, Callable[[FloatArray], FloatArray]] = MappingProxyType(
    {
        "none": np.array,
        "exp": np.exp,
        "logit": special.expit,
        "arcsine": _square_of_sine,
        "square": _square,
        "fisher_z": np.tanh,
        "alpha_cube_root": lambda value: 1.0 - (1.0 - value) ** 3,
        "alpha_log": lambda value: -np.expm1(-value),
    }
)


def back_transform(measure: str, value: ArrayLike, *, size: ArrayLike | None = None) -> FloatArray:
    """Return effects, means of effects or limits on the scale on which they are read: ratios, proportions, rates.

    Parameters
    ----------
    measure : one of `MEASURES`
    value : number or array  on the scale of yi
    size : number or array  needed by "PFT" (sample size) and "IRFT" (person-time); for a mean of studies the harmonic
        mean of theirs

    Raises
    ------
    InvalidInput
        An unknown measure; a size that is missing or not above 0.

    Notes
    -----
    Values outside the range of a transformation give its ends: a proportion of 0 or 1, a rate of 0.

    References
    ----------
    "PFT": Miller (1978), The American Statistician 32, 138; harmonic mean: the same.
    """
    require_option("measure", measure, tuple(MEASURES))
    kind = MEASURES[measure].back_transformation
    if kind in SIMPLE:
        return np.asarray(SIMPLE[kind](read_array("value", value)), dtype=np.float64)
    if size is None:
        raise InvalidInput("size", f"{measure} needs a size to be turned back; got none")
    values, sizes = read_arrays({"value": value, "size": size})
    require("size", sizes, sizes > 0.0, rule="above 0")
    return _proportion(values, sizes) if kind == "freeman_tukey" else _rate(values, sizes)


def _proportion(value: FloatArray, size: FloatArray) -> FloatArray:
    """Return the proportion of which `value` is the Freeman-Tukey transformation, in a sample of `size`."""
    least = 0.5 * np.arcsin(np.sqrt(1.0 / (size + 1.0)))
    angle = 2.0 * np.clip(value, least, 0.5 * np.pi - least)
    sine = np.sin(angle)
    inner = sine + (sine - 1.0 / sine) / size
    root = np.sqrt(np.maximum(1.0 - inner**2, 0.0))
    return np.asarray(np.clip(0.5 * (1.0 - np.sign(np.cos(angle)) * root), 0.0, 1.0))


def _rate(value: FloatArray, size: FloatArray) -> FloatArray:
    """Return the rate of which `value` is the Freeman-Tukey transformation, in a person-time of `size`."""
    least = 0.5 / np.sqrt(size)
    root = np.maximum(value, least)
    return np.asarray(((1.0 / size - 4.0 * root**2) / (4.0 * root)) ** 2)
