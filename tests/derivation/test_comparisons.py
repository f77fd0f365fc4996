"""Comparisons of a network from events: their counts, and arms without events beside others."""

import math

import pytest

from analysis.contract import Dataset, Need
from analysis.derivation import derive
from tests.derivation.content import arm, content, result, rules, study

KINDS = (None, "active", "passive")


def events(count, total, **values):
    return result(instrument="events", events=count, total=total, **values)


def comparisons_of(*counts, measure="OR", **changes):
    """Give the comparisons of one study with an arm for each pair of events and total, by their treatments."""
    arms = [arm(number + 1, events(*pair), kind=KINDS[number]) for number, pair in enumerate(counts)]
    named = rules(measure=measure, comparators=("active", "passive"), **changes)
    dataset: Dataset = derive(content(study(*arms)), named, frozenset({Need.COMPARISONS}))
    return {(row.treatment_1, row.treatment_2): row for row in dataset.comparisons}


def test_comparisons_from_events_carry_the_counts_of_both_arms():
    (row,) = comparisons_of((3, 50), (8, 60)).values()

    assert (row.treatment_1, row.events_1, row.total_1) == ("active", 8, 60)
    assert (row.treatment_2, row.events_2, row.total_2) == ("experimental", 3, 50)
    assert row.yi == pytest.approx(math.log(8 / 52) - math.log(3 / 47))


def test_counts_of_combined_arms_are_added_up():
    one, two = arm(1, events(3, 50)), arm(2, events(1, 40))
    row = study(one, two, arm(3, events(8, 60), kind="active"))
    dataset = derive(content(row), rules(measure="OR"), frozenset({Need.COMPARISONS}))
    (found,) = dataset.comparisons

    assert (found.events_2, found.total_2) == (4, 90)


def test_comparisons_from_means_carry_no_counts():
    first, second = (result(n=50, mean=mean, sd="2.0") for mean in ("3.0", "4.0"))
    row = study(arm(1, first), arm(2, second, kind="active"))
    (found,) = derive(content(row), rules(), frozenset({Need.COMPARISONS})).comparisons

    assert (found.n1, found.events_1, found.total_1, found.events_2, found.total_2) == (50.0, None, None, None, None)


@pytest.mark.parametrize("measure", ["OR", "RR"])
@pytest.mark.parametrize("whole", [False, True])
def test_two_arms_without_events_beside_another_keep_their_place(measure, whole):
    """Of three arms two have no event, or nothing else: the study still compares three pairs."""
    counts = [(50 if whole else 0, 50), (3, 60), (40 if whole else 0, 40)]
    rows = comparisons_of(*counts, measure=measure)

    assert set(rows) == {("active", "experimental"), ("active", "passive"), ("experimental", "passive")}
    alike = rows["experimental", "passive"]
    assert (alike.events_1, alike.total_1, alike.events_2, alike.total_2) == (*counts[0], *counts[2])
    around = rows["active", "passive"].yi - rows["active", "experimental"].yi
    assert alike.yi == pytest.approx(around)
    assert [source.split(": ")[1].split(",")[0] for source in alike.sources] == ["arm 1", "arm 3"]


def test_two_arms_without_events_alone_are_no_comparison():
    assert comparisons_of((0, 50), (0, 60)) == {}
    assert comparisons_of((0, 50), (0, 60), (0, 40)) == {}


def test_risk_differences_of_arms_without_events_are_comparisons_with_counts():
    (row,) = comparisons_of((0, 50), (0, 60), measure="RD").values()

    assert (row.events_1, row.total_1, row.events_2, row.total_2) == (0, 60, 0, 50)
