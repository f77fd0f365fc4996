"""What adverse_events gives."""

from typing import Literal

from analysis.contract import Frozen
from analysis.contract import Result as BaseResult

Seriousness = Literal["serious", "not_serious", "unclear"]
Role = Literal["experimental", "comparator", "unassigned"]
Status = Literal["some", "none", "unknown_count", "not_reported", "no_extraction"]


class Reporting(Frozen):
    """What a study says of adverse events; `is_by_arm` tells whether at least one count belongs to an arm."""

    study: str
    label: str
    status: Status
    is_by_arm: bool = False


class ArmRate(Frozen):
    """One kind of event in one arm, or in a whole study (`arm` None); risk as a fraction with Wilson's interval.

    `zero_events_limit` is the one-sided upper limit of the risk where nobody had the event, near 3 / n.
    """

    study: str
    label: str
    arm: int | None
    arm_label: str
    role: Role | None
    term: str
    seriousness: Seriousness
    participants: int | None
    events: int | None
    related_events: int | None
    total: int | None
    risk: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    zero_events_limit: float | None = None
    events_per_person: float | None = None


class Total(Frozen):
    """Sums over arms of one role, for one kind of event or, with an empty term, for all of one seriousness.

    `risk` is the share of people with the event; None over several terms, where one person may be counted twice, and
    where an arm does not give both numbers. It ignores who was randomised against whom.
    """

    name: str
    label: str
    role: Role | Literal["whole_study"]
    seriousness: Seriousness
    k: int
    participants: int | None
    events: int | None
    total: int | None
    risk: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None


class StudyDifference(Frozen):
    """Risks of both groups of a study and their difference, fractions, with Newcombe's interval."""

    name: str
    label: str
    study: str
    participants_experimental: int
    total_experimental: int
    participants_comparator: int
    total_comparator: int
    risk_experimental: float
    risk_comparator: float
    risk_difference: float
    ci_lower: float
    ci_upper: float
    is_double_zero: bool


class PooledEvent(Frozen):
    """One kind of event pooled by one model; natural logs for ratios. `k_used` studies say something to the model."""

    name: str
    label: str
    model: str
    measure: Literal["OR", "RR", "RD"]
    k: int
    k_used: int
    k_double_zero: int
    estimate: float | None = None
    se: float | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    tau2: float | None = None
    says: str = ""


class Result(BaseResult):
    """Adverse events: who reported them, how often they happened, and how the groups differ."""

    level: float
    k: int
    k_some: int = 0
    k_none: int = 0
    k_unknown_count: int = 0
    k_not_reported: int = 0
    k_no_extraction: int = 0
    reporting: tuple[Reporting, ...] = ()
    rates: tuple[ArmRate, ...] = ()
    totals: tuple[Total, ...] = ()
    studies: tuple[StudyDifference, ...] = ()
    pooled: tuple[PooledEvent, ...] = ()
