"""The comparisons of a network made from arms: all pairs of each study, so that they hold together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_array, read_arrays, require, require_option
from analysis.engine.errors import InvalidInput, RaggedLengths
from analysis.engine.network.errors import RepeatedComparison

BINARY_MEASURES = ("OR", "RR", "RD")
CONTINUOUS_MEASURES = ("MD", "SMD")

# Level of each arm and variance of each pair, from the arms of one study.
Levels = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Comparisons as `fit_network` takes them; `left_out` names studies that say nothing about the measure."""

    yi: FloatArray
    vi: FloatArray
    treatment_1: tuple[str, ...]
    treatment_2: tuple[str, ...]
    study: tuple[str, ...]
    left_out: tuple[str, ...]


def comparisons_from_events(
    events: ArrayLike,
    totals: ArrayLike,
    *,
    treatment: Sequence[str],
    study: Sequence[str],
    measure: str = "OR",
    correction: float = 0.5,
) -> Comparisons:
    """Return all comparisons of arms with events, one row for each arm.

    Parameters
    ----------
    events, totals : arrays of shape (arms,)  people with the event, and people
    treatment, study : names of the arms' treatments and studies
    measure : {"OR", "RR", "RD"}  ratios as natural logs
    correction : what is added to the cells of all arms of a study in which an arm has no event, or nobody without; to
        the events and non-events for OR, to the events for RR, for RD to the variance only

    Raises
    ------
    InvalidInput
        Counts that are no counts, or a treatment twice in one study.

    Notes
    -----
    For ratios, studies in which no arm has an event, or all have nothing else, are left out.
    """
    require_option("measure", measure, BINARY_MEASURES)
    counts, sizes = read_counts(events, totals)
    added = read_array("correction", correction, dimensions=0)
    require("correction", added, added > 0.0, rule="above 0")

    def read(rows: list[int]) -> Levels | None:
        return _binary(counts[rows], sizes[rows], measure=measure, correction=float(added))

    return _compare(read, treatment=treatment, study=study, arms=counts.size)


def read_counts(events: ArrayLike, totals: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return events and numbers of people as arrays of shape (arms,), refused where they are no counts."""
    counts, sizes = (np.atleast_1d(array) for array in read_arrays({"events": events, "totals": totals}))
    require("events", counts, counts >= 0.0, rule="at least 0")
    require("totals", sizes, sizes > 0.0, rule="above 0")
    require("events", counts, counts <= sizes, rule="at most the number of people")
    return counts, sizes


def _binary(events: FloatArray, totals: FloatArray, *, measure: str, correction: float) -> Levels | None:
    """Return levels and variances of the arms of one study; None where it says nothing about a ratio."""
    none, all_have = events == 0.0, events == totals
    if measure != "RD" and (none.all() or all_have.all()):
        return None
    added = correction if bool(none.any() or all_have.any()) else 0.0
    a, b = events + added, totals - events + added
    if measure == "OR":
        return np.log(a / b), _sums(1.0 / a + 1.0 / b)
    if measure == "RR":
        return np.log(a / (totals + added)), _sums(1.0 / a - 1.0 / (totals + added))
    return events / totals, _sums(a * b / (a + b) ** 3)


def comparisons_from_means(
    means: ArrayLike,
    sds: ArrayLike,
    totals: ArrayLike,
    *,
    treatment: Sequence[str],
    study: Sequence[str],
    measure: str = "MD",
) -> Comparisons:
    """Return all comparisons of arms with means and standard deviations, one row for each arm.

    Parameters
    ----------
    means, sds, totals : arrays of shape (arms,)
    treatment, study : names of the arms' treatments and studies
    measure : {"MD", "SMD"}  SMD is Cohen's d by the standard deviation of all arms of the study together: Hedges' g
        and standard deviations of pairs would not add up in multi-arm studies

    Raises
    ------
    InvalidInput
        Standard deviations or numbers of people out of range, or a treatment twice in one study.

    References
    ----------
    Crippa and Orsini (2016), doi:10.1186/s12874-016-0189-0, equations 4 and 5.
    """
    require_option("measure", measure, CONTINUOUS_MEASURES)
    levels, spread, sizes = read_arrays({"means": means, "sds": sds, "totals": totals})
    require("sds", spread, spread > 0.0, rule="above 0")
    require("totals", sizes, sizes > 1.0, rule="above 1")

    def read(rows: list[int]) -> Levels:
        n, sd, mean = sizes[rows], spread[rows], levels[rows]
        if measure == "MD":
            return mean, _sums(sd**2 / n)
        pooled = np.sqrt(np.sum((n - 1.0) * sd**2) / np.sum(n - 1.0))
        d = mean / pooled
        return d, _sums(1.0 / n) + (d[:, np.newaxis] - d) ** 2 / (2.0 * n.sum())

    return _compare(read, treatment=treatment, study=study, arms=levels.size)


def _sums(variances: FloatArray) -> FloatArray:
    """Return the variances of the differences of independent arms, shape (a, a)."""
    return variances[:, np.newaxis] + variances


def group_arms(*, treatment: Sequence[str], study: Sequence[str], arms: int) -> dict[str, list[int]]:
    """Return the rows of the arms of each study, studies in their order.

    Raises
    ------
    InvalidInput
        Columns of another length, a study with one arm, or a treatment twice in one study.
    """
    rows: dict[str, list[int]] = {}
    for argument, column in (("treatment", treatment), ("study", study)):
        if len(column) != arms:
            raise RaggedLengths(argument=argument, length=len(column), other="totals", other_length=arms)
    for row, name in enumerate(study):
        rows.setdefault(name, []).append(row)
    for name, own in rows.items():
        names = [treatment[row] for row in own]
        if len(own) < 2:
            raise InvalidInput("study", f'study "{name}" has one arm only, so that it compares nothing')
        twice = [one for one in names if names.count(one) > 1]
        if twice:
            raise RepeatedComparison(study=name, treatments=(twice[0], twice[0]))
    return rows


def _compare(
    read: Callable[[list[int]], Levels | None], *, treatment: Sequence[str], study: Sequence[str], arms: int
) -> Comparisons:
    """Return all pairs of the arms of each study, in the order of the arms."""
    yi, vi, first, second, label, left_out = [], [], [], [], [], []
    for name, rows in group_arms(treatment=treatment, study=study, arms=arms).items():
        found = read(rows)
        if found is None:
            left_out.append(name)
            continue
        for one, other in combinations(range(len(rows)), 2):
            yi.append(float(found[0][one] - found[0][other]))
            vi.append(float(found[1][one, other]))
            first.append(treatment[rows[one]])
            second.append(treatment[rows[other]])
            label.append(name)
    return Comparisons(
        freeze(np.array(yi)), freeze(np.array(vi)), tuple(first), tuple(second), tuple(label), tuple(left_out)
    )
