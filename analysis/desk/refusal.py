"""What the desk says when it cannot answer: one sentence, and the nearest thing that it could."""

from collections.abc import Iterable
from difflib import get_close_matches


class Refusal(ValueError):
    """A question that cannot be answered as it was asked; its text is a sentence for the person who asked."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Give " Did you mean ...?" for the known word that looks most like another, "" where none does."""
    by_folded = {one.casefold(): one for one in known}
    found = get_close_matches(word.casefold(), by_folded, n=1, cutoff=0.6)
    return f" Did you mean {by_folded[found[0]]!r}?" if found else ""


def listed(words: Iterable[str]) -> str:
    """Give words with commas between them."""
    return ", ".join(words)
