"""Studies with moderators, for subgroups and meta-regression, and what metafor says about them."""

from typing import Any

from analysis.contract import Dataset, Effect, OutcomeFacts
from tests.reference import datasets


def moderated_dataset(name: str) -> Dataset:
    """Give the studies of a reference file with its moderators as facts."""
    content = datasets.load(name, part="moderators")
    rows = zip(content["yi"], content["vi"], strict=True)
    years = content["columns"].get("year", [None] * content["k"])
    effects = tuple(
        Effect(
            id=f"e{place}",
            study=f"s{place}",
            label=f"Study {place}",
            year=years[place],
            yi=yi,
            vi=vi,
            facts=facts_of(content, place),
        )
        for place, (yi, vi) in enumerate(rows)
    )
    outcome = OutcomeFacts(code="outcome", name="Outcome", direction="lower")
    return Dataset(measure="RR", outcome=outcome, window="any", effects=effects)


def facts_of(content: dict[str, Any], place: int) -> dict[str, Any]:
    """Give the moderators of one study; its year, and products of others, are not facts."""
    columns = {name: column[place] for name, column in content["columns"].items()}
    columns = {name: value for name, value in columns.items() if ":" not in name and name != "year"}
    return {name: float(value) if isinstance(value, int) else value for name, value in columns.items()}


def with_fact(dataset: Dataset, name: str, values: list[Any]) -> Dataset:
    """Give the dataset with one more fact of each effect."""
    pairs = zip(dataset.effects, values, strict=True)
    effects = tuple(effect.model_copy(update={"facts": effect.facts | {name: value}}) for effect, value in pairs)
    return dataset.model_copy(update={"effects": effects})
