"""The comparison-adjusted funnel: effects of studies around the effect of their own comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray, freeze
from analysis.engine.errors import EngineError, InvalidInput
from analysis.engine.network.errors import UnknownTreatment
from analysis.engine.network.fit import Network
from analysis.engine.network.splitting import direct_estimate
from analysis.engine.small_study.egger import Egger, egger_lm

# Three points are the fewest that leave a line one degree of freedom.
LEAST_POINTS = 3


@dataclass(frozen=True, slots=True, eq=False)
class AdjustedFunnel:
    """The points of a comparison-adjusted funnel.

    Attributes
    ----------
    rows : positions of the comparisons of the network, shape (j,)
    first, second : positions of the treatments, so turned that the first comes first in the order
    adjusted : array of shape (j,)  effect, first minus second, minus the pooled direct effect of the pair
    sei : array of shape (j,)  standard errors
    egger : the regression test of asymmetry; None where it is undefined, such as below three points
    """

    rows: NDArray[np.intp]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    adjusted: FloatArray
    sei: FloatArray
    egger: Egger | None


def adjust_funnel(network: Network, *, order: Sequence[str]) -> AdjustedFunnel:
    """Return the funnel of all comparisons, or of those with a few comparators.

    Parameters
    ----------
    order : names of all treatments from those that small studies may favour to those that they may not, such as from
        new to old; or only the comparators, such as placebo: then comparisons with one of them count, comparators last

    Raises
    ------
    InvalidInput
        No name, a name twice, or UnknownTreatment.

    References
    ----------
    Chaimani and Salanti (2012), doi:10.1002/jrsm.57; Chaimani et al. (2013), doi:10.1371/journal.pone.0076654.
    """
    place, named = _read_order(network, order), set(order)
    evidence, rows = network.evidence, []
    first, second, adjusted = [], [], []
    for row in range(network.m):
        pair = sorted((int(evidence.first[row]), int(evidence.second[row])), key=lambda member: place[member])
        if not named & {network.treatments[member] for member in pair}:
            continue
        sign = 1.0 if pair[0] == evidence.first[row] else -1.0
        found = direct_estimate(evidence, pair[0], pair[1], tau2=network.tau2 or 0.0)
        centre = 0.0 if found is None else found[1]
        rows.append(row)
        first.append(pair[0])
        second.append(pair[1])
        adjusted.append(sign * float(evidence.yi[row]) - centre)
    picked = np.array(rows, dtype=np.intp)
    values, variances = np.array(adjusted), evidence.vi[picked]
    return AdjustedFunnel(
        rows=picked,
        first=np.array(first, dtype=np.intp),
        second=np.array(second, dtype=np.intp),
        adjusted=freeze(values),
        sei=freeze(np.sqrt(variances)),
        egger=_test(values, variances, level=network.level),
    )


def _test(values: FloatArray, variances: FloatArray, *, level: float) -> Egger | None:
    """Return the regression test; None where it is undefined."""
    if values.size < LEAST_POINTS or np.unique(variances).size == 1 or not np.any(values):
        return None
    try:
        return egger_lm(values, variances, level=level)
    except EngineError:
        return None


def _read_order(network: Network, order: Sequence[str]) -> dict[int, int]:
    """Return the rank of each treatment; those that are not named come first."""
    for name in order:
        if name not in network.treatments:
            raise UnknownTreatment(argument="order", treatment=name, treatments=network.treatments)
    if not order or len(set(order)) != len(order):
        raise InvalidInput("order", "order must name treatments, each once")
    full = [name for name in network.treatments if name not in order] + list(order)
    return {network.treatments.index(name): rank for rank, name in enumerate(full)}
