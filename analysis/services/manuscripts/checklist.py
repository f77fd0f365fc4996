"""The items of the PRISMA 2020 statement by number and topic, in words of our own.

References
----------
PRISMA 2020, Page et al. (2021), doi:10.1136/bmj.n71. The checklist itself is published by its authors; here stand the
numbers of its items and what each is about.
"""

import re
from typing import NamedTuple

from analysis.models import Block


class Item(NamedTuple):
    """One item: its number, its section, and what it is about."""

    number: str
    section: str
    topic: str


ABSTRACT_PREFIX = "A"
_ITEMS = {
    "Title": {"1": "Named as a systematic review in the title"},
    "Abstract": {"2": "Abstract with the items of the list for abstracts"},
    "Introduction": {"3": "Why the review is needed", "4": "The questions it answers"},
    "Methods": {
        "5": "Who and what was eligible, and how studies were grouped",
        "6": "Where and when was searched",
        "7": "The full search strategies",
        "8": "How studies were selected",
        "9": "How data were collected",
        "10a": "Outcomes for which data were sought",
        "10b": "Other data that were sought",
        "11": "How risk of bias in studies was assessed",
        "12": "Effect measures",
        "13a": "Which studies went into each synthesis",
        "13b": "How data were prepared",
        "13c": "How results are tabulated and drawn",
        "13d": "How results were synthesised, and why so",
        "13e": "How causes of heterogeneity were looked for",
        "13f": "Sensitivity analyses",
        "14": "How bias from missing results was assessed",
        "15": "How certainty was assessed",
    },
    "Results": {
        "16a": "Selection of studies, with a flow diagram",
        "16b": "Near misses: studies excluded, and why",
        "17": "Characteristics of each study",
        "18": "Risk of bias in each study",
        "19": "Results of each study",
        "20a": "Studies and their risk of bias, by synthesis",
        "20b": "Results of each synthesis",
        "20c": "Results on causes of heterogeneity",
        "20d": "Results of sensitivity analyses",
        "21": "Bias from missing results",
        "22": "Certainty of the evidence",
    },
    "Discussion": {
        "23a": "Interpretation beside other evidence",
        "23b": "Limits of the evidence",
        "23c": "Limits of the review's own methods",
        "23d": "What follows for practice, policy and research",
    },
    "Other information": {
        "24a": "Registration",
        "24b": "Where the protocol is",
        "24c": "Departures from registration and protocol",
        "25": "Support and funding",
        "26": "Competing interests",
        "27": "Where data, code and materials are",
    },
}
_FOR_ABSTRACTS = {
    "1": "Named as a systematic review",
    "2": "The question",
    "3": "Eligibility",
    "4": "Sources and dates of the search",
    "5": "Risk of bias: how assessed",
    "6": "How results were synthesised",
    "7": "Studies and participants included",
    "8": "Main results with numbers",
    "9": "Limits of the evidence",
    "10": "Interpretation",
    "11": "Funding",
    "12": "Registration",
}
ITEMS = tuple(Item(number, section, topic) for section, rows in _ITEMS.items() for number, topic in rows.items())
FOR_ABSTRACTS = tuple(
    Item(f"{ABSTRACT_PREFIX}{number}", "For the abstract", topic) for number, topic in _FOR_ABSTRACTS.items()
)
NUMBERS = frozenset(item.number for item in (*ITEMS, *FOR_ABSTRACTS))
ANSWER = re.compile(r"\s*(\w+)\s*:\s*(.+)")
UNKNOWN = "PRISMA 2020 has no item “{number}”; write numbers such as 5, 10a or, for the abstract, A7."
NOT_AN_ANSWER = "“{line}” is no answer: write the number of an item, a colon and where it is, such as “25: page 12”."


def items_of(block: Block) -> list[str]:
    """Give the items that a block answers."""
    return [part for part in re.split(r"[,;\s]+", block.items) if part]


def answers_of(text: str) -> dict[str, str]:
    """Give what a checklist says itself: a line for each item, `number: where it is`."""
    found = (ANSWER.fullmatch(line) for line in text.splitlines() if line.strip())
    return {row[1]: row[2].strip() for row in found if row}


def unknown_items(block: Block) -> dict[str, list[str]]:
    """Give, by field, a sentence for each item that does not exist and each line that is no answer."""
    wrong: dict[str, list[str]] = {}
    for number in items_of(block):
        if number not in NUMBERS:
            wrong.setdefault("items", []).append(UNKNOWN.format(number=number))
    if block.kind == Block.Kind.CHECKLIST:
        for line in filter(str.strip, block.text.splitlines()):
            row = ANSWER.fullmatch(line)
            if row is None:
                wrong.setdefault("text", []).append(NOT_AN_ANSWER.format(line=line.strip()))
            elif row[1] not in NUMBERS:
                wrong.setdefault("text", []).append(UNKNOWN.format(number=row[1]))
    return wrong
