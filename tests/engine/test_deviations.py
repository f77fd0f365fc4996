"""Standard deviations from what reports print: the Handbook's worked examples, and samples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats

from analysis.engine import (
    EngineError,
    correlation_from_sds,
    pooled_sd,
    sd_from_ci,
    sd_from_quartiles,
    sd_from_se,
    sd_of_change,
)

# Printed with two decimals.
PRINTED = 5e-3
SDS = st.floats(0.1, 100)


def test_sd_from_ci_of_handbook_6_5_2_2() -> None:
    """Mean 32.1, interval 30.0 to 34.2, 25 participants: 5 x (34.2 - 30.0) / 4.128 = 5.09."""
    assert float(sd_from_ci(ci_lower=30.0, ci_upper=34.2, n=25)) == pytest.approx(5.09, abs=PRINTED)


def test_sd_from_ci_of_large_groups_divides_by_3_92() -> None:
    sd = float(sd_from_ci(ci_lower=0.0, ci_upper=1.0, n=100, distribution="normal"))

    assert 10.0 / sd == pytest.approx(3.92, abs=PRINTED)


def test_sd_from_se_is_se_times_root_n() -> None:
    assert float(sd_from_se(se=1.5, n=16)) == 6.0


@pytest.mark.parametrize(("baseline", "final", "change", "printed"), [(6.4, 7.1, 4.5, 0.78), (7.0, 6.9, 4.2, 0.82)])
def test_correlation_of_handbook_6_5_2_8(baseline: float, final: float, change: float, printed: float) -> None:
    r = correlation_from_sds(sd_baseline=baseline, sd_final=final, sd_change=change)

    assert float(r) == pytest.approx(printed, abs=PRINTED)
    assert float(sd_of_change(sd_baseline=baseline, sd_final=final, r=r)) == pytest.approx(change, rel=1e-13)


def test_sd_of_change_of_handbook_crossover_example() -> None:
    """Handbook 5.1, 16.4.6.4: SDs 2.38 and 2.21, correlation 0.68, 10 participants: the SE is 0.583."""
    sd = float(sd_of_change(sd_baseline=2.38, sd_final=2.21, r=0.68))

    assert sd / math.sqrt(10) == pytest.approx(0.583, abs=5e-4)


def test_pooled_sd_of_handbook_crossover_example() -> None:
    """Handbook 5.1, 16.4.6.4: a difference of 0.5 is a standardised one of 0.218."""
    assert 0.5 / pooled_sd(sd=[2.38, 2.21], n=[10, 10]) == pytest.approx(0.218, abs=5e-4)


def test_quartiles_of_the_handbook_are_1_35_wide() -> None:
    assert float(sd_from_quartiles(q1=2.0, q3=4.7, method="handbook")) == pytest.approx(2.0, rel=1e-14)


@pytest.mark.parametrize("quarter", [3, 10, 25, 100])
def test_quartiles_of_wan_match_the_expected_quartiles_of_a_sample(quarter: int) -> None:
    """Wan (2014): of n = 4Q + 1 normal values, the quartiles are the order statistics Q + 1 and 3Q + 1."""
    n, rank = 4 * quarter + 1, 3 * quarter + 1
    log_count = special.gammaln(n + 1) - special.gammaln(rank) - special.gammaln(n - rank + 1)

    def density(z: float) -> float:
        """Return z times the density of the order statistic."""
        tails = (rank - 1) * stats.norm.logcdf(z) + (n - rank) * stats.norm.logsf(z)
        return float(z * np.exp(log_count + tails + stats.norm.logpdf(z)))

    expected = integrate.quad(density, -8, 8, points=[0.0, 0.7, 1.4])[0]

    sd = float(sd_from_quartiles(q1=-expected, q3=expected, n=n))

    # Their closed form approximates the expected order statistics; worst for the smallest samples.
    assert sd == pytest.approx(1.0, abs=0.01)


def test_quartiles_of_wan_approach_the_normal_width() -> None:
    assert float(sd_from_quartiles(q1=0.0, q3=2 * stats.norm.ppf(0.75), n=10**8)) == pytest.approx(1.0, abs=1e-7)


@given(sd_baseline=SDS, sd_final=SDS, r=st.floats(-0.999, 0.999))
def test_correlation_and_sd_of_change_undo_each_other(sd_baseline: float, sd_final: float, r: float) -> None:
    change = sd_of_change(sd_baseline=sd_baseline, sd_final=sd_final, r=r)
    back = correlation_from_sds(sd_baseline=sd_baseline, sd_final=sd_final, sd_change=change)

    # Very unequal SDs leave few digits of the correlation.
    assert float(back) == pytest.approx(r, abs=1e-12 * max(sd_baseline / sd_final, sd_final / sd_baseline))


def test_sd_of_change_is_that_of_the_differences_of_a_sample() -> None:
    random = np.random.default_rng(7)
    baseline = random.normal(50, 10, 200)
    final = 0.6 * baseline + random.normal(0, 6, 200)
    r = np.corrcoef(baseline, final)[0, 1]

    sd = sd_of_change(sd_baseline=baseline.std(ddof=1), sd_final=final.std(ddof=1), r=r)

    assert float(sd) == pytest.approx((final - baseline).std(ddof=1), rel=1e-12)


@given(sds=st.lists(SDS, min_size=1, max_size=5), sizes=st.lists(st.integers(2, 100), min_size=5, max_size=5))
def test_pooled_sd_lies_between_the_arms(sds: list[float], sizes: list[int]) -> None:
    found = pooled_sd(sd=sds, n=sizes[: len(sds)])

    assert min(sds) * (1 - 1e-12) <= found <= max(sds) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: sd_from_se(se=0.0, n=10), "se must be above 0, got 0 at index 0"),
        (lambda: sd_from_se(se=1.0, n=0), "n must be above 0, got 0 at index 0"),
        (lambda: sd_from_ci(ci_lower=1.0, ci_upper=0.0, n=10), "ci_lower must be below ci_upper, got 1 at index 0"),
        (lambda: sd_from_ci(ci_lower=0.0, ci_upper=1.0, n=1), "n must be above 1, got 1 at index 0"),
        (
            lambda: sd_from_ci(ci_lower=0.0, ci_upper=1.0, n=10, distribution="z"),
            """distribution must be one of "t", "normal", got 'z'""",
        ),
        (lambda: sd_from_quartiles(q1=1.0, q3=1.0, n=10), "q1 must be below q3, got 1 at index 0"),
        (lambda: sd_from_quartiles(q1=1.0, q3=2.0), "n is missing or infinite at index 0"),
        (lambda: sd_from_quartiles(q1=1.0, q3=2.0, n=1), "n must be at least 2, got 1 at index 0"),
        (lambda: sd_of_change(sd_baseline=1.0, sd_final=1.0, r=1.1), "r must be between -1 and 1, got 1.1 at index 0"),
        (
            lambda: sd_of_change(sd_baseline=1.0, sd_final=1.0, r=1.0),
            "the standard deviation of change is undefined at index 0: it is 0 at r = 1",
        ),
        (
            lambda: correlation_from_sds(sd_baseline=1.0, sd_final=1.0, sd_change=3.0),
            "the correlation is undefined at index 0: the three standard deviations imply -3.5, outside -1 to 1",
        ),
        (lambda: pooled_sd(sd=[1.0, 2.0], n=[10]), "n has 1 value(s), but sd has 2"),
        (lambda: pooled_sd(sd=[1.0], n=[1]), "the pooled standard deviation is undefined"),
    ],
)
def test_what_holds_no_standard_deviation_is_refused(ask: object, sentence: str) -> None:
    with pytest.raises(EngineError) as caught:
        ask()  # type: ignore[operator]

    assert str(caught.value).startswith(sentence)
