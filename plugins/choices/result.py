"""What all combinations of choices give."""

from typing import Literal

from analysis.contract import Frozen, Measure
from analysis.contract import Result as BaseResult

Conclusion = Literal["below_null", "above_null", "includes_null"]


class Named(Frozen):
    """A row of a table."""

    name: str
    label: str


class Pooled(Frozen):
    """What one combination gives, scale of the measure; None where nothing can be pooled."""

    k: int = 0
    estimate: float | None = None
    se: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    p_value: float | None = None
    tau2: float | None = None
    conclusion: Conclusion | None = None
    conclusion_changes: bool | None = None


class ChangeRow(Pooled, Named):
    """The analysis's own combination with one option changed; `difference` is the estimate less the own one."""

    choice: str
    option: str
    difference: float | None = None


class CurvePoint(Pooled, Named):
    """One combination of the specification curve; `rank` counts all pooled combinations by their estimate, from 1."""

    rank: int
    minus_log10_p: float | None = None
    options: tuple[str, ...] = ()


class ChoiceRow(Named):
    """One choice: how much of the variance over the combinations it explains, by itself and in total.

    `estimate_*` is the variance of the estimate, `conclusion_*` that of whether the conclusion changes. The ranges are
    the largest less the smallest of the options' means of the estimate, and of their shares of changed conclusions.
    """

    kind: Literal["derivation", "analysis"]
    options: tuple[str, ...]
    own: str
    studies_count: int | None = None
    estimate_share: float | None = None
    estimate_total_share: float | None = None
    conclusion_share: float | None = None
    conclusion_total_share: float | None = None
    estimate_range: float | None = None
    conclusion_changes_range: float | None = None


class OptionRow(Named):
    """All combinations with one option of one choice; shares are of those in which something is pooled."""

    choice: str
    option: str
    is_own: bool
    combinations_count: int
    pooled_count: int
    estimate_mean: float | None = None
    estimate_minimum: float | None = None
    estimate_maximum: float | None = None
    conclusion_changes_share: float | None = None
    below_null_share: float | None = None
    above_null_share: float | None = None


class StudyRow(Named):
    """A study that choices change: which ones, how many different sets of effects it gives, and their range."""

    choices: tuple[str, ...]
    variants_count: int
    least_effects: int
    most_effects: int
    estimate_minimum: float | None = None
    estimate_maximum: float | None = None


class QuantileRow(Named):
    """How a number is distributed over the combinations in which something is pooled."""

    minimum: float
    quantile_025: float
    quantile_250: float
    median: float
    quantile_750: float
    quantile_975: float
    maximum: float


class Vibration(Frozen):
    """The vibration of effects: 99th less 1st percentile of the estimate, and of the logarithm to base 10 of p."""

    estimate_quantile_010: float
    estimate_quantile_990: float
    estimate_spread: float
    p_value_log10_spread: float | None = None
    estimate_below_null_share: float
    estimate_above_null_share: float


class Importance(Frozen):
    """The combinations against the smallest important difference between groups, in the direction of the estimate.

    `changes_share` counts those whose estimate is beyond it where the own one is not, or the other way round.
    """

    mcid: float
    is_own_beyond: bool | None
    estimate_beyond_share: float
    interval_beyond_share: float
    changes_share: float | None


class Result(BaseResult):
    """The analysis's own estimate, and everything that other combinations of choices would have given."""

    measure: Measure
    is_ratio: bool
    level: float
    tau2_method: str
    ci_method: str
    k: int
    estimate: float | None = None
    se: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    p_value: float | None = None
    conclusion: Conclusion | None = None
    possible_count: int
    combinations_count: int
    is_complete: bool
    datasets_count: int
    pooled_count: int
    not_pooled_count: int
    conclusion_changes_share: float | None = None
    significant_share: float | None = None
    below_null_share: float | None = None
    above_null_share: float | None = None
    matters_most: str | None = None
    matters_most_to_conclusion: str | None = None
    vibration: Vibration | None = None
    importance: Importance | None = None
    choices: tuple[ChoiceRow, ...] = ()
    options: tuple[OptionRow, ...] = ()
    one_at_a_time: tuple[ChangeRow, ...] = ()
    distribution: tuple[QuantileRow, ...] = ()
    studies: tuple[StudyRow, ...] = ()
    curve: tuple[CurvePoint, ...] = ()
