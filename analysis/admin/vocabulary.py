"""The words of a review that rules refer to: outcomes, windows, comparators, characteristics, tools."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from analysis.admin.fields import Choices
from analysis.contract import MEASURE_NAMES
from evidence.models import (
    CharacteristicField,
    ComparatorType,
    ComponentType,
    FollowUpWindow,
    Outcome,
    Review,
    ReviewTool,
)
from evidence.tools import all_tools


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The choices for fields of rules, by field, which windows an outcome has, and the families of components."""

    choices: dict[str, Choices]
    windows: dict[str, dict[str, str]]
    families: tuple[str, ...] = ()

    def window_problem(self, outcome: str, window: str) -> str:
        """Say that an outcome has no such window; "" where it has."""
        found = self.windows.get(outcome)
        if found is None or window in found:
            return ""
        has = ", ".join(found.values()) or "none"
        return f"{dict(self.choices['outcome'])[outcome]} has no such follow-up window; it has: {has}."


def read_vocabulary(review: Review) -> Vocabulary:
    """Give the words of a review."""
    outcomes = list(Outcome.objects.filter(review=review).order_by("name"))
    windows: dict[str, dict[str, str]] = {outcome.code: {} for outcome in outcomes}
    for window in FollowUpWindow.objects.filter(outcome__review=review).select_related("outcome").order_by("from_week"):
        windows[window.outcome.code][window.code] = str(window)
    named: dict[str, Any] = {"comparators": ComparatorType, "facts": CharacteristicField}
    rows = {
        field: [(row.code, row.name) for row in model.objects.filter(review=review).order_by("name")]
        for field, model in named.items()
    }
    own_tools = dict(ReviewTool.objects.filter(review=review).order_by("pk").values_list("code", "name"))
    choices = {
        **rows,
        "outcome": [(outcome.code, outcome.name) for outcome in outcomes],
        "window": _window_choices(outcomes, windows),
        "measure": [(code, f"{name} ({code})") for code, name in MEASURE_NAMES.items()],
        "rob_tool": [*((tool.code, tool.name) for tool in all_tools()), *own_tools.items()],
    }
    families = ComponentType.objects.filter(review=review).order_by("family").values_list("family", flat=True)
    return Vocabulary(choices=choices, windows=windows, families=tuple(families.distinct()))


def _window_choices(outcomes: list[Any], windows: dict[str, dict[str, str]]) -> Choices:
    """Give each window once; where outcomes differ, with the outcomes that have it so."""
    holders: dict[tuple[str, str], list[str]] = defaultdict(list)
    for outcome in outcomes:
        for code, name in windows[outcome.code].items():
            holders[(code, name)].append(outcome.name)
    merged: dict[str, list[str]] = defaultdict(list)
    for (code, name), names in holders.items():
        merged[code].append(name if len(names) == len(outcomes) else f"{name}: {', '.join(names)}")
    return [(code, "; ".join(names)) for code, names in merged.items()]
