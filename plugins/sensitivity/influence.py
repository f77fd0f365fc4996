"""Outliers and influential effects, the estimate without them, and the Baujat plot.

References
----------
Viechtbauer and Cheung (2010), doi:10.1002/jrsm.11; Baujat et al. (2002), doi:10.1002/sim.1221.
"""

from math import isfinite

import numpy as np
from numpy.typing import NDArray

from analysis import engine
from analysis.contract import Frozen, Panel, PanelFigure, ScatterFigure
from analysis.engine.distributions import two_sided_p_values
from plugins.sensitivity.comparison import Compared, Mask, compare, pool, subset
from plugins.sensitivity.params import Params
from plugins.sensitivity.part import Case, Part

TOO_FEW = "Looking for outliers and influential studies needs at least two effects."
NORMAL_INFLUENCE = (
    "Some effects are equal, so that outliers and influential studies are looked for with the normal model."
)
NOBODY_REMOVED = "No effect is left out by the rule for outliers."
EVERYBODY_REMOVED = "The rule for outliers leaves out every effect."
CHI2_MEDIAN = 0.454936423119572  # of chi-squared with one degree of freedom, as in metafor's influence()
NORMAL_95 = 1.959963984540054  # two-sided 5% of the normal distribution
IQR_FACTOR = 6.0  # metafor's reporter(): median plus six times the interquartile range

Array = NDArray[np.float64]


class InfluenceRow(Frozen):
    """What one effect does to the pooled estimate; None where a number is undefined.

    `outlier_p_value` is that of `rstudent` times the number of effects (Bonferroni), at most 1.
    """

    name: str
    label: str
    rstudent: float | None
    dffits: float | None
    cook_d: float | None
    cov_r: float | None
    tau2_del: float | None
    q_del: float | None
    hat: float | None
    weight: float | None
    dfbs: float | None
    outlier_p_value: float | None
    is_outlier: bool
    is_influential: bool


class BaujatRow(Frozen):
    """A point of the Baujat plot: contribution to heterogeneity, and influence on the estimate."""

    name: str
    label: str
    heterogeneity: float | None
    influence: float | None


def look_for_outliers(case: Case) -> Part:
    """Give the diagnostics of each effect, and the estimate without those that the rule removes."""
    if not case.params.influence or case.dataset.k == 0:
        return Part()
    if case.dataset.k == 1:
        return Part(messages=(TOO_FEW,))
    try:
        found, said = _ask_engine(case)
    except engine.NotConverged as error:
        return Part(messages=(f"Outliers and influential studies are not known: {error}.",))
    p_values, cook_d = _outlier_p_values(found, case.params), np.asarray(found.cook_d)
    threshold = cook_threshold(cook_d, case.params.cook_rule)
    is_outlier, is_influential = p_values < case.params.outlier_level, cook_d > threshold
    return Part(
        fields={
            "influence": _rows(case, found, p_values, is_outlier, is_influential),
            "cook_threshold": threshold,
            "outliers_removed": _remove(case, chosen(is_outlier, is_influential, case.params.removal_rule)),
        },
        figures=(_panel(case),),
        messages=said,
    )


def _panel(case: Case) -> PanelFigure:
    """Give the panel of all diagnostics, as metafor's plot of influence() has it, with lines at what is usual."""
    tau2, usual = case.whole.tau2, 1.0 / case.dataset.k
    return PanelFigure(
        title=case.title("influence of each study"),
        rows="influence",
        panels=(
            Panel(column="rstudent", title="Studentised residual", values=(-NORMAL_95, 0.0, NORMAL_95)),
            Panel(column="dffits", title="DFFITS", values=(0.0,)),
            Panel(column="cook_d", title="Cook's distance", field="cook_threshold"),
            Panel(column="cov_r", title="Covariance ratio", values=(1.0,)),
            Panel(
                column="tau2_del",
                title="Variance between studies without the study",
                values=() if tau2 is None else (tau2,),
            ),
            Panel(column="q_del", title="Q without the study"),
            Panel(column="hat", title="Leverage (hat)", values=(usual,)),
            Panel(column="weight", title="Weight, a fraction", values=(usual,)),
        ),
        flags=("is_outlier", "is_influential"),
        flag_label="Outliers and influential studies",
    )


def _ask_engine(case: Case) -> tuple[engine.Influence, tuple[str, ...]]:
    """Give the engine's diagnostics; by the normal model where that of the interval is undefined."""
    yi, vi, tau2_method = case.dataset.yi, case.dataset.vi, case.model.tau2_method
    try:
        return engine.influence(yi, vi, tau2_method=tau2_method, ci_method=case.model.ci_method), ()
    except engine.UndefinedResult:
        return engine.influence(yi, vi, tau2_method=tau2_method, ci_method="wald"), (NORMAL_INFLUENCE,)


def _outlier_p_values(found: engine.Influence, params: Params) -> Array:
    """Give the p values of the studentised residuals, times their number."""
    if params.outlier_distribution == "model":
        return np.asarray(found.outlier_p_value)
    return np.minimum(1.0, found.rstudent.size * two_sided_p_values(found.rstudent, df=None))


def cook_threshold(cook_d: Array, rule: str) -> float:
    """Give the Cook's distance above which an effect is influential."""
    if rule == "chi2":
        return CHI2_MEDIAN
    if rule == "four_over_k":
        return 4.0 / cook_d.size
    low, middle, high = np.quantile(cook_d, (0.25, 0.5, 0.75))
    return float(middle + IQR_FACTOR * (high - low))


def chosen(is_outlier: Mask, is_influential: Mask, rule: str) -> Mask:
    """Give which effects the rule removes."""
    rules = {
        "outliers": is_outlier,
        "influential": is_influential,
        "either": is_outlier | is_influential,
        "both": is_outlier & is_influential,
    }
    return rules[rule]


def _rows(
    case: Case, found: engine.Influence, p_values: Array, is_outlier: Mask, is_influential: Mask
) -> tuple[InfluenceRow, ...]:
    """Give one row for each effect."""
    names = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del", "hat", "weight")
    columns = {name: getattr(found, name) for name in names}
    columns |= {"dfbs": found.dfbs[:, 0], "outlier_p_value": p_values}
    return tuple(
        InfluenceRow(
            name=effect.id,
            label=effect.label,
            is_outlier=bool(is_outlier[row]),
            is_influential=bool(is_influential[row]),
            **{name: finite(column[row]) for name, column in columns.items()},
        )
        for row, effect in enumerate(case.dataset.effects)
    )


def finite(number: float) -> float | None:
    """Give a number, None where it is not finite."""
    return float(number) if isfinite(number) else None


def _remove(case: Case, removed: Mask) -> Compared:
    """Give the estimate without some effects."""
    row = Compared(name="outliers_removed", label="Outliers removed")
    kept = subset(case.dataset, ~removed)
    row = row.model_copy(update=compare(case.dataset, kept, pool(kept, case.model), case.whole))
    said = EVERYBODY_REMOVED if removed.all() else None if removed.any() else NOBODY_REMOVED
    return row.model_copy(update={"message": said or row.message})


def plot_baujat(case: Case) -> Part:
    """Give the points of the Baujat plot."""
    if not case.params.baujat or case.dataset.k < 2:
        return Part()
    try:
        points = engine.baujat(case.dataset.yi, case.dataset.vi, tau2_method=case.model.tau2_method)
    except engine.NotConverged as error:
        return Part(messages=(f"There is no Baujat plot: {error}.",))
    rows = tuple(
        BaujatRow(name=effect.id, label=effect.label, heterogeneity=finite(x), influence=finite(y))
        for effect, x, y in zip(case.dataset.effects, points.x, points.y, strict=True)
    )
    figure = ScatterFigure(
        title=case.title("Baujat plot"),
        rows="baujat",
        x="heterogeneity",
        y="influence",
        x_label="Contribution to heterogeneity",
        y_label="Influence on the pooled estimate",
    )
    return Part(fields={"baujat": rows}, figures=(figure,))
