"""Tests for funnel plot asymmetry, adjusted estimates and fail-safe N: what must hold for all data, and edge cases."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.engine.errors import EngineError, InvalidInput, TooFewStudies, UndefinedResult, UnknownOption
from analysis.engine.pooling import pool
from analysis.engine.small_study import (
    egger_lm,
    egger_rma,
    excess_significance,
    fail_safe_n,
    henmi_copas,
    limit_meta_analysis,
    pet_peese,
    rank_test,
    trim_and_fill,
)
from tests.engine.strategies import studies

YI, VI = [0.9, 0.4, 0.6, 0.1, 0.3, 0.2], [0.30, 0.10, 0.16, 0.01, 0.05, 0.02]
# Sums of a dozen terms in another order or after a change of scale.
ROUNDING = 1e-9

NEEDS = [
    (egger_lm, 3),
    (egger_rma, 3),
    (pet_peese, 3),
    (limit_meta_analysis, 3),
    (trim_and_fill, 2),
    (rank_test, 2),
    (henmi_copas, 2),
    (fail_safe_n, 1),
    (excess_significance, 1),
]


@pytest.mark.parametrize(("function", "needed"), NEEDS)
def test_fewer_studies_than_needed_are_refused(function: Callable[..., Any], needed: int) -> None:
    for k in range(needed):
        with pytest.raises(TooFewStudies, match=f"^needs at least {needed} stud.*, got {k}$"):
            function(YI[:k], VI[:k])


@pytest.mark.parametrize(("function", "needed"), NEEDS)
def test_bad_input_is_named(function: Callable[..., Any], needed: int) -> None:
    with pytest.raises(InvalidInput, match="yi is missing or infinite at index 1"):
        function([0.1, float("nan"), 0.3], [0.1, 0.2, 0.3])
    with pytest.raises(InvalidInput, match="vi must be above 0, got 0 at index 2"):
        function([0.1, 0.2, 0.3], [0.1, 0.2, 0.0])
    with pytest.raises(InvalidInput, match="vi has 2 value"):
        function([0.1, 0.2, 0.3], [0.1, 0.2])


@pytest.mark.parametrize(
    ("function", "option"),
    [
        (egger_lm, {"predictor": "size"}),
        (egger_rma, {"tau2_method": "XX"}),
        (rank_test, {"p_value_method": "best"}),
        (trim_and_fill, {"estimator": "L1"}),
        (trim_and_fill, {"side": "both"}),
        (pet_peese, {"model": "glm"}),
        (limit_meta_analysis, {"adjustment": "beta1"}),
        (fail_safe_n, {"method": "Orwell"}),
        (excess_significance, {"test": "t"}),
        (excess_significance, {"alternative": "two.sided"}),
    ],
)
def test_unknown_option_is_named(function: Callable[..., Any], option: dict[str, Any]) -> None:
    with pytest.raises(UnknownOption, match=f"^{next(iter(option))} must be one of"):
        function(YI, VI, **option)


def test_sample_sizes_are_needed_and_positive() -> None:
    with pytest.raises(InvalidInput, match='the predictor "ninv" needs the sample sizes ni'):
        egger_lm(YI, VI, predictor="ninv")
    with pytest.raises(InvalidInput, match="ni must be above 0, got 0 at index 5"):
        egger_rma(YI, VI, predictor="sqrtni", ni=[1, 2, 3, 4, 5, 0])
    with pytest.raises(InvalidInput, match="ni has 2 value"):
        egger_rma(YI, VI, predictor="ni", ni=[1, 2])


def test_given_predictor_has_no_limit_estimate() -> None:
    fit = egger_rma(YI, VI, predictor=np.sqrt(VI))

    assert (fit.predictor, fit.estimate, fit.ci_lower, fit.ci_upper) == ("given", None, None, None)
    assert fit.slope == pytest.approx(egger_rma(YI, VI).slope, rel=ROUNDING)
    with pytest.raises(InvalidInput, match="predictor has 1 value"):
        egger_lm(YI, VI, predictor=[1.0])


@pytest.mark.parametrize("function", [egger_lm, egger_rma, pet_peese, limit_meta_analysis])
def test_equal_variances_leave_no_slope(function: Callable[..., Any]) -> None:
    with pytest.raises(UndefinedResult, match="the slope is undefined: the predictor is"):
        function(YI, [0.1] * 6)


def test_line_through_all_studies_has_no_test() -> None:
    with pytest.raises(UndefinedResult, match="all 3 studies lie on the line"):
        egger_lm([1.0, 2.0, 3.0], [1.0, 4.0, 9.0])


@given(studies(least=4), st.floats(0.01, 100.0), st.floats(-10.0, 10.0))
@settings(max_examples=50, deadline=None)
def test_egger_lm_follows_a_change_of_scale_and_origin(
    drawn: tuple[np.ndarray, np.ndarray], scale: float, shift: float
) -> None:
    yi, vi = drawn
    assume(np.ptp(vi) > 0.0)
    try:
        before = egger_lm(yi, vi, predictor="vi")
    except UndefinedResult:
        return
    assume(before.slope_se > 1e-6)

    after = egger_lm(scale * (yi + shift), scale**2 * vi, predictor="vi")

    # An offset of 10 on effects of thousandths costs four digits.
    assert after.statistic == pytest.approx(before.statistic, rel=1e-7, abs=1e-7)
    assert after.intercept == pytest.approx(scale * (before.intercept + shift), rel=1e-7, abs=1e-7 * scale)


@given(studies(least=3))
@settings(max_examples=50, deadline=None)
def test_rank_test_turns_round_with_the_effects(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = drawn
    assume(np.ptp(vi) > 0.0)

    test, mirrored = rank_test(yi, vi), rank_test(-yi, vi)

    assert mirrored.tau == -test.tau
    assert mirrored.p_value == pytest.approx(test.p_value, rel=1e-12)
    assert -1.0 <= test.tau <= 1.0
    assert 0.0 < test.p_value <= 1.0


def test_exact_rank_p_value_counts_all_orders() -> None:
    yi, vi = np.array([0.9, 0.4, 0.2, 0.1, 0.31]), np.array([0.9, 0.4, 0.2, 0.1, 0.3])
    test = rank_test(yi, vi)
    pairs = [sum(a < b for i, a in enumerate(order) for b in order[i + 1 :]) for order in permutations(range(5))]
    lower = sum(count <= test.statistic for count in pairs) / len(pairs)
    upper = sum(count >= test.statistic for count in pairs) / len(pairs)

    assert test.p_value_method == "exact"
    assert test.p_value == pytest.approx(min(1.0, 2.0 * min(lower, upper)), rel=1e-15)


def test_exact_rank_p_value_keeps_its_digits_far_out() -> None:
    k = 40
    test = rank_test(np.arange(k) * 10.0, np.arange(1.0, k + 1.0))

    # All pairs concordant: one order of 40!, twice.
    assert test.tau == 1.0
    assert test.p_value == pytest.approx(2.0 / float(np.prod(np.arange(1.0, k + 1.0))), rel=1e-12)


def test_ties_take_the_normal_approximation() -> None:
    vi = [0.1, 0.1, 0.2, 0.3, 0.4, 0.5]

    assert rank_test(YI, vi).p_value_method == "normal"
    with pytest.raises(InvalidInput, match="some are tied"):
        rank_test(YI, vi, p_value_method="exact")
    with pytest.raises(UndefinedResult, match="all 6 variances are equal"):
        rank_test(YI, [0.1] * 6)
    with pytest.raises(UndefinedResult, match="all 6 effects are equal"):
        rank_test([0.1] * 6, VI)


@given(studies(least=3), st.sampled_from(["L0", "R0"]))
@settings(max_examples=50, deadline=None)
def test_filled_studies_mirror_the_farthest_ones(drawn: tuple[np.ndarray, np.ndarray], estimator: str) -> None:
    yi, vi = drawn
    try:
        left = trim_and_fill(yi, vi, side="left", estimator=estimator, tau2_method="CE", ci_method="wald")
        right = trim_and_fill(-yi, vi, side="right", estimator=estimator, tau2_method="CE", ci_method="wald")
    except EngineError:
        assume(False)

    assert (left.k, left.k0, left.iterations) == (yi.size, right.k0, right.iterations)
    np.testing.assert_allclose(left.yi, -right.yi, rtol=0, atol=1e-12)
    assert left.is_filled.sum() == left.k0
    far = np.argsort(yi, kind="stable")[yi.size - left.k0 :]
    np.testing.assert_array_equal(left.vi[left.is_filled], vi[far])
    if left.k0:
        centre = (left.yi[left.is_filled] + yi[far]) / 2.0
        assert np.ptp(centre) <= 1e-12
    assert left.pooled.k == left.yi.size


def test_standard_error_without_a_value_is_none() -> None:
    found = trim_and_fill(
        [-3.0, -2.5, -2.0, -1.0, 0.1, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1e-3], side="left", tau2_method="CE"
    )

    assert (found.k0, found.k0_se) == (0, None)


def test_filled_effects_stay_within_their_limits() -> None:
    free = trim_and_fill(YI, VI, side="left", tau2_method="CE")
    held = trim_and_fill(YI, VI, side="left", tau2_method="CE", effect_limits=(0.5, -0.1))

    assert free.yi[free.is_filled].min() < -0.1
    assert held.yi[held.is_filled].min() == -0.1
    with pytest.raises(InvalidInput, match="effect_limits must be two numbers, got 1"):
        trim_and_fill(YI, VI, effect_limits=(0.5,))  # type: ignore[arg-type]


def test_estimators_without_a_value_are_errors() -> None:
    with pytest.raises(UndefinedResult, match=r"^Q0 is undefined: the rank sum 14 of 5 studies"):
        trim_and_fill(
            [0.0, 1.0, 2.0, 3.0, 4.0], [1e-6, 1.0, 1.0, 1.0, 1.0], side="left", estimator="Q0", tau2_method="CE"
        )
    with pytest.raises(UndefinedResult, match=r"^R0 is undefined: no effect lies below the mean"):
        trim_and_fill([0.5, 0.5, 0.5], [0.1, 0.2, 0.3], side="left", estimator="R0", tau2_method="CE", ci_method="wald")


@pytest.mark.parametrize("model", ["lm", "rma"])
def test_pet_peese_chooses_by_the_test_of_pet(model: str) -> None:
    vi = np.array([0.30, 0.10, 0.16, 0.01, 0.05, 0.02])
    none = pet_peese(np.array([1.1, 0.4, 0.9, 0.1, 0.8, 0.0]), vi, model=model)
    some = pet_peese(np.array([2.1, 2.0, 2.2, 2.0, 2.1, 1.9]), vi, model=model)

    assert (none.chosen, none.estimate) == ("PET", none.pet.intercept)
    assert (some.chosen, some.estimate) == ("PEESE", some.peese.intercept)
    assert (some.ci_lower, some.ci_upper) == (some.peese.ci_lower, some.peese.ci_upper)


def test_one_sided_rule_halves_the_p_value() -> None:
    both = pet_peese(YI, VI)
    towards, against = (pet_peese(YI, VI, alternative=name) for name in ("greater", "less"))
    if both.pet.intercept < 0.0:
        towards, against = against, towards

    assert towards.pet_p_value == pytest.approx(both.pet_p_value / 2.0, rel=1e-15)
    assert against.pet_p_value == pytest.approx(1.0 - both.pet_p_value / 2.0, rel=1e-15)


@given(studies(least=4))
@settings(max_examples=40, deadline=None)
def test_limit_meta_analysis_divides_what_there_is(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = drawn
    assume(np.ptp(np.sqrt(vi)) > 0.01)

    limit = limit_meta_analysis(yi, vi, tau2_method="DL")

    parts = limit.heterogeneity
    assert parts.q_small + parts.q_residual == pytest.approx(parts.q, rel=ROUNDING, abs=ROUNDING)
    assert parts.q_small >= -ROUNDING * max(1.0, parts.q)
    assert 0.0 <= limit.g2 <= 1.0 + ROUNDING
    assert limit.tau2 == pool(yi, vi, tau2_method="DL", ci_method="wald").tau2
    assert limit.estimate == pytest.approx(limit.slope + np.sqrt(limit.tau2) * limit.bias, rel=ROUNDING, abs=ROUNDING)


def test_without_heterogeneity_all_limit_estimates_but_one_are_the_slope() -> None:
    yi, vi = [0.30, 0.31, 0.29, 0.30], [0.30, 0.20, 0.10, 0.05]
    fits = {name: limit_meta_analysis(yi, vi, adjustment=name) for name in ("beta0", "betalim", "mulim")}

    assert all(fit.tau2 == 0.0 and fit.g2 == 0.0 for fit in fits.values())
    assert all(fit.estimate == pytest.approx(fit.slope, rel=1e-12) for fit in fits.values())
