"""What pooling must do for k = 0, 1, 2 and for bad input."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from analysis.engine import (
    CI_METHODS,
    TAU2_METHODS,
    EngineError,
    InvalidInput,
    NonFinite,
    NotNumeric,
    OutOfRange,
    RaggedLengths,
    TooFewStudies,
    UndefinedResult,
    UnknownOption,
    WrongShape,
    pool,
)

# A formula written twice, in double precision.
ROUNDING = 1e-13


@pytest.mark.parametrize("ci_method", CI_METHODS)
@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
def test_pool_without_studies_says_so(tau2_method: str, ci_method: str) -> None:
    with pytest.raises(TooFewStudies, match=r"^needs at least 1 study, got 0$"):
        pool([], [], tau2_method=tau2_method, ci_method=ci_method)


@pytest.mark.parametrize("ci_method", CI_METHODS)
@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
def test_pool_of_one_study_is_the_study(tau2_method: str, ci_method: str) -> None:
    fit = pool([0.7], [0.04], tau2_method=tau2_method, ci_method=ci_method)

    half = 0.2 * stats.norm.ppf(0.975)
    assert (fit.k, fit.estimate, fit.se, fit.tau2, fit.tau) == (1, 0.7, 0.2, 0.0, 0.0)
    assert (fit.ci_lower, fit.ci_upper) == pytest.approx((0.7 - half, 0.7 + half), rel=ROUNDING)
    assert fit.p_value == pytest.approx(2.0 * stats.norm.sf(3.5), rel=ROUNDING)
    assert fit.weights.tolist() == [1.0]
    assert (fit.ci_method, fit.df) == ("wald", None)
    assert fit.tau2_method == tau2_method
    missing = ("tau2_se", "tau2_ci_lower", "tau2_ci_upper", "i2", "h2", "q", "q_df", "q_p_value")
    assert {getattr(fit, name) for name in (*missing, "pi_lower", "pi_upper", "pi_distribution")} == {None}


def test_pool_of_two_studies_is_the_formula() -> None:
    yi, vi = np.array([0.1, 1.3]), np.array([0.04, 0.04])

    fit = pool(yi, vi)

    # With equal variances every estimator gives the sample variance of yi minus v.
    tau2 = 0.72 - 0.04
    se = math.sqrt(0.72 / 2)
    assert fit.estimate == pytest.approx(0.7, rel=ROUNDING)
    assert fit.tau2 == pytest.approx(tau2, rel=ROUNDING)
    assert fit.se == pytest.approx(se, rel=ROUNDING)
    assert fit.df == 1
    half = stats.t.ppf(0.975, 1) * se
    assert (fit.ci_lower, fit.ci_upper) == pytest.approx((0.7 - half, 0.7 + half), rel=ROUNDING)
    half = stats.t.ppf(0.975, 1) * math.sqrt(se**2 + tau2)
    assert (fit.pi_lower, fit.pi_upper) == pytest.approx((0.7 - half, 0.7 + half), rel=ROUNDING)
    assert fit.pi_distribution == "t"
    assert fit.q == pytest.approx(18.0, rel=ROUNDING)


def test_common_effect_is_the_textbook_mean() -> None:
    fit = pool([1.0, 2.0, 4.0], [1.0, 0.5, 0.25], tau2_method="CE", ci_method="wald")

    assert fit.estimate == pytest.approx((1.0 + 2 * 2.0 + 4 * 4.0) / 7, rel=ROUNDING)
    assert fit.se == pytest.approx(1 / math.sqrt(7), rel=ROUNDING)
    assert fit.weights == pytest.approx([1 / 7, 2 / 7, 4 / 7], rel=ROUNDING)
    assert (fit.tau2, fit.tau, fit.tau2_se, fit.tau2_ci_lower, fit.pi_lower) == (0.0, 0.0, None, None, None)


def test_wald_prediction_interval_is_normal_and_hksj_is_t() -> None:
    yi, vi = [0.1, 0.9, 0.4, 1.5], [0.04, 0.09, 0.02, 0.1]

    wald, hksj = pool(yi, vi, ci_method="wald"), pool(yi, vi, ci_method="hksj")

    for fit, quantile in ((wald, stats.norm.ppf(0.975)), (hksj, stats.t.ppf(0.975, 3))):
        assert fit.pi_upper is not None
        assert fit.pi_upper - fit.estimate == pytest.approx(quantile * math.sqrt(fit.se**2 + fit.tau2), rel=ROUNDING)
    assert (wald.pi_distribution, hksj.pi_distribution) == ("normal", "t")


def test_equal_effects_have_no_hksj_interval_but_a_wald_interval() -> None:
    with pytest.raises(UndefinedResult, match="all 3 effects are equal, so that its standard error is 0"):
        pool([0.3, 0.3, 0.3], [0.1, 0.2, 0.3])

    with pytest.raises(UndefinedResult, match="all 2 effects are equal"):
        pool([0.1 + 0.2, 0.3], [0.1, 0.2])
    with pytest.raises(UndefinedResult, match="all 2 effects are equal"):
        pool([0.0, 0.0], [0.1, 0.2])

    fit = pool([0.3, 0.3, 0.3], [0.1, 0.2, 0.3], ci_method="wald")
    assert (fit.estimate, fit.tau2, fit.q, fit.i2) == (0.3, 0.0, 0.0, 0.0)
    assert (fit.tau2_ci_lower, fit.tau2_ci_upper) == (None, None)


@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
def test_equal_effects_have_no_heterogeneity(tau2_method: str) -> None:
    fit = pool([-1.2] * 4, [0.1, 0.2, 0.3, 0.001], tau2_method=tau2_method, ci_method="wald")

    assert (fit.tau2, fit.i2, fit.q, fit.q_p_value) == (0.0, 0.0, 0.0, 1.0)


def test_result_cannot_be_changed() -> None:
    fit = pool([0.1, 0.5], [0.1, 0.1])

    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.estimate = 0.0  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        fit.weights[0] = 1.0


def test_input_is_not_changed() -> None:
    yi, vi = np.array([0.1, 0.5, 0.2]), np.array([0.1, 0.1, 0.3])

    pool(yi, vi)

    assert yi.tolist() == [0.1, 0.5, 0.2]
    assert vi.tolist() == [0.1, 0.1, 0.3]


def test_result_holds_plain_numbers() -> None:
    fit = pool([0.1, 0.5, 0.2], [0.1, 0.1, 0.3])

    for field in dataclasses.fields(fit):
        if field.name not in {"weights", "_profile"}:
            assert type(getattr(fit, field.name)) in {int, float, str, type(None)}, field.name


@pytest.mark.parametrize(
    ("yi", "vi", "options", "error", "sentence"),
    [
        ([0.1, math.nan], [1, 1], {}, NonFinite, "yi is missing or infinite at index 1"),
        ([0.1, None], [1, 1], {}, NonFinite, "yi is missing or infinite at index 1"),
        ([0.1, 0.2], [math.inf, 1], {}, NonFinite, "vi is missing or infinite at index 0"),
        ([0.1, 0.2, 0.3], [1, 0, 1], {}, OutOfRange, "vi must be above 0, got 0 at index 1"),
        ([0.1, 0.2, 0.3], [1, 1, -0.25], {}, OutOfRange, "vi must be above 0, got -0.25 at index 2"),
        ([0.1], [-1], {}, OutOfRange, "vi must be above 0, got -1 at index 0"),
        ([0.1, 0.2, 0.3], [1, 1], {}, RaggedLengths, "vi has 2 value(s), but yi has 3"),
        ([[0.1, 0.2]], [1, 1], {}, WrongShape, "yi must have at most 1 dimension(s), got 2"),
        ([0.1, "0.2"], [1, 1], {}, NotNumeric, "yi must hold numbers only"),
        ([0.1, 0.2j], [1, 1], {}, NotNumeric, "yi must hold numbers only"),
        ([[0.1], 0.2], [1, 1], {}, NotNumeric, "yi must hold numbers only"),
        ([0.1, object()], [1, 1], {}, NotNumeric, "yi must hold numbers only"),
        ([0.1, 1e200], [1, 1], {}, OutOfRange, "yi must be at most 1e40 in size, got 1e+200 at index 1"),
        ([0.1, 0.2], [1, 1e-300], {}, OutOfRange, "vi must be at least 1e-40, got 1e-300 at index 1"),
        (
            [0.1, 0.2],
            [1e-10, 1e10],
            {},
            OutOfRange,
            "vi must be at most 1e14 times the smallest variance, got 10000000000 at index 1",
        ),
        ([0.1, 0.2], [1, 1], {"level": 95}, OutOfRange, "level must be between 0 and 1 (0.95, not 95), got 95"),
        ([0.1, 0.2], [1, 1], {"level": 0.0}, OutOfRange, "level must be between 0 and 1 (0.95, not 95), got 0"),
        (
            [0.1, 0.2],
            [1, 1],
            {"tau2_method": "reml"},
            UnknownOption,
            'tau2_method must be one of "CE", "DL", "DL2", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM"',
        ),
        ([0.1, 0.2], [1, 1], {"ci_method": "knha"}, UnknownOption, """ci_method must be one of "wald", "t","""),
    ],
)
def test_bad_input_is_refused_in_a_sentence(
    yi: list, vi: list, options: dict, error: type[EngineError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        pool(yi, vi, **options)

    assert str(caught.value).startswith(sentence)
    assert isinstance(caught.value, InvalidInput)
    assert isinstance(caught.value, ValueError)


def test_decimals_are_numbers() -> None:
    from decimal import Decimal

    assert pool([Decimal("0.5"), Decimal("0.7")], [Decimal("0.25"), 1]).k == 2


@pytest.mark.parametrize("scale", [1e-18, 1e-6, 1e6, 1e18])
@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
def test_pool_works_in_any_unit(tau2_method: str, scale: float) -> None:
    yi, vi = np.array([0.1, 0.9, 0.4, 1.5]), np.array([0.04, 0.09, 0.02, 0.1])

    fit, scaled = pool(yi, vi, tau2_method=tau2_method), pool(yi * scale, vi * scale**2, tau2_method=tau2_method)

    # The optimum is where rounding hides it; the flat top costs a few digits.
    assert scaled.tau2 == pytest.approx(fit.tau2 * scale**2, rel=1e-10)
    assert scaled.estimate == pytest.approx(fit.estimate * scale, rel=1e-10)
    assert scaled.p_value == pytest.approx(fit.p_value, rel=1e-9)
