"""Scales: conversion keeps what it must keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import (
    EngineError,
    Scale,
    convert_difference,
    convert_mean,
    convert_sd,
    convert_se,
    pool,
    reverse_difference,
    reverse_mean,
)

RMDQ, NRS, VAS, ODI = Scale(0, 24), Scale(0, 10), Scale(0, 100), Scale(0, 100)
SCALES = st.tuples(st.integers(-50, 50), st.integers(1, 200)).map(lambda ends: Scale(ends[0], ends[0] + ends[1]))


def test_rmdq_converts_to_ten_points() -> None:
    assert float(convert_mean(12.0, source=RMDQ, target=NRS)) == 5.0
    assert float(convert_difference(-2.4, source=RMDQ, target=NRS)) == pytest.approx(-1.0, rel=1e-15)
    assert float(convert_sd(6.0, source=RMDQ, target=NRS)) == 2.5
    assert float(convert_se(0.6, source=RMDQ, target=NRS)) == pytest.approx(0.25, rel=1e-15)


def test_scale_that_does_not_start_at_zero_moves_means_only() -> None:
    likert = Scale(1, 5)

    assert float(convert_mean(3.0, source=likert, target=VAS)) == 50.0
    assert float(convert_difference(1.0, source=likert, target=VAS)) == 25.0


def test_reversal_turns_means_and_differences() -> None:
    assert float(reverse_mean(30.0, scale=VAS)) == 70.0
    assert float(reverse_mean(1.5, scale=Scale(1, 5))) == 4.5
    assert float(reverse_difference(2.0)) == -2.0
    assert str(float(reverse_difference(0.0))) == "0.0"


@given(source=SCALES, target=SCALES, share=st.floats(0, 1), other=st.floats(0, 1))
def test_conversion_back_gives_the_same_and_differences_stay_differences(
    source: Scale, target: Scale, share: float, other: float
) -> None:
    one = min(source.minimum + share * source.width, source.maximum)
    two = min(source.minimum + other * source.width, source.maximum)

    there = convert_mean([one, two], source=source, target=target)

    # Two roundings at the size of the ends of the wider scale.
    close = 1e-12 * max(abs(source.minimum), abs(source.maximum), source.width)
    inside = np.clip(there, target.minimum, target.maximum)
    assert convert_mean(inside, source=target, target=source) == pytest.approx([one, two], abs=close)
    difference = convert_difference(one - two, source=source, target=target)
    assert float(difference) == pytest.approx(there[0] - there[1], abs=1e-12 * (abs(target.minimum) + target.width))


@given(scale=SCALES, values=st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_conversion_of_a_mean_is_the_mean_of_the_conversions(scale: Scale, values: list[float]) -> None:
    raw = np.clip(scale.minimum + np.array(values) * scale.width, scale.minimum, scale.maximum)
    converted = convert_mean(raw, source=scale, target=NRS)

    mean = float(np.clip(raw.mean(), scale.minimum, scale.maximum))
    assert float(convert_mean(mean, source=scale, target=NRS)) == pytest.approx(converted.mean(), abs=1e-12)
    sd = convert_sd(raw.std(ddof=1), source=scale, target=NRS)
    assert float(sd) == pytest.approx(converted.std(ddof=1), abs=1e-12)


def test_pooling_before_or_after_conversion_is_the_same() -> None:
    yi, se = np.array([-2.0, -0.5, -3.1, 0.4]), np.array([0.6, 0.9, 0.5, 1.1])

    before = pool(yi, se**2)
    after = pool(convert_difference(yi, source=RMDQ, target=NRS), convert_se(se, source=RMDQ, target=NRS) ** 2)

    # The optimum of the likelihood in another unit.
    assert after.estimate == pytest.approx(
        float(convert_difference(before.estimate, source=RMDQ, target=NRS)), rel=1e-9
    )
    assert after.p_value == pytest.approx(before.p_value, rel=1e-8)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: Scale(10, 10), "maximum must be above minimum 10, got 10"),
        (lambda: Scale(10, 0), "maximum must be above minimum 10, got 0"),
        (lambda: Scale(0, float("inf")), "maximum is missing or infinite"),
        (
            lambda: convert_mean(25, source=RMDQ, target=NRS),
            "mean must be on its scale from 0 to 24, got 25 at index 0",
        ),
        (lambda: reverse_mean(-1, scale=ODI), "mean must be on its scale from 0 to 100, got -1 at index 0"),
        (lambda: convert_sd(-1, source=RMDQ, target=NRS), "sd must be at least 0, got -1 at index 0"),
        (lambda: convert_se([1, -1], source=RMDQ, target=NRS), "se must be at least 0, got -1 at index 1"),
    ],
)
def test_what_is_not_on_a_scale_is_refused(ask: object, sentence: str) -> None:
    with pytest.raises(EngineError) as caught:
        ask()  # type: ignore[operator]

    assert str(caught.value).startswith(sentence)
