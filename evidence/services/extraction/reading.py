"""Extractions as plain readings: what the comparison sees of the database, now or when they were first completed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from evidence.comparing import FIELDS, PLACE, Kind, Reading, Row, Scale, Value, Words
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Characteristic,
    CharacteristicField,
    ComparatorType,
    ComponentType,
    ContrastResult,
    Extraction,
    Instrument,
    InterventionComponent,
    Review,
    Settlement,
)
from evidence.models.fields import trim

MODELS: Mapping[Kind, Any] = {
    Kind.ARM: Arm,
    Kind.COMPONENT: InterventionComponent,
    Kind.RESULT: ArmResult,
    Kind.CONTRAST: ContrastResult,
    Kind.CHARACTERISTIC: Characteristic,
    Kind.ADVERSE_EVENT: AdverseEvent,
}


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The review's words: their codes by key, the rows by code, and what people read."""

    codes: Mapping[str, Mapping[int, str]]
    rows: Mapping[str, Mapping[str, Any]]
    words: Words
    questions: Mapping[str, CharacteristicField] = field(default_factory=dict)

    def find(self, name: str, code: Value) -> Any:
        """Give the row that a field's code stands for, None where there is none."""
        return self.rows[name].get(str(code))


def vocabulary_of(review: Review) -> Vocabulary:
    """Read the words of a review, once for all its readings."""
    instruments = {
        f"{row.outcome.code}/{row.code}": row
        for row in Instrument.objects.filter(outcome__review=review).select_related("outcome")
    }
    comparators = {row.code: row for row in ComparatorType.objects.filter(review=review)}
    components = {row.code: row for row in ComponentType.objects.filter(review=review)}
    fields = {row.code: row for row in CharacteristicField.objects.filter(review=review)}
    rows: dict[str, dict[str, Any]] = {
        "instrument": instruments,
        "comparator_type": comparators,
        "type": components,
        "field": fields,
    }
    labels = {name: {code: str(row) for code, row in found.items()} for name, found in rows.items()}
    labels |= {name: dict(_choices(model, name)) for model, name in CHOICES}
    scales = {code: Scale(str(row), row.scale_min, row.scale_max, row.direction) for code, row in instruments.items()}
    asked = {code: row for code, row in fields.items() if not row.is_retired}
    words = Words(scales, {code: str(row) for code, row in asked.items()}, labels)
    codes = {name: {row.pk: code for code, row in found.items()} for name, found in rows.items()}
    return Vocabulary(codes, rows, words, asked)


CHOICES: tuple[tuple[Any, str], ...] = (
    (Arm, "role"),
    (ArmResult, "value_kind"),
    (ArmResult, "sign"),
    (ContrastResult, "measure"),
    (ContrastResult, "p_relation"),
    (AdverseEvent, "seriousness"),
)


def _choices(model: type[Model], name: str) -> Iterable[tuple[str, str]]:
    return [(str(key), str(label)) for key, label in model._meta.get_field(name).choices or ()]  # type: ignore[union-attr]


def read_extraction(extraction: Extraction, vocabulary: Vocabulary, *, at: datetime | None = None) -> Reading:
    """Give everything that an extraction says; with a moment, what it said then, from the history of its rows."""
    arms = _rows(Arm, at, extraction_id=extraction.pk)
    keys = [arm.pk for arm in arms]
    of_arms = {"arm_id__in": keys}
    settled = {}
    for row in _rows(Settlement, at, extraction_id=extraction.pk):
        settled[Kind.RESULT, row.arm_result_id] = settled[Kind.CONTRAST, row.contrast_result_id] = row
    found = [
        *((Kind.ARM, row, ()) for row in arms),
        *((Kind.COMPONENT, row, (row.arm_id,)) for row in _rows(InterventionComponent, at, **of_arms)),
        *((Kind.RESULT, row, (row.arm_id,)) for row in _rows(ArmResult, at, **of_arms)),
        *(
            (Kind.CONTRAST, row, (row.first_arm_id, row.second_arm_id))
            for row in _rows(ContrastResult, at, extraction_id=extraction.pk)
        ),
        *(
            (Kind.CHARACTERISTIC, row, ())
            for row in _rows(Characteristic, at, extraction_id=extraction.pk)
            if vocabulary.codes["field"].get(row.field_id) in vocabulary.questions
        ),
        *(
            (Kind.ADVERSE_EVENT, row, (row.arm_id,) if row.arm_id else ())
            for row in _rows(AdverseEvent, at, extraction_id=extraction.pk)
        ),
    ]
    rows = tuple(_row(kind, row, about, settled.get((kind, row.pk)), vocabulary) for kind, row, about in found)
    name = "consensus" if extraction.is_consensus else str(extraction.reviewer)
    return Reading(name, rows, {str(arm.pk): arm.number for arm in arms})


def first_reading(extraction: Extraction, vocabulary: Vocabulary) -> Reading | None:
    """Give what a reader said when they completed for the first time: what agreement is computed from."""
    entries = extraction.history.filter(status=Extraction.Status.COMPLETE).order_by("history_date", "history_id")
    moment = entries.values_list("history_date", flat=True).first()
    return None if moment is None else read_extraction(extraction, vocabulary, at=moment)


def _rows(model: Any, at: datetime | None, **conditions: Any) -> list[Any]:
    """Give rows as they are, or as they were at a moment."""
    if at is None:
        return list(model.objects.filter(**conditions).order_by("pk"))
    kept = [row for row in model.history.as_of(at) if _meets(row, conditions)]
    return sorted(kept, key=lambda row: row.pk)


def _meets(row: Any, conditions: Mapping[str, Any]) -> bool:
    for name, wanted in conditions.items():
        value = getattr(row, name.removesuffix("__in"))
        if not (value in wanted if name.endswith("__in") else value == wanted):
            return False
    return True


def _row(kind: Kind, row: Any, arms: tuple[int, ...], settlement: Any, vocabulary: Vocabulary) -> Row:
    """Give a row of the database as a row of a reading."""
    columns = {one.name for one in MODELS[kind]._meta.concrete_fields} - {"arm"}
    values = {one.name: _value(row, one.name, vocabulary) for one in FIELDS[kind] if one.name in columns}
    if kind == Kind.CHARACTERISTIC:
        values = {"field": vocabulary.codes["field"].get(row.field_id, ""), "value": _plain(row.value)}
    if settlement is not None:
        values |= {f"settled_{name}": _plain(getattr(settlement, name)) for name in ("value", "ci_lower", "ci_upper")}
    place = {name: getattr(row, name) for name in PLACE if name in columns}
    if settlement is not None:
        place["settled_reason"] = settlement.reason
    return Row(kind, str(row.pk), values, tuple(map(str, arms)), place)


def _value(row: Any, name: str, vocabulary: Vocabulary) -> Value:
    """Give the value of a field; a word of the review as its code."""
    if name in vocabulary.codes:
        key = getattr(row, f"{name}_id")
        return vocabulary.codes[name].get(key) if key is not None else None
    return _plain(getattr(row, name))


def _plain(value: Any) -> Value:
    if isinstance(value, Decimal):
        return trim(value)
    return str(value) if isinstance(value, str) else value
