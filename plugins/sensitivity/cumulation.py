"""The estimate as studies are added one by one.

References
----------
Lau et al. (1992), doi:10.1056/NEJM199207233270406.
"""

from typing import Any

import numpy as np

from analysis.contract import Dataset, Effect, Fact, forest_figure
from plugins.sensitivity.comparison import Compared, compare, pool_subsets, subset
from plugins.sensitivity.part import SUMMARY, Case, Part

PRECISION = "precision"
NO_ORDER = "No study has a known value of “{field}”, so that studies cannot be added in its order."
NOT_ORDERED = "The values of “{field}” are of several kinds, so that studies cannot be added in its order."
SOME_LEFT_OUT = "Studies without a known value of “{field}” are not in the cumulative analysis."


class CumulativeRow(Compared):
    """The estimate of the studies so far; `added` is the value of the last one in the order."""

    added: Fact = None


def cumulate(case: Case) -> Part:
    """Give the estimate of the first 1, 2, ... effects in an order; equal values go by label."""
    field = case.params.cumulative_by
    if not case.params.cumulative or not case.dataset.k:
        return Part()
    unknown = None if field == PRECISION else case.unknown_field(field)
    if unknown:
        return Part(messages=(unknown,))
    known = [effect for effect in case.dataset.effects if _value(case.dataset, effect, field) is not None]
    if not known:
        return Part(messages=(NO_ORDER.format(field=field),))
    try:
        ordered = _put_in_order(case, known, field)
    except TypeError:
        return Part(messages=(NOT_ORDERED.format(field=field),))
    title = case.title(f"studies added by {field}")
    return Part(
        fields={"cumulative": _rows(case, ordered, field)},
        figures=(forest_figure(case.dataset, title=title, rows="cumulative", **SUMMARY),),
        messages=() if len(known) == case.dataset.k else (SOME_LEFT_OUT.format(field=field),),
    )


def _value(dataset: Dataset, effect: Effect, field: str) -> Fact:
    """Give the value by which an effect is ordered; for precision its sampling variance, the smallest first."""
    return effect.vi if field == PRECISION else dataset.fact(effect, field)


def _put_in_order(case: Case, effects: list[Effect], field: str) -> list[Effect]:
    """Give the effects in the order of adding; judgements of risk of bias go from the best to the worst."""
    levels = case.dataset.rob_levels

    def key(effect: Effect) -> Any:
        """Give what decides the place of an effect."""
        value = _value(case.dataset, effect, field)
        return levels.index(value) if field.startswith("rob.") and value in levels else value

    by_label = sorted(effects, key=lambda effect: (effect.label, effect.id))
    return sorted(by_label, key=key, reverse=case.params.cumulative_descending)


def _rows(case: Case, ordered: list[Effect], field: str) -> tuple[CumulativeRow, ...]:
    """Give one row for each effect added."""
    sofar = case.dataset.model_copy(update={"effects": tuple(ordered)})
    masks = np.tri(len(ordered), dtype=np.bool_)
    rows = []
    for effect, mask, pooled in zip(ordered, masks, pool_subsets(sofar, masks, case.model), strict=True):
        row = CumulativeRow(name=effect.id, label=f"+ {effect.label}", added=_value(case.dataset, effect, field))
        rows.append(row.model_copy(update=compare(case.dataset, subset(sofar, mask), pooled, case.whole)))
    return tuple(rows)
