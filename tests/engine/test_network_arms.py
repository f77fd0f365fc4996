"""Comparisons from arms: the measures of two arms, all pairs of a study, and what is refused."""

from math import log

import numpy as np
import pytest

from analysis import engine
from analysis.engine.errors import InvalidInput, OutOfRange, RaggedLengths, UnknownOption
from analysis.engine.network import RepeatedComparison, comparisons_from_events, comparisons_from_means, fit_network

# The same sums in another order.
EXACT = 1e-12


def two(measure, events, totals):
    return comparisons_from_events(events, totals, treatment=["A", "B"], study=["1", "1"], measure=measure)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_two_arms_with_events_are_the_measure_itself(measure):
    pairs = two(measure, [9, 4], [20, 30])
    effects = engine.escalc(measure, ai=[9], n1i=[20], ci=[4], n2i=[30])

    assert pairs.yi == pytest.approx(effects.yi, rel=EXACT)
    assert pairs.vi == pytest.approx(effects.vi, rel=EXACT)


def test_empty_cells_of_odds_ratios_and_risk_differences_are_corrected_as_in_two_arms():
    odds = engine.escalc("OR", ai=[0], n1i=[20], ci=[4], n2i=[30])
    full = engine.escalc("OR", ai=[20], n1i=[20], ci=[4], n2i=[30])
    risks = engine.escalc("RD", ai=[0], n1i=[20], ci=[4], n2i=[30])

    assert two("OR", [0, 4], [20, 30]).yi == pytest.approx(odds.yi, rel=EXACT)
    assert two("OR", [0, 4], [20, 30]).vi == pytest.approx(odds.vi, rel=EXACT)
    assert two("OR", [20, 4], [20, 30]).yi == pytest.approx(full.yi, rel=EXACT)
    assert two("RD", [0, 4], [20, 30]).yi == pytest.approx([-4 / 30])  # the correction moves its variance alone
    assert two("RD", [0, 4], [20, 30]).vi == pytest.approx(risks.vi, rel=EXACT)


def test_empty_cells_of_risk_ratios_get_half_an_event():
    pairs = two("RR", [0, 4], [20, 30])

    assert pairs.yi == pytest.approx([log(0.5 / 20.5) - log(4.5 / 30.5)])
    assert pairs.vi == pytest.approx([1 / 0.5 - 1 / 20.5 + 1 / 4.5 - 1 / 30.5])


def test_one_empty_arm_corrects_all_arms_of_its_study():
    pairs = comparisons_from_events(
        [0, 4, 6, 5, 7], [20, 30, 25, 20, 20], treatment=["A", "B", "C", "A", "B"], study=["1", "1", "1", "2", "2"]
    )

    assert list(zip(pairs.study, pairs.treatment_1, pairs.treatment_2, strict=True)) == [
        ("1", "A", "B"),
        ("1", "A", "C"),
        ("1", "B", "C"),
        ("2", "A", "B"),
    ]
    logits = [log(0.5 / 20.5), log(4.5 / 26.5), log(6.5 / 19.5)]
    expected = [logits[0] - logits[1], logits[0] - logits[2], logits[1] - logits[2], log(5 / 15) - log(7 / 13)]
    assert pairs.yi == pytest.approx(expected)


@pytest.mark.parametrize(("events", "measure"), [([0, 0], "OR"), ([20, 30], "RR")])
def test_studies_that_say_nothing_about_a_ratio_are_left_out(events, measure):
    pairs = two(measure, events, [20, 30])

    assert (pairs.yi.size, pairs.left_out) == (0, ("1",))
    assert two("RD", events, [20, 30]).left_out == ()


def test_two_arms_with_means_are_the_measure_itself():
    given = {"treatment": ["A", "B"], "study": ["1", "1"]}
    means = comparisons_from_means([3.0, 1.0], [2.0, 4.0], [20, 30], **given)
    standardised = comparisons_from_means([3.0, 1.0], [2.0, 4.0], [20, 30], measure="SMD", **given)
    pooled = np.sqrt((19 * 4.0 + 29 * 16.0) / 48)

    assert (means.yi[0], means.vi[0]) == pytest.approx((2.0, 4.0 / 20 + 16.0 / 30))
    assert standardised.yi[0] == pytest.approx(2.0 / pooled)
    assert standardised.vi[0] == pytest.approx(1 / 20 + 1 / 30 + (2.0 / pooled) ** 2 / 100)


@pytest.mark.parametrize("measure", ["MD", "SMD"])
def test_three_arms_hold_together(measure):
    pairs = comparisons_from_means(
        [3.0, 1.0, 2.5], [2.0, 4.0, 3.0], [20, 30, 25], treatment=["A", "B", "C"], study=["1"] * 3, measure=measure
    )

    network = fit_network(
        pairs.yi,
        pairs.vi,
        treatment_1=pairs.treatment_1,
        treatment_2=pairs.treatment_2,
        study=pairs.study,
        tolerance=0.0,
    )

    assert network.q == pytest.approx(0.0, abs=1e-12)
    # The network of one study is that study.
    assert network.se[np.triu_indices(3, 1)] ** 2 == pytest.approx(pairs.vi)


def test_bad_arms_are_refused():
    good = {"treatment": ["A", "B"], "study": ["1", "1"]}
    with pytest.raises(OutOfRange, match="at most"):
        comparisons_from_events([21, 4], [20, 30], **good)
    with pytest.raises(OutOfRange):
        comparisons_from_events([1, 4], [20, 30], correction=0.0, **good)
    with pytest.raises(UnknownOption):
        comparisons_from_events([1, 4], [20, 30], measure="MD", **good)
    with pytest.raises(OutOfRange):
        comparisons_from_means([1.0, 2.0], [0.0, 1.0], [20, 30], **good)
    with pytest.raises(RaggedLengths):
        comparisons_from_events([1, 4], [20, 30], treatment=["A"], study=["1", "1"])
    with pytest.raises(RepeatedComparison):
        comparisons_from_events([1, 4], [20, 30], treatment=["A", "A"], study=["1", "1"])
    with pytest.raises(InvalidInput, match="one arm only"):
        comparisons_from_events([1, 4], [20, 30], treatment=["A", "B"], study=["1", "2"])
