"""Counts with their percentages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.claims.grammar.number_words import IN_WORDS, in_digits
from analysis.claims.grammar.phrases import PEOPLE, STUDIES
from analysis.claims.grammar.tokens import SPACE, count, number

NO_NUMBER_BEFORE = r"(?<![\w.,·/−–-])"
# A whole that stands before: “of the 41 trials, 12 (29 %)”, “41 trials, of which 12 (29 %)”.
BEFORE = rf"\b[Oo]f{SPACE}(?:the{SPACE})?%s{SPACE}(?:{STUDIES}|{PEOPLE}),{SPACE}$"
OF_WHICH = (
    rf"(?<![\d.,])%s(?:{SPACE}[a-z]+)?{SPACE}(?:{STUDIES}|{PEOPLE}),?{SPACE}of{SPACE}(?:which|whom|these|them){SPACE}$"
)


def shares(text: str, decimal: str) -> Iterator[tuple[str, str, str]]:
    """Give counts with percentages, as (count, whole or "", percentage).

    “26 (44.3 %)”, “26 of 58 (44.8%)”, “26 (44.8%) of 58”, “44.8% (26/58)”, “seven of 12 trials (58%)”, “of 41 trials,
    12 (29%)”.
    """
    one, share = count(decimal), rf"(?P<share>{number(decimal)}){SPACE}?%"
    whole = rf"\d{{1,3}}(?: \d{{3}})+(?!\d)|{one}"
    counts_first = re.compile(
        rf"{NO_NUMBER_BEFORE}(?P<n>{one}|{IN_WORDS})"
        rf"(?:{SPACE}(?:of|out of|von){SPACE}(?:the{SPACE})?(?P<whole>{whole})|/(?P<over>{one}))?"
        rf"(?:{SPACE}[A-Za-z]+){{0,3}}{SPACE}?[(\[]{SPACE}?{share}"
        rf"{SPACE}?[)\];,](?:(?<=[)\]]){SPACE}of{SPACE}(?:the{SPACE})?(?P<behind>{whole})(?![\d,.·]*\d|{SPACE}?%))?"
    )
    shares_first = re.compile(
        rf"{NO_NUMBER_BEFORE}{share}{SPACE}?[(\[]{SPACE}?(?:n{SPACE}?={SPACE}?)?(?P<n>{one})"
        rf"(?:/|{SPACE}of{SPACE})(?P<whole>{whole}){SPACE}?[)\];,]"
    )
    ahead = [re.compile(pattern % f"(?P<ahead>{whole})") for pattern in (BEFORE, OF_WHICH)]
    for match in (*counts_first.finditer(text), *shares_first.finditer(text)):
        found = match.groupdict()
        of = found["whole"] or found.get("over") or found.get("behind") or ""
        before = [one.search(text[: match.start("n")]) for one in ahead]
        of = of or next((one.group("ahead") for one in before if one), "")
        yield (
            with_points(in_digits(found["n"]), decimal, is_count=True),
            with_points(of, decimal, is_count=True),
            found["share"],
        )


def with_points(text: str, decimal: str, *, is_count: bool) -> str:
    """Give a number with a point before its decimals, and with commas between its thousands."""
    if decimal != ",":
        return text
    return text.replace(".", ",") if is_count else text.replace(",", ".")
