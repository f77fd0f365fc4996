"""Studies with several effects each, and what metafor and clubSandwich say about them."""

import json
from pathlib import Path
from typing import Any

from analysis.contract import Dataset, Effect, OutcomeFacts

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "dependent" / "multilevel.json").read_text(encoding="utf-8")
)
COLUMNS = {"konstantopoulos": ("district", "school"), "assink": ("study", "esid")}


def nested_dataset(name: str) -> Dataset:
    """Give the effects of a reference data set, nested in its studies."""
    data: dict[str, Any] = REFERENCE["data"][name]
    study, number = (data[column] for column in COLUMNS[name])
    rows = zip(data["yi"], data["vi"], study, number, strict=True)
    return of_effects([(yi, vi, str(one), f"{one}.{other}") for yi, vi, one, other in rows])


def of_effects(rows: list[tuple[float, float, str, str]]) -> Dataset:
    """Give a dataset of effects: effect, variance, study and name."""
    effects = tuple(Effect(id=name, study=study, label=f"Study {study}", yi=y, vi=v) for y, v, study, name in rows)
    outcome = OutcomeFacts(code="outcome", name="Outcome", direction="higher")
    return Dataset(measure="SMD", outcome=outcome, window="any", effects=effects)
