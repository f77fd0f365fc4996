"""Descriptives: quantiles of all nine types against R, and what holds for all numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine.descriptives import QUANTILE_TYPES, describe, quantiles
from analysis.engine.errors import OutOfRange, TooFewStudies

# Sums of a few products in double precision.
EXACT = 1e-12
SAMPLE = [12, 30, 45, 45, 61, 80, 98, 120, 44, 31]
FRACTIONS = [0.0, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.95, 1.0]
# R 4.2.2: quantile(c(12, 30, 45, 45, 61, 80, 98, 120, 44, 31), c(0, .1, .25, 1/3, .5, .75, .95, 1), type = t)
R_QUANTILES = {
    1: [12, 12, 31, 44, 45, 80, 120, 120],
    2: [12, 21, 31, 44, 45, 80, 120, 120],
    3: [12, 12, 30, 31, 45, 80, 120, 120],
    4: [
        12.00000000000000,
        12.00000000000000,
        30.50000000000000,
        35.33333333333333,
        45.00000000000000,
        70.50000000000000,
        109.00000000000000,
        120.00000000000000,
    ],
    5: [
        12.00000000000000,
        21.00000000000000,
        31.00000000000000,
        41.83333333333334,
        45.00000000000000,
        80.00000000000000,
        120.00000000000000,
        120.00000000000000,
    ],
    6: [
        12.00000000000000,
        13.80000000000000,
        30.75000000000000,
        39.66666666666666,
        45.00000000000000,
        84.50000000000000,
        120.00000000000000,
        120.00000000000000,
    ],
    7: [12.00, 28.20, 34.25, 44.00, 45.00, 75.25, 110.10, 120.00],
    8: [
        12.00000000000000,
        18.60000000000000,
        30.91666666666666,
        41.11111111111111,
        45.00000000000000,
        81.49999999999997,
        120.00000000000000,
        120.00000000000000,
    ],
    9: [
        12.00000000000000,
        19.20000000000000,
        30.93750000000000,
        41.29166666666666,
        45.00000000000000,
        81.12500000000000,
        120.00000000000000,
        120.00000000000000,
    ],
}
NUMBERS = st.lists(st.integers(-1000, 1000).map(lambda value: value / 8.0), min_size=1, max_size=30)


@pytest.mark.parametrize("quantile_type", QUANTILE_TYPES)
def test_quantiles_agree_with_r(quantile_type: int) -> None:
    found = quantiles(SAMPLE, fractions=FRACTIONS, quantile_type=quantile_type)

    assert found == pytest.approx(R_QUANTILES[quantile_type], abs=EXACT)


def test_rounding_of_a_position_moves_no_quantile() -> None:
    # 0.15 * 20 is 3 but for rounding: type 1 takes the third value, not the fourth.
    assert float(quantiles(range(1, 21), fractions=0.15, quantile_type=1)) == 3.0
    assert float(quantiles(range(1, 11), fractions=0.7, quantile_type=2)) == 7.5


@given(values=NUMBERS, quantile_type=st.sampled_from(QUANTILE_TYPES))
def test_quantiles_rise_and_stay_among_the_values(values: list[float], quantile_type: int) -> None:
    found = quantiles(values, fractions=np.linspace(0.0, 1.0, 21), quantile_type=quantile_type)

    # A point between two values is off by one rounding at most.
    assert np.all(np.diff(found) >= -1e-12)
    assert min(values) <= found[0]
    assert found[-1] <= max(values)


@given(values=NUMBERS, shift=st.integers(-50, 50), quantile_type=st.sampled_from(QUANTILE_TYPES))
def test_description_moves_with_its_values(values: list[float], shift: int, quantile_type: int) -> None:
    one, two = (
        describe(values, quantile_type=quantile_type),
        describe(np.array(values) + shift, quantile_type=quantile_type),
    )

    # Two roundings at the size of the values, at most 200.
    assert two.median == pytest.approx(one.median + shift, abs=1e-10)
    assert two.mean == pytest.approx(one.mean + shift, abs=1e-10)
    assert two.iqr == pytest.approx(one.iqr, abs=1e-10)


def test_one_number_has_no_standard_deviation() -> None:
    found = describe([7.0])

    assert (found.k, found.mean, found.sd, found.iqr) == (1, 7.0, None, 0.0)


def test_no_number_and_an_unknown_type_are_refused() -> None:
    with pytest.raises(TooFewStudies):
        describe([])
    with pytest.raises(OutOfRange, match="quantile_type must be whole, from 1 to 9"):
        describe([1.0], quantile_type=10)
    with pytest.raises(OutOfRange, match="between 0 and 1"):
        quantiles([1.0], fractions=25)
