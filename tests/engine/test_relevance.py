"""Relevance: chances and responders as they must be for all effects."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import Scale
from analysis.engine.errors import InvalidInput
from analysis.engine.relevance import (
    RESPONSE_METHODS,
    probability_beyond,
    rate_beyond_threshold,
    responder_difference,
    share_of_scale,
    smd_to_points,
)

# A handful of operations in double precision.
EXACT = 1e-12
BENEFITS = st.floats(-2.0, 2.0)
RATES = st.floats(0.02, 0.98)
METHODS = st.sampled_from(RESPONSE_METHODS)


def test_points_scale_with_the_standard_deviation() -> None:
    assert smd_to_points([-0.5, -1.0], sd=2.4).tolist() == [-1.2, -2.4]
    assert float(share_of_scale(-1.2, scale=Scale(0, 24))) == pytest.approx(-0.05, rel=EXACT)
    with pytest.raises(InvalidInput, match="sd must be above 0"):
        smd_to_points(0.5, sd=0.0)


@given(mean=BENEFITS, sd=st.floats(0.1, 3.0), threshold=BENEFITS, df=st.none() | st.integers(1, 50))
def test_chance_beyond_and_below_are_one(mean: float, sd: float, threshold: float, df: int | None) -> None:
    beyond = probability_beyond(threshold, mean=mean, sd=sd, df=df)
    below = probability_beyond(-threshold, mean=-mean, sd=sd, df=df)

    assert beyond + below == pytest.approx(1.0, abs=EXACT)
    assert probability_beyond(mean, mean=mean, sd=sd, df=df) == pytest.approx(0.5, abs=EXACT)


def test_t_leaves_more_in_its_tails() -> None:
    # R 4.2.2: pt(-1, 3) and pnorm(-1).
    assert probability_beyond(1.0, mean=0.0, sd=1.0, df=3) == pytest.approx(0.1955011094778853, rel=EXACT)
    assert probability_beyond(1.0, mean=0.0, sd=1.0) == pytest.approx(0.1586552539314571, rel=EXACT)


@given(rate=RATES, method=METHODS)
def test_no_benefit_gives_no_more_responders(rate: float, method: str) -> None:
    assert float(responder_difference(0.0, comparator_rate=rate, method=method)) == pytest.approx(0.0, abs=EXACT)


@given(rate=RATES, method=METHODS, one=BENEFITS, two=BENEFITS)
def test_responders_rise_with_the_benefit(rate: float, method: str, one: float, two: float) -> None:
    low, high = responder_difference(sorted((one, two)), comparator_rate=rate, method=method)

    assert low <= high + EXACT
    assert low >= -1.0
    assert high <= 1.0


@given(rate=RATES, benefit=BENEFITS, method=METHODS)
def test_non_responders_are_the_mirror_of_responders(rate: float, benefit: float, method: str) -> None:
    more = float(responder_difference(benefit, comparator_rate=rate, method=method))
    fewer = float(responder_difference(-benefit, comparator_rate=1.0 - rate, method=method))

    assert more == pytest.approx(-fewer, abs=EXACT)


@given(mean=BENEFITS, sd=st.floats(0.5, 3.0), shift=BENEFITS, threshold=BENEFITS)
def test_normal_threshold_is_the_method_of_furukawa_and_leucht(
    mean: float, sd: float, shift: float, threshold: float
) -> None:
    comparator = rate_beyond_threshold(threshold, mean=mean, sd=sd, direction="lower")
    experimental = rate_beyond_threshold(threshold, mean=mean - shift * sd, sd=sd, direction="lower")

    # Phi and its inverse lose up to 1e-9 where the rate is within 1e-7 of 1.
    difference = float(responder_difference(shift, comparator_rate=comparator)) if 0.0 < comparator < 1.0 else np.nan
    assert experimental - comparator == pytest.approx(difference, abs=1e-9)


def test_threshold_is_reached_from_either_side() -> None:
    low = rate_beyond_threshold(3.0, mean=5.0, sd=2.0, direction="lower")
    high = rate_beyond_threshold(3.0, mean=5.0, sd=2.0, direction="higher")

    assert low == pytest.approx(0.1586552539314571, rel=EXACT)
    assert low + high == pytest.approx(1.0, rel=EXACT)
