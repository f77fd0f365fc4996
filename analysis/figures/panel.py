"""Small plots side by side: each row of a table at its place in each, with lines across that say what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.colours import BLUE, STYLES, Style
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.legend import Entry, legend
from analysis.figures.marks import mark
from analysis.figures.metrics import shorten, wrap
from analysis.figures.plane import Plane, fit, shown_on
from analysis.figures.table import number_of, rows_of

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import Panel, PanelFigure

EMPTY = "There is nothing to plot."
ACROSS = 2
BETWEEN, HEIGHT = 24.0, 170.0
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 72.0, 6.0, 26.0, 132.0
CELL = (WIDTH - 2 * MARGIN - BETWEEN * (ACROSS - 1)) / ACROSS
PLAIN, FLAGGED = Style(BLUE, "", "circle"), STYLES[0]
FLAGGED_MARK = "diamond"
LINE, MOST_LINES = 17.0, 5


def draw_panel(figure: PanelFigure, result: Mapping[str, Any]) -> str:
    """Give small plots as standalone SVG text.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    rows = rows_of(result, figure.rows)
    shown = [panel for panel in figure.panels if any(number_of(row, panel.column) is not None for row in rows)]
    if not shown:
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    body = heading(figure.title)
    for place, panel in enumerate(shown):
        left = MARGIN + (CELL + BETWEEN) * (place % ACROSS)
        body += _plot(figure, panel, rows, result, left=left, top=TOP + 4.0 + HEIGHT * (place // ACROSS))
    bottom = TOP + 4.0 + HEIGHT * -(-len(shown) // ACROSS)
    body += svg.text(MARGIN, bottom + SMALL, figure.x_label, font_size=SMALL)
    flagged = [f"{place} {row.get(figure.label) or ''}".strip() for place, row in _numbered(figure, rows)]
    below, bottom = _flags(figure, flagged, bottom + SMALL + 10.0)
    says = f"{len(shown)} plots of {len(rows)} {'row' if len(rows) == 1 else 'rows'}: "
    says += ", ".join(panel.title for panel in shown) + "."
    if figure.flags:
        says += f" {figure.flag_label}: {'; '.join(flagged) or 'none'}."
    return document(figure.title, body + below, height=bottom + MARGIN, description=says)


def _numbered(figure: PanelFigure, rows: list[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    """Give the flagged rows with their numbers, from 1."""
    return [(place, row) for place, row in enumerate(rows, start=1) if _is_flagged(figure, row)]


def _is_flagged(figure: PanelFigure, row: Mapping[str, Any]) -> bool:
    """Whether a row has any of the flags."""
    return any(row.get(flag) is True for flag in figure.flags)


def _plot(
    figure: PanelFigure,
    panel: Panel,
    rows: list[Mapping[str, Any]],
    result: Mapping[str, Any],
    *,
    left: float,
    top: float,
) -> str:
    """Give one small plot."""
    limit = number_of(result, panel.field)
    across = [*panel.values, *([] if limit is None else [limit])]
    points = [(place, number_of(row, panel.column), row) for place, row in enumerate(rows, start=1)]
    known = [(place, value, row) for place, value, row in points if value is not None]
    ys = [value for _, value, _ in known] + across
    plane = Plane(
        x=fit([1.0, float(len(rows))], left + PLOT_LEFT, left + CELL - PLOT_RIGHT),
        y=fit(ys, top + PLOT_BOTTOM, top + PLOT_TOP, margin=0.08),
        has_whole_x=True,
    )
    box, written = plane.box, shown_on(plane.y)
    title = shorten(panel.title, width=CELL, size=SMALL, is_bold=True)
    body = svg.text(left, top + SMALL, title, full=panel.title, font_size=SMALL, font_weight="bold")
    for value in across:
        y = plane.y.place(value)
        body += svg.line(box.left, y, box.right, y, stroke=INK, stroke_opacity=0.55, stroke_dasharray="4 3")
    joined = [(float(place), value) for place, value, _ in known]
    body += plane.axes("", "") + (plane.curve(joined, stroke=BLUE, stroke_opacity=0.6) if len(joined) > 1 else "")
    for place, value, row in known:
        is_flagged = _is_flagged(figure, row)
        look = FLAGGED if is_flagged else PLAIN
        named = f"{place} {row.get(figure.label) or ''}: {written(value)}"
        kind, radius = (FLAGGED_MARK, 4.6) if is_flagged else (look.mark, 3.0)
        body += mark(kind, *plane.at(place, value), radius, colour=look.colour, title=named)
    return body


def _flags(figure: PanelFigure, flagged: list[str], top: float) -> tuple[str, float]:
    """Give what the other mark means and who has it, and where that ends."""
    if not figure.flags:
        return "", top
    entry = Entry(figure.flag_label, "mark", Style(FLAGGED.colour, "", FLAGGED_MARK))
    shown, bottom = legend([entry], top=top)
    lines = wrap("; ".join(flagged) or "None", width=WIDTH - 2 * MARGIN - 40, size=SMALL)
    if len(lines) > MOST_LINES:
        lines = [*lines[: MOST_LINES - 1], shorten(f"{lines[MOST_LINES - 1]} …", width=WIDTH - 80, size=SMALL)]
    for line in lines:
        shown += svg.text(MARGIN + 32, bottom + SMALL, line, font_size=SMALL)
        bottom += LINE
    return shown, bottom
