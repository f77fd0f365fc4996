"""Reading a table of somebody's own: one row per arm, outcome and time, or one row per study or comparison."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from evidence.importers.building import Building
from evidence.importers.extraction_tables.arms import Arms
from evidence.importers.extraction_tables.cells import cells_of, decimal_of
from evidence.importers.extraction_tables.headers import Meaning, read_headers
from evidence.importers.extraction_tables.instruments import Instruments, Key, instruments_of
from evidence.importers.extraction_tables.naming import names_of
from evidence.importers.extraction_tables.results import Values, arm_cells, contrast_cells
from evidence.importers.extraction_tables.times import Time, time_of
from evidence.importers.extraction_tables.words import told_apart
from evidence.importers.harmless import as_written
from evidence.importers.opening import Unreadable
from evidence.importers.problems import CellProblem
from evidence.importers.sheets import Line, Sheet, is_missing, plain_number
from evidence.models import Review

PLACE = ("page", "table", "quote", "source_url", "note")
NO_STUDY = "No column names the study; call it “study”. The file has {}."
NO_NUMBERS = (
    "No column holds a number of an arm or of a comparison. Name columns n, mean and sd beside a column arm, or "
    "n1, mean1, sd1, n2, mean2, sd2, or “pain VAS 12 weeks mean exercise”. The file has {}."
)
MONTHS = "A year is 52 weeks and a month a twelfth of it, rounded to whole weeks."
Group = tuple[str, bool, Time | None, Key | None, bool]
# What is said of a line, a study or an arm in numbers or times.
NUMBERS = frozenset({"week", "year", "n_randomised", "number"})
# No study, arm or outcome is called so.
DASHES = frozenset({"", "-", "–", "—", "−", "."})


@dataclass(slots=True)
class TableReader:
    """One table on its way into rows."""

    building: Building
    sheet: Sheet
    arms: Arms
    instruments: Instruments
    answers: Mapping[str, Any]
    meanings: list[Meaning]
    decimal: str
    columns: dict[str, str] = field(default_factory=dict)
    unknown_times: set[str] = field(default_factory=set)
    without_value: int = 0

    def __post_init__(self) -> None:
        for one in self.meanings:
            if one.kind == "field":
                self.columns[one.names[0]] = one.header
            elif one.kind == "time":
                self.columns["week"] = one.header

    def read(self) -> None:
        """Add the rows of all lines."""
        for number, column, rule in self.sheet.faults:
            self.building.refuse(number, column, rule)
        for line in self.sheet.lines:
            try:
                self._line(line)
            except _Refused as refused:
                self.building.refuse(line.number, refused.column, refused.rule)
        self.arms.tell()
        if self.unknown_times:
            shown = ", ".join(f"“{one}”" for one in sorted(self.unknown_times)[:10])
            self.building.note(
                f"Times without a week, kept as printed: {shown}. For numbers alone, answer “unit of times”; "
                "otherwise set the week in the review."
            )
        if self.without_value:
            self.building.note(
                f"Left out, since no mean, median, events, percentage or estimate stands beside an n or an SD: "
                f"{self.without_value}."
            )

    def _line(self, line: Line) -> None:
        said = {name: _said(name, line.get(header)) for name, header in self.columns.items()}
        if not said.get("study"):
            raise _Refused(self.columns["study"], "This cell may not be empty: every row names its study.")
        groups = self._groups(line)
        year = plain_number(said.get("year", ""))
        study = self.arms.study(line.number, said["study"], year, self.columns)
        made: dict[str, int] = {}
        for group, values in groups.items():
            if group[1]:
                self._arm_result(line, study, said, group, values, made)
        for group, values in groups.items():
            if not group[1]:
                self._contrast(line, study, said, group, values, made)
        if not groups:
            self.without_value += 1

    def _groups(self, line: Line) -> dict[Group, Values]:
        """Give the numbers of a line that belong together: of one arm or contrast, at one time, with one instrument."""
        found: dict[Group, Values] = {}
        for one in self.meanings:
            text = line.get(one.header)
            if one.kind in ("arm", "contrast") and not is_missing(text):
                key = (one.group, one.kind == "arm", one.time, one.instrument, one.is_change)
                found.setdefault(key, []).append((one, text))
        return found

    def _arm_result(
        self, line: Line, study: str, said: Mapping[str, str], group: Group, values: Values, made: dict[str, int]
    ) -> None:
        """Add the row of what a line says of one arm at one time."""
        name = group[0]
        try:
            if name not in made:
                made[name] = self._arm(line, study, said, group)
            cells, columns = arm_cells(values, self.decimal)
        except CellProblem as problem:
            self.building.refuse(line.number, values[0][0].header, str(problem))
            return
        if not {"mean", "median", "events", "percent"} & set(cells):
            self.without_value += 1
            return
        shared = self._shared(line, said, group, values)
        if shared is not None:
            row = {"study": study, "arm": str(made[name]), **shared, **cells}
            self.building.row("arm_results", line.number, row, self.columns | columns)

    def _arm(self, line: Line, study: str, said: Mapping[str, str], group: Group) -> int:
        """Give the number of the arm that a group of numbers is about."""
        name, is_label = group[0], any(one.is_label and one.group == group[0] for one in self.meanings)
        of_arm = {key: said.get(key, "") for key in ("role", "comparator_type", "n_randomised")}
        if is_label:
            return self.arms.by_label(line.number, study, name, {}, self.columns)
        if name:
            label = said.get(
                {"1": "first_arm", "e": "first_arm", "2": "second_arm", "c": "second_arm"}.get(name, ""), ""
            )
            mine = {"comparator_type": of_arm["comparator_type"]} if name in ("2", "c") else {}
            return self.arms.by_group(line.number, study, name, label, mine, self.columns)
        label = said.get("arm") or said.get("number") or ""
        if not label:
            column = self.columns.get("arm") or self.columns.get("number") or ""
            raise CellProblem(f"The row does not say which arm it is about{f' (column {column})' if column else ''}.")
        return self.arms.by_label(line.number, study, label, of_arm, self.columns)

    def _contrast(
        self, line: Line, study: str, said: Mapping[str, str], group: Group, values: Values, made: dict[str, int]
    ) -> None:
        """Add the row of what a line says of two arms against each other."""
        try:
            cells, columns = contrast_cells(values, said.get("measure", ""), self.decimal)
            numbers = [self._side(line, study, said, made, side) for side in ("1", "2")]
        except CellProblem as problem:
            self.building.refuse(line.number, values[0][0].header, str(problem))
            return
        shared = self._shared(line, said, group, values, is_contrast=True)
        if shared is not None:
            row = {"study": study, "first_arm": str(numbers[0]), "second_arm": str(numbers[1]), **shared, **cells}
            self.building.row("contrast_results", line.number, row, self.columns | columns)

    def _side(self, line: Line, study: str, said: Mapping[str, str], made: dict[str, int], side: str) -> int:
        """Give the number of the first or the second arm of a contrast."""
        letter = {"1": "e", "2": "c"}[side]
        if side in made or letter in made:
            return made.get(side, made.get(letter, 0))
        label = said.get("first_arm" if side == "1" else "second_arm", "")
        if not label and len(made) == 2:
            return list(made.values())[int(side) - 1]
        group = side if label else letter
        mine = {"comparator_type": said.get("comparator_type", "")} if side == "2" else {}
        return self.arms.by_group(line.number, study, group, label, mine, self.columns)

    def _shared(
        self, line: Line, said: Mapping[str, str], group: Group, values: Values, *, is_contrast: bool = False
    ) -> dict[str, str | None] | None:
        """Give what was measured, when, and where it stands in the report; None where that is not clear."""
        _, _, in_header, key, is_change = group
        try:
            answer = self.answers.get("instrument") or ""
            outcome, _, instrument = answer.partition("/")
            answered = (outcome, instrument) if instrument else None
            key = key or self.instruments.choose(said.get("outcome", ""), said.get("instrument", ""), answered)
        except CellProblem as problem:
            column = self.columns.get("outcome") or self.columns.get("instrument") or values[0][0].header
            self.building.refuse(line.number, column, str(problem))
            return None
        time = self._time(said, in_header)
        kind = said.get("value_kind", "").casefold() if "value_kind" in self.columns else ""
        is_change = is_change or kind.startswith("change")
        found: dict[str, str | None] = {
            "outcome": key[0],
            "instrument": key[1],
            "week": time.week,
            "time_as_printed": time.printed or None,
            "value_kind": "change" if is_change else "final",
            "is_adjusted": {"yes": "true", "adjusted": "true"}.get(said.get("is_adjusted", "").casefold()),
        }
        if is_change or is_contrast:
            found["sign"] = self.answers.get("sign") or said.get("sign") or "not_stated"
        return found | {name: said[name] for name in PLACE if name in self.columns}

    def _time(self, said: Mapping[str, str], in_header: Time | None) -> Time:
        """Give the time of a result: of the header, of the row, or as a person said it for all of the table."""
        text = said.get("week", "")
        if in_header is not None:
            time = in_header
        elif text:
            time = time_of(text, self._unit())
        else:
            week = str(self.answers.get("week") or "")
            time = Time(plain_number(week), "")
        if not time.week and time.printed:
            self.unknown_times.add(time.printed)
        return time

    def _unit(self) -> str:
        unit = next((one.unit for one in self.meanings if one.kind == "time" and one.unit), "")
        return unit or str(self.answers.get("time_unit") or "").removesuffix("s")


class _Refused(Exception):
    """A line cannot be read: the column and the rule."""

    def __init__(self, column: str, rule: str) -> None:
        self.column, self.rule = column, rule
        super().__init__(rule)


def _said(name: str, text: str) -> str:
    """Give what a cell says; one of numbers may say that there is none, one of words is taken at its word."""
    says_nothing = is_missing(text) if name in NUMBERS else text.strip() in DASHES
    return "" if says_nothing else as_written(text)


def read_table(building: Building, sheet: Sheet, review: Review, answers: Mapping[str, Any]) -> None:
    """Add the rows of a table.

    Raises
    ------
    Unreadable : no column names the study, two columns mean the same, or none holds a number
    """
    instruments = instruments_of(review)
    wanted = ";".join(filter(None, (answers.get("experimental", ""), answers.get("comparator", ""))))
    is_about_one = bool(answers.get("instrument"))
    meanings = read_headers(sheet.columns, instruments, is_about_one=is_about_one, wanted=wanted)
    _check(meanings, sheet)
    building.note(_in_words(meanings))
    left = [one.header for one in meanings if not one.kind]
    if left:
        building.note(f"Not read: {', '.join(left)}.")
    comparators = told_apart((word.code, word.name) for word in review.comparatortype_set.all())
    arms = Arms(building, names_of(review), comparators, answers)
    decimal = answers.get("decimal") or decimal_of(cells_of(sheet))
    TableReader(building, sheet, arms, instruments, answers, meanings, decimal).read()


def _check(meanings: Iterable[Meaning], sheet: Sheet) -> None:
    there = ", ".join(sheet.columns[:30])
    seen: dict[tuple[Any, ...], str] = {}
    for one in meanings:
        if not one.kind:
            continue
        for name in one.names or ("time",):
            key = (one.kind, name, one.group, one.time, one.instrument, one.is_change)
            if key in seen:
                raise Unreadable(f"The columns {seen[key]} and {one.header} mean the same; rename or delete one.", 1)
            seen[key] = one.header
    if ("field", "study", "", None, None, False) not in seen:
        raise Unreadable(NO_STUDY.format(there), 1)
    if not any(one.kind in ("arm", "contrast") for one in meanings):
        raise Unreadable(NO_NUMBERS.format(there), 1)


def _in_words(meanings: Iterable[Meaning]) -> str:
    """Give a sentence that says what each column was taken for."""
    read = "; ".join(f"“{one.header}” as {one.in_words}" for one in meanings if one.kind)
    return f"The columns were read so: {read}. {MONTHS}"
