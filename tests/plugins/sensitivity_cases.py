"""Data sets for the tests of sensitivity."""

from collections.abc import Sequence

from analysis.contract import Dataset, Fact


def with_facts(dataset: Dataset, name: str, values: Sequence[Fact]) -> Dataset:
    """Give the dataset with one more fact of each effect."""
    effects = zip(dataset.effects, values, strict=True)
    changed = tuple(effect.model_copy(update={"facts": effect.facts | {name: value}}) for effect, value in effects)
    return dataset.model_copy(update={"effects": changed})
