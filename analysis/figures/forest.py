"""The forest plot: one line for each row, groups, the summary as a diamond, the prediction interval as a thin bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.axis import fit_axis
from analysis.figures.beside import Beside, Column, Unpooled
from analysis.figures.forest_foot import draw_axis, draw_notes
from analysis.figures.forest_head import draw_head, draw_title
from analysis.figures.forest_layout import Widths, place, row_height
from analysis.figures.forest_marks import HALF_DIAMOND, LARGEST_SQUARE, diamond, prediction_bar, study_mark
from analysis.figures.forest_words import Shown, decimals_of_ticks, heterogeneity_words, short_ratio, test_words
from analysis.figures.frame import document, empty
from analysis.figures.layout import FONT, INK, MARGIN, SMALL
from analysis.figures.lights import MOST_RADIUS, legend, light
from analysis.figures.metrics import shorten, width_of, wrap
from analysis.figures.table import Group, Interval, Row, Table, read_table
from analysis.figures.text import NO_NUMBER, clean, decimals_for, number, percent

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import ForestFigure

__all__ = ["decimals_of_ticks", "draw_forest", "short_ratio"]

EMPTY = "No study has a result that can be shown."
SUBTOTAL, UNPOOLED = "Subgroup", "Not pooled"
LINE = 15.0
# Between the cells of a row where they stand in one attribute.
BETWEEN = "␟"
PLAIN = Beside()


def draw_forest(figure: ForestFigure, result: Mapping[str, Any], beside: Beside = PLAIN) -> str:
    """Give a forest plot as standalone SVG text; equal figures, results and columns give equal bytes.

    Parameters
    ----------
    figure : what to draw
    result : plain data of the result (`model_dump(mode="json")`), numbers on the scale of the measure
    beside : columns of text, judgements and studies without an effect that are drawn too

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    table = read_table(figure, result)
    is_bare = all(one.estimate is None for one in table.intervals)
    if is_bare and not beside.unpooled:
        return empty(figure.title, table.messages[0] if table.messages else EMPTY)
    plot = _Plot(figure, table, beside)
    body = plot.draw_bare() if is_bare else plot.draw()
    if beside.columns:
        headings = BETWEEN.join(_heading(column) for column in beside.columns)
        body = svg.element("g", body, class_="forest-plot", data_headings=headings)
    role = "group" if beside.addresses else "img"
    return document(figure.title, body, height=plot.y, width=plot.places.width, description=plot.describe(), role=role)


class _Plot:
    """One plot, drawn from top to bottom; `y` is where the next part begins."""

    def __init__(self, figure: ForestFigure, table: Table, beside: Beside) -> None:
        self.figure, self.table, self.beside = figure, table, beside
        fitted = fit_axis(table, null_value=figure.null_value, left=0.0, right=1.0, is_ratio=figure.is_ratio)
        decimals = decimals_for(fitted.upper - fitted.lower)
        self.shown = Shown(is_ratio=figure.is_ratio, decimals=decimals, level=table.level)
        self.heaviest = max((row.weight for row in table.rows if row.weight), default=0.0)
        self.has_weights = beside.has_weights and bool(self.heaviest)
        self.row_height = row_height(len(table.rows) + len(beside.unpooled))
        self.totals = self._totals(table.rows)
        self.places = place(self._widths(), beside, self.totals, has_groups=bool(table.groups))
        ends = {"left": self.places.plot_left, "right": self.places.plot_right}
        self.axis = fit_axis(table, null_value=figure.null_value, is_ratio=figure.is_ratio, **ends)
        self.y = 0.0

    def draw(self) -> str:
        """Give everything between the opening and the closing tag."""
        title, self.y = draw_title(self.figure.title, self.places.width)
        marks = [mark for mark in self.figure.marks if self.axis.lower < mark.value < self.axis.upper]
        head, self.y = draw_head(
            self.places, self.beside, self.axis, marks, self.shown, top=self.y, names=self._names()
        )
        top = self.y
        body = self._body() + self._summary() + self._prediction()
        self.y += 4.0
        lines = self._lines(top, self.y)
        foot, self.y = draw_axis(self.figure, self.axis, top=self.y, left=MARGIN, right=self.places.width - MARGIN)
        tests, self.y = draw_notes(self._tests(), top=self.y, width=self.places.width)
        return title + head + lines + body + foot + tests + self._unpooled() + self._keys()

    def draw_bare(self) -> str:
        """Give everything where no row has an estimate: a sentence, and the studies without an effect."""
        title, self.y = draw_title(self.figure.title, self.places.width)
        given = (self.places, self.beside, self.axis, (), self.shown)
        head, self.y = draw_head(*given, top=self.y, names=("", ""))
        said = shorten(self.table.messages[0] if self.table.messages else EMPTY, self.places.width - 2 * MARGIN, FONT)
        sentence = svg.text(MARGIN, self._next(self.row_height) + 4.5, said)
        return title + head + sentence + self._unpooled() + self._keys()

    def describe(self) -> str:
        """Give the description for screen readers: what is shown, and the summary in words."""
        count, groups = len(self.table.rows), len(self.table.groups)
        scale = "a logarithmic" if self.figure.is_ratio else "a linear"
        rows = f"{count} {'row' if count == 1 else 'rows'}"
        rows += f" in {groups} {'group' if groups == 1 else 'groups'}" if groups else ""
        said = [f"Forest plot of {rows} on {scale} axis."]
        for group in self.table.groups:
            if group.summary.estimate is not None:
                said.append(f"{group.label}: {self.shown.interval(group.summary)}.")
        if self.table.summary.estimate is not None:
            label = self.figure.summary_label or "Summary"
            said.append(f"{label}: {self.shown.interval(self.table.summary)} ({self.shown.interval_name}).")
        if self.table.prediction.ends:
            said.append(f"Prediction interval: {self.shown.ends(self.table.prediction)}.")
        said += [f"{words}." for words in self._tests()]
        if self.beside.unpooled:
            said.append(f"Not pooled: {len(self.beside.unpooled)}.")
        return " ".join(said)

    def _names(self) -> tuple[str, str]:
        """Give the headings of the numbers at the right, "" where they are not shown."""
        estimates = f"Estimate [{self.shown.interval_name}]" if self.beside.has_estimates else ""
        return estimates, "Weight" if self.has_weights else ""

    def _widths(self) -> Widths:
        """Give how wide the figure's own words and numbers are."""
        table, shown, beside = self.table, self.shown, self.beside
        bold = [self.figure.summary_label or "Summary"] if table.summary.estimate is not None else []
        bold += [SUBTOTAL, *(group.label for group in table.groups)] if table.groups else []
        plain = [row.label for row in table.rows] + [row.label for row in beside.unpooled]
        plain += [shown.prediction_name] if table.prediction.ends else []
        labels = [width_of(text, FONT, is_bold=True) for text in bold] + [width_of(text, FONT) for text in plain]
        estimates, weights = (width_of(name, SMALL, is_bold=True) for name in self._names())
        if beside.has_estimates and table.rows:
            numbers = [shown.interval(row.interval) for row in table.rows] + [shown.ends(table.prediction)]
            sums = [shown.interval(one) for one in (table.summary, *(group.summary for group in table.groups))]
            estimates = max(estimates, *(width_of(text, FONT) for text in numbers))
            estimates = max(estimates, *(width_of(text, FONT, is_bold=True) for text in sums))
        if self.has_weights:
            weights = max(weights, width_of("100.0%", FONT, is_bold=bool(table.groups)))
        silent = [row.message or NO_NUMBER for row in table.rows if row.interval.estimate is None]
        messages = min(max((width_of(text, SMALL) for text in silent), default=0.0), 170.0)
        return Widths(max(labels, default=0.0), estimates, weights, messages)

    def _totals(self, rows: Sequence[Row]) -> tuple[str, ...]:
        """Give the sums below the columns."""
        pooled = [row.key for row in rows if row.interval.estimate is not None]
        sums = (sum(column.sums.get(key, 0.0) for key in pooled) for column in self.beside.columns)
        return tuple(
            _plain(total) if column.sums else "" for column, total in zip(self.beside.columns, sums, strict=True)
        )

    def _lines(self, top: float, bottom: float) -> str:
        """Give the vertical lines: the null, and the marks dashed."""
        x = self.axis.place(self.figure.null_value)
        drawn = svg.line(x, top, x, bottom, stroke=INK, stroke_opacity=0.55, class_="forest-null")
        for mark in self.figure.marks:
            if self.axis.lower < mark.value < self.axis.upper:
                x = self.axis.place(mark.value)
                dashed = {"stroke_dasharray": "5 4", "class_": "forest-mark"}
                drawn += svg.line(x, top, x, bottom, stroke=INK, stroke_opacity=0.6, **dashed)
        return drawn

    def _body(self) -> str:
        """Give the rows, group by group where there are groups."""
        if not self.table.groups:
            return "".join(self._row(row) for row in self.table.rows)
        return "".join(self._group(group) for group in self.table.groups)

    def _group(self, group: Group) -> str:
        """Give a group: its heading, its rows, its diamond and its heterogeneity."""
        room = self.places.plot_left - MARGIN - 8.0
        drawn = ""
        if group.label:
            y = self._next(self.row_height * 1.15)
            label = shorten(group.label, room, FONT, is_bold=True)
            drawn += svg.text(MARGIN, y + 4.5, label, full=group.label, font_weight="bold", class_="forest-group")
        drawn += "".join(self._row(row) for row in group.rows)
        if group.summary.estimate is None:
            return drawn
        y = self._next(self.row_height)
        drawn += self._pooled(SUBTOTAL, group.summary, y, self._totals(group.rows), class_="forest-subtotal")
        if self.has_weights:
            total = percent(sum(row.weight or 0.0 for row in group.rows))
            drawn += svg.text(self.places.weights_right, y + 4.5, total, text_anchor="end", font_weight="bold")
        for line in wrap(heterogeneity_words(group.heterogeneity), room, SMALL):
            drawn += svg.text(MARGIN, self._next(LINE) + 3.0, line, font_size=SMALL)
        self.y += 6.0
        return drawn

    def _row(self, row: Row) -> str:
        """Give one line: label, columns, interval with its square, numbers and judgements."""
        y = self._next(self.row_height)
        parts = [self._label(row.label, y), self._cells(row.key, y)]
        if row.interval.estimate is None:
            parts.append(self._message(row.message or NO_NUMBER, row.message, y))
            return self._linked(row.key, "".join(parts), y, {"label": row.label, "message": row.message})
        largest = min(LARGEST_SQUARE, self.row_height - 5.0)
        parts.append(study_mark(self.axis, row, y, heaviest=self.heaviest, largest=largest))
        weight = percent(row.weight) if self.has_weights and row.weight is not None else ""
        if weight:
            parts.append(svg.text(self.places.weights_right, y + 4.5, weight, text_anchor="end"))
        if self.beside.has_estimates:
            written = self.shown.interval(row.interval)
            parts.append(svg.text(self.places.estimates_right, y + 4.5, written, text_anchor="end"))
        parts.append(self._lights(row.key, y))
        told = {"label": row.label, "estimate": self.shown.estimate(row.interval)}
        told |= {"interval": self.shown.ends(row.interval), "interval_name": self.shown.interval_name}
        told |= {"weight": weight or ("" if row.weight is None else percent(row.weight))}
        return self._linked(row.key, "".join(parts), y, told)

    def _label(self, label: str, y: float) -> str:
        shown = shorten(label, self.places.labels, FONT)
        return svg.text(MARGIN, y + 4.5, shown, full=label, class_="forest-label")

    def _message(self, message: str, whole: str, y: float) -> str:
        """Give why a row has no effect, at the right."""
        right = self.places.texts_right or self.places.plot_right
        room = right - self.places.plot_right - 8.0 if self.places.texts_right else right - self.places.plot_left
        shown = shorten(message, room, SMALL)
        return svg.text(right, y + 4.5, shown, full=whole, text_anchor="end", font_size=SMALL)

    def _cells(self, key: str, y: float) -> str:
        """Give the texts of a row."""
        drawn = ""
        for column in self.places.columns:
            whole = column.column.cells.get(key, "")
            if whole:
                drawn += self._cell(column.left, column.right, whole, y, is_number=column.column.is_number)
        return drawn

    def _cell(self, left: float, right: float, whole: str, y: float, *, is_number: bool, **more: str) -> str:
        shown = shorten(whole, right - left + 0.01, FONT, is_bold=bool(more))
        x, anchor = (right, {"text_anchor": "end"}) if is_number else (left, {})
        return svg.text(x, y + 4.5, shown, full=whole, **anchor, **more)

    def _lights(self, key: str, y: float) -> str:
        """Give the judgements of a row."""
        lights = self.beside.lights
        levels = lights.judgements.get(key, ()) if lights else ()
        if lights is None or not levels:
            return ""
        count, radius = len(lights.domains), min(MOST_RADIUS, self.row_height / 2 - 1.0)
        return "".join(
            light(self.places.light(place, count), y, lights, level, radius=radius)
            for place, level in enumerate(levels)
        )

    def _linked(self, key: str, drawn: str, y: float, told: dict[str, str]) -> str:
        """Give a row as a group that says its numbers to those who point at it, and leads to where more is told."""
        more = {f"data_{name}": value for name, value in told.items() if value}
        cells = [column.cells.get(key, "") for column in self.beside.columns]
        if any(cells):
            more["data_cells"] = BETWEEN.join(cells)
        interval = f" {told['interval']}" if told.get("interval") else ""
        says = f"{told['label']}: {told.get('estimate') or told.get('message') or NO_NUMBER}{interval}"
        says += f", weight {told['weight']}" if told.get("weight") else ""
        area = {"x": 0, "y": y - self.row_height / 2, "width": self.places.width, "height": self.row_height}
        caught = svg.element("rect", **area, fill="none", pointer_events="all", class_="forest-hit")
        group = svg.element("g", svg.element("title", clean(says)) + caught + drawn, class_="forest-row", **more)
        address = self.beside.addresses.get(key, "")
        return svg.element("a", group, href=address, aria_label=says, class_="forest-link") if address else group

    def _pooled(self, label: str, pooled: Interval, y: float, totals: Sequence[str], *, class_: str) -> str:
        """Give a diamond with its label, the sums below the columns, and its numbers."""
        shown = shorten(label, self.places.labels, FONT, is_bold=True)
        drawn = svg.text(MARGIN, y + 4.5, shown, full=label, font_weight="bold")
        for column, total in zip(self.places.columns, totals, strict=True):
            if total:
                drawn += self._cell(column.left, column.right, total, y, is_number=True, font_weight="bold")
        half = min(HALF_DIAMOND, self.row_height / 2 - 1.0)
        drawn += diamond(self.axis, pooled, y, class_=class_, half=half)
        if self.beside.has_estimates:
            written = self.shown.interval(pooled)
            drawn += svg.text(self.places.estimates_right, y + 4.5, written, text_anchor="end", font_weight="bold")
        return drawn

    def _summary(self) -> str:
        """Give the diamond of all rows below a line."""
        if self.table.summary.estimate is None:
            return ""
        self.y += 5.0
        rule = svg.line(MARGIN, self.y, self.places.width - MARGIN, self.y, stroke=INK, stroke_opacity=0.35)
        y = self._next(max(self.row_height, 20.0))
        label = self.figure.summary_label or "Summary"
        return rule + self._pooled(label, self.table.summary, y, self.totals, class_="forest-summary")

    def _prediction(self) -> str:
        """Give the thin bar of the prediction interval with its label and its numbers."""
        prediction = self.table.prediction
        if not prediction.ends:
            return ""
        y = self._next(max(self.row_height, 20.0))
        drawn = self._label(self.shown.prediction_name, y) + prediction_bar(self.axis, prediction, y)
        if self.beside.has_estimates:
            drawn += svg.text(self.places.estimates_right, y + 4.5, self.shown.ends(prediction), text_anchor="end")
        return drawn

    def _unpooled(self) -> str:
        """Give the studies without an effect below the axis, where nothing crosses their words."""
        if not self.beside.unpooled:
            return ""
        y = self._next(34.0) + 4.0
        drawn = svg.text(MARGIN, y + 4.5, f"{UNPOOLED} ({len(self.beside.unpooled)})", font_weight="bold")
        self.y += 3.0
        drawn += svg.line(MARGIN, self.y, self.places.width - MARGIN, self.y, stroke=INK, stroke_opacity=0.35)
        drawn += "".join(self._unpooled_row(row) for row in self.beside.unpooled)
        self.y += 4.0
        return drawn

    def _unpooled_row(self, row: Unpooled) -> str:
        y = self._next(self.row_height)
        room = (self.places.texts_right or self.places.plot_right) - self.places.plot_left
        shown = shorten(row.message, room, SMALL)
        drawn = self._label(row.label, y) + self._cells(row.key, y) + self._lights(row.key, y)
        x, whole = self.places.plot_left, row.reason or row.message
        drawn += svg.text(x, y + 4.5, shown, full=whole, font_size=SMALL, fill_opacity=0.8, class_="forest-message")
        return self._linked(row.key, drawn, y, {"label": row.label, "message": row.reason or row.message})

    def _tests(self) -> list[str]:
        """Give the sentences on heterogeneity and on the difference between groups."""
        difference = test_words("Q", *self.table.difference)
        tested = f"Test for subgroup differences: {difference}" if difference else ""
        return [words for words in (heterogeneity_words(self.table.heterogeneity), tested) if words]

    def _keys(self) -> str:
        """Give what codes and circles mean, and end the figure."""
        drawn, self.y = draw_notes(self.beside.notes, top=self.y + 2.0, width=self.places.width)
        if self.beside.lights is not None and self.beside.lights.domains:
            width = self.places.width - 2 * MARGIN
            shown, self.y = legend(self.beside.lights, left=MARGIN, top=self.y + 4.0, width=width)
            drawn += shown
        self.y += MARGIN
        return drawn

    def _next(self, height: float) -> float:
        """Take the next line and give its middle."""
        self.y += height
        return self.y - height / 2


def _heading(column: Column) -> str:
    """Give the whole heading of a column."""
    return f"{column.over}, {column.heading}" if column.over else column.heading


def _plain(total: float) -> str:
    """Give a sum of people or events, which parts of arms may make broken."""
    return number(total, decimals=0 if abs(total - round(total)) < 0.05 else 1)
