"""First answers of extraction, by field: rows of two readers are matched first, as they are for the adjudicator."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from typing import Any

from analysis.engine.agreement import Answer, FirstAnswer
from analysis.services.agreement.asking import Gathered
from analysis.services.agreement.extraction_fields import (
    ENTERED,
    NOT_ENTERED,
    FieldTable,
    answer_of,
    question_code,
    row_code,
)
from analysis.services.agreement.history import rows_then
from evidence.comparing import FIELDS, Kind, Pair, Reading, Row, match
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Characteristic,
    ContrastResult,
    Extraction,
    InterventionComponent,
    Review,
)


@dataclass(frozen=True, slots=True)
class FirstReading:
    """An extraction as its reader first completed it."""

    extraction: int
    study: int
    reader: int
    moment: datetime


def gather_extraction(review: Review) -> Gathered:
    """Give what readers had entered when they first completed their extraction, where two have and none is in work."""
    readings: dict[int, list[FirstReading]] = defaultdict(list)
    for reading in _first_readings(review):
        readings[reading.study].append(reading)
    in_work = set(
        Extraction.objects.filter(study__review=review, is_consensus=False, status=Extraction.Status.DRAFT).values_list(
            "study", flat=True
        )
    )
    shown = {study: rows for study, rows in readings.items() if len(rows) > 1 and study not in in_work}
    table = FieldTable(review)
    rows = _rows([reading for some in shown.values() for reading in some], table)
    collected = _Collected()
    for study, some in sorted(shown.items()):
        for first, second in combinations(sorted(some, key=lambda reading: reading.reader), 2):
            matching = match(rows[first.extraction], rows[second.extraction])
            for pair in (*matching.arms, *matching.others):
                collected.add_pair(f"{study}", pair, (str(first.reader), str(second.reader)), table)
    asked = table.asked(collected.values)
    return Gathered(
        asked=asked, answers=collected.answers, waiting=len(set(readings) & in_work), alone=dict(collected.alone)
    )


def _first_readings(review: Review) -> Iterable[FirstReading]:
    """Give the first completion of each person's extraction of each study."""
    entries = Extraction.history.filter(
        study__review=review, is_consensus=False, status=Extraction.Status.COMPLETE, reviewer__isnull=False
    ).order_by("history_date", "history_id")
    found: dict[tuple[int, int], FirstReading] = {}
    for entry in entries:
        reading = FirstReading(entry.id, entry.study_id, entry.reviewer_id, entry.history_date)
        found.setdefault((entry.study_id, entry.reviewer_id), reading)
    return found.values()


def _rows(readings: Iterable[FirstReading], table: FieldTable) -> dict[int, Reading]:
    """Give the readings as the comparison reads them."""
    moments = {reading.extraction: reading.moment for reading in readings}
    arms = rows_then(Arm, "extraction_id", moments)
    of_arm = {arm.id: moments[key] for key, rows in arms.items() for arm in rows}
    home = {arm.id: key for key, rows in arms.items() for arm in rows}
    found: dict[int, list[Row]] = defaultdict(list)
    numbers: dict[int, dict[str, int]] = defaultdict(dict)
    for key, rows in arms.items():
        for arm in rows:
            found[key].append(_row(Kind.ARM, arm, ()))
            numbers[key][f"{Kind.ARM}{arm.id}"] = arm.number
    for kind, model in ((Kind.COMPONENT, InterventionComponent), (Kind.RESULT, ArmResult)):
        for arm_id, rows in rows_then(model, "arm_id", of_arm).items():
            found[home[arm_id]] += [_row(kind, row, (row.arm_id,)) for row in rows]
    for key, rows in rows_then(ContrastResult, "extraction_id", moments).items():
        found[key] += [_row(Kind.CONTRAST, row, (row.first_arm_id, row.second_arm_id)) for row in rows]
    for key, rows in rows_then(AdverseEvent, "extraction_id", moments).items():
        found[key] += [_row(Kind.ADVERSE_EVENT, row, (row.arm_id,) if row.arm_id else ()) for row in rows]
    for key, rows in rows_then(Characteristic, "extraction_id", moments).items():
        found[key] += [_characteristic(row) for row in rows if row.field_id in table.questions]
    return {key: Reading(str(key), tuple(found[key]), numbers[key]) for key in moments}


def _row(kind: Kind, entry: Any, arms: tuple[int, ...]) -> Row:
    """Give an entry of history as a row of a reading; what it refers to is told by keys."""
    values = {}
    for one in FIELDS[kind]:
        value = getattr(entry, f"{one.name}_id", None)
        values[one.name] = str(value) if value is not None else getattr(entry, one.name, None)
        if hasattr(entry, f"{one.name}_id") and value is None:
            values[one.name] = None
    return Row(kind, f"{kind}{entry.id}", values, tuple(f"{Kind.ARM}{arm}" for arm in arms))


def _characteristic(entry: Any) -> Row:
    """Give an answer to a question of the review as a row."""
    value = entry.number if entry.number is not None else entry.text or entry.flag
    kind = Kind.CHARACTERISTIC
    return Row(kind, f"{kind}{entry.id}", {"field": str(entry.field_id), "value": value})


class _Collected:
    """The answers to all fields, and what they were."""

    def __init__(self) -> None:
        self.answers: list[FirstAnswer] = []
        self.alone: dict[str, int] = defaultdict(int)
        self.values: dict[str, set[Answer]] = defaultdict(set)

    def add_pair(self, study: str, pair: Pair, readers: tuple[str, str], table: FieldTable) -> None:
        """Take what two readers entered of one thing; of a thing that one did not enter, only that."""
        item = f"{study}.{pair.path}"
        if pair.kind != Kind.CHARACTERISTIC:
            whole = [ENTERED if row is not None else NOT_ENTERED for row in (pair.first, pair.second)]
            self._add(row_code(pair.kind), item, readers, whole)
        if pair.kind == Kind.CHARACTERISTIC:
            field = next(str(row.get("field")) for row in pair.rows)
            values = [row.get("value") if row is not None else None for row in (pair.first, pair.second)]
            self._add_values(question_code(field), item, readers, values, table)
        elif pair.is_in_both and not pair.is_reversed:
            for code, name in table.fields_of(pair.kind):
                values = [row.get(name) if row is not None else None for row in (pair.first, pair.second)]
                self._add_values(code, item, readers, values, table)

    def _add_values(self, code: str, item: str, readers: tuple[str, str], values: list[Any], table: FieldTable) -> None:
        """Take two values of one field, unless both are empty."""
        if all(value in (None, "") for value in values):
            return
        self.alone[code] += sum(value in (None, "") for value in values)
        self._add(code, item, readers, [answer_of(value, is_number=table.is_number(code)) for value in values])

    def _add(self, code: str, item: str, readers: tuple[str, str], said: Iterable[Answer | None]) -> None:
        for reader, answer in zip(readers, said, strict=True):
            self.answers.append(FirstAnswer(code, item, reader, answer))
            if answer is not None:
                self.values[code].add(answer)
