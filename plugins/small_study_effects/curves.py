"""The radial plot, and p-value functions of the studies and of their summary.

References
----------
Galbraith (1988), doi:10.1002/sim.4780070807; Ruecker and Schwarzer (2021), doi:10.1002/jrsm.1435.
"""

from math import sqrt

import numpy as np

from analysis import engine
from analysis.contract import MEASURE_NAMES, DraperyFigure, Frozen, ScatterFigure
from analysis.engine.distributions import critical_value, two_sided_p_values
from plugins.small_study_effects.adjusted import pool_effects
from plugins.small_study_effects.case import Case

# A curve goes so far to both sides that what is left out has p values below this, in so many steps.
SMALLEST_P, STEPS = 0.001, 40


class RadialPoint(Frozen):
    """An effect and its standard error, scale of the measure; 1 / se, and the effect divided by se."""

    name: str
    label: str
    estimate: float
    se: float
    precision: float
    statistic: float


class RadialLine(Frozen):
    """A point of the line through the origin whose slope is the common-effect estimate; 95% of studies in the band."""

    name: str
    precision: float
    statistic: float
    band_lower: float
    band_upper: float


class CurvePoint(Frozen):
    """The two-sided p value of the test that the effect is x."""

    name: str
    x: float
    p_value: float


def list_radial(case: Case) -> tuple[RadialPoint, ...]:
    """Give the points of the radial plot."""
    return tuple(
        RadialPoint(
            name=effect.id,
            label=effect.label,
            estimate=effect.yi,
            se=sqrt(effect.vi),
            precision=1.0 / sqrt(effect.vi),
            statistic=effect.yi / sqrt(effect.vi),
        )
        for effect in case.dataset.effects
    )


def draw_radial_line(case: Case) -> tuple[RadialLine, ...]:
    """Give both ends of the line of the common-effect estimate and of its band; none where there is no estimate."""
    if not case.dataset.k:
        return ()
    try:
        slope = engine.pool(case.yi, case.vi, tau2_method="CE", ci_method="wald").estimate
    except engine.EngineError:
        return ()
    furthest, reach = 1.0 / sqrt(float(np.min(case.vi))), float(critical_value(case.params.level))
    return tuple(
        RadialLine(
            name=f"radial-{number}",
            precision=x,
            statistic=slope * x,
            band_lower=slope * x - reach,
            band_upper=slope * x + reach,
        )
        for number, x in enumerate((0.0, furthest), start=1)
    )


def draw_summary_curve(case: Case) -> tuple[CurvePoint, ...]:
    """Give the p-value function of the pooled estimate, with its own distribution; empty where nothing is pooled."""
    fit = _pooled(case)
    return () if fit is None else _curve("summary", fit.estimate, fit.se, fit.df)


def draw_prediction_curve(case: Case) -> tuple[CurvePoint, ...]:
    """Give the p-value function of the effect in a new study; empty without a prediction interval."""
    fit = _pooled(case)
    if fit is None or fit.pi_lower is None or fit.pi_upper is None:
        return ()
    reach = (fit.pi_upper - fit.pi_lower) / 2.0
    scale = reach / float(critical_value(fit.level, df=fit.pi_df))
    return _curve("prediction", fit.estimate, scale, fit.pi_df)


def _pooled(case: Case) -> engine.Pooled | None:
    """Give the pooled estimate, None where there is none."""
    if not case.dataset.k:
        return None
    try:
        return pool_effects(case)[0]
    except engine.EngineError:
        return None


def _curve(name: str, estimate: float, se: float, df: int | None) -> tuple[CurvePoint, ...]:
    """Give a curve from one small p value over the estimate to the other."""
    reach = float(critical_value(1.0 - SMALLEST_P, df=df))
    statistics = np.linspace(-reach, reach, 2 * STEPS + 1)
    p_values = two_sided_p_values(statistics, df=df)
    return tuple(
        CurvePoint(name=f"{name}-{number}", x=estimate + se * statistic, p_value=p_value)
        for number, (statistic, p_value) in enumerate(zip(statistics.tolist(), p_values.tolist(), strict=True), start=1)
    )


def draw_radial(case: Case) -> ScatterFigure:
    """Give the radial plot."""
    return ScatterFigure(
        title=f"{case.dataset.outcome.name}: radial plot (Galbraith)",
        rows="radial",
        x="precision",
        y="statistic",
        lines=("radial_line",),
        line_labels=("Common-effect estimate",),
        band_lower="band_lower",
        band_upper="band_upper",
        band_label=f"Where {100 * case.params.level:.6g}% of studies lie by chance only",
        x_label="Precision, 1 / standard error",
        y_label=f"{MEASURE_NAMES[case.dataset.measure]} / standard error",
        x_value=0.0,
        y_value=0.0,
    )


def draw_drapery(case: Case) -> DraperyFigure:
    """Give the drapery plot."""
    return DraperyFigure(
        title=f"{case.dataset.outcome.name}: p-value functions (drapery plot)",
        rows="radial",
        lines=("summary_curve", "prediction_curve"),
        line_labels=("All studies together", "True effect in a new study"),
        x_label=MEASURE_NAMES[case.dataset.measure],
        is_ratio=case.dataset.is_ratio,
    )
