"""Counts that are written in words, up to ninety-nine."""

import re

from analysis.claims.grammar.tokens import SPACE

ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
VALUES = {word: value for value, word in enumerate((*ONES, *TEENS), start=1)}
VALUES |= {word: 10 * value for value, word in enumerate(TENS, start=2)}
# No part of a larger number: “one hundred and five”, “two thousand”; no range: “two or three”, “six to ten”.
ALONE = rf"(?![\w-]|{SPACE}(?:hundred|thousand|million|dozen|and|or|to)\b)"
IN_WORDS = (
    r"(?<![\w-])(?<!hundred )(?<!hundred and )(?<!thousand )(?<!thousand and )(?<! or )(?<! to )"
    rf"(?i:(?:{'|'.join(TENS)})(?:[-‐ ](?:{'|'.join(ONES)}))?|{'|'.join((*TEENS, *ONES))}){ALONE}"
)


def in_digits(text: str) -> str:
    """Give a count in digits that may be written in words."""
    words = re.findall(r"[a-z]+", text.lower())
    if not words or not VALUES.keys() >= set(words):
        return text
    return str(sum(VALUES[word] for word in words))
