"""A snapshot as it was made: its dataset, its results and the evidence it froze, as plain data."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from pydantic import TypeAdapter
from pydantic import ValidationError as InvalidValue

from analysis import canonical
from analysis.contract import MEASURE_NAMES, Figure
from analysis.figures import UnknownTable, draw
from analysis.models import Run, Snapshot

FIGURE: TypeAdapter[Figure] = TypeAdapter(Figure)
SHOWN_FIRST = ("pooling", "sensitivity", "grade")


class Reading:
    """One snapshot, read once; everything here comes from what is stored with it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.runs: dict[str, Run] = {run.plugin: run for run in snapshot.runs.order_by("snapshot_runs__id")}
        self.results: dict[str, dict[str, Any]] = {
            name: canonical.from_text(run.result) for name, run in self.runs.items()
        }
        self.dataset: dict[str, Any] = canonical.from_text(snapshot.dataset.content)
        self.rules: dict[str, Any] = canonical.from_text(snapshot.dataset.rules)

    @cached_property
    def frozen(self) -> dict[str, Any]:
        """The frozen evidence."""
        content: dict[str, Any] = canonical.from_text(self.snapshot.freeze.content)
        return content

    @property
    def pooling(self) -> dict[str, Any]:
        """The result of pooling, empty where the analysis does not pool."""
        return self.results.get("pooling", {})

    @property
    def sensitivity(self) -> dict[str, Any]:
        """The result of the sensitivity analyses, empty where there are none."""
        return self.results.get("sensitivity", {})

    @property
    def grade(self) -> dict[str, Any]:
        """The proposal of GRADE, empty where there is none."""
        return self.results.get("grade", {})

    @property
    def is_ratio(self) -> bool:
        """Whether effects are logs of ratios."""
        return bool(self.pooling.get("is_ratio", False))

    @property
    def measure_name(self) -> str:
        """The effect measure in words, lower case."""
        return MEASURE_NAMES.get(self.dataset["measure"], self.dataset["measure"]).lower()

    @property
    def unit(self) -> str:
        """The unit that effects have, "" where they have none."""
        return str(self.dataset["outcome"]["unit"]) if self.dataset["measure"] == "MD" else ""

    @property
    def study_count(self) -> int:
        """Number of different studies among the effects."""
        return len({effect["study"] for effect in self.dataset["effects"]})

    @property
    def favours(self) -> str:
        """The side that the estimate favours: "experimental", "comparator", "" where it favours none."""
        estimate = self.pooling.get("estimate")
        if not estimate:
            return ""
        is_better = (estimate < 0) == (self.dataset["outcome"]["direction"] == "lower")
        return "experimental" if is_better else "comparator"

    @property
    def favoured(self) -> str:
        """The name of the favoured side: the arms' own where all studies have the same."""
        if not self.favours:
            return ""
        names = {effect[self.favours] for effect in self.dataset["effects"]}
        return names.pop() if len(names) == 1 else f"the {self.favours} arms"

    @property
    def includes_null(self) -> bool:
        """Whether the confidence interval holds the null."""
        lower, upper = self.pooling.get("ci_lower"), self.pooling.get("ci_upper")
        return lower is not None and upper is not None and lower <= 0 <= upper

    def other_results(self) -> dict[str, dict[str, Any]]:
        """Give the results of plugins that have no place of their own on the page, by plugin."""
        return {name: result for name, result in self.results.items() if name not in SHOWN_FIRST}


def figures_of(result: Mapping[str, Any]) -> list[SafeString]:
    """Give the figures of a result as SVG; one that does not fit the result is left out."""
    drawn = (svg_of(figure, result) for figure in figures(result))
    return [mark_safe(text) for text in drawn if text]  # the renderer escapes every text that it is given


def figures(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the specifications of the figures of a result whose table has at least one row."""
    return [figure for figure in result.get("figures", ()) if result.get(figure.get("rows", ""))]


def svg_of(figure: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Give one figure as SVG text, "" where its specification does not fit the result."""
    try:
        return draw(FIGURE.validate_python(figure), result)
    except (UnknownTable, InvalidValue):
        return ""
