"""Selection models: derivatives, maxima, boundaries, and what must hold for all data."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from analysis.engine.errors import EngineError, InvalidInput, TooFewStudies, UndefinedResult
from analysis.engine.pooling import pool
from analysis.engine.small_study import fit_selection_model
from analysis.engine.small_study.selection_likelihood import SelectionLikelihood
from analysis.engine.small_study.selection_weights import Weights, make_smooth_weights, make_step_weights

YI = np.array([0.62, 0.45, 0.30, 0.71, 0.15, 0.38, 0.05, 0.90, 0.22, 0.55, -0.1, 0.48])
VI = np.array([0.04, 0.02, 0.03, 0.09, 0.01, 0.02, 0.02, 0.16, 0.02, 0.06, 0.05, 0.04])
SMOOTH = ("beta", "halfnorm", "negexp", "logistic", "power")
ALTERNATIVES = ("greater", "less", "two-sided")
DELTA = {"beta": [0.8, 1.7], "step": [1.0, 0.6, 0.3]}


def weights_of(
    name: str, alternative: str, *, few: slice = slice(None), step: float = 0.0, precision: Any = None
) -> Weights:
    """Return a weight function for the studies above."""
    z = YI[few] / np.sqrt(VI[few])
    if name == "step":
        return make_step_weights(z, np.array([0.025, 0.3, 1.0]), alternative)
    return make_smooth_weights(z, name, alternative, step=step, precision=precision)


def log_weight(name: str, p: float, delta: list[float], step: float) -> float:
    """Return the log weight of a p value by its definition."""
    if name == "step":
        return float(np.log(delta[0 if p <= 0.025 else 1 if p <= 0.3 else 2]))
    if name in ("beta", "power"):
        p = min(max(p, 1e-5), 1.0 - 1e-5)
    if name == "beta":
        return float((delta[0] - 1.0) * np.log(p) + (delta[1] - 1.0) * np.log1p(-p))
    if p <= step:
        return 0.0
    d = delta[0]
    by = {
        "halfnorm": lambda p: -d * p**2,
        "negexp": lambda p: -d * p,
        "logistic": lambda p: np.log(2.0) - np.logaddexp(0.0, d * p),
        "power": lambda p: d * np.log1p(-p),
    }[name]
    return float(by(p) - by(step))


def p_of(z: float, alternative: str) -> float:
    """Return the p value of a z value."""
    both = 2.0 * special.ndtr(-abs(z))
    return float({"greater": special.ndtr(-z), "less": special.ndtr(z), "two-sided": both}[alternative])


def density(y: float, mu: float, spread: float) -> float:
    """Return the normal density."""
    return float(np.exp(-0.5 * ((y - mu) / spread) ** 2) / (spread * np.sqrt(2.0 * np.pi)))


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("name", ["step", *SMOOTH])
def test_likelihood_is_what_adaptive_integration_says(name: str, alternative: str) -> None:
    delta, mu, tau2, few = DELTA.get(name, [1.3]), 0.2, 0.05, slice(7, 10)
    weights = weights_of(name, alternative, few=few)
    likelihood = SelectionLikelihood(YI[few], VI[few], np.ones((3, 1)), weights)
    total = 0.0
    for y, v in zip(YI[few], VI[few], strict=True):
        sei, spread = float(np.sqrt(v)), float(np.sqrt(v + tau2))

        def seen(y: float, sei: float = sei, spread: float = spread) -> float:
            """Return weight times density."""
            return float(np.exp(log_weight(name, p_of(y / sei, alternative), delta, 0.0)) * density(y, mu, spread))

        jumps = np.array([0.3, 0.025, 1e-5, 1.0 - 1e-5]) / (2.0 if alternative == "two-sided" else 1.0)
        kinks = -special.ndtri(jumps) * sei
        ends = sorted({mu - 12 * spread, *kinks, *-kinks, 0.0, mu + 12 * spread})
        parts = [integrate.quad(seen, a, b, epsabs=1e-13, epsrel=1e-12, limit=200)[0] for a, b in pairwise(ends)]
        total += log_weight(name, p_of(y / sei, alternative), delta, 0.0) + np.log(density(y, mu, spread) / sum(parts))

    # quad's own tolerance, times three studies.
    assert likelihood.value(np.array([mu, tau2, *delta])) == pytest.approx(total, rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("name", ["step", *SMOOTH])
def test_derivatives_are_those_of_the_likelihood(name: str, alternative: str) -> None:
    X = np.column_stack([np.ones(12), np.arange(12.0) / 10.0])
    has_step = name not in ("beta", "step")
    weights = weights_of(
        name,
        alternative,
        step=0.025 if has_step else 0.0,
        precision=np.linspace(0.3, 1.0, 12) if has_step else None,
    )
    likelihood = SelectionLikelihood(YI, VI, X, weights)
    point = np.array([0.2, 0.1, 0.05, *DELTA.get(name, [1.3])])
    found = likelihood.evaluate(point)

    assert found.value == pytest.approx(likelihood.value(point), rel=1e-14)
    value, gradient = likelihood.value_and_gradient(point)
    assert value == pytest.approx(found.value, rel=1e-14)
    np.testing.assert_allclose(gradient, found.gradient, rtol=1e-12, atol=1e-12)
    for i in range(point.size):
        step = np.zeros(point.size)
        step[i] = 1e-5
        ahead, behind = likelihood.evaluate(point + step), likelihood.evaluate(point - step)
        # Central differences with steps of 1e-5: their error is about 1e-9 times third derivatives up to 1e3.
        assert found.gradient[i] == pytest.approx((ahead.value - behind.value) / 2e-5, rel=1e-5, abs=1e-6)
        np.testing.assert_allclose(found.hessian[i], (ahead.gradient - behind.gradient) / 2e-5, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(found.hessian, found.hessian.T, rtol=1e-14)


@pytest.mark.parametrize("name", ["step", *SMOOTH])
def test_no_selection_is_the_maximum_likelihood_fit(name: str) -> None:
    null = {"step": [None, 1.0], "beta": [1.0, 1.0]}.get(name, [0.0])
    fit = fit_selection_model(YI, VI, weight_function=name, delta=null)
    plain = pool(YI, VI, tau2_method="ML", ci_method="wald")

    # Two different ways to the same maximum, both to double precision.
    assert fit.estimate == pytest.approx(plain.estimate, rel=1e-9)
    assert fit.tau2 == pytest.approx(plain.tau2, rel=1e-9)
    assert (fit.lrt_df, fit.lrt_p_value) == (0, None)
    assert fit.lrt == pytest.approx(0.0, abs=1e-10)
    assert fit.delta_se == (None,) * len(null)


@pytest.mark.parametrize(("alternative", "turned"), [("greater", "less"), ("two-sided", "two-sided")])
def test_mirrored_effects_mirror_the_model(alternative: str, turned: str) -> None:
    fit = fit_selection_model(YI, VI, alternative=alternative, steps=[0.05, 0.4])
    mirrored = fit_selection_model(-YI, VI, alternative=turned, steps=[0.05, 0.4])

    assert mirrored.estimate == pytest.approx(-fit.estimate, rel=1e-9)
    np.testing.assert_allclose(mirrored.delta, fit.delta, rtol=1e-8)
    assert mirrored.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-13)


@given(st.floats(1e-3, 1e3))
@settings(max_examples=10, deadline=None)
def test_scale_of_the_effects_does_not_matter(scale: float) -> None:
    fit, scaled = fit_selection_model(YI, VI), fit_selection_model(scale * YI, scale**2 * VI)

    # The weight is known to a quarter of itself only; its last digits move with rounding.
    assert scaled.estimate == pytest.approx(scale * fit.estimate, rel=1e-8)
    assert scaled.se == pytest.approx(scale * fit.se, rel=1e-8)
    assert scaled.tau2 == pytest.approx(scale**2 * fit.tau2, rel=1e-7, abs=1e-12 * scale**2)
    np.testing.assert_allclose(scaled.delta, fit.delta, rtol=1e-8)
    assert scaled.lrt == pytest.approx(fit.lrt, rel=1e-8)


@given(st.integers(0, 10_000), st.sampled_from(["step", "negexp", "beta"]))
@settings(max_examples=15, deadline=None)
def test_no_point_nearby_is_higher(seed: int, name: str) -> None:
    generator = np.random.default_rng(seed)
    vi = generator.uniform(0.01, 0.2, 25)
    yi = generator.normal(0.3, np.sqrt(vi + 0.05))
    try:
        fit = fit_selection_model(yi, vi, weight_function=name)
    except EngineError:
        assume(False)
    assert fit.lrt >= 0.0
    assert fit.tau2 >= 0.0
    assert np.all(fit.delta >= 0.0)
    z = yi / np.sqrt(vi)
    weights = (
        make_step_weights(z, np.array([0.025, 1.0]), "greater")
        if name == "step"
        else make_smooth_weights(z, name, "greater", step=0.0, precision=None)
    )
    likelihood = SelectionLikelihood(yi, vi, np.ones((25, 1)), weights)
    best = np.array([fit.estimate, fit.tau2, *fit.delta])
    assert likelihood.value(best) == pytest.approx(fit.log_likelihood, rel=1e-12)
    for _ in range(20):
        other = best + generator.normal(0.0, 0.1, best.size) * np.maximum(np.abs(best), 0.05)
        other[1:] = np.maximum(other[1:], 1e-9)
        if name == "step":
            other[2] = 1.0
        assert likelihood.value(other) <= fit.log_likelihood + 1e-10


def test_interval_without_studies_has_weight_zero() -> None:
    fit = fit_selection_model([0.6, 0.9, 0.7, 0.5, 0.8], [0.03, 0.04, 0.02, 0.04, 0.09])

    assert fit.interval_k == (5, 0)
    assert fit.delta.tolist() == [1.0, 0.0]
    assert fit.delta_se == (None, None)
    assert fit.delta_ci_lower == (None, None)
    assert fit.estimate < pool([0.6, 0.9, 0.7, 0.5, 0.8], [0.03, 0.04, 0.02, 0.04, 0.09]).estimate


def test_no_study_in_the_first_interval_is_an_error() -> None:
    with pytest.raises(UndefinedResult, match="no p value lies in an interval whose weight is fixed"):
        fit_selection_model([0.1, 0.2, 0.05, 0.1], [0.2, 0.3, 0.1, 0.2])


def test_variance_between_studies_may_be_zero() -> None:
    fit = fit_selection_model(YI / 3.0 + 0.2, VI)

    assert (fit.tau2, fit.tau2_se) == (0.0, None)
    same = fit_selection_model(YI / 3.0 + 0.2, VI, tau2_method="CE")
    assert same.estimate == pytest.approx(fit.estimate, rel=1e-9)
    assert same.se == pytest.approx(fit.se, rel=1e-9)


def test_fixed_weights_are_kept_and_only_the_rest_is_estimated() -> None:
    fit = fit_selection_model(YI, VI, steps=[0.025, 0.5], delta=[None, 0.5, None])

    assert fit.delta[:2].tolist() == [1.0, 0.5]
    assert fit.delta_se[:2] == (None, None)
    assert fit.lrt_df == 1
    free = fit_selection_model(YI, VI, steps=[0.025, 0.5])
    assert free.log_likelihood >= fit.log_likelihood


def test_moderators_are_coefficients() -> None:
    x = np.linspace(-1.0, 1.0, 12)
    fit = fit_selection_model(YI + 0.5 * x, VI, mods={"x": x})

    assert [c.name for c in fit.coefficients] == ["intercept", "x"]
    assert (fit.p, fit.covariance.shape) == (2, (2, 2))
    assert fit.coefficients[0].estimate == fit.estimate
    shifted = fit_selection_model(YI + 0.5 * x, VI, mods={"x": x + 1.0})
    assert shifted.coefficients[1].estimate == pytest.approx(fit.coefficients[1].estimate, rel=1e-8)
    assert shifted.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-12)


def test_equal_precisions_are_no_precisions() -> None:
    plain = fit_selection_model(YI, VI, weight_function="negexp")
    equal = fit_selection_model(YI, VI, weight_function="negexp", precision=[0.2] * 12)

    np.testing.assert_allclose(equal.delta, plain.delta, rtol=1e-9)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"weight_function": "steps"}, "weight_function must be one of"),
        ({"tau2_method": "REML"}, 'tau2_method must be one of "ML", "CE"'),
        ({"steps": [0.0, 0.5]}, "steps must be above 0 and at most 1, got 0 at index 0"),
        ({"steps": [1.0]}, 'the weight function "step" takes at least one step below 1, got 0'),
        ({"weight_function": "negexp", "steps": [0.1, 0.2]}, "takes one step below 1, got 2"),
        ({"weight_function": "beta", "steps": 0.1}, 'the weight function "beta" takes no steps'),
        ({"precision": [1.0] * 12}, 'the weight function "step" takes no precision'),
        ({"weight_function": "power", "precision": [1.0]}, "precision has 1 value"),
        ({"search": "local"}, 'search must be one of "global", "nearest"'),
        ({"delta": [1.0]}, "delta has 1 value"),
        ({"delta": [1.0, -1.0]}, "delta must be above 0, got -1 at index 1"),
    ],
)
def test_bad_option_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        fit_selection_model(YI, VI, **options)


@pytest.mark.parametrize("k", [0, 1, 2])
def test_fewer_studies_than_parameters_are_refused(k: int) -> None:
    with pytest.raises(TooFewStudies, match=f"got {k}$"):
        fit_selection_model(YI[:k], VI[:k])
