"""A part of the sensitivity analyses: what it is asked and what it answers."""

from dataclasses import dataclass, field
from typing import Any

from analysis.contract import Dataset, Figure, Progress, UnknownField
from plugins.sensitivity.comparison import Model, Pooled
from plugins.sensitivity.params import Params
from plugins.sensitivity.subset_parts import SubsetAnswer

SUMMARY = {
    "summary_label": "All studies",
    "summary_estimate": "estimate",
    "summary_ci_lower": "ci_lower",
    "summary_ci_upper": "ci_upper",
}


@dataclass(frozen=True, slots=True)
class Case:
    """What every part is asked about: the dataset, how it is pooled, the estimate of all studies, pooled subsets."""

    dataset: Dataset
    params: Params
    model: Model
    whole: Pooled
    progress: Progress
    subsets: tuple[SubsetAnswer, ...] = ()

    def unknown_field(self, name: str) -> str | None:
        """Give the sentence that the dataset has no field of a name, None where it has one."""
        try:
            for effect in self.dataset.effects[:1]:
                self.dataset.fact(effect, name)
        except UnknownField as error:
            return str(error)
        return None

    def title(self, what: str) -> str:
        """Give the title of a figure."""
        return f"{self.dataset.outcome.name}: {what}"


@dataclass(frozen=True, slots=True)
class Part:
    """What a part adds to the result: its fields, figures and sentences."""

    fields: dict[str, Any] = field(default_factory=dict)
    figures: tuple[Figure, ...] = ()
    messages: tuple[str, ...] = ()
