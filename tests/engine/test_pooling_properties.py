"""What holds for all data."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.engine import CI_METHODS, TAU2_METHODS, leave_one_out, pool, profile_tau2
from tests.engine.strategies import VARIANCES, studies

METHODS = st.sampled_from(TAU2_METHODS)
INTERVALS = st.sampled_from(CI_METHODS)
# Sums in another order differ in the last digit; on the flat top of a likelihood that moves tau2 by its square root.
CLOSE = {"rel": 1e-7, "abs": 1e-9}


def numbers(fit: object) -> dict[str, float | None]:
    """Return the numbers of a result."""
    found = {field.name: getattr(fit, field.name) for field in dataclasses.fields(fit)}  # type: ignore[arg-type]
    return {name: value for name, value in found.items() if isinstance(value, float)}


@given(data=studies(), tau2_method=METHODS, ci_method=INTERVALS, level=st.floats(0.5, 0.999))
def test_results_are_finite_and_in_range(
    data: tuple[np.ndarray, np.ndarray], tau2_method: str, ci_method: str, level: float
) -> None:
    yi, vi = data

    fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method, level=level)

    assert all(math.isfinite(value) for value in numbers(fit).values() if value is not None)
    assert fit.tau2 >= 0.0
    assert fit.tau == math.sqrt(fit.tau2)
    assert fit.i2 is not None
    assert 0.0 <= fit.i2 < 1.0
    assert 0.0 <= fit.p_value <= 1.0
    assert fit.q_p_value is not None
    assert 0.0 <= fit.q_p_value <= 1.0
    assert fit.weights.sum() == pytest.approx(1.0, rel=1e-14)
    assert fit.weights.min() > 0.0
    assert yi.min() - 1e-12 <= fit.estimate <= yi.max() + 1e-12
    assert fit.ci_lower < fit.estimate < fit.ci_upper
    if fit.pi_lower is not None and fit.pi_upper is not None:
        assert fit.pi_lower <= fit.ci_lower
        assert fit.ci_upper <= fit.pi_upper
    if fit.tau2_ci_lower is not None and fit.tau2_ci_upper is not None:
        assert 0.0 <= fit.tau2_ci_lower <= fit.tau2_ci_upper


@given(data=studies(), tau2_method=METHODS, ci_method=INTERVALS, random=st.randoms(use_true_random=False))
def test_order_of_studies_does_not_matter(
    data: tuple[np.ndarray, np.ndarray], tau2_method: str, ci_method: str, random: object
) -> None:
    yi, vi = data
    order = list(range(yi.size))
    random.shuffle(order)  # type: ignore[attr-defined]

    fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)
    shuffled = pool(yi[order], vi[order], tau2_method=tau2_method, ci_method=ci_method)

    assert numbers(shuffled) == pytest.approx(numbers(fit), **CLOSE)
    assert shuffled.weights == pytest.approx(fit.weights[order], **CLOSE)


@given(data=studies(), tau2_method=METHODS, ci_method=INTERVALS, shift=st.integers(-1000, 1000))
def test_shift_of_effects_shifts_the_estimate_only(
    data: tuple[np.ndarray, np.ndarray], tau2_method: str, ci_method: str, shift: int
) -> None:
    yi, vi = data

    fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)
    moved = pool(yi + shift, vi, tau2_method=tau2_method, ci_method=ci_method)

    for name in ("estimate", "ci_lower", "ci_upper"):
        assert getattr(moved, name) == pytest.approx(getattr(fit, name) + shift, rel=1e-7, abs=1e-7)
    for name in ("se", "tau2", "i2", "h2", "q", "q_p_value"):
        # Decimals times 1000 lose three digits when shifted.
        assert getattr(moved, name) == pytest.approx(getattr(fit, name), rel=1e-6, abs=1e-8)


@given(data=studies(), tau2_method=METHODS, ci_method=INTERVALS, power=st.integers(-30, 30))
def test_change_of_unit_changes_the_unit_only(
    data: tuple[np.ndarray, np.ndarray], tau2_method: str, ci_method: str, power: int
) -> None:
    """Powers of two change no digit, so that the results are the same to rounding in logarithms."""
    yi, vi = data
    unit = 2.0**power

    fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)
    other = pool(yi * unit, vi * unit**2, tau2_method=tau2_method, ci_method=ci_method)

    for name, factor in (("estimate", unit), ("se", unit), ("ci_lower", unit), ("ci_upper", unit), ("i2", 1.0)):
        assert getattr(other, name) == pytest.approx(getattr(fit, name) * factor, rel=1e-7, abs=1e-9 * factor)
    assert other.tau2 == pytest.approx(fit.tau2 * unit**2, rel=1e-7, abs=1e-9 * unit**2)
    assert other.p_value == pytest.approx(fit.p_value, **CLOSE)


@given(data=studies(), ci_method=INTERVALS)
def test_mirror_of_effects_mirrors_the_result(data: tuple[np.ndarray, np.ndarray], ci_method: str) -> None:
    yi, vi = data

    fit, mirrored = pool(yi, vi, ci_method=ci_method), pool(-yi, vi, ci_method=ci_method)

    assert mirrored.estimate == -fit.estimate
    assert (mirrored.ci_lower, mirrored.ci_upper) == (-fit.ci_upper, -fit.ci_lower)
    assert (mirrored.tau2, mirrored.p_value) == (fit.tau2, fit.p_value)


@given(
    data=studies(),
    tau2_method=st.sampled_from(["DL", "HE", "HS", "HSk", "PM", "EB", "ML", "REML"]),
    ci_method=INTERVALS,
)
def test_random_effects_without_heterogeneity_are_the_common_effect(
    data: tuple[np.ndarray, np.ndarray], tau2_method: str, ci_method: str
) -> None:
    yi, vi = data
    # Pulled together until no estimator sees a difference.
    close = yi / (np.ptp(yi) / np.sqrt(vi.min())) / 4.0

    fit = pool(close, vi, tau2_method=tau2_method, ci_method=ci_method)
    common = pool(close, vi, tau2_method="CE", ci_method=ci_method)

    assert fit.tau2 == 0.0
    for name in ("estimate", "se", "statistic", "p_value", "ci_lower", "ci_upper"):
        assert getattr(fit, name) == getattr(common, name)
    assert fit.weights.tolist() == common.weights.tolist()


@given(data=studies(), v=VARIANCES, ci_method=INTERVALS)
def test_equal_variances_have_a_closed_form(data: tuple[np.ndarray, np.ndarray], v: float, ci_method: str) -> None:
    yi, _ = data
    vi = np.full(yi.size, v)
    variance, k = float(np.var(yi, ddof=1)), yi.size
    unbiased, biased = variance - v, variance * (k - 1) / k - v
    expected = dict.fromkeys(("DL", "HE", "PM", "EB", "REML", "HSk"), unbiased) | dict.fromkeys(("HS", "ML"), biased)

    for tau2_method, tau2 in expected.items():
        fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)
        assert fit.tau2 == pytest.approx(max(0.0, tau2), rel=1e-9, abs=1e-10 * v)
        assert fit.estimate == pytest.approx(yi.mean(), rel=1e-9, abs=1e-9)
        normal = math.sqrt((v + fit.tau2) / k)
        hksj = math.sqrt(variance / k)
        se = {"hksj": hksj, "hksj_adhoc": max(hksj, normal)}.get(ci_method, normal)
        assert fit.se == pytest.approx(se, rel=1e-9)


@given(data=studies(), low=st.floats(0.5, 0.9), high=st.floats(0.9, 0.999))
def test_a_higher_level_gives_a_wider_interval(data: tuple[np.ndarray, np.ndarray], low: float, high: float) -> None:
    assume(low < high)
    yi, vi = data

    narrow, wide = pool(yi, vi, level=low), pool(yi, vi, level=high)

    assert wide.ci_lower < narrow.ci_lower
    assert narrow.ci_upper < wide.ci_upper
    inner, outer = profile_tau2(yi, vi, level=low), profile_tau2(yi, vi, level=high)
    if inner is not None:
        assert outer is not None
        assert outer.tau2_ci_lower <= inner.tau2_ci_lower
        assert inner.tau2_ci_upper <= outer.tau2_ci_upper


@given(data=studies(least=3, most=7), tau2_method=METHODS)
def test_leave_one_out_is_pooling_without_the_study(data: tuple[np.ndarray, np.ndarray], tau2_method: str) -> None:
    yi, vi = data

    left = leave_one_out(yi, vi, tau2_method=tau2_method, ci_method="wald")

    for i in range(yi.size):
        fit = pool(np.delete(yi, i), np.delete(vi, i), tau2_method=tau2_method, ci_method="wald")
        for name in ("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2", "i2", "q"):
            # The same formulas in another order of adding: the last digits differ, tau2 on a flat top by a few more.
            assert getattr(left, name)[i] == pytest.approx(getattr(fit, name), rel=1e-9, abs=1e-11)


@given(data=studies(), tau2_method=METHODS)
def test_the_same_question_has_the_same_answer_to_the_bit(
    data: tuple[np.ndarray, np.ndarray], tau2_method: str
) -> None:
    first, second = pool(*data, tau2_method=tau2_method), pool(*data, tau2_method=tau2_method)

    assert numbers(first) == numbers(second)
