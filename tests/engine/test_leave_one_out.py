"""Leaving one study out: what is left, and when nothing is."""

import pytest

from analysis.engine import TooFewStudies, UndefinedResult, leave_one_out


@pytest.mark.parametrize("k", [0, 1])
def test_leave_one_out_needs_two_studies(k: int) -> None:
    with pytest.raises(TooFewStudies, match=f"^needs at least 2 studies, got {k}$"):
        leave_one_out([0.1] * k, [0.2] * k)


def test_two_studies_leave_each_other() -> None:
    left = leave_one_out([0.1, 0.9], [0.04, 0.09])

    assert left.estimate.tolist() == [0.9, 0.1]
    assert left.se.tolist() == pytest.approx([0.3, 0.2], rel=1e-15)
    assert left.tau2.tolist() == [0.0, 0.0]
    assert (left.i2, left.q) == (None, None)
    assert (left.k, left.ci_method, left.tau2_method, left.level) == (2, "wald", "REML", 0.95)


def test_arrays_cannot_be_changed() -> None:
    left = leave_one_out([0.1, 0.9, 0.5], [0.04, 0.09, 0.1])

    with pytest.raises(ValueError, match="read-only"):
        left.estimate[0] = 1.0


def test_rest_without_hksj_interval_is_an_error() -> None:
    with pytest.raises(UndefinedResult, match="all 2 effects are equal"):
        leave_one_out([0.1, 0.1, 0.5], [0.04, 0.09, 0.1])
