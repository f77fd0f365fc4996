"""The forest plot in characters: a line for each study, the summary as a diamond on a heavy line."""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.desk.layout import LONGEST_LABEL, pad, width_of
from analysis.desk.measures import Shown
from analysis.figures.axis import Axis, fit_axis
from analysis.figures.forest import decimals_of_ticks, short_ratio
from analysis.figures.table import Interval, Row, Table
from analysis.figures.text import number, percent

SHORTEST_PLOT, WEIGHT_WIDTH = 24, 6
GAP = "  "
# A square is drawn large where its weight is at least this part of the heaviest one.
LARGE = 0.5
# Line of the interval, its lower and upper end; a clipped end is an arrow.
STROKES = {"study": ("─", "├", "┤"), "summary": ("━", "╺", "╸"), "prediction": ("╌", "├", "┤")}
ARROWS = ("←", "→")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the plot, numbers on the scale of yi.

    Attributes
    ----------
    label : its name, at the left
    estimate, ci_lower, ci_upper : None where there is none; a prediction interval has no estimate
    weight : a share, None where the line is no study
    kind : {"study", "summary", "prediction", "words", "rule"}
    """

    label: str = ""
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    weight: float | None = None
    kind: str = "study"

    @property
    def ends(self) -> tuple[float, float] | None:
        """Both ends of the interval, None unless both are there."""
        return None if self.ci_lower is None or self.ci_upper is None else (self.ci_lower, self.ci_upper)


def draw_text(lines: Sequence[Line], shown: Shown, *, level: float, width: int) -> list[str]:
    """Give the lines of a forest plot of about `width` characters."""
    null = 0.0 if shown.has_null else _centre(lines)
    texts = [_numbers(line, shown) for line in lines]
    heading = f"Estimate [{100 * level:.6g}% CI]"
    label_width = min(max((width_of(line.label) for line in lines if line.kind != "words"), default=0), LONGEST_LABEL)
    text_width = max(map(len, (*texts, heading)))
    room = max(width - label_width - text_width - WEIGHT_WIDTH - 3 * len(GAP), SHORTEST_PLOT)
    plot = _Plot(fit(lines, shown, null=null, room=room), shown, null, lines)
    drawn = [" " * (label_width + room + 2 * len(GAP)) + heading.rjust(text_width) + GAP + "Weight"]
    for line, text in zip(lines, texts, strict=True):
        weight = "" if line.weight is None else percent(line.weight)
        if line.kind == "rule":
            drawn.append("─" * len(drawn[0]))
        else:
            label = line.label if line.kind == "words" else pad(line.label, label_width)
            row = _over(label + GAP, plot.row(line), label_width + len(GAP))
            drawn.append(row + GAP + text.rjust(text_width) + GAP + weight.rjust(WEIGHT_WIDTH))
    bottom = [" " * (label_width + len(GAP)) + one for one in plot.bottom()]
    return [one.rstrip() for one in (*drawn, *bottom)]


def fit(lines: Sequence[Line], shown: Shown, *, null: float, room: int) -> Axis:
    """Give the axis of the lines, from character 0 to room - 1."""
    rows = [Row(label="", interval=_placed(line, shown)) for line in lines if line.kind in ("study", "summary")]
    prediction = next((_placed(line, shown) for line in lines if line.kind == "prediction"), Interval())
    table = Table(rows=tuple(rows), summary=Interval(), prediction=prediction, level=None, messages=())
    return fit_axis(table, null_value=shown.place(null), left=0.0, right=room - 1.0, is_ratio=shown.is_ratio)


class _Plot:
    """The middle of the figure, character by character."""

    def __init__(self, axis: Axis, shown: Shown, null: float, lines: Sequence[Line]) -> None:
        self.axis, self.shown = axis, shown
        self.room = round(axis.right) + 1
        self.null = self._at(null) if shown.has_null else None
        self.heaviest = max((line.weight for line in lines if line.weight), default=0.0)

    def row(self, line: Line) -> str:
        """Give the interval of one line with its square or diamond, over the line of the null."""
        cells = [" "] * self.room
        if self.null is not None:
            cells[self.null] = "│"
        if line.ends and line.kind in STROKES:
            self._stroke(cells, line.ends, STROKES[line.kind])
        if line.estimate is not None:
            cells[self._at(line.estimate)] = "◆" if line.kind == "summary" else self._square(line.weight)
        return "".join(cells)

    def bottom(self) -> list[str]:
        """Give the axis, its numbers, and the measure."""
        ticks = self.axis.ticks()
        decimals = decimals_of_ticks(ticks)
        rule, numbers, free = ["─"] * self.room, [" "] * (self.room + 8), -1
        if self.null is not None:
            rule[self.null] = "┴"
        for tick in ticks:
            at = round(self.axis.place(tick))
            text = short_ratio(tick) if self.shown.is_ratio else number(tick, decimals=decimals)
            start = max(at - len(text) // 2, 0)
            if start > free:
                rule[at] = "┼" if at == self.null else "┬"
                numbers[start : start + len(text)] = text
                free = start + len(text) + 1
        words = self.shown.words[:1].upper() + self.shown.words[1:]
        return ["".join(rule), "".join(numbers), words.center(self.room)]

    def _stroke(self, cells: list[str], ends: tuple[float, float], strokes: tuple[str, str, str]) -> None:
        """Draw the line of an interval."""
        line, left, right = strokes
        lower, upper = (self.shown.place(end) for end in ends)
        first, last = self._at(ends[0]), self._at(ends[1])
        for at in range(first, last + 1):
            cells[at] = "┼" if at == self.null and line != "━" else line
        cells[first] = ARROWS[0] if lower < self.axis.lower else left
        cells[last] = ARROWS[1] if upper > self.axis.upper else right

    def _square(self, weight: float | None) -> str:
        """Give a large or a small square."""
        return "■" if weight is not None and weight >= LARGE * self.heaviest else "▪"

    def _at(self, value: float) -> int:
        """Give the character of a number on the scale of yi."""
        return round(self.axis.place(self.shown.place(value)))


def _placed(line: Line, shown: Shown) -> Interval:
    """Give the interval of a line on the scale of the axis."""
    values = (None if value is None else shown.place(value) for value in (line.estimate, line.ci_lower, line.ci_upper))
    return Interval(*values)


def _centre(lines: Sequence[Line]) -> float:
    """Give the estimate of the last summary, of the last line without one."""
    summaries = [line.estimate for line in lines if line.kind == "summary" and line.estimate is not None]
    return (summaries or [line.estimate for line in lines if line.estimate is not None])[-1]


def _numbers(line: Line, shown: Shown) -> str:
    """Give the numbers at the right of a line."""
    estimate = "" if line.estimate is None else shown.write(line.estimate)
    if not line.ends:
        return estimate
    lower, upper = (shown.write(end) for end in line.ends)
    return f"{estimate} [{lower}, {upper}]".strip()


def _over(label: str, row: str, start: int) -> str:
    """Give a row that begins at `start` behind its label; a longer label covers the beginning of the row."""
    return label + " " * (start - width_of(label)) + row[max(width_of(label) - start, 0) :]
