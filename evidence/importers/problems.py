"""What an import says when something is wrong: a sentence with file, line, column and rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError

from evidence.models.result import ASK_BACK
from evidence.plausibility import plain

ASK_BACK_IN_FILE = "Check the report; if it really prints this, write true into the column is_printed_so to keep it."
MOST_LISTED = 20


class CellProblem(ValueError):
    """A cell, or its reference to another row, breaks a rule."""


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """One thing that keeps a folder from being imported.

    `line` is None where the problem is about the whole file, `column` is "" where it is about the whole row. `rule` is
    the sentence to show beside them; `sentence` names all of them, where it stands alone.
    """

    file: str
    line: int | None
    column: str
    rule: str

    @property
    def place(self) -> str:
        """File, line and column in words."""
        where = f"{self.file} line {self.line}" if self.line else self.file
        return f"{where}, column {self.column}" if self.column else where

    @property
    def sentence(self) -> str:
        """The place and then the rule."""
        return f"{self.place}: {begin_small(self.rule)}"

    def __str__(self) -> str:
        return self.sentence


def problem_at(file: str, line: int | None, column: str, rule: str) -> ImportProblem:
    """Give what is wrong at a place of a file."""
    return ImportProblem(file=file, line=line, column=column, rule=rule)


def begin_small(sentence: str) -> str:
    """Give the sentence for use after a colon: a capital first letter becomes small, an abbreviation stays."""
    first = sentence.split(" ", 1)[0]
    return sentence[:1].lower() + sentence[1:] if first[1:].islower() or first == "A" else sentence


def nearest(word: str, known: Iterable[str]) -> str:
    """Give "; did you mean ...?" for the most similar known word, "." where none is similar."""
    close = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean “{close[0]}”?" if close else "."


def listing(known: Iterable[Any], word: str) -> str:
    """Give the end of a sentence about an unknown word: all known words, or of many the nearest."""
    words = [str(one) for one in known]
    if not words:
        return "; there is none."
    if len(words) > MOST_LISTED:
        return nearest(word, words)
    return f"; there {'is' if len(words) == 1 else 'are'} {', '.join(words)}."


def rules_by_field(error: ValidationError) -> list[tuple[str, str]]:
    """Give the broken rules with the field that each is about, "" for the whole row."""
    if not hasattr(error, "error_dict"):
        return [("", message) for message in error.messages]
    return [
        ("" if field == "__all__" else field, message)
        for field, messages in error.message_dict.items()
        for message in messages
    ]


def with_value(rule: str, value: Any) -> str:
    """Give the rule with the value that broke it, where the rule is one sentence that does not name it yet."""
    rule = rule.replace(ASK_BACK, ASK_BACK_IN_FILE)
    shown = plain(value) if isinstance(value, Decimal) else str(value).replace("-", "−", 1)
    is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not is_number or ". " in rule or shown in rule:
        return rule
    return f"{rule.removesuffix('.')}; got {shown}."
