"""Figure specifications with a shape of their own: panels, networks, specification curves and drapery plots."""

from typing import Literal

from analysis.contract.values import Frozen


class Panel(Frozen):
    """One small plot of a panel: a column, its name, and lines across at numbers or at a field of the result."""

    column: str
    title: str
    values: tuple[float, ...] = ()
    field: str = ""


class PanelFigure(Frozen):
    """Small plots of columns of one table: each row has the same place in all of them.

    `flags` names columns of truth values: rows with any of them have another mark and are named below; `flag_label`
    says what they are.
    """

    kind: Literal["panel"] = "panel"
    title: str
    rows: str
    label: str = "label"
    panels: tuple[Panel, ...]
    flags: tuple[str, ...] = ()
    flag_label: str = ""
    x_label: str = "Studies in the order of the table"


class NetworkFigure(Frozen):
    """Treatments as circles, and lines between those that studies compare.

    `rows` names the table of treatments, with the columns `name`, `label` and `size` (the area of the circle); `edges`
    that of the comparisons, with the columns `first`, `second` (names of treatments), `width` (of the line, written
    beside it) and `precision`, shown where a line is pointed at. `size_label` and `width_label` say what they are.
    """

    kind: Literal["network"] = "network"
    title: str
    rows: str
    name: str = "name"
    label: str = "label"
    size: str = ""
    edges: str
    first: str = "treatment_1"
    second: str = "treatment_2"
    width: str = "k"
    precision: str = ""
    size_label: str = ""
    width_label: str = ""


class SpecificationFigure(Frozen):
    """A specification curve: estimates in their order with intervals, and below which choices each one makes.

    `rows` names the table of combinations: `rank` is where each stands, `options` a column that lists the labels of
    their options, `mark` one of their conclusions ("below_null", "above_null" or "includes_null"). `choices` names the
    table of options, with the columns `label`, `choice` (those of one choice stand together) and `is_own`. `own`
    names the field of the result that holds the analysis's own estimate. After Simonsohn, Simmons and Nelson (2020),
    doi:10.1038/s41562-020-0912-z.
    """

    kind: Literal["specification"] = "specification"
    title: str
    rows: str
    rank: str = "rank"
    estimate: str = "estimate"
    ci_lower: str = "ci_lower"
    ci_upper: str = "ci_upper"
    label: str = "label"
    options: str = "options"
    mark: str = "conclusion"
    choices: str = "options"
    own: str = ""
    x_label: str = ""
    y_label: str = ""
    null_value: float = 0.0
    is_ratio: bool = False


class DraperyFigure(Frozen):
    """p-value functions: for each number of the axis, the p value of the test that the effect is that number.

    `rows` names the table of studies, whose curves are normal with the columns `estimate` and `se`; `lines` names
    tables with the columns `x` and `p_value`: the curve of the summary first, then others such as that of a new study,
    called by `line_labels`. `levels` are p values at which lines across show intervals. After Ruecker and Schwarzer
    (2021), doi:10.1002/jrsm.1435.
    """

    kind: Literal["drapery"] = "drapery"
    title: str
    rows: str
    label: str = "label"
    estimate: str = "estimate"
    se: str = "se"
    lines: tuple[str, ...] = ()
    line_labels: tuple[str, ...] = ()
    levels: tuple[float, ...] = (0.1, 0.05, 0.01)
    x_label: str = ""
    null_value: float = 0.0
    is_ratio: bool = False
