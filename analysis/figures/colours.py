"""The colours of all figures: told apart with any colour vision, on paper and on a dark page, and never alone.

After Okabe and Ito's palette (Wong 2011, doi:10.1038/nmeth.1618), darkened or lightened so that each keeps a contrast
of 3:1 to white and to near-black. What a colour tells, a mark, a dash, a sign or a word tells too.
"""

from dataclasses import dataclass

from analysis.figures.layout import ACCENT, INK, SUMMARY

BLUE, VERMILION = ACCENT, SUMMARY
GREEN, PURPLE, OLIVE = "#0f8f68", "#b0649a", "#8f7a12"
# What is behind everything, such as areas between lines, is a thin layer of the colour of text.
VEIL = INK

# Levels of judgements from the best to the worst; on each a dark sign is readable.
LEVELS = {1: ("#56b4e9",), 2: ("#56b4e9", "#d55e00"), 3: ("#56b4e9", "#f0e442", "#d55e00")}
MORE_LEVELS = ("#56b4e9", "#f0e442", "#e69f00", "#d55e00", "#8b2500")
UNKNOWN_LEVEL = "#bbbbbb"
ON_LEVEL = "#1b1b1b"


@dataclass(frozen=True, slots=True)
class Style:
    """What one kind of line or mark looks like; "" as dash is a whole line."""

    colour: str
    dash: str
    mark: str


STYLES = (
    Style(VERMILION, "", "circle"),
    Style(GREEN, "7 4", "square"),
    Style(PURPLE, "2 3", "diamond"),
    Style(OLIVE, "9 3 2 3", "triangle"),
    Style(BLUE, "4 3", "circle"),
)


def style(place: int) -> Style:
    """Give the style of the nth kind; they begin anew after the last."""
    return STYLES[place % len(STYLES)]
