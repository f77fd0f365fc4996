"""Shares: efficient, symmetric, nothing for dummies, independent of order; sampled ones lie within their error."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.explain.shapley import share_out

numbers = st.floats(-100, 100)


def game_of(table):
    """Give a game from its table: worth of coalition number i in row i."""
    table = np.asarray(table, dtype=float).reshape(len(table), -1)

    def value_many(coalitions):
        return table[coalitions @ (1 << np.arange(coalitions.shape[1]))]

    return value_many


def curved(weights):
    """Give a game with interactions: a bent function of the sum of the weights in a coalition."""
    weights = np.asarray(weights, dtype=float)

    def value_many(coalitions):
        total = coalitions @ weights
        return np.column_stack([total**2 / (1 + np.abs(total)), np.sin(total)])

    return value_many


def by_all_orders(value_many, n):
    """Give the mean marginal contributions over all n! orders."""
    total, orders = 0.0, list(permutations(range(n)))
    for order in orders:
        applied = np.zeros((n + 1, n), dtype=bool)
        for step, player in enumerate(order):
            applied[step + 1 :, player] = True
        worth = value_many(applied)
        marginal = np.zeros((n, worth.shape[1]))
        marginal[list(order)] = np.diff(worth, axis=0)
        total = total + marginal
    return total / len(orders)


@given(st.integers(0, 6).flatmap(lambda n: st.lists(numbers, min_size=2**n, max_size=2**n)))
def test_shares_sum_to_the_movement(table):
    n = len(table).bit_length() - 1
    shares = share_out(game_of(table), n)
    # Sums of at most 64 numbers up to 100 in double precision: errors stay far below 1e-9.
    assert shares.values.sum() == pytest.approx(table[-1] - table[0], abs=1e-9)
    assert (shares.evaluated, shares.is_exact, shares.filled) == (2**n, True, 0)


@given(st.lists(st.floats(-3, 3), min_size=5, max_size=5))
def test_exact_shares_are_the_means_over_all_orders(weights):
    exact = share_out(curved(weights), 5).values
    # The same 120 orders added up in another sequence.
    assert exact == pytest.approx(by_all_orders(curved(weights), 5), abs=1e-10)


@given(st.lists(st.floats(-3, 3), min_size=5, max_size=5), st.permutations(range(5)))
def test_shares_do_not_depend_on_the_order_of_the_changes(weights, order):
    one = share_out(curved(weights), 5).values
    other = share_out(curved([weights[place] for place in order]), 5).values
    # Only the order of additions differs.
    assert other == pytest.approx(one[list(order)], abs=1e-12)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3), st.floats(-3, 3))
def test_equal_changes_get_equal_shares(weights, twin):
    values = share_out(curved([twin, *weights, twin]), 5).values
    # Only the order of additions differs.
    assert values[0] == pytest.approx(values[4], abs=1e-12)


def test_change_that_does_nothing_gets_nothing():
    values = share_out(curved([1.0, 0.0, -0.4, 2.0]), 4).values
    assert values[1].tolist() == [0.0, 0.0]
    assert np.all(values[[0, 2, 3]] != 0.0)


def test_explaining_backwards_turns_every_share():
    there = curved([0.7, -1.2, 2.0])
    back = share_out(lambda coalitions: there(~coalitions), 3)
    assert back.values == pytest.approx(-share_out(there, 3).values, abs=1e-12)  # the order of additions differs


def test_sampled_shares_lie_within_their_error_of_the_exact_ones():
    weights = np.linspace(-1.0, 1.5, 10)
    exact = share_out(curved(weights), 10)
    sampled = share_out(curved(weights), 10, exact_up_to=9, pairs=300)
    assert not sampled.is_exact
    assert np.all(sampled.standard_errors > 0)
    distance = np.abs(sampled.values - exact.values) / sampled.standard_errors
    # 20 shares of a fixed seed: beyond 4 standard errors one would be a fault and no chance (p < 0.002).
    assert distance.max() < 4.0
    assert np.median(distance) > 0.05  # a stated error far above the true one would be no use either


@given(st.integers(0, 2**20))
def test_sampled_shares_sum_to_the_movement_with_any_seed(seed):
    game = curved(np.linspace(-2.0, 3.0, 14))
    shares = share_out(game, 14, pairs=5, seed=seed)
    # Each order telescopes; what is left is the rounding of sums.
    assert shares.values.sum(axis=0) == pytest.approx(shares.end - shares.start, abs=1e-9)


def test_same_seed_gives_the_same_shares():
    game = curved(np.linspace(-2.0, 3.0, 14))
    first, second, other = (share_out(game, 14, pairs=5, seed=seed).values for seed in (1, 1, 2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, other)


def test_undefined_coalitions_are_worth_the_midpoint_of_both_ends():
    shares = share_out(game_of([1.0, np.nan, 4.0, 2.0]), 2)
    assert shares.filled == 1
    # With the midpoint 1.5 for {first}: its marginals are 0.5 and 2 - 4, the second's 3 and 0.5.
    assert shares.values[:, 0].tolist() == [-0.75, 1.75]


def test_without_both_ends_there_is_nothing_to_share():
    shares = share_out(game_of([[np.nan, 1.0], [2.0, 2.0]]), 1)
    assert np.isnan(shares.values[0, 0])
    assert shares.values[0, 1] == 1.0
