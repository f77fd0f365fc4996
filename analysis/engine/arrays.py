"""Arguments read into float64 arrays and refused by name when they cannot be right."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.errors import NonFinite, NotNumeric, OutOfRange, RaggedLengths, UnknownOption, WrongShape

FloatArray: TypeAlias = NDArray[np.float64]

# Far beyond every unit in use; within it no sum of the engine (at most w**3 * y**2) overflows or underflows.
LARGEST_MAGNITUDE = 1e40
# Double precision has 16 digits: beyond this ratio the small weights vanish in the sum of the large ones.
LARGEST_VARIANCE_RATIO = 1e14
# A seed is compared as a double, which holds every whole number up to here.
LARGEST_SEED = 2**53


def read_array(argument: str, value: ArrayLike, *, dimensions: int = 1) -> FloatArray:
    """Return `value` as a finite float64 array of at most `dimensions` dimensions.

    Raises
    ------
    NotNumeric, WrongShape, NonFinite, OutOfRange
        Text or complex numbers; too many dimensions; a missing or infinite value; a magnitude beyond 1e40.
    """
    raw = _listed(argument, value)
    is_text = raw.dtype == object and any(isinstance(item, str | bytes) for item in raw.ravel().tolist())
    if raw.dtype.kind not in "iufbO" or is_text:
        raise NotNumeric(argument=argument)
    try:
        array = np.array(raw, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise NotNumeric(argument=argument) from error
    if array.ndim > dimensions:
        raise WrongShape(argument=argument, dimensions=array.ndim, allowed=dimensions)
    bad = ~np.isfinite(array)
    if bad.any():
        raise NonFinite(argument=argument, index=first_index(bad))
    require(argument, array, np.abs(array) <= LARGEST_MAGNITUDE, rule="at most 1e40 in size")
    return array


def _listed(argument: str, value: ArrayLike) -> NDArray[np.generic]:
    """Return the value as an array of whatever it holds; numpy refuses lists of unequal lengths."""
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:
        raise NotNumeric(argument=argument) from error


def read_arrays(values: dict[str, ArrayLike]) -> tuple[FloatArray, ...]:
    """Return the named values as finite float64 arrays of one common shape; single numbers are repeated.

    Raises
    ------
    RaggedLengths
        Two arguments with different lengths, neither of them a single number.
    """
    arrays = {argument: read_array(argument, value) for argument, value in values.items()}
    listed = [(argument, array) for argument, array in arrays.items() if array.ndim]
    for argument, array in listed[1:]:
        other, first = listed[0]
        if array.size != first.size:
            raise RaggedLengths(argument=argument, length=array.size, other=other, other_length=first.size)
    shape = listed[0][1].shape if listed else ()
    return tuple(np.broadcast_to(array, shape).copy() for array in arrays.values())


def read_studies(yi: ArrayLike, vi: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return effects and sampling variances as arrays of shape (k,), k >= 0.

    Raises
    ------
    RaggedLengths, OutOfRange
        Different lengths; a variance that is not above 0, or beyond 1e-40 to 1e40, or 1e14 times another one.
    """
    if type(yi) is np.ndarray and type(vi) is np.ndarray and _are_plain(yi, vi):
        return yi, vi
    effects = np.atleast_1d(read_array("yi", yi))
    variances = np.atleast_1d(read_array("vi", vi))
    if effects.size != variances.size:
        raise RaggedLengths(argument="vi", length=variances.size, other="yi", other_length=effects.size)
    require("vi", variances, variances > 0.0, rule="above 0")
    require("vi", variances, variances >= 1.0 / LARGEST_MAGNITUDE, rule="at least 1e-40")
    if variances.size:
        near = variances <= variances.min() * LARGEST_VARIANCE_RATIO
        require("vi", variances, near, rule="at most 1e14 times the smallest variance")
    return effects, variances


def _are_plain(yi: FloatArray, vi: FloatArray) -> bool:
    """Return whether two float64 arrays of one length pass every rule of `read_studies`; quick, since most do."""
    if yi.dtype != np.float64 or vi.dtype != np.float64 or yi.ndim != 1 or yi.shape != vi.shape or not yi.size:
        return False
    least, most = vi[vi.argmin()], vi[vi.argmax()]  # argmin and argmax stop at a NaN, which fails each comparison
    in_range = least >= 1.0 / LARGEST_MAGNITUDE and most <= min(LARGEST_MAGNITUDE, least * LARGEST_VARIANCE_RATIO)
    return bool(in_range and yi[yi.argmin()] >= -LARGEST_MAGNITUDE and yi[yi.argmax()] <= LARGEST_MAGNITUDE)


def require(argument: str, array: FloatArray, good: NDArray[np.bool_], *, rule: str) -> None:
    """Raise OutOfRange for the first value of `array` that is not `good`."""
    if not good.all():
        index = first_index(~good)
        raise OutOfRange(argument=argument, index=index, value=float(array.ravel()[index]), rule=rule)


def require_whole(argument: str, value: float, *, least: int, most: int) -> None:
    """Raise OutOfRange unless `value` is a whole number from `least` to `most`."""
    number = read_array(argument, value, dimensions=0)
    whole = (number >= least) & (number <= most) & (number == np.floor(number))
    require(argument, number, np.asarray(whole), rule=f"whole, from {least:,} to {most:,}")


def require_option(argument: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise UnknownOption unless `value` is one of `allowed`."""
    if value not in allowed:
        raise UnknownOption(argument=argument, got=value, allowed=allowed)


def read_level(level: float) -> float:
    """Return the confidence level as a fraction strictly between 0 and 1."""
    if type(level) is float and 0.0 < level < 1.0:
        return level
    array = read_array("level", level, dimensions=0)
    require("level", array, (array > 0.0) & (array < 1.0), rule="between 0 and 1 (0.95, not 95)")
    return float(array)


def first_index(bad: NDArray[np.bool_]) -> int:
    """Return the position of the first True."""
    return int(np.argmax(bad.ravel()))


def freeze(array: FloatArray) -> FloatArray:
    """Return a read-only copy, so that a frozen result cannot change."""
    copy = np.array(array, dtype=np.float64)
    copy.setflags(write=False)
    return copy
