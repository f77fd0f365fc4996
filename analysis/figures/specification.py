"""The specification curve: estimates in their order with intervals, and below it the choices that each one makes.

References
----------
Simonsohn, Simmons and Nelson (2020), doi:10.1038/s41562-020-0912-z.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.colours import BLUE, GREEN, PURPLE, VERMILION, Style
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.legend import Entry, legend
from analysis.figures.marks import mark
from analysis.figures.metrics import shorten
from analysis.figures.plane import Plane, fit, shown_on
from analysis.figures.table import number_of, rows_of

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import SpecificationFigure

EMPTY = "There is nothing to plot."
LABELS = 286.0
LEFT, RIGHT, PLOT_TOP, BOTTOM = MARGIN + LABELS + 56.0, WIDTH - 24.0, TOP + 34.0, 330.0
ROW, BETWEEN, BAR = 17.0, 7.0, 10.0
LOOKS = {
    "below_null": ("Interval below no effect", Style(BLUE, "", "circle")),
    "includes_null": ("Interval includes no effect", Style(PURPLE, "", "diamond")),
    "above_null": ("Interval above no effect", Style(VERMILION, "", "triangle")),
}
UNKNOWN = ("No conclusion", Style(INK, "", "square"))
OWN = Style(GREEN, "7 4", "")


@dataclass(frozen=True, slots=True)
class Combination:
    """One estimate of the curve."""

    rank: float
    estimate: float
    ends: tuple[float, float] | None
    label: str
    mark: str
    options: frozenset[str]


def draw_specification(figure: SpecificationFigure, result: Mapping[str, Any]) -> str:
    """Give a specification curve as standalone SVG text.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    combinations = _read(figure, rows_of(result, figure.rows))
    choices = rows_of(result, figure.choices)
    if not combinations:
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    own = number_of(result, figure.own)
    ys = [figure.null_value, *(one.estimate for one in combinations), *(() if own is None else (own,))]
    ys += [end for one in combinations if one.ends for end in one.ends]
    ranks = [one.rank for one in combinations]
    plane = Plane(
        x=fit(ranks, LEFT, RIGHT, margin=0.02),
        y=fit(ys, BOTTOM, PLOT_TOP, is_ratio=figure.is_ratio),
        has_whole_x=True,
    )
    body = heading(figure.title) + _curve(figure, plane, combinations, own)
    rows, bottom = _choices(plane, combinations, choices, BOTTOM + 58.0)
    there = [name for name in LOOKS if any(one.mark == name for one in combinations)]
    entries = [Entry(LOOKS[name][0], "mark", LOOKS[name][1]) for name in there]
    entries += [Entry("The analysis itself", "line", OWN)] if own is not None else []
    below, bottom = legend(entries, top=bottom + 6.0)
    says = _describe(combinations, choices, own, shown_on(plane.y))
    return document(figure.title, body + rows + below, height=bottom + MARGIN, description=says)


def _read(figure: SpecificationFigure, rows: Sequence[Mapping[str, Any]]) -> list[Combination]:
    """Give the combinations that have an estimate, by their rank."""
    found = []
    for row in rows:
        rank, estimate = number_of(row, figure.rank), number_of(row, figure.estimate)
        lower, upper = number_of(row, figure.ci_lower), number_of(row, figure.ci_upper)
        if rank is None or estimate is None:
            continue
        ends = None if lower is None or upper is None else (lower, upper)
        options = frozenset(str(option) for option in row.get(figure.options) or ())
        label, conclusion = str(row.get(figure.label) or ""), str(row.get(figure.mark) or "")
        found.append(Combination(rank, estimate, ends, label, conclusion, options))
    return sorted(found, key=lambda one: one.rank)


def _curve(figure: SpecificationFigure, plane: Plane, combinations: list[Combination], own: float | None) -> str:
    """Give the estimates with their intervals, and the lines of no effect and of the analysis itself."""
    box, written = plane.box, shown_on(plane.y)
    null = plane.y.place(figure.null_value)
    shown = svg.line(box.left, null, box.right, null, stroke=INK, stroke_opacity=0.55, stroke_dasharray="4 3")
    shown += plane.axes(figure.x_label, figure.y_label)
    thin = max(min((box.right - box.left) / len(combinations) * 0.5, 1.6), 0.6)
    for one in combinations:
        look = LOOKS.get(one.mark, UNKNOWN)[1]
        if one.ends:
            (x, low), (_, high) = plane.at(one.rank, one.ends[0]), plane.at(one.rank, one.ends[1])
            shown += svg.line(x, low, x, high, stroke=look.colour, stroke_opacity=0.45, stroke_width=thin)
    if own is not None:
        y = plane.y.place(own)
        shown += svg.line(box.left, y, box.right, y, stroke=OWN.colour, stroke_width=1.8, stroke_dasharray=OWN.dash)
    radius = max(min((box.right - box.left) / len(combinations) * 0.6, 4.0), 1.6)
    for one in combinations:
        look = LOOKS.get(one.mark, UNKNOWN)[1]
        title = f"{one.label}: {written(one.estimate)}"
        if one.ends:
            title += f" [{written(one.ends[0])}, {written(one.ends[1])}]"
        shown += mark(look.mark, *plane.at(one.rank, one.estimate), radius, colour=look.colour, title=title)
    return shown


def _choices(
    plane: Plane, combinations: Sequence[Combination], choices: Sequence[Mapping[str, Any]], top: float
) -> tuple[str, float]:
    """Give a row for each option with a bar where combinations take it, and where the rows end."""
    shown, y, before = "", top, None
    for row in choices:
        label, choice = str(row.get("label") or ""), row.get("choice")
        if before not in (None, choice):
            shown += svg.line(MARGIN, y + BETWEEN / 2, RIGHT, y + BETWEEN / 2, stroke=INK, stroke_opacity=0.2)
            y += BETWEEN
        before = choice
        is_own = bool(row.get("is_own"))
        words = shorten(label, width=LABELS + 40.0, size=SMALL, is_bold=is_own)
        weight = {"font_weight": "bold"} if is_own else {}
        shown += svg.text(LEFT - 10, y + SMALL, words, full=label, text_anchor="end", font_size=SMALL, **weight)
        shown += "".join(_bar(plane, run, y + SMALL - BAR + 1.0, is_own) for run in _runs(combinations, label))
        y += ROW
    if choices:
        note = "Bold: what the analysis itself takes"
        shown += svg.text(MARGIN, y + SMALL + 2, note, font_size=SMALL)
        y += ROW
    return shown, y


def _runs(combinations: Sequence[Combination], option: str) -> list[tuple[float, float]]:
    """Give from which rank to which neighbouring combinations all take an option."""
    runs: list[tuple[float, float]] = []
    was_in = False
    for one in combinations:
        is_in = option in one.options
        if is_in:
            runs = [*runs[:-1], (runs[-1][0], one.rank)] if was_in else [*runs, (one.rank, one.rank)]
        was_in = is_in
    return runs


def _bar(plane: Plane, run: tuple[float, float], y: float, is_own: bool) -> str:
    """Give the bar of neighbouring combinations."""
    left, right = plane.x.place(run[0]) - 0.9, plane.x.place(run[1]) + 0.9
    colour, opacity = (BLUE, 0.9) if is_own else (INK, 0.6)
    return svg.element("rect", x=left, y=y, width=right - left, height=BAR, fill=colour, fill_opacity=opacity)


def _describe(
    combinations: Sequence[Combination], choices: Sequence[Mapping[str, Any]], own: float | None, written: Any
) -> str:
    """Give in words how far estimates reach, and what intervals say."""
    count, estimates = len(combinations), [one.estimate for one in combinations]
    said = f"{count} {'combination' if count == 1 else 'combinations'} of choices, with estimates from "
    said += f"{written(min(estimates))} to {written(max(estimates))}."
    said += "" if own is None else f" The analysis itself: {written(own)}."
    for name, (words, _) in LOOKS.items():
        times = sum(one.mark == name for one in combinations)
        said += f" {words}: {times} of {count}." if times else ""
    options = len(choices)
    return said + (f" Below, which of {options} options each one takes." if options else "")
