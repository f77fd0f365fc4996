"""Text in figures: numbers for readers, and escaping."""

import re
from html import escape
from math import exp, floor, log, log10

MINUS = "−"
ELLIPSIS = "…"
NO_NUMBER = "–"
# Beyond these a ratio is shown as a bound: its digits say nothing.
SMALLEST_RATIO, LARGEST_RATIO = 0.001, 1000.0
# What XML 1.0 cannot hold: control characters, surrogates and non-characters.
NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def clean(text: str) -> str:
    """Give a text for XML: escaped, on one line, without characters that XML cannot hold."""
    return escape(" ".join(NOT_XML.sub("", text).split()), quote=True)


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
