"""Characteristics are typed by their field."""

from decimal import Decimal

import pytest
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from tests import factories as make

pytestmark = pytest.mark.django_db

FIELDS = {
    "number": {"kind": "number", "name": "Mean age", "unit": "years", "minimum": 18, "maximum": 65},
    "text": {"kind": "text", "name": "Setting"},
    "choice": {"kind": "choice", "name": "Country income", "choices": "high\n middle \n\nlow"},
    "flag": {"kind": "flag", "name": "Blinded"},
}


def answer(kind: str, **value):
    """Make a characteristic whose field is of the kind."""
    extraction = make.make_extraction()
    field = make.make_characteristic_field(extraction.owning_review, **FIELDS[kind])
    return make.make_characteristic(extraction, field, **value)


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("number", {"number": "44.5"}, Decimal("44.5")),
        ("number", {"number": 18}, Decimal(18)),
        ("text", {"text": "hospital"}, "hospital"),
        ("choice", {"text": "middle"}, "middle"),
        ("flag", {"flag": False}, False),
        ("flag", {"flag": True}, True),
    ],
)
def test_value_of_the_right_type_is_kept(kind, value, read):
    kept = answer(kind, **value)
    kept.refresh_from_db()
    assert kept.value == read


@pytest.mark.parametrize(
    ("kind", "value", "field", "says"),
    [
        ("number", {"text": "old"}, "number", "Mean age (years) needs a number."),
        ("number", {"number": "17.9"}, "number", "Mean age (years) cannot be below 18; got 17.9."),
        ("number", {"number": 66}, "number", "Mean age (years) cannot be above 65; got 66."),
        ("text", {"number": 3}, "text", "Setting needs a text."),
        ("choice", {"text": "High"}, "text", "Country income must be one of: high, middle, low; not “High”."),
        ("flag", {"text": "yes"}, "flag", "Blinded needs yes or no."),
        ("flag", {"flag": True, "text": "yes"}, NON_FIELD_ERRORS, "exactly one value"),
    ],
)
def test_value_of_the_wrong_type_is_refused(kind, value, field, says):
    with pytest.raises(ValidationError) as refused:
        answer(kind, **value)
    assert any(says in sentence for sentence in refused.value.message_dict[field])


def test_zero_is_a_number():
    assert make.make_characteristic(number=0).value == 0


def test_characteristic_reads_with_its_field_and_unit():
    assert str(answer("number", number=40)) == "Mean age (years): 40"
    assert str(answer("text", text="home")) == "Setting: home"


def test_choices_are_the_lines_that_say_something():
    field = make.make_characteristic_field(**FIELDS["choice"])
    assert field.choice_list == ["high", "middle", "low"]


def test_choice_field_without_choices_is_refused():
    with pytest.raises(ValidationError, match="needs its choices"):
        make.make_characteristic_field(kind="choice")
