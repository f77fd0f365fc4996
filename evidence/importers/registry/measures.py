"""Outcome measures of a record: what each group had, for the measures that a person has given an outcome."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evidence.importers.naming import folded, short_label
from evidence.importers.problems import CellProblem
from evidence.importers.registry.answers import Rule
from evidence.importers.registry.contrasts import add_contrasts
from evidence.importers.registry.source import Part, items, text
from evidence.importers.registry.trials import BEGIN, Trial, add_result, denominators, results
from evidence.importers.sheets import is_missing, plain_number
from evidence.importers.timing import weeks_of
from evidence.models import Instrument

LONGEST_TIME = 80
TIMELIKE = re.compile(
    r"\b(baseline|weeks?|days?|months?|years?|hours?|visits?|wks?|end of|follow[- ]?up|post[- ]?treatment|screening)\b",
    re.IGNORECASE,
)
CHANGE = re.compile(r"\bchanges?\b", re.IGNORECASE)
RELATIVE = re.compile(r"(percent(age)?|%|relative)[ -]+(\w+ )?change", re.IGNORECASE)
CONTINUOUS = {"MEAN": "mean", "LEAST_SQUARES_MEAN": "mean", "MEDIAN": "median"}
NOT_READ = "“{title}” is given as {kind}, which is not read."
# What holds the spread, by the first letters of its name without spaces and signs.
SPREADS: Mapping[str, tuple[str, ...]] = {
    "STANDARDDEVIATION": ("sd",),
    "STANDARDERROR": ("se",),
    "INTERQUARTILERANGE": ("q1", "q3"),
    "FULLRANGE": ("minimum", "maximum"),
}
LEVEL = re.compile(r"^(?:CONFIDENCE|)(?P<percent>80|90|95|975|99)(?:CONFIDENCEINTERVAL|CI|)$")


@dataclass(frozen=True, slots=True)
class Cell:
    """One row of a measure: its class and category, and the values of the groups."""

    titles: tuple[str, str, str]
    measurements: list[Part]
    totals: Mapping[str, str]

    @property
    def name(self) -> str:
        """Class and category, for a sentence."""
        return ", ".join(filter(None, self.titles[1:])) or "no category"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the values of a row belong: instrument and time."""

    rule: Rule
    week: str
    time_as_printed: str
    value_kind: str
    is_adjusted: bool

    @property
    def cells(self) -> dict[str, str]:
        """The place as cells of a result."""
        return {
            "outcome": self.rule.outcome,
            "instrument": self.rule.instrument,
            "week": self.week,
            "time_as_printed": self.time_as_printed,
            "value_kind": self.value_kind,
            "is_adjusted": "true" if self.is_adjusted else "false",
        }


def add_measures(trial: Trial) -> None:
    """Add the results of all outcome measures that a rule fits, and name the others."""
    left = []
    measures = items(results(trial, "outcomeMeasuresModule"), "outcomeMeasures")
    for number, measure in enumerate(measures, start=1):
        title = text(measure, "title")
        cells = list(_cells(measure))
        fitting = {index: rules for index, cell in enumerate(cells) if (rules := _rules_for(trial, cell))}
        if not fitting:
            left.append(f"“{title}” ({text(measure, 'type').lower() or 'type not stated'}, {_words(measure)})")
            continue
        try:
            _add_measure(trial, number, measure, [(cells[index], rules) for index, rules in fitting.items()])
        except CellProblem as problem:
            trial.building.refuse(trial.record.line(title), f"outcome measure {number}", str(problem))
    if left:
        trial.building.note(
            f"{trial.record.number}: measures without an outcome of the review, which the question “measures” gives "
            f"them: {'; '.join(left)}."
        )


def _words(measure: Part) -> str:
    names = ("timeFrame", "paramType", "dispersionType", "unitOfMeasure")
    return ", ".join(filter(None, (text(measure, name) for name in names))) or "without numbers"


def _cells(measure: Part) -> Iterator[Cell]:
    title = text(measure, "title")
    for one in items(measure, "classes"):
        totals = denominators(one, measure)
        for category in items(one, "categories"):
            titles = (title, text(one, "title"), text(category, "title"))
            yield Cell(titles, items(category, "measurements"), totals)


def _rules_for(trial: Trial, cell: Cell) -> list[Rule]:
    """Give the rules that fit a row best: of those whose words are all found, the ones with the most words."""
    titles = [folded(title) for title in cell.titles]
    fitting = [rule for rule in trial.answers.rules if all(any(word in one for one in titles) for word in rule.words)]
    most = max((len(rule.words) for rule in fitting), default=0)
    return [rule for rule in fitting if len(rule.words) == most]


def _add_measure(trial: Trial, number: int, measure: Part, rows: list[tuple[Cell, list[Rule]]]) -> None:
    """Add the rows of one measure.

    Raises
    ------
    CellProblem : what is wrong with the whole measure
    """
    title = text(measure, "title")
    if text(measure, "reportingStatus") == "NOT_POSTED":
        raise CellProblem(f"“{title}” has no results yet.")
    places: dict[Place, Cell] = {}
    for cell, rules in rows:
        if len({(rule.outcome, rule.instrument) for rule in rules}) > 1:
            raise CellProblem(f"Two parts of the answer to “measures” fit “{title}”; write more words of its title.")
        place = _place(measure, cell, rules[0])
        if place in places:
            names = "; ".join(one.name for one, _ in rows)
            raise CellProblem(
                f"“{title}” has several rows for one time ({names}); name one of them after a bar: {title} | … => …."
            )
        places[place] = cell
    for rule in {place.rule: None for place in places}:
        _check_kind(trial, measure, rule)
    arms = trial.arms_by_id(items(measure, "groups"))
    _refuse_groups(trial, number, measure, arms)
    for place, cell in places.items():
        _add_cell(trial, number, measure, place, cell, arms)
    add_contrasts(trial, number, measure, [place.cells for place in places], arms)


def _place(measure: Part, cell: Cell, rule: Rule) -> Place:
    """Give where a row belongs: its own class says the time, or else the measure does."""
    title, name, _ = cell.titles
    if RELATIVE.search(f"{title} {name} {text(measure, 'unitOfMeasure')}"):
        raise CellProblem(f"“{title}” is a relative change, neither a value nor a change in points; it is not read.")
    is_change = bool(CHANGE.search(title) or CHANGE.search(name))
    printed = name if TIMELIKE.search(name) else text(measure, "timeFrame")
    week = weeks_of(printed, is_change=is_change)
    is_change = is_change and week != "0"
    return Place(
        rule=rule,
        week=week,
        time_as_printed=short_label(printed, LONGEST_TIME),
        value_kind="change" if is_change else "final",
        is_adjusted=text(measure, "paramType") == "LEAST_SQUARES_MEAN",
    )


def _check_kind(trial: Trial, measure: Part, rule: Rule) -> None:
    """Refuse a measure whose kind is not that of its instrument, or is none that can be read."""
    kind, title = text(measure, "paramType"), text(measure, "title")
    if kind not in CONTINUOUS and not _counts(measure):
        raise CellProblem(NOT_READ.format(title=title, kind=_kind_in_words(measure)))
    instrument = trial.standing.instruments.get((rule.outcome, rule.instrument))
    if instrument is None:
        known = ", ".join(sorted("/".join(one) for one in trial.standing.instruments)) or "none"
        raise CellProblem(f"The review has no instrument “{rule.outcome}/{rule.instrument}”; there are {known}.")
    is_counted = instrument.kind == Instrument.Kind.DICHOTOMOUS
    if is_counted != (kind not in CONTINUOUS):
        words = "counts participants" if kind not in CONTINUOUS else "gives means or medians"
        raise CellProblem(f"“{title}” {words}, but “{instrument.name}” is {instrument.get_kind_display().lower()}.")


def _kind_in_words(measure: Part) -> str:
    kind = text(measure, "paramType").replace("_", " ").lower() or "nothing"
    unit = text(measure, "unitOfMeasure")
    return f"{kind} ({unit})" if unit else kind


def _counts(measure: Part) -> str:
    """Give the column that a count of participants goes to, "" where a measure counts something else."""
    kind, unit = text(measure, "paramType"), folded(text(measure, "unitOfMeasure"))
    if kind == "COUNT_OF_PARTICIPANTS":
        return "events"
    if kind != "NUMBER" or not unit.endswith(("participants", "patients", "subjects")):
        return ""
    if unit in ("participants", "patients", "subjects"):
        return "events"
    return "percent" if re.match(r"(percent(age)?|%)( of)? ", unit) else ""


def _refuse_groups(trial: Trial, number: int, measure: Part, arms: Mapping[str, int]) -> None:
    """Refuse the groups of a measure that are no arm."""
    for group in items(measure, "groups"):
        title = text(group, "title")
        if text(group, "id") not in arms:
            rule = (
                f"The group “{title}” is not called like an arm; there are {trial.arm_list}. "
                f"Say groups={title}=… if it is one of them."
            )
            trial.building.refuse(trial.record.line(title), f"outcome measure {number}", rule)


def _add_cell(trial: Trial, number: int, measure: Part, place: Place, cell: Cell, arms: Mapping[str, int]) -> None:
    """Add what the groups had in one row of a measure."""
    title = text(measure, "title")
    line = trial.record.line(title)
    source = {"table": f"{BEGIN}, outcome measure {number}", "note": _note(measure, cell)}
    columns = {"mean": "value", "median": "value", "sd": "spread", "se": "spread", "events": "value"}
    for one in cell.measurements:
        arm = arms.get(text(one, "groupId"))
        values = {} if arm is None else _values(measure, one, cell.totals.get(text(one, "groupId"), ""))
        if values:
            key = {"study": trial.code, "arm": str(arm), **place.cells}
            add_result(trial, "arm_results", line, {**key, **values}, source, columns)


def _note(measure: Part, cell: Cell) -> str:
    kind = text(measure, "type").replace("_", " ").lower()
    words = f"{BEGIN}, {kind} outcome measure “{text(measure, 'title')}”"
    words += f", {cell.name}" if any(cell.titles[1:]) else ""
    unit, population = text(measure, "unitOfMeasure"), text(measure, "populationDescription")
    return " ".join(filter(None, (f"{words}.", f"Unit: {unit}." if unit else "", population)))


def _values(measure: Part, one: Part, total: str) -> dict[str, str | None]:
    """Give the numbers of one group; nothing where the record gives none."""
    value = number_in(one, "value")
    if not value or total == "0":
        return {}
    counted = _counts(measure)
    if counted:
        return {counted: value, "total": total or None}
    is_by_participant = folded(text(measure, "typeUnitsAnalyzed")) in ("", "participants")
    found: dict[str, str | None] = {
        CONTINUOUS[text(measure, "paramType")]: value,
        "n": total or None if is_by_participant else None,
    }
    return found | _spread(measure, one)


def _spread(measure: Part, one: Part) -> dict[str, str | None]:
    """Give what a record says of the spread of a value."""
    name = re.sub("[^A-Z0-9]", "", text(measure, "dispersionType").upper())
    columns = next((columns for begin, columns in SPREADS.items() if name.startswith(begin)), ())
    limits = (number_in(one, "lowerLimit"), number_in(one, "upperLimit"))
    if len(columns) == 1:
        spread = number_in(one, "spread")
        return {columns[0]: spread} if spread not in ("", "0") else {}
    level = LEVEL.match(name)
    if level is not None and all(limits):
        percent = level["percent"]
        return {"ci_lower": limits[0], "ci_upper": limits[1], "ci_level": f"0.{percent}"}
    return {column: limit or None for column, limit in zip(columns, limits, strict=False)}


def number_in(holder: Part, name: str) -> str:
    """Give a number of the record with a decimal point, "" where it says that there is none."""
    words = text(holder, name)
    if is_missing(words):
        return ""
    try:
        return plain_number(words)
    except CellProblem:
        return words
