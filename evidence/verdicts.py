"""What the answers of several readers amount to: pure rules of screening, without a database."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import TextChoices


class Stage(TextChoices):
    """The two looks at a record."""

    TITLE_ABSTRACT = "title_abstract", "Titles and abstracts"
    FULL_TEXT = "full_text", "Full texts"


class Answer(TextChoices):
    """What a reader says; taking an answer back is an event too."""

    INCLUDE = "include", "Include"
    EXCLUDE = "exclude", "Exclude"
    UNSURE = "unsure", "Unsure"
    WITHDRAWN = "withdrawn", "Taken back"


class Status(TextChoices):
    """Where a record stands at a stage."""

    WAITING = "waiting", "Waiting"
    CONFLICT = "conflict", "Conflict"
    INCLUDED = "included", "Included"
    EXCLUDED = "excluded", "Excluded"
    REMOVED = "removed", "Not at this stage"


SETTLED = (Status.INCLUDED, Status.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Event:
    """One decision about a record at a stage: whose, what, for which reason; the rules do not read the note."""

    reader: int
    answer: str
    reason: int | None = None
    is_adjudication: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the events amount to.

    Attributes
    ----------
    answered : number of readers whose answer stands
    first_reader : the one reader who has answered while others are waited for
    reason : why the record is excluded, where that is agreed
    is_disclosed : whether every required reader has answered, so that everybody may see who said what
    """

    status: Status
    answered: int = 0
    first_reader: int | None = None
    reason: int | None = None
    is_disclosed: bool = False


@dataclass(slots=True)
class _Hearing:
    """The events as far as they were heard."""

    needed: int
    answers: dict[int, Event]
    ruling: Event | None = None
    is_closed: bool = False
    is_doubted: bool = False

    def hear(self, event: Event) -> None:
        """Take one more event.

        With two readers the hearing is closed once both have answered: each may then see what the other said, so that
        a later answer would not be independent. An answer that is taken back after that calls the adjudicator.
        """
        if event.is_adjudication:
            self.ruling, self.is_closed, self.is_doubted = event, True, False
        elif event.answer == Answer.WITHDRAWN:
            if event.reader not in self.answers:
                return
            if self.is_closed:
                self.is_doubted = self.is_doubted or self.ruling is None
            else:
                del self.answers[event.reader]
        elif not self.is_closed and (event.reader in self.answers or len(self.answers) < self.needed):
            self.answers[event.reader] = event
        self.is_closed = self.is_closed or (self.needed > 1 and len(self.answers) >= self.needed)


def reach(events: Iterable[Event], *, needed: int, stage: str) -> Verdict:
    """Give what the events of one record at one stage, oldest first, amount to.

    Parameters
    ----------
    needed : how many readers have to answer, 1 or 2
    stage : {"title_abstract", "full_text"}
        on titles and abstracts "unsure" goes on like "include"; on full texts it calls the adjudicator, and readers who
        exclude have to agree on the reason
    """
    hearing = _Hearing(needed, {})
    for event in events:
        hearing.hear(event)
    answers = list(hearing.answers.values())
    if hearing.ruling is not None:
        status = Status.INCLUDED if hearing.ruling.answer == Answer.INCLUDE else Status.EXCLUDED
        return Verdict(status, len(answers), reason=hearing.ruling.reason, is_disclosed=True)
    if hearing.is_doubted:
        return Verdict(Status.CONFLICT, len(answers), is_disclosed=True)
    if len(answers) < needed:
        return Verdict(Status.WAITING, len(answers), first_reader=answers[0].reader if answers else None)
    status, reason = _agreement(answers, stage)
    return Verdict(status, len(answers), reason=reason, is_disclosed=True)


def _agreement(answers: list[Event], stage: str) -> tuple[Status, int | None]:
    """Give what complete answers amount to, and the reason that all excluding readers give."""
    said = {answer.answer for answer in answers}
    reasons = {answer.reason for answer in answers}
    goes_on = {Answer.INCLUDE, Answer.UNSURE} if stage == Stage.TITLE_ABSTRACT else {Answer.INCLUDE}
    if said <= goes_on:
        return Status.INCLUDED, None
    if said != {Answer.EXCLUDE}:
        return Status.CONFLICT, None
    if len(reasons) == 1:
        return Status.EXCLUDED, reasons.pop()
    return (Status.CONFLICT if stage == Stage.FULL_TEXT else Status.EXCLUDED), None
