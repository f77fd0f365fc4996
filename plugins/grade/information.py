"""The optimal information size: the participants that one trial with enough power would need."""

from dataclasses import dataclass, field
from math import ceil, exp, sqrt
from statistics import NormalDist

from analysis.contract import Dataset
from plugins.grade.events import Events, two_risks_size
from plugins.grade.evidence import Evidence
from plugins.grade.params import Params
from plugins.grade.proposal import LookedAt

ENOUGH = "There are at least as many participants as the optimal information size asks for."
TOO_FEW = "There are fewer participants than the optimal information size asks for."
FAR_TOO_FEW = "There are far fewer participants than the optimal information size asks for."
MODEST = "The effect is not large, so that the optimal information size need not be asked for."
SIZES_UNKNOWN = "The optimal information size was not looked at: group sizes are not known for all studies."
EVENTS_UNKNOWN = "The optimal information size was not looked at: it would need the numbers of events."
WIDE = "The confidence interval is so wide for a ratio that the optimal information size is certainly not met."
NOT_WIDE = "The width of the confidence interval gives no sign that the optimal information size is missed."
EVENTS_ENOUGH = "There are enough events or participants for the optimal information size."
EVENTS_FEW = "There are too few events and participants for the optimal information size."
EVENTS_FEW_OF_MANY = "There are few events, but so many participants that the groups are balanced."
# exp() of more than this is beyond double precision.
LARGEST_LOG = 700.0


@dataclass(frozen=True, slots=True)
class Information:
    """Whether there is enough information; `is_met` is None where it cannot be told.

    `is_asked_for` says whether the effect is large enough for the question to matter, `is_very_large` whether so many
    took part that few events are no reason to rate down.
    """

    reasons: tuple[str, ...]
    is_asked_for: bool = False
    is_met: bool | None = None
    is_far_below: bool = False
    is_very_large: bool = False
    looked_at: LookedAt = field(default_factory=dict)


def measure_information(evidence: Evidence, params: Params) -> Information:
    """Compare events, participants, or the width of the interval of a ratio with the optimal information size."""
    events = Events.of(evidence.dataset)
    if events is not None:
        return _of_events(events, params)
    if evidence.dataset.is_ratio:
        return _of_ratio(evidence, params)
    if evidence.dataset.measure == "RD":
        return Information(reasons=(EVENTS_UNKNOWN,))
    return _of_difference(evidence, params)


def _of_events(events: Events, params: Params) -> Information:
    """Compare with the two-group sample size for a relative reduction, or the rule of thumb for events."""
    needed = None
    if events.comparator_risk is not None:
        needed = two_risks_size(
            risk=events.comparator_risk,
            relative_reduction=params.ois_relative_reduction,
            significance=params.significance,
            power=params.power,
        )
    is_met = events.events >= params.events_rule_of_thumb or (needed is not None and events.participants >= needed)
    is_very_large = events.participants >= params.participants_very_large
    return Information(
        reasons=(EVENTS_ENOUGH if is_met else EVENTS_FEW_OF_MANY if is_very_large else EVENTS_FEW,),
        is_asked_for=True,
        is_met=is_met,
        is_very_large=is_very_large,
        looked_at={
            "events_count": events.events,
            "events_needed_count": params.events_rule_of_thumb,
            "participants_count": events.participants,
            "optimal_information_size_count": needed,
            "comparator_risk_share": events.comparator_risk,
        },
    )


def _of_ratio(evidence: Evidence, params: Params) -> Information:
    """Look at the width of the interval of a risk or odds ratio, which needs no numbers of events."""
    pooling = evidence.pooling
    widest = {"RR": params.widest_ci_ratio_rr, "OR": params.widest_ci_ratio_or}.get(evidence.dataset.measure)
    if widest is None or pooling.ci_lower is None or pooling.ci_upper is None:
        return Information(reasons=(EVENTS_UNKNOWN,))
    width = pooling.ci_upper - pooling.ci_lower
    ratio = exp(width) if width < LARGEST_LOG else None
    is_wide = ratio is None or ratio > widest
    return Information(
        reasons=(WIDE if is_wide else NOT_WIDE,),
        is_asked_for=True,
        is_met=False if is_wide else None,
        looked_at={"ci_upper_to_lower_ratio": ratio, "threshold_ci_upper_to_lower_ratio": widest},
    )


def _of_difference(evidence: Evidence, params: Params) -> Information:
    """Compare the participants with the two-group sample size for the MCID, or with the rule of thumb."""
    dataset, estimate = evidence.dataset, evidence.pooling.estimate
    participants = _participants(dataset)
    if participants is None or estimate is None:
        return Information(reasons=(SIZES_UNKNOWN,))
    sd = pooled_sd(dataset) if dataset.measure == "MD" else 1.0
    needed = params.participants_rule_of_thumb
    if evidence.mcid and sd:
        needed = information_size(sd=sd, difference=evidence.mcid, params=params)
    is_large = sd is None or abs(estimate) >= params.large_difference_in_sds * sd
    is_met = participants >= needed
    is_far_below = participants < params.far_below_information_share * needed
    reason = ENOUGH if is_met else FAR_TOO_FEW if is_far_below else TOO_FEW
    return Information(
        reasons=(reason,) if is_met or is_large else (reason, MODEST),
        is_asked_for=is_large,
        is_met=is_met,
        is_far_below=is_far_below,
        looked_at={
            "participants_count": participants,
            "optimal_information_size_count": needed,
            "optimal_information_size_rule": "two_groups" if evidence.mcid and sd else "rule_of_thumb",
            "pooled_sd": sd if dataset.measure == "MD" else None,
        },
    )


def _participants(dataset: Dataset) -> float | None:
    """Give the participants of all effects, None where a group size is unknown."""
    total = 0.0
    for effect in dataset.effects:
        if effect.n1 is None or effect.n2 is None:
            return None
        total += effect.n1 + effect.n2
    return total


def pooled_sd(dataset: Dataset) -> float | None:
    """Give the standard deviation that the variances of mean differences imply, pooled by degrees of freedom.

    Each effect has vi = sd**2 (1 / n1 + 1 / n2); effects without group sizes, or with fewer than three participants,
    are passed over. None where no effect is left.
    """
    squares = freedom = 0.0
    for effect in dataset.effects:
        if not effect.n1 or not effect.n2 or effect.n1 + effect.n2 <= 2:
            continue
        df = effect.n1 + effect.n2 - 2
        squares += df * effect.vi / (1 / effect.n1 + 1 / effect.n2)
        freedom += df
    return sqrt(squares / freedom) if freedom else None


def information_size(*, sd: float, difference: float, params: Params) -> int:
    """Give the participants in two equal groups that detect a difference: 2 * 2 (z_a + z_b)**2 sd**2 / d**2."""
    normal = NormalDist()
    reach = normal.inv_cdf(1 - params.significance / 2) + normal.inv_cdf(params.power)
    return 2 * ceil(2 * (reach * sd / difference) ** 2)
