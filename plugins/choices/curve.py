"""The specification curve: all combinations in the order of their estimates, thinned for a plot."""

import numpy as np

from analysis.contract import MEASURE_NAMES, Dataset, ScatterFigure, SpecificationFigure
from plugins.choices.pooling import NULL, row_of
from plugins.choices.result import CurvePoint
from plugins.choices.summary import Multiverse, log10_p

MOST_POINTS = 400
OWN = "The analysis itself"


def draw_points(multiverse: Multiverse) -> tuple[CurvePoint, ...]:
    """Give the pooled combinations in the order of their estimates, evenly thinned to 400 with the first and last.

    The label of a combination is what it does not share with the analysis itself.
    """
    outcomes = multiverse.outcomes
    pooled = np.flatnonzero(outcomes.is_pooled)
    ordered = pooled[np.argsort(outcomes.estimate[pooled], kind="stable")]
    ranks = np.unique(np.linspace(0, ordered.size - 1, min(ordered.size, MOST_POINTS)).round().astype(np.intp))
    minus_log10_p = -log10_p(outcomes.p_value[ordered])
    points = []
    for rank in ranks.tolist():
        row = int(ordered[rank])
        taken = list(zip(multiverse.space.factors, multiverse.combinations.codes[row].tolist(), strict=True))
        changed = [factor.label(factor.options[code]) for factor, code in taken if code != factor.own_code]
        points.append(
            CurvePoint(
                name=f"combination-{rank + 1}",
                label="; ".join(changed) or OWN,
                rank=rank + 1,
                minus_log10_p=float(minus_log10_p[rank]) + 0.0,  # no minus before a zero
                options=tuple(factor.label(factor.options[code]) for factor, code in taken),
                **dict(row_of(outcomes, row, multiverse.own.conclusion)),
            )
        )
    return tuple(points)


def draw_figures(dataset: Dataset, multiverse: Multiverse) -> tuple[SpecificationFigure, ScatterFigure]:
    """Give the specification curve with the panel of choices below, and the plot of estimates against p values."""
    name, measure = dataset.outcome.name, MEASURE_NAMES[dataset.measure]
    curve = SpecificationFigure(
        title=f"{name}: specification curve",
        rows="curve",
        choices="options",
        own="estimate",
        x_label="Combinations in the order of their estimates",
        y_label=measure,
        null_value=NULL,
        is_ratio=dataset.is_ratio,
    )
    vibration = ScatterFigure(
        title=f"{name}: vibration of the estimate and its p value",
        rows="curve",
        x="estimate",
        y="minus_log10_p",
        x_label=measure,
        y_label="−log10 of the p value",
        x_value=multiverse.own.estimate,
        is_x_ratio=dataset.is_ratio,
        is_named=False,
    )
    return (curve, vibration)
