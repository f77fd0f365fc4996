"""Numbers and ticks as readers see them."""

from math import log

import pytest

from analysis.figures.axis import Axis, linear_ticks
from analysis.figures.forest import decimals_of_ticks, short_ratio
from analysis.figures.metrics import shorten, width_of
from analysis.figures.text import axis_words, decimals_for, number, percent, ratio


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [(-1.5, 1, "−1.5"), (-0.001, 2, "0.00"), (12.345, 2, "12.35"), (3.0, 0, "3"), (2.5e9, 2, "2.50e9")],
)
def test_numbers_are_shown_for_readers(value, decimals, shown):
    assert number(value, decimals=decimals) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0, "1.00"), (log(0.49), "0.49"), (log(0.086), "0.086"), (log(12.34), "12.3"), (log(250), "250")],
)
def test_ratios_are_shown_from_logs(value, shown):
    assert ratio(value) == shown


@pytest.mark.parametrize(("value", "shown"), [(-800.0, "<0.001"), (800.0, ">1000"), (log(0.0009), "<0.001")])
def test_ratios_far_out_are_shown_as_bounds(value, shown):
    assert ratio(value) == shown


def test_percentages_have_one_decimal():
    assert percent(0.1234) == "12.3%"


@pytest.mark.parametrize(("span", "decimals"), [(40.0, 2), (500.0, 1), (2.0, 2), (0.2, 3), (0.02, 4), (0.0, 2)])
def test_decimals_follow_the_span(span, decimals):
    assert decimals_for(span) == decimals


def test_linear_ticks_are_round_and_inside():
    assert linear_ticks(-33.0, 18.0) == [-30.0, -20.0, -10.0, 0.0, 10.0]
    assert linear_ticks(-0.9, 0.7) == pytest.approx([-0.5, 0.0, 0.5])


@pytest.mark.parametrize(
    ("lower", "upper", "shown"),
    [
        (0.08, 8.0, ["0.1", "0.2", "0.5", "1", "2", "5"]),
        (0.5, 3.4, ["0.5", "0.7", "1", "1.5", "2", "3"]),
        (0.98, 1.03, ["0.98", "0.99", "1", "1.01", "1.02", "1.03"]),
        (1e-9, 1e9, ["1e-09", "1e-06", "0.001", "1", "1000", "1e+06", "1e+09"]),
    ],
)
def test_ratio_ticks_are_round_ratios(lower, upper, shown):
    axis = Axis(lower=log(lower) - 1e-12, upper=log(upper) + 1e-12, left=0.0, right=100.0, is_ratio=True)

    assert [short_ratio(tick) for tick in axis.ticks()] == shown


def test_ticks_keep_their_decimals():
    assert decimals_of_ticks([-0.5, 0.0, 0.5]) == 1
    assert decimals_of_ticks([0.0, 10.0]) == 0
    assert decimals_of_ticks([0.0, 0.025, 0.05]) == 3


def test_axis_places_numbers_and_keeps_those_outside_at_its_ends():
    axis = Axis(lower=-10.0, upper=10.0, left=100.0, right=300.0, is_ratio=False)

    assert [axis.place(value) for value in (-10.0, 0.0, 10.0, 99.0)] == [100.0, 200.0, 300.0, 300.0]


def test_shortened_text_fits():
    text = "W" * 200

    assert width_of(shorten(text, width=100.0, size=13.0), 13.0) <= 100.0
    assert shorten("short", width=100.0, size=13.0) == "short"


def test_wide_characters_count_double():
    assert width_of("在", 10.0) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("Mean difference (points (0-10))", "Mean difference, points (0-10)"),
        ("Mean difference (points)", "Mean difference (points)"),
        ("Odds ratio", "Odds ratio"),
        ("Weeks (mean) of treatment (all)", "Weeks (mean) of treatment (all)"),
    ],
)
def test_an_axis_has_no_brackets_in_brackets(label, shown):
    assert axis_words(label) == shown
