"""Explanations with letters: equal ones share a letter over all rows."""

from collections.abc import Iterable
from string import ascii_lowercase


class Footnotes:
    """Explanations in the order in which they are first needed, behind those that have their letters already."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._letters: dict[str, str] = {}
        for text in texts:
            self.letter(text)

    def letter(self, text: str) -> str:
        """Give the letter of an explanation: a new one where it was not needed before."""
        if text not in self._letters:
            self._letters[text] = letter_of(len(self._letters))
        return self._letters[text]

    @property
    def listed(self) -> tuple[tuple[str, str], ...]:
        """All explanations with their letters."""
        return tuple((letter, text) for text, letter in self._letters.items())


def letter_of(place: int) -> str:
    """Give the letters of a place: a to z, then aa, ab and so on."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, len(ascii_lowercase))
        letters = ascii_lowercase[rest] + letters
    return letters
