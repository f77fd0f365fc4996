"""Characteristics of the studies: numbers and categories, for all studies and for groups of them."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.contract import Dataset, Fact, StudyRow
from analysis.engine.descriptives import describe
from plugins.summary.params import Params
from plugins.summary.result import CategoryRow, NumberRow

UNKNOWN_GROUP = "not known"
UNKNOWN_FIELD = "No study has the field “{field}”, by which groups were asked for."
UNKNOWN_CODES = "The review asks for no characteristic “{codes}”."
YES_NO = {True: "yes", False: "no"}


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked of every study."""

    name: str
    label: str
    unit: str
    kind: str
    read: Callable[[StudyRow], Fact]


def questions_of(dataset: Dataset, params: Params) -> tuple[Question, ...]:
    """Give what every study is asked: what arms and reports tell, then the review's own characteristics."""
    asked = [row for row in dataset.characteristics if not params.characteristics or row.code in params.characteristics]
    own = [Question(row.code, row.name, row.unit, row.kind, _fact_reader(row.code)) for row in asked]
    return (*OF_STUDIES, *own)


def _fact_reader(code: str) -> Callable[[StudyRow], Fact]:
    """Give the function that reads one fact."""
    return lambda row: row.facts.get(code)


def _longest(row: StudyRow, field: str) -> float | None:
    """Give the largest value among the experimental arms."""
    found = [getattr(arm, field) for arm in row.arms if arm.role == "experimental"]
    return max((value for value in found if value is not None), default=None)


OF_STUDIES = (
    Question("year", "Year", "", "number", lambda row: row.year),
    Question("n_randomised", "Participants randomised", "people", "number", lambda row: row.n_randomised),
    Question("arms", "Arms", "", "number", lambda row: float(len(row.arms)) if row.arms else None),
    Question("duration_weeks", "Duration", "weeks", "number", lambda row: _longest(row, "duration_weeks")),
    Question("sessions_per_week", "Sessions", "per week", "number", lambda row: _longest(row, "sessions_per_week")),
    Question("minutes_per_session", "Session", "minutes", "number", lambda row: _longest(row, "minutes_per_session")),
    Question("design", "Design", "", "choice", lambda row: row.design or None),
    Question(
        "comparator_types",
        "Comparators",
        "",
        "choice",
        lambda row: tuple(sorted({arm.comparator_type for arm in row.arms if arm.comparator_type})) or None,
    ),
    Question(
        "components",
        "Components of the experimental arms",
        "",
        "choice",
        lambda row: (
            tuple(sorted({code for arm in row.arms if arm.role == "experimental" for code in arm.components})) or None
        ),
    ),
)


def group_studies(studies: tuple[StudyRow, ...], field: str) -> tuple[dict[str, list[StudyRow]], tuple[str, ...]]:
    """Give the groups of studies by a field, all studies first, and what to say about it."""
    groups: dict[str, list[StudyRow]] = {"": list(studies)}
    if not field or not studies:
        return groups, ()
    values = {row.study: _field(row, field) for row in studies}
    if all(value is None for value in values.values()):
        return groups, (UNKNOWN_FIELD.format(field=field),)
    for row in sorted(studies, key=lambda row: _sort_key(values[row.study])):
        groups.setdefault(_said(values[row.study]), []).append(row)
    return groups, ()


def _field(row: StudyRow, field: str) -> Fact:
    """Give the value of a field of a study."""
    if field.startswith("rob."):
        return row.rob.get(field.removeprefix("rob."))
    own = {question.name: question.read for question in OF_STUDIES}
    return own[field](row) if field in own else row.facts.get(field)


def _sort_key(value: Fact) -> tuple[bool, float, str]:
    """Give what sorts numbers by size, other values by the alphabet, unknown ones last."""
    number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0.0
    return value is None, number, _said(value)


def _said(value: Fact) -> str:
    """Give a value in words."""
    if value is None:
        return UNKNOWN_GROUP
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def describe_numbers(
    groups: dict[str, list[StudyRow]], questions: tuple[Question, ...], params: Params
) -> Iterator[NumberRow]:
    """Give each number of each group."""
    for question in (question for question in questions if question.kind == "number"):
        for group, studies in groups.items():
            values = [value for value in map(question.read, studies) if isinstance(value, int | float)]
            row: dict[str, Any] = {
                "name": question.name,
                "label": question.label,
                "unit": question.unit,
                "group": group,
            }
            row |= {"k": len(studies), "k_known": len(values)}
            if values:
                found = describe(values, quantile_type=params.quantile_type)
                row |= {name: getattr(found, name) for name in ("mean", "sd", "median", "q1", "q3", "iqr")}
                row |= {name: getattr(found, name) for name in ("minimum", "maximum")}
            yield NumberRow.model_validate(row)


def count_categories(groups: dict[str, list[StudyRow]], questions: tuple[Question, ...]) -> Iterator[CategoryRow]:
    """Give how many studies of each group have each value."""
    for question in (question for question in questions if question.kind != "number"):
        for group, studies in groups.items():
            known = [value for value in map(question.read, studies) if value is not None]
            for value, count in _counts(known, kind=question.kind):
                yield CategoryRow(
                    name=question.name,
                    label=question.label,
                    group=group,
                    value=value,
                    count=count,
                    share=count / len(known) if known else None,
                    k=len(studies),
                    k_known=len(known),
                )


def _counts(known: Sequence[Fact], *, kind: str) -> list[tuple[str, int]]:
    """Give the values by frequency; of free texts only how many there are."""
    if kind == "text":
        return [("", len(known))]
    counts: Counter[str] = Counter()
    for value in known:
        counts.update(set(value) if isinstance(value, tuple) else [_said(value)])
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
