"""The non-central hypergeometric model of a network, by the approximation for rare events."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, read_level
from analysis.engine.errors import NotConverged
from analysis.engine.network.event_network import RARE_EVENT_MEASURE, EventNetwork, assemble, require_odds_ratio
from analysis.engine.network.evidence import pseudo_inverse
from analysis.engine.network.rare_events import RareEvents, read_rare_events, require_network

MOST_STEPS = 100
# Newton's step squares the distance: what is left after a step of this size is far below double precision.
SMALLEST_STEP = 1e-9
# What rounding does to a log-likelihood, relative to its size.
ROUNDING = 1e-13

# Places of a study's treatments, its events and its numbers of people.
Study = tuple[NDArray[np.intp], FloatArray, FloatArray]


def hypergeometric_network(
    events: ArrayLike,
    totals: ArrayLike,
    *,
    treatment: Sequence[str],
    study: Sequence[str],
    measure: str = RARE_EVENT_MEASURE,
    correction: float = 0.0,
    level: float = 0.95,
) -> EventNetwork:
    """Return the common-effect network meta-analysis by the non-central hypergeometric likelihood, as approximated.

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
    NotConverged
        The search for the maximum does not end.

    Notes
    -----
    Given the events of a study, those of its arms follow the non-central hypergeometric distribution with the odds
    ratios. Breslow's approximation draws people with the event with replacement: the events then are multinomial with
    weights (people in the arm) x (odds). Where events are not rare its estimates are those of log risk ratios.

    References
    ----------
    Stijnen, Hamza and Ozdemir (2010), doi:10.1002/sim.4040; Breslow (1974), doi:10.2307/2529620.
    """
    require_odds_ratio(measure)
    level = read_level(level)
    data = read_rare_events(events, totals, treatment=treatment, study=study, correction=correction)
    return fit_hypergeometric(data, level=level)


def fit_hypergeometric(data: RareEvents, *, level: float = 0.95) -> EventNetwork:
    """Return the model for counts that are read already; see `hypergeometric_network`.

    The likelihood is concave, and each treatment of each design has events, so that it has one highest point.
    """
    level = read_level(level)
    require_network(data)
    studies = _list_studies(data)
    levels = np.zeros(data.n)
    for _ in range(MOST_STEPS):
        score, information = _slopes(studies, levels)
        step = pseudo_inverse(information) @ score
        height = _height(studies, levels)
        while _height(studies, levels + step) < height - ROUNDING * abs(height):
            step = step / 2.0
        levels = levels + step
        if np.abs(step).max() <= SMALLEST_STEP:
            covariance = pseudo_inverse(_slopes(studies, levels)[1])
            return assemble(data, levels, covariance, model="hypergeometric", level=level)
    raise NotConverged(what="the hypergeometric model of the network", iterations=MOST_STEPS)


def _list_studies(data: RareEvents) -> list[Study]:
    """Return the studies of all designs."""
    places = {name: place for place, name in enumerate(data.treatments)}
    return [
        (np.array([places[name] for name in design.treatments], dtype=np.intp), events, totals)
        for design in data.designs
        for events, totals in zip(design.events, design.totals, strict=True)
    ]


def _height(studies: list[Study], levels: FloatArray) -> float:
    """Return the log-likelihood without its constants."""
    total = 0.0
    for places, events, totals in studies:
        own = levels[places]
        total += float(events @ own - events.sum() * np.log(totals @ np.exp(own)))
    return total


def _slopes(studies: list[Study], levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the first derivatives of the log-likelihood and its information matrix, a Laplacian matrix."""
    score, information = np.zeros(levels.size), np.zeros((levels.size, levels.size))
    for places, events, totals in studies:
        weights = totals * np.exp(levels[places])
        shares = weights / weights.sum()
        score[places] += events - events.sum() * shares
        information[np.ix_(places, places)] += events.sum() * (np.diag(shares) - np.outer(shares, shares))
    return score, information
