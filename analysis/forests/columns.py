"""The columns of text beside the rows: facts in words or as codes, and the data of the arms."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.figures.beside import Column
from analysis.figures.text import number
from analysis.forests.choices import CODE, FACT, FACTS, words_of
from analysis.forests.subjects import Subject
from analysis.reading import Reading
from evidence.models import ComparatorType, ComponentType

Subjects = Mapping[str, Subject]
NOTHING = "–"
# A word of the review's vocabulary whose definition names a code is shown by it.
CODE_IN_DEFINITION = re.compile(r"\bcode (\d+)\b", re.IGNORECASE)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
MEANS, EVENTS = ("m{}i", "sd{}i"), (("ai", "n1i"), ("ci", "n2i"))


class Words:
    """The review's words for the codes that facts hold: the names as frozen, the definitions as they stand now."""

    def __init__(self, reading: Reading) -> None:
        frozen = reading.frozen
        outcome = frozen["outcomes"].get(reading.dataset["outcome"]["code"], {})
        self.fields: dict[str, dict[str, Any]] = frozen["characteristics"]
        self.vocabularies: dict[str, dict[str, str]] = {"comparator_types": frozen["comparator_types"]}
        for code, word in frozen["component_types"].items():
            self.vocabularies.setdefault(word["family"], {})[code] = word["name"]
        instruments = outcome.get("instruments", {})
        self.vocabularies["instrument"] = {code: row["name"] for code, row in instruments.items()}
        self.review = reading.snapshot.analysis.review_id

    def vocabulary(self, fact: str) -> Mapping[str, str]:
        """Give the words that a fact takes its codes from, {} where it has none."""
        return self.vocabularies.get(fact, {})

    def definitions(self, fact: str) -> dict[str, str]:
        """Give the definitions of the words that a fact takes its codes from."""
        if fact == "comparator_types":
            return dict(ComparatorType.objects.filter(review=self.review).values_list("code", "definition"))
        components = ComponentType.objects.filter(review=self.review, family=fact)
        return dict(components.values_list("code", "definition"))

    def heading(self, fact: str) -> str:
        """Give the name of a fact."""
        return FACTS.get(fact) or str(self.fields.get(fact, {}).get("name") or words_of(fact))

    def say(self, fact: str, value: Any) -> str:
        """Give a fact in words."""
        known = self.vocabulary(fact)
        if isinstance(value, list | tuple):
            return ", ".join(known.get(code, code) for code in value) or NOTHING
        if isinstance(value, bool):
            return "yes" if value else "no"
        if value is None or value == "":
            return ""
        if isinstance(value, int | float):
            return number(float(value), decimals=0 if value == int(value) else 1)
        return known.get(value) or str(value).replace("_", " ")

    def codes(self, fact: str, values: Iterable[Any]) -> dict[str, str]:
        """Give the codes of the words that occur: the number that the definition names, else letters."""
        there = {code for value in values for code in (value if isinstance(value, list | tuple) else [value]) if code}
        found, letters, definitions = {}, iter(LETTERS), self.definitions(fact)
        for code in self.vocabulary(fact):
            if code in there:
                named = CODE_IN_DEFINITION.search(definitions.get(code, ""))
                found[code] = named.group(1) if named else next(letters, "?")
        return found


def columns_of(names: Sequence[str], subjects: Subjects, words: Words) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Give the columns in the order of the names, and the keys of codes as sentences below the plot."""
    found: list[Column] = []
    notes: list[str] = []
    for name in names:
        if name in ("year", "week"):
            cells = {key: words.say(name, one[name]) for key, one in subjects.items()}
            found.append(Column(words_of(name), cells, is_number=True))
        elif name in ("experimental", "comparator"):
            found.append(Column(words_of(name), {key: one[name] for key, one in subjects.items()}))
        elif name.startswith(FACT):
            found.append(_fact(name.removeprefix(FACT), subjects, words))
        elif name.startswith(CODE):
            column, note = _codes(name.removeprefix(CODE), subjects, words)
            found.append(column)
            notes.append(note)
    if "arms" in names:
        found += _arms(subjects)
    elif "n" in names:
        found += _sizes(subjects)
    return tuple(found), tuple(filter(None, notes))


def _fact(fact: str, subjects: Subjects, words: Words) -> Column:
    values = {key: one["facts"].get(fact) for key, one in subjects.items()}
    are_numbers = all(
        isinstance(value, int | float | None) and not isinstance(value, bool) for value in values.values()
    )
    cells = {key: words.say(fact, value) for key, value in values.items()}
    return Column(words.heading(fact), cells, is_number=are_numbers)


def _codes(fact: str, subjects: Subjects, words: Words) -> tuple[Column, str]:
    """Give a column of codes, and its key."""
    values = {key: one["facts"].get(fact) for key, one in subjects.items()}
    codes = words.codes(fact, values.values())
    cells = {
        key: ", ".join(sorted((codes.get(code, code) for code in value or ()), key=_in_order)) or NOTHING
        for key, value in values.items()
    }
    known = words.vocabulary(fact)
    key = "; ".join(f"{short} {known[code]}" for code, short in sorted(codes.items(), key=_by_code))
    return Column(words.heading(fact), cells, is_number=True), f"{words.heading(fact)}: {key}" if key else ""


def _by_code(item: tuple[str, str]) -> tuple[int, str]:
    return _in_order(item[1])


def _in_order(code: str) -> tuple[int, str]:
    """Put numbers before letters, and numbers by their size."""
    return (int(code) if code.isdecimal() else 10**6, code)


def _arms(subjects: Subjects) -> list[Column]:
    """Give events and totals where the effects have them, else n, means and SDs, under the names of the arms."""
    if any("ai" in one["columns"] for one in subjects.values()):
        return [
            _counted(subjects, heading, name, over)
            for over, names in zip(_arm_names(subjects), EVENTS, strict=True)
            for heading, name in zip(("Events", "Total"), names, strict=True)
        ]
    found = []
    for side, over in enumerate(_arm_names(subjects), start=1):
        found.append(_size(subjects, side, over))
        for heading, name in zip(("Mean", "SD"), MEANS, strict=True):
            cells = {key: _measured(one["columns"].get(name.format(side))) for key, one in subjects.items()}
            found.append(Column(heading, cells, over=over, is_number=True))
    return found


def _sizes(subjects: Subjects) -> list[Column]:
    """Give the number of participants of both arms."""
    return [_size(subjects, side, over) for side, over in enumerate(_arm_names(subjects), start=1)]


def _size(subjects: Subjects, side: int, over: str) -> Column:
    values = {key: one[f"n{side}"] for key, one in subjects.items() if one[f"n{side}"] is not None}
    return Column("n", {key: _count(value) for key, value in values.items()}, over, is_number=True, sums=values)


def _counted(subjects: Subjects, heading: str, name: str, over: str) -> Column:
    """Give events, or how many could have them."""
    values = {key: one["columns"][name] for key, one in subjects.items() if name in one["columns"]}
    return Column(heading, {key: _count(value) for key, value in values.items()}, over, is_number=True, sums=values)


def _arm_names(subjects: Subjects) -> tuple[str, str]:
    """Give the names of the arms where all effects share them."""
    names = []
    for side, common in (("experimental", "Experimental"), ("comparator", "Comparator")):
        different = {one[side] for one in subjects.values() if one[side]}
        names.append(different.pop().capitalize() if len(different) == 1 else common)
    return (names[0], names[1]) if names[0] != names[1] else ("Experimental", "Comparator")


def _count(value: float) -> str:
    """Give a number of people or events; an arm that is split has parts of them."""
    return number(value, decimals=0 if abs(value - round(value)) < 0.05 else 1)


def _measured(value: float | None) -> str:
    """Give a mean or an SD."""
    return "" if value is None else number(value, decimals=1 if abs(value) >= 100 else 2)
