"""What summary gives."""

from analysis.contract import Frozen
from analysis.contract import Result as BaseResult


class NumberRow(Frozen):
    """A number of the studies, over those that give it; `group` is empty for all studies."""

    name: str
    label: str
    group: str = ""
    unit: str = ""
    k: int
    k_known: int
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    q1: float | None = None
    q3: float | None = None
    iqr: float | None = None
    minimum: float | None = None
    maximum: float | None = None


class CategoryRow(Frozen):
    """How many studies have a value; `share` is the fraction of those whose value is known.

    A study with several values (components, types of comparator) stands in each of them, so that shares may sum to more
    than 1. An empty `value` says only for how many a free text is known.
    """

    name: str
    label: str
    group: str = ""
    value: str
    count: int
    share: float | None = None
    k: int
    k_known: int


class FlowRow(Frozen):
    """One box of the flow in one search round; `round_name` is empty for the sum over rounds."""

    name: str
    label: str
    round_name: str = ""
    stage: str = ""
    reason: str = ""
    count: int


class FlowCheck(Frozen):
    """A sum that the boxes of one round have to fulfil."""

    name: str
    label: str
    round_name: str
    expected: int
    found: int
    holds: bool


class RiskOfBiasRow(Frozen):
    """How many studies have a judgement in a domain; `weight` is their share in the pooled estimate."""

    name: str
    label: str
    level: str
    count: int
    share: float | None = None
    weight: float | None = None
    k: int
    k_known: int


class JudgementRow(Frozen):
    """The judgement of one study in one domain."""

    study: str
    label: str
    domain: str
    level: str


class Result(BaseResult):
    """The studies of the review in figures. Companions are counted once, with the study whose participants they share.

    `n_randomised` sums the studies whose arms all have a number, `n_randomised_k` of them; arms are summed by role.
    """

    k: int
    k_companions: int = 0
    k_without_extraction: int = 0
    quantile_type: int
    n_randomised: int = 0
    n_randomised_k: int = 0
    n_experimental: int = 0
    n_comparator: int = 0
    year_first: int | None = None
    year_last: int | None = None
    numbers: tuple[NumberRow, ...] = ()
    categories: tuple[CategoryRow, ...] = ()
    flow: tuple[FlowRow, ...] = ()
    flow_checks: tuple[FlowCheck, ...] = ()
    risk_of_bias: tuple[RiskOfBiasRow, ...] = ()
    judgements: tuple[JudgementRow, ...] = ()
