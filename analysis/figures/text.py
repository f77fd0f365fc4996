"""Text in figures: numbers for readers, widths, shortening and escaping."""

import re
import unicodedata
from html import escape
from math import exp, floor, log, log10

MINUS = "−"
ELLIPSIS = "…"
NO_NUMBER = "–"
# Beyond these a ratio is shown as a bound: its digits say nothing.
SMALLEST_RATIO, LARGEST_RATIO = 0.001, 1000.0
# What XML 1.0 cannot hold: control characters, surrogates and non-characters.
NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
# Widths in parts of the font size, on the wide side of common sans-serif fonts.
NARROW = frozenset("iljtfrI.,:;'|!()[] ’")
BROAD = frozenset("mwMW@%…—")
WIDTHS = {"narrow": 0.36, "broad": 0.92, "upper": 0.7, "full": 1.0, "common": 0.58}


def clean(text: str) -> str:
    """Give a text for XML: escaped, on one line, without characters that XML cannot hold."""
    return escape(" ".join(NOT_XML.sub("", text).split()), quote=True)


def width_of(text: str, size: float) -> float:
    """Give about how wide a text is at a font size."""
    return size * sum(_width_of_character(character) for character in text)


def shorten(text: str, *, width: float, size: float) -> str:
    """Give the text, or as much of its beginning as fits into a width, with an ellipsis."""
    text = " ".join(NOT_XML.sub("", text).split())
    if width_of(text, size) <= width:
        return text
    room = width - width_of(ELLIPSIS, size)
    kept = ""
    for character in text:
        if width_of(kept + character, size) > room:
            break
        kept += character
    return kept.rstrip() + ELLIPSIS


def wrap(text: str, *, width: float, size: float) -> list[str]:
    """Give the lines of a text that is broken at its spaces, but not at those that do not break.

    A word that is too long for a line is shortened.
    """
    lines: list[str] = []
    for word in filter(None, text.split(" ")):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten(word, width=width, size=size))
    return lines or [""]


def axis_words(label: str) -> str:
    """Give what an axis shows, with a comma in place of brackets that hold brackets: “Change, points (0-10)”."""
    name, is_bracketed, unit = label.partition(" (")
    is_nested = is_bracketed and "(" in unit and unit.endswith("))")
    return f"{name}, {unit[:-1]}" if is_nested else label


def decimals_for(span: float) -> int:
    """Give the decimals that numbers of a span need: 2 from 0.5 to 100, 1 above, and more below, up to 6."""
    if span >= 100:
        return 1
    return 2 if not 0 < span < 0.5 else min(2 - floor(log10(span * 2)), 6)


def number(value: float, *, decimals: int) -> str:
    """Give a number for readers, with a typographic minus and no minus before zero."""
    if abs(value) >= 1e7:
        written = f"{value:.2e}".replace("e+0", "e").replace("e+", "e")
    else:
        written = f"{value:.{decimals}f}"
    if float(written) == 0:
        written = written.lstrip("-")
    return written.replace("-", MINUS)


def ratio(value: float) -> str:
    """Give the ratio of a log ratio for readers: two decimals, three below 0.1, none above 100; bounds far out."""
    if value > log(LARGEST_RATIO):
        return f">{LARGEST_RATIO:.0f}"
    shown = exp(value)
    if shown < SMALLEST_RATIO:
        return f"<{SMALLEST_RATIO}"
    return number(shown, decimals=0 if shown >= 100 else 1 if shown >= 10 else 2 if shown >= 0.1 else 3)


def percent(fraction: float) -> str:
    """Give a fraction as a percentage with one decimal."""
    return f"{number(100 * fraction, decimals=1)}%"


def _width_of_character(character: str) -> float:
    """Give about how wide a character is, in parts of the font size."""
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return WIDTHS["full"]
    if character in NARROW:
        return WIDTHS["narrow"]
    if character in BROAD:
        return WIDTHS["broad"]
    return WIDTHS["upper"] if character.isupper() else WIDTHS["common"]
