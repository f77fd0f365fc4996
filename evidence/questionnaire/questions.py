"""What a review asks of every study, and how an answer fits the question. Pure: no Django, no database."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from evidence.plausibility import plain


class Type(StrEnum):
    """What an answer is."""

    NUMBER = "number"
    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"


YES, NO = frozenset({"yes", "y", "true", "1"}), frozenset({"no", "n", "false", "0"})
LONGEST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Question:
    """One field of a form."""

    code: str
    name: str
    kind: str
    unit: str = ""
    help: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    choices: tuple[str, ...] = ()
    position: int = 0

    def __str__(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is stored: a number, a text, or yes or no."""

    number: Decimal | None = None
    text: str = ""
    flag: bool | None = None

    def __str__(self) -> str:
        if self.number is not None:
            return plain(self.number)
        return self.text if self.flag is None else "yes" if self.flag else "no"


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why an answer does not fit: the column that is wrong, and a sentence."""

    column: str
    sentence: str


COLUMNS = {Type.NUMBER: "number", Type.FLAG: "flag"}
WANTED = {Type.NUMBER: "a number", Type.FLAG: "yes or no"}


def misfit(question: Question, answer: Answer) -> Misfit | None:
    """Say why an answer does not fit the question; None where it does."""
    kind = Type(question.kind)
    column = COLUMNS.get(kind, "text")
    if getattr(answer, column) in (None, ""):
        return Misfit(column, f"{question} needs {WANTED.get(kind, 'a text')}.")
    number, low, high = answer.number, question.minimum, question.maximum
    if number is not None and low is not None and number < low:
        return Misfit("number", f"{question} cannot be below {plain(low)}; got {plain(number)}.")
    if number is not None and high is not None and number > high:
        return Misfit("number", f"{question} cannot be above {plain(high)}; got {plain(number)}.")
    if kind == Type.CHOICE and answer.text not in question.choices:
        allowed = ", ".join(question.choices)
        return Misfit("text", f"{question} must be one of: {allowed}; not “{answer.text}”.")
    return None


def convert(question: Question, answer: Answer) -> Answer | None:
    """Give the answer as the question wants it, without guessing; None where that cannot be told.

    A text becomes a number, a choice or yes or no where it is written so; everything becomes a text.
    """
    made = read_answer(question, str(answer))
    return made if misfit(question, made) is None else None


def read_answer(question: Question, text: str) -> Answer:
    """Read a text as the question wants it; an empty answer where it is not written so."""
    text = text.strip()
    kind = Type(question.kind)
    if kind == Type.NUMBER:
        return Answer(number=_number(text))
    if kind == Type.FLAG:
        return Answer(flag=True if text.casefold() in YES else False if text.casefold() in NO else None)
    if kind == Type.CHOICE:
        alike = [choice for choice in question.choices if choice.casefold() == text.casefold()]
        return Answer(text=alike[0] if alike else text)
    return Answer(text=text if len(text) <= LONGEST_TEXT else "")


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.replace("−", "-"))
    except InvalidOperation:
        return None
    fits = number.is_finite() and abs(number) < 10**9 and -int(number.as_tuple().exponent) <= 6
    return number if fits else None


def to_text(questions: Iterable[Question]) -> str:
    """Give questions as JSON: equal questions have equal texts."""
    ordered = sorted(questions, key=lambda one: (one.position, one.name, one.code))
    rows = [{name: _written(value) for name, value in asdict(one).items()} for one in ordered]
    return json.dumps(rows, sort_keys=True, ensure_ascii=False)


def _written(value: object) -> object:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else value


def from_text(text: str) -> list[Question]:
    """Read questions from JSON."""
    found = []
    for row in json.loads(text):
        limits = {name: None if row[name] is None else Decimal(row[name]) for name in ("minimum", "maximum")}
        found.append(Question(**{**row, **limits, "choices": tuple(row["choices"])}))
    return found
