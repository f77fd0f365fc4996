"""Tetrachoric correlations, and pooled values turned back to the scale on which they are read."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine.effects import back_transform, escalc, rtet
from analysis.engine.errors import InvalidInput, OutOfRange


@given(a=st.integers(1, 300), b=st.integers(1, 300))
def test_tetrachoric_correlation_of_medians_is_a_sine(a: int, b: int) -> None:
    """With both variables cut at their medians, the first quadrant has 1/4 + asin(rho) / (2 pi)."""
    effects = rtet(ai=a, bi=b, ci=b, di=a)

    # The quadrant is known to 1e-16, its slope is at least 1 / (2 pi) there.
    assert effects.yi[0] == pytest.approx(math.sin(2 * math.pi * (a / (2 * (a + b)) - 0.25)), abs=1e-14)


@given(cells=st.tuples(*[st.integers(1, 200)] * 4))
def test_tetrachoric_correlation_is_that_of_the_turned_table(cells: tuple[int, int, int, int]) -> None:
    a, b, c, d = cells

    straight, turned, opposite = (
        rtet(ai=a, bi=b, ci=c, di=d),
        rtet(ai=a, bi=c, ci=b, di=d),
        rtet(ai=b, bi=a, ci=d, di=c),
    )

    assert -1.0 < straight.yi[0] < 1.0
    # The table determines the correlation to 1e-16 over the density there, which is small near -1 and 1.
    assert turned.yi[0] == pytest.approx(straight.yi[0], abs=1e-10)
    assert opposite.yi[0] == pytest.approx(-straight.yi[0], abs=1e-10)
    assert turned.vi[0] == pytest.approx(straight.vi[0], rel=1e-6)


BACK: dict[str, tuple[dict[str, Any], float | None, float]] = {
    "PLO": ({"xi": 5, "ni": 20}, None, 0.25),
    "PAS": ({"xi": 5, "ni": 20}, None, 0.25),
    "PFT": ({"xi": 5, "ni": 20}, 20, 0.25),
    "PLN": ({"xi": 5, "ni": 20}, None, 0.25),
    "PR": ({"xi": 5, "ni": 20}, None, 0.25),
    "IRLN": ({"xi": 5, "ti": 20}, None, 0.25),
    "IRS": ({"xi": 5, "ti": 20}, None, 0.25),
    "IRFT": ({"xi": 5, "ti": 20}, 20, 0.25),
    "ZCOR": ({"ri": -0.4, "ni": 20}, None, -0.4),
    "AHW": ({"ai": 0.7, "mi": 5, "ni": 20}, None, 0.7),
    "ABT": ({"ai": 0.7, "mi": 5, "ni": 20}, None, 0.7),
    "RR": ({"ai": 5, "n1i": 20, "ci": 8, "n2i": 16}, None, 0.5),
}


@pytest.mark.parametrize("measure", BACK)
def test_back_transformation_gives_what_went_in(measure: str) -> None:
    columns, size, expected = BACK[measure]

    effects = escalc(measure, **columns)

    assert back_transform(measure, effects.yi, size=size)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("size", [1, 2.5, 40])
def test_freeman_tukey_ends_are_proportions_of_0_and_1(size: float) -> None:
    for events, expected in ((0.0, 0.0), (size, 1.0)):
        value = escalc("PFT", xi=events, ni=size).yi
        assert back_transform("PFT", value, size=size)[0] == pytest.approx(expected, abs=1e-7)
    assert back_transform("PFT", [-1.0, 2.0], size=size).tolist() == pytest.approx([0.0, 1.0], abs=1e-7)


def test_freeman_tukey_needs_a_size_to_go_back() -> None:
    with pytest.raises(InvalidInput, match="PFT needs a size to be turned back; got none"):
        back_transform("PFT", 0.5)
    with pytest.raises(OutOfRange, match="size must be above 0"):
        back_transform("IRFT", 0.5, size=0)
