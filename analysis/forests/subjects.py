"""What is known of the rows of a forest plot: of effects from the dataset, of the other studies from the evidence."""

from collections.abc import Mapping
from typing import Any

from analysis.derivation import Rules
from analysis.derivation.candidates import find_sides
from analysis.derivation.facts import components_of, read_fact, risk_of_bias
from analysis.derivation.wording import listed
from analysis.reading import Reading

Subject = Mapping[str, Any]
NOT_PUBLIC = {"no_result": "not public"}


def effects_of(reading: Reading) -> dict[str, Subject]:
    """Give the effects by the key of their row."""
    return {effect["id"]: effect for effect in reading.dataset["effects"]}


def unpooled_of(reading: Reading) -> dict[str, Subject]:
    """Give, by their code, the studies of which nothing is pooled, with the first reason for each."""
    pooled = {effect["study"] for effect in reading.dataset["effects"]}
    first: dict[str, dict[str, Any]] = {}
    for row in reading.dataset["not_pooled"]:
        if row["study"] not in pooled:
            first.setdefault(row["study"], row)
    rules = Rules.model_validate(reading.rules)
    known = reading.frozen["studies"]
    rows = sorted(first.values(), key=lambda row: (row["label"].casefold(), row["study"]))
    return {row["study"]: {**_facts_of(reading, known.get(row["study"]), rules), **row} for row in rows}


def message_of(subject: Subject) -> str:
    """Give in a few words why a study is not pooled."""
    return NOT_PUBLIC.get(subject["code"], str(subject["reason"]))


def _facts_of(reading: Reading, study: dict[str, Any] | None, rules: Rules) -> dict[str, Any]:
    """Give what the evidence says of a study without an effect, under the names that effects have."""
    empty: dict[str, Any] = dict.fromkeys(("year", "week", "n1", "n2")) | {"columns": {}}
    empty |= {"experimental": "", "comparator": ""}
    if study is None:
        return {**empty, "facts": {}, "rob": {}}
    found = {**empty, "year": study["year"], "rob": risk_of_bias(study, rules)}
    extraction = study["extraction"]
    if extraction is None:
        return {**found, "facts": {"design": study["design"]}}
    sides = find_sides(extraction["arms"], rules)
    first, second = list(sides.experimental.values()), list(sides.comparators.values())
    rows, fields = extraction["characteristics"], reading.frozen["characteristics"]
    facts: dict[str, Any] = {
        **components_of(reading.frozen, first),
        **{name: read_fact(rows.get(name, {}).get("value"), fields[name]["kind"]) for name in rules.facts},
        "design": study["design"],
        "comparator_types": sorted({arm["comparator_type"] for arm in second}),
    }
    arms = {"experimental": listed(arm["label"] for arm in first), "comparator": listed(arm["label"] for arm in second)}
    return {**found, **arms, "facts": facts, "n1": _randomised(first), "n2": _randomised(second)}


def _randomised(arms: list[dict[str, Any]]) -> float | None:
    """Give how many were randomised to arms, None where a report does not say."""
    counts = [arm["n_randomised"] for arm in arms]
    return None if not counts or None in counts else float(sum(map(float, counts)))
