"""What pooling gives."""

from typing import Literal

from analysis.contract import Frozen, Measure
from analysis.contract import Result as BaseResult


class Study(Frozen):
    """One effect with its normal interval and its share in the estimate; scale of the measure."""

    effect: str
    study: str
    label: str
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    weight: float


class Result(BaseResult):
    """The pooled estimate; the names are those of `analysis.engine.Pooled`. None where a number is undefined.

    `method` is the model that was asked for, `model` what it assumes. `k` counts the effects that were read,
    `studies_left_out` names those whose counts the model needs and does not have. For likelihoods of counts q is the
    likelihood ratio test and q_wald Wald's. The tests of Cochran, Mantel and Haenszel (cmh), of Breslow and Day and of
    Tarone belong to odds ratios of tables.
    """

    measure: Measure
    is_ratio: bool
    method: str
    model: Literal["common_effect", "random_effects"]
    tau2_method: str
    ci_method: str
    pi_method: str
    tau2_interval: str
    level: float
    k: int
    estimate: float | None = None
    se: float | None = None
    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    pi_distribution: str | None = None
    tau2: float | None = None
    tau: float | None = None
    tau2_se: float | None = None
    tau2_ci_lower: float | None = None
    tau2_ci_upper: float | None = None
    i2: float | None = None
    h2: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None
    q_wald: float | None = None
    q_wald_p_value: float | None = None
    cmh_statistic: float | None = None
    cmh_p_value: float | None = None
    breslow_day_statistic: float | None = None
    breslow_day_df: int | None = None
    breslow_day_p_value: float | None = None
    tarone_statistic: float | None = None
    tarone_p_value: float | None = None
    studies_left_out: tuple[str, ...] = ()
    studies: tuple[Study, ...] = ()
