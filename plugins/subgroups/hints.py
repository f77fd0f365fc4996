"""What to think of before a difference between the groups is believed.

References
----------
ICEMAN: Schandelmaier et al. (2020), doi:10.1503/cmaj.200077.
"""

from collections.abc import Sequence

from plugins.subgroups.params import Params
from plugins.subgroups.result import Group

ONE_GROUP = "All studies with a known “{field}” are in one group: there is nothing to compare."
SINGLE = (
    "A group of one study is that study with its own normal interval, without any variance between studies, so that "
    "the test of the difference between groups is too sure of itself: {labels}."
)
SMALL_GROUPS = (
    "Fewer than {least} studies are in {labels}; separate variances between studies are poorly known there, and one "
    "common variance is steadier."
)
BETWEEN_STUDIES = (
    "The groups are compared between studies, not within them: other differences between the studies may explain what "
    "is seen."
)
NOT_PLANNED = "This comparison was not planned beforehand: it can suggest a difference between groups, not confirm one."
NO_DIRECTION = "Which group would show the larger effect was not predicted."
MANY_MODIFIERS = "{count} effect modifiers were tested; among so many, some are expected to show differences by chance."
# The largest p value of each sentence; ICEMAN's limits.
CHANCE = (
    (0.005, "The difference between groups (p at most 0.005) has chance as an unlikely explanation."),
    (0.01, "The difference between groups (p above 0.005, up to 0.01) may have an explanation other than chance."),
    (0.05, "The difference between groups (p above 0.01, up to 0.05) has chance as a likely explanation."),
    (1.0, "The difference between groups (p above 0.05) has chance as a very likely explanation."),
)

# Groups below this are called small: Borenstein et al. (2009), chapter 19, advise a common tau2 for five or fewer.
SMALL_GROUP = 6
# More modifiers than this weaken the claim (ICEMAN).
FEW_MODIFIERS = 3


def hints_of(groups: Sequence[Group], p_value: float | None, params: Params, *, sharing: str) -> tuple[str, ...]:
    """Give the sentences; `p_value` is that of the test between the groups."""
    if p_value is None:
        return (ONE_GROUP.format(field=params.field),)
    said = _about_sizes(groups, params) if sharing == "separate" else []
    if sharing == "common" or min(group.k for group in groups) > 1:
        said.append(next(sentence for limit, sentence in CHANCE if p_value <= limit))
    said.append(BETWEEN_STUDIES)
    said += [] if params.is_pre_specified else [NOT_PLANNED]
    said += [] if params.is_direction_pre_specified else [NO_DIRECTION]
    if params.modifiers_tested > FEW_MODIFIERS:
        said.append(MANY_MODIFIERS.format(count=params.modifiers_tested))
    return tuple(said)


def _about_sizes(groups: Sequence[Group], params: Params) -> list[str]:
    """Give what is to be said of groups with a variance of their own."""
    single = [group.name for group in groups if group.k == 1]
    small = [group.name for group in groups if 1 < group.k < SMALL_GROUP]
    said = [SINGLE.format(labels=", ".join(single))] if single else []
    if small and params.tau2_method != "CE":
        said.append(SMALL_GROUPS.format(least=SMALL_GROUP, labels=", ".join(small)))
    return said
