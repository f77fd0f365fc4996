"""Form fields made of pydantic fields: what a schema declares is what the page asks for."""

import json
from collections.abc import Iterable
from itertools import permutations
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from analysis.templatetags.numbers import heading
from evidence.admin.sentences import speak

Choices = list[tuple[str, str]]

# The orders of three things can be listed; of more, only which of them are taken can be chosen.
MOST_ORDERED = 3
VALUE_NAMES = {"hksj": "HKSJ", "t": "t", "mcid": "MCID"}
EXAMPLES = {
    "Condition": '[{"field": "rob.overall", "op": "in", "value": ["low", "some_concerns"]}]',
}


class WordsField(forms.CharField):
    """A list of words with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        """Show a list as text."""
        return value if isinstance(value, str) or value is None else ", ".join(value)

    def to_python(self, value: Any) -> Any:
        """Give the words."""
        return [word.strip() for word in (super().to_python(value) or "").split(",") if word.strip()]


class NumbersField(forms.CharField):
    """A list of numbers with commas between them."""

    def prepare_value(self, value: Any) -> Any:
        """Show a list as text."""
        return value if isinstance(value, str) or value is None else ", ".join(f"{number:g}" for number in value)

    def to_python(self, value: Any) -> Any:
        """Give the numbers."""
        words = [word.strip() for word in (super().to_python(value) or "").split(",") if word.strip()]
        try:
            return [float(word) for word in words]
        except ValueError as error:
            raise ValidationError("Enter numbers with commas between them, such as 0.3, 0.5, 0.7.") from error


class OrderField(forms.ChoiceField):
    """An order in which things are tried; each choice is one order."""

    def prepare_value(self, value: Any) -> Any:
        """Show a list as the choice it is."""
        return value if isinstance(value, str) or value is None else ",".join(value)

    def clean(self, value: Any) -> Any:
        """Give the order as a list."""
        return super().clean(value).split(",")


def _from_json(text: str) -> Any:
    """Give what a JSON text holds; raise ValidationError that says where it is wrong."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, character {error.colno}"
        raise ValidationError(f"This is not JSON: something is wrong at {where}. See the example below.") from error


class RowsField(forms.CharField):
    """A list of structured rows, entered as JSON."""

    widget = forms.Textarea(attrs={"rows": 5, "class": "vLargeTextField json", "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Show the rows as text, one per line; an empty list as an empty field."""
        if isinstance(value, str) or value is None:
            return value
        rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
        return f"[\n  {rows}\n]" if value else ""

    def to_python(self, value: Any) -> Any:
        """Give the rows."""
        text = super().to_python(value)
        if not text:
            return []
        rows = _from_json(text)
        if not isinstance(rows, list):
            raise ValidationError("Enter a list of rows, in square brackets: [ … ]. See the example below.")
        return rows


class PartsField(RowsField):
    """One structured value, entered as a JSON object."""

    def prepare_value(self, value: Any) -> Any:
        """Show the value as text."""
        return value if isinstance(value, str) or value is None else json.dumps(value, ensure_ascii=False, indent=1)

    def to_python(self, value: Any) -> Any:
        """Give the parts."""
        text = forms.CharField.to_python(self, value)
        parts = _from_json(text) if text else {}
        if not isinstance(parts, dict):
            raise ValidationError("Enter one object in curly brackets: { … }. See the example below.")
        return parts


def make_field(name: str, info: FieldInfo, choices: Choices | None = None) -> forms.Field:
    """Give the form field for a field of a schema; `choices` where its values are rows of the review."""
    kind, is_optional = _required_type(info.annotation)
    field = _field_of(kind, choices, _example_of(info))
    field.label = heading(name)
    said = _description(info)
    if choices is not None:  # the schema describes codes, the page offers names
        said = capfirst(said.removeprefix("Codes of ").removeprefix("Code of "))
    field.help_text = " ".join(filter(None, [said, str(field.help_text)]))
    if not isinstance(field, forms.BooleanField):
        field.required = _is_required(info, kind, is_optional)
    speak(field, str(field.label))
    if isinstance(field, forms.FloatField):
        field.error_messages["invalid"] = f"{field.label} must be a number, such as 0.5."
    return field


def _description(info: FieldInfo) -> str:
    limits = {"ge": "from {}", "gt": "above {}", "le": "up to {}", "lt": "below {}"}
    said = [
        words.format(f"{getattr(limit, name):g}")
        for name, words in limits.items()
        for limit in info.metadata
        if getattr(limit, name, None) is not None
    ]
    return (info.description or "") + (f" Allowed: {', '.join(said)}." if said else "")


def _is_required(info: FieldInfo, kind: Any, is_optional: bool) -> bool:
    """Whether the field may not be left empty; a list may, where its schema sets no least length."""
    if is_optional:
        return False
    if get_origin(kind) is tuple:
        return any(getattr(limit, "min_length", 0) for limit in info.metadata) or _literals(kind) is not None
    return kind is not str or info.default is PydanticUndefined or bool(info.default)


def _required_type(annotation: Any) -> tuple[Any, bool]:
    """Give the type without None, and whether it may be None."""
    if get_origin(annotation) in (Union, UnionType):
        others = [part for part in get_args(annotation) if part is not NoneType]
        return (others[0] if len(others) == 1 else annotation), NoneType in get_args(annotation)
    return annotation, False


def _literals(kind: Any) -> tuple[Any, ...] | None:
    """Give the values of a tuple of literals, None for other types."""
    item = (get_args(kind) or (None,))[0]
    return get_args(item) if get_origin(item) is Literal else None


def _field_of(kind: Any, choices: Choices | None, example: str) -> forms.Field:
    if get_origin(kind) is tuple:
        return _field_of_many(kind, choices, example)
    if get_origin(kind) is Literal:
        choices = choices or [(value, value_name(value)) for value in get_args(kind)]
    if choices is not None:
        return forms.ChoiceField(choices=[("", "---------"), *choices])
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return PartsField(help_text=f"An object in JSON with {', '.join(kind.model_fields)}.")
    if kind is bool:
        return forms.BooleanField(required=False)
    if kind in (int, float):
        number = forms.IntegerField if kind is int else forms.FloatField
        return number(widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "number", "autocomplete": "off"}))
    return forms.CharField(widget=forms.TextInput(attrs={"class": "vTextField"}))


def _field_of_many(kind: Any, choices: Choices | None, example: str) -> forms.Field:
    item = get_args(kind)[0]
    item = get_args(item)[0] if get_origin(item) is Annotated else item
    literals = _literals(kind)
    if literals is not None and len(literals) > MOST_ORDERED:
        known = [(str(value), value_name(str(value))) for value in literals]
        return forms.MultipleChoiceField(choices=known, widget=forms.CheckboxSelectMultiple)
    if literals is not None:
        return OrderField(choices=list(_orders(literals)))
    if choices is not None:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple)
    if isinstance(item, type) and issubclass(item, BaseModel):
        return RowsField(help_text=f"A list in JSON, for example: {example or _parts_of(item)}")
    if item in (int, float):
        return NumbersField(
            help_text="Numbers with commas between them.", widget=forms.TextInput(attrs={"class": "vTextField"})
        )
    return WordsField(
        help_text="Words with commas between them.", widget=forms.TextInput(attrs={"class": "vTextField"})
    )


def _parts_of(item: type[BaseModel]) -> str:
    """Give an example of a row, or the names of its parts."""
    return EXAMPLES.get(item.__name__) or f"rows with {', '.join(item.model_fields)}"


def _example_of(info: FieldInfo) -> str:
    """Give the default of a list of rows as its example, "" where it has none."""
    rows = info.get_default(call_default_factory=True)
    if not isinstance(rows, tuple) or not rows or not isinstance(rows[0], BaseModel):
        return ""
    return json.dumps([rows[0].model_dump(mode="json", exclude_defaults=True)], ensure_ascii=False)


def _orders(values: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Give each order of the values, also those that leave some out."""
    known = list(values)
    for length in range(len(known), 0, -1):
        for order in permutations(known, length):
            said = ", then ".join(order) if length > 1 else f"{order[0]} only"
            yield ",".join(order), said


def value_name(value: str) -> str:
    """Give what a reader sees for a literal value."""
    return VALUE_NAMES.get(value, value.replace("_", " "))


def problem_sentence(problem: Any, label: str) -> str:
    """Say in a sentence what a schema refuses: which part, which rule, and what was entered."""
    place, said = _place(problem["loc"][1:]), problem["msg"]
    start = f"{label}, {place}" if place else label
    last = problem["loc"][-1] if problem["loc"] else ""
    if problem["type"] == "extra_forbidden":
        return f"{_start(start, last)} has a part “{last}”, which is not known."
    if problem["type"] == "missing":
        return f"{_start(start, last)} has no “{last}”."
    if "value" in problem["loc"][:-1]:
        return f"{start} must be a text, a number, true, false, or a list of texts."
    if problem["type"] in ("value_error", "assertion_error"):
        return said.partition(", ")[2]
    given = problem.get("input")
    shown = f"; {json.dumps(given, ensure_ascii=False)} was entered" if isinstance(given, str | int | float) else ""
    return f"{start} must be{said.removeprefix('Input should be')}{shown}."


def _start(start: str, last: Any) -> str:
    return start.removesuffix(f", {last}")


def _place(steps: Iterable[Any]) -> str:
    """Name a part of a list of rows: “row 2, conditions, row 1, op”."""
    known = list(steps)
    if "value" in known:
        known = known[: known.index("value") + 1]
    return ", ".join(f"row {step + 1}" if isinstance(step, int) else str(step) for step in known)
