"""Scales, SDs, SEs and intervals: what cannot be, what cannot be together, and what is left alone."""

from decimal import Decimal
from itertools import product
from math import sqrt
from statistics import NormalDist, mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.doubts.doubt import Doubt, Kind
from evidence.doubts.intervals import arm_off_centre, contrast_off_centre
from evidence.doubts.limits import off_scale, sd_too_large, widest_sd
from evidence.doubts.spreads import Usual, se_as_sd, spreads_disagree
from tests.evidence.doubts.rows import NRS, OPEN, arm, contrast, moment

CHANGE = moment(is_change=True)


def said(doubt: Doubt | None) -> str:
    assert doubt is not None
    return doubt.sentence


# Scales ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_widest_sd_is_that_of_all_samples_of_the_ends(n: int) -> None:
    # Bhatia & Davis: with this mean, no sample between 0 and 10 has a larger SD than one that stands at the ends.
    for sample in product((0.0, 10.0), repeat=n):
        most = widest_sd(low=0, high=10, n=n, mean=mean(sample))
        assert stdev(sample) == pytest.approx(most, abs=1e-9)
        # Popoviciu: without the mean, half of them at each end; odd numbers stay below.
        assert stdev(sample) <= widest_sd(low=0, high=10, n=n) + 1e-9


def test_sd_above_the_scale_is_named_with_its_limit() -> None:
    # sqrt((10 - 2) × (2 - 0) × 40 / 39) = 4.05; the printed mean may be as much as 2.05, which allows 4.09.
    doubt = sd_too_large(arm(n=40, mean="2.0", sd="4.5"))
    assert said(doubt) == "40 scores on NRS (0 to 10) with the mean 2 cannot have an SD above 4.09; 4.5 is entered."
    assert sd_too_large(arm(n=40, mean="2.0", sd="4.1")) is None
    assert said(sd_too_large(arm(n=36, sd="5.2"))) == (
        "36 scores on NRS (0 to 10) cannot have an SD above 5.07; 5.2 is entered."
    )


def test_sd_of_changes_has_twice_the_room() -> None:
    assert sd_too_large(arm(at=CHANGE, n=40, mean="-2.0", sd="9.5")) is None
    assert "changes on NRS" in said(sd_too_large(arm(at=CHANGE, n=40, mean="-2.0", sd="11")))


@given(st.lists(st.floats(0, 10), min_size=2, max_size=40), st.integers(0, 3))
def test_scores_on_the_scale_never_have_too_large_an_sd(scores: list[float], places: int) -> None:
    row = arm(n=len(scores), mean=f"{mean(scores):.{places}f}", sd=f"{stdev(scores):.{places}f}")
    assert sd_too_large(row) is None


def test_quartiles_and_changes_outside_the_scale_are_named() -> None:
    doubt = off_scale(arm(median="8", q1="7", q3="11", maximum="12"))
    assert said(doubt) == ("The third quartile 11 and the maximum 12 cannot be: scores on NRS lie between 0 and 10.")
    assert said(off_scale(arm(at=CHANGE, mean="-14"))) == (
        "The mean change −14 cannot be: changes on NRS lie between −10 and 10."
    )
    assert off_scale(arm(mean="3", q1="0", q3="10")) is None
    assert off_scale(arm(at=moment(OPEN), maximum="900")) is None


# SD, SE and interval --------------------------------------------------------------------------------------------------


def test_standard_error_among_sds_is_named() -> None:
    usual = Usual([Decimal(text) for text in ("0.31", "1.8", "2.0", "2.1", "2.4")])
    doubt = se_as_sd(arm(n=40, sd="0.31"), usual)
    assert said(doubt) == (
        "The SD 0.31 looks like a standard error: 4 other SDs of NRS are around 2.05, and 0.31 times the root of n = "
        "40 is 1.96."
    )
    assert se_as_sd(arm(n=40, sd="1.8"), usual) is None


def test_small_sd_that_the_root_of_n_does_not_explain_is_no_standard_error() -> None:
    usual = Usual([Decimal(text) for text in ("0.31", "1.8", "2.0", "2.1", "2.4")])
    assert se_as_sd(arm(n=400, sd="0.31"), usual) is None
    assert se_as_sd(arm(n=40, sd="0.31"), Usual([Decimal("0.31"), Decimal(2), Decimal(2)])) is None


@given(st.lists(st.decimals("0.1", "9", places=1), min_size=2, max_size=15))
def test_usual_sd_beside_one_is_the_median_of_the_others(values: list[Decimal]) -> None:
    ordered = sorted(values)
    for value in values:
        rest = list(ordered)
        rest.remove(value)
        middle = (rest[(len(rest) - 1) // 2] + rest[len(rest) // 2]) / 2
        assert Usual(ordered).beside(value) == (len(rest), pytest.approx(float(middle)))


def test_se_that_does_not_belong_to_the_sd_is_named() -> None:
    assert said(spreads_disagree(arm(n=49, mean="5", sd="2.1", se="0.9"))) == (
        "The SE 0.9 times the root of n = 49 is 6.3, but the SD is 2.1."
    )
    assert spreads_disagree(arm(n=49, mean="5", sd="2.1", se="0.3")) is None


def test_interval_that_does_not_belong_to_the_sd_is_named() -> None:
    # 2 × 1.96 × 0.3 is 1.18: the interval of SD 2.1 in 49 people is 4.4 to 5.6.
    doubt = spreads_disagree(arm(n=49, mean="5.0", sd="2.1", ci_lower="0.9", ci_upper="9.1"))
    assert said(doubt) == "The interval 0.9 to 9.1 with n = 49 belongs to an SD of about 14.6, but the SD is 2.1."
    assert spreads_disagree(arm(n=49, mean="5.0", sd="2.1", ci_lower="4.4", ci_upper="5.6")) is None


@given(st.lists(st.floats(-50, 50), min_size=5, max_size=60), st.integers(0, 3))
def test_numbers_of_one_sample_agree(scores: list[float], places: int) -> None:
    n, sd = len(scores), stdev(scores)
    if sd < 1:
        return
    se, middle = sd / sqrt(n), mean(scores)
    # Quantiles of t with 4 to 59 degrees of freedom lie between these two.
    for quantile in (NormalDist().inv_cdf(0.975), 1.96 * (1 + 2.1 / n)):
        ends = {"ci_lower": f"{middle - quantile * se:.{places}f}", "ci_upper": f"{middle + quantile * se:.{places}f}"}
        row = arm(n=n, mean=f"{middle:.{places}f}", sd=f"{sd:.{places}f}", se=f"{se:.{places}f}", **ends)
        assert spreads_disagree(row) is None
        assert arm_off_centre(row) is None


# Intervals ------------------------------------------------------------------------------------------------------------


def test_estimate_beside_the_middle_of_its_interval_is_named() -> None:
    doubt = contrast_off_centre(contrast(estimate="-1.8", ci_lower="-2.0", ci_upper="-0.4"))
    assert said(doubt) == (
        "The estimate −1.8 is not in the middle of its interval −2 to −0.4: it lies 75% of the way to one end. Is one "
        "of the three numbers another one?"
    )
    assert doubt is not None
    assert doubt.kind is Kind.OFF_CENTRE


@pytest.mark.parametrize(
    "row",
    [
        contrast(estimate="-1.2", ci_lower="-2.0", ci_upper="-0.4"),
        contrast(estimate="0.1", ci_lower="0", ci_upper="0.1"),  # rounding
        contrast(
            estimate="-3", ci_lower="-2.0", ci_upper="-0.4", is_printed_so=True
        ),  # asked about where it is entered
        contrast(measure="RR", estimate="2.0", ci_lower="1.0", ci_upper="4.0"),  # in the middle of its logarithms
        contrast(measure="RD", estimate="0.3", ci_lower="0.05", ci_upper="0.35"),  # need not be symmetrical
        contrast(measure="OR", estimate="0.02", ci_lower="0.00", ci_upper="0.4"),
    ],
)
def test_usual_intervals_are_left_alone(row: object) -> None:
    assert contrast_off_centre(row) is None  # type: ignore[arg-type]


def test_ratio_is_looked_at_on_the_log_scale() -> None:
    doubt = contrast_off_centre(contrast(measure="RR", estimate="3.6", ci_lower="1.0", ci_upper="4.0"))
    assert "on the log scale: it lies 84.8% of the way to one end" in said(doubt)


def test_instrument_without_ends_has_no_limits() -> None:
    assert sd_too_large(arm(at=moment(OPEN), n=20, mean="300", sd="900")) is None
    assert NRS.in_words == "NRS (0 to 10)"
