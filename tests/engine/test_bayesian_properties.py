"""What must hold for every Bayesian meta-analysis."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine.bayesian import HalfCauchy, HalfNormal, HalfT, LogNormal, Normal, Uniform, fit_bayesian
from tests.engine.strategies import studies

SCALES = st.integers(1, 3000).map(lambda value: value / 1000.0)
PRIORS = st.one_of(
    SCALES.map(HalfNormal),
    SCALES.map(HalfCauchy),
    st.builds(HalfT, SCALES, st.integers(2, 8).map(float)),
    SCALES.map(Uniform),
    st.builds(LogNormal, st.integers(-40, 10).map(lambda value: value / 10.0), SCALES.map(lambda value: value + 0.1)),
)
MU_PRIORS = st.one_of(st.none(), st.builds(Normal, st.integers(-3, 3).map(float), st.integers(1, 40).map(float)))
FEW = settings(max_examples=15, deadline=None)
PROBABILITIES = np.array([0.001, 0.1, 0.5, 0.7, 0.999])


@FEW
@given(studies(least=1), PRIORS, MU_PRIORS)
def test_quantiles_and_intervals_hold_their_probability(data, tau_prior, mu_prior) -> None:
    fit = fit_bayesian(*data, tau_prior=tau_prior, mu_prior=mu_prior)

    for posterior in (fit.mu, fit.tau, fit.theta_new, fit.shrink()[0]):
        quantiles = posterior.quantile(PROBABILITIES)
        # The conflict of prior and data costs digits of the likelihood: 1e-9 is what the fit promises, `error` is less.
        tolerance = 1e-12 + fit.error
        np.testing.assert_allclose(posterior.cdf(quantiles), PROBABILITIES, rtol=0.0, atol=tolerance)
        assert np.all(np.diff(quantiles) > 0.0)
        inside = posterior.cdf([posterior.ci_lower, posterior.ci_upper])
        assert inside[1] - inside[0] == pytest.approx(0.95, abs=tolerance)
        central = posterior.credible_interval(interval="central")
        # A symmetric posterior has one interval of both kinds, up to rounding.
        assert posterior.ci_upper - posterior.ci_lower <= (central[1] - central[0]) * (1.0 + 1e-12)
        assert posterior.ci_lower < posterior.median < posterior.ci_upper


@FEW
@given(studies(least=1), PRIORS, MU_PRIORS, st.integers(-50, 50).map(lambda value: value / 10.0))
def test_probabilities_are_between_zero_and_one(data, tau_prior, mu_prior, threshold) -> None:
    fit = fit_bayesian(*data, tau_prior=tau_prior, mu_prior=mu_prior)

    for posterior in (fit.mu, fit.theta_new, fit.tau):
        above = posterior.probability_beyond(threshold)
        below = posterior.probability_beyond(threshold, side="below")
        assert 0.0 <= above <= 1.0
        assert 0.0 <= below <= 1.0
        assert above + below == pytest.approx(1.0, abs=1e-14)
        assert float(posterior.density(threshold)) >= 0.0
    assert 0.0 < np.sum(fit.weights) <= 1.0 + 1e-12
    assert np.all(fit.weights > 0.0)


@FEW
@given(studies(), PRIORS)
def test_shortest_interval_has_equal_densities_or_ends_with_the_support(data, tau_prior) -> None:
    fit = fit_bayesian(*data, tau_prior=tau_prior)

    for posterior in (fit.mu, fit.theta_new, fit.tau):
        lower, upper = posterior.density([posterior.ci_lower, posterior.ci_upper])
        if posterior is fit.tau and posterior.ci_lower == 0.0:
            assert lower >= upper * (1.0 - 1e-9)
        elif posterior is fit.tau and posterior.ci_upper == getattr(tau_prior, "upper", None):
            assert upper >= lower * (1.0 - 1e-9)
        else:
            # Newton stops where the next step is below rounding.
            assert lower == pytest.approx(upper, rel=1e-8)


@FEW
@given(studies(), SCALES, st.integers(-1000, 1000).map(float))
def test_shift_of_the_effects_shifts_the_posteriors(data, scale, shift) -> None:
    yi, vi = data
    here = fit_bayesian(yi, vi, tau_prior=HalfNormal(scale), mu_prior=Normal(0.5, 2.0))
    there = fit_bayesian(yi + shift, vi, tau_prior=HalfNormal(scale), mu_prior=Normal(0.5 + shift, 2.0))

    # Effects of 1000 are known to 1e-13; a likelihood of a hundred nats makes that 1e-11 of a probability.
    tolerance = 1e-9
    assert there.mu.median - shift == pytest.approx(here.mu.median, abs=tolerance)
    assert there.pi_upper - shift == pytest.approx(here.pi_upper, abs=tolerance)
    assert there.tau.median == pytest.approx(here.tau.median, rel=tolerance)
    assert there.log_marginal_likelihood == pytest.approx(here.log_marginal_likelihood, abs=tolerance)


@FEW
@given(studies(), SCALES, st.sampled_from([1e-18, 1e-6, 3.0, 1e12]))
def test_change_of_units_changes_the_units_of_the_answers(data, scale, unit) -> None:
    yi, vi = data
    here = fit_bayesian(yi, vi, tau_prior=HalfT(scale, 4.0), mu_prior=Normal(0.5, 2.0))
    there = fit_bayesian(
        yi * unit, vi * unit**2, tau_prior=HalfT(scale * unit, 4.0), mu_prior=Normal(0.5 * unit, 2.0 * unit)
    )

    # The panels begin elsewhere: both sides are good to `error`, a few 1e-13, times the digits a quantile loses.
    tolerance = 1e-10
    assert there.mu.median / unit == pytest.approx(here.mu.median, abs=tolerance * here.mu.sd)
    assert there.tau.median / unit == pytest.approx(here.tau.median, rel=tolerance)
    assert there.tau.ci_upper / unit == pytest.approx(here.tau.ci_upper, rel=tolerance)
    assert there.pi_lower / unit == pytest.approx(here.pi_lower, abs=tolerance * here.theta_new.sd)
    assert there.log_bayes_factor_tau == pytest.approx(here.log_bayes_factor_tau, abs=1e-9)
    assert there.log_bayes_factor_mu == pytest.approx(here.log_bayes_factor_mu, abs=1e-9)


@FEW
@given(studies(least=3), st.permutations(range(3)))
def test_order_of_the_studies_does_not_matter(data, order) -> None:
    yi, vi = data
    mixed = [*order, *range(3, yi.size)]
    here = fit_bayesian(yi, vi, tau_prior="Jeffreys")
    there = fit_bayesian(yi[mixed], vi[mixed], tau_prior="Jeffreys")

    assert there.mu.median == pytest.approx(here.mu.median, abs=1e-10)
    assert there.tau.median == pytest.approx(here.tau.median, rel=1e-10)
    np.testing.assert_allclose(there.weights, here.weights[mixed], rtol=1e-10)


@FEW
@given(studies())
def test_shrinkage_keeps_effects_between_study_and_mean(data) -> None:
    yi, _ = data
    fit = fit_bayesian(*data, tau_prior=HalfNormal(0.5))

    for effect, posterior in zip(yi, fit.shrink(), strict=True):
        low, high = min(effect, np.min(yi)), max(effect, np.max(yi))
        assert low - 1e-9 <= posterior.mean <= high + 1e-9
