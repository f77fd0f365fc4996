"""Numbers in templates: rounding, percent and exp() happen here and nowhere else."""

from math import log

import pytest

from analysis.templatetags import numbers


@pytest.mark.parametrize(
    ("value", "said"), [(-1.0749, "−1.07"), (0, "0.00"), (-0.001, "0.00"), (None, "–"), (True, "–"), ("x", "–")]
)
def test_fixed_has_two_decimals_and_a_typographic_minus(value: object, said: str) -> None:
    assert numbers.fixed(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0.0004, "<0.001"), (0.001, "0.001"), (0.0598, "0.060"), (1.0, ">0.999"), (None, "–")],
)
def test_p_value_is_never_zero_or_one(value: object, said: str) -> None:
    assert numbers.p_value(value) == said


def test_p_equals_has_its_relation() -> None:
    assert numbers.p_equals(0.0000001) == "p < 0.001"
    assert numbers.p_equals(0.05) == "p = 0.050"


def test_percent_is_made_of_a_fraction() -> None:
    assert numbers.as_percent(0.8122) == "81.2%"
    assert numbers.level_percent(0.95) == "95%"
    assert numbers.level_percent(0.999) == "99.9%"


def test_ratio_leaves_the_log_scale_only_where_it_is_one() -> None:
    assert numbers.shown(log(0.5), True) == "0.50"
    assert numbers.shown(log(0.5), False) == "−0.69"


def test_interval_and_estimate_are_on_the_scale_of_the_measure() -> None:
    row = {"estimate": log(2), "ci_lower": log(1.25), "ci_upper": log(3.2)}
    assert numbers.interval(row, True) == "1.25 to 3.20"
    assert numbers.estimate(row, True) == "2.00 [1.25, 3.20]"
    assert numbers.estimate({"estimate": None}) == "–"
    assert numbers.interval({}) == "–"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("i2_share", 0.5, "50.0%"),
        ("participants_count", 447, "447"),
        ("k", 2, "2"),
        ("ci_lower_without_high_risk", log(2), "2.00"),
        ("p_value", 0.0001, "<0.001"),
        ("ci_upper_to_lower_ratio", 3.0, "3.00"),
        ("estimate", log(2), "2.00"),
        ("optimal_information_size_rule", "two_groups", "two groups"),
    ],
)
def test_grade_number_is_on_the_scale_that_its_name_tells(name: str, value: object, said: str) -> None:
    assert numbers.grade_number(name, value, True) == said


def test_grade_name_leaves_out_what_the_number_shows() -> None:
    names = ("participants_count", "i2_ci_lower_share", "high_risk_share")
    assert [numbers.grade_name(name) for name in names] == ["participants", "I² CI lower", "high risk share"]


@pytest.mark.parametrize(
    ("printed", "value", "is_ratio", "said"),
    [
        ("−1.07", -1.0749, False, "same"),
        ("-1.07", -1.08, False, "differs"),
        ("71%", 0.712, False, "same"),
        ("0.50", log(0.5), True, "same"),
        ("11", 11, False, "same"),
        ("very low", "very_low", False, "same"),
        ("about one", 1.0, False, ""),
        ("1.0", None, False, ""),
    ],
)
def test_agreement_rounds_as_printed(printed: str, value: object, is_ratio: bool, said: str) -> None:
    assert numbers.agreement(printed, value, is_ratio) == said


def test_plain_and_words_are_for_readers() -> None:
    assert numbers.plain([1, -2.34567]) == "1, −2.346"
    assert numbers.plain({"is_on": True}) == "is on: yes"
    assert numbers.heading("tau2_method") == "τ² method"
    assert numbers.heading("level") == "Level"
