"""Combinations of choices, and the share of variance that each choice explains."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine.errors import InvalidInput, RaggedLengths
from analysis.engine.multiverse import explain_variance, list_combinations

SIZES = st.lists(st.integers(min_value=1, max_value=4), min_size=1, max_size=4)

# R 4.2.2: h <- as.data.frame(HairEyeColor); h <- h[order(h$Hair, h$Eye, h$Sex), ]; a <- anova(lm(Freq ~ Hair*Eye*Sex,
# h)); a$"Sum Sq" / sum(a$"Sum Sq"): Hair, Eye, Sex, Hair:Eye, Hair:Sex, Eye:Sex, Hair:Eye:Sex
COUNTS = [
    32,
    36,
    11,
    9,
    10,
    5,
    3,
    2,
    53,
    66,
    50,
    34,
    25,
    29,
    15,
    14,
    10,
    16,
    10,
    7,
    7,
    7,
    7,
    7,
    3,
    4,
    30,
    64,
    5,
    5,
    8,
    8,
]
HAIR, EYE, SEX = 0.327331329972858, 0.239361186506398, 0.00350184179914696
HAIR_EYE, HAIR_SEX, EYE_SEX, ALL = 0.351395889879798, 0.0116445327646375, 0.00558598293912369, 0.061179236138038


def test_combinations_are_all_in_order_with_the_last_choice_fastest() -> None:
    found = list_combinations([2, 1, 3], most=6, seed=1)
    assert found.codes.tolist() == [list(codes) for codes in product(range(2), range(1), range(3))]
    assert (found.total, found.is_complete, found.sizes) == (6, True, (2, 1, 3))


def test_combinations_of_no_choice_are_one() -> None:
    found = list_combinations([], most=10, seed=1)
    assert found.codes.shape == (1, 0)
    assert (found.total, found.is_complete) == (1, True)


def test_sample_is_without_replacement_in_order_and_by_its_seed() -> None:
    found, again, other = (list_combinations([7, 11, 13], most=200, seed=seed) for seed in (1, 1, 2))
    assert (found.total, found.is_complete, found.codes.shape) == (1001, False, (200, 3))
    rows = [tuple(row) for row in found.codes.tolist()]
    assert rows == sorted(set(rows))
    assert np.array_equal(found.codes, again.codes)
    assert not np.array_equal(found.codes, other.codes)
    assert (found.codes < [7, 11, 13]).all()


def test_sample_of_very_many_combinations_lists_only_itself() -> None:
    found = list_combinations([1000] * 6, most=5, seed=3)
    assert (found.total, found.codes.shape) == (10**18, (5, 6))


def test_sample_takes_every_option_about_equally_often() -> None:
    codes = list_combinations([10, 1000, 10], most=20_000, seed=5).codes
    counts = np.bincount(codes[:, 0], minlength=10)
    assert abs(counts - 2_000).max() < 5 * np.sqrt(2_000 * 0.9)  # five standard errors of a binomial count


@pytest.mark.parametrize(
    ("sizes", "most", "sentence"),
    [
        ([2, 0], 5, "sizes must be at least 1, got 0"),
        ([2], 0, "most must be at least 1, got 0"),
        ([10] * 19, 5, "can be numbered"),
    ],
)
def test_combinations_refuse_what_cannot_be_listed(sizes: list[int], most: int, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        list_combinations(sizes, most=most, seed=1)


def test_shares_equal_those_of_an_analysis_of_variance_in_r() -> None:
    shares = explain_variance(COUNTS, list_combinations([4, 4, 2], most=32, seed=1))
    assert shares is not None
    assert shares.total is not None
    # R prints 15 digits
    assert shares.main == pytest.approx([HAIR, EYE, SEX], abs=1e-13)
    total = [HAIR + HAIR_EYE + HAIR_SEX + ALL, EYE + HAIR_EYE + EYE_SEX + ALL, SEX + HAIR_SEX + EYE_SEX + ALL]
    assert shares.total == pytest.approx(total, abs=1e-13)


@given(SIZES, st.integers(min_value=0, max_value=2**32 - 1))
def test_main_shares_of_a_factorial_are_at_most_the_total_ones_and_add_up_to_one_at_most(
    sizes: list[int], seed: int
) -> None:
    combinations = list_combinations(sizes, most=256, seed=1)
    shares = explain_variance(np.random.default_rng(seed).normal(size=prod(sizes)), combinations)
    if prod(sizes) == 1:
        assert shares is None
        return
    assert shares is not None
    assert shares.total is not None
    rounding = 1e-9  # sums of at most 256 numbers, far below any share that means something
    assert shares.main.sum() <= 1.0 + rounding
    assert shares.total.sum() >= 1.0 - rounding
    assert (shares.main <= shares.total + rounding).all()


@given(SIZES, st.integers(min_value=0, max_value=2**32 - 1))
def test_shares_of_a_sum_of_effects_are_the_variances_of_its_parts(sizes: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    effects = [random.normal(size=size) for size in sizes]
    combinations = list_combinations(sizes, most=256, seed=1)
    values = sum(effect[combinations.codes[:, place]] for place, effect in enumerate(effects))
    variances = np.array([np.var(effect) for effect in effects])
    if variances.sum() < 1e-6:
        return
    shares = explain_variance(values, combinations)
    assert shares is not None
    assert shares.total is not None
    # without interactions both are the same; the sums lose digits where one part is small beside its mean
    assert shares.main == pytest.approx(variances / variances.sum(), abs=1e-9)
    assert shares.total == pytest.approx(variances / variances.sum(), abs=1e-9)


def test_shares_do_not_depend_on_origin_and_unit() -> None:
    combinations = list_combinations([4, 4, 2], most=32, seed=1)
    one, other = (explain_variance(values, combinations) for values in (COUNTS, 5.0 - 0.01 * np.array(COUNTS)))
    assert one is not None
    assert other is not None
    assert other.main == pytest.approx(one.main, abs=1e-12)  # the same sums with other rounding


def test_undefined_values_are_left_out_and_leave_no_total_share() -> None:
    values = [1.0, 1.0, np.nan, 3.0, np.nan, np.nan]
    shares = explain_variance(values, list_combinations([2, 3], most=6, seed=1))
    assert shares is not None
    assert shares.total is None
    # first choice: means 1 (twice) and 3 (once), which is all; second: 2 (twice) and 1 (once); the mean is 5/3
    assert shares.main == pytest.approx([1.0, (2 * (1 / 3) ** 2 + (2 / 3) ** 2) / (8 / 3)], abs=1e-15)


def test_sample_has_no_total_share() -> None:
    shares = explain_variance(np.arange(10.0), list_combinations([4, 5], most=10, seed=1))
    assert shares is not None
    assert shares.total is None


@pytest.mark.parametrize("values", [[2.0] * 6, [np.nan] * 6, [np.nan] * 5 + [1.0], [1e3] * 5 + [1e3 + 1e-12]])
def test_values_that_do_not_vary_have_no_shares(values: list[float]) -> None:
    assert explain_variance(values, list_combinations([2, 3], most=6, seed=1)) is None


def test_values_of_another_number_than_combinations_are_refused() -> None:
    with pytest.raises(RaggedLengths):
        explain_variance([1.0, 2.0], list_combinations([3], most=3, seed=1))
