"""Sharing out a movement among the changes that caused it together: Shapley values, exact or sampled.

References
----------
Shapley (1953), A value for n-person games, doi:10.1515/9781400881970-018.
Castro, Gomez and Tejada (2009), doi:10.1016/j.cor.2008.04.004, for the sampled permutations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial, sqrt

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
# Takes coalitions, shape (b, n), True where a change is applied; gives b rows of q numbers, NaN where undefined.
ValueMany = Callable[[BoolArray], FloatArray]

EXACT_UP_TO = 12
PAIRS = 100
SEED = 1953
BLOCK = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """What each of n changes moved each of q numbers; a column is NaN where either end is undefined.

    Attributes
    ----------
    values : array of shape (n, q)  shares; each column sums to `end` minus `start`
    standard_errors : array of shape (n, q)  of the sampling of orders; 0 where exact
    start, end : arrays of shape (q,)  without and with all changes
    is_exact : whether all orders were counted
    evaluated : number of different coalitions that were evaluated
    filled : number of coalitions of which a number was undefined and the midpoint of both ends was taken
    """

    values: FloatArray
    standard_errors: FloatArray
    start: FloatArray
    end: FloatArray
    is_exact: bool
    evaluated: int
    filled: int


def share_out(
    value_many: ValueMany, n: int, *, exact_up_to: int = EXACT_UP_TO, pairs: int = PAIRS, seed: int = SEED
) -> Shares:
    """Give the Shapley values of n changes: exact up to `exact_up_to` changes, sampled above.

    Parameters
    ----------
    value_many : the numbers of many coalitions at once
    exact_up_to : largest n for which all 2^n coalitions are evaluated
    pairs : number of pairs of a random order and its reverse, at least 2
    seed : of the random orders
    """
    if n <= exact_up_to:
        return _exact(value_many, n)
    return _sampled(value_many, n, pairs=pairs, seed=seed)


def _exact(value_many: ValueMany, n: int) -> Shares:
    """Give the values from all 2^n coalitions; coalition number i holds the changes whose bits are set in i."""
    numbers = np.arange(2**n)
    coalitions = (numbers[:, np.newaxis] >> np.arange(n)) & 1 == 1
    worth, filled = _evaluate(value_many, coalitions, empty=0, full=2**n - 1)
    sizes = coalitions.sum(axis=1)
    weights = np.array([factorial(size) * factorial(n - 1 - size) / factorial(n) for size in range(n)])
    values = np.zeros((n, worth.shape[1]))
    for player in range(n):
        without = numbers[~coalitions[:, player]]
        values[player] = weights[sizes[without]] @ (worth[without | (1 << player)] - worth[without])
    return Shares(
        values=values,
        standard_errors=np.where(np.isnan(values), np.nan, 0.0),
        start=worth[0],
        end=worth[-1],
        is_exact=True,
        evaluated=2**n,
        filled=filled,
    )


def _sampled(value_many: ValueMany, n: int, *, pairs: int, seed: int) -> Shares:
    """Give the mean marginal contributions over random orders, each with its reverse.

    Each order telescopes from the first snapshot to the second, so that the mean shares add up to the movement.
    """
    rng = np.random.default_rng(seed)
    forward = np.array([rng.permutation(n) for _ in range(pairs)])
    orders = np.concatenate([forward, forward[:, ::-1]])
    places = np.argsort(orders, axis=1)
    # After step s of an order the changes at places below s are applied.
    steps = places[:, np.newaxis, :] < np.arange(n + 1)[np.newaxis, :, np.newaxis]
    packed, back = np.unique(np.packbits(steps.reshape(-1, n), axis=1), axis=0, return_inverse=True)
    coalitions = np.unpackbits(packed, axis=1, count=n).astype(bool)
    back = back.reshape(2 * pairs, n + 1)
    worth, filled = _evaluate(value_many, coalitions, empty=int(back[0, 0]), full=int(back[0, -1]))
    along = np.diff(worth[back], axis=1)
    marginal = np.take_along_axis(along, places[:, :, np.newaxis], axis=1)
    paired = (marginal[:pairs] + marginal[pairs:]) / 2.0
    return Shares(
        values=paired.mean(axis=0),
        standard_errors=paired.std(axis=0, ddof=1) / sqrt(pairs),
        start=worth[back[0, 0]],
        end=worth[back[0, -1]],
        is_exact=False,
        evaluated=len(coalitions),
        filled=filled,
    )


def _evaluate(value_many: ValueMany, coalitions: BoolArray, *, empty: int, full: int) -> tuple[FloatArray, int]:
    """Give the numbers of all coalitions, and how many of them had an undefined one that is filled.

    Where both ends are defined, an undefined number is filled with their midpoint, so that neither snapshot is
    favoured; where an end is undefined there is no movement, and the column is NaN.
    """
    blocks = [value_many(coalitions[first : first + BLOCK]) for first in range(0, len(coalitions), BLOCK)]
    worth = np.concatenate(blocks).astype(np.float64)
    middle = (worth[empty] + worth[full]) / 2.0
    missing = np.isnan(worth) & ~np.isnan(middle)
    worth = np.where(missing, middle, worth)
    worth[:, np.isnan(middle)] = np.nan
    return worth, int(missing.any(axis=1).sum())
