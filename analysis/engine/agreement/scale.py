"""What the answers of a group mean, so that each is compared as it may be."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.engine.agreement.ratings import Answer
from analysis.engine.arrays import require_option
from analysis.engine.errors import InvalidInput

KINDS = ("nominal", "ordinal", "number")


@dataclass(frozen=True, slots=True)
class AnswerScale:
    """The answers that are possible.

    Attributes
    ----------
    kind : {"nominal", "ordinal", "number"}
    categories : all answers in their order, from one end of the scale to the other; empty for numbers and, where they
        are not known in advance, for words
    """

    kind: str
    categories: tuple[Answer, ...] = ()

    def __post_init__(self) -> None:
        """Refuse an unknown kind, an order without its categories, and categories of numbers."""
        require_option("kind", self.kind, KINDS)
        if self.kind == "ordinal" and len(self.categories) < 2:
            raise InvalidInput("categories", "an ordinal scale needs its categories in their order")
        if self.kind == "number" and self.categories:
            raise InvalidInput("categories", "a scale of numbers has no categories")
