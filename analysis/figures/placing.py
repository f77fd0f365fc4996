"""Where labels go: beside their points, one after the other, where nothing stands yet; others are left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analysis.figures import svg
from analysis.figures.layout import SMALL
from analysis.figures.metrics import shorten, width_of

LABEL_WIDTH = 190.0
# Height of a line above and below its baseline, in parts of the font size.
ABOVE, BELOW = 0.95, 0.3
GAP = 4.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Whether two rectangles share some area."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: "Box") -> bool:
        """Whether the other lies inside."""
        across = self.left <= other.left and other.right <= self.right
        return across and self.top <= other.top and other.bottom <= self.bottom


@dataclass(frozen=True, slots=True)
class Spot:
    """A point with the label that it should have."""

    x: float
    y: float
    radius: float
    label: str


def box_of_text(x: float, y: float, shown: str, *, size: float, anchor: str = "start") -> Box:
    """Give about the rectangle of a text on its baseline."""
    width = width_of(shown, size)
    left = {"start": x, "middle": x - width / 2, "end": x - width}[anchor]
    return Box(left, y - ABOVE * size, left + width, y + BELOW * size)


def place_labels(
    spots: Sequence[Spot], *, inside: Box, most: int, taken: Iterable[Box] = (), width: float = LABEL_WIDTH
) -> str:
    """Give the labels that have room, the first spots first; none lies over another, a point or what is taken.

    Parameters
    ----------
    spots : all points; those without a label keep their room
    most : at most so many labels are placed
    """
    points = [Box(one.x - one.radius, one.y - one.radius, one.x + one.radius, one.y + one.radius) for one in spots]
    held, shown, count = list(taken), "", 0
    for place, spot in enumerate(spots):
        words = shorten(spot.label, width=width, size=SMALL)
        if not words or count == most:
            continue
        around = [*held, *points[:place], *points[place + 1 :]]
        for x, y, anchor in _candidates(spot):
            box = box_of_text(x, y, words, size=SMALL, anchor=anchor)
            if inside.holds(box) and not any(box.meets(other) for other in around):
                shown += svg.text(x, y, words, full=spot.label, text_anchor=anchor, font_size=SMALL)
                held.append(box)
                count += 1
                break
    return shown


def _candidates(spot: Spot) -> list[tuple[float, float, str]]:
    """Give places for a label: beside, above, below and at the corners of its point."""
    reach, middle = spot.radius + GAP, spot.y + SMALL * 0.33
    above, below = spot.y - reach - BELOW * SMALL, spot.y + reach + ABOVE * SMALL
    near = 0.7 * reach
    return [
        (spot.x + reach, middle, "start"),
        (spot.x - reach, middle, "end"),
        (spot.x, above, "middle"),
        (spot.x, below, "middle"),
        (spot.x + near, above + 0.3 * reach, "start"),
        (spot.x - near, above + 0.3 * reach, "end"),
        (spot.x + near, below - 0.3 * reach, "start"),
        (spot.x - near, below - 0.3 * reach, "end"),
    ]
