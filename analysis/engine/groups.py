"""Arms combined into one, and one arm split among several comparisons."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_array, require
from analysis.engine.errors import InvalidInput, RaggedLengths, UndefinedResult


@dataclass(frozen=True, slots=True)
class MeanGroup:
    """A group of participants with a continuous outcome; n is a fraction after a split."""

    n: float
    mean: float
    sd: float


@dataclass(frozen=True, slots=True)
class EventGroup:
    """A group of participants of whom some had the event; both are fractions after a split."""

    events: float
    total: float


def combine_means(*, n: ArrayLike, mean: ArrayLike, sd: ArrayLike) -> MeanGroup:
    """Return the group that two or more groups form together, as if computed from their participants.

    Parameters
    ----------
    n, mean, sd : arrays of shape (g,)  size (above 0), mean and standard deviation (at least 0) of each group, g >= 1

    Raises
    ------
    InvalidInput, UndefinedResult
        No group, unequal lengths, a value out of range; together not more than one participant.

    Notes
    -----
    The exact formula for any number of groups: sum of squares within, (n - 1) sd**2, plus between,
    n (mean - combined mean)**2, divided by the combined size minus 1. Groups may be combined in any order.

    References
    ----------
    Cochrane Handbook 6.5.2.10 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    sizes, means, deviations = _read_groups(n=n, mean=mean, sd=sd)
    require("n", sizes, sizes > 0.0, rule="above 0")
    require("sd", deviations, deviations >= 0.0, rule="at least 0")
    total = float(np.sum(sizes))
    if sizes.size == 1:
        return MeanGroup(n=total, mean=float(means[0]), sd=float(deviations[0]))
    if not total > 1.0:
        raise UndefinedResult(what="the combined standard deviation", why=f"the groups have {total:g} participants")
    require("n", sizes, sizes >= 1.0, rule="at least 1 to be combined")
    shifted = means - means[0]
    centre = float(np.sum(sizes * shifted)) / total
    within = float(np.sum((sizes - 1.0) * deviations**2))
    between = float(np.sum(sizes * (shifted - centre) ** 2))
    return MeanGroup(n=total, mean=float(means[0]) + centre, sd=sqrt((within + between) / (total - 1.0)))


def combine_events(*, events: ArrayLike, total: ArrayLike) -> EventGroup:
    """Return the sums of events and totals of one or more groups.

    Parameters
    ----------
    events, total : arrays of shape (g,)  0 <= events <= total, total above 0, g >= 1
    """
    counts, sizes = _read_groups(events=events, total=total)
    _require_counts(counts, sizes)
    return EventGroup(events=float(np.sum(counts)), total=float(np.sum(sizes)))


def split_means(*, n: float, mean: float, sd: float, comparisons: int) -> MeanGroup:
    """Return the share of a group that one of several comparisons may use: n / comparisons, same mean and SD.

    Parameters
    ----------
    n, mean, sd : size (above 0), mean and standard deviation (at least 0) of the shared group
    comparisons : number of comparisons that share the group, at least 1

    References
    ----------
    Cochrane Handbook 23.3.4 (Higgins, Eldridge and Li 2019, doi:10.1002/9781119536604.ch23).
    """
    sizes, means, deviations = _read_groups(n=n, mean=mean, sd=sd)
    require("n", sizes, sizes > 0.0, rule="above 0")
    require("sd", deviations, deviations >= 0.0, rule="at least 0")
    _require_comparisons(comparisons)
    return MeanGroup(n=float(sizes[0]) / comparisons, mean=float(means[0]), sd=float(deviations[0]))


def split_events(*, events: float, total: float, comparisons: int) -> EventGroup:
    """Return the share of a group that one of several comparisons may use: events and total / comparisons.

    Parameters
    ----------
    events, total : 0 <= events <= total, total above 0, of the shared group
    comparisons : number of comparisons that share the group, at least 1

    References
    ----------
    Cochrane Handbook 23.3.4 (Higgins, Eldridge and Li 2019, doi:10.1002/9781119536604.ch23).
    """
    counts, sizes = _read_groups(events=events, total=total)
    _require_counts(counts, sizes)
    _require_comparisons(comparisons)
    return EventGroup(events=float(counts[0]) / comparisons, total=float(sizes[0]) / comparisons)


def _read_groups(**values: ArrayLike) -> tuple[FloatArray, ...]:
    """Return arrays of one common length of at least 1, in the order given."""
    arrays = {argument: np.atleast_1d(read_array(argument, value)) for argument, value in values.items()}
    other, first = next(iter(arrays.items()))
    if first.size == 0:
        raise InvalidInput(other, "needs at least 1 group, got 0")
    for argument, array in arrays.items():
        if array.size != first.size:
            raise RaggedLengths(argument=argument, length=array.size, other=other, other_length=first.size)
    return tuple(arrays.values())


def _require_counts(counts: FloatArray, sizes: FloatArray) -> None:
    """Raise OutOfRange unless 0 <= events <= total and total > 0."""
    require("total", sizes, sizes > 0.0, rule="above 0")
    require("events", counts, counts >= 0.0, rule="at least 0")
    require("events", counts, counts <= sizes, rule="at most total")


def _require_comparisons(comparisons: int) -> None:
    """Raise InvalidInput unless the number of comparisons is a whole number of at least 1."""
    if isinstance(comparisons, bool) or not isinstance(comparisons, int) or comparisons < 1:
        raise InvalidInput("comparisons", f"comparisons must be a whole number of at least 1, got {comparisons!r}")
