"""The funnel plot: effects against their standard errors, studies filled in, and Egger's line."""

from math import sqrt

import numpy as np

from analysis import engine
from analysis.contract import MEASURE_NAMES, Frozen, ScatterFigure
from analysis.engine.distributions import critical_value
from plugins.small_study_effects.adjusted import fill
from plugins.small_study_effects.case import Case, why_not_asymmetry


class FunnelPoint(Frozen):
    """An effect, scale of the measure, and its standard error; `is_filled` where trim and fill added it."""

    name: str
    label: str
    estimate: float
    se: float
    is_filled: bool = False


class LinePoint(Frozen):
    """A point of a line of the funnel plot."""

    name: str
    estimate: float
    se: float


def draw_points(case: Case) -> tuple[FunnelPoint, ...]:
    """Give the effects, and what trim and fill (L0) adds where it applies."""
    points = [
        FunnelPoint(name=effect.id, label=effect.label, estimate=effect.yi, se=sqrt(effect.vi))
        for effect in case.dataset.effects
    ]
    if why_not_asymmetry(case):
        return tuple(points)
    try:
        filled = fill(case, estimator="L0")
    except engine.EngineError:
        return tuple(points)
    added = zip(filled.yi[filled.is_filled], filled.vi[filled.is_filled], strict=True)
    points += [
        FunnelPoint(
            name=f"filled-{number}",
            label=f"Filled in {number}",
            estimate=float(yi),
            se=sqrt(float(vi)),
            is_filled=True,
        )
        for number, (yi, vi) in enumerate(added, start=1)
    ]
    return tuple(points)


def draw_egger_line(case: Case) -> tuple[LinePoint, ...]:
    """Give both ends of the line of the classical test, from a standard error of 0; empty where it does not apply."""
    if why_not_asymmetry(case):
        return ()
    try:
        fit = engine.egger_lm(case.yi, case.vi)
    except engine.EngineError:
        return ()
    largest = sqrt(float(np.max(case.vi)))
    return tuple(
        LinePoint(name=f"egger-{number}", estimate=fit.intercept + fit.slope * se, se=se)
        for number, se in enumerate((0.0, largest), start=1)
    )


def draw_limits(case: Case) -> tuple[LinePoint, ...]:
    """Give the triangle in which effects lie, at the level of the intervals, where studies differ by chance only."""
    if case.estimate is None:
        return ()
    largest = sqrt(float(np.max(case.vi)))
    reach = float(critical_value(case.params.level)) * largest
    ends = ((case.estimate - reach, largest), (case.estimate, 0.0), (case.estimate + reach, largest))
    return tuple(
        LinePoint(name=f"limit-{number}", estimate=estimate, se=se)
        for number, (estimate, se) in enumerate(ends, start=1)
    )


def draw_funnel(case: Case) -> ScatterFigure:
    """Give the funnel plot."""
    return ScatterFigure(
        title=f"{case.dataset.outcome.name}: funnel plot",
        rows="funnel",
        x="estimate",
        y="se",
        lines=("funnel_limits", "egger_line"),
        x_label=MEASURE_NAMES[case.dataset.measure],
        y_label="Standard error",
        x_value=case.estimate,
        is_x_ratio=case.dataset.is_ratio,
        is_y_downward=True,
    )
