"""A snapshot as it was made: its dataset, its results and the evidence it froze, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe
from pydantic import TypeAdapter
from pydantic import ValidationError as InvalidValue

from analysis import canonical
from analysis.contract import MEASURE_NAMES, Figure
from analysis.contract.drawn import fields_drawn, tables_drawn
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


class DataTable(NamedTuple):
    """Numbers that a figure draws: the names of their columns, and rows."""

    name: str
    columns: tuple[str, ...]
    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn figure with the data behind it; as text it is its SVG.

    `number` is its place among the figures of the result, from 1; `shows_logs` says that the data are natural logs of
    the ratios that the figure shows.
    """

    plugin: str
    number: int
    title: str
    svg: SafeString
    data: tuple[DataTable, ...]
    shows_logs: bool

    def __str__(self) -> SafeString:
        """The drawing."""
        return self.svg


def figures_of(result: Mapping[str, Any], plugin: str = "") -> list[Picture]:
    """Give the figures of a result, drawn; one without rows, or that does not fit the result, is left out."""
    drawn = []
    for figure in figures(result):
        number, svg = result["figures"].index(figure) + 1, svg_of(figure, result)
        if svg:
            shows_logs = any(figure.get(name) for name in ("is_ratio", "is_x_ratio", "is_y_ratio"))
            safe = mark_safe(svg)  # the renderer escapes every text that it is given  # noqa: S308
            drawn.append(Picture(plugin, number, figure["title"], safe, data_behind(figure, result), shows_logs))
    return drawn


def data_behind(figure: Mapping[str, Any], result: Mapping[str, Any]) -> tuple[DataTable, ...]:
    """Give the numbers that a figure draws, and no others, as tables."""
    plain = FIGURE.dump_python(FIGURE.validate_python(figure), mode="json")
    tables = []
    for name, columns in tables_drawn(plain).items():
        rows = result.get(name) or ()
        held = tuple(column for column in columns if any(row.get(column) not in (None, "") for row in rows))
        if held:
            tables.append(DataTable(name, held, [[row.get(column) for column in held] for row in rows]))
    fields = tuple(name for name in fields_drawn(plain) if result.get(name) is not None)
    if fields:
        tables.append(DataTable("summary", fields, [[result[name] for name in fields]]))
    return tuple(tables)


def figures(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the specifications of the figures of a result whose table has at least one row."""
    return [figure for figure in result.get("figures", ()) if result.get(figure.get("rows", ""))]


def svg_of(figure: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Give one figure as SVG text, "" where its specification does not fit the result."""
    try:
        return draw(FIGURE.validate_python(figure), result)
    except (UnknownTable, InvalidValue):
        return ""
