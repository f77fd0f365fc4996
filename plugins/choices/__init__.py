"""Choices: what the pooled estimate would be under every combination of defensible choices, a multiverse.

What is combined and what the shares mean is told in docs/plugins/choices.md.
"""

from analysis.contract import CONTRACT_VERSION, Dataset, Need, Plugin, Progress, Upstream
from analysis.engine.multiverse import list_combinations
from plugins.choices.curve import draw_figures, draw_points
from plugins.choices.messages import messages_of
from plugins.choices.params import Params
from plugins.choices.pooling import pool_combinations, row_of
from plugins.choices.result import Result
from plugins.choices.space import lay_out
from plugins.choices.summary import (
    Multiverse,
    change_codes,
    compare_with_mcid,
    count_up,
    describe_distribution,
    find_most,
    list_changes,
    list_choices,
    list_options,
    list_studies,
    measure_vibration,
    own_conclusion,
)

__all__ = ["Params", "Result", "plugin", "run"]


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give what all combinations of choices give, beside the analysis's own."""
    space = lay_out(dataset, params)
    changed, _ = pool_combinations(space, change_codes(space), params, _quiet)
    own = row_of(changed, 0, own_conclusion(changed))
    sizes = [len(factor.options) for factor in space.factors]
    combinations = list_combinations(sizes, most=params.most_combinations, seed=params.seed)
    outcomes, datasets_count = pool_combinations(space, combinations.codes, params, progress)
    multiverse = Multiverse(space, combinations, outcomes, own)
    options = list_options(multiverse)
    choices = list_choices(multiverse, options)
    points = draw_points(multiverse)
    names = ("k", "estimate", "se", "ci_lower", "ci_upper", "p_value", "conclusion")
    result = Result(
        measure=dataset.measure,
        is_ratio=dataset.is_ratio,
        level=params.level,
        tau2_method=params.tau2_method,
        ci_method=params.ci_method,
        **{name: getattr(own, name) for name in names},
        **count_up(multiverse),
        datasets_count=datasets_count,
        matters_most=find_most(choices, "estimate_share"),
        matters_most_to_conclusion=find_most(choices, "conclusion_share"),
        vibration=measure_vibration(multiverse),
        importance=compare_with_mcid(multiverse, dataset),
        choices=choices,
        options=options,
        one_at_a_time=list_changes(space, changed, own),
        distribution=describe_distribution(multiverse),
        studies=list_studies(space),
        curve=points,
        figures=draw_figures(dataset, multiverse) if points else (),
    )
    return result.model_copy(update={"messages": messages_of(dataset, params, multiverse, result)})


def _quiet(fraction: float, says: str) -> None:
    """Take a report of progress, and do nothing."""


plugin = Plugin(
    name="choices",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Multiverse of choices",
    needs=frozenset({Need.EFFECTS, Need.ALTERNATIVES}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
