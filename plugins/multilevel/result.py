"""What the multilevel model gives."""

from analysis.contract import Frozen, Measure
from analysis.contract import Result as BaseResult


class Inference(Frozen):
    """One way from the estimate to a test and an interval."""

    name: str
    label: str
    estimate: float
    se: float
    statistic: float
    df: float | None
    p_value: float
    ci_lower: float
    ci_upper: float


class Component(Frozen):
    """One source of variance: `sigma2` with its profile-likelihood interval, and its share of the total variance."""

    name: str
    label: str
    levels: int
    sigma2: float
    sigma: float
    sigma2_ci_lower: float | None = None
    sigma2_ci_upper: float | None = None
    i2: float | None = None


class Effect(Frozen):
    """One effect with its normal interval and its share in the estimate; a share can be negative."""

    label: str
    effect: str
    study: str
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    weight: float


class Study(Frozen):
    """One study: its share in the estimate, and how far its own mean is predicted to be from the average."""

    label: str
    study: str
    k: int
    weight: float
    deviation: float | None = None
    se: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None


class RhoRow(Frozen):
    """The estimate under another correlation within studies."""

    label: str
    rho: float
    estimate: float | None = None
    se: float | None = None
    df: float | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    sigma2_study: float | None = None
    sigma2_effect: float | None = None
    i2: float | None = None
    message: str | None = None


class Result(BaseResult):
    """The estimate over all effects; k counts effects, `k_studies` studies. None where a number is undefined.

    `tau2` is the sum of the variances of the effects around the mean, between and within studies.
    """

    measure: Measure
    is_ratio: bool
    rho: float
    tau2_method: str
    inference: str
    ci_method: str
    level: float
    k: int
    k_studies: int
    estimate: float | None = None
    se: float | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    tau2: float | None = None
    tau: float | None = None
    i2: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None
    log_likelihood: float | None = None
    aic: float | None = None
    bic: float | None = None
    inferences: tuple[Inference, ...] = ()
    components: tuple[Component, ...] = ()
    effects: tuple[Effect, ...] = ()
    studies: tuple[Study, ...] = ()
    rho_sensitivity: tuple[RhoRow, ...] = ()
