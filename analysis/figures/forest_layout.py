"""Where things are on a forest plot: columns as wide as what they hold, and the heights of its lines."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.figures.beside import Beside, Column, Lights
from analysis.figures.layout import FONT, MARGIN, SMALL
from analysis.figures.metrics import width_of, wrap

GAP = 14.0
LABELS_MOST, LABELS_LEAST, LABELS_WITH_GROUPS = 270.0, 100.0, 210.0
TEXT_MOST, HEADING_LEAST = 150.0, 54.0
LIGHT, MESSAGE_MOST = 22.0, 170.0
PLOT_LEAST, PLOT_MOST = 270.0, 440.0
WIDTH_LEAST, WIDTH_USUAL = 640.0, 960.0
ROW_HIGH, ROW_MIDDLE, ROW_LOW = 24.0, 18.0, 16.0
FEW, MANY, VERY_MANY = 40, 120, 400
HEADING_LINES, OVER_LINES = 3, 2
BIAS = "Risk of bias"


@dataclass(frozen=True, slots=True)
class Placed:
    """A column of text from `left` to `right`, with the lines of its heading."""

    column: Column
    left: float
    right: float
    heading: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Over:
    """A heading over neighbouring columns, whose own headings have at most `under` lines."""

    text: str
    lines: tuple[str, ...]
    left: float
    right: float
    under: int


@dataclass(frozen=True, slots=True)
class Places:
    """The horizontal places of a plot, from left to right."""

    labels: float
    columns: tuple[Placed, ...]
    overs: tuple[Over, ...]
    plot_left: float
    plot_right: float
    estimates_right: float
    weights_right: float
    lights_left: float
    lights_right: float
    width: float

    @property
    def texts_right(self) -> float:
        """Where the columns of numbers at the right end."""
        return max(self.estimates_right, self.weights_right)

    def light(self, place: int, count: int) -> float:
        """Give the middle of a column of judgements."""
        return (self.lights_left + self.lights_right) / 2 + LIGHT * (place - (count - 1) / 2)


@dataclass(frozen=True, slots=True)
class Widths:
    """How wide the parts need to be that the figure's own numbers and words fill."""

    labels: float
    estimates: float
    weights: float
    messages: float


def place(widths: Widths, beside: Beside, totals: tuple[str, ...], *, has_groups: bool) -> Places:
    """Give the places of all columns; what the usual width leaves goes to the plot, within bounds.

    Parameters
    ----------
    totals : what stands below each column, "" where it has no sums
    """
    least = LABELS_WITH_GROUPS if has_groups else LABELS_LEAST
    labels = min(max(widths.labels, least), LABELS_MOST)
    columns, overs, at = _place_columns(beside.columns, totals, MARGIN + labels + GAP)
    numbers = [width for width in (widths.estimates, widths.weights) if width]
    right = max(sum(numbers) + GAP * (len(numbers) - 1) if numbers else 0.0, widths.messages)
    lights = _width_of_lights(beside.lights)
    others = (right + GAP if right else 0.0) + (lights + GAP if lights else 0.0) + MARGIN
    plot_left = at + 4.0
    plot = min(max(WIDTH_USUAL - plot_left - others, PLOT_LEAST), PLOT_MOST)
    plot = max(plot, WIDTH_LEAST - plot_left - others)
    ends = plot_left + plot
    texts = ends + (GAP + right if right else 0.0)
    weights = texts if widths.weights else 0.0
    estimates = texts - (widths.weights + GAP if widths.weights else 0.0) if widths.estimates else 0.0
    lights_left = texts + GAP
    return Places(
        labels=labels,
        columns=columns,
        overs=overs,
        plot_left=plot_left,
        plot_right=ends,
        estimates_right=estimates,
        weights_right=weights,
        lights_left=lights_left,
        lights_right=lights_left + lights,
        width=(lights_left + lights if lights else texts) + MARGIN + (0.0 if right or lights else GAP),
    )


def _place_columns(
    columns: tuple[Column, ...], totals: tuple[str, ...], left: float
) -> tuple[tuple[Placed, ...], tuple[Over, ...], float]:
    """Give the columns, the headings over them, and where they end."""
    placed: list[Placed] = []
    overs: list[Over] = []
    at = left
    for over, members in _neighbours(columns):
        below = totals[len(placed) : len(placed) + len(members)]
        widths = [_width_of(*pair) for pair in zip(members, below, strict=True)]
        inner = sum(widths) + GAP * (len(members) - 1)
        lines = wrap(over, max(inner, 2 * HEADING_LEAST), SMALL, is_bold=True, most=OVER_LINES)
        more = max(max((width_of(line, SMALL, is_bold=True) for line in lines), default=0.0) - inner, 0.0)
        start = at
        for column, width in zip(members, widths, strict=True):
            right = at + width + more / len(members)
            heading = wrap(column.heading, right - at, SMALL, is_bold=True, most=HEADING_LINES)
            placed.append(Placed(column, at, right, tuple(heading)))
            at = right + GAP
        if over:
            under = max(len(one.heading) for one in placed[-len(members) :])
            overs.append(Over(over, tuple(lines), start, at - GAP, under))
    return tuple(placed), tuple(overs), at


def _neighbours(columns: tuple[Column, ...]) -> list[tuple[str, list[Column]]]:
    """Give the columns in runs that share a heading; each without one is a run of its own."""
    runs: list[tuple[str, list[Column]]] = []
    for column in columns:
        if runs and column.over and runs[-1][0] == column.over:
            runs[-1][1].append(column)
        else:
            runs.append((column.over, [column]))
    return runs


def _width_of(column: Column, total: str) -> float:
    """Give how wide a column is: as its widest cell and the longest word of its heading, within bounds."""
    cells = max((width_of(cell, FONT) for cell in column.cells.values()), default=0.0)
    body = min(max(cells, width_of(total, FONT, is_bold=True)), TEXT_MOST)
    whole = width_of(column.heading, SMALL, is_bold=True)
    word = max((width_of(word, SMALL, is_bold=True) for word in column.heading.split()), default=0.0)
    heading = max(word, min(whole, max(HEADING_LEAST, 1.2 * whole / HEADING_LINES)))
    return min(max(body, heading), TEXT_MOST) + 0.01


def _width_of_lights(lights: Lights | None) -> float:
    if lights is None or not lights.domains:
        return 0.0
    heading = max(width_of(word, SMALL, is_bold=True) for word in ("Risk of", "bias"))
    return max(LIGHT * len(lights.domains), heading)


def row_height(count: int) -> float:
    """Give how high a row is: lower where there are many."""
    if count <= FEW:
        return ROW_HIGH
    if count <= MANY:
        return ROW_HIGH - (ROW_HIGH - ROW_MIDDLE) * (count - FEW) / (MANY - FEW)
    return max(ROW_MIDDLE - (ROW_MIDDLE - ROW_LOW) * (count - MANY) / (VERY_MANY - MANY), ROW_LOW)
