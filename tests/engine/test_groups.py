"""Groups: combined as if from their participants, split without inventing any."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import (
    EngineError,
    EventGroup,
    MeanGroup,
    combine_events,
    combine_means,
    md,
    rr,
    split_events,
    split_means,
)

# Sums of squares in another order.
ROUNDING = 1e-9
SAMPLES = st.lists(st.lists(st.integers(-1000, 1000), min_size=2, max_size=8), min_size=1, max_size=5)


def summary(sample: list[int]) -> MeanGroup:
    """Return n, mean and SD of a sample."""
    return MeanGroup(n=float(len(sample)), mean=float(np.mean(sample)), sd=float(np.std(sample, ddof=1)))


def combine(groups: list[MeanGroup]) -> MeanGroup:
    """Return the groups as one."""
    return combine_means(
        n=[group.n for group in groups], mean=[group.mean for group in groups], sd=[group.sd for group in groups]
    )


def close(one: MeanGroup, other: MeanGroup) -> None:
    """Assert that two groups are the same to rounding."""
    assert one.n == other.n
    assert one.mean == pytest.approx(other.mean, rel=ROUNDING, abs=ROUNDING)
    assert one.sd == pytest.approx(other.sd, rel=ROUNDING, abs=1e-6)


@given(samples=SAMPLES)
def test_combined_groups_are_the_pooled_raw_data(samples: list[list[int]]) -> None:
    close(combine([summary(sample) for sample in samples]), summary([value for sample in samples for value in sample]))


@given(samples=SAMPLES.filter(lambda samples: len(samples) > 2))
def test_combination_is_associative_and_commutative(samples: list[list[int]]) -> None:
    groups = [summary(sample) for sample in samples]

    at_once = combine(groups)

    step_by_step = groups[0]
    for group in groups[1:]:
        step_by_step = combine([step_by_step, group])
    close(step_by_step, at_once)
    close(combine(groups[::-1]), at_once)


def test_two_groups_follow_the_handbook_6_5_2_10() -> None:
    n1, m1, s1, n2, m2, s2 = 25.0, 10.0, 3.0, 30.0, 12.0, 4.0
    total = n1 + n2
    # The Handbook's own way of writing the formula.
    cross = n1 * n2 / total * (m1**2 + m2**2 - 2 * m1 * m2)
    sd = (((n1 - 1) * s1**2 + (n2 - 1) * s2**2 + cross) / (total - 1)) ** 0.5

    found = combine_means(n=[n1, n2], mean=[m1, m2], sd=[s1, s2])

    assert found.n == total
    assert found.mean == pytest.approx((n1 * m1 + n2 * m2) / total, rel=1e-14)
    assert found.sd == pytest.approx(sd, rel=1e-14)


def test_one_group_is_itself() -> None:
    assert combine_means(n=[7], mean=[1.5], sd=[2.5]) == MeanGroup(n=7.0, mean=1.5, sd=2.5)


def test_events_add_up() -> None:
    assert combine_events(events=[3, 4, 0], total=[10, 20, 5]) == EventGroup(events=7.0, total=35.0)


@given(n=st.integers(2, 500), comparisons=st.integers(1, 6))
def test_split_means_keep_mean_and_sd_and_share_the_participants(n: int, comparisons: int) -> None:
    part = split_means(n=n, mean=4.5, sd=1.5, comparisons=comparisons)

    assert (part.mean, part.sd) == (4.5, 1.5)
    assert part.n * comparisons == pytest.approx(n, rel=1e-15)


def test_split_events_keep_the_risk() -> None:
    part = split_events(events=5, total=40, comparisons=2)

    assert part == EventGroup(events=2.5, total=20.0)


def test_split_arms_are_accepted_as_arms() -> None:
    means = split_means(n=25, mean=4.5, sd=1.5, comparisons=2)
    events = split_events(events=5, total=25, comparisons=2)

    assert md(m1i=3, sd1i=1, n1i=20, m2i=means.mean, sd2i=means.sd, n2i=means.n).vi[0] == 1 / 20 + 2.25 / 12.5
    assert rr(ai=4, n1i=20, ci=events.events, n2i=events.total).yi[0] == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: combine_means(n=[], mean=[], sd=[]), "needs at least 1 group, got 0"),
        (lambda: combine_means(n=[1, 2], mean=[1], sd=[1, 1]), "mean has 1 value(s), but n has 2"),
        (lambda: combine_means(n=[1, 0], mean=[1, 1], sd=[1, 1]), "n must be above 0, got 0 at index 1"),
        (lambda: combine_means(n=[5, 5], mean=[1, 1], sd=[1, -1]), "sd must be at least 0, got -1 at index 1"),
        (lambda: combine_means(n=[5, 0.5], mean=[1, 1], sd=[1, 1]), "n must be at least 1 to be combined, got 0.5"),
        (lambda: combine_means(n=[0.5, 0.5], mean=[1, 1], sd=[1, 1]), "the combined standard deviation is undefined"),
        (lambda: combine_events(events=[3], total=[2]), "events must be at most total, got 3 at index 0"),
        (lambda: combine_events(events=[-1], total=[2]), "events must be at least 0, got -1 at index 0"),
        (lambda: split_means(n=10, mean=1, sd=1, comparisons=0), "comparisons must be a whole number of at least 1"),
        (
            lambda: split_events(events=1, total=10, comparisons=True),
            "comparisons must be a whole number of at least 1",
        ),
    ],
)
def test_impossible_groups_are_refused(ask: object, sentence: str) -> None:
    with pytest.raises(EngineError) as caught:
        ask()  # type: ignore[operator]

    assert str(caught.value).startswith(sentence)
