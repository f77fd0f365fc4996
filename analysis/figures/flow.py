"""The flow of records, after PRISMA 2020 (Page et al. 2021, doi:10.1136/bmj.n71): from the search to the synthesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.colours import BLUE
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.metrics import wrap
from analysis.figures.table import UnknownTable

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import FlowFigure

EMPTY = "No records are counted yet."
# What goes on, and beside it what leaves there.
STEPS = (
    ("records_identified", "records_removed"),
    ("records_screened", "records_excluded"),
    ("reports_sought", "reports_not_retrieved"),
    ("reports_assessed", "reports_excluded"),
    ("studies_included", ""),
    ("studies_pooled", ""),
)
PHASES = {"records_identified": "Identification", "records_screened": "Screening", "studies_included": "Included"}
PHASE_WIDTH, GAP = 104.0, 56.0
BOX_WIDTH = (WIDTH - 2 * MARGIN - PHASE_WIDTH - GAP) / 2
PADDING, LINE, BETWEEN = 9.0, 17.0, 30.0
ARROW = 5.0


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its lines as they are written, the first one its heading."""

    name: str
    lines: tuple[tuple[str, bool], ...]

    @property
    def height(self) -> float:
        """Height with its padding."""
        return 2 * PADDING + LINE * len(self.lines) - (LINE - SMALL)


def draw_flow(figure: FlowFigure, result: Mapping[str, Any]) -> str:
    """Give the flow of records as standalone SVG text; rounds of searching are summed.

    A box that nobody counted is left out, and the arrow goes on to the next one.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    rows = result.get(figure.rows)
    if not isinstance(rows, list | tuple):
        raise UnknownTable(figure.rows)
    if not rows:
        return empty(figure.title, EMPTY)
    boxes = _boxes(rows)
    body, top, levels = "", TOP + 12.0, []
    for main, side in STEPS:
        if main not in boxes and side not in boxes:
            continue
        pair = boxes.get(main), boxes.get(side)
        height = max(box.height for box in pair if box is not None)
        levels.append((main, top, height, pair))
        top += height + BETWEEN
    body = heading(figure.title) + _phases(levels) + "".join(_level(*level) for level in levels) + _arrows(levels)
    said = "; ".join(box.lines[0][0] for _, _, _, pair in levels for box in pair if box is not None)
    return document(figure.title, body, height=top - BETWEEN + MARGIN, description=f"From top to bottom: {said}.")


def _boxes(rows: Sequence[Mapping[str, Any]]) -> dict[str, Box]:
    """Give the boxes by name: the sum over rounds, and a line for each stage and reason."""
    totals: dict[str, int] = {}
    labels: dict[str, str] = {}
    parts: dict[str, dict[str, int]] = {}
    for row in rows:
        name, label, count = str(row["name"]), str(row["label"]), int(row["count"])
        labels[name] = label
        if not row.get("round_name"):
            totals[name] = count
        detail = ", ".join(str(row[key]) for key in ("stage", "reason") if row.get(key))
        if detail and row.get("round_name"):
            parts.setdefault(name, {}).setdefault(detail, 0)
            parts[name][detail] += count
    return {name: _box(name, labels[name], totals[name], parts.get(name, {})) for name in totals}


def _box(name: str, label: str, total: int, parts: Mapping[str, int]) -> Box:
    written = [f"{label} {_counted(total)}", *(f"{detail} {_counted(count)}" for detail, count in parts.items())]
    lines = []
    for place, text in enumerate(written):
        is_total = place == 0
        room = BOX_WIDTH - 2 * PADDING - (0 if is_total else PADDING)
        lines += [(line, is_total) for line in wrap(text, room, SMALL, is_bold=is_total)]
    return Box(name, tuple(lines))


def _counted(count: int) -> str:
    """Give a count that does not break between lines."""
    return f"(n\u00a0=\u00a0{count:,})"


Level = tuple[str, float, float, tuple[Box | None, Box | None]]


def _left(side: int) -> float:
    """Give where the boxes of the main column, or of the other, begin."""
    return MARGIN + PHASE_WIDTH + side * (BOX_WIDTH + GAP)


def _level(main: str, top: float, height: float, pair: tuple[Box | None, Box | None]) -> str:
    """Give the boxes that stand beside each other."""
    shown = ""
    for side, box in enumerate(pair):
        if box is None:
            continue
        left, right, bottom = _left(side), _left(side) + BOX_WIDTH, top + box.height
        shown += svg.element(
            "rect", x=left, y=top, width=BOX_WIDTH, height=box.height, fill=BLUE, fill_opacity=0.07 if side else 0.16
        )
        for ends in ((left, top, right, top), (right, top, right, bottom), (right, bottom, left, bottom)):
            shown += svg.line(*ends, stroke=INK, stroke_width=1)
        shown += svg.line(left, bottom, left, top, stroke=INK, stroke_width=1)
        for number, (line, is_heading) in enumerate(box.lines):
            weight = {"font_weight": "bold"} if is_heading else {}
            indent = 0 if is_heading else PADDING
            y = top + PADDING + SMALL * 0.85 + LINE * number
            shown += svg.text(left + PADDING + indent, y, line, font_size=SMALL, **weight)
    return shown


def _phases(levels: Sequence[Level]) -> str:
    """Give the names of the phases, beside the first box of each."""
    return "".join(
        svg.text(MARGIN, top + PADDING + SMALL, PHASES[main], font_size=SMALL, font_weight="bold")
        for main, top, _, _ in levels
        if main in PHASES
    )


def _arrows(levels: Sequence[Level]) -> str:
    """Give the arrows down the main column, and from it to what leaves."""
    shown = ""
    middle = _left(0) + BOX_WIDTH / 2
    mains = [(top, pair[0].height) for _, top, _, pair in levels if pair[0] is not None]
    for (top, height), (below, _) in pairwise(mains):
        shown += svg.line(middle, top + height, middle, below - ARROW, stroke=INK, stroke_width=1.2)
        tip = [(middle, below), (middle - ARROW, below - 2 * ARROW), (middle + ARROW, below - 2 * ARROW)]
        shown += svg.polygon(tip, fill=INK)
    for _, top, _, (main, side) in levels:
        if main is None or side is None:
            continue
        y, end = top + min(main.height, side.height) / 2, _left(1)
        shown += svg.line(_left(0) + BOX_WIDTH, y, end - ARROW, y, stroke=INK, stroke_width=1.2)
        shown += svg.polygon([(end, y), (end - 2 * ARROW, y - ARROW), (end - 2 * ARROW, y + ARROW)], fill=INK)
    return shown
