"""Contradictions between printed numbers: what is asked about, and what rounding explains."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.plausibility import (
    half_unit,
    interval_contradictions,
    order_contradictions,
    plain,
    scale_contradictions,
)

NUMBERS = st.integers(-(10**6), 10**6).map(lambda value: Decimal(value).scaleb(-2))


def contradictions(estimate: str, ci_lower: str, ci_upper: str) -> list[str]:
    return interval_contradictions(Decimal(estimate), Decimal(ci_lower), Decimal(ci_upper), name="The estimate")


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        (
            ("1.07", "-2.08", "-0.07"),
            "The estimate 1.07 lies outside its own confidence interval −2.08 to −0.07; −1.07 would lie inside.",
        ),
        (
            ("3.5", "-7.3", "0.3"),
            "The estimate 3.5 lies outside its own confidence interval −7.3 to 0.3; −3.5 would lie inside.",
        ),
        (("5", "-2", "1"), "The estimate 5 lies outside its own confidence interval −2 to 1."),
        (
            ("0.05", "-0.9", "0.8"),
            "The estimate 0.05 and the middle of its confidence interval −0.9 to 0.8 have opposite signs.",
        ),
    ],
)
def test_contradiction_is_named_with_its_numbers(numbers, sentence):
    assert contradictions(*numbers) == [sentence]


@pytest.mark.parametrize(
    "numbers",
    [
        ("-1.0", "-2.09", "-0.01"),
        ("-1.9", "-3.9", "-0.5"),
        ("0.0", "-1.55", "1.56"),
        ("0.1", "-1", "0.9"),
        ("-0.1", "-0.6", "0.6"),
        ("2", "2", "2"),
    ],
)
def test_interval_that_rounding_explains_is_no_contradiction(numbers):
    assert contradictions(*numbers) == []


def test_interval_that_falls_is_left_to_its_own_constraint():
    assert contradictions("0", "1", "-1") == []


@pytest.mark.parametrize("missing", range(3))
def test_missing_number_contradicts_nothing(missing):
    numbers = [Decimal(9), Decimal(0), Decimal(1)]
    numbers[missing] = None
    assert interval_contradictions(*numbers, name="The mean") == []


@given(NUMBERS, NUMBERS, NUMBERS)
def test_contradiction_is_the_same_with_all_signs_turned(estimate, first, second):
    low, high = sorted((first, second))
    as_printed = interval_contradictions(estimate, low, high, name="It")
    turned = interval_contradictions(-estimate, -high, -low, name="It")
    assert len(as_printed) == len(turned)


@given(NUMBERS, st.integers(0, 10**6))
def test_middle_of_an_interval_never_contradicts_it(estimate, reach):
    half = Decimal(reach).scaleb(-2)
    assert interval_contradictions(estimate, estimate - half, estimate + half, name="It") == []


@given(st.integers(-(10**4), 10**4), st.integers(0, 10**4), st.integers(0, 2))
def test_rounding_a_symmetric_interval_never_contradicts_it(middle, reach, places):
    unit = Decimal(1).scaleb(-places)
    exact = (Decimal(middle).scaleb(-3), Decimal(middle - reach).scaleb(-3), Decimal(middle + reach).scaleb(-3))
    estimate, low, high = (number.quantize(unit) for number in exact)
    assert interval_contradictions(estimate, low, high, name="It") == []


@pytest.mark.parametrize(
    ("value", "half"), [("3", "0.5"), ("20", "0.5"), ("3.5", "0.05"), ("0.05", "0.005"), ("-1.25", "0.005")]
)
def test_half_unit_is_half_of_the_last_printed_digit(value, half):
    assert half_unit(Decimal(value)) == Decimal(half)


def test_order_is_asked_about_where_it_falls():
    values = [Decimal(1), None, Decimal("4.5"), Decimal(3), Decimal(9)]
    names = ("minimum", "first quartile", "median", "third quartile", "maximum")
    assert order_contradictions(values, names) == ["The median 4.5 is above the third quartile 3."]


def test_order_that_rises_or_rests_is_no_contradiction():
    assert order_contradictions([Decimal(0), Decimal(0), None, Decimal(2)], ("a", "b", "c", "d")) == []


@pytest.mark.parametrize(("value", "is_outside"), [("-0.1", True), ("0", False), ("10", False), ("10.1", True)])
def test_score_outside_the_scale_is_named(value, is_outside):
    found = scale_contradictions(Decimal(value), Decimal(0), Decimal(10), name="The mean")
    assert bool(found) is is_outside
    assert all(f"The mean {plain(Decimal(value))} lies outside the scale" in sentence for sentence in found)


def test_scale_without_a_range_contradicts_nothing():
    assert scale_contradictions(Decimal(99), None, Decimal(10), name="The mean") == []


@pytest.mark.parametrize(
    ("value", "text"), [("1E+2", "100"), ("-2.50", "−2.5"), ("-0", "0"), ("0.000001", "0.000001"), ("10", "10")]
)
def test_plain_number_reads_as_people_write_it(value, text):
    assert plain(Decimal(value)) == text
