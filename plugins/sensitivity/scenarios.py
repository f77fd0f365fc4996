"""Scenarios: the estimate of the effects that fulfil conditions, without exact duplicates, or by another model."""

from analysis.contract import Dataset, Effect, Frozen, forest_figure
from plugins.sensitivity.comparison import Compared, Model, compare, pool
from plugins.sensitivity.params import Scenario
from plugins.sensitivity.part import SUMMARY, Case, Part

DUPLICATES_REMOVED = "exact duplicates removed"
HAS_DUPLICATES = "At least one study has exactly the same numbers as another; see the table of duplicates."


class ScenarioRow(Compared):
    """What a scenario gives; `conditions` in words."""

    conditions: tuple[str, ...] = ()


class Duplicate(Frozen):
    """An effect with exactly the numbers of an effect of another study, which comes first in the dataset."""

    name: str
    label: str
    duplicate_of: str


def pool_scenarios(case: Case) -> Part:
    """Give the row of each scenario, and the exact duplicates of the whole dataset."""
    rows = tuple(_scenario(case, scenario) for scenario in case.params.scenarios)
    duplicates = tuple(
        Duplicate(name=effect.id, label=effect.label, duplicate_of=first.label)
        for effect, first in find_duplicates(case.dataset)
    )
    figure = forest_figure(case.dataset, title=case.title("scenarios"), rows="scenarios", **SUMMARY)
    return Part(
        fields={"scenarios": rows, "duplicates": duplicates},
        figures=(figure,) if rows else (),
        messages=(HAS_DUPLICATES,) if duplicates else (),
    )


def _scenario(case: Case, scenario: Scenario) -> ScenarioRow:
    """Give the row of a scenario; a condition that cannot be tested becomes its sentence."""
    words = _describe(scenario)
    row = ScenarioRow(name=scenario.name, label=scenario.title, conditions=words)
    # every field is asked for once: `where` stops at the first that fails
    unknown = next(filter(None, (case.unknown_field(condition.field) for condition in scenario.conditions)), None)
    if unknown:
        return row.model_copy(update={"message": unknown})
    try:
        kept = case.dataset.where(scenario.conditions)
    except TypeError:
        sentence = f"A condition does not fit the kind of values in its field: {'; '.join(words)}."
        return row.model_copy(update={"message": sentence})
    if scenario.without_duplicates:
        kept = drop_duplicates(kept)
    pooled = pool(kept, Model.of(case.params, scenario))
    return row.model_copy(update=compare(case.dataset, kept, pooled, case.whole))


def _describe(scenario: Scenario) -> tuple[str, ...]:
    """Give in words what makes a scenario."""
    words = [condition.describe() for condition in scenario.conditions]
    words += [DUPLICATES_REMOVED] if scenario.without_duplicates else []
    words += [f"tau2_method {scenario.tau2_method}"] if scenario.tau2_method else []
    words += [f"ci_method {scenario.ci_method}"] if scenario.ci_method else []
    return tuple(words)


def drop_duplicates(dataset: Dataset) -> Dataset:
    """Give the dataset without exact duplicates of effects that come before them."""
    dropped = {effect.id for effect, _ in find_duplicates(dataset)}
    kept = tuple(effect for effect in dataset.effects if effect.id not in dropped)
    return dataset.model_copy(update={"effects": kept})


def find_duplicates(dataset: Dataset) -> list[tuple[Effect, Effect]]:
    """Give each effect that repeats a kept one of another study, with the first such."""
    kept: list[Effect] = []
    found = []
    for effect in dataset.effects:
        first = next((other for other in kept if _is_same(effect, other)), None)
        if first is None:
            kept.append(effect)
        else:
            found.append((effect, first))
    return found


def _is_same(effect: Effect, other: Effect) -> bool:
    """Whether two studies give the same effect and variance, or the same numbers of both groups."""
    if effect.study == other.study:
        return False
    same_numbers = bool(effect.columns) and effect.columns == other.columns
    return same_numbers or (effect.yi, effect.vi) == (other.yi, other.vi)
