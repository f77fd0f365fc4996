"""What the combinations give taken together: shares, quantiles, and which choice matters most."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.contract import Dataset
from analysis.engine.multiverse import Combinations, VarianceShares, explain_variance
from plugins.choices.pooling import NULL, Outcomes, conclude, row_of
from plugins.choices.result import (
    ChangeRow,
    ChoiceRow,
    Conclusion,
    Importance,
    OptionRow,
    Pooled,
    QuantileRow,
    StudyRow,
    Vibration,
)
from plugins.choices.space import Array, Codes, Factor, Space

QUANTILES = (0.025, 0.25, 0.5, 0.75, 0.975)
QUANTILE_FIELDS = ("quantile_025", "quantile_250", "median", "quantile_750", "quantile_975")
DISTRIBUTED = {
    "estimate": "Estimate",
    "ci_lower": "Lower confidence limit",
    "ci_upper": "Upper confidence limit",
    "p_value": "p value",
    "k": "Number of effects",
}
# The vibration of effects is told by the 1st and 99th percentile (Patel et al. 2015).
PERCENTILES = (0.01, 0.99)
SMALLEST_P = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class Multiverse:
    """All combinations with what they give, and the analysis's own."""

    space: Space
    combinations: Combinations
    outcomes: Outcomes
    own: Pooled

    @property
    def pooled(self) -> Outcomes:
        """The combinations in which something is pooled."""
        return self.outcomes.take(self.outcomes.is_pooled)

    @property
    def changes(self) -> Array:
        """Whether the conclusion is not the own one: 1 or 0, NaN where there is none; shape (b,)."""
        if self.own.conclusion is None:
            return np.full(self.outcomes.k.size, np.nan)
        side = self.outcomes.side
        own = {"below_null": -1.0, "includes_null": 0.0, "above_null": 1.0}[self.own.conclusion]
        return np.where(np.isnan(side), np.nan, (side != own).astype(np.float64))


def count_up(multiverse: Multiverse) -> dict[str, Any]:
    """Give the counts and shares over all combinations."""
    pooled, combinations = multiverse.pooled, multiverse.combinations
    side = pooled.side
    return {
        "possible_count": combinations.total,
        "combinations_count": combinations.codes.shape[0],
        "is_complete": combinations.is_complete,
        "pooled_count": int(side.size),
        "not_pooled_count": int(multiverse.outcomes.k.size - side.size),
        "conclusion_changes_share": mean_of(multiverse.changes),
        "significant_share": mean_of(side != 0.0),
        "below_null_share": mean_of(side < 0.0),
        "above_null_share": mean_of(side > 0.0),
    }


def mean_of(values: Any) -> float | None:
    """Give the mean of the values that are known; None where there is none."""
    numbers = np.asarray(values, dtype=np.float64)
    known = numbers[~np.isnan(numbers)]
    return float(np.mean(known)) if known.size else None


def describe_distribution(multiverse: Multiverse) -> tuple[QuantileRow, ...]:
    """Give the quantiles of what the combinations give."""
    pooled = multiverse.pooled
    if not pooled.k.size:
        return ()
    rows = []
    for name, label in DISTRIBUTED.items():
        values = getattr(pooled, name)
        quantiles = dict(zip(QUANTILE_FIELDS, np.quantile(values, QUANTILES).tolist(), strict=True))
        ends = {"minimum": float(values.min()), "maximum": float(values.max())}
        rows.append(QuantileRow(name=name, label=label, **ends, **quantiles))
    return tuple(rows)


def measure_vibration(multiverse: Multiverse) -> Vibration | None:
    """Give the vibration of effects; None where nothing is pooled."""
    pooled = multiverse.pooled
    if not pooled.k.size:
        return None
    low, high = np.quantile(pooled.estimate, PERCENTILES).tolist()
    p_low, p_high = np.quantile(log10_p(pooled.p_value), PERCENTILES).tolist()
    return Vibration(
        estimate_quantile_010=low,
        estimate_quantile_990=high,
        estimate_spread=high - low,
        p_value_log10_spread=p_high - p_low,
        estimate_below_null_share=float(np.mean(pooled.estimate < NULL)),
        estimate_above_null_share=float(np.mean(pooled.estimate > NULL)),
    )


def log10_p(p_value: Array) -> Array:
    """Give logarithms to base 10; a p value of 0 is the smallest number that there is."""
    return np.asarray(np.log10(np.maximum(p_value, SMALLEST_P)))


def compare_with_mcid(multiverse: Multiverse, dataset: Dataset) -> Importance | None:
    """Give the combinations against the smallest important difference; None where there is none for the measure."""
    mcid = dataset.outcome.mcid_between if dataset.measure == "MD" else None
    pooled, own = multiverse.pooled, multiverse.own.estimate
    if not mcid or not pooled.k.size:
        return None
    mcid = abs(mcid)
    beyond = np.where(np.abs(pooled.estimate) >= mcid, np.sign(pooled.estimate), 0.0)
    own_beyond = None if own is None else float(np.sign(own)) * (abs(own) >= mcid)
    return Importance(
        mcid=mcid,
        is_own_beyond=None if own_beyond is None else own_beyond != 0.0,
        estimate_beyond_share=float(np.mean(beyond != 0.0)),
        interval_beyond_share=float(np.mean((pooled.ci_upper <= -mcid) | (pooled.ci_lower >= mcid))),
        changes_share=None if own_beyond is None else float(np.mean(beyond != own_beyond)),
    )


def list_options(multiverse: Multiverse) -> tuple[OptionRow, ...]:
    """Give all combinations with each option."""
    return tuple(
        _option(multiverse, place, factor, code)
        for place, factor in enumerate(multiverse.space.factors)
        for code in range(len(factor.options))
    )


def _option(multiverse: Multiverse, place: int, factor: Factor, code: int) -> OptionRow:
    """Give all combinations with one option."""
    option = factor.options[code]
    has_it = multiverse.combinations.codes[:, place] == code
    found = multiverse.outcomes.take(has_it & multiverse.outcomes.is_pooled)
    side, is_any = found.side, bool(found.k.size)
    return OptionRow(
        name=f"{factor.name}:{option}",
        label=factor.label(option),
        choice=factor.name,
        option=option,
        is_own=option == factor.own,
        combinations_count=int(np.count_nonzero(has_it)),
        pooled_count=int(found.k.size),
        estimate_mean=mean_of(found.estimate),
        estimate_minimum=float(found.estimate.min()) if is_any else None,
        estimate_maximum=float(found.estimate.max()) if is_any else None,
        conclusion_changes_share=mean_of(multiverse.changes[has_it]),
        below_null_share=mean_of(side < 0.0),
        above_null_share=mean_of(side > 0.0),
    )


def list_choices(multiverse: Multiverse, options: tuple[OptionRow, ...]) -> tuple[ChoiceRow, ...]:
    """Give each choice with the variance that it explains; those that matter most to the estimate come first."""
    estimate = explain_variance(multiverse.outcomes.estimate, multiverse.combinations)
    conclusion = explain_variance(multiverse.changes, multiverse.combinations)
    rows = []
    for place, factor in enumerate(multiverse.space.factors):
        own = [row for row in options if row.choice == factor.name]
        rows.append(
            ChoiceRow(
                name=factor.name,
                label=factor.title,
                kind=factor.kind,
                options=factor.options,
                own=factor.own,
                studies_count=factor.studies,
                **_shares("estimate", estimate, place),
                **_shares("conclusion", conclusion, place),
                estimate_range=_range([row.estimate_mean for row in own]),
                conclusion_changes_range=_range([row.conclusion_changes_share for row in own]),
            )
        )
    return tuple(sorted(rows, key=lambda row: -(row.estimate_share or 0.0)))


def _shares(name: str, shares: VarianceShares | None, place: int) -> dict[str, float]:
    if shares is None:
        return {}
    total = {} if shares.total is None else {f"{name}_total_share": float(shares.total[place])}
    return {f"{name}_share": float(shares.main[place])} | total


def _range(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) - min(known) if known else None


def find_most(choices: tuple[ChoiceRow, ...], field: str) -> str | None:
    """Give the title of the choice with the largest share; None where none explains anything."""
    known = [(getattr(row, field), row.label) for row in choices if getattr(row, field)]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def change_codes(space: Space) -> Codes:
    """Give the own combination, and those with one option changed, in the order of factors and options."""
    rows = [space.own[0]]
    for place, factor in enumerate(space.factors):
        for code in range(len(factor.options)):
            if code != factor.own_code:
                rows.append(space.own[0].copy())
                rows[-1][place] = code
    return np.array(rows, dtype=np.intp).reshape(len(rows), len(space.factors))


def list_changes(space: Space, outcomes: Outcomes, own: Pooled) -> tuple[ChangeRow, ...]:
    """Give the combinations with one option changed; `outcomes` are those of `change_codes`."""
    pairs = [(factor, option) for factor in space.factors for option in factor.options if option != factor.own]
    rows = []
    for row, (factor, option) in enumerate(pairs, start=1):
        pooled = row_of(outcomes, row, own.conclusion)
        is_known = pooled.estimate is not None and own.estimate is not None
        rows.append(
            ChangeRow(
                name=f"{factor.name}:{option}",
                label=factor.label(option),
                choice=factor.name,
                option=option,
                difference=pooled.estimate - own.estimate if is_known else None,  # type: ignore[operator]
                **dict(pooled),
            )
        )
    return tuple(rows)


def list_studies(space: Space) -> tuple[StudyRow, ...]:
    """Give the studies that choices change."""
    rows = []
    for source in space.sources:
        if not source.places:
            continue
        sizes = [len(variant) for variant in source.variants]
        estimates = [yi for variant in source.variants for yi, _ in variant]
        rows.append(
            StudyRow(
                name=source.name,
                label=source.label,
                choices=tuple(space.factors[place].title for place in source.places),
                variants_count=len(source.variants),
                least_effects=min(sizes),
                most_effects=max(sizes),
                estimate_minimum=min(estimates, default=None),
                estimate_maximum=max(estimates, default=None),
            )
        )
    return tuple(rows)


def own_conclusion(outcomes: Outcomes) -> Conclusion | None:
    """Give the conclusion of the first combination."""
    return conclude(float(outcomes.side[0]))
