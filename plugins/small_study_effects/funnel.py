"""The funnel plot: effects against their standard errors, studies filled in, and Egger's line."""

from math import sqrt

import numpy as np

from analysis import engine
from analysis.contract import MEASURE_NAMES, Frozen, ScatterFigure
from analysis.engine.distributions import critical_value
from plugins.small_study_effects.adjusted import NULL, fill
from plugins.small_study_effects.case import Case, why_not_asymmetry

# Peters et al. (2008), doi:10.1016/j.jclinepi.2007.11.010: from which p value on each area is, from the inner one.
P_VALUES = (0.1, 0.05, 0.01)
P_LABELS = ("0.05 < p < 0.1", "0.01 < p < 0.05", "p < 0.01")
# Areas go on below the largest standard error, to the edge of the plot.
BEYOND = 1.1


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


class ContourPoint(Frozen):
    """A corner of an area in which effects have p values of a range (no effect against some); None goes on for ever."""

    name: str
    label: str
    area: str
    se: float
    left: float | None
    right: float | None


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


def draw_contours(case: Case) -> tuple[ContourPoint, ...]:
    """Give the areas of p values below 0.1, 0.05 and 0.01 around no effect (Peters et al. 2008), both sides of each."""
    if not case.dataset.k:
        return ()
    lowest = BEYOND * sqrt(float(np.max(case.vi)))
    edges = [float(critical_value(1.0 - p_value)) for p_value in P_VALUES]
    points = []
    for place, label in enumerate(P_LABELS):
        outer = edges[place + 1] if place + 1 < len(edges) else None
        for side, sign in (("left", -1.0), ("right", 1.0)):
            for end, se in (("top", 0.0), ("bottom", lowest)):
                near, far = NULL + sign * edges[place] * se, None if outer is None else NULL + sign * outer * se
                left, right = (near, far) if sign > 0 else (far, near)
                name = f"contour-{place + 1}-{side}"
                points.append(ContourPoint(name=f"{name}-{end}", label=label, area=name, se=se, left=left, right=right))
    return tuple(points)


def draw_funnel(case: Case) -> ScatterFigure:
    """Give the funnel plot."""
    return ScatterFigure(
        title=f"{case.dataset.outcome.name}: funnel plot",
        rows="funnel",
        x="estimate",
        y="se",
        lines=("funnel_limits", "egger_line"),
        line_labels=(f"Where {100 * case.params.level:.6g}% of studies lie by chance only", "Egger's line"),
        is_open="is_filled",
        open_label="Filled in by trim and fill",
        areas="funnel_contours",
        x_label=MEASURE_NAMES[case.dataset.measure],
        y_label="Standard error",
        x_value=case.estimate,
        is_x_ratio=case.dataset.is_ratio,
        is_y_downward=True,
    )
