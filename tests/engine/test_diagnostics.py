"""What single studies do to a model: properties, edges and refusals."""

import numpy as np
import pytest
from hypothesis import given

from analysis.engine import (
    InvalidInput,
    TooFewStudies,
    UndefinedResult,
    UnknownOption,
    baujat,
    cumulative,
    gosh,
    influence,
    leave_one_out,
    pool,
    shrunken_effects,
    standardised_residuals,
)
from tests.engine.strategies import studies

YI = [0.1, 0.5, 0.2, 0.9, 0.4, 2.9]
VI = [0.1, 0.2, 0.1, 0.3, 0.1, 0.05]
# Sums in another order; tau2 on a flat top moves by more than the last digit.
SAME = {"rel": 1e-8, "abs": 1e-10}


@given(studies(least=3, most=8))
def test_cumulative_ends_with_all_and_begins_with_one(data: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = data

    found = cumulative(yi, vi, order=np.argsort(vi), ci_method="wald")

    whole = pool(yi, vi, ci_method="wald")
    assert found.k.tolist() == list(range(1, yi.size + 1))
    assert found.estimate[0] == pytest.approx(yi[found.order[0]])
    assert found.estimate[-1] == pytest.approx(whole.estimate, **SAME)
    assert found.se[-1] == pytest.approx(whole.se, **SAME)


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4, 4], [1, 2, 3, 4, 5, 6], [0, 1], [0.0, 1, 2, 3, 4, 5]])
def test_cumulative_refuses_an_order_that_does_not_name_every_study(order: list) -> None:
    with pytest.raises(InvalidInput, match="order must name each of the positions 0 to 5 once"):
        cumulative(YI, VI, order=order)


def test_cumulative_without_hksj_interval_is_an_error() -> None:
    with pytest.raises(UndefinedResult, match="at index 1: all 2 effects are equal"):
        cumulative([0.1, 0.1, 0.5], [0.04, 0.09, 0.1])


@given(studies(least=4, most=8))
def test_influence_leaves_out_what_leave_one_out_leaves_out(data: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = data

    found, left = influence(yi, vi, ci_method="wald"), leave_one_out(yi, vi, ci_method="wald")

    whole = pool(yi, vi, ci_method="wald")
    np.testing.assert_allclose(found.tau2_del, left.tau2, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.q_del, left.q, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.weight, whole.weights, rtol=1e-8)
    np.testing.assert_allclose(found.hat, found.weight, rtol=1e-8)
    np.testing.assert_allclose(found.cov_r, (left.se / whole.se) ** 2, rtol=1e-8)
    np.testing.assert_allclose(found.cook_d, ((whole.estimate - left.estimate) / whole.se) ** 2, rtol=1e-6, atol=1e-9)


def test_outlier_is_flagged_after_bonferroni() -> None:
    found = influence(YI, VI, tau2_method="DL", ci_method="wald")

    assert found.is_outlier.tolist() == [False] * 5 + [True]
    assert found.outlier_p_value[5] < 0.05
    assert found.outlier_p_value.max() <= 1.0
    assert found.is_influential[5]


def test_study_that_carries_a_coefficient_alone_has_no_diagnostics() -> None:
    found = influence(YI, VI, mods={"kind": ["a", "a", "b", "a", "a", "a"]}, ci_method="wald")

    assert np.isnan(found.rstudent).tolist() == [False, False, True, False, False, False]
    assert np.isnan(found.dfbs[2]).all()
    assert not found.is_influential[2] or found.hat[2] > 1.0 - 1e-9


def test_influence_names_its_coefficients() -> None:
    assert influence(YI, VI).names == ("intercept",)
    assert influence(YI, VI, mods={"dose": range(6)}).names == ("intercept", "dose")


@pytest.mark.parametrize(("k", "mods", "needed"), [(1, None, 2), (0, None, 2), (3, [1.0, 2.0, 4.0], 4)])
def test_influence_needs_studies_that_remain(k: int, mods: list | None, needed: int) -> None:
    with pytest.raises(TooFewStudies, match=f"needs at least {needed} studies, got {k}"):
        influence(YI[:k], VI[:k], mods=mods)


def test_influence_of_two_studies_leaves_one_with_its_normal_interval() -> None:
    found = influence([0.1, 0.7], [0.04, 0.09])

    assert found.tau2_del.tolist() == [0.0, 0.0]
    # Without a study the other one remains: its distance over the root of both variances.
    assert found.rstudent == pytest.approx([-0.6 / np.sqrt(0.13), 0.6 / np.sqrt(0.13)])


def test_influence_without_hksj_interval_is_an_error() -> None:
    with pytest.raises(UndefinedResult, match="fitted exactly"):
        influence([0.1, 0.1, 0.5], [0.04, 0.09, 0.1])


@given(studies(least=3, most=8))
def test_baujat_points_of_the_common_effect_sum_to_q(data: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = data

    points = baujat(yi, vi, tau2_method="CE")

    assert float(np.sum(points.x)) == pytest.approx(pool(yi, vi, tau2_method="CE", ci_method="wald").q, **SAME)
    assert np.all(points.y >= 0.0)


def test_gosh_lists_every_subset_once() -> None:
    found = gosh(YI, VI)

    assert found.is_complete
    assert found.included.shape == (2**6 - 1, 6)
    assert len({tuple(row) for row in found.included.tolist()}) == 2**6 - 1
    last = found.k == 6
    assert found.estimate[last] == pytest.approx([pool(YI, VI).estimate])
    assert np.isnan(found.i2[found.k == 1]).all()


def test_gosh_samples_by_its_seed() -> None:
    one, same, other = (gosh(YI, VI, subsets=20, seed=seed) for seed in (4, 4, 5))

    assert not one.is_complete
    assert one.included.tolist() == same.included.tolist()
    assert one.included.tolist() != other.included.tolist()
    assert one.k.min() >= 1
    for row in (0, 7, 19):
        included = one.included[row]
        subset = np.array(YI)[included], np.array(VI)[included]
        assert one.estimate[row] == pytest.approx(pool(*subset, ci_method="wald").estimate, **SAME)


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"subsets": 0}, InvalidInput, "subsets must be whole, from 1 to 10,000,000"),
        ({"subsets": 2.5}, InvalidInput, "subsets must be whole, from 1 to 10,000,000"),
        ({"seed": -1}, InvalidInput, "seed must be whole, from 0 to 9,007,199,254,740,992"),
        ({"tau2_method": "reml"}, UnknownOption, "tau2_method must be one of"),
    ],
)
def test_gosh_refuses_bad_options(options: dict, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        gosh(YI, VI, **options)


def test_gosh_needs_two_studies() -> None:
    with pytest.raises(TooFewStudies, match="needs at least 2 studies, got 1"):
        gosh([0.1], [0.2])


@given(studies(least=3, most=8))
def test_shrunken_effects_lie_between_the_effect_and_the_mean(data: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = data

    found, mean = shrunken_effects(yi, vi, ci_method="wald"), pool(yi, vi, ci_method="wald").estimate

    slack = 1e-12 * (1.0 + np.abs(yi).max())
    assert np.all(found.estimate >= np.minimum(yi, mean) - slack)
    assert np.all(found.estimate <= np.maximum(yi, mean) + slack)
    assert np.all(found.pi_lower <= found.estimate)


def test_study_that_is_fitted_exactly_has_no_standardised_residual() -> None:
    found = standardised_residuals(YI, VI, mods={"kind": ["a", "a", "b", "a", "a", "a"]}, ci_method="wald")

    assert np.isnan(found.standardised).tolist() == [False, False, True, False, False, False]
