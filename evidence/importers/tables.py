"""The tables of a review folder as data: which model each fills, how its rows are known, what they refer to.

The columns and their types are the fields of the model, so that a new field is a new column at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, cast

from django.db import models
from django.db.models import Window
from django.db.models.functions import RowNumber

from evidence.importers.cells import Field, is_required
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Assessment,
    Characteristic,
    CharacteristicField,
    ComparatorType,
    ComponentType,
    ContrastResult,
    Extraction,
    FlowCount,
    FollowUpWindow,
    Instrument,
    InterventionComponent,
    Judgement,
    Outcome,
    Report,
    Review,
    ReviewTool,
    SearchRound,
    SignallingAnswer,
    Study,
)
from evidence.models.fields import Number

REVIEW_FILE = "review.json"


@dataclass(frozen=True, slots=True)
class Reference:
    """A column that names a row of another table.

    `field` is the model's field that takes the row ("" where the column only helps to find another); `through` are the
    columns that come before this one in the other table's key.
    """

    column: str
    table: str
    field: str = ""
    through: tuple[str, ...] = ()
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the folder.

    `key` maps the columns that a row is known by to their place as seen from the model; `extra` are columns that are no
    field of the model; `replaced` are fields that have no column of their own, and `left_out` those that the format
    does not have. `only` narrows the stored rows of the model. `numbered` is the last column of a key whose rest rows
    may share: it counts those that do, in the order in which they were entered.
    """

    name: str
    noun: str
    model: type[models.Model]
    key: Mapping[str, str]
    references: tuple[Reference, ...] = ()
    extra: Mapping[str, Field] = field(default_factory=dict)
    replaced: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    only: Mapping[str, Any] = field(default_factory=dict)
    numbered: str = ""
    is_in_json: bool = False
    is_in_extraction: bool = False
    is_needed: bool = False

    @property
    def file(self) -> str:
        """The file that holds the table."""
        return REVIEW_FILE if self.is_in_json else f"{self.name}.csv"

    @property
    def label(self) -> str:
        """How the table is called in lists of counts."""
        return f"{REVIEW_FILE}: {self.name}" if self.is_in_json else self.file

    @property
    def fields(self) -> dict[str, Field]:
        """The columns with the fields that type them, in the model's order; columns that refer to rows come first."""
        return fields_of(self.name)

    @property
    def needed_columns(self) -> list[str]:
        """The columns that a file may not leave out."""
        optional = {one.column for one in self.references if one.is_optional}
        return [name for name, one in self.fields.items() if name not in optional and is_required(one)]

    def key_of(self, get: Callable[[str], Any]) -> tuple[Any, ...]:
        """Give the key of a row whose values `get` gives; the printed time counts only where the week is not known."""
        values = {column: get(column) for column in self.key}
        if values.get("week") is not None:
            values["time_as_printed"] = ""
        return tuple(values.values())

    def told_apart(self, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
        """Give the rows, each with its number among those that share the rest of its key."""
        if not self.numbered:
            return rows
        rest = [models.F(path) for column, path in self.key.items() if column != self.numbered]
        number = Window(RowNumber(), partition_by=rest, order_by=models.F("pk").asc())
        return rows.annotate(**{self.key[self.numbered]: number})

    def key_of_row(self, row: models.Model) -> tuple[Any, ...]:
        """Give the key of a stored row."""
        return self.key_of(lambda column: walk(row, self.key[column]))


def walk(row: Any, path: str) -> Any:
    """Give what stands at the end of a path of fields, None where a step is empty."""
    for step in path.split("__"):
        row = None if row is None else getattr(row, step)
    return row


@cache
def fields_of(name: str) -> dict[str, Field]:
    """Give the columns of a table with the fields that type them."""
    table = TABLES[name]
    found = {one.column: type_of(one) for one in table.references} | dict(table.extra)
    for one in table.model._meta.concrete_fields:
        has_column = one.editable and not one.is_relation and not one.primary_key
        if has_column and one.name not in (*table.replaced, *table.left_out):
            found.setdefault(one.name, one)
    return found


def type_of(reference: Reference) -> Field:
    """Give the field that types the cells of a reference: the last key column of the other table."""
    other = TABLES[reference.table]
    own: Any = other.model._meta.get_field(list(other.key.values())[-1])
    return cast("Field", own)


STUDY = Reference("study", "studies")
# A published tool, or one of the review's own.
TOOL: Field = models.CharField(max_length=20, default="rob2")
CONSENSUS: Field = models.CharField(max_length=10, blank=True, choices=Extraction.Status.choices)
# Which of several rows of one kind of event, where a report has it in several (by seriousness, or by time).
NUMBER_OF_SAME: Field = models.PositiveSmallIntegerField(
    "number",
    default=1,
    help_text="1; and 2, 3 ... where the report has the same event of the same arm in several rows.",
)
SETTLED: Mapping[str, Field] = {
    "settled_value": Number(),
    "settled_ci_lower": Number(),
    "settled_ci_upper": Number(),
    "settled_reason": models.TextField(blank=True),
}
ASSESSMENT = ("assessments", "answers", "judgements")
RESULT_KEY = {"week": "week", "time_as_printed": "time_as_printed", "value_kind": "value_kind"}
INSTRUMENT = (
    Reference("outcome", "outcomes"),
    Reference("instrument", "instruments", "instrument", through=("outcome",)),
)

_IN_ORDER = (
    Table("review", "review", Review, {"slug": "slug"}, is_in_json=True),
    Table("outcomes", "outcome", Outcome, {"code": "code"}, is_in_json=True),
    Table(
        "windows",
        "follow-up window",
        FollowUpWindow,
        {"outcome": "outcome__code", "code": "code"},
        (Reference("outcome", "outcomes", "outcome"),),
        is_in_json=True,
    ),
    Table(
        "instruments",
        "instrument",
        Instrument,
        {"outcome": "outcome__code", "code": "code"},
        (Reference("outcome", "outcomes", "outcome"),),
        is_in_json=True,
    ),
    Table("comparator_types", "comparator type", ComparatorType, {"code": "code"}, is_in_json=True),
    Table("component_types", "component type", ComponentType, {"code": "code"}, is_in_json=True),
    Table("characteristic_fields", "characteristic", CharacteristicField, {"code": "code"}, is_in_json=True),
    Table("search_rounds", "search round", SearchRound, {"number": "number"}, is_in_json=True),
    Table(
        "counts",
        "flow count",
        FlowCount,
        {"search_round": "search_round__number", "box": "box", "stage": "stage", "reason": "reason"},
        (Reference("search_round", "search_rounds", "search_round"),),
        is_in_json=True,
    ),
    Table("tools", "risk-of-bias tool", ReviewTool, {"code": "code", "version": "version"}, is_in_json=True),
    Table(
        "studies",
        "study",
        Study,
        {"code": "code"},
        (Reference("companion_of", "studies", "companion_of", is_optional=True),),
        extra={"consensus": CONSENSUS},
        is_needed=True,
    ),
    Table(
        "reports",
        "report",
        Report,
        {"study": "study__code", "citation": "citation"},
        (Reference("study", "studies", "study"),),
    ),
    Table(
        "arms",
        "arm",
        Arm,
        {"study": "extraction__study__code", "number": "number"},
        (STUDY, Reference("comparator_type", "comparator_types", "comparator_type", is_optional=True)),
        is_in_extraction=True,
    ),
    Table(
        "components",
        "component",
        InterventionComponent,
        {"study": "arm__extraction__study__code", "arm": "arm__number", "type": "type__code"},
        (STUDY, Reference("arm", "arms", "arm", through=("study",)), Reference("type", "component_types", "type")),
    ),
    Table(
        "characteristics",
        "characteristic",
        Characteristic,
        {"study": "extraction__study__code", "field": "field__code"},
        (STUDY, Reference("field", "characteristic_fields", "field")),
        extra={"value": models.CharField()},
        replaced={"number": "value", "text": "value", "flag": "value"},
        is_in_extraction=True,
    ),
    Table(
        "arm_results",
        "arm result",
        ArmResult,
        {
            "study": "arm__extraction__study__code",
            "arm": "arm__number",
            "outcome": "instrument__outcome__code",
            "instrument": "instrument__code",
            **RESULT_KEY,
            "is_adjusted": "is_adjusted",
        },
        (STUDY, Reference("arm", "arms", "arm", through=("study",)), *INSTRUMENT),
        extra=SETTLED,
    ),
    Table(
        "contrast_results",
        "contrast result",
        ContrastResult,
        {
            "study": "extraction__study__code",
            "first_arm": "first_arm__number",
            "second_arm": "second_arm__number",
            "outcome": "instrument__outcome__code",
            "instrument": "instrument__code",
            "measure": "measure",
            **RESULT_KEY,
            "is_adjusted": "is_adjusted",
        },
        (
            STUDY,
            Reference("first_arm", "arms", "first_arm", through=("study",)),
            Reference("second_arm", "arms", "second_arm", through=("study",)),
            *INSTRUMENT,
        ),
        extra=SETTLED,
        is_in_extraction=True,
    ),
    Table(
        "adverse_events",
        "adverse event",
        AdverseEvent,
        {"study": "extraction__study__code", "arm": "arm__number", "term": "term", "number": "number"},
        (STUDY, Reference("arm", "arms", "arm", through=("study",), is_optional=True)),
        extra={"number": NUMBER_OF_SAME},
        numbered="number",
        is_in_extraction=True,
    ),
    Table(
        "assessments",
        "assessment",
        Assessment,
        {"study": "study__code", "tool": "tool", "outcome": "outcome__code"},
        (STUDY, Reference("outcome", "outcomes", is_optional=True)),
        extra={"tool": TOOL, "tool_version": models.CharField(max_length=20, blank=True)},
        left_out=("is_consensus", "status"),
        only={"is_consensus": True},
    ),
    Table(
        "answers",
        "answer",
        SignallingAnswer,
        {
            "study": "assessment__study__code",
            "tool": "assessment__tool",
            "outcome": "assessment__outcome__code",
            "question": "question",
        },
        (STUDY, Reference("outcome", "outcomes", is_optional=True)),
        extra={"tool": TOOL},
        left_out=("source_url", "note"),
    ),
    Table(
        "judgements",
        "judgement",
        Judgement,
        {
            "study": "assessment__study__code",
            "tool": "assessment__tool",
            "outcome": "assessment__outcome__code",
            "domain": "domain",
        },
        (STUDY, Reference("outcome", "outcomes", is_optional=True)),
        extra={"tool": TOOL},
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _IN_ORDER}
CSV_TABLES = [table for table in _IN_ORDER if not table.is_in_json]
