"""The legend below a figure: what each mark, line and area stands for, in as many lines as it takes."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.figures import svg
from analysis.figures.colours import Style
from analysis.figures.layout import MARGIN, SMALL, WIDTH
from analysis.figures.marks import mark
from analysis.figures.metrics import shorten, width_of

LINE, SWATCH, GAP, BETWEEN = 20.0, 26.0, 6.0, 22.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the legend.

    `kind` is "mark", "open", "line" or "area"; an area is as dark as `opacity` says.
    """

    words: str
    kind: str
    style: Style
    opacity: float = 1.0


def legend(entries: Sequence[Entry], *, top: float, left: float = MARGIN) -> tuple[str, float]:
    """Give the legend, and where it ends."""
    shown, x, y = "", left, top
    for entry in entries:
        words = shorten(entry.words, width=WIDTH - MARGIN - left - SWATCH - GAP, size=SMALL)
        width = SWATCH + GAP + width_of(words, SMALL)
        if x > left and x + width > WIDTH - MARGIN:
            x, y = left, y + LINE
        shown += _swatch(entry, x, y + LINE / 2)
        shown += svg.text(x + SWATCH + GAP, y + LINE / 2 + 4, words, full=entry.words, font_size=SMALL)
        x += width + BETWEEN
    return shown, y + LINE if entries else top


def _swatch(entry: Entry, x: float, y: float) -> str:
    """Give what the words of an entry stand for."""
    look = entry.style
    if entry.kind == "line":
        return svg.line(x, y, x + SWATCH, y, stroke=look.colour, **dashed(look), stroke_width=1.8)
    if entry.kind == "area":
        box = {"x": x, "y": y - 6.0, "width": SWATCH, "height": 12.0}
        return svg.element("rect", **box, fill=look.colour, fill_opacity=entry.opacity, stroke=look.colour)
    return mark(look.mark, x + SWATCH / 2, y, 5.0, colour=look.colour, is_open=entry.kind == "open")


def dashed(look: Style) -> dict[str, str]:
    """Give the attribute of a dashed line, nothing for a whole one."""
    return {"stroke_dasharray": look.dash} if look.dash else {}
