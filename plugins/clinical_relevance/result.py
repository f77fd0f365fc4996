"""What clinical_relevance gives."""

from typing import Literal

from analysis.contract import Frozen, Measure
from analysis.contract import Result as BaseResult

Verdict = Literal[
    "important_benefit",
    "probably_meaningful_benefit",
    "possibly_important_benefit",
    "benefit_below_mcid",
    "not_shown",
    "harm_below_mcid",
    "possibly_important_harm",
    "probably_meaningful_harm",
    "important_harm",
]

# What each distribution is of.
LABELS = {"mean": "Mean effect over all studies", "predictive": "True effect in a new study"}


class Translation(Frozen):
    """The pooled effect in another unit; positive and negative as the effect in points of that scale is."""

    name: str
    label: str
    unit: str
    estimate: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None = None
    pi_upper: float | None = None


class Probability(Frozen):
    """Chances of the true effect: of the mean over all studies, or of a new study; `sd` in the scale of the measure."""

    name: Literal["mean", "predictive"]
    label: str
    sd: float
    distribution: Literal["normal", "t"]
    df: float | None = None
    pr_benefit: float
    pr_beyond_mcid: float | None = None
    pr_harm_beyond_mcid: float | None = None


class Responders(Frozen):
    """Responders, fractions, and numbers needed to treat for one more; the risk difference is positive for a benefit.

    `nnt_ci_upper` is None and `nnt_other_side` known where the interval goes through infinity to the other kind.
    """

    name: str
    label: str
    method: str
    risk_comparator: float
    risk_experimental: float | None = None
    risk_difference: float
    ci_lower: float
    ci_upper: float
    nnt: float | None = None
    nnt_kind: Literal["benefit", "harm"] | None = None
    nnt_ci_lower: float | None = None
    nnt_ci_upper: float | None = None
    nnt_other_side: float | None = None


class CurvePoint(Frozen):
    """The chance that the true benefit is larger than x, in the unit of the measure; positive is better."""

    name: str
    x: float
    probability: float


class MarkedPoint(Frozen):
    """A point of a curve at the smallest important difference."""

    name: str
    label: str
    x: float
    probability: float


class MarkedValue(Frozen):
    """A benefit that is marked on the axis."""

    name: str
    label: str
    x: float


class Result(BaseResult):
    """What the pooled effect means to a person; None where a number is undefined.

    `estimate` and its limits are those of pooling, `mcid` is positive and in the unit of the measure, `benefit` is the
    estimate with the sign that is positive where the experimental groups do better. `sd` is that of the scale, in its
    points, from `sd_k` studies.
    """

    measure: Measure
    direction: Literal["lower", "higher"]
    level: float | None = None
    k: int
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    benefit: float | None = None
    mcid: float | None = None
    mcid_points: float | None = None
    mcid_source: str = ""
    is_beyond_mcid: bool | None = None
    is_one_sided: bool | None = None
    rule: str
    verdict: Verdict | None = None
    instrument: str = ""
    instrument_name: str = ""
    sd: float | None = None
    sd_source: str = ""
    sd_k: int = 0
    translations: tuple[Translation, ...] = ()
    probabilities: tuple[Probability, ...] = ()
    responders: tuple[Responders, ...] = ()
    probability_mean: tuple[CurvePoint, ...] = ()
    probability_predictive: tuple[CurvePoint, ...] = ()
    probability_marks: tuple[MarkedPoint, ...] = ()
    probability_values: tuple[MarkedValue, ...] = ()
