"""How probable it is that the true effect is a benefit larger than a number, for every number."""

from collections.abc import Sequence

import numpy as np

from analysis.contract import Dataset, ScatterFigure
from analysis.engine.relevance import probability_beyond
from plugins.clinical_relevance.pooled import Distribution
from plugins.clinical_relevance.result import LABELS, CurvePoint, MarkedPoint, MarkedValue

# The curves reach so many standard deviations of the widest distribution beyond the estimate, in so many steps.
REACH, STEPS = 3.0, 60
NAMES = {"mean": "Mean effect", "predictive": "New study"}


def draw_curve(distribution: Distribution | None, *, sign: float, low: float, high: float) -> tuple[CurvePoint, ...]:
    """Give the curve of one distribution from `low` to `high`; empty without one."""
    if distribution is None:
        return ()
    return tuple(
        CurvePoint(name=f"{distribution.name}-{number}", x=x, probability=_beyond(distribution, x, sign))
        for number, x in enumerate(np.linspace(low, high, STEPS + 1).tolist(), start=1)
    )


def draw_marks(distributions: Sequence[Distribution], *, sign: float, mcid: float | None) -> tuple[MarkedPoint, ...]:
    """Give the chance of a benefit, and of one beyond the smallest important difference, by each distribution."""
    values = (("benefit", "any benefit", 0.0), ("mcid", "beyond MCID", mcid))
    return tuple(
        MarkedPoint(
            name=f"{each.name}-{name}",
            label=f"{NAMES[each.name]}: {words}",
            x=x,
            probability=_beyond(each, x, sign),
        )
        for each in distributions
        for name, words, x in values
        if x is not None
    )


def mark_values(mcid: float | None) -> tuple[MarkedValue, ...]:
    """Give what is marked on the axis: no effect, and the smallest important difference to both sides."""
    marked = [MarkedValue(name="null", label="No effect", x=0.0)]
    if mcid is not None:
        marked.append(MarkedValue(name="mcid", label="Smallest important difference (MCID)", x=mcid))
        marked.append(MarkedValue(name="harm", label="The same as a harm", x=-mcid))
    return tuple(marked)


def reach_of(distributions: Sequence[Distribution], *, sign: float, mcid: float | None) -> tuple[float, float]:
    """Give from where to where the curves are drawn: all that is likely, and what is marked."""
    ends = [sign * each.mean + side * REACH * each.sd for each in distributions for side in (-1.0, 1.0)]
    ends += [0.0] if mcid is None else [-1.1 * mcid, 1.1 * mcid]
    return min(ends), max(ends)


def draw_probability(dataset: Dataset) -> ScatterFigure:
    """Give the figure of the curves."""
    unit = dataset.outcome.unit if dataset.measure == "MD" else "standard deviations"
    return ScatterFigure(
        title=f"{dataset.outcome.name}: chance that the true benefit is larger than a number",
        rows="probability_marks",
        x="x",
        y="probability",
        lines=("probability_mean", "probability_predictive"),
        line_labels=(LABELS["mean"], LABELS["predictive"]),
        x_lines="probability_values",
        x_label=f"Benefit{f' ({unit})' if unit else ''}; what is below 0 is harm",
        y_label="Chance of a larger benefit",
        is_y_share=True,
    )


def _beyond(distribution: Distribution, x: float, sign: float) -> float:
    """Give the chance of a benefit above x."""
    good = sign * distribution.mean
    return float(probability_beyond(x, mean=good, sd=distribution.sd, df=distribution.df))
