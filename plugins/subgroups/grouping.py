"""Which effect belongs to which group."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from analysis.contract import Dataset, Fact, UnknownField
from plugins.subgroups.params import Params

NOTHING_TO_POOL = "No study has a result that can be pooled, so that there is nothing to group."
MISSING = "“{field}” is not known for {labels}; they are in no group and not in the estimate of all groups."
NO_GROUP = "“{field}” is not known for any study, so that there are no groups."
NOT_NUMBERS = "“{field}” holds other values than numbers, so that it cannot be cut at points; nothing was grouped."
MANY_VALUES = "“{field}” is a number and each of its values makes a group; give cut points to make fewer groups."


@dataclass(frozen=True, slots=True)
class Grouped:
    """The effects with a known field, the place of each one's group among the labels, and who is left out."""

    dataset: Dataset
    codes: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


def group_effects(dataset: Dataset, params: Params) -> Grouped:
    """Give each effect's group; effects whose field is not known are left out by name."""
    if dataset.k == 0:
        return Grouped(dataset, messages=(NOTHING_TO_POOL,))
    try:
        facts = [dataset.fact(effect, params.field) for effect in dataset.effects]
    except UnknownField as error:
        return Grouped(dataset, messages=(str(error),))
    pairs = [(effect, fact) for effect, fact in zip(dataset.effects, facts, strict=True) if _is_known(fact)]
    left_out = tuple(effect.label for effect, fact in zip(dataset.effects, facts, strict=True) if not _is_known(fact))
    rest = dataset.model_copy(update={"effects": tuple(effect for effect, _ in pairs)})
    known = [fact for _, fact in pairs]
    if not known:
        return Grouped(rest, left_out=left_out, messages=(NO_GROUP.format(field=params.field),))
    said = (MISSING.format(field=params.field, labels=", ".join(left_out)),) if left_out else ()
    are_numbers = all(isinstance(fact, int | float) and not isinstance(fact, bool) for fact in known)
    if params.cut_points and not are_numbers:
        return Grouped(rest, left_out=left_out, messages=(*said, NOT_NUMBERS.format(field=params.field)))
    codes, labels = _cut(known, params.cut_points) if params.cut_points else _sort(known, dataset, params.field)
    if are_numbers and not params.cut_points and len(labels) > 2:
        said = (*said, MANY_VALUES.format(field=params.field))
    return Grouped(rest, codes=codes, labels=labels, left_out=left_out, messages=said)


def _is_known(fact: Fact) -> bool:
    """Whether a fact names a group: an empty text or list does not."""
    return fact is not None and fact not in ("", ())


def _cut(facts: list[Any], points: tuple[float, ...]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Give the groups of numbers: below the first point, from each point to the next, from the last one."""
    between = [f"{one:g} to below {other:g}" for one, other in pairwise(points)]
    labels = [f"below {points[0]:g}", *between, f"{points[-1]:g} and above"]
    places = [int(place) for place in np.searchsorted(points, facts, side="right")]
    used = sorted(set(places))
    return tuple(used.index(place) for place in places), tuple(labels[place] for place in used)


def _sort(facts: list[Any], dataset: Dataset, field: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Give the groups of values: judgements from the best to the worst, numbers by size, others by the alphabet."""
    order = {name: place for place, name in enumerate(dataset.rob_levels)} if field.startswith("rob.") else {}
    are_numbers = all(isinstance(fact, int | float) and not isinstance(fact, bool) for fact in facts)
    texts = [_text(fact) for fact in facts]
    sizes = dict(zip(texts, facts, strict=True)) if are_numbers else {}
    labels = sorted(set(texts), key=lambda text: (order.get(text, len(order)), sizes.get(text, 0.0), text))
    return tuple(labels.index(text) for text in texts), tuple(labels)


def _text(fact: Any) -> str:
    """Give a fact in words."""
    if isinstance(fact, bool):
        return "yes" if fact else "no"
    if isinstance(fact, tuple):
        return " + ".join(sorted(fact))
    return f"{fact:.15g}" if isinstance(fact, int | float) else fact
