"""What typesetting and copying leave in the text of a paper, taken back before it is read."""

import re

# Markdown's bold; marks of significance behind a number in a table go with them.
BOLD = re.compile(r"\*\*")
# The sign of equality, as the text of some publishers' PDFs has it: “p ¼ 0.04”.
QUARTER = re.compile(r"(?<=[\w²)%])\s?¼\s?(?=[-−–<.\d])")
# The dash of LaTeX between two numbers: “0.75--1.18”.
DASHES = re.compile(r"(?<=\d)\s?--\s?(?=[\d.])")
LATEX = ((re.compile(r"\\%"), "%"), (re.compile(r"\\tau\b"), "τ"), (re.compile(r"\\times\b"), "×"))
# Signs of LaTeX around a formula, such as “$I^2 = 45\%$”; not a sum of dollars.
FORMULA = re.compile(r"\$(?=[A-Za-z\\<>])([^$\n]{1,60})\$")


def as_printed(text: str) -> str:
    """Give a text as it would be printed; no line is added or lost."""
    plain = FORMULA.sub(r"\1", text)
    for pattern, sign in LATEX:
        plain = pattern.sub(sign, plain)
    plain = QUARTER.sub(" = ", BOLD.sub("", plain))
    return DASHES.sub("–", plain)
