"""How much may be left: against published software, by hand, and what must hold for all data."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.prioritising import missed_target_p_value, recall_reached, stopping_estimate

# Includes become rarer as screening goes on, as where the likeliest come first.
PLACES = (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233)


def screened(count: int) -> list[bool]:
    return [place in PLACES for place in range(count)]


@pytest.mark.parametrize(
    ("count", "total", "target", "p_value"),
    [
        (600, 2000, 95, 0.7927519818799547),
        (600, 2000, 80, 0.39460540140749895),
        (1500, 2000, 95, 0.28312570781426954),
        (1900, 2000, 95, 0.05662514156285391),
        (400, 1000, 90, 0.6133210464342395),
        (1200, 2000, 50, 1.4392781606079884e-05),
    ],
)
def test_p_values_are_those_of_the_authors_of_the_method(count: int, total: int, target: int, p_value: float) -> None:
    """Numbers of calculate_h0 in buscarpy 0.0.2, by the authors of doi:10.1186/s13643-020-01521-4; rounding apart."""
    assert missed_target_p_value(screened(count), total, target_percent=target) == pytest.approx(p_value, rel=1e-12)


def test_one_random_sample_by_hand() -> None:
    """Ten of twenty read at random, two included; half of all is missed only if three or more of the rest are includes.

    Then five of twenty are includes, and the chance of at most two of them among ten is as computed here.
    """
    labels = [False] * 8 + [True] * 2
    by_hand = sum(comb(5, k) * comb(15, 10 - k) for k in range(3)) / comb(20, 10)

    assert missed_target_p_value(labels, 20, target_percent=50, is_ranked=False) == pytest.approx(by_hand, rel=1e-12)


def test_records_read_before_the_order_was_chosen_are_no_sample() -> None:
    labels = [True, *[False] * 99]

    whole = missed_target_p_value(labels, 120)
    late = missed_target_p_value(labels, 120, sample_from=90)

    assert whole == pytest.approx(
        1 - 99 / 119
    )  # one include among 119, none among the 99 that were read after the first
    assert late == pytest.approx(1 - 10 / 30)
    assert missed_target_p_value(labels, 120, sample_from=100) == 1.0


def test_nothing_included_says_nothing_and_everything_read_says_all() -> None:
    assert missed_target_p_value([False] * 50, 100) == 1.0
    assert missed_target_p_value([True, False], 2) == 0.0
    assert (recall_reached([False] * 50, 100), recall_reached([True, False], 2)) == (0, 99)


def test_an_estimate_tells_what_it_is_of() -> None:
    found = stopping_estimate(screened(1950), 2000)

    assert (found.screened, found.total, found.included, found.unread) == (1950, 2000, 13, 50)
    assert found.is_reached
    assert found.recall_percent >= found.target_percent


LABELS = st.lists(st.booleans(), min_size=1, max_size=60)


@given(labels=LABELS, unread=st.integers(0, 200), target=st.integers(1, 99), is_ranked=st.booleans())
def test_p_is_a_probability_and_grows_with_the_target(
    labels: list[bool], unread: int, target: int, is_ranked: bool
) -> None:
    total = len(labels) + unread
    p_value = missed_target_p_value(labels, total, target_percent=target, is_ranked=is_ranked)

    assert 0 <= p_value <= 1 + 1e-12
    if target < 99:
        higher = missed_target_p_value(labels, total, target_percent=target + 1, is_ranked=is_ranked)
        assert higher >= p_value - 1e-12


def test_a_random_sample_rejects_too_early_no_more_often_than_it_says() -> None:
    """Of 2000 reviews read at random that have found just less than 80 %, at most 5 % are told otherwise.

    The limit is 5 % plus four standard errors of a share of 2000.
    """
    rng = np.random.default_rng(5)
    wrong = 0
    for _ in range(2000):
        labels = rng.permutation([True] * 40 + [False] * 160)
        read = labels[:150]
        if read.sum() < 0.8 * 40:
            wrong += missed_target_p_value(list(read), 200, target_percent=80, is_ranked=False) < 0.05

    assert wrong / 2000 <= 0.05 + 4 * np.sqrt(0.05 * 0.95 / 2000)
