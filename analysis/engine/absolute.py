"""Absolute effects: the risk in the experimental group at a stated baseline risk, and intervals of single risks.

Risks are fractions; events per 1000 people are 1000 times as many.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, read_array, read_arrays, read_level, require, require_option
from analysis.engine.conversions import number_needed
from analysis.engine.distributions import critical_value

RISK_MEASURES = ("RR", "OR", "RD", "HR", "IRR")
# Ratios beyond exp(80) are no effects, and their products are no numbers.
MOST_LOG_RATIO = 80.0


@dataclass(frozen=True, slots=True)
class Proportion:
    """A proportion, or a difference of two, with its interval; fractions."""

    estimate: float
    ci_lower: float
    ci_upper: float
    level: float


def experimental_risk(yi: ArrayLike, *, measure: str, baseline_risk: ArrayLike) -> FloatArray:
    """Return the risk in the experimental group; it may leave [0, 1] for "RR" and "RD", and is not cut there.

    Parameters
    ----------
    yi : number or array of shape (k,)  effects, natural logs for ratios, or limits of their intervals
    measure : {"RR", "OR", "RD", "HR", "IRR"}  p0 exp(yi); expit(logit(p0) + yi); p0 + yi; for hazards and rates, which
        are proportional, 1 - (1 - p0)**exp(yi), p0 being the risk until a stated time
    baseline_risk : number or array of shape (k,)  p0, the risk in the comparator group, a fraction in (0, 1)

    References
    ----------
    Cochrane Handbook 15.4.4 (Schunemann et al. 2019, doi:10.1002/9781119536604.ch15); "HR": Altman and Andersen (1999),
    doi:10.1136/bmj.319.7223.1492.
    """
    require_option("measure", measure, RISK_MEASURES)
    effects, p0 = read_arrays({"yi": yi, "baseline_risk": baseline_risk})
    require("baseline_risk", p0, (p0 > 0.0) & (p0 < 1.0), rule="between 0 and 1 (0.1, not 10)")
    if measure == "RD":
        return np.asarray(p0 + effects)
    require("yi", effects, effects <= MOST_LOG_RATIO, rule="at most 80, a natural log")
    if measure == "RR":
        risk = p0 * np.exp(effects)
    elif measure == "OR":
        risk = special.expit(special.logit(p0) + effects)
    else:
        risk = -np.expm1(np.log1p(-p0) * np.exp(effects))
    # No effect is no difference, without what rounding leaves of one.
    return np.asarray(np.where(effects == 0.0, p0, risk))


@dataclass(frozen=True, slots=True)
class NumberNeededToTreat:
    """A number needed to treat with its interval after Altman (1998); None where it is infinite or not known.

    Attributes
    ----------
    nnt : 1 / |risk difference|; None where the difference is 0
    nnt_kind : {"benefit", "harm"} or None  what one more person has among so many
    nnt_ci_lower, nnt_ci_upper : limits of the same kind; nnt_ci_upper is None where the interval goes through infinity
    nnt_other_side : the limit of the other kind, where the interval goes through infinity to it
    """

    nnt: float | None = None
    nnt_kind: str | None = None
    nnt_ci_lower: float | None = None
    nnt_ci_upper: float | None = None
    nnt_other_side: float | None = None


def number_needed_to_treat(
    *, risk_difference: float, ci_lower: float | None = None, ci_upper: float | None = None, is_event_good: bool
) -> NumberNeededToTreat:
    """Return the number needed to treat for one more person with a benefit, or with a harm.

    Parameters
    ----------
    risk_difference, ci_lower, ci_upper : fractions, experimental minus comparator; the limits both or neither
    is_event_good : whether the event is wanted (a response) or not (a relapse)

    References
    ----------
    Altman (1998), doi:10.1136/bmj.317.7168.1309.
    """
    if risk_difference == 0.0:
        return NumberNeededToTreat()
    needed = number_needed(risk_difference=risk_difference, ci_lower=ci_lower, ci_upper=ci_upper)
    return NumberNeededToTreat(
        nnt=needed.estimate,
        nnt_kind="benefit" if needed.has_more_events == is_event_good else "harm",
        nnt_ci_lower=needed.ci_lower,
        nnt_ci_upper=needed.ci_upper,
        nnt_other_side=needed.other_side,
    )


def wilson_interval(events: float, *, n: float, level: float = 0.95) -> Proportion:
    """Return a proportion with Wilson's score interval.

    Parameters
    ----------
    events, n : people with the event, at least 0 and at most n; people in all, above 0
    level : confidence level, a fraction in (0, 1)

    References
    ----------
    Wilson (1927), doi:10.1080/01621459.1927.10502953; Newcombe (1998),
    doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E.
    """
    count, size = _read_counts({"events": events, "n": n})
    z = float(critical_value(read_level(level)))
    p = count / size
    centre = (count + z**2 / 2.0) / (size + z**2)
    reach = z * sqrt(p * (1.0 - p) * size + z**2 / 4.0) / (size + z**2)
    # At 0 and at n the limit is exact; elsewhere rounding must not carry it past the estimate.
    low = 0.0 if count == 0.0 else min(p, max(0.0, centre - reach))
    high = 1.0 if count == size else max(p, min(1.0, centre + reach))
    return Proportion(estimate=p, ci_lower=low, ci_upper=high, level=level)


def newcombe_interval(*, events_1: float, n_1: float, events_2: float, n_2: float, level: float = 0.95) -> Proportion:
    """Return the difference of two risks, group 1 minus group 2, with Newcombe's hybrid score interval (his method 10).

    Parameters
    ----------
    events_1, n_1 : people with the event and people in all, experimental group
    events_2, n_2 : the same, comparator group
    level : confidence level, a fraction in (0, 1)

    References
    ----------
    Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    one, two = wilson_interval(events_1, n=n_1, level=level), wilson_interval(events_2, n=n_2, level=level)
    difference = one.estimate - two.estimate
    below = sqrt((one.estimate - one.ci_lower) ** 2 + (two.ci_upper - two.estimate) ** 2)
    above = sqrt((one.ci_upper - one.estimate) ** 2 + (two.estimate - two.ci_lower) ** 2)
    return Proportion(estimate=difference, ci_lower=difference - below, ci_upper=difference + above, level=level)


def zero_events_limit(n: float, *, level: float = 0.95) -> float:
    """Return the one-sided upper limit of a risk when none of n people had the event: 1 - (1 - level)**(1 / n).

    Parameters
    ----------
    n : people observed, above 0
    level : confidence level, a fraction in (0, 1); with 0.95 the limit is near 3 / n, the rule of three

    References
    ----------
    Hanley and Lippman-Hand (1983), doi:10.1001/jama.1983.03330370053031.
    """
    size = read_array("n", n, dimensions=0)
    require("n", size, size > 0.0, rule="above 0")
    return float(-np.expm1(np.log1p(-read_level(level)) / size))


def _read_counts(values: dict[str, float]) -> tuple[float, float]:
    """Return events and size of a group."""
    (count_name, count), (size_name, size) = (
        (name, read_array(name, value, dimensions=0)) for name, value in values.items()
    )
    require(size_name, size, size > 0.0, rule="above 0")
    require(count_name, count, (count >= 0.0) & (count <= size), rule=f"from 0 to {size_name}")
    return float(count), float(size)
