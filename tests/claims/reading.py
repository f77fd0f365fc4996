"""Texts that print results, with what stands in them marked as {quantity|text}, and how well they are read."""

import re
from collections import Counter
from pathlib import Path

from analysis.claims import read_printed
from analysis.claims.grammar import read_claims

FOLDER = Path(__file__).parent / "texts"
MARK = re.compile(r"\{(\w+)\|([^}]*)\}")
# Words that stand for numbers of studies in the texts.
WORDS = {"five": 5, "Six": 6, "seven": 7, "Eight": 8, "Eleven": 11, "Twelve": 12, "Fourteen": 14, "Sixteen": 16}
# Read along, and not scored: the level of an interval, and words.
NOT_SCORED = {"level", "significance"}


def plain(marked: str) -> str:
    """Give a text without its marks."""
    return MARK.sub(lambda match: match.group(2), marked)


def _number(text: str, has_commas: bool) -> float:
    printed = read_printed(str(WORDS.get(text, text)), decimal="," if has_commas else ".")
    assert printed is not None, text
    return printed.number


def marked_in(marked: str) -> Counter[tuple[str, float]]:
    """Give what stands in a text, as (quantity, number)."""
    has_commas = any(word in marked for word in ("Ergebnisse", "Résultats", "Resultados"))
    return Counter((match.group(1), _number(match.group(2), has_commas)) for match in MARK.finditer(marked))


def read_in(text: str) -> Counter[tuple[str, float]]:
    """Give what is read from a text, as (quantity, number)."""
    claims = [claim for claim in read_claims(text) if claim.quantity.value not in NOT_SCORED]
    return Counter((claim.quantity.value, claim.printed.number) for claim in claims if claim.printed is not None)


def scores(names: str) -> tuple[int, int, int, list[tuple[str, object, object]]]:
    """Give how many numbers stand in the texts, are read and are both, and what differs, by text."""
    standing = reading = both = 0
    differing = []
    for path in sorted(FOLDER.glob(names)):
        marked = path.read_text(encoding="utf-8")
        true, read = marked_in(marked), read_in(plain(marked))
        standing, reading, both = standing + true.total(), reading + read.total(), both + (true & read).total()
        if true != read:
            differing.append((path.stem, true - read, read - true))
    return standing, reading, both, differing
