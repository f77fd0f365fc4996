"""Which options of a choice can give different effects of some studies, told from the results that they report.

Options with the same key give the same effects. Different keys may still do so: what they give is derived and compared.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from analysis.contract import Choice
from analysis.derivation.alternatives_options import extraction_under
from analysis.derivation.alternatives_set import SOURCE_ORDERS, VALUE_ORDERS
from analysis.derivation.candidates import Window, find_sides
from analysis.derivation.rules import Rules
from analysis.derivation.scales import EVENT_MEASURES

Row = dict[str, Any]
READINGS = ("consensus", "A", "B")


@dataclass(slots=True)
class Reported:
    """What some studies report inside the window, in whosever extraction."""

    contrasts: list[Row] = field(default_factory=list)
    arm_results: list[Row] = field(default_factory=list)
    has_several_arms: bool = False

    @property
    def rows(self) -> list[Row]:
        """All results."""
        return self.contrasts + self.arm_results


def look_at(studies: Iterable[Row], content: Row, rules: Rules) -> Reported:
    """Give what the studies report of the outcome inside the window."""
    row = content["outcomes"][rules.outcome]["windows"][rules.window]
    window = Window(row["name"], *(float(row[name]) for name in ("target_week", "from_week", "to_week")))
    seen = Reported()
    for extraction in (extraction_under(study, reading) for study in studies for reading in READINGS):
        if extraction is None:
            continue
        sides = find_sides(extraction["arms"], rules)
        seen.has_several_arms |= len(sides.experimental) > 1 or len(sides.comparators) > 1
        seen.contrasts += _inside(extraction["contrasts"], window, rules)
        seen.arm_results += [row for arm in extraction["arms"] for row in _inside(arm["results"], window, rules)]
    return seen


def _inside(rows: Iterable[Row], window: Window, rules: Rules) -> list[Row]:
    return [row for row in rows if row["outcome"] == rules.outcome and window.holds(row["week"])]


def group_options(choice: Choice, studies: list[Row], seen: Reported, rules: Rules) -> list[int]:
    """Give for each option of a choice the number of its group, counted from 0; a group gives the same effects."""
    known: list[Any] = []
    groups = []
    for key in (_key(choice.name, option, studies, seen, rules) for option in choice.options):
        if key not in known:
            known.append(key)
        groups.append(known.index(key))
    return groups


def _key(name: str, option: str, studies: list[Row], seen: Reported, rules: Rules) -> Any:
    """Give what an option amounts to for these studies."""
    if name == "reading":
        return [extraction_under(study, option) for study in studies]
    if name == "source_order":
        present = {"contrast": seen.contrasts, "arms": seen.arm_results}
        return [source for source in SOURCE_ORDERS[option] if present[source]]
    if name == "value_order":
        kinds = {row["value_kind"] for row in seen.rows}
        return [kind for kind in VALUE_ORDERS[option] if kind in kinds]
    return option if _can_matter(name, seen, rules) else ""


def _can_matter(name: str, seen: Reported, rules: Rules) -> bool:
    """Whether a choice can change anything in what is reported."""
    if name == "window_rule":
        return len({float(row["week"]) for row in seen.rows}) > 1
    if name == "multi_arm":
        return seen.has_several_arms
    if name == "change_correlation":
        changes = [row for row in seen.arm_results if row["value_kind"] == "change"]
        return rules.measure not in EVENT_MEASURES and any(_may_lack(row, "sd") for row in changes)
    if name == "ci_distribution":
        return rules.measure not in EVENT_MEASURES and any(_may_lack(row, "standard_error") for row in seen.contrasts)
    return True


def _may_lack(row: Row, name: str) -> bool:
    """Whether a number is not printed, or may be replaced by what a settlement says."""
    return row[name] is None or row["settlement"] is not None
