"""Arms against each other, words against numbers, and studies against each other."""

from decimal import Decimal
from math import sqrt

import pytest
from scipy import stats

from evidence.doubts import ArmSize
from evidence.doubts.doubt import Doubt
from evidence.doubts.groups import (
    arms_swapped,
    baseline,
    large_contrast,
    large_effect,
    n_above_randomised,
    p_of_difference,
)
from evidence.doubts.repeats import repeated
from evidence.doubts.statements import text_disagrees
from tests.evidence.doubts.rows import OPEN, arm, contrast, moment, study

START = moment(week=0)


def said(doubt: Doubt | None) -> str:
    assert doubt is not None
    return doubt.sentence


def test_more_analysed_than_randomised_is_named() -> None:
    size = ArmSize(2, "usual care", 36)
    assert said(n_above_randomised(38, size)) == (
        "38 are analysed in arm 2 (usual care), but 36 were randomised to it."
    )
    assert n_above_randomised(36, size) is None
    assert n_above_randomised(38, ArmSize(2, "usual care")) is None


# Baseline -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [6, 10, 25, 80])
@pytest.mark.parametrize("mean", ["0.5000", "1.5000", "3.0000"])
def test_p_value_is_that_of_welch(n: int, mean: str) -> None:
    first = arm(1, START, n=n, mean="0.0000", sd="2.00000")
    second = arm(2, START, n=n + 3, mean=mean, sd="1.50000")
    exact = stats.ttest_ind_from_stats(0, 2.0, n, float(mean), 1.5, n + 3, equal_var=False).pvalue
    # Wallace's deviate is within 0.01 of the exact one, and printed digits may hide a little.
    assert p_of_difference(first, second) == pytest.approx(exact, rel=0.05, abs=1e-6)


def test_baseline_beyond_chance_is_named_with_the_number_of_comparisons() -> None:
    first, second = arm(1, START, n=40, mean="7.2", sd="1.5"), arm(2, START, n=40, mean="4.6", sd="1.5")
    assert said(baseline(first, second, comparisons=84)) == (
        "Before treatment arm 1 and arm 2 differ by 1.73 SDs (means 7.2 and 4.6, p below 0.0001). In 84 baseline "
        "comparisons of this review, chance gives a p below 0.000595 in 5 of 100 reviews."
    )


def test_baseline_that_one_study_alone_would_doubt_is_chance_among_many() -> None:
    first, second = arm(1, START, n=40, mean="6.0", sd="1.5"), arm(2, START, n=40, mean="5.1", sd="1.5")
    assert baseline(first, second, comparisons=1) is not None
    assert baseline(first, second, comparisons=84) is None


def test_rounding_makes_no_difference_at_baseline() -> None:
    first, second = arm(1, START, n=400, mean="6", sd="1"), arm(2, START, n=400, mean="5", sd="1")
    assert p_of_difference(first, second) == 1.0


# Effects --------------------------------------------------------------------------------------------------------------


def test_effect_above_three_sds_is_named() -> None:
    first, second = arm(1, n=40, mean="2.1", sd="0.3"), arm(2, n=40, mean="4.0", sd="0.3")
    assert said(large_effect(first, second)) == (
        "arm 1 and arm 2 are 6.33 SDs apart (means 2.1 and 4, SDs 0.3 and 0.3). Are these SDs?"
    )
    assert large_effect(arm(1, n=40, mean="2.1", sd="1.9"), arm(2, n=40, mean="4.0", sd="1.9")) is None
    assert said(large_contrast(contrast(measure="SMD", estimate="-3.4"))) == (
        "The standardised mean difference −3.4 is larger than 3 SDs."
    )
    assert large_contrast(contrast(measure="MD", estimate="-3.4")) is None


def test_difference_with_the_sign_turned_is_named() -> None:
    first, second = arm(1, mean="2.1"), arm(2, mean="4.0")
    assert said(arms_swapped(contrast(estimate="1.8"), first, second)) == (
        "The mean difference 1.8 has the other sign than the means 2.1 (arm 1) and 4 (arm 2). Are the arms swapped, or "
        "is a positive number better?"
    )
    assert arms_swapped(contrast(estimate="-1.8"), first, second) is None


@pytest.mark.parametrize(
    "row",
    [
        contrast(estimate="1.8", sign="benefit"),  # less pain is better: 4.0 - 2.1
        contrast(estimate="1.8", sign="not_stated"),
        contrast(estimate="0.9"),  # another size: adjusted for something
        contrast(measure="SMD", estimate="1.8"),
    ],
)
def test_differences_that_can_be_right_are_left_alone(row: object) -> None:
    assert arms_swapped(row, arm(1, mean="2.1"), arm(2, mean="4.0")) is None  # type: ignore[arg-type]


def test_sign_of_improvement_is_understood() -> None:
    better, less = (
        arm(1, moment(is_change=True), mean="3.0", sign="benefit"),
        arm(2, moment(is_change=True), mean="1.0", sign="benefit"),
    )
    # As the scale runs, pain changes by -3 and -1.
    assert arms_swapped(contrast(estimate="-2.0", at=moment(is_change=True)), better, less) is None
    assert arms_swapped(contrast(estimate="2.0", at=moment(is_change=True)), better, less) is not None
    further = contrast(estimate="2.0", at=moment(OPEN), sign="benefit")
    assert arms_swapped(further, arm(1, moment(OPEN), mean="5"), arm(2, moment(OPEN), mean="3")) is None


def test_means_that_rounding_cannot_tell_apart_are_not_swapped() -> None:
    assert arms_swapped(contrast(estimate="0.1"), arm(1, mean="2.1"), arm(2, mean="2.2")) is None


# Words ----------------------------------------------------------------------------------------------------------------

EXCLUDES = {"estimate": "-1.2", "ci_lower": "-2.0", "ci_upper": "-0.4"}
INCLUDES = {"estimate": "-0.4", "ci_lower": "-1.2", "ci_upper": "0.4"}


def test_interval_and_p_value_that_disagree_are_named() -> None:
    assert said(text_disagrees(contrast(**INCLUDES, p_value="0.01"))) == (
        "The interval −1.2 to 0.4 includes no difference, but p = 0.01 is printed."
    )
    assert said(text_disagrees(contrast(**EXCLUDES, p_value="0.3"))) == (
        "The interval −2 to −0.4 excludes no difference, but p = 0.3 is printed."
    )
    assert text_disagrees(contrast(**EXCLUDES, p_value="0.003")) is None
    assert text_disagrees(contrast(**INCLUDES, p_value="0.05", p_relation=">")) is None


@pytest.mark.parametrize(
    "quote",
    [
        "There was no significant difference between the groups at 12 weeks.",
        "The groups did not differ significantly.",
        "No statistically significant differences were found (Table 2).",
        "The difference was non-significant.",
        "There were no differences between groups.",
    ],
)
def test_quote_of_no_difference_beside_an_interval_that_shows_one_is_named(quote: str) -> None:
    assert said(text_disagrees(contrast(**EXCLUDES, quote=quote))) == (
        "The words quoted speak of no significant difference, but the interval −2 to −0.4 speaks for one."
    )
    assert text_disagrees(contrast(**INCLUDES, quote=quote)) is None


def test_quote_of_a_difference_beside_numbers_that_show_none_is_named() -> None:
    quote = "Pain was significantly lower after exercise."
    assert said(text_disagrees(contrast(**INCLUDES, quote=quote))) == (
        "The words quoted speak of a significant difference, but the interval −1.2 to 0.4 does not show one."
    )
    assert said(text_disagrees(contrast(estimate="1", p_value="0.4", quote=quote))) == (
        "The words quoted speak of a significant difference, but p = 0.4 does not show one."
    )


@pytest.mark.parametrize(
    "row",
    [
        contrast(**EXCLUDES, quote="Pain differed significantly, but disability showed no significant difference."),
        contrast(**EXCLUDES, quote="The difference was not clinically significant."),
        contrast(**EXCLUDES, quote="Mean difference −1.2 (95% CI −2.0 to −0.4)"),
        contrast(estimate="-0.4", ci_lower="-0.8", ci_upper="0.0", p_value="0.04"),  # touches no difference
        contrast(measure="other", estimate="0.4", ci_lower="-0.8", ci_upper="0.9", p_value="0.04"),
        contrast(**INCLUDES, p_value="0.04", ci_level="0.99"),
        contrast(**INCLUDES, p_value="0.1", p_relation="<"),
        contrast(measure="RR", estimate="0.5", ci_lower="0.3", ci_upper="0.9", p_value="0.01"),
    ],
)
def test_words_that_are_not_clear_are_left_alone(row: object) -> None:
    assert text_disagrees(row) is None  # type: ignore[arg-type]


# Other studies --------------------------------------------------------------------------------------------------------


def test_numbers_of_another_study_are_named() -> None:
    one = study("Abe_2010", arm(1, n=38, mean="23.61", sd="11.27"))
    other = study("Ito_2012", arm(2, n=38, mean="23.61", sd="11.27"))
    sentences = [doubt.sentence for _, _, doubt in repeated([one, other])]
    assert sentences == [
        "n = 38, mean 23.61 and SD 11.27 also stand in Ito 2012 (arm 2, NRS, week 12). Are these the same people, or "
        "was a row copied?",
        "n = 38, mean 23.61 and SD 11.27 also stand in Abe 2010 (arm 1, NRS, week 12). Are these the same people, or "
        "was a row copied?",
    ]


def test_short_numbers_are_asked_about_only_where_two_rows_are_the_same() -> None:
    rows = arm(1, n=20, mean="5.2", sd="2.1", key="a"), arm(2, n=21, mean="6.1", sd="1.9", key="b")
    assert list(repeated([study("Abe_2010", rows[0]), study("Ito_2012", rows[0])])) == []
    assert len(list(repeated([study("Abe_2010", *rows), study("Ito_2012", *rows)]))) == 4


def test_companion_reports_share_their_numbers() -> None:
    row = arm(1, n=38, mean="23.61", sd="11.27")
    companions = [study("Abe_2010", row, family="Abe"), study("Abe_2012", row, family="Abe")]
    assert list(repeated(companions)) == []


def test_wallace_is_close_where_the_sample_is_small() -> None:
    first, second = arm(1, START, n=5, mean="0.0000", sd="1.00000"), arm(2, START, n=5, mean="2.0000", sd="1.00000")
    exact = 2 * stats.t.sf(2.0 / sqrt(0.4), 8)
    assert p_of_difference(first, second) == pytest.approx(exact, rel=0.05)
    assert Decimal("0.01") < Decimal(str(exact)) < Decimal("0.02")
