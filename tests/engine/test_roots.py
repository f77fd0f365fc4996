"""The root finder ends, and says so when it does not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import NotConverged
from analysis.engine.roots import find_root


@given(root=st.floats(1e-6, 1e6), power=st.integers(1, 7))
def test_root_of_a_power_is_found(root: float, power: int) -> None:
    found = find_root(
        lambda x: (root**power - x**power, -power * x ** (power - 1)), 0.0, 4.0 * root, what="x", smallest=1e-9
    )

    # Four units in the last place of the search, and the rounding of the power.
    assert found == pytest.approx(root, rel=1e-13)


def test_root_is_found_where_the_slope_misleads() -> None:
    found = find_root(lambda x: (math.copysign(abs(2.0 - x) ** 0.1, 2.0 - x), -1e-9), 0.0, 1e6, what="x", smallest=1e-9)

    assert found == pytest.approx(2.0, rel=1e-14)


def test_root_at_zero_is_found_to_the_smallest_size_that_matters() -> None:
    assert find_root(lambda x: (-x, -1.0), 0.0, 1.0, what="x", smallest=1e-3) <= 1e-18


def test_search_without_end_is_an_error() -> None:
    with pytest.raises(NotConverged, match=r"^the search for tau2 did not converge in 400 iterations$"):
        find_root(lambda x: (-1.0, 0.0), 0.0, 1.0, what="tau2", smallest=0.0)
