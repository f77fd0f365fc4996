"""What a reader has to know about the combinations."""

from analysis.contract import Dataset
from plugins.choices.params import Params
from plugins.choices.pooling import interval_of
from plugins.choices.result import Result
from plugins.choices.space import CI_METHOD, TAU2_METHOD
from plugins.choices.summary import Multiverse

NOTHING_TO_POOL = "No study has a result that can be pooled, under any combination of choices."
NO_OWN = "The analysis itself pools nothing, so that it has no conclusion that another combination could change."
ONE_STUDY = (
    "The analysis itself has only one effect: nothing is pooled in it, and the normal interval of that effect stands "
    "for a pooled one."
)
ONLY_ANALYSIS = (
    "The dataset does not hold what studies give under other choices of derivation, so that only choices of analysis "
    "are combined."
)
NO_CHOICE = "There is nothing to choose from: the only combination is the analysis itself."
ALL = "All {count} combinations of {choices} choices are looked at; they make {datasets} different sets of effects."
SAMPLE = (
    "Of {total} combinations of {choices} choices, a random sample of {count} is looked at (seed {seed}); they make "
    "{datasets} different sets of effects."
)
CHANGES = "The conclusion is another one in {changed} of {pooled} combinations."
NOT_POOLED = (
    "In {missing} of {count} combinations there is no estimate, as no study is left or its numbers cannot be pooled; "
    "they are in no share and no quantile."
)
COMMON_EFFECT = "Combinations with the common-effect model take the normal interval, whichever is listed."
MOST = "What moves the estimate most is this choice: {title}."
MOST_TO_CONCLUSION = "What changes the conclusion most is this choice: {title}."
IDLE = "These choices change no number of any study, and are not combined: {titles}."
ALIKE = (
    "Every combination counts alike, however plausible it is: a share of combinations is no probability that a "
    "conclusion is right."
)
SEVERAL_EFFECTS = "At least one combination has several effects of one study; they are pooled as if independent."


def messages_of(dataset: Dataset, params: Params, multiverse: Multiverse, result: Result) -> tuple[str, ...]:
    """Give the sentences for the reader."""
    said = [ONLY_ANALYSIS] if dataset.alternatives is None else []
    if not result.pooled_count:
        return (NOTHING_TO_POOL, *said)
    said += _about_space(params, multiverse, result)
    if result.not_pooled_count:
        said.append(NOT_POOLED.format(missing=result.not_pooled_count, count=result.combinations_count))
    return (*said, *_about_results(dataset, multiverse, result))


def _about_space(params: Params, multiverse: Multiverse, result: Result) -> list[str]:
    """Give how many combinations there are, and which choices are not among them."""
    choices, idle = len(multiverse.space.factors), multiverse.space.idle
    said = [NO_CHOICE]
    if choices:
        words = ALL if result.is_complete else SAMPLE
        counts = {"count": result.combinations_count, "datasets": result.datasets_count, "choices": choices}
        said = [words.format(total=result.possible_count, seed=params.seed, **counts)]
    said += [COMMON_EFFECT] if _has_common_effect(params, multiverse) else []
    return said + ([IDLE.format(titles="; ".join(idle))] if idle else [])


def _has_common_effect(params: Params, multiverse: Multiverse) -> bool:
    """Whether some combinations take the normal interval in place of another one."""
    models = multiverse.space.option(TAU2_METHOD, params.tau2_method)[1]
    intervals = multiverse.space.option(CI_METHOD, params.ci_method)[1]
    return "CE" in models and any(interval_of("CE", each, params) != each for each in intervals)


def _about_results(dataset: Dataset, multiverse: Multiverse, result: Result) -> list[str]:
    """Give how the conclusion fares, and which choice matters most."""
    if result.conclusion is None:
        said = [NO_OWN]
    else:
        changed = int((multiverse.changes == 1.0).sum())
        said = [ONE_STUDY] if result.k == 1 else []
        said.append(CHANGES.format(changed=changed, pooled=result.pooled_count))
    if result.matters_most:
        said.append(MOST.format(title=result.matters_most))
    if result.matters_most_to_conclusion:
        said.append(MOST_TO_CONCLUSION.format(title=result.matters_most_to_conclusion))
    if _repeats_studies(dataset, multiverse):
        said.append(SEVERAL_EFFECTS)
    return said + ([ALIKE] if multiverse.space.factors else [])


def _repeats_studies(dataset: Dataset, multiverse: Multiverse) -> bool:
    """Whether a study gives more than one effect in some combination."""
    if dataset.alternatives is None:
        return len({effect.study for effect in dataset.effects}) < dataset.k
    return any(len(variant) > 1 for source in multiverse.space.sources for variant in source.variants)
