"""Printed numbers stand for every number that is rounded to them."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims import Claim, Quantity, read_printed
from analysis.claims.interval import Interval


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("-0.42", -0.42, 0.01),
        ("−0.280", -0.28, 0.001),
        (".001", 0.001, 0.001),
        ("0,45", 0.45, 0.01),
        ("0,045", 0.045, 0.001),
        ("1,608", 1608, 1),
        ("10 084", 10084, 1),
        ("12'345.6", 12345.6, 0.1),
        ("1·25", 1.25, 0.01),
        ("2.5 × 10^-4", 0.00025, 0.00001),
        ("5.7×10⁻⁶", 5.7e-6, 1e-7),
        ("5.7 x 10^(−6)", 5.7e-6, 1e-7),
        ("5.7e-06", 5.7e-6, 1e-7),
        ("73²", 73, 1),
        ("10²", 10, 1),
        ("-0.00", 0.0, 0.01),
        ("12, 13", 12, 1),
        ("73 %", 73, 1),
    ],
)
def test_number_has_its_value_and_its_last_digit(text, number, unit):
    printed = read_printed(text)
    assert printed is not None
    assert printed.number == pytest.approx(number)
    assert printed.unit == pytest.approx(unit)


def test_bound_is_open_to_one_side():
    assert Claim("p", Quantity.P_VALUE, "< .001").interval == Interval(0.0, 0.001)
    assert Claim("p", Quantity.P_VALUE, ">.05").interval == Interval(0.05, 1.0)
    assert read_printed("no number") is None


def test_count_is_not_rounded_and_about_is_wider():
    assert Claim("k", Quantity.K, "32").interval == Interval(32.0, 32.0)
    assert Claim("p", Quantity.PERCENT, "almost 75").interval == Interval(74.0, 76.0)


def test_share_without_a_sign_has_two_readings():
    assert len(Claim("i", Quantity.I2, "0.73").shares()) == 2
    assert len(Claim("i", Quantity.I2, "73", unit="%").shares()) == 1


@given(
    st.decimals(min_value=-10000, max_value=10000, places=6),
    st.integers(0, 4),
    st.sampled_from([ROUND_HALF_EVEN, ROUND_HALF_UP]),
)
def test_interval_holds_what_was_rounded(value, decimals, rounding):
    rounded = value.quantize(Decimal(1).scaleb(-decimals), rounding=rounding)
    printed = read_printed(format(rounded, "f"))
    assert printed is not None
    assert printed.interval.meets(Interval(float(value), float(value)))


@given(*[st.floats(-100, 100).map(lambda one: round(one, 3)) for _ in range(4)])
def test_arithmetic_loses_no_value(a, b, c, d):
    one, two = Interval(min(a, b), max(a, b)), Interval(min(c, d), max(c, d))
    for x in (one.low, one.high, (one.low + one.high) / 2):
        for y in (two.low, two.high, (two.low + two.high) / 2):
            for result, exact in ((one + two, x + y), (one - two, x - y), (one * two, x * y)):
                assert result.meets(Interval(exact, exact))
            if two.low > 0 or two.high < 0:
                assert (one / two).meets(Interval(x / y, x / y))
