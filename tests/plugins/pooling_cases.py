"""Trials with their counts, for pooling by models of counts, and what metafor and lme4 say about them."""

import json
from pathlib import Path
from typing import Any

from analysis import engine
from analysis.contract import Dataset, Effect, OutcomeFacts

REFERENCE = Path(__file__).parents[1] / "reference" / "tables"
TABLE = ("ai", "n1i", "ci", "n2i")


def reference(name: str) -> dict[str, Any]:
    """Give the file of a data set: its counts, and the answers of metafor and of exact likelihoods."""
    content: dict[str, Any] = json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))
    return content


def counted_dataset(name: str, measure: str) -> Dataset:
    """Give the trials of a file with their counts as columns; those without an effect have a made-up one."""
    data = reference(name)["data"]
    made = engine.escalc(measure, **data, drop00=False)
    columns = [dict(zip(data, map(float, row), strict=True)) for row in zip(*data.values(), strict=True)]
    effects = tuple(
        Effect(id=f"e{number}", study=f"s{number}", label=f"Trial {number}", yi=yi, vi=vi, columns=row)
        for number, (yi, vi, row) in enumerate(zip(made.yi.tolist(), made.vi.tolist(), columns, strict=True), start=1)
    )
    outcome = OutcomeFacts(code="event", name="Event", direction="lower")
    return Dataset.model_validate({"measure": measure, "outcome": outcome, "window": "any", "effects": effects})
