"""Permutation tests: the lists of permutations, what holds for all data, and bad input."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import Design, InvalidInput, TooFewStudies, UndefinedResult, UnknownOption, pool
from analysis.engine.moderators import permutation_test
from analysis.engine.moderators.permutation import count_orders, list_orders
from tests.engine.strategies import studies

YI = np.array([0.1, 0.5, -0.3, 0.9, 1.4, 0.7])
VI = np.array([0.02, 0.05, 0.03, 0.04, 0.06, 0.02])
MOD = np.array([1.0, 2.0, 2.0, 4.0, 5.0, 6.0])


@given(st.lists(st.integers(1, 3), min_size=2, max_size=4).filter(lambda repeats: sum(repeats) <= 8))
@settings(max_examples=30, deadline=None)
def test_orders_are_all_different_orders_once(repeats: list[int]) -> None:
    kinds = [kind for kind, repeat in enumerate(repeats) for _ in range(repeat)]
    count = count_orders(repeats)

    found = list_orders(repeats, np.arange(count))

    assert count == math.factorial(len(kinds)) // math.prod(math.factorial(repeat) for repeat in repeats)
    if len(kinds) <= 6:
        assert [tuple(row) for row in found.tolist()] == sorted(set(itertools.permutations(kinds)))
    else:
        assert len({tuple(row) for row in found.tolist()}) == count
    assert bool(np.all(np.sort(found, axis=1) == kinds))


@pytest.mark.parametrize("ci_method", ["wald", "t", "hksj", "hksj_adhoc"])
@pytest.mark.parametrize("tau2_method", ["CE", "DL", "REML", "PM"])
def test_sign_flips_are_those_of_refitted_models(tau2_method: str, ci_method: str) -> None:
    flips = itertools.product((1.0, -1.0), repeat=YI.size)
    by_hand = [
        pool(np.array(signs) * YI, VI, tau2_method=tau2_method, ci_method=ci_method).statistic for signs in flips
    ]

    found = permutation_test(YI, VI, tau2_method=tau2_method, ci_method=ci_method)

    observed = pool(YI, VI, tau2_method=tau2_method, ci_method=ci_method).statistic
    # The single and the batched fit meet to rounding.
    np.testing.assert_allclose(np.sort(found.statistics[:, 0]), np.sort(by_hand), atol=1e-10)
    assert found.statistic[0] == pytest.approx(observed, rel=1e-12)
    share = np.mean(np.abs(by_hand) >= abs(observed) - 1e-8)
    assert (found.p_value[0], found.qm_p_value, found.permutations, found.is_exact) == (share, share, 64, True)


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize("mods", [MOD[:5], np.column_stack([MOD[:5], MOD[4::-1] ** 2])])
def test_orders_are_those_of_refitted_models(mods: np.ndarray, ci_method: str) -> None:
    columns = mods.reshape(5, -1)
    rows = {tuple(map(tuple, columns[list(order)].tolist())) for order in itertools.permutations(range(5))}
    fits = [pool(YI[:5], VI[:5], mods=np.array(row), ci_method=ci_method) for row in rows]
    observed = pool(YI[:5], VI[:5], mods=mods, ci_method=ci_method)

    found = permutation_test(YI[:5], VI[:5], mods=mods, ci_method=ci_method, exact=True)

    assert found.permutations == len(rows)
    for j in range(columns.shape[1] + 1):
        by_hand = np.array([fit.statistic[j] for fit in fits])
        np.testing.assert_allclose(np.sort(found.statistics[:, j]), np.sort(by_hand), atol=1e-8)
        assert found.p_value[j] == np.mean(np.abs(by_hand) >= abs(observed.statistic[j]) - 1e-8)
    assert found.qm == pytest.approx(observed.qm, rel=1e-11)
    assert found.qm_p_value == np.mean(np.array([fit.qm for fit in fits]) >= observed.qm - 1e-8)


@given(studies(least=4, most=7), st.integers(0, 3))
@settings(max_examples=25, deadline=None)
def test_p_values_are_shares_that_count_the_data(data: tuple[np.ndarray, np.ndarray], seed: int) -> None:
    yi, vi = data
    column = np.arange(float(yi.size))

    for exact in (True, False):
        found = permutation_test(yi, vi, mods=column, exact=exact, permutations=50, seed=seed, ci_method="wald")
        least = 1.0 / found.permutations
        assert found.p_value.min() >= least
        assert found.p_value.max() <= 1.0
        # Both statistics are compared up to the same absolute tolerance, which the square of a tiny one falls below.
        if abs(found.statistic[1]) > 0.01:
            assert found.p_value[1] == found.qm_p_value
        assert found.statistics.shape == (found.permutations, 2)
        shares = found.p_value * found.permutations
        # A share is a whole number over a whole number.
        np.testing.assert_allclose(shares, np.round(shares), atol=1e-9)


@given(studies(least=3, most=8))
@settings(max_examples=25, deadline=None)
def test_mean_of_either_sign_has_one_p_value(data: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = data

    one = permutation_test(yi, vi, ci_method="wald", tau2_method="DL")
    other = permutation_test(-yi, vi, ci_method="wald", tau2_method="DL")

    assert one.p_value[0] == other.p_value[0] >= 2.0 / 2**yi.size


def test_sample_begins_with_the_data_and_repeats_with_its_seed() -> None:
    one = permutation_test(YI, VI, mods=MOD, exact=False, permutations=200, seed=5)
    same = permutation_test(YI, VI, mods=MOD, exact=False, permutations=200, seed=5)
    other = permutation_test(YI, VI, mods=MOD, exact=False, permutations=200, seed=6)

    np.testing.assert_allclose(one.statistics[0], one.statistic, rtol=1e-12)
    np.testing.assert_array_equal(one.statistics, same.statistics)
    assert not np.array_equal(one.statistics, other.statistics)
    assert (one.permutations, one.is_exact) == (200, False)


@pytest.mark.parametrize("mods", [None, MOD])
def test_sample_comes_close_to_the_exact_test(mods: np.ndarray | None) -> None:
    exact = permutation_test(YI, VI, mods=mods, exact=True)

    sample = permutation_test(YI, VI, mods=mods, exact=False, permutations=4000)

    # Four standard errors of a share of 4,000.
    np.testing.assert_allclose(sample.p_value, exact.p_value, atol=4.0 * 0.5 / math.sqrt(4000))


def test_all_permutations_are_listed_where_they_are_few() -> None:
    assert permutation_test(YI, VI, permutations=64).is_exact
    assert not permutation_test(YI, VI, permutations=63).is_exact
    assert permutation_test(YI, VI, mods={"x": list("aaaaab")}).permutations == 6


def test_permutation_that_is_fitted_exactly_counts_as_most_extreme() -> None:
    # Ordered otherwise, the groups explain all differences: Hartung and Knapp's standard error is 0 there.
    yi = np.array([0.1, 0.1, 0.4, 0.4, 0.4])

    found = permutation_test(yi, VI[:5], mods={"x": list("ababa")}, exact=True, ci_method="hksj")

    assert np.isinf(found.statistics[:, 1]).sum() == np.isinf(found.qm_statistics).sum() == 1
    assert found.p_value[1] >= 2.0 / found.permutations


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"tau2_method": "XX"}, UnknownOption),
        ({"ci_method": "XX"}, UnknownOption),
        ({"permutations": 1}, InvalidInput),
        ({"permutations": 10**9}, InvalidInput),
        ({"seed": -1}, InvalidInput),
        ({"seed": 1.5}, InvalidInput),
        ({"mods": [1.0] * 6}, InvalidInput),
        ({"mods": {"a": MOD, "b": 2.0 * MOD}}, InvalidInput),
        ({"mods": Design(X=MOD[:, np.newaxis], names=("x",), terms=("x",))}, InvalidInput),
        ({"yi": [0.3] * 6}, UndefinedResult),
        ({"mods": np.arange(6.0), "yi": 0.25 * np.arange(6.0)}, UndefinedResult),
    ],
)
def test_wrong_arguments_are_refused_by_name(options: dict, error: type[Exception]) -> None:
    arguments = {"yi": YI, "vi": VI} | options

    with pytest.raises(error):
        permutation_test(arguments.pop("yi"), arguments.pop("vi"), **arguments)


def test_too_many_permutations_are_refused_with_their_number() -> None:
    with pytest.raises(InvalidInput, match="got 1,073,741,824"):
        permutation_test(np.arange(30.0), np.ones(30), exact=True)


def test_too_few_studies_are_refused() -> None:
    with pytest.raises(TooFewStudies, match="needs at least 2 studies, got 1"):
        permutation_test([0.1], [0.1])
    with pytest.raises(TooFewStudies, match="needs at least 3 studies, got 2"):
        permutation_test([0.1, 0.2], [0.1, 0.1], mods=[1.0, 2.0])
