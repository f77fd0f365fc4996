"""Words for numbers in sentences and lineages."""

from collections.abc import Iterable
from typing import Any


class Unusable(Exception):
    """A result cannot become an effect; `code` names the kind of reason, the text says it to a reader."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


def say(value: float | str | None) -> str:
    """Give a number in up to six digits with a proper minus sign; "?" for None."""
    if value is None:
        return "?"
    return f"{float(value) + 0.0:.6g}".replace("-", "−")


def listed(values: Iterable[Any]) -> str:
    """Give the values with commas and a final "and"."""
    words = [str(value) for value in values]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def as_float(value: str | int | float | None) -> float | None:
    """Give the number that a frozen text holds; None stays None."""
    return None if value is None else float(value)
