"""Figure specifications: which columns of which table of a result are drawn how. One renderer draws them."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

from analysis.contract.dataset import Dataset
from analysis.contract.plots import DraperyFigure, NetworkFigure, PanelFigure, SpecificationFigure
from analysis.contract.values import MEASURE_NAMES, Frozen


class Mark(Frozen):
    """A number with a name, drawn as a dashed line across a forest plot: a smallest important difference, say."""

    value: float
    label: str


class ForestFigure(Frozen):
    """A forest plot of a table of the result: which columns hold what.

    `rows` names the table; `label`, `estimate`, `ci_lower`, `ci_upper`, `weight` its columns; `summary_estimate`,
    `summary_ci_*` and `pi_*` name fields of the result itself, "" where there is none. `title`, `summary_label`,
    `x_label` and `favours_*` are text. Numbers are on the scale of the measure; the renderer shows ratios.

    `group` is the column that names the group of a row, and `groups` the table of groups in their order: `name`,
    `label`, estimate, ci_lower and ci_upper, and, where known, q, q_df, q_p_value, i2 and tau2. `difference_*` name the
    fields of the test between the groups. With `has_heterogeneity` the result's own q, q_df, q_p_value, i2 and tau2 are
    said below the plot. A row with an `effect` is known elsewhere by it.
    """

    kind: Literal["forest"] = "forest"
    title: str
    rows: str
    label: str = "label"
    estimate: str = "estimate"
    ci_lower: str = "ci_lower"
    ci_upper: str = "ci_upper"
    weight: str = ""
    summary_label: str = ""
    summary_estimate: str = ""
    summary_ci_lower: str = ""
    summary_ci_upper: str = ""
    pi_lower: str = ""
    pi_upper: str = ""
    x_label: str = ""
    is_ratio: bool = False
    null_value: float = 0.0
    favours_left: str = ""
    favours_right: str = ""
    group: str = ""
    groups: str = ""
    has_heterogeneity: bool = False
    difference_statistic: str = ""
    difference_df: str = ""
    difference_p_value: str = ""
    marks: tuple[Mark, ...] = ()

    @model_serializer(mode="wrap")
    def _without_what_says_nothing(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out younger fields that hold their defaults, so that results that do not use them keep their bytes."""
        written: dict[str, Any] = write(self)
        unused = {name for name in YOUNGER if getattr(self, name) == type(self).model_fields[name].default}
        return {name: value for name, value in written.items() if name not in unused}


# Fields of ForestFigure that results stored by older versions of plugins do not have.
YOUNGER = frozenset(
    {"group", "groups", "has_heterogeneity", "difference_statistic", "difference_df", "difference_p_value", "marks"}
)


class ScatterFigure(Frozen):
    """Points of a table of the result, with lines of other tables: bubble, funnel, Baujat, GOSH and radial plots.

    `rows` names the table of points, `x`, `y`, `size` (area) and `label` its columns; "" where there is none. `lines`
    names tables of points to be joined in their order, with the columns `x` and `y`, and, where a band is wanted,
    `band_lower` and `band_upper`. `x_value` and `y_value` are lines across the plot. `is_x_ratio` and `is_y_ratio` say
    that the numbers are natural logs to be labelled as ratios; `is_y_downward` that small values stand on top;
    `is_y_share` that the upright axis holds fractions from 0 to 1.

    `is_open` names a column of truth values: such points are open marks, called by `open_label`. `line_labels` and
    `band_label` name lines and band. `areas` names a table of shaded areas behind everything, with the columns `label`,
    `area` (rows of one area are joined), that of `y`, and `left` and `right` (None: to the edge); areas of one label
    are equally dark, those of the first label the darkest. `x_lines` names a table of lines across, with the columns
    `label` and `x`. Unless `is_named`, labels are shown where points are pointed at, and not beside them.
    """

    kind: Literal["scatter"] = "scatter"
    title: str
    rows: str
    x: str
    y: str
    size: str = ""
    label: str = "label"
    lines: tuple[str, ...] = ()
    band_lower: str = ""
    band_upper: str = ""
    x_label: str = ""
    y_label: str = ""
    x_value: float | None = None
    y_value: float | None = None
    is_x_ratio: bool = False
    is_y_ratio: bool = False
    is_y_downward: bool = False
    is_y_share: bool = False
    is_open: str = ""
    open_label: str = ""
    line_labels: tuple[str, ...] = ()
    band_label: str = ""
    areas: str = ""
    x_lines: str = ""
    is_named: bool = True


class HeatFigure(Frozen):
    """A matrix as coloured cells: net heat plot, league table. `rows` names a table with one row for each cell.

    `ci_lower` and `ci_upper` name the columns of an interval that is written into the cell. Where `is_ratio`, numbers
    are natural logs to be written as ratios.
    """

    kind: Literal["heat"] = "heat"
    title: str
    rows: str
    row: str = "row"
    column: str = "column"
    value: str = "value"
    text: str = ""
    size: str = ""
    ci_lower: str = ""
    ci_upper: str = ""
    is_ratio: bool = False
    x_label: str = ""
    y_label: str = ""


class FlowFigure(Frozen):
    """The flow of records through the review (PRISMA 2020), of a table like that of the plugin summary.

    `rows` names a table with the columns `name` (the box), `label`, `round_name` ("" for the sum over rounds), `stage`,
    `reason` and `count`.
    """

    kind: Literal["flow"] = "flow"
    title: str
    rows: str


class JudgementFigure(Frozen):
    """Judgements of risk of bias: for each study a traffic light, or their shares as stacked bars.

    `rows` names a table with one row for each judgement: `row` is what stands at the left (a study, or a domain where
    there is a `share`), `column` the domain ("" for bars), `level` the judgement. With `share`, the name of a column of
    fractions, a bar for each `row` is drawn. `levels` lists the levels from the best to the worst; others are drawn as
    unknown.
    """

    kind: Literal["judgements"] = "judgements"
    title: str
    rows: str
    row: str = "label"
    column: str = "domain"
    level: str = "level"
    share: str = ""
    levels: tuple[str, ...] = ()


Figure = (
    ForestFigure
    | ScatterFigure
    | HeatFigure
    | FlowFigure
    | JudgementFigure
    | PanelFigure
    | NetworkFigure
    | SpecificationFigure
    | DraperyFigure
)


def forest_figure(dataset: Dataset, **columns: str) -> ForestFigure:
    """Give a forest plot whose axis, null and sides are those of the dataset; `columns` are fields of ForestFigure."""
    unit = dataset.outcome.unit if dataset.measure == "MD" else ""
    arms = [_one_name(effect.experimental for effect in dataset.effects) or "experimental"]
    arms.append(_one_name(effect.comparator for effect in dataset.effects) or "comparator")
    if dataset.outcome.direction == "higher":
        arms.reverse()
    axis = {
        "x_label": MEASURE_NAMES[dataset.measure] + (f" ({unit})" if unit else ""),
        "is_ratio": dataset.is_ratio,
        "favours_left": f"Favours {arms[0]}",
        "favours_right": f"Favours {arms[1]}",
    }
    return ForestFigure.model_validate(axis | columns)


def _one_name(names: Iterable[str]) -> str:
    """Give the name that all share, "" where they differ."""
    different = set(names)
    return different.pop() if len(different) == 1 else ""
