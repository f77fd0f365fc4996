"""Combinations of choices, and which choice moves a number most over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import InvalidInput, RaggedLengths

# Numbers that differ by less than this share of the largest are equal but for rounding.
EQUAL = 1e-12
LARGEST_TOTAL = 2**62


@dataclass(frozen=True, slots=True, eq=False)
class Combinations:
    """Combinations of one option for each of c choices.

    Attributes
    ----------
    codes : int array of shape (b, c)  the option of each choice, from 0; in order, the last choice running fastest
    sizes : the number of options of each choice
    total : how many combinations there are
    is_complete : whether these are all of them
    """

    codes: NDArray[np.intp]
    sizes: tuple[int, ...]
    total: int
    is_complete: bool


@dataclass(frozen=True, slots=True, eq=False)
class VarianceShares:
    """How much of the variance of a number over the combinations each choice explains, shares in [0, 1].

    Attributes
    ----------
    main : array of shape (c,)  by itself: variance between the means of its options
    total : array of shape (c,), or None  by itself and together with others; None unless every combination of all the
        options has its number
    """

    main: FloatArray
    total: FloatArray | None


def list_combinations(sizes: Sequence[int], *, most: int, seed: int) -> Combinations:
    """Return all combinations of options, or a random sample without replacement where there are more than `most`.

    Parameters
    ----------
    sizes : number of options of each choice, at least 1; no choice at all has one combination
    most : largest number of combinations, at least 1
    seed : of the sample

    Raises
    ------
    InvalidInput
        A choice without an option, more than 2**62 combinations, or `most` below 1.
    """
    if any(size < 1 for size in sizes):
        raise InvalidInput("sizes", f"sizes must be at least 1, got {min(sizes)}")
    if most < 1:
        raise InvalidInput("most", f"most must be at least 1, got {most}")
    total = prod(sizes)
    if total > LARGEST_TOTAL:
        raise InvalidInput("sizes", f"the choices have {total} combinations, at most {LARGEST_TOTAL} can be numbered")
    numbers = np.arange(min(total, most))
    if total > most:
        numbers = np.sort(np.random.default_rng(seed).choice(total, most, replace=False))
    codes = np.empty((numbers.size, len(sizes)), dtype=np.intp)
    for place in range(len(sizes) - 1, -1, -1):
        numbers, codes[:, place] = np.divmod(numbers, sizes[place])
    codes.setflags(write=False)
    return Combinations(codes=codes, sizes=tuple(sizes), total=total, is_complete=total <= most)


def explain_variance(values: ArrayLike, combinations: Combinations) -> VarianceShares | None:
    """Return the share of the variance of a number that each choice explains; None where the number does not vary.

    Parameters
    ----------
    values : array of shape (b,)  the number for each combination; NaN where it is undefined, which leaves it out
    combinations : what `list_combinations` gave

    Raises
    ------
    RaggedLengths
        Another number of values than of combinations.

    Notes
    -----
    The functional analysis of variance of a function of independent choices, each option equally likely: the main share
    is Var(E(y | choice)) / Var(y), the total share 1 - Var(E(y | all other choices)) / Var(y). Over a complete
    factorial the main shares add up to 1 at most, what is missing being interactions. Where combinations are missing,
    or are a sample, main shares are those of one-way analyses of variance, and may add up to more.

    References
    ----------
    Sobol (2001), doi:10.1016/S0378-4754(00)00270-6; total share: Homma and Saltelli (1996),
    doi:10.1016/0951-8320(96)00002-6.
    """
    numbers = np.asarray(values, dtype=np.float64)
    codes, sizes = combinations.codes, combinations.sizes
    if numbers.shape != (codes.shape[0],):
        raise RaggedLengths(argument="values", length=numbers.size, other="combinations", other_length=codes.shape[0])
    is_known = np.isfinite(numbers)
    known = numbers[is_known]
    if known.size < 2 or np.ptp(known) <= EQUAL * np.max(np.abs(known)):
        return None
    known = known - np.mean(known)
    variance = float(np.mean(known**2))
    main = np.array([_between(known, codes[is_known, place], size) for place, size in enumerate(sizes)]) / variance
    main = np.where(main < EQUAL, 0.0, np.minimum(main, 1.0))
    total = None
    if combinations.is_complete and is_known.all():
        grid = known.reshape(sizes)
        rest = [float(np.mean(np.mean(grid, axis=axis) ** 2)) for axis in range(len(sizes))]
        total = 1.0 - np.array(rest) / variance
        total = np.where(total < EQUAL, 0.0, total)
    return VarianceShares(main=main, total=total)


def _between(centred: FloatArray, code: NDArray[np.intp], size: int) -> float:
    """Return the variance between the means of the options of one choice."""
    counts = np.bincount(code, minlength=size)
    sums = np.bincount(code, weights=centred, minlength=size)
    return float(np.sum(sums**2 / np.maximum(counts, 1)) / centred.size)
