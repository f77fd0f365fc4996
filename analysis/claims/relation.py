"""What must hold between claims, as text: "= a + b - c" or "<= d"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SIGNS = ("<=", ">=", "=", "<", ">")
TERM = re.compile(r"\s*([+-])?\s*([\w.:]+)\s*")


class BadRelation(ValueError):
    """A relation cannot be read; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A comparison of a claim with a sum of others.

    Attributes
    ----------
    sign : {"=", "<=", ">=", "<", ">"}
    terms : the claims' codes with the sign of each
    """

    sign: str
    terms: tuple[tuple[int, str], ...]


def read_relations(text: str) -> Iterator[Relation]:
    """Give the relations of a text, which semicolons part.

    Raises
    ------
    BadRelation : a part is not a sign and codes with plus and minus between them
    """
    for part in filter(None, (one.strip() for one in text.split(";"))):
        sign = next((one for one in SIGNS if part.startswith(one)), "")
        if not sign:
            raise BadRelation(f"“{part}” must begin with one of {' '.join(SIGNS)}.")
        yield Relation(sign, tuple(_terms(part.removeprefix(sign), part)))


def _terms(text: str, part: str) -> Iterator[tuple[int, str]]:
    place = 0
    while place < len(text):
        found = TERM.match(text, place)
        if found is None or (place and found.group(1) is None):
            raise BadRelation(f"“{part}” is not a sum of codes with + or - between them.")
        yield (-1 if found.group(1) == "-" else 1), found.group(2)
        place = found.end()
    if not text.strip():
        raise BadRelation(f"“{part}” names no claim.")
