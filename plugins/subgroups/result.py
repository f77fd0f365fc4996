"""What the groups give."""

from analysis.contract import Frozen, Measure
from analysis.contract import Result as BaseResult


class Group(Frozen):
    """The studies of one group, pooled; scale of the measure. None where a number is undefined."""

    name: str
    label: str
    k: int
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None = None
    pi_upper: float | None = None
    tau2: float | None = None
    tau: float | None = None
    i2: float | None = None
    h2: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None


class Study(Frozen):
    """One effect, its group, and its share in the estimate of the group."""

    effect: str
    study: str
    label: str
    group: str
    estimate: float
    weight: float


class Result(BaseResult):
    """The groups, the tests between and within them, and the estimate of all studies that are in a group.

    `q_between` is chi-squared; with one common variance `qm` is the same test by the distribution of the intervals: F
    with `qm_df` and `qm_df_residual` degrees of freedom, or chi-squared where the latter is None. `r2` is the share of
    the variance between studies that the groups explain.
    """

    measure: Measure
    is_ratio: bool
    field: str
    tau2_sharing: str
    tau2_method: str
    ci_method: str
    level: float
    k: int
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    tau2: float | None = None
    i2: float | None = None
    q_between: float | None = None
    q_between_df: int | None = None
    q_between_p_value: float | None = None
    qm: float | None = None
    qm_df: int | None = None
    qm_df_residual: int | None = None
    qm_p_value: float | None = None
    q_within: float | None = None
    q_within_df: int | None = None
    q_within_p_value: float | None = None
    r2: float | None = None
    groups: tuple[Group, ...] = ()
    studies: tuple[Study, ...] = ()
    studies_left_out: tuple[str, ...] = ()
