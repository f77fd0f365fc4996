"""Coefficients of agreement: what must hold for all data, and what is refused with which sentence."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.engine.agreement import (
    AGREEMENT_WEIGHTS,
    METRICS,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    measure_imbalance,
    pabak,
    percent_agreement,
    ratings_from_table,
)
from analysis.engine.agreement.differences import NumberDifference, difference_of, linearised_variance
from analysis.engine.agreement.ratings import read_ratings

pytestmark = pytest.mark.engine

# Sums of a few products in double precision, in another order.
ROUNDING = 1e-12
CATEGORIES = (1, 2, 3, 4)
COEFFICIENTS = (percent_agreement, pabak, fleiss_kappa, gwet_ac, krippendorff_alpha)
NAMES = ["percent", "pabak", "fleiss", "gwet", "alpha"]
LIMITS = ("estimate", "se", "ci_lower", "ci_upper")


@st.composite
def matrices(draw: st.DrawFn, *, raters: int | None = None, missing: bool = True) -> list[list[int | None]]:
    """Return answers of two to five raters to two to fifteen items, with two categories in an item of two answers."""
    width = raters or draw(st.integers(2, 5))
    answer = st.sampled_from((*CATEGORIES, None)) if missing else st.sampled_from(CATEGORIES)
    rows = draw(st.lists(st.lists(answer, min_size=width, max_size=width), min_size=1, max_size=14))
    return [[1, 2, *[None] * (width - 2)] if missing else [1, 2, *[1] * (width - 2)], *rows]


def numbers(result: Any) -> list[float]:
    """Return estimate, standard error and limits, missing ones as 9."""
    return [9.0 if getattr(result, name) is None else getattr(result, name) for name in LIMITS]


@pytest.mark.parametrize("coefficient", COEFFICIENTS, ids=NAMES)
@given(rows=matrices(), seed=st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_order_of_raters_and_items_changes_nothing(coefficient: Any, rows: list[list[int | None]], seed: int) -> None:
    random = np.random.default_rng(seed)
    raters, items = random.permutation(len(rows[0])), random.permutation(len(rows))
    moved = [[rows[item][rater] for rater in raters] for item in items]

    found, other = (coefficient(given, categories=CATEGORIES) for given in (rows, moved))

    assert numbers(other) == pytest.approx(numbers(found), abs=1e-9)


@given(rows=matrices(raters=2), seed=st.integers(0, 1000))
@settings(max_examples=50, deadline=None)
def test_cohens_kappa_does_not_depend_on_the_order_of_raters_and_items(rows: list[list[int | None]], seed: int) -> None:
    items = np.random.default_rng(seed).permutation(len(rows))
    moved = [[rows[item][1], rows[item][0]] for item in items]

    for weights in AGREEMENT_WEIGHTS:
        found, other = (cohen_kappa(given, weights=weights, categories=CATEGORIES) for given in (rows, moved))
        assert numbers(other) == pytest.approx(numbers(found), abs=1e-9)


@pytest.mark.parametrize("coefficient", [*COEFFICIENTS, cohen_kappa], ids=[*NAMES, "cohen"])
@given(rows=matrices(raters=2), order=st.permutations(CATEGORIES))
@settings(max_examples=30, deadline=None)
def test_names_of_nominal_categories_change_nothing(
    coefficient: Any, rows: list[list[int | None]], order: list[int]
) -> None:
    words = dict(zip(CATEGORIES, ("low", "some", "high", "none"), strict=True))
    renamed = [[None if answer is None else words[answer] for answer in row] for row in rows]

    found = coefficient(rows, categories=CATEGORIES)
    other = coefficient(renamed, categories=[words[answer] for answer in order])

    assert other.estimate == pytest.approx(found.estimate, abs=ROUNDING)
    if coefficient is not krippendorff_alpha:  # its resamples are drawn in the order of the categories
        assert numbers(other) == pytest.approx(numbers(found), abs=1e-9)


@given(rows=matrices(), step=st.floats(0.1, 10.0), start=st.floats(-50.0, 50.0))
@settings(max_examples=50, deadline=None)
def test_unit_and_zero_of_numbers_change_nothing_where_they_have_none(
    rows: list[list[int | None]], step: float, start: float
) -> None:
    moved = [[None if answer is None else start + step * answer for answer in row] for row in rows]
    scaled = [[None if answer is None else step * answer for answer in row] for row in rows]

    for metric, other in (("ordinal", moved), ("interval", moved), ("ratio", scaled)):
        found = krippendorff_alpha(rows, metric=metric, ci_method="linearised")
        assert numbers(krippendorff_alpha(other, metric=metric, ci_method="linearised")) == pytest.approx(
            numbers(found), abs=1e-7
        )
    for weights in ("linear", "quadratic", "ordinal"):
        assert numbers(gwet_ac(moved, weights=weights)) == pytest.approx(
            numbers(gwet_ac(rows, weights=weights)), abs=1e-7
        )


@given(rows=matrices())
@settings(max_examples=100, deadline=None)
def test_nothing_exceeds_full_agreement_and_limits_enclose_the_estimate(rows: list[list[int | None]]) -> None:
    results = [coefficient(rows, categories=CATEGORIES) for coefficient in COEFFICIENTS]
    results += [krippendorff_alpha(rows, metric=metric, ci_method="linearised") for metric in METRICS]
    results += [f(rows, weights=w, categories=CATEGORIES) for f in (fleiss_kappa, gwet_ac) for w in AGREEMENT_WEIGHTS]

    for result in results:
        assert result.estimate <= 1.0 + ROUNDING
        assert (result.ci_lower is None) == (result.ci_upper is None) == (result.ci_method == "none")
        if result.ci_lower is not None and result.ci_method != "items" and abs(result.estimate) <= 1.0:
            assert -1.0 <= result.ci_lower <= result.estimate <= result.ci_upper <= 1.0


@given(rows=matrices(raters=2, missing=False))
@settings(max_examples=100, deadline=None)
def test_cohens_kappa_is_1_only_where_all_agree(rows: list[list[int | None]]) -> None:
    agreeing = [[row[0], row[0]] for row in rows]
    assume(len({row[0] for row in rows}) > 1)

    assert cohen_kappa(rows).estimate < 1.0
    assert cohen_kappa(agreeing).estimate == 1.0
    assert numbers(cohen_kappa(agreeing))[1:] == [0.0, 9.0, 9.0]


@given(rows=matrices(raters=2, missing=False))
@settings(max_examples=100, deadline=None)
def test_fleiss_kappa_of_two_raters_is_scotts_pi(rows: list[list[int]]) -> None:
    """Scott (1955), doi:10.1086/266577: chance is the square of the mean share of each category."""
    agreeing = np.mean([row[0] == row[1] for row in rows])
    shares = [np.mean([answer == category for row in rows for answer in row]) for category in CATEGORIES]
    chance = sum(share**2 for share in shares)

    found = fleiss_kappa(rows)

    assert found.estimate == pytest.approx((agreeing - chance) / (1.0 - chance), abs=ROUNDING)
    # Cohen's chance is smaller by the spread between the raters, so that his kappa is never below Scott's pi.
    assert cohen_kappa(rows).estimate >= found.estimate - ROUNDING


@given(rows=matrices(missing=False))
@settings(max_examples=100, deadline=None)
def test_nominal_alpha_is_fleiss_kappa_but_for_the_size_of_the_sample(rows: list[list[int]]) -> None:
    """Krippendorff (2004): alpha = kappa + (1 - kappa) / n for n answers; the two meet as n grows."""
    kappa, answers = fleiss_kappa(rows).estimate, sum(map(len, rows))

    found = krippendorff_alpha(rows).estimate

    assert found == pytest.approx(kappa + (1.0 - kappa) / answers, abs=ROUNDING)
    assert krippendorff_alpha(rows * 50).estimate == pytest.approx(kappa, abs=2.1 / (50 * answers))


@given(rows=matrices(raters=2, missing=False))
@settings(max_examples=50, deadline=None)
def test_quadratic_kappa_and_interval_alpha_are_linked_by_bias_and_size(rows: list[list[int]]) -> None:
    """Fleiss and Cohen (1973): both are 1 minus squared differences over those that chance gives."""
    first, second = np.array(rows, dtype=float).T
    squared = float(np.mean((first - second) ** 2))
    by_chance = float(np.mean(np.subtract.outer(first, second) ** 2))
    both = np.concatenate([first, second])
    pooled = float(np.mean(np.subtract.outer(both, both) ** 2)) * both.size / (both.size - 1.0)

    assert cohen_kappa(rows, weights="quadratic").estimate == pytest.approx(1.0 - squared / by_chance, abs=1e-11)
    assert krippendorff_alpha(rows, metric="interval").estimate == pytest.approx(1.0 - squared / pooled, abs=1e-11)


@given(cells=st.tuples(*[st.integers(0, 60)] * 4))
@settings(max_examples=100, deadline=None)
def test_kappa_follows_from_pabak_prevalence_and_bias(cells: tuple[int, int, int, int]) -> None:
    """Byrt, Bishop and Carlin (1993), doi:10.1016/0895-4356(93)90018-V."""
    a, b, c, d = cells
    assume(b + c > 0 or (a > 0 and d > 0))
    rows = ratings_from_table([[a, b], [c, d]])

    adjusted = pabak(rows, categories=(1, 2)).estimate
    indexes = measure_imbalance(rows, categories=(1, 2))
    shift = indexes.bias_index**2 - indexes.prevalence_index**2

    assume(1.0 + shift > 1e-9)
    assert cohen_kappa(rows, categories=(1, 2)).estimate == pytest.approx((adjusted + shift) / (1.0 + shift), abs=1e-9)
    assert gwet_ac(rows, categories=(1, 2)).estimate >= adjusted - ROUNDING


@given(rows=matrices())
@settings(max_examples=50, deadline=None)
def test_ac1_and_fleiss_kappa_move_by_what_is_said_when_an_item_goes(rows: list[list[int | None]]) -> None:
    """The variances are those of the coefficients with each item left out in turn, up to terms of order 1 / n."""
    rows = [row for row in rows if sum(answer is not None for answer in row) > 1] * 40

    for coefficient in (fleiss_kappa, gwet_ac):
        full = coefficient(rows, categories=CATEGORIES)
        # The items repeat: one of each kind stands for its copies.
        left = [coefficient(rows[1:], categories=CATEGORIES).estimate for rows in _rotations(rows)]
        spread = (len(rows) - 1) * float(np.var(left))
        assert math.sqrt(spread) == pytest.approx(full.se or 0.0, rel=0.02, abs=5e-4)


def _rotations(rows: list[Any]) -> list[list[Any]]:
    """Return the rows with each in turn at the front, of one copy of forty."""
    return [rows[place:] + rows[:place] for place in range(len(rows) // 40)]


@pytest.mark.parametrize("metric", METRICS)
@given(rows=matrices())
@settings(max_examples=25, deadline=None)
def test_linearised_alpha_has_the_slopes_of_its_items(metric: str, rows: list[list[int | None]]) -> None:
    """The variance is that of what a little more of each item would add, here by differences."""
    counts = np.array([[row.count(category) for category in CATEGORIES] for row in rows], dtype=float)
    counts = counts[counts.sum(axis=1) > 1.0]
    difference, size, step = difference_of(metric, np.array(CATEGORIES, dtype=float)), counts.sum(axis=1), 1e-5
    assume(len(counts) > 1)

    def ratio(times: np.ndarray) -> np.ndarray:
        inside, everywhere = difference.sums(counts, times)
        return (times @ size) * inside / everywhere

    more, less = (ratio(1.0 + sign * step * np.eye(len(counts))) for sign in (1.0, -1.0))
    slopes = (more - less) / (2.0 * step)

    expected = float(np.sum(slopes**2)) * len(counts) / (len(counts) - 1.0)
    assert linearised_variance(counts, difference) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
@given(rows=matrices(), times=st.lists(st.integers(0, 3), min_size=15, max_size=15))
@settings(max_examples=40, deadline=None)
def test_resample_gives_the_alpha_of_the_items_that_it_holds(
    metric: str, rows: list[list[int | None]], times: list[int]
) -> None:
    """The sums over resamples are those of rows written out."""
    counts = np.array([[row.count(category) for category in CATEGORIES] for row in rows], dtype=float)
    counts = counts[counts.sum(axis=1) > 1.0]
    held = np.array(times[: len(counts)], dtype=float)
    difference = difference_of(metric, np.array(CATEGORIES, dtype=float))
    written = np.repeat(counts, held.astype(int), axis=0)
    assume(len(written) > 0)

    inside, everywhere = difference.sums(counts, held[None, :])
    squared = difference.matrix(written)

    chosen = written.sum(axis=0)
    by_hand = sum((row @ squared @ row) / (row.sum() - 1.0) for row in written)
    assert inside[0] == pytest.approx(by_hand, rel=1e-9, abs=1e-9)
    assert everywhere[0] == pytest.approx(chosen @ squared @ chosen, rel=1e-9, abs=1e-9)


@given(rows=matrices())
@settings(max_examples=50, deadline=None)
def test_moments_of_numbers_give_what_the_table_of_each_two_gives(rows: list[list[int | None]]) -> None:
    scores = np.array([-3.5, 0.0, 0.25, 1000.0])
    read = read_ratings(rows, categories=CATEGORIES)
    read = read.take(read.sizes > 1)
    times = np.arange(2.0 * len(read.codes)).reshape(2, -1) % 3.0

    short, long = NumberDifference(scores), difference_of("interval", scores)
    found, expected = (metric.sums(metric.read(read), times) for metric in (short, long))
    slopes, by_table = (metric.slopes(metric.read(read)) for metric in (short, long))

    for one, other in zip((*found, *slopes), (*expected, *by_table), strict=True):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-6)


def test_ordinal_difference_is_that_of_middle_ranks() -> None:
    """Krippendorff (2011): the square of all answers from one category to the other, less half of both ends."""
    counts = np.array([[3.0, 1.0, 0.0, 4.0], [2.0, 0.0, 5.0, 1.0]])
    chosen = counts.sum(axis=0)

    found = difference_of("ordinal", np.arange(4.0)).matrix(counts)

    for low in range(4):
        for high in range(low, 4):
            between = chosen[low : high + 1].sum() - (chosen[low] + chosen[high]) / 2.0
            assert found[low, high] == found[high, low] == pytest.approx(between**2)


@pytest.mark.parametrize("ci_method", ["items", "disagreements"])
def test_resamples_repeat_with_their_seed_and_differ_with_another(ci_method: str) -> None:
    rows = [[1, 2], [2, 2], [3, 3], [1, 1], [3, 2], [2, 2], [1, 1], [3, 3]]

    one, same, other = (krippendorff_alpha(rows, ci_method=ci_method, seed=seed) for seed in (1, 1, 2))

    assert (one.se, one.ci_lower, one.ci_upper) == (same.se, same.ci_lower, same.ci_upper)
    assert one.se != other.se
    assert (one.resamples, one.seed, other.seed) == (1000, 1, 2)
