"""What the header of a column says: which number it holds, of which arm, when, and measured with what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from evidence.importers.extraction_tables.instruments import Instruments, Key
from evidence.importers.extraction_tables.synonyms import (
    ARM_STATISTICS,
    CHANGE,
    CONTRAST_STATISTICS,
    FIELDS,
    FILLERS,
    FIRST,
    PAIRS,
    SECOND,
    TIME_WORDS,
    Tokens,
)
from evidence.importers.extraction_tables.times import UNITS, Time, find_time
from evidence.importers.extraction_tables.words import pieces_of, tokens_of

# In a header without any sign between its words, a capital letter begins a word: meanControl.
APART, HUMP = re.compile(r"[\s_.\-]"), re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
EFFECTS_SHORT = frozenset({"d", "g"})


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a column holds.

    `kind` is "field" (what a row is about: `names` has its name), "time" (`unit` is that of its numbers), "arm" or
    "contrast" (`names` are the statistics, several where a cell holds several numbers) or "" for a column that is not
    understood. `group` is the arm that the header names: "1", "2", "e", "c", a label, or "" where it names none.
    """

    header: str
    kind: str = ""
    names: tuple[str, ...] = ()
    unit: str = ""
    group: str = ""
    is_label: bool = False
    time: Time | None = None
    instrument: Key | None = None
    is_change: bool = False
    rest: str = ""

    @property
    def in_words(self) -> str:
        """What the column was taken for."""
        if self.kind == "time":
            return f"the time{f' in {self.unit}s' if self.unit else ''}"
        what = " and ".join(name.replace("_", " ") for name in self.names)
        what += " of the change" if self.is_change else ""
        if self.kind == "field":
            return f"the {what}"
        groups = {"1": "group 1", "2": "group 2", "e": "the experimental arm", "c": "the comparator"}
        group = f"“{self.group}”" if self.is_label else groups.get(self.group, f"group {self.group}")
        parts = [f"the {what}", f"of {group}" if self.group else ""]
        if self.instrument:
            parts.append(f"with {'/'.join(self.instrument)}")
        if self.time:
            parts.append(f"at week {self.time.week}" if self.time.week else f"at “{self.time.printed}”")
        return " ".join(filter(None, parts))


def read_headers(headers: Sequence[str], instruments: Instruments, *, is_about_one: bool, wanted: str) -> list[Meaning]:
    """Give what each column of a table holds.

    Parameters
    ----------
    is_about_one : whether the instrument is known for all of the table, so that words that are left name an arm
    wanted : the labels of arms that a person named, parted by semicolons; "" where they named none
    """
    found = [_read(header, instruments) for header in headers]
    is_two_by_two = any(one.header.strip().casefold() == "ai" for one in found)
    fields = {name for one in found if one.kind == "field" for name in one.names}
    is_about_one = is_about_one or bool({"outcome", "instrument"} & fields)
    is_long = bool(fields & {"arm", "number"})
    labels = {tokens_of(one) for one in wanted.split(";") if tokens_of(one)}
    found = [_second_events(one) if is_two_by_two else one for one in found]
    found = [one if is_long else _labelled(one, found, labels, is_about_one=is_about_one) for one in found]
    has_groups = any(one.kind == "arm" and one.group for one in found)
    found = [_settled(one, fields, has_groups=has_groups) for one in found]
    if any(one.kind == "contrast" for one in found) and not is_long:
        found = [_of_contrast(one) for one in found]
    return [replace(one, kind="") if one.rest and one.kind in ("arm", "contrast") else one for one in found]


def _second_events(one: Meaning) -> Meaning:
    """Give the meaning of the column ci of a table of two by two, whose letters are those of metafor."""
    is_second = one.header.strip().casefold() == "ci"
    return replace(one, kind="arm", names=("events",), group="2") if is_second else one


def _labelled(one: Meaning, all_of_them: Sequence[Meaning], wanted: set[Tokens], *, is_about_one: bool) -> Meaning:
    """Take the words that are left for the label of an arm, where another column has the same number of another arm."""
    if one.kind != "arm" or not one.rest or one.group or not (one.instrument or is_about_one):
        return one
    if wanted and tokens_of(one.rest) not in wanted:
        return one
    alike = {tokens_of(other.rest) for other in all_of_them if _number_of(other) == _number_of(one) and not other.group}
    return replace(one, group=one.rest, rest="", is_label=True) if len(alike - {()}) > 1 else one


def _number_of(one: Meaning) -> tuple[object, ...]:
    return one.kind, one.names, one.instrument, one.is_change


def _settled(one: Meaning, fields: set[str], *, has_groups: bool) -> Meaning:
    """Give the meaning of a column whose name means one thing or another, by the columns beside it."""
    if one.names == ("intervention",):
        return replace(one, names=("first_arm",) if "second_arm" in fields or has_groups else ("arm",))
    if one.names == ("arm",) and "second_arm" in fields and "first_arm" not in fields:
        return replace(one, names=("first_arm",))
    if one.names == ("instrument",) and "outcome" not in fields:
        return replace(one, names=("outcome",))
    return one


def _of_contrast(one: Meaning) -> Meaning:
    """Give an interval or a standard error that belongs to no arm, beside an estimate, to the estimate."""
    names = {"se": "standard_error"}
    if one.kind == "arm" and not one.group and set(one.names) <= {"se", "ci_lower", "ci_upper"}:
        return replace(one, kind="contrast", names=tuple(names.get(name, name) for name in one.names))
    return one


def _read(header: str, instruments: Instruments) -> Meaning:
    plain = header if APART.search(header) else HUMP.sub(" ", header)
    tokens = tokens_of(plain)
    for one in (tokens_of(header), tokens):
        if one in FIELDS:
            return Meaning(header, "field", (FIELDS[one],))
    units = [UNITS[token] for token in tokens if token in UNITS]
    if tokens and set(tokens) <= TIME_WORDS | set(UNITS) and len(units) <= 1:
        return Meaning(header, "time", unit=units[0] if units else "")
    pair, rest = _pair(plain)
    pieces = pieces_of(rest)
    instrument, pieces = _instrument(pieces, instruments)
    is_change, pieces = _without(pieces, CHANGE)
    names, kind, time, pieces = _numbers(pair, pieces)
    if not names:
        return Meaning(header)
    group, left = _group(pieces)
    left = [piece for piece in left if piece.casefold() not in FILLERS]
    return Meaning(
        *(header, kind, names), group=group, time=time, instrument=instrument, is_change=is_change, rest=" ".join(left)
    )


def _pair(header: str) -> tuple[tuple[str, ...], str]:
    """Give the statistics of a cell with several numbers, and the header without what says so."""
    for pattern, names in PAIRS:
        found = pattern.search(header.replace("_", " "))
        if found:
            return names, header[: found.start()] + " " + header[found.end() :]
    return (), header


def _instrument(pieces: list[str], instruments: Instruments) -> tuple[Key | None, list[str]]:
    """Give the instrument that a header names, and the other words; those of its outcome beside it go with it."""
    found = instruments.search([piece.casefold() for piece in pieces])
    if found is None:
        return None, pieces
    key, places = found
    outcome = {token for name, code in instruments.outcomes.items() if code == key[0] for token in name}
    for step, edge in ((-1, min(places)), (1, max(places))):
        place = edge + step
        while 0 <= place < len(pieces) and pieces[place].casefold() in outcome:
            places.add(place)
            place += step
    return key, [piece for place, piece in enumerate(pieces) if place not in places]


def _without(pieces: list[str], names: Sequence[Tokens]) -> tuple[bool, list[str]]:
    """Tell whether one of these runs of words stands there, and give the other words."""
    folded = [piece.casefold() for piece in pieces]
    for name in names:
        for place in range(len(folded) - len(name) + 1):
            if tuple(folded[place : place + len(name)]) == name:
                return True, pieces[:place] + pieces[place + len(name) :]
    return False, pieces


def _numbers(pair: tuple[str, ...], pieces: list[str]) -> tuple[tuple[str, ...], str, Time | None, list[str]]:
    """Give the statistics that a header names, whether of an arm or a contrast, its time and the words left."""
    time, rest = _time(pieces)
    if pair:
        return pair, "arm", time, rest
    names, kind, left = _statistic(rest)
    if not names:
        # “6 m” may be six months, or the mean of group 6.
        return (), "", time, rest
    return names, kind, time, left


def _time(pieces: list[str]) -> tuple[Time | None, list[str]]:
    found = find_time(pieces)
    if found is None:
        found = _months(pieces)
    if found is None:
        return None, pieces
    time, places = found
    return time, [piece for place, piece in enumerate(pieces) if place not in places]


def _months(pieces: list[str]) -> tuple[Time, set[int]] | None:
    """Give the time of “6m” where another word names the statistic, so that the m is not that of a mean."""
    for place in range(len(pieces) - 1):
        rest = pieces[:place] + pieces[place + 2 :]
        if pieces[place].isdecimal() and pieces[place + 1] == "m" and _statistic(rest)[0]:
            found = find_time([pieces[place], "months"])
            return None if found is None else (found[0], {place, place + 1})
    return None


def _statistic(pieces: list[str]) -> tuple[tuple[str, ...], str, list[str]]:
    """Give the statistic that a header names, of what kind it is, and the other words."""
    if len(pieces) == 1 and pieces[0].casefold() in EFFECTS_SHORT:
        return ("SMD",), "contrast", []
    if [piece.casefold() for piece in pieces] == ["ai"]:
        return ("events",), "arm", ["1"]
    length, names, left = _longest(pieces)
    for name, several in ARM_STATISTICS:
        for one in several:
            is_there, rest = _without(pieces, (one,))
            if is_there and len(one) >= length:
                # “SD of the mean score” is one statistic, not two.
                return (name,), "arm", _without(rest, (("mean", "score"), ("mean",)))[1]
    return names, "contrast" if names else "", left


def _longest(pieces: list[str]) -> tuple[int, tuple[str, ...], list[str]]:
    """Give the statistic of a contrast that most words of a header name, how many those are, and the other words."""
    best: tuple[int, tuple[str, ...], list[str]] = (0, (), pieces)
    for name, several in CONTRAST_STATISTICS:
        for one in several:
            is_there, rest = _without(pieces, (one,))
            if is_there and len(one) > best[0]:
                best = len(one), (name,), rest
    return best


def _group(pieces: list[str]) -> tuple[str, list[str]]:
    """Give the arm that a header names by a number or an initial, and the other words."""
    pieces = [piece for piece in pieces if piece.casefold() not in FILLERS]
    if len(pieces) == 2 and pieces[0].isdecimal() and pieces[1] == "i":
        pieces = pieces[:1]
    if len(pieces) != 1:
        return "", pieces
    word = pieces[0].casefold()
    if word.isdecimal() and len(word) <= 2:
        return word, []
    if word in FIRST | SECOND:
        return "e" if word in FIRST else "c", []
    return "", pieces
