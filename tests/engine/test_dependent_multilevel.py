"""Multilevel models: properties, published examples and refusals."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.engine import InvalidInput, NonFinite, OutOfRange, RaggedLengths, TooFewStudies, UnknownOption, pool
from analysis.engine.dependent import (
    MissingLabel,
    NotIdentifiable,
    NotPositiveDefinite,
    NotSquare,
    NotSymmetric,
    fit_multilevel,
    predict_intercepts,
    profile_sigma2,
)
from tests.engine.strategies import studies
from tests.reference.datasets import TWO_HILLS

# Variances on the flat top of a likelihood move by the square root of rounding in the data.
CLOSE = {"rel": 1e-6, "abs": 1e-8}
YI = [0.1, 0.4, -0.2, 0.3, 0.9, 0.5, 0.2, 0.8]
VI = [0.02, 0.03, 0.05, 0.01, 0.04, 0.06, 0.02, 0.03]
STUDY = ["a", "a", "b", "b", "c", "c", "d", "d"]
EFFECT = list(range(8))


@st.composite
def clustered(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return effects, variances and studies of at least two, some of them with several effects."""
    yi, vi = draw(studies(least=5, most=12))
    study = np.array(draw(st.lists(st.integers(0, 3), min_size=yi.size, max_size=yi.size)))
    assume(2 <= np.unique(study).size < yi.size)
    return yi, vi, study


@given(data=studies(least=2), method=st.sampled_from(["REML", "ML"]))
@settings(max_examples=25, deadline=None)
def test_one_factor_of_effects_is_the_random_effects_model(data: tuple[np.ndarray, np.ndarray], method: str) -> None:
    yi, vi = data
    expected = pool(yi, vi, tau2_method=method, ci_method="wald")

    fit = fit_multilevel(yi, vi, random={"effect": range(yi.size)}, method=method)

    assert fit.sigma2[0] == pytest.approx(expected.tau2, **CLOSE)
    assert fit.estimate[0] == pytest.approx(expected.estimate, **CLOSE)
    assert fit.se[0] == pytest.approx(expected.se, **CLOSE)
    assert fit.q == pytest.approx(expected.q, rel=1e-9, abs=1e-12)
    assert fit.i2 == pytest.approx(expected.i2, **CLOSE)
    assert (fit.pi_lower, fit.pi_upper) == pytest.approx((expected.pi_lower, expected.pi_upper), **CLOSE)


def test_higher_of_two_maxima_is_found() -> None:
    k = len(TWO_HILLS["yi"])

    fit = fit_multilevel(TWO_HILLS["yi"], TWO_HILLS["vi"], random={"effect": range(k)})

    assert fit.sigma2[0] == pytest.approx(pool(TWO_HILLS["yi"], TWO_HILLS["vi"], ci_method="wald").tau2, rel=1e-9)


@given(data=clustered(), method=st.sampled_from(["REML", "ML"]))
@settings(max_examples=12, deadline=None)
def test_results_are_finite_and_at_a_maximum(data: tuple[np.ndarray, np.ndarray, np.ndarray], method: str) -> None:
    yi, vi, study = data
    random = {"study": study, "study/effect": range(yi.size)}

    fit = fit_multilevel(yi, vi, random=random, method=method)

    assert np.all(np.isfinite(fit.covariance))
    assert np.all(fit.sigma2 >= 0.0)
    assert 0.0 <= fit.i2 < 1.0
    assert fit.i2_by_factor.sum() == pytest.approx(fit.i2)
    for factor, found in zip(fit.factors, fit.sigma2, strict=True):
        for other in (0.0, 0.5 * found + 1e-3, 2.0 * found + 0.1):
            given_sigma2 = fit_multilevel(yi, vi, random=random, method=method, sigma2={factor: other})
            assert given_sigma2.log_likelihood <= fit.log_likelihood + 1e-9


@given(data=clustered(), shift=st.integers(-100, 100), power=st.integers(-12, 12), seed=st.integers(0, 99))
@settings(max_examples=15, deadline=None)
def test_order_shift_and_unit_do_not_matter(
    data: tuple[np.ndarray, np.ndarray, np.ndarray], shift: int, power: int, seed: int
) -> None:
    yi, vi, study = data
    unit, order = 2.0**power, np.random.default_rng(seed).permutation(yi.size)

    fit = fit_multilevel(yi, vi, random={"study": study, "study/effect": np.arange(yi.size)})
    other = fit_multilevel(
        (yi[order] + shift) * unit,
        vi[order] * unit**2,
        random={"study": study[order], "study/effect": np.arange(yi.size)[order]},
    )

    # The log-likelihood is the same at both; the variances may be on a flat ridge between two factors.
    assert other.log_likelihood == pytest.approx(fit.log_likelihood - (yi.size - 1) * power * math.log(2.0), abs=1e-8)
    assert other.estimate[0] / unit - shift == pytest.approx(fit.estimate[0], rel=1e-4, abs=1e-4)


def test_dense_and_block_covariances_agree() -> None:
    nested = fit_multilevel(YI, VI, random={"study": STUDY, "effect": EFFECT})
    crossed = fit_multilevel(
        YI, VI, random={"study": STUDY, "half": [1, 2] * 4, "effect": EFFECT}, sigma2={"half": 0.0}
    )

    np.testing.assert_allclose(crossed.sigma2[[0, 2]], nested.sigma2, rtol=1e-9, atol=1e-12)
    assert crossed.log_likelihood == pytest.approx(nested.log_likelihood, abs=1e-12)


def test_variance_at_the_boundary_is_exactly_zero() -> None:
    fit = fit_multilevel([0.1, 0.11, 0.1, 0.12], [0.1] * 4, random={"study": [1, 1, 2, 2], "effect": range(4)})

    assert fit.sigma2.tolist() == [0.0, 0.0]
    assert fit.i2 == 0.0


def test_given_variances_are_kept() -> None:
    fit = fit_multilevel(YI, VI, random={"study": STUDY, "effect": EFFECT}, sigma2={"study": 0.125})

    assert fit.sigma2[0] == 0.125
    assert fit.sigma2_is_fixed == (True, False)
    assert fit.aic == pytest.approx(2 * 2 - 2 * fit.log_likelihood)


def test_profile_interval_ends_where_the_likelihood_has_fallen() -> None:
    random = {"study": STUDY, "effect": EFFECT}
    fit = fit_multilevel(YI, VI, random=random)

    interval = profile_sigma2(fit, factor="effect", level=0.9)

    # Half of the 90% quantile of chi-squared with one degree of freedom.
    fall = 2.705543454095404 / 2.0
    at_upper = fit_multilevel(YI, VI, random=random, sigma2={"effect": interval.sigma2_ci_upper})
    assert fit.log_likelihood - at_upper.log_likelihood == pytest.approx(fall, abs=1e-9)
    assert interval.sigma2_ci_lower <= interval.sigma2 <= interval.sigma2_ci_upper


def test_predicted_intercepts_sum_to_zero() -> None:
    fit = fit_multilevel(YI, VI, random={"study": STUDY, "effect": EFFECT})

    found = predict_intercepts(fit, factor="study")

    assert found.levels == ("a", "b", "c", "d")
    assert found.estimate.sum() == pytest.approx(0.0, abs=1e-14)
    assert np.all(found.se <= math.sqrt(fit.sigma2[0]))


def test_text_moderators_are_coded_against_the_first_level() -> None:
    fit = fit_multilevel(YI, VI, random={"effect": EFFECT}, mods={"kind": ["y", "x"] * 4, "dose": range(8)})
    means = fit_multilevel(YI, VI, random={"effect": EFFECT}, mods={"kind": ["y", "x"] * 4}, intercept=False)

    assert fit.names == ("intercept", "kind[y]", "dose")
    assert means.names == ("kind[x]", "kind[y]")
    assert fit.pi_lower is None


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"yi": []}, RaggedLengths, "vi has 8 value"),
        ({"yi": [], "v": []}, TooFewStudies, "at least 1 study, got 0"),
        ({"yi": [0.1], "v": [0.1], "random": {"effect": [1]}}, TooFewStudies, "at least 2 studies, got 1"),
        ({"yi": [*YI[:7], math.nan]}, NonFinite, "yi is missing or infinite at index 7"),
        ({"v": [*VI[:7], 0.0]}, OutOfRange, "above 0, got 0 at index 7"),
        ({"v": np.diag(VI)[:7]}, NotSquare, r"shape \(8,\) or 8 x 8, got 7 x 8"),
        ({"v": np.diag(VI) + np.triu(np.full((8, 8), 0.001), 1)}, NotSymmetric, "got 0.001 in row 0, column 1"),
        ({"v": np.full((8, 8), 0.05)}, NotPositiveDefinite, "smallest eigenvalue"),
        ({"random": {}}, InvalidInput, "at least one factor"),
        ({"random": {"study": STUDY[:7]}}, RaggedLengths, "study has 7"),
        ({"random": {"study": [*STUDY[:7], None]}}, MissingLabel, "study is missing at index 7"),
        ({"random": {"study": ["a"] * 8}}, NotIdentifiable, "needs at least 2 levels, got 1"),
        ({"random": {"study": STUDY, "again": STUDY}}, NotIdentifiable, "groups the effects as study already do"),
        ({"random": {"study/effect": EFFECT}}, InvalidInput, 'names "study/effect", but not "study" before it'),
        ({"random": {"study": STUDY}, "mods": {"study": STUDY}}, NotIdentifiable, "coefficients already describe"),
        ({"mods": {"one": [1.0] * 8}}, InvalidInput, "one is 1 in every study"),
        ({"mods": {"a": range(8), "b": range(1, 9)}}, InvalidInput, '"b" is determined by the columns before it'),
        ({"mods": np.eye(8)}, TooFewStudies, "at least 10 studies, got 8"),
        ({"method": "DL"}, UnknownOption, '"REML", "ML"'),
        ({"ci_method": "hksj"}, UnknownOption, '"wald", "t"'),
        ({"level": 95}, OutOfRange, "between 0 and 1"),
        ({"sigma2": {"centre": 0.1}}, InvalidInput, 'names "centre"'),
        ({"sigma2": {"effect": -0.1}}, OutOfRange, "at least 0"),
    ],
)
def test_bad_input_is_refused_by_name(change: dict[str, Any], error: type[Exception], sentence: str) -> None:
    arguments = {"yi": YI, "v": VI, "random": {"effect": EFFECT}} | change

    with pytest.raises(error, match=sentence):
        fit_multilevel(arguments.pop("yi"), arguments.pop("v"), **arguments)


def test_interval_of_a_given_variance_is_refused() -> None:
    fit = fit_multilevel(YI, VI, random={"study": STUDY, "effect": EFFECT}, sigma2={"study": 0.1})

    with pytest.raises(ValueError, match="the variance was given"):
        profile_sigma2(fit, factor="study")
    with pytest.raises(UnknownOption, match='"study", "effect"'):
        profile_sigma2(fit, factor="centre")
