"""Effect sizes: worked examples, symmetry, zero cells and refusals."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import (
    EngineError,
    OutOfRange,
    RaggedLengths,
    UndefinedResult,
    UnknownOption,
    md,
    odds_ratio,
    rd,
    rr,
    small_sample_correction,
    smd,
)

ARMS = {"m1i": 10.0, "sd1i": 2.0, "n1i": 16, "m2i": 8.0, "sd2i": 3.0, "n2i": 9}
SIZES = st.integers(1, 500)


def test_md_is_the_difference_with_separate_variances() -> None:
    effects = md(**ARMS)

    assert (effects.yi.tolist(), effects.vi.tolist()) == ([2.0], [4 / 16 + 9 / 9])


def test_smd_is_hedges_g() -> None:
    effects = smd(**ARMS)

    pooled = math.sqrt((15 * 4 + 8 * 9) / 23)
    g = math.gamma(11.5) / (math.sqrt(11.5) * math.gamma(11.0)) * 2.0 / pooled
    assert effects.yi[0] == pytest.approx(g, rel=1e-14)
    assert effects.vi[0] == pytest.approx(1 / 16 + 1 / 9 + g**2 / 50, rel=1e-14)


def exact_correction(df: int) -> float:
    """Return J for whole degrees of freedom by its recurrence, in 40 decimal digits."""
    with localcontext() as context:
        context.prec = 40
        pi = Decimal("3.14159265358979323846264338327950288419716939937510")
        # gamma(m/2) / gamma((m - 1)/2) for m = 2 and m = 3; from m to m + 2 it grows by m / (m - 1).
        start = 2 + df % 2
        ratio = 1 / pi.sqrt() if start == 2 else pi.sqrt() / 2
        for m in range(start, df, 2):
            ratio *= Decimal(m) / (m - 1)
        return float(ratio / (Decimal(df) / 2).sqrt())


@pytest.mark.parametrize("df", [2, 3, 9, 10, 25, 100, 298, 299, 300, 301, 302, 1000, 9999, 100000])
def test_small_sample_correction_is_exact(df: int) -> None:
    # A few roundings of double precision.
    assert float(small_sample_correction(df)) == pytest.approx(exact_correction(df), rel=2e-15)


@pytest.mark.parametrize("df", [1.001, 5.5, 30.25])
def test_small_sample_correction_is_the_gamma_formula_between_whole_numbers(df: float) -> None:
    expected = math.gamma(df / 2) / (math.sqrt(df / 2) * math.gamma((df - 1) / 2))

    assert float(small_sample_correction(df)) == pytest.approx(expected, rel=1e-14)


def test_ratios_are_natural_logs_and_arm_one_is_experimental() -> None:
    table = {"ai": 10, "n1i": 100, "ci": 20, "n2i": 100}

    assert rr(**table).yi[0] == pytest.approx(math.log(0.5), rel=1e-15)
    assert rr(**table).vi[0] == pytest.approx(1 / 10 - 1 / 100 + 1 / 20 - 1 / 100, rel=1e-14)
    assert odds_ratio(**table).yi[0] == pytest.approx(math.log((10 / 90) / (20 / 80)), rel=1e-15)
    assert odds_ratio(**table).vi[0] == pytest.approx(1 / 10 + 1 / 90 + 1 / 20 + 1 / 80, rel=1e-15)
    assert rd(**table).yi[0] == pytest.approx(-0.1, rel=1e-15)
    assert rd(**table).vi[0] == pytest.approx(0.1 * 0.9 / 100 + 0.2 * 0.8 / 100, rel=1e-14)


def test_zero_cell_gets_half_in_its_study_only() -> None:
    effects = odds_ratio(ai=[0, 5], n1i=[10, 10], ci=[3, 4], n2i=[10, 10])

    assert effects.yi[0] == pytest.approx(math.log(0.5 * 7.5 / (10.5 * 3.5)), rel=1e-14)
    assert effects.yi[1] == pytest.approx(math.log(5 * 6 / (5 * 4)), rel=1e-14)


def test_drop00_leaves_out_double_zeros_and_says_which_remain() -> None:
    table = {"ai": [0, 5, 10], "n1i": [10, 10, 10], "ci": [0, 4, 8], "n2i": [10, 10, 8]}

    assert rr(**table).rows.tolist() == [0, 1, 2]
    assert rr(**table, drop00=True).rows.tolist() == [1]


@given(a=SIZES, b=SIZES, c=SIZES, d=SIZES)
def test_swapping_arms_turns_the_sign(a: int, b: int, c: int, d: int) -> None:
    for measure in (rr, odds_ratio, rd):
        there = measure(ai=a, n1i=a + b, ci=c, n2i=c + d)
        back = measure(ai=c, n1i=c + d, ci=a, n2i=a + b)
        assert there.yi[0] == pytest.approx(-back.yi[0], rel=1e-12, abs=1e-15)
        assert there.vi[0] == pytest.approx(back.vi[0], rel=1e-12)
        assert there.vi[0] > 0.0


@given(a=SIZES, b=SIZES, c=SIZES, d=SIZES)
def test_odds_ratio_of_non_events_is_the_inverse(a: int, b: int, c: int, d: int) -> None:
    events = odds_ratio(ai=a, n1i=a + b, ci=c, n2i=c + d)
    others = odds_ratio(ai=b, n1i=a + b, ci=d, n2i=c + d)

    assert events.yi[0] == pytest.approx(-others.yi[0], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("compute", "inputs", "error", "sentence"),
    [
        (md, ARMS | {"sd1i": -1.0}, OutOfRange, "sd1i must be at least 0, got -1 at index 0"),
        (md, ARMS | {"n2i": 0}, OutOfRange, "n2i must be above 0, got 0 at index 0"),
        (md, ARMS | {"sd1i": 0, "sd2i": 0}, UndefinedResult, "the variance of the mean difference is undefined"),
        (md, ARMS | {"m1i": [1, 2], "m2i": [1, 2, 3]}, RaggedLengths, "m2i has 3 value(s), but m1i has 2"),
        (
            smd,
            ARMS | {"sd1i": 0, "sd2i": 0},
            UndefinedResult,
            "the standardised mean difference is undefined at index 0",
        ),
        (smd, ARMS | {"n1i": 2, "n2i": 1}, UndefinedResult, "the standardised mean difference is undefined at index 0"),
        (smd, ARMS | {"n1i": 0.5}, OutOfRange, "n1i must be at least 1, got 0.5 at index 0"),
        (
            rr,
            {"ai": [1, 11], "n1i": 10, "ci": 1, "n2i": 10},
            OutOfRange,
            "ai must be at most n1i, got 11 at index 1",
        ),
        (rr, {"ai": 1, "n1i": 10, "ci": -1, "n2i": 10}, OutOfRange, "ci must be at least 0, got -1 at index 0"),
        (
            rr,
            {"ai": [1, 0], "n1i": 10, "ci": 1, "n2i": 10, "to": "none"},
            UndefinedResult,
            "the log risk ratio is undefined at index 1: an arm has no events",
        ),
        (
            odds_ratio,
            {"ai": 10, "n1i": 10, "ci": 1, "n2i": 10, "add": 0},
            UndefinedResult,
            "the log odds ratio is undefined at index 0: a cell of the two-by-two table is 0",
        ),
        (
            rd,
            {"ai": 0, "n1i": 10, "ci": 10, "n2i": 10, "to": "none"},
            UndefinedResult,
            "the variance of the risk difference is undefined at index 0",
        ),
        (rd, {"ai": 1, "n1i": 10, "ci": 1, "n2i": 10, "to": "some"}, UnknownOption, 'to must be one of "only0", "all"'),
        (rd, {"ai": 1, "n1i": 10, "ci": 1, "n2i": 10, "add": -1}, OutOfRange, "add must be at least 0, got -1"),
    ],
)
def test_bad_arms_are_refused_in_a_sentence(
    compute: object, inputs: dict, error: type[EngineError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        compute(**inputs)  # type: ignore[operator]

    assert str(caught.value).startswith(sentence)


def test_effects_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        md(**ARMS).yi[0] = 1.0


def test_no_studies_give_no_effects() -> None:
    empty: list[float] = []

    effects = rr(ai=empty, n1i=empty, ci=empty, n2i=empty)

    assert (effects.yi.size, effects.vi.size, effects.rows.size) == (0, 0, 0)


def test_smd_estimates_the_truth_without_bias() -> None:
    random = np.random.default_rng(5)
    one, two = random.normal(0.8, 1.0, (20000, 5)), random.normal(0.0, 1.0, (20000, 6))
    one_sd, two_sd = one.std(axis=1, ddof=1), two.std(axis=1, ddof=1)

    effects = smd(m1i=one.mean(1), sd1i=one_sd, n1i=5, m2i=two.mean(1), sd2i=two_sd, n2i=6)

    # Four standard errors of the mean of 20000 draws; without J it would be 0.07 too large.
    assert effects.yi.mean() == pytest.approx(0.8, abs=4 * effects.yi.std() / math.sqrt(20000))
