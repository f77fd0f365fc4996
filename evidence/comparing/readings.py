"""What two readers extracted from one study, as plain rows: what the comparison sees of the database."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from evidence.plausibility import plain

Value = Decimal | int | str | bool | None
PLACE = ("page", "table", "quote", "source_url", "note")


class Kind(StrEnum):
    """A kind of row."""

    ARM = "arm"
    COMPONENT = "component"
    RESULT = "result"
    CONTRAST = "contrast"
    CHARACTERISTIC = "characteristic"
    ADVERSE_EVENT = "adverse_event"


class Form(StrEnum):
    """How a value is written."""

    NUMBER = "number"
    COUNT = "count"
    TEXT = "text"
    CHOICE = "choice"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a kind of row."""

    name: str
    label: str
    form: Form


def _fields(form: Form, **labels: str) -> tuple[Field, ...]:
    return tuple(Field(name, label, form) for name, label in labels.items())


INTERVAL = _fields(Form.NUMBER, ci_lower="CI lower limit", ci_upper="CI upper limit", ci_level="CI level")
TIME = (Field("week", "week", Form.NUMBER), Field("time_as_printed", "time as printed", Form.TEXT))
MEANING = (
    *_fields(Form.CHOICE, value_kind="kind of value", sign="meaning of the sign"),
    *_fields(Form.FLAG, is_adjusted="adjusted", is_printed_so="printed so"),
)
SETTLED = _fields(
    Form.NUMBER,
    settled_value="settled value",
    settled_ci_lower="settled CI lower limit",
    settled_ci_upper="settled CI upper limit",
)
SPREAD = _fields(
    Form.NUMBER,
    median="median",
    q1="first quartile",
    q3="third quartile",
    minimum="minimum",
    maximum="maximum",
)
FIELDS: Mapping[Kind, tuple[Field, ...]] = {
    Kind.ARM: (
        Field("label", "label", Form.TEXT),
        *_fields(Form.CHOICE, role="role", comparator_type="comparator type"),
        Field("n_randomised", "n randomised", Form.COUNT),
    ),
    Kind.COMPONENT: (
        Field("type", "kind of component", Form.CHOICE),
        *_fields(Form.NUMBER, weeks="weeks", sessions_per_week="sessions per week", minutes="minutes per session"),
    ),
    Kind.RESULT: (
        Field("instrument", "instrument", Form.CHOICE),
        *TIME,
        *MEANING,
        Field("n", "n analysed", Form.COUNT),
        *_fields(Form.NUMBER, mean="mean", sd="SD", se="SE"),
        *INTERVAL,
        *SPREAD,
        *_fields(Form.COUNT, events="events", total="total"),
        Field("percent", "percent with event", Form.NUMBER),
        *SETTLED,
    ),
    Kind.CONTRAST: (
        Field("instrument", "instrument", Form.CHOICE),
        *TIME,
        *MEANING,
        Field("measure", "measure", Form.CHOICE),
        Field("measure_as_printed", "measure as printed", Form.TEXT),
        *_fields(Form.NUMBER, estimate="estimate", standard_error="standard error"),
        *INTERVAL,
        *_fields(Form.NUMBER, t_value="t value", p_value="p value"),
        Field("p_relation", "p value printed as", Form.CHOICE),
        *_fields(Form.COUNT, n_first="n of the first arm", n_second="n of the second arm"),
        *SETTLED,
    ),
    Kind.CHARACTERISTIC: (Field("value", "answer", Form.TEXT),),
    Kind.ADVERSE_EVENT: (
        Field("arm", "arm", Form.CHOICE),
        Field("term", "term", Form.TEXT),
        Field("seriousness", "seriousness", Form.CHOICE),
        *_fields(
            Form.COUNT,
            events="events",
            participants="participants",
            total="total",
            related_events="events related to treatment",
        ),
    ),
}


def field_of(kind: Kind, name: str) -> Field:
    """Give a field of a kind of row by its name."""
    return next(one for one in FIELDS[kind] if one.name == name)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a reading.

    Parameters
    ----------
    key : what names the row; no other row of its kind has it, in either reading
    values : by field; what is not there is empty
    arms : keys of the arms that it is about: the first and the second of a contrast, none of a whole study
    place : where in the report it stands, and notes; these are not compared
    """

    kind: Kind
    key: str
    values: Mapping[str, Value]
    arms: tuple[str, ...] = ()
    place: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Value:
        """Give a value, None where the field is empty."""
        value = self.values.get(name)
        return None if value == "" else value

    @property
    def content(self) -> str:
        """What the row says, as text: equal rows have equal texts."""
        return repr([(one.name, as_text(self.get(one.name))) for one in FIELDS[self.kind]] + [self.get("field")])


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything that one reader extracted; the numbers of arms are in `numbers`, by the arm's key."""

    name: str
    rows: tuple[Row, ...]
    numbers: Mapping[str, int] = field(default_factory=dict)

    def of(self, kind: Kind) -> list[Row]:
        """Give the rows of a kind."""
        return [row for row in self.rows if row.kind == kind]

    def about(self, arm: str, kind: Kind) -> list[Row]:
        """Give the rows of a kind that are about one arm."""
        return [row for row in self.rows if row.kind == kind and row.arms == (arm,)]


@dataclass(frozen=True, slots=True)
class Scale:
    """What is known of an instrument."""

    name: str
    low: Decimal | None = None
    high: Decimal | None = None
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """The review's own words: instruments by code, questions by code, and labels of choices by field and code."""

    scales: Mapping[str, Scale] = field(default_factory=dict)
    questions: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def show(self, name: str, value: Value) -> str:
        """Give a value as people read it, a dash for an empty one."""
        if value is None or value == "":
            return "–"
        if name == "instrument":
            scale = self.scales.get(str(value))
            return scale.name if scale else str(value)
        return self.labels.get(name, {}).get(str(value), as_text(value))


def as_text(value: Value) -> str:
    """Give a value as text: equal values have equal texts, whatever zeros they were written with."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        value = Decimal(value)
    return plain(value) if isinstance(value, Decimal) else value


def is_number(value: Value) -> bool:
    """Whether the value is a number."""
    return isinstance(value, Decimal | int) and not isinstance(value, bool)


def same(one: Value, other: Value) -> bool:
    """Whether two values are equal: numbers as numbers, texts letter by letter, empty ones alike."""
    return as_text(one) == as_text(other)


def plain_words(text: str) -> str:
    """Give a text without case, punctuation and surplus spaces: what only writing can change."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def worded_alike(one: Value, other: Value) -> bool:
    """Whether two texts say the same in other writing: case, spaces, punctuation."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    return plain_words(one) == plain_words(other) != ""
