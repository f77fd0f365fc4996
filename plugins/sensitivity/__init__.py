"""Sensitivity: what the pooled estimate would be with other studies or another model, and which studies move it.

What each part computes is told in docs/plugins/sensitivity.md.
"""

from collections.abc import Callable
from typing import Any

from analysis.contract import CONTRACT_VERSION, Dataset, Measure, Need, Plugin, Progress, Split, Upstream
from analysis.contract import Result as BaseResult
from plugins.sensitivity.comparison import Compared, Model, Pooled, pool
from plugins.sensitivity.cumulation import CumulativeRow, cumulate
from plugins.sensitivity.influence import BaujatRow, InfluenceRow, look_for_outliers, plot_baujat
from plugins.sensitivity.leaving_out import leave_one_group_out, leave_one_out
from plugins.sensitivity.params import Params, Scenario
from plugins.sensitivity.part import Case, Part
from plugins.sensitivity.scenarios import Duplicate, ScenarioRow, pool_scenarios
from plugins.sensitivity.subset_parts import SubsetAnswer, SubsetPart, plan_subsets, pool_subsets
from plugins.sensitivity.subsets import GoshSummary, QuantileRow, SplitRow, SubsetPoint, pool_all_subsets
from plugins.sensitivity.table import list_comparisons

__all__ = ["Params", "Result", "Scenario", "plugin", "run"]

# Fewer take less than two seconds for 400 studies.
MANY_SUBSETS = 50_000
NOTHING_TO_POOL = "No study has a result that can be pooled, so that there is nothing to compare."


class Result(BaseResult):
    """All studies, and everything that is compared with them; `table` has the main comparisons as one table."""

    measure: Measure
    is_ratio: bool
    level: float
    tau2_method: str
    k: int
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    table: tuple[Compared, ...] = ()
    all_studies: Pooled
    scenarios: tuple[ScenarioRow, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    leave_one_out: tuple[Compared, ...] = ()
    leave_one_group_out: tuple[Compared, ...] = ()
    cumulative: tuple[CumulativeRow, ...] = ()
    influence: tuple[InfluenceRow, ...] = ()
    cook_threshold: float | None = None
    outliers_removed: Compared | None = None
    baujat: tuple[BaujatRow, ...] = ()
    gosh: GoshSummary | None = None
    gosh_quantiles: tuple[QuantileRow, ...] = ()
    gosh_splits: tuple[SplitRow, ...] = ()
    gosh_points: tuple[SubsetPoint, ...] = ()


PARTS: tuple[tuple[str, Callable[[Case], Part]], ...] = (
    ("Scenarios", pool_scenarios),
    ("Without each study", leave_one_out),
    ("Without each group", leave_one_group_out),
    ("Studies added one by one", cumulate),
    ("Outliers and influential studies", look_for_outliers),
    ("Baujat plot", plot_baujat),
    ("Subsets of the studies", pool_all_subsets),
)


def compare(
    dataset: Dataset, params: Params, upstream: Upstream, subsets: tuple[SubsetAnswer, ...], progress: Progress
) -> Result:
    """Give the estimates of all comparisons that the parameters ask for; `subsets` are pooled already."""
    model = Model.of(params)
    whole = pool(dataset, model)
    parts = []
    for position, (says, ask) in enumerate(PARTS):
        case = Case(dataset, params, model, whole, _section(progress, position), subsets)
        case.progress(0.0, says)
        parts.append(ask(case))
    fields: dict[str, Any] = {name: value for part in parts for name, value in part.fields.items()}
    return Result(
        measure=dataset.measure,
        is_ratio=dataset.is_ratio,
        level=params.level,
        tau2_method=params.tau2_method,
        k=whole.k,
        estimate=whole.estimate,
        ci_lower=whole.ci_lower,
        ci_upper=whole.ci_upper,
        table=list_comparisons(whole, fields),
        all_studies=whole,
        figures=tuple(figure for part in parts for figure in part.figures),
        messages=(() if dataset.k else (NOTHING_TO_POOL,)) + tuple(said for part in parts for said in part.messages),
        **fields,
    )


def _section(progress: Progress, position: int) -> Progress:
    """Give the progress of one part as a share of the whole."""
    return lambda fraction, says: progress((position + fraction) / len(PARTS), says)


def takes_long(params: Params) -> bool:
    """Say whether so many subsets are pooled that it may take more than a few seconds."""
    return params.gosh and params.gosh_subsets > MANY_SUBSETS


SPLIT = Split(part=SubsetPart, answer=SubsetAnswer, plan=plan_subsets, compute=pool_subsets, join=compare)
run = SPLIT.run

plugin = Plugin(
    name="sensitivity",
    version="1.2.0",
    contract_version=CONTRACT_VERSION,
    title="Sensitivity analyses",
    needs=frozenset({Need.EFFECTS, Need.RISK_OF_BIAS, Need.MODERATORS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
    takes_long=takes_long,
    split=SPLIT,
)
