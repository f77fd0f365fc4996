"""Choices: what the pooled estimate would be under every combination of defensible choices, a multiverse.

What is combined and what the shares mean is told in docs/plugins/choices.md.
"""

from analysis.contract import CONTRACT_VERSION, Dataset, Need, Plugin, Progress, Split, Upstream
from plugins.choices.curve import draw_figures, draw_points
from plugins.choices.messages import messages_of
from plugins.choices.params import Params
from plugins.choices.parts import ChunkAnswer, ChunkPart, join_numbers, list_chosen, plan_chunks, pool_part
from plugins.choices.pooling import lay_work, pool_combinations, row_of, spread
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


def describe(
    dataset: Dataset, params: Params, upstream: Upstream, pooled: tuple[ChunkAnswer, ...], progress: Progress
) -> Result:
    """Give what all combinations of choices give, beside the analysis's own; the combinations are pooled already."""
    space = lay_out(dataset, params)
    changed = pool_combinations(space, change_codes(space), params)
    own = row_of(changed, 0, own_conclusion(changed))
    combinations = list_chosen(space, params)
    work = lay_work(space, combinations.codes, params)
    multiverse = Multiverse(space, combinations, spread(work, join_numbers(pooled)), own)
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
        datasets_count=work.chosen.shape[0],
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


def takes_long(params: Params) -> bool:
    """Say yes: how long it takes depends on how many studies the choices change, which no parameter tells."""
    return True


SPLIT = Split(part=ChunkPart, answer=ChunkAnswer, plan=plan_chunks, compute=pool_part, join=describe)
run = SPLIT.run

plugin = Plugin(
    name="choices",
    version="1.1.0",
    contract_version=CONTRACT_VERSION,
    title="Multiverse of choices",
    needs=frozenset({Need.EFFECTS, Need.ALTERNATIVES}),
    after=(),
    params=Params,
    result=Result,
    run=run,
    takes_long=takes_long,
    split=SPLIT,
)
