"""Numbers come out of the database as they went in."""

from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.models import ArmResult, Characteristic, ContrastResult
from evidence.models.fields import trim
from tests import factories as make

pytestmark = pytest.mark.django_db

WHOLE_DIGITS, PLACES = 9, 6


@st.composite
def printed_numbers(draw) -> Decimal:
    """Give a decimal of up to 15 digits, up to 6 of them after the point."""
    places = draw(st.integers(0, PLACES))
    limit = 10 ** (WHOLE_DIGITS + places) - 1
    return Decimal(draw(st.integers(-limit, limit))).scaleb(-places)


@given(value=printed_numbers())
def test_trimmed_number_is_the_same_number(value):
    assert trim(value) == value
    assert "E" not in str(trim(value))
    assert str(trim(value)) in {str(value), str(value).rstrip("0").rstrip("."), "0"}


@settings(deadline=None)
@given(value=printed_numbers())
def test_number_comes_out_as_it_went_in(value):
    row = make.make_characteristic(number=value)
    assert str(Characteristic.objects.get(pk=row.pk).number) == str(trim(value))
    assert str(row.history.get().number) == str(trim(value))
    assert Characteristic.objects.filter(pk=row.pk, number=value).exists()


@settings(deadline=None)
@given(value=st.integers(0, 10**10).map(lambda digits: Decimal(digits).scaleb(-10)))
def test_p_value_comes_out_as_it_went_in(value):
    row = make.make_contrast_result(p_value=value)
    assert str(ContrastResult.objects.get(pk=row.pk).p_value) == str(trim(value))


@pytest.mark.parametrize(
    ("value", "text"), [("-0.0", "0"), ("100", "100"), ("1E+3", "1000"), ("2.50", "2.5"), ("0.000001", "0.000001")]
)
def test_trimmed_number_reads_as_printed(value, text):
    assert format(trim(Decimal(value)), "f") == text


def test_number_that_is_not_reported_is_none():
    row = make.make_arm_result(sd=None)
    assert ArmResult.objects.get(pk=row.pk).sd is None


@pytest.mark.parametrize("text", ["2,5", "about 3", "3.2 (1.1)", "NaN"])
def test_text_in_a_number_field_is_refused_with_a_sentence(text):
    row = make.make_arm_result(ci_lower=3, ci_upper=4)
    row.mean = text
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    (sentence,) = refused.value.message_dict["mean"]
    assert sentence in {
        f"“{text}” is not a number; write it with a decimal point, such as 2.5.",
        "Enter a number.",
    }


@pytest.mark.parametrize("text", ["2,5", "about 3", "NaN"])
def test_text_in_a_number_box_is_refused_with_a_sentence(text):
    form = forms.modelform_factory(ArmResult, fields=["sd"])({"sd": text})
    assert form.errors["sd"] == ["SD must be a number with a decimal point, such as 2.5."]


@pytest.mark.parametrize("value", ["1234567890", "0.1234567"])
def test_number_with_too_many_digits_is_refused(value):
    with pytest.raises(ValidationError) as refused:
        make.make_characteristic(number=Decimal(value))
    assert "number" in refused.value.message_dict
