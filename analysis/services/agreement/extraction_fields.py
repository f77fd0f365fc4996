"""The fields of extraction that readers are compared in, with their names and possible answers."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from analysis.engine.agreement import Answer, AnswerScale
from analysis.services.agreement.asking import Asked
from evidence.comparing import FIELDS, Form, Kind
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    CharacteristicField,
    ComparatorType,
    ComponentType,
    ContrastResult,
    Instrument,
    InterventionComponent,
    Review,
)

ENTERED, NOT_ENTERED = "entered", "not entered"
YES, NO = "yes", "no"
PARTS = {
    Kind.ARM: "Arms",
    Kind.COMPONENT: "Components of arms",
    Kind.RESULT: "Results of arms",
    Kind.CONTRAST: "Contrasts of arms",
    Kind.ADVERSE_EVENT: "Adverse events",
    Kind.CHARACTERISTIC: "Questions of the form",
}
MODELS: Mapping[Kind, Any] = {
    Kind.ARM: Arm,
    Kind.COMPONENT: InterventionComponent,
    Kind.RESULT: ArmResult,
    Kind.CONTRAST: ContrastResult,
    Kind.ADVERSE_EVENT: AdverseEvent,
}
# The level of an interval has a default, settlements are made by others, and an arm is told by its match.
NOT_COMPARED = {"ci_level", "arm", "settled_value", "settled_ci_lower", "settled_ci_upper"}
ROW_NOTE = "Whether both entered the same row at all. It counts rows that at least one entered, so kappa means little."
NUMBER_NOTE = "Percent: the same number, digit by digit. Where one left it empty, it is counted beside, not in."


def row_code(kind: Kind) -> str:
    """Give the code of the question whether a row was entered."""
    return f"{kind.value}.row"


def question_code(field: str) -> str:
    """Give the code of a question of the form, from the key of its field."""
    return f"{Kind.CHARACTERISTIC.value}.{field}"


def answer_of(value: Any, *, is_number: bool) -> Answer | None:
    """Give a value as an answer: numbers as numbers, nothing as nothing; words without regard to case and spaces."""
    if is_number:
        return float(value) if isinstance(value, Decimal | int | float) else None
    if value is None or value == "":
        return NOT_ENTERED
    if isinstance(value, bool):
        return YES if value else NO
    return " ".join(str(value).casefold().split())


class FieldTable:
    """The fields of one review."""

    def __init__(self, review: Review) -> None:
        self.questions = {row.pk: row for row in CharacteristicField.objects.filter(review=review, is_retired=False)}
        self._names: dict[str, dict[Answer, str]] = {
            "comparator_type": {str(row.pk): str(row) for row in ComparatorType.objects.filter(review=review)},
            "type": {str(row.pk): str(row) for row in ComponentType.objects.filter(review=review)},
            "instrument": {str(row.pk): str(row) for row in Instrument.objects.of_review(review)},
        }
        self._fields = {
            kind: [(f"{kind.value}.{one.name}", one) for one in FIELDS[kind] if _is_compared(one)] for kind in MODELS
        }
        self._numbers = {
            code for rows in self._fields.values() for code, one in rows if one.form in (Form.NUMBER, Form.COUNT)
        }
        self._numbers |= {question_code(str(pk)) for pk, row in self.questions.items() if row.kind == "number"}

    def fields_of(self, kind: Kind) -> list[tuple[str, str]]:
        """Give the fields of a kind of row that are compared, as code and name."""
        return [(code, one.name) for code, one in self._fields[kind]]

    def is_number(self, code: str) -> bool:
        """Whether the answers of a field are numbers."""
        return code in self._numbers

    def asked(self, values: Mapping[str, set[Answer]]) -> list[Asked]:
        """Give the fields to which anything was answered, form first, in the order of the forms."""
        found = [self._question(row, values) for row in self.questions.values()]
        for kind, fields in self._fields.items():
            words: dict[Answer, str] = {ENTERED: "Entered", NOT_ENTERED: "Not entered"}
            scale = AnswerScale("nominal", (ENTERED, NOT_ENTERED))
            found.append(Asked(row_code(kind), PARTS[kind], "The row as a whole", scale, words, ROW_NOTE))
            found += [self._field(kind, code, one, values) for code, one in fields]
        return [asked for asked in found if values.get(asked.code)]

    def _question(self, row: CharacteristicField, values: Mapping[str, set[Answer]]) -> Asked:
        """Give a question of the form."""
        code = question_code(str(row.pk))
        choices = {"choice": row.choice_list, "flag": [YES, NO]}.get(row.kind, [])
        words = {str(answer_of(choice, is_number=False)): choice for choice in choices}
        return self._make(code, PARTS[Kind.CHARACTERISTIC], str(row), words, values, is_closed=bool(choices))

    def _field(self, kind: Kind, code: str, one: Any, values: Mapping[str, set[Answer]]) -> Asked:
        """Give a field of a kind of row."""
        title = one.label[:1].upper() + one.label[1:]
        if one.form == Form.FLAG:
            return self._make(code, PARTS[kind], title, {YES: YES, NO: NO}, values, is_closed=True)
        words = self._names.get(one.name)
        if words is None:
            choices = getattr(MODELS[kind]._meta.get_field(one.name), "choices", None) or []
            words = {str(answer_of(value, is_number=False)): str(label) for value, label in choices}
            return self._make(code, PARTS[kind], title, words, values, is_closed=bool(words))
        return self._make(code, PARTS[kind], title, words, values, is_closed=False)

    def _make(
        self,
        code: str,
        part: str,
        title: str,
        words: Mapping[Any, str],
        values: Mapping[str, set[Answer]],
        *,
        is_closed: bool,
    ) -> Asked:
        """Give a field with its scale; a closed list has all its answers, and what was answered under an older one."""
        if self.is_number(code):
            return Asked(code, part, title, AnswerScale("number"), note=NUMBER_NOTE)
        said = sorted(values.get(code, set()), key=str)
        known = [*words] if is_closed else []
        categories = [*known, *(answer for answer in said if answer not in known and answer != NOT_ENTERED)]
        labels = {**words, NOT_ENTERED: "Not entered"}
        return Asked(code, part, title, AnswerScale("nominal", (*categories, NOT_ENTERED)), labels)


def _is_compared(one: Any) -> bool:
    """Whether readers are compared in a field: numbers, choices, yes and no; not in texts, which may be worded."""
    return one.form != Form.TEXT and one.name not in NOT_COMPARED
