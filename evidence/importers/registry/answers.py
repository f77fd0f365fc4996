"""What a record of a register does not say and a person has to: the questions, and their answers as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.importers.asking import Question
from evidence.importers.naming import folded
from evidence.importers.opening import Unreadable
from evidence.importers.pairing import pairs

SIGN, AND = "=>", "|"
AS_LISTED, REVERSED = "as_listed", "reversed"
ALL, TOTALS, NONE = "all", "totals", "none"

QUESTIONS = (
    Question(
        "measures",
        "Which outcome each measure belongs to",
        "Words of its title, an arrow, then outcome/instrument of the review: pain intensity => pain/nrs; responder | "
        "yes => response/responders. Words on both sides of a bar must all be found, in the title of the measure, of "
        "its class or of its category. Measures without an answer are listed and left out.",
    ),
    Question(
        "groups",
        "Which arm each group is",
        "Where groups of results are not called like the arms: Placebo (week 12)=Placebo; Drug A 10 mg BID=Drug A.",
    ),
    Question(
        "comparators",
        "Which comparator type each kind of arm is",
        "PLACEBO_COMPARATOR=placebo; ACTIVE_COMPARATOR=active; NO_INTERVENTION=none: codes of the review. Without it, "
        "comparators have the register's own words as types.",
    ),
    Question(
        "differences",
        "Which group is subtracted from which",
        "Registers do not say it. Without an answer, the sign of a difference is “not stated”; no analysis uses it.",
        kind="choice",
        choices=((AS_LISTED, "first listed minus second"), (REVERSED, "second listed minus first")),
    ),
    Question(
        "age", "Characteristic for the mean age", "Its code. Without it: age, mean_age or age_mean, if there is one."
    ),
    Question(
        "female",
        "Characteristic for the percentage of women",
        "Its code. Without it: percent_female, female_percent or female, if there is one with the unit %.",
    ),
    Question(
        "adverse_events",
        "Which adverse events",
        "All of them (default), only the totals of serious and other events and deaths, or none.",
        kind="choice",
        choices=((ALL, "all"), (TOTALS, "totals only"), (NONE, "none")),
    ),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """Measures whose titles hold all these words belong to an instrument of an outcome."""

    words: tuple[str, ...]
    outcome: str
    instrument: str


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a person."""

    rules: tuple[Rule, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    comparators: Mapping[str, str] = field(default_factory=dict)
    differences: str = ""
    age: str = ""
    female: str = ""
    adverse_events: str = ALL


def read_answers(given: Mapping[str, Any]) -> Answers:
    """Give the answers of a person.

    Raises
    ------
    Unreadable : one cannot be understood
    """
    texts = {one.name: str(given.get(one.name) or "").strip() for one in QUESTIONS}
    return Answers(
        rules=tuple(_rule(*pair) for pair in pairs(texts["measures"], question="measures", sign=SIGN)),
        groups={folded(left): right for left, right in pairs(texts["groups"], question="groups")},
        comparators={left.upper(): right for left, right in pairs(texts["comparators"], question="comparators")},
        differences=texts["differences"],
        age=texts["age"],
        female=texts["female"],
        adverse_events=texts["adverse_events"] or ALL,
    )


def _rule(words: str, target: str) -> Rule:
    outcome, _, instrument = (part.strip() for part in target.partition("/"))
    parts = tuple(folded(one) for one in words.split(AND) if one.strip())
    if not parts or not instrument:
        raise Unreadable(
            f"The answer to “measures” has a part that says nothing: “{words} {SIGN} {target}”. "
            "Write words of the title, =>, and outcome/instrument."
        )
    return Rule(parts, outcome, instrument)
