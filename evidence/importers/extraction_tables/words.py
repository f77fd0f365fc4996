"""Words of a review as people write them: compared without regard to case, signs and spaces, and told apart."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from evidence.models import Instrument
from evidence.plausibility import plain

PIECES = re.compile(r"[^\W\d_]+|\d+(?:\.\d+)?")
YES = frozenset({"yes", "y", "true", "1", "x"})
NO = frozenset({"no", "n", "false", "0"})


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a list: what is stored, and what people read."""

    code: str
    label: str


def pieces_of(text: str) -> list[str]:
    """Give the words and numbers of a text, as they are written; letters and digits are told apart."""
    text = unicodedata.normalize("NFKC", text).replace("%", " percent ")
    return PIECES.findall(text)


@lru_cache(maxsize=50_000)
def tokens_of(text: str) -> tuple[str, ...]:
    """Give the words and numbers of a text for comparison: in small letters, without signs."""
    return tuple(piece.casefold() for piece in pieces_of(text))


def told_apart(pairs: Iterable[tuple[str, str]]) -> tuple[Word, ...]:
    """Give words by code and label; labels that stand twice carry their code in brackets."""
    words = list(pairs)
    counts = Counter(_folded(label) for _, label in words)
    return tuple(Word(code, label if counts[_folded(label)] == 1 else f"{label} [{code}]") for code, label in words)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def flag_words() -> tuple[Word, ...]:
    """Give the words of a column that says yes or no."""
    return (Word("true", "yes"), Word("false", "no"))


def instrument_words(instruments: Iterable[Instrument]) -> tuple[Word, ...]:
    """Give the instruments as outcome, instrument and range; the code is outcome/instrument."""
    return told_apart((f"{one.outcome.code}/{one.code}", _instrument(one)) for one in instruments)


def _instrument(one: Instrument) -> str:
    label = f"{one.outcome.name}: {one.name}"
    if one.scale_min is None or one.scale_max is None:
        return label
    return f"{label} ({plain(one.scale_min)} to {plain(one.scale_max)})"


def code_of(words: Iterable[Word], text: str) -> str | None:
    """Give the code that a text names, by its label or itself in any spelling; None where it names no word, or two."""
    words = list(words)
    for fold in (str.strip, _folded, tokens_of):
        sought = fold(text)
        found = {word.code for word in words if sought and sought in (fold(word.label), fold(word.code))}
        if len(found) == 1:
            return found.pop()
    return None
