"""Fail-safe N, excess significance and the Henmi-Copas interval: what must hold for all data, and edge cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.engine.errors import InvalidInput, UndefinedResult
from analysis.engine.pooling import pool
from analysis.engine.small_study import excess_significance, fail_safe_n, henmi_copas
from tests.engine.strategies import studies

YI, VI = [0.9, 0.4, 0.6, 0.1, 0.3, 0.2], [0.30, 0.10, 0.16, 0.01, 0.05, 0.02]


@given(studies(least=2))
@settings(max_examples=50, deadline=None)
def test_rosenberg_is_the_smallest_number_that_loses_significance(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = drawn
    found = fail_safe_n(yi, vi, method="Rosenberg").fail_safe_n
    assume(0 < found < 10_000)

    def p_value(number: int) -> float:
        """Return the p value with that many studies of effect 0 and mean weight."""
        mean = 1.0 / np.mean(1.0 / vi)
        filled = np.concatenate([yi, np.zeros(number)]), np.concatenate([vi, np.full(number, mean)])
        return pool(*filled, tau2_method="CE", ci_method="wald").p_value

    # A number that solves the equation exactly may come out on either side of 0.05 by rounding.
    assert p_value(found) >= 0.05 * (1.0 - 1e-7)
    assert p_value(found - 1) < 0.05 * (1.0 + 1e-7)


def test_fail_safe_numbers_without_effect_are_zero() -> None:
    yi, vi = [0.1, -0.1, 0.05, 0.0], [0.2, 0.2, 0.3, 0.1]

    for method in ("Rosenthal", "Fisher", "Rosenberg", "General"):
        assert fail_safe_n(yi, vi, method=method).fail_safe_n == 0


def test_orwin_takes_the_sign_of_the_observed_effect() -> None:
    found = fail_safe_n([-0.4, -0.6], [0.1, 0.2], method="Orwin", target=0.1)

    # Two studies with mean -0.5: eight more without effect bring it to -0.1.
    assert (found.estimate, found.target, found.fail_safe_n) == (-0.5, -0.1, 8)
    with pytest.raises(UndefinedResult, match="no number of studies without effect brings it to 0"):
        fail_safe_n([0.4, 0.6], [0.1, 0.2], method="Orwin", target=0.0)
    with pytest.raises(UndefinedResult, match="the observed effect is 0"):
        fail_safe_n([0.5, -0.5], [0.1, 0.2], method="Orwin")


def test_fisher_is_the_smallest_number_above_alpha() -> None:
    found = fail_safe_n(YI, VI, method="Fisher")
    z = np.array(YI) / np.sqrt(VI)

    def combined(number: int) -> float:
        """Return Fisher's combined p value with that many studies at p = 0.5."""
        from scipy import stats

        p = np.concatenate([stats.norm.sf(np.abs(z)), np.full(number, 0.5)])
        return float(stats.combine_pvalues(p, method="fisher").pvalue)

    assert combined(found.fail_safe_n) >= 0.05 > combined(found.fail_safe_n - 1)


def test_general_number_reaches_its_target() -> None:
    for is_exact in (False, True):
        found = fail_safe_n(YI, VI, method="General", target=0.1, is_exact=is_exact)
        assert found.filled_estimate is not None
        assert found.estimate is not None
        assert found.filled_estimate <= 0.1 < found.estimate
        assert found.alpha is None
    negative = fail_safe_n(-np.array(YI), VI, method="General", target=0.1)
    assert negative.target == -0.1


def test_general_number_under_hksj_is_exact() -> None:
    found = fail_safe_n(YI, VI, method="General", ci_method="hksj")
    again = fail_safe_n(YI, VI, method="General", ci_method="hksj", is_exact=True)

    assert found.fail_safe_n == again.fail_safe_n > 0
    assert found.filled_p_value is not None
    assert found.filled_p_value >= 0.05


@given(studies(least=1, most=9), st.sampled_from(["two-sided", "greater", "less"]))
@settings(max_examples=40, deadline=None)
def test_expected_number_is_the_sum_of_powers(drawn: tuple[np.ndarray, np.ndarray], alternative: str) -> None:
    yi, vi = drawn

    found = excess_significance(yi, vi, effect=0.4, tau2=0.1, alternative=alternative)

    assert 0 <= found.observed <= found.k
    assert found.expected == pytest.approx(found.power.sum(), rel=1e-15)
    assert np.all((found.power > 0.0) & (found.power <= 1.0))
    assert 0.0 <= found.p_value <= 1.0
    assert found.observed == found.is_significant.sum()


def test_exact_test_adds_up_all_ways() -> None:
    found = excess_significance(1.5 * np.array(YI), VI, effect=0.3, tau2=0.0, test="exact")
    assert found.observed == 4
    total = 0.0
    for ways in range(2**6):
        chosen = np.array([ways >> i & 1 for i in range(6)], dtype=bool)
        if chosen.sum() >= found.observed:
            total += float(np.prod(np.where(chosen, found.power, 1.0 - found.power)))

    assert found.p_value == pytest.approx(total, rel=1e-12)


def test_effect_limit_is_where_the_test_is_at_its_level() -> None:
    yi = 2.0 * np.array(YI)
    (limit,) = excess_significance(yi, VI, tau2_method="CE").effect_limits
    assert limit is not None

    assert excess_significance(yi, VI, tau2=0.0, effect=limit).p_value == pytest.approx(0.10, rel=1e-9)
    assert excess_significance(yi, VI, effect=[0.1] * 6).effect_limits == ()
    assert excess_significance(yi, VI, effect=-0.1, tau2=0.0).effect_limits[0] == pytest.approx(-limit, rel=1e-9)


def test_effects_of_the_studies_must_be_as_many() -> None:
    with pytest.raises(InvalidInput, match="effect has 2 value"):
        excess_significance(YI, VI, effect=[0.1, 0.2])
    with pytest.raises(InvalidInput, match="tau2 must be at least 0, got -1"):
        excess_significance(YI, VI, tau2=-1.0)
    with pytest.raises(UndefinedResult, match="6 of 6 studies are expected significant"):
        excess_significance(YI, VI, effect=1000.0, tau2=0.0, test="chi2")


@given(studies(least=2), st.floats(0.5, 0.99))
@settings(max_examples=15, deadline=None)
def test_henmi_copas_interval_widens_with_its_level(drawn: tuple[np.ndarray, np.ndarray], level: float) -> None:
    yi, vi = drawn
    narrow, wide = henmi_copas(yi, vi, level=level), henmi_copas(yi, vi, level=level + 0.005)

    assert narrow.critical < wide.critical
    assert narrow.estimate == pytest.approx(
        pool(yi, vi, tau2_method="CE", ci_method="wald").estimate, rel=1e-12, abs=1e-12
    )
    assert narrow.ci_lower < narrow.estimate < narrow.ci_upper


def test_henmi_copas_of_many_equal_studies_is_the_normal_interval() -> None:
    yi = np.tile([0.0, 3.0], 5000)

    # tau2 is then far from 0 and known to one hundredth: 1.96 standard errors.
    assert henmi_copas(yi, np.full(10_000, 0.25)).critical == pytest.approx(1.959964, rel=1e-3)
