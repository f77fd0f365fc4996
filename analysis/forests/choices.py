"""What can stand beside the rows of a forest plot, by name; names go into addresses and into saved defaults."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from analysis.forests.subjects import effects_of, unpooled_of
from analysis.reading import Reading

NUMBERS = ("n", "arms")
FACT, CODE = "fact:", "code:"
OWN = {
    "groups": "Studies by the groups of the subgroup analysis",
    "year": "Year",
    "experimental": "Experimental arm",
    "comparator": "Comparator arm",
    "week": "Week",
    "n": "Participants of each arm",
    "arms": "Data of each arm (n, mean, SD; or events, total)",
    "estimate": "Estimate and interval",
    "weight": "Weight",
    "rob": "Risk of bias by domain",
    "not_pooled": "Studies that are not pooled, below the plot",
}
FIRST = ("groups", "year", "experimental", "comparator")
FACTS = {"instrument": "Instrument", "design": "Design", "comparator_types": "Compared with"}
USUAL = ("n", "rob", "estimate", "weight")


class Choice(NamedTuple):
    """One thing that can be shown: its name, and what a reader is asked."""

    name: str
    label: str


def choices_of(reading: Reading) -> list[Choice]:
    """Give what can be shown with a snapshot, in the order in which it is drawn."""
    effects, frozen = effects_of(reading), reading.frozen
    subjects = [*effects.values(), *unpooled_of(reading).values()]
    there = {name for one in subjects for name, value in one["facts"].items() if value not in (None, "", [], ())}
    asked = [name for name in reading.rules.get("facts", ()) if name in there]
    offered = _choices(_families(frozen["component_types"].values()), {name: _named(frozen, name) for name in asked})
    lacking = {f"{start}{name}" for start in (FACT, CODE) for name in _all_facts(frozen) if name not in there}
    known = {name: any(one[name] for one in subjects) for name in ("year", "experimental", "comparator", "rob")}
    known["week"] = any(one["week"] for one in effects.values())
    known["arms"] = any(one["columns"] for one in effects.values())
    known["groups"] = bool(effects and reading.results.get("subgroups", {}).get("groups"))
    known["not_pooled"] = len(subjects) > len(effects)
    lacking |= {name for name, is_known in known.items() if not is_known}
    return [choice for choice in offered if choice.name not in lacking]


def choices_for(families: Iterable[str], facts: dict[str, str]) -> list[Choice]:
    """Give what can be shown with the analyses of a review: families of components, characteristics by code."""
    return _choices(list(dict.fromkeys(families)), facts)


def chosen_columns(reading: Reading, asked: Sequence[str] | None = None) -> tuple[str, ...]:
    """Give the names that are shown: those asked for, else those of the analysis, else the usual ones."""
    wanted = asked if asked is not None else reading.snapshot.analysis.forest_columns or USUAL
    return tuple(choice.name for choice in choices_of(reading) if choice.name in wanted)


def usual_columns() -> tuple[str, ...]:
    """Give the names that are shown where nobody chose."""
    return USUAL


def _choices(families: list[str], facts: dict[str, str]) -> list[Choice]:
    """Give all choices in their order."""
    words = {name: words_of(name) for name in families} | FACTS | facts
    coded = [*families, "comparator_types"]
    found = [Choice(name, OWN[name]) for name in FIRST]
    found += [Choice(f"{FACT}{name}", label) for name, label in words.items()]
    found += [Choice(f"{CODE}{name}", f"{words[name]}: codes, with a key below") for name in coded]
    return found + [Choice(name, label) for name, label in OWN.items() if name not in FIRST]


def _families(components: Iterable[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(component["family"] for component in components))


def _named(frozen: dict[str, Any], name: str) -> str:
    """Give the name of a characteristic."""
    return str(frozen["characteristics"].get(name, {}).get("name") or words_of(name))


def _all_facts(frozen: dict[str, Any]) -> set[str]:
    return {*_families(frozen["component_types"].values()), *FACTS}


def words_of(name: str) -> str:
    """Give a code as words."""
    return name.replace("_", " ").capitalize()
