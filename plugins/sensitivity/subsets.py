"""GOSH: the estimates of many subsets of the effects, summarised.

References
----------
Olkin, Dahabreh and Trikalinos (2012), doi:10.1002/jrsm.1053.
"""

import numpy as np

from analysis.contract import Frozen, ScatterFigure
from plugins.sensitivity.part import Case, Part
from plugins.sensitivity.subset_parts import Subsets, join_subsets

TOO_FEW = "Pooling subsets of the effects (GOSH) needs at least two effects."
MOST_POINTS = 500
QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)


class QuantileRow(Frozen):
    """How a number is distributed over the subsets; i2 and tau2 over those of at least two effects."""

    name: str
    label: str
    minimum: float
    quantile_025: float
    quantile_250: float
    median: float
    quantile_750: float
    quantile_975: float
    maximum: float


class SplitRow(Frozen):
    """What the presence of one effect does to the subsets; `split` is the difference of means in their SDs."""

    name: str
    label: str
    mean_with: float | None
    mean_without: float | None
    difference: float | None
    split: float | None


class SubsetPoint(Frozen):
    """One subset of the thinned sample."""

    name: str
    label: str
    k: int
    estimate: float
    i2: float


class GoshSummary(Frozen):
    """The subsets in a few numbers; shares are of the subsets with an interval."""

    subsets_count: int
    is_complete: bool
    with_interval_count: int
    conclusion_differs_share: float | None
    below_null_share: float | None
    above_null_share: float | None
    splits_most: str | None


def pool_all_subsets(case: Case) -> Part:
    """Give the summary of the subsets, which effect splits them most, and points for a plot."""
    if not case.params.gosh or case.dataset.k == 0:
        return Part()
    if case.dataset.k == 1:
        return Part(messages=(TOO_FEW,))
    problem = next((answer.problem for answer in case.subsets if answer.problem), None)
    if problem is not None:
        return Part(messages=(f"Subsets of the effects are not pooled: {problem}.",))
    subsets = join_subsets(case.dataset, case.params, case.subsets)
    splits = split_by_effect(case, subsets)
    figure = ScatterFigure(
        title=case.title("subsets of the studies (GOSH)"),
        rows="gosh_points",
        x="estimate",
        y="i2",
        label="",
        x_label="Estimate of the subset",
        y_label="I² of the subset",
        x_value=case.whole.estimate,
        is_x_ratio=case.dataset.is_ratio,
    )
    return Part(
        fields={
            "gosh": _summarise(case, subsets, splits),
            "gosh_quantiles": _quantiles(subsets),
            "gosh_splits": splits,
            "gosh_points": _thin(subsets, seed=case.params.gosh_seed),
        },
        figures=(figure,),
    )


def _summarise(case: Case, subsets: Subsets, splits: tuple[SplitRow, ...]) -> GoshSummary:
    """Give the subsets in a few numbers."""
    count, below, above = subsets.with_interval, subsets.below_null, subsets.above_null
    differs = {"below_null": count - below, "above_null": count - above, "includes_null": below + above}
    known = [row for row in splits if row.split is not None]
    most = max(known, key=lambda row: abs(row.split or 0.0), default=None)
    conclusion = case.whole.conclusion if count else None
    return GoshSummary(
        subsets_count=int(subsets.k.size),
        is_complete=subsets.is_complete,
        with_interval_count=count,
        conclusion_differs_share=differs[conclusion] / count if conclusion else None,
        below_null_share=below / count if count else None,
        above_null_share=above / count if count else None,
        splits_most=most.label if most else None,
    )


def _quantiles(subsets: Subsets) -> tuple[QuantileRow, ...]:
    """Give the distributions of estimate, tau2 and i2."""
    is_several = subsets.k > 1
    columns = {
        "estimate": ("Estimate", subsets.estimate),
        "tau2": ("Variance between studies", subsets.tau2[is_several]),
        "i2": ("I²", subsets.i2[is_several]),
    }
    fields = ("quantile_025", "quantile_250", "median", "quantile_750", "quantile_975")
    return tuple(
        QuantileRow(
            name=name,
            label=label,
            minimum=float(values.min()),
            maximum=float(values.max()),
            **dict(zip(fields, np.quantile(values, QUANTILES).tolist(), strict=True)),
        )
        for name, (label, values) in columns.items()
        if values.size
    )


def split_by_effect(case: Case, subsets: Subsets) -> tuple[SplitRow, ...]:
    """Give for each effect the mean estimate of the subsets with and without it."""
    spread = float(np.std(subsets.estimate))
    rows = []
    for effect, is_in in zip(case.dataset.effects, subsets.included.T, strict=True):
        inside, outside = subsets.estimate[is_in], subsets.estimate[~is_in]
        with_it = float(inside.mean()) if inside.size else None
        without = float(outside.mean()) if outside.size else None
        difference = None if with_it is None or without is None else with_it - without
        rows.append(
            SplitRow(
                name=effect.id,
                label=effect.label,
                mean_with=with_it,
                mean_without=without,
                difference=difference,
                split=difference / spread if difference is not None and spread > 0.0 else None,
            )
        )
    return tuple(rows)


def _thin(subsets: Subsets, *, seed: int) -> tuple[SubsetPoint, ...]:
    """Give at most 500 subsets of at least two effects, drawn by the seed, in their order."""
    several = np.flatnonzero(subsets.k > 1)
    if several.size > MOST_POINTS:
        several = np.sort(np.random.default_rng(seed).choice(several, MOST_POINTS, replace=False))
    return tuple(
        SubsetPoint(
            name=f"subset-{row + 1}",
            label=f"Subset {row + 1}",
            k=int(subsets.k[row]),
            estimate=float(subsets.estimate[row]),
            i2=float(subsets.i2[row]),
        )
        for row in several
    )
