"""What RevMan does not say and a person has to: the questions, and their answers as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.importers.asking import Question
from evidence.importers.pairing import by_number
from evidence.models import ContrastResult, Direction, Study, ValueKind

STUDIES, TIMES, ARMS = "studies", "times", "arms"
BOTH, PARTICIPANTS, ASSESSORS = "both", "participants", "assessors"
PER_ANALYSIS = "One word for all analyses, or one for each, such as 1.1=lower; 1.2=higher."

QUESTIONS = (
    Question(
        "direction",
        "Which end of each outcome is better",
        f"lower or higher; needed for outcomes that the review does not have yet. {PER_ANALYSIS}",
    ),
    Question(
        "outcomes",
        "Which analyses belong to outcomes of the review",
        "Outcome, or outcome/instrument, by number of the analysis: 1.1=pain/nrs; 1.2=disability. Without it, an "
        "analysis belongs to the outcome of its own name.",
    ),
    Question("weeks", "Weeks since the start", "RevMan does not know it. 12 for all, or 1.1=12; 1.2=26; 1.2.1=52."),
    Question(
        "values",
        "Final values or changes",
        "final or change. Without it, means are final values, except where the name of the analysis says that they "
        f"are changes. {PER_ANALYSIS}",
    ),
    Question(
        "subgroups",
        "What subgroups are",
        "studies (default: a subgroup says something of its studies), times (it is a time point) or arms (it is a "
        f"part of the participants, with arms of its own). {PER_ANALYSIS}",
    ),
    Question(
        "measures",
        "Effect measures",
        "For estimates with standard errors where the file does not name the measure: 1.3=HR.",
    ),
    Question(
        "scale",
        "Logarithms or not",
        "log or natural, for ratios where neither the file nor the interval shows which it is: 1.3=log.",
    ),
    Question(
        "blinding",
        "Whose blinding the item “Blinding” means",
        "Older files have one item for the two domains of RoB 1. Without an answer it is left out.",
        kind="choice",
        choices=(
            (BOTH, "participants and assessors: both domains"),
            (PARTICIPANTS, "participants and personnel"),
            (ASSESSORS, "assessors of outcomes"),
        ),
    ),
    Question(
        "design",
        "Design of the studies",
        "RevMan does not know it. Without an answer, the design of new studies is “not stated”.",
        kind="choice",
        choices=tuple((str(code), str(label)) for code, label in Study.Design.choices),
    ),
)


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers, by number of analysis where there may be one for each."""

    direction: Mapping[str, str] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    weeks: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    subgroups: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, str] = field(default_factory=dict)
    scale: Mapping[str, str] = field(default_factory=dict)
    blinding: str = ""
    design: str = ""


ALLOWED: Mapping[str, tuple[str, ...]] = {
    "direction": tuple(map(str, Direction.values)),
    "outcomes": (),
    "weeks": (),
    "values": tuple(map(str, ValueKind.values)),
    "subgroups": (STUDIES, TIMES, ARMS),
    "measures": tuple(map(str, ContrastResult.Measure.values)),
    "scale": ("log", "natural"),
}


def read_answers(given: Mapping[str, Any]) -> Answers:
    """Give the answers of a person.

    Raises
    ------
    Unreadable : one cannot be understood
    """
    texts = {name: str(given.get(name) or "").strip() for name in (*ALLOWED, "blinding", "design")}
    read = {name: by_number(texts[name], question=name, allowed=allowed) for name, allowed in ALLOWED.items()}
    return Answers(**read, blinding=texts["blinding"], design=texts["design"])
