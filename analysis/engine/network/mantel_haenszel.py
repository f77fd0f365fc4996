"""The Mantel-Haenszel model of a network: odds ratios within designs, then across designs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_level
from analysis.engine.errors import UndefinedResult
from analysis.engine.network.event_network import RARE_EVENT_MEASURE, EventNetwork, assemble, require_odds_ratio
from analysis.engine.network.evidence import SINGULAR, Evidence, read_comparisons
from analysis.engine.network.fit import fit_evidence
from analysis.engine.network.rare_events import EventDesign, RareEvents, read_rare_events, require_network


def mantel_haenszel_network(
    events: ArrayLike,
    totals: ArrayLike,
    *,
    treatment: Sequence[str],
    study: Sequence[str],
    measure: str = RARE_EVENT_MEASURE,
    correction: float = 0.0,
    level: float = 0.95,
) -> EventNetwork:
    """Return the Mantel-Haenszel network meta-analysis of arms with events, one row for each arm.

    Parameters
    ----------
    events, totals, treatment, study, correction : as in `read_rare_events`
    measure : {"OR"}
    level : confidence level, a fraction

    Raises
    ------
    TooFewStudies, InvalidInput
        As in `read_rare_events`; another measure.
    NothingLeft, DisconnectedNetwork
        No study says anything; no chain of studies joins all treatments that are left.
    UndefinedResult
        A design whose counts give no odds ratio, or no covariance matrix.

    Notes
    -----
    Two treatments: the ordinary Mantel-Haenszel odds ratio with the variance of Robins, Breslow and Greenland (1986).

    References
    ----------
    Efthimiou et al. (2019), doi:10.1002/sim.8158. Covariances: Greenland (1989), Biometrics 45, 183-191.
    """
    require_odds_ratio(measure)
    level = read_level(level)
    data = read_rare_events(events, totals, treatment=treatment, study=study, correction=correction)
    return fit_mantel_haenszel(data, level=level)


def fit_mantel_haenszel(data: RareEvents, *, level: float = 0.95) -> EventNetwork:
    """Return the model for counts that are read already; see `mantel_haenszel_network`."""
    require_network(data)
    fit = fit_evidence(_compare_designs(data), model="common_effect", level=level)
    return assemble(
        data,
        fit.estimate.mean(axis=1),
        fit.covariance,
        model="mantel_haenszel",
        level=fit.level,
        q=fit.q,
        q_df=fit.q_df,
        q_p_value=fit.q_p_value,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Pooled:
    """Levels of a design's treatments, shape (a,), and variances of their differences, shape (a, a)."""

    levels: FloatArray
    variances: FloatArray


def _compare_designs(data: RareEvents) -> Evidence:
    """Return each design's pooled comparisons, as if the design were one study."""
    yi, vi, first, second, label = [], [], [], [], []
    for number, design in enumerate(data.designs):
        pooled = _pool(design)
        for one, other in combinations(range(len(design.treatments)), 2):
            yi.append(pooled.levels[one] - pooled.levels[other])
            vi.append(pooled.variances[one, other])
            first.append(design.treatments[one])
            second.append(design.treatments[other])
            label.append(str(number))
    return read_comparisons(yi, vi, treatment_1=first, treatment_2=second, study=label)


def _pool(design: EventDesign) -> _Pooled:
    """Return the averaged Mantel-Haenszel log odds ratios of one design.

    With a treatments the estimates of all pairs do not add up; their mean over the third treatments does.
    """
    events, others = design.events, design.totals - design.events
    people = design.totals.sum(axis=1)[:, np.newaxis, np.newaxis]
    products = events[:, :, np.newaxis] * others[:, np.newaxis, :] / people
    sums = (events[:, :, np.newaxis] + others[:, np.newaxis, :]) / people
    total = products.sum(axis=0)
    np.fill_diagonal(total, 1.0)  # a treatment has log odds ratio 0 against itself
    empty = np.argwhere(total == 0.0)
    if empty.size:
        one, other = (design.treatments[place] for place in empty[0])
        raise UndefinedResult(
            what=f'the Mantel-Haenszel odds ratio of "{one}" and "{other}" in the design {_named(design)}',
            why=f'in none of its studies do people of "{one}" have the event while people of "{other}" have not',
        )
    variances = _average(_variances(products, sums, total), _covariances(events, others, people, total))
    sizes = np.linalg.eigvalsh((variances[0, 1:, np.newaxis] + variances[0, 1:] - variances[1:, 1:]) / 2.0)
    if sizes[0] <= SINGULAR * sizes[-1]:
        raise UndefinedResult(
            what=f"the Mantel-Haenszel estimate of the design {_named(design)}",
            why=f"its covariance matrix is not positive definite (smallest eigenvalue {sizes[0]:.4g}), as happens "
            "where arms of a study differ in size many times over",
        )
    return _Pooled(np.log(total / total.T).mean(axis=1), variances)


def _variances(products: FloatArray, sums: FloatArray, total: FloatArray) -> FloatArray:
    """Return the variances of the log odds ratios of all pairs, shape (a, a).

    References
    ----------
    Robins, Breslow and Greenland (1986), doi:10.2307/2531052.
    """
    turned_products, turned_sums = products.transpose(0, 2, 1), sums.transpose(0, 2, 1)
    same = (products * sums).sum(axis=0) / (2.0 * total**2)
    mixed = (products * turned_sums + turned_products * sums).sum(axis=0) / (2.0 * total * total.T)
    values: FloatArray = same + mixed + same.T
    np.fill_diagonal(values, 0.0)
    return values


def _covariances(events: FloatArray, others: FloatArray, people: FloatArray, total: FloatArray) -> FloatArray:
    """Return the covariances of log odds ratios x - y and x - z with a common treatment, shape (a, a, a): x, y, z.

    Entries in which two of the three are the same treatment are 0.

    References
    ----------
    Greenland (1989), Biometrics 45, 183-191; the mean of the terms that are the same in expectation.
    """
    e, f, square = events, others, people[:, 0, 0] ** 2
    forth, back = 1.0 / total, 1.0 / total.T

    def add(*arms: FloatArray) -> FloatArray:
        """Return the sum over studies of products of one number of x, y and z each."""
        values: FloatArray = np.einsum("sx,sy,sz,s->xyz", *arms, 1.0 / square)
        return values

    values: FloatArray = (
        add(e, f, f) * forth[:, :, np.newaxis] * forth[:, np.newaxis, :]
        + add(e + f, f, e) * forth[:, :, np.newaxis] * back[:, np.newaxis, :]
        + add(e + f, e, f) * back[:, :, np.newaxis] * forth[:, np.newaxis, :]
        + add(f, e, e) * back[:, :, np.newaxis] * back[:, np.newaxis, :]
    ) / 3.0
    x, y, z = np.ogrid[: total.shape[0], : total.shape[0], : total.shape[0]]
    return np.where((x == y) | (x == z) | (y == z), 0.0, values)


def _average(own: FloatArray, shared: FloatArray) -> FloatArray:
    """Return the variances of differences of averaged log odds ratios, shape (a, a).

    The level of a treatment is its mean log odds ratio against all a; log odds ratios of pairs without a common
    treatment are independent.
    """
    arms = own.shape[0]
    covariance = shared.sum(axis=0) - shared.sum(axis=2) - shared.sum(axis=2).T - own
    np.fill_diagonal(covariance, own.sum(axis=1) + shared.sum(axis=(1, 2)))
    diagonal = np.diagonal(covariance)
    values: FloatArray = (diagonal[:, np.newaxis] + diagonal - 2.0 * covariance) / arms**2
    np.fill_diagonal(values, 0.0)
    return values


def _named(design: EventDesign) -> str:
    return " vs ".join(design.name)
