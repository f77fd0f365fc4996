"""Text for a terminal: tables, wrapped sentences, p values, and the plain letters of terminals without Unicode."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from math import floor, log10

from analysis.figures.text import ELLIPSIS, number

SMALLEST_P, LARGEST_P = 0.001, 0.999
# Beyond these, numbers are written with a power of ten.
SMALLEST_PLAIN, LARGEST_PLAIN = 1e-5, 1e9
GAP = "  "
# Longer names of studies are shortened.
LONGEST_LABEL = 34
# What stands for the characters beyond ASCII that the report uses; each takes as much room as what it stands for,
# except in words, where nothing is aligned.
PLAIN = dict(zip("−–…·×“”’─━╌│├┤╺╸┼┴┬■▪◆←→²", '--~-x""\'-=.:||<>+++#oO<>2', strict=True)) | {"τ": "tau"}
ASCII = str.maketrans(PLAIN)


def fitting(text: str, encoding: str) -> str:
    """Give a text that an encoding can write; what it cannot write becomes plain letters, or ? where there are none."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        # A heading above a column of numbers keeps its place.
        return re.sub(r" {3}τ", " tau", text).translate(ASCII).encode(encoding, "replace").decode(encoding)
    return text


def columns(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Give a table: its first column starts at the left, the others end at the right."""
    rows = [[pad(row[0], min(width_of(row[0]), LONGEST_LABEL)), *row[1:]] for row in rows]
    widths = [max(width_of(row[i]) for row in (heads, *rows)) for i in range(len(heads))]
    rule = ["─" * width for width in widths]
    return [_line(row, widths) for row in (heads, rule, *rows)]


def _line(texts: Sequence[str], widths: Sequence[int]) -> str:
    """Give one line of a table."""
    others = (text.rjust(width) for text, width in zip(texts[1:], widths[1:], strict=True))
    return GAP.join([pad(texts[0], widths[0]), *others]).rstrip()


def pairs(given: Sequence[tuple[str, str]]) -> list[str]:
    """Give names with what they are, one below the other."""
    width = max(len(name) for name, _ in given)
    return [f"{GAP}{name.ljust(width)}{GAP}{words}" for name, words in given]


def wrap(sentences: str, width: int) -> list[str]:
    """Give sentences as lines of at most so many characters."""
    return textwrap.wrap(sentences, width=width, break_long_words=False, break_on_hyphens=False)


def p_value(value: float | None) -> str:
    """Give a p value with three decimals, as a bound where it is very small or large."""
    if value is None:
        return "–"
    if value < SMALLEST_P:
        return f"<{SMALLEST_P}"
    return f">{LARGEST_P}" if value > LARGEST_P else f"{value:.3f}"


def p_equals(value: float | None) -> str:
    """Give a p value with its relation, such as p = 0.04."""
    said = p_value(value)
    return f"p {said[0]} {said[1:]}" if said[0] in "<>" else f"p = {said}"


def fixed(value: float | None, decimals: int) -> str:
    """Give a number with fixed decimals, a dash where there is none."""
    return "–" if value is None else number(value, decimals=decimals)


def significant(value: float | None, digits: int = 3) -> str:
    """Give a number of unknown size with so many significant digits."""
    if not value:
        return "–" if value is None else "0"
    decimals = max(digits - 1 - floor(log10(abs(value))), 0)
    shown = f"{value:.{decimals}f}" if SMALLEST_PLAIN <= abs(value) < LARGEST_PLAIN else f"{value:.{digits - 1}e}"
    return shown.replace("-", "−")


def percentage(value: float | None) -> str:
    """Give a fraction as a percentage, a dash where there is none."""
    return "–" if value is None else f"{100 * value:.1f}%"


def count(number_of: int, one: str, many: str) -> str:
    """Give a number with its noun."""
    return f"{number_of} {one if number_of == 1 else many}"


def width_of(text: str) -> int:
    """Give how many columns of a terminal a text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    """Give how many columns of a terminal a character takes."""
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, width: int) -> str:
    """Give a text of exactly so many columns, shortened with an ellipsis where it is longer."""
    if width_of(text) > width:
        kept = ""
        for character in text:
            if width_of(kept + character) > width - 1:
                break
            kept += character
        text = kept.rstrip() + ELLIPSIS
    return text + " " * (width - width_of(text))
