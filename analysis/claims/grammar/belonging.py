"""Which result of a sentence a number belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.claims.claim import Quantity
from analysis.claims.grammar.phrases import Found
from analysis.claims.grammar.pooled import Result

# So near is a number to the result in brackets that it is printed before.
NEAR = 30
SIZES = frozenset({Quantity.K, Quantity.N})
# Where another clause begins; “and” before a number goes on with a list: “12 trials and 340 patients”.
CLAUSE = re.compile(
    r"\b(?:while|whereas|but|versus|than)\b|\band\b(?=\s+[A-Za-z]+\s)(?!\s+(?:included|involv|with)\w*)"
)
BRACKETS = re.compile(r"[(\[][^()\[\]]*[)\]]|^[^(\[]*[)\]]")
COMPARED = re.compile(r"subgroup|differ(?:ed|s)?\b|between (?:the )?(?:two|groups)|interaction|baseline|trend|than\b")


def owner_of(text: str, results: Sequence[Result], found: Found) -> int:
    """Give the place of the result that a number belongs to."""
    before = sum(result.start <= found.start for result in results)
    if before < len(results):
        between = text[found.start : results[before].start]
        if _is_in_one_bracket(between) or (found.quantity in SIZES and _is_ahead(text, results, found, before)):
            return before
    return max(before - 1, 0)


def _is_ahead(text: str, results: Sequence[Result], found: Found, before: int) -> bool:
    """Whether a number of studies or participants belongs to the result behind it.

    It does in brackets that are opened behind the result before and hold the result behind, and where another clause
    begins between the result before and the number: “(…) and at one year seven trials found … (…)”.
    """
    start = results[before - 1].end if before else 0
    since, until = text[start : found.start], text[found.start : results[before].start]
    opened, closed = max(since.rfind("("), since.rfind("[")), max(since.rfind(")"), since.rfind("]"))
    if opened > closed and not re.search(r"[()\[\]]", until):
        return True
    outside = BRACKETS.sub(" ", since[:opened] if opened > closed else since)
    return CLAUSE.search(outside) is not None


def _is_in_one_bracket(between: str) -> bool:
    """Whether a stretch that begins in brackets does not leave them, so that both its ends are in one pair."""
    if re.search(r"[()\[\]]", between):
        return False
    return not re.search(r";|\band\b", between) and len(between) < NEAR


def is_loose(text: str, results: Sequence[Result], found: Sequence[Found], one: Found) -> bool:
    """Whether a p value may be that of a comparison: of subgroups, or of several results before it.

    It is where the words between say so, where words stand between it and the brackets of the last of several results,
    where it is the only one that stands outside of brackets, and where its own brackets end before the first result.
    """
    if one.quantity is not Quantity.P_VALUE or not results:
        return False
    ends = [result.end for result in results if result.end <= one.start]
    between = text[max(ends) : one.start] if ends else ""
    first = min(result.start for result in results)
    if (
        one.end <= first
        and _depth(text, one.start) > 0
        and re.search(r"[)\]].*?\b(?:and|but|while)\b", text[one.end : first])
    ):
        return True
    if COMPARED.search(between):
        return True
    if len(results) == 1:
        return False
    outside = [p for p in found if p.quantity is Quantity.P_VALUE and _depth(text, p.start) == 0]
    return outside == [one] or re.search(r"[)\]].*[A-Za-z]{3}", between, re.DOTALL) is not None


def _depth(text: str, place: int) -> int:
    """Give how many brackets are open at a place."""
    before = text[:place]
    return sum(map(before.count, "([")) - sum(map(before.count, ")]"))
