"""What readers were asked, in words for a page, and what they answered first."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from analysis.engine.agreement import Answer, AnswerScale, FirstAnswer


class Work(StrEnum):
    """The kinds of work that two people do independently."""

    SCREENING = "screening"
    RISK_OF_BIAS = "risk-of-bias"
    EXTRACTION = "extraction"

    @property
    def words(self) -> str:
        """The name for a page."""
        return self.value.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: a stage, a domain or a field.

    Attributes
    ----------
    code : unique in its kind of work; names the lines in files
    part, title : under what it stands, such as the tool; its own name
    scale : what the answers mean
    labels : words for answers that are codes
    note : what a reader of the numbers has to know of it
    """

    code: str
    part: str
    title: str
    scale: AnswerScale
    labels: Mapping[Answer, str] = field(default_factory=dict)
    note: str = ""

    def label_of(self, answer: Answer) -> str:
        """Give the words for an answer."""
        return self.labels.get(answer, str(answer))


@dataclass(slots=True)
class Gathered:
    """What was asked and answered in one kind of work.

    Attributes
    ----------
    asked : the questions, in the order of the page
    answers : first answers, on items that every required reader has answered
    waiting : items that two have begun or must read, and that are not shown because an answer is open
    alone : by code of the question, how often only one of two readers entered something
    """

    asked: list[Asked] = field(default_factory=list)
    answers: list[FirstAnswer] = field(default_factory=list)
    waiting: int = 0
    alone: dict[str, int] = field(default_factory=dict)
