"""What the network gives."""

from analysis.contract import Frozen, Measure
from analysis.contract import Result as BaseResult


class Treatment(Frozen):
    """One treatment: how surely it is better than the others, and its effect minus that of the reference."""

    name: str
    label: str
    is_reference: bool
    k: int
    p_score: float
    estimate: float
    se: float | None = None
    statistic: float | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None


class LeagueCell(Frozen):
    """The effect of the treatment of the row minus that of the column."""

    name: str
    row: str
    column: str
    estimate: float
    se: float
    p_value: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None = None
    pi_upper: float | None = None


class Pair(Frozen):
    """Direct and indirect evidence on two treatments, treatment 1 minus treatment 2; None where there is none.

    `proportion` is the share of direct evidence, `k` the number of studies that compare the two. `difference` is direct
    minus indirect, `p_value` tests it.
    """

    name: str
    label: str
    treatment_1: str
    treatment_2: str
    k: int
    proportion: float
    estimate: float
    ci_lower: float
    ci_upper: float
    direct_estimate: float | None = None
    direct_ci_lower: float | None = None
    direct_ci_upper: float | None = None
    indirect_estimate: float | None = None
    indirect_ci_lower: float | None = None
    indirect_ci_upper: float | None = None
    difference: float | None = None
    difference_ci_lower: float | None = None
    difference_ci_upper: float | None = None
    p_value: float | None = None


class Edge(Frozen):
    """Two treatments that `k` studies compare directly; `se` is that of their common-effect estimate alone."""

    name: str
    label: str
    treatment_1: str
    treatment_2: str
    k: int
    se: float | None = None


class Design(Frozen):
    """A set of treatments that studies compare: heterogeneity of its studies, its part in inconsistency.

    `detached_q` is the Q between designs that is left when the effects of this design are free; None where the other
    designs do not join all treatments.
    """

    name: str
    label: str
    treatments: tuple[str, ...]
    k: int
    q: float
    q_df: int
    q_p_value: float | None
    inconsistency: float
    detached_q: float | None = None
    detached_q_df: int | None = None
    detached_q_p_value: float | None = None


class HeatCell(Frozen):
    """How far the inconsistency of the row falls when the column is set free; `share` is the column's part in it."""

    name: str
    row: str
    column: str
    value: float
    share: float


class FunnelPoint(Frozen):
    """A comparison of a study around the pooled direct effect of its pair."""

    name: str
    label: str
    treatment_1: str
    treatment_2: str
    estimate: float
    se: float


class LinePoint(Frozen):
    """A point of a line of the funnel plot."""

    name: str
    estimate: float
    se: float


class Part(Frozen):
    """Treatments that hang together."""

    name: str
    label: str
    treatments: tuple[str, ...]
    k: int
    is_analysed: bool


class LeftOut(Frozen):
    """A study that is not in the network, and why."""

    name: str
    label: str
    reason: str


class Result(BaseResult):
    """The network: its heterogeneity and inconsistency, and tables of treatments, pairs and designs.

    `k` studies give `m` comparisons of `n` treatments. `q` is split into `q_within` and `q_between` designs;
    `q_between_random` is the latter with `tau2_within`, the variance between studies of one design. Models of rare
    events give no variance between studies and no table but `treatments`, `league`, `edges` (without `se`), `parts` and
    `studies_left_out`; `q_between` is that of the Mantel-Haenszel model, `tau2_method` is empty.
    """

    measure: Measure
    is_ratio: bool
    model: str
    tau2_method: str
    level: float
    reference: str = ""
    small_values_are_good: bool
    k: int = 0
    m: int = 0
    n: int = 0
    tau2: float | None = None
    tau: float | None = None
    i2: float | None = None
    i2_ci_lower: float | None = None
    i2_ci_upper: float | None = None
    h2: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None
    q_within: float | None = None
    q_within_df: int | None = None
    q_within_p_value: float | None = None
    q_between: float | None = None
    q_between_df: int | None = None
    q_between_p_value: float | None = None
    tau2_within: float | None = None
    q_between_random: float | None = None
    q_between_random_p_value: float | None = None
    egger_k: int | None = None
    egger_statistic: float | None = None
    egger_df: int | None = None
    egger_p_value: float | None = None
    treatments: tuple[Treatment, ...] = ()
    league: tuple[LeagueCell, ...] = ()
    edges: tuple[Edge, ...] = ()
    direct_indirect: tuple[Pair, ...] = ()
    designs: tuple[Design, ...] = ()
    net_heat: tuple[HeatCell, ...] = ()
    funnel: tuple[FunnelPoint, ...] = ()
    funnel_limits: tuple[LinePoint, ...] = ()
    parts: tuple[Part, ...] = ()
    studies_left_out: tuple[LeftOut, ...] = ()
