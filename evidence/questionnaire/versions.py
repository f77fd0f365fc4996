"""What changes between two versions of a form, and what becomes of the answers that there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum

from evidence.plausibility import plain
from evidence.questionnaire.questions import Answer, Question, convert, misfit

LABELS = {"kind": "type", "help": "help", "minimum": "minimum", "maximum": "maximum", "choices": "choices"}


class Change(StrEnum):
    """What happened to a question."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"
    SAME = "unchanged"


class Fate(StrEnum):
    """What becomes of an answer."""

    FITS = "fits"
    CONVERTED = "converted"
    KEPT_ASIDE = "kept aside"


@dataclass(frozen=True, slots=True)
class Fated:
    """An answer, what becomes of it, and what it is converted to."""

    answer: Answer
    fate: Fate
    becomes: Answer | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """One question in the old and in the new version, with the fates of its answers."""

    code: str
    change: Change
    old: Question | None
    new: Question | None
    said: tuple[str, ...] = ()
    answers: tuple[Fated, ...] = field(default_factory=tuple)

    @property
    def name(self) -> str:
        """What the question is called."""
        return str(self.new or self.old)

    def count(self, fate: Fate) -> int:
        """Give how many answers have this fate."""
        return sum(one.fate == fate for one in self.answers)

    @property
    def fitting(self) -> int:
        """How many answers fit as they are."""
        return self.count(Fate.FITS)

    @property
    def converted(self) -> int:
        """How many answers are converted."""
        return self.count(Fate.CONVERTED)

    @property
    def kept_aside(self) -> int:
        """How many answers no longer fit; they are kept, and no analysis reads them."""
        return self.count(Fate.KEPT_ASIDE)

    @property
    def examples(self) -> list[Fated]:
        """The first few answers that do not stay as they are."""
        return [one for one in self.answers if one.fate != Fate.FITS][:5]


def preview(
    old: Iterable[Question], new: Iterable[Question], answers: Mapping[str, Iterable[Answer]]
) -> list[QuestionChange]:
    """Give what a new version changes, question by question, those of the new version first.

    Parameters
    ----------
    answers : the answers that there are, by the code of the question
    """
    before, after = {one.code: one for one in old}, {one.code: one for one in new}
    codes = [*after, *(code for code in before if code not in after)]
    return [_changed(code, before.get(code), after.get(code), answers.get(code, ())) for code in codes]


def _changed(code: str, old: Question | None, new: Question | None, answers: Iterable[Answer]) -> QuestionChange:
    said = tuple(_differences(old, new)) if old and new else ()
    change = Change.ADDED if old is None else Change.REMOVED if new is None else Change.CHANGED if said else Change.SAME
    return QuestionChange(code, change, old, new, said, tuple(fate_of(new, answer) for answer in answers))


def fate_of(question: Question | None, answer: Answer) -> Fated:
    """Say what becomes of an answer where the question is now this one, or is not asked any more."""
    if question is None:
        return Fated(answer, Fate.KEPT_ASIDE, why="It is not asked any more.")
    wrong = misfit(question, answer)
    if wrong is None:
        return Fated(answer, Fate.FITS)
    made = convert(question, answer)
    if made is not None:
        return Fated(answer, Fate.CONVERTED, made)
    return Fated(answer, Fate.KEPT_ASIDE, why=wrong.sentence)


def _differences(old: Question, new: Question) -> Iterable[str]:
    for one in fields(Question):
        before, after = getattr(old, one.name), getattr(new, one.name)
        if before != after:
            yield f"{LABELS.get(one.name, one.name)}: {_shown(before)} → {_shown(after)}"


def _shown(value: object) -> str:
    if value is None or value in ("", ()):
        return "–"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return plain(value) if isinstance(value, Decimal) else str(value)
