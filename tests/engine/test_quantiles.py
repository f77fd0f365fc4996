"""Mean and standard deviation from quantiles: formulas by hand, published figures, known distributions, refusals."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from analysis.engine.errors import EngineError, InvalidInput, NonFinite, OutOfRange, UnknownOption
from analysis.engine.quantile_fits import fit_quantiles
from analysis.engine.quantiles import METHODS, MeanSd, detect_skewness, mean_sd_from_quantiles

S1 = {"minimum": 2.0, "median": 4.0, "maximum": 9.0}
S2 = {"q1": 3.0, "median": 4.0, "q3": 6.0}
S3 = {"minimum": 2.0, "q1": 3.0, "median": 4.0, "q3": 6.0, "maximum": 9.0}


def normal_quantile(p: float) -> float:
    """Return the quantile of the standard normal distribution."""
    return float(special.ndtri(p))


def test_means_by_luo_are_weighted_as_printed() -> None:
    """Luo et al. (2018), equations 7, 11 and 15, at n = 100."""
    n = 100
    one, two, three = (float(mean_sd_from_quantiles(n=n, **given).mean) for given in (S1, S2, S3))

    w = 4 / (4 + n**0.75)
    assert one == pytest.approx(w * 5.5 + (1 - w) * 4.0, rel=1e-14)
    w = 0.7 + 0.39 / n
    assert two == pytest.approx(w * 4.5 + (1 - w) * 4.0, rel=1e-14)
    w1, w2 = 2.2 / (2.2 + n**0.75), 0.7 - 0.72 / n**0.55
    assert three == pytest.approx(w1 * 5.5 + w2 * 4.5 + (1 - w1 - w2) * 4.0, rel=1e-14)


def test_deviations_by_wan_and_shi_are_weighted_as_printed() -> None:
    """Wan et al. (2014), equations 9, 16 and 12; Shi et al. (2020), equation 10, at n = 100."""
    n = 100
    by_range = 7 / (2 * normal_quantile((n - 0.375) / (n + 0.25)))
    by_quartiles = 3 / (2 * normal_quantile((0.75 * n - 0.125) / (n + 0.25)))
    w = 1 / (1 + 0.07 * n**0.6)

    for method in ("wan", "luo_wan_shi"):
        assert float(mean_sd_from_quantiles(n=n, **S1, method=method).sd) == pytest.approx(by_range, rel=1e-14)
        assert float(mean_sd_from_quantiles(n=n, **S2, method=method).sd) == pytest.approx(by_quartiles, rel=1e-14)
    assert float(mean_sd_from_quantiles(n=n, **S3, method="wan").sd) == pytest.approx((by_range + by_quartiles) / 2)
    shi = float(mean_sd_from_quantiles(n=n, **S3).sd)
    assert shi == pytest.approx(w * by_range + (1 - w) * by_quartiles, rel=1e-14)


@pytest.mark.parametrize(("n", "printed"), [(5, 2.326), (10, 3.078), (27, 3.997), (50, 4.498)])
def test_range_in_deviations_is_near_the_table_of_wan(n: int, printed: float) -> None:
    """Wan et al. (2014), table 1, holds the exact width xi(n); equation 9 approximates it (by Blom) to 1.5%."""
    sd = float(mean_sd_from_quantiles(n=n, minimum=0, median=0.5, maximum=1, method="wan").sd)

    assert 1 / sd == pytest.approx(printed, rel=0.015)


def test_means_by_wan_are_simple_averages() -> None:
    assert float(mean_sd_from_quantiles(n=30, **S1, method="wan").mean) == (2 + 8 + 9) / 4
    assert float(mean_sd_from_quantiles(n=30, **S2, method="wan").mean) == pytest.approx(13 / 3)
    assert float(mean_sd_from_quantiles(n=30, **S3, method="wan").mean) == (2 + 6 + 8 + 12 + 9) / 8


def test_skewness_is_tested_as_printed() -> None:
    """Shi et al. (2023): statistics and critical values of the three scenarios, at n = 100."""
    one, two, three = (detect_skewness(n=100, **given) for given in (S1, S2, S3))

    assert float(one.statistic) == pytest.approx(3 / 7)
    assert float(one.critical_value) == pytest.approx(1 / math.log(109) + 2.5 / 101)
    assert float(two.statistic) == pytest.approx(1 / 3)
    assert float(two.critical_value) == pytest.approx(0.265 - 6e-4)
    assert float(three.statistic) == pytest.approx(max(0.265 * math.log(60) * 3 / 7, 1 / 3))
    assert float(three.critical_value) == pytest.approx(0.3 - 40e-6)
    assert (bool(one.is_skewed), bool(two.is_skewed), bool(three.is_skewed)) == (True, True, True)
    assert not detect_skewness(n=20, minimum=2, median=5, maximum=9).is_skewed


def test_skewness_is_found_in_one_of_twenty_normal_samples() -> None:
    random = np.random.default_rng(3)
    samples = np.quantile(random.normal(size=(4000, 41)), [0.0, 0.25, 0.5, 0.75, 1.0], axis=1)
    minimum, q1, median, q3, maximum = samples

    for known in (
        {"minimum": minimum, "maximum": maximum},
        {"q1": q1, "q3": q3},
        {"minimum": minimum, "q1": q1, "q3": q3, "maximum": maximum},
    ):
        share = detect_skewness(n=41, median=median, **known).is_skewed.mean()
        # The critical values are approximations; four standard errors of 4000 draws are 0.014.
        assert share == pytest.approx(0.05, abs=0.02)


def test_quantile_estimation_agrees_with_the_published_example() -> None:
    """The description of the R package estmeansd prints 4.347284 and 1.502171 for this sample."""
    found = mean_sd_from_quantiles(n=100, **S1, method="qe")

    # R's search stops when a step gains less than 1e-8 of the distance, here 4e-6 of the mean before its minimum.
    assert float(found.mean) == pytest.approx(4.347284, rel=1e-5)
    assert float(found.sd) == pytest.approx(1.502171, rel=1e-5)
    assert found.distributions == ("log-normal",)


def test_box_cox_agrees_with_the_published_example() -> None:
    """The same prints 4.204881 and 1.277236, the mean and deviation of 1100 random numbers."""
    found = mean_sd_from_quantiles(n=100, **S1, method="bc")

    # Three standard errors of those: 1.3 / sqrt(1100) = 0.039 of the mean, about as much of the deviation (skewed).
    assert float(found.mean) == pytest.approx(4.204881, abs=0.12)
    assert float(found.sd) == pytest.approx(1.277236, abs=0.12)
    assert found.powers is not None
    assert float(found.powers) == 0.0


def quantiles_of(name: str, n: float) -> tuple[dict[str, float], float, float]:
    """Return the five quantiles of a distribution, its mean and its standard deviation."""
    p = np.array([1 / n, 0.25, 0.5, 0.75, 1 - 1 / n])
    if name == "normal":
        values, mean, sd = 10 + 2 * special.ndtri(p), 10.0, 2.0
    elif name == "log-normal":
        mean = math.exp(1 + 0.6**2 / 2)
        values, sd = np.exp(1 + 0.6 * special.ndtri(p)), mean * math.sqrt(math.expm1(0.6**2))
    elif name == "gamma":
        values, mean, sd = 2.5 * special.gammaincinv(1.8, p), 1.8 * 2.5, math.sqrt(1.8) * 2.5
    elif name == "weibull":
        mean = 3 * math.gamma(1 + 1 / 1.4)
        values, sd = 3 * (-np.log1p(-p)) ** (1 / 1.4), math.sqrt(9 * math.gamma(1 + 2 / 1.4) - mean**2)
    else:
        values, mean, sd = special.betaincinv(2, 5, p), 2 / 7, math.sqrt(10 / (49 * 8))
    return dict(zip(("minimum", "q1", "median", "q3", "maximum"), map(float, values), strict=True)), mean, sd


@pytest.mark.parametrize("name", ["normal", "log-normal", "gamma", "weibull", "beta"])
def test_quantile_estimation_finds_the_distribution_it_was_given(name: str) -> None:
    values, mean, sd = quantiles_of(name, 200.0)

    found = mean_sd_from_quantiles(n=200, **values, method="qe")

    assert found.distributions == (name,)
    # A distance of 0 is found to its square root in double precision.
    assert float(found.mean) == pytest.approx(mean, rel=1e-7)
    assert float(found.sd) == pytest.approx(sd, rel=1e-7)


@settings(max_examples=15, deadline=None)
@given(steps=st.tuples(*[st.floats(0.1, 10.0)] * 5), unit=st.floats(1e-3, 1e4))
def test_quantile_estimation_has_the_unit_of_the_quantiles(steps: tuple[float, ...], unit: float) -> None:
    names = ("minimum", "q1", "median", "q3", "maximum")
    values = dict(zip(names, np.cumsum(steps) + 1.0, strict=True))

    one = fit_quantiles({name: float(value) for name, value in values.items()}, n=50.0)
    other = fit_quantiles({name: float(value * unit) for name, value in values.items()}, n=50.0)

    if one.distribution == other.distribution and "beta" not in (one.distribution, other.distribution):
        # Both searches end at the same minimum, known to the noise of differences of residuals.
        assert other.mean == pytest.approx(one.mean * unit, rel=1e-6)
        assert other.sd == pytest.approx(one.sd * unit, rel=1e-6)


def test_quantile_estimation_is_at_a_minimum() -> None:
    """No log-normal distribution nearby is nearer to the quantiles than the one found."""
    z = special.ndtri(np.array([0.01, 0.5, 0.99]))
    target = np.array([2.0, 4.0, 9.0])
    found = fit_quantiles(S1, n=100.0)
    sigma = math.sqrt(math.log1p((found.sd / found.mean) ** 2))
    mu = math.log(found.mean) - sigma**2 / 2

    def distance(mu: float, sigma: float) -> float:
        """Return the sum of squares."""
        return float(np.sum((np.exp(mu + sigma * z) - target) ** 2))

    assert distance(mu, sigma) == pytest.approx(found.distance, rel=1e-9)
    for step_mu, step_sigma in ((1e-4, 0), (-1e-4, 0), (0, 1e-4), (0, -1e-4)):
        assert distance(mu + step_mu, sigma + step_sigma) > found.distance


def test_quantile_estimation_of_values_below_0_is_normal() -> None:
    found = mean_sd_from_quantiles(n=50, q1=-1, median=0.5, q3=4, method="qe")

    assert found.distributions == ("normal",)
    z = normal_quantile(0.75)
    assert float(found.mean) == pytest.approx((-1 + 0.5 + 4) / 3)
    assert float(found.sd) == pytest.approx(5 / (2 * z))


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_box_cox_finds_the_power_that_makes_quartiles_symmetric(power: float) -> None:
    spread = np.array([-0.3, 0.0, 0.3])
    q1, median, q3 = np.exp(spread) if power == 0.0 else (power * spread + 1.0) ** (1.0 / power)

    found = mean_sd_from_quantiles(n=80, q1=q1, median=median, q3=q3, method="bc")

    assert found.powers is not None
    assert float(found.powers) == pytest.approx(power, abs=1e-7)


def test_box_cox_at_power_1_is_the_normal_cut_off_at_0() -> None:
    """Symmetric quartiles far above 0 need no transformation: mean and deviation by Luo and Wan, the tail at 40 SD."""
    transformed = mean_sd_from_quantiles(n=80, q1=97, median=100, q3=103, method="bc")
    plain = mean_sd_from_quantiles(n=80, q1=97, median=100, q3=103)

    assert float(transformed.mean) == pytest.approx(float(plain.mean), rel=1e-9)
    assert float(transformed.sd) == pytest.approx(float(plain.sd), rel=1e-7)


def test_box_cox_of_a_log_normal_sample_is_its_formula() -> None:
    n = 60
    found = mean_sd_from_quantiles(n=n, q1=math.exp(-0.5), median=1.0, q3=math.exp(0.5), method="bc")

    scale = 1.0 / (2 * normal_quantile((0.75 * n - 0.125) / (n + 0.25)))
    mean = math.exp(scale**2 / 2)
    assert float(found.mean) == pytest.approx(mean, rel=1e-6)
    assert float(found.sd) == pytest.approx(mean * math.sqrt(math.expm1(scale**2)), rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_studies_together_are_as_alone(method: str) -> None:
    table: dict[str, Any] = {name: [value, value * 1.5, value + 1] for name, value in S3.items()}

    together: MeanSd = mean_sd_from_quantiles(n=[100, 20, 7], **table, method=method)

    for row, n in enumerate([100, 20, 7]):
        alone = mean_sd_from_quantiles(n=n, **{name: values[row] for name, values in table.items()}, method=method)
        assert (float(alone.mean), float(alone.sd)) == (together.mean[row], together.sd[row])
    assert together.scenario == "S3"
    assert not together.mean.flags.writeable


@pytest.mark.parametrize("method", METHODS)
def test_no_studies_give_no_estimates(method: str) -> None:
    assert mean_sd_from_quantiles(n=[], q1=[], median=[], q3=[], method=method).mean.shape == (0,)


@pytest.mark.parametrize(
    ("inputs", "error", "sentence"),
    [
        (
            {"n": 20, "median": 4},
            InvalidInput,
            "needs the quantiles minimum median maximum, or q1 median q3, or",
        ),
        ({"n": 20, "median": 4, "q1": 3}, InvalidInput, "needs the quantiles minimum median maximum, or q1 median q3"),
        ({"n": 4} | S2, OutOfRange, "n must be at least 5, got 4"),
        ({"n": 20} | S2 | {"q1": 4.5}, OutOfRange, "q1 must be at most median, got 4.5"),
        ({"n": 20} | S3 | {"maximum": 5}, OutOfRange, "q3 must be at most maximum, got 6"),
        ({"n": 20, "q1": 4, "median": 4, "q3": 4}, OutOfRange, "q1 must be below q3, got 4"),
        ({"n": 20} | S2 | {"method": "mln"}, UnknownOption, 'method must be one of "luo_wan_shi"'),
        ({"n": 20} | S2 | {"median": math.nan}, NonFinite, "median is missing or infinite at index 0"),
        (
            {"n": 20} | S1 | {"minimum": 0, "method": "bc"},
            OutOfRange,
            'minimum must be above 0 for the method "bc"',
        ),
        ({"n": 20} | S2 | {"q1": 4, "method": "bc"}, OutOfRange, "q1 must be different from the median"),
    ],
)
def test_bad_quantiles_are_refused_in_a_sentence(
    inputs: dict[str, Any], error: type[EngineError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        mean_sd_from_quantiles(**inputs)

    assert str(caught.value).startswith(sentence)
