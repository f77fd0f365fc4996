"""Authors as surnames, whatever order and punctuation a database prints them in."""

import re
from dataclasses import dataclass, field

from rapidfuzz.distance import Indel

from evidence.likeness.wording import WORD, fold, spelled

BETWEEN = re.compile(r"\s*(?:;|\||\n|\s+and\s+|\s+&\s+)\s*", re.IGNORECASE)
OTHERS = re.compile(r"[,;]?\s*\b(?:et\s+al|and\s+others)\b\.?", re.IGNORECASE)
INITIALS = re.compile(r"^(?:[^\W\d_]\.?[-\s]?){1,4}$")
SUFFIX = re.compile(r"^(?:jr|sr|ii|iii|iv|phd|md)\.?$", re.IGNORECASE)
LIKE_ENOUGH, LONG_ENOUGH = 0.84, 5


@dataclass(frozen=True, slots=True)
class Name:
    """A person: the surname without spaces, the words of the name that are no initials, and how it was written."""

    surname: str
    words: frozenset[str]
    shown: str = field(compare=False)


def names_in(text: str) -> tuple[Name, ...]:
    """Give the authors in their order."""
    text = OTHERS.sub("", text).strip(" .,;")
    parts = [part for part in BETWEEN.split(text) if part.strip(" .,")]
    if ";" not in text:
        parts = [name for part in parts for name in _at_commas(part)]
    return tuple(name for name in map(_name, parts) if name.surname)


def _at_commas(text: str) -> list[str]:
    """Give the names of a list with commas between names, or between a surname and what stands behind it, or both."""
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    if len(pieces) == 2 and not _has_initials(pieces[0]) and not SUFFIX.match(pieces[1]):
        return [text]
    names: list[str] = []
    for piece in pieces:
        if names and (_are_initials(piece) or SUFFIX.match(piece)):
            names[-1] += f", {piece}"
        else:
            names.append(piece)
    return names


def _has_initials(text: str) -> bool:
    """Whether a name carries its initials with it: Aasa B, or B. Aasa."""
    parts = [part for part in text.split() if not SUFFIX.match(part)]
    return len(parts) > 1 and (_are_initials(parts[-1]) or _are_initials(parts[0]))


def _are_initials(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return bool(INITIALS.match(text)) and (text.isupper() or "." in text) and len(letters) <= 4


def _name(text: str) -> Name:
    surname, comma, given = text.partition(",")
    if not comma:
        parts = [part for part in text.split() if not SUFFIX.match(part)]
        whole = [part for part in parts if not _are_initials(part)]
        if len(whole) == len(parts) and len(parts) > 1:  # written out: Björn Aasa
            surname = parts[-1]
        else:
            surname = " ".join(whole) or max(parts, key=len, default="")
        given = text
    words = frozenset(spelled(word) for word in WORD.findall(fold(f"{surname} {given}")) if len(word) > 1)
    return Name("".join(spelled(word) for word in WORD.findall(fold(surname))), words, surname.strip(" .,"))


def is_same_person(one: Name, other: Name) -> bool:
    """Whether two names can be of one person: equal, swapped, a part of a double name, or a slip of the pen apart."""
    if one.surname == other.surname or one.surname in other.words or other.surname in one.words:
        return True
    if min(len(one.surname), len(other.surname)) < LONG_ENOUGH:
        return False
    return Indel.normalized_similarity(one.surname, other.surname, score_cutoff=LIKE_ENOUGH) > 0


def shared(one: tuple[Name, ...], other: tuple[Name, ...]) -> int:
    """Count the authors of the shorter list that the longer one has too."""
    few, many = sorted((one, other), key=len)
    return sum(any(is_same_person(name, candidate) for candidate in many) for name in few)
