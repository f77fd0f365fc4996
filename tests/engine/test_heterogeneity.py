"""Heterogeneity statistics are what they are defined to be."""

import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from analysis.engine import TooFewStudies, estimate_tau2, measure_heterogeneity, pool, profile_tau2
from tests.engine.strategies import studies


@given(data=studies())
def test_q_is_the_weighted_sum_of_squares(data: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = data
    mean = np.average(yi, weights=1.0 / vi)

    found = measure_heterogeneity(yi, vi)

    # One sum written twice.
    assert found.q == pytest.approx(float(((yi - mean) ** 2 / vi).sum()), rel=1e-10)
    assert found.q_df == yi.size - 1
    assert found.q_p_value == pytest.approx(stats.chi2.sf(found.q, found.q_df), rel=1e-9, abs=1e-300)


@given(data=studies())
def test_i2_of_both_definitions_agree_for_dersimonian_laird(data: tuple[np.ndarray, np.ndarray]) -> None:
    common = measure_heterogeneity(*data)
    random = measure_heterogeneity(*data, tau2=estimate_tau2(*data, tau2_method="DL").tau2)

    # 1 - df / Q against tau2 / (tau2 + s2): equal algebra, and a difference of near numbers where Q is near df.
    assert random.i2 == pytest.approx(common.i2, rel=1e-8, abs=1e-10)
    assert random.h2 == pytest.approx(max(1.0, common.h2), rel=1e-8)


@given(data=studies())
def test_profile_ends_put_q_at_its_quantiles(data: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = data

    interval = profile_tau2(yi, vi)

    q, df = measure_heterogeneity(yi, vi).q, yi.size - 1
    low, high = stats.chi2.ppf([0.025, 0.975], df)
    if interval is None:
        assert q < low * (1 + 1e-12)
        return
    assert measure_heterogeneity(yi, vi + interval.tau2_ci_upper).q == pytest.approx(low, rel=1e-9)
    if interval.tau2_ci_lower > 0.0:
        assert measure_heterogeneity(yi, vi + interval.tau2_ci_lower).q == pytest.approx(high, rel=1e-9)
    else:
        assert q <= high * (1 + 1e-12)


def test_profile_interval_is_none_where_studies_agree_too_well() -> None:
    assert profile_tau2([0.10, 0.11, 0.10, 0.11], [1.0, 1.0, 1.0, 1.0]) is None
    fit = pool([0.10, 0.11, 0.10, 0.11], [1.0, 1.0, 1.0, 1.0])
    assert (fit.tau2, fit.tau2_ci_lower, fit.tau2_ci_upper) == (0.0, None, None)


@pytest.mark.parametrize("k", [0, 1])
def test_heterogeneity_needs_two_studies(k: int) -> None:
    for ask in (measure_heterogeneity, profile_tau2):
        with pytest.raises(TooFewStudies, match=f"^needs at least 2 studies, got {k}$"):
            ask([0.1] * k, [0.2] * k)


def test_profile_interval_covers_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(20240601)
    tau2, repeats = 0.2, 1000
    covered = 0
    for _ in range(repeats):
        vi = random.uniform(0.05, 0.4, 10)
        interval = profile_tau2(random.normal(0.0, np.sqrt(vi + tau2)), vi, level=0.9)
        covered += interval is not None and interval.tau2_ci_lower <= tau2 <= interval.tau2_ci_upper
    # Exact coverage of 90%, give or take four standard errors of 1000 draws.
    assert covered / repeats == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / repeats))
