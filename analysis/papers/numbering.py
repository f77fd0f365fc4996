"""Codes for claims that are read from a text, beside those that a paper has."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from analysis.claims import Claim

NAME = re.compile(r"([rc])(\d+)((?:\.\d+)?)")
Pieces = Mapping[str, Sequence[Claim]]


def renamed(claims: Sequence[Claim], known: Iterable[Claim]) -> list[Claim]:
    """Give claims that a text prints with codes that change no other claim of the paper.

    The grammar counts the results of each text from r1. A result that the paper has from the same sentence keeps the
    code that it has there, so that the same text read again is the same; one of another sentence gets a free number.
    """
    stored = _pieces(known)
    names: dict[str, str] = {}
    for name, piece in _pieces(claims).items():
        names[name] = _name_for(name, piece, stored, set(stored) | set(names.values()))
    return [_with_name(claim, names) for claim in claims]


def piece_of(code: str) -> str:
    """Give what the codes of one result begin with: “r1” of “r1.estimate”, “c3.2” of “c3.2.count”."""
    return code.rpartition(".")[0]


def _pieces(claims: Iterable[Claim]) -> dict[str, list[Claim]]:
    found: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        found[piece_of(claim.code)].append(claim)
    return dict(found)


def _name_for(name: str, piece: Sequence[Claim], stored: Pieces, taken: set[str]) -> str:
    quote = piece[0].place.quote
    here = stored.get(name, ())
    if not here or any(claim.place.quote == quote for claim in here):
        return name if name not in taken or here else _free(name, taken)
    numbers = {(claim.quantity, claim.text) for claim in piece}
    for other, rows in stored.items():
        if any(row.place.quote == quote and (row.quantity, row.text) in numbers for row in rows):
            return other
    return _free(name, taken)


def _free(name: str, taken: set[str]) -> str:
    """Give a name with a number above all that are taken."""
    match = NAME.fullmatch(name)
    if match is None:
        return name
    kind, _, rest = match.groups()
    used = [int(found.group(2)) for one in taken if (found := NAME.fullmatch(one)) and found.group(1) == kind]
    return f"{kind}{max(used, default=0) + 1}{rest}"


def _with_name(claim: Claim, names: Mapping[str, str]) -> Claim:
    old, new = piece_of(claim.code), names[piece_of(claim.code)]
    if old == new:
        return claim
    return replace(
        claim,
        code=new + claim.code[len(old) :],
        statement=new if claim.statement == old else claim.statement,
        part_of=new + claim.part_of[len(old) :] if piece_of(claim.part_of) == old else claim.part_of,
    )
