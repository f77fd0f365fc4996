"""The estimate without each study, and without each group of studies, in turn.

References
----------
Viechtbauer and Cheung (2010), doi:10.1002/jrsm.11.
"""

import numpy as np

from analysis.contract import Fact, forest_figure
from plugins.sensitivity.comparison import Compared, Mask, compare, pool_subsets, subset
from plugins.sensitivity.part import SUMMARY, Case, Part

NOTHING_LEFT_OUT = "Leaving out each study in turn needs at least two studies."
ONE_GROUP = "All studies are in one group of “{field}”, so that leaving it out would leave none."
NO_GROUP = "No study has a known value of “{field}”."
UNKNOWN_GROUP = "Studies without a known value of “{field}” stay in whatever group is left out."


def leave_one_out(case: Case) -> Part:
    """Give the estimate without each study in turn; a study with several effects leaves with all of them."""
    if not case.params.leave_one_out:
        return Part()
    labels = {effect.study: effect.label for effect in reversed(case.dataset.effects)}
    studies = list(dict.fromkeys(effect.study for effect in case.dataset.effects))
    figure = forest_figure(
        case.dataset, title=case.title("without each study in turn"), rows="leave_one_out", **SUMMARY
    )
    if len(studies) < 2:
        return Part(figures=(figure,), messages=(NOTHING_LEFT_OUT,) if studies else ())
    masks = np.array([[effect.study != study for effect in case.dataset.effects] for study in studies])
    rows = _rows(case, {study: f"Without {labels[study]}" for study in studies}, masks)
    changing = ", ".join(labels[row.name] for row in rows if row.conclusion_changes)
    return Part(
        fields={"leave_one_out": rows},
        figures=(figure,),
        messages=(f"The conclusion changes without: {changing}.",) if changing else (),
    )


def leave_one_group_out(case: Case) -> Part:
    """Give the estimate without each group of effects in turn; an effect may be in several groups."""
    field = case.params.group_field
    if not field or not case.dataset.k:
        return Part()
    unknown = case.unknown_field(field)
    if unknown:
        return Part(messages=(unknown,))
    members = [groups_of(case.dataset.fact(effect, field)) for effect in case.dataset.effects]
    groups = sorted({group for own in members for group in own})
    if not groups:
        return Part(messages=(NO_GROUP.format(field=field),))
    leaves_some = [group for group in groups if not all(group in own for own in members)]
    if not leaves_some:
        return Part(messages=(ONE_GROUP.format(field=field),))
    masks = np.array([[group not in own for own in members] for group in leaves_some])
    rows = _rows(case, {group: f"Without {group}" for group in leaves_some}, masks)
    title = case.title(f"without each group of “{field}” in turn")
    return Part(
        fields={"leave_one_group_out": rows},
        figures=(forest_figure(case.dataset, title=title, rows="leave_one_group_out", **SUMMARY),),
        messages=() if all(members) else (UNKNOWN_GROUP.format(field=field),),
    )


def groups_of(fact: Fact) -> tuple[str, ...]:
    """Give the names of the groups that a value puts an effect into; none where it is not known."""
    if fact is None:
        return ()
    if isinstance(fact, tuple):
        return fact
    if isinstance(fact, bool):
        return ("yes",) if fact else ("no",)
    return (f"{fact:g}",) if isinstance(fact, float | int) else (fact,)


def _rows(case: Case, labels: dict[str, str], masks: Mask) -> tuple[Compared, ...]:
    """Give one row for each subset, by name and label."""
    pooled = pool_subsets(case.dataset, masks, case.model)
    return tuple(
        Compared(name=name, label=label).model_copy(
            update=compare(case.dataset, subset(case.dataset, mask), some, case.whole)
        )
        for (name, label), mask, some in zip(labels.items(), masks, pooled, strict=True)
    )
