"""Answers that pair things of a file with things of the review, such as “1.1=pain/nrs; 1.2=disability/rmdq”."""

import re
from collections.abc import Iterable, Mapping

from evidence.importers.opening import Unreadable

BETWEEN = re.compile(r"[;\n]")


def pairs(text: str, *, question: str, sign: str = "=") -> list[tuple[str, str]]:
    """Give the pairs of an answer, in its order; a lone word is a pair without a first part.

    Parameters
    ----------
    question : name of the question, for the sentence
    sign : what stands between the two parts

    Raises
    ------
    Unreadable : a pair lacks one of its parts
    """
    found = []
    for one in filter(None, (part.strip() for part in BETWEEN.split(text))):
        left, between, right = (part.strip() for part in one.rpartition(sign))
        if not right or (between and not left):
            raise Unreadable(
                f"The answer to “{question}” has a part that says nothing: “{one}”. Write a{sign}b; c{sign}d."
            )
        found.append((left, right))
    return found


def by_number(text: str, *, question: str, allowed: Iterable[str] = ()) -> dict[str, str]:
    """Give an answer by number of analysis, "" for the one that holds for all others.

    Raises
    ------
    Unreadable : it is not of this form, names a number twice, or says something that is not allowed
    """
    known = tuple(allowed)
    answers: dict[str, str] = {}
    for number, word in pairs(text, question=question):
        if number in answers:
            raise Unreadable(f"The answer to “{question}” names {number or 'a word for all'} twice.")
        if known and word not in known:
            raise Unreadable(f"“{word}” is no answer to “{question}”; there are {', '.join(known)}.")
        answers[number] = word
    return answers


def answer_for(answers: Mapping[str, str], *numbers: str) -> str:
    """Give the answer for the first of these numbers that has one, the one for all, or ""."""
    return next((answers[number] for number in (*numbers, "") if number in answers), "")
