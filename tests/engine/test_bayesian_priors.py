"""Priors of the Bayesian model: what they integrate to, which studies they need, what they refuse."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.engine import UndefinedResult
from analysis.engine.bayesian import (
    DefaultPrior,
    HalfCauchy,
    HalfNormal,
    HalfT,
    LogNormal,
    Normal,
    Uniform,
    fit_bayesian,
)

YI = np.array([0.1, 0.5, -0.3, 0.8])
VI = np.array([0.1, 0.2, 0.05, 0.3])
LOG_TAU = np.linspace(-6.0, 1.9, 25)


@pytest.mark.parametrize(
    ("prior", "frozen"),
    [
        (HalfNormal(0.7), stats.halfnorm(scale=0.7)),
        (HalfCauchy(0.7), stats.halfcauchy(scale=0.7)),
        (Uniform(7.0), stats.uniform(0.0, 7.0)),
        (LogNormal(-0.5, 0.8), stats.lognorm(0.8, scale=math.exp(-0.5))),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_density_is_that_of_scipy(prior: object, frozen: object) -> None:
    # One formula in double precision on both sides.
    np.testing.assert_allclose(prior.log_density(LOG_TAU), frozen.logpdf(np.exp(LOG_TAU)), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("df", [0.5, 1.0, 3.0, 1e6])
def test_half_t_density_is_twice_that_of_t(df: float) -> None:
    expected = math.log(2.0) + stats.t(df, scale=0.7).logpdf(np.exp(LOG_TAU))

    # scipy takes the constant from a difference of log-gammas, which costs it 1e-9 at a million degrees of freedom.
    np.testing.assert_allclose(
        HalfT(0.7, df).log_density(LOG_TAU), expected, rtol=1e-12, atol=1e-12 if df < 1e3 else 1e-8
    )


@pytest.mark.parametrize(
    "prior",
    [
        HalfNormal(0.7),
        HalfT(0.7, 3.0),
        HalfCauchy(0.7),
        LogNormal(-0.5, 0.8),
        *(
            DefaultPrior(name=name, vi=VI)
            for name in ("uniform", "sqrt", "Jeffreys", "BergerDeely", "conventional", "DuMouchel", "shrinkage", "I2")
        ),
    ],
    ids=lambda prior: prior.name,
)
def test_slope_is_the_derivative_of_the_density(prior: object) -> None:
    step = 1e-5
    numeric = (prior.log_density(LOG_TAU + step) - prior.log_density(LOG_TAU - step)) / (2.0 * step)

    # The difference quotient: step**2 of the curvature, and rounding over the step.
    np.testing.assert_allclose(prior.slope(LOG_TAU), numeric, rtol=1e-7, atol=1e-8)


def test_typical_variance_of_unequal_studies_keeps_its_digits() -> None:
    """total**2 - sum of squares loses all digits beyond a ratio of 1e16; the sum over pairs loses none."""
    prior = DefaultPrior(name="I2", vi=np.array([1e-12, 1.0, 2.0]))
    wi = np.array([1e12, 1.0, 0.5])
    variance = 2.0 * wi.sum() / (2.0 * (1e12 * 1.5 + 0.5))

    # At tau**2 = s**2 the density is 1 / (2 s).
    at = np.array([0.5 * math.log(variance)])
    assert float(prior.log_density(at)[0]) == pytest.approx(-math.log(2.0) - at[0], abs=1e-12)


@pytest.mark.parametrize("tau_prior", ["DuMouchel", "shrinkage", "I2"])
def test_proper_default_prior_integrates_to_one(tau_prior: str) -> None:
    prior = fit_bayesian(YI, VI, tau_prior=tau_prior).tau_prior

    total, _ = integrate.quad(lambda tau: math.exp(float(prior.log_density(np.array([math.log(tau)]))[0])), 0.0, np.inf)

    # quad promises 1.5e-8.
    assert total == pytest.approx(1.0, abs=1e-7)


def test_conventional_prior_is_divided_by_its_integral() -> None:
    """With a uniform prior of mu, one study says nothing about tau: the evidence is the integral of the prior."""
    fit = fit_bayesian(YI[:1], VI[:1], tau_prior="conventional")

    assert fit.log_bayes_factor_tau == pytest.approx(0.0, abs=1e-11)


@pytest.mark.parametrize(
    ("tau_prior", "mu_prior", "needed"),
    [
        ("uniform", None, 3),
        ("uniform", Normal(0.0, 1.0), 2),
        ("sqrt", None, 2),
        ("sqrt", Normal(0.0, 1.0), 1),
        ("Jeffreys", None, 2),
        ("Jeffreys", Normal(0.0, 1.0), 1),
        ("BergerDeely", None, 2),
        ("conventional", None, 1),
        ("DuMouchel", None, 1),
        ("shrinkage", None, 1),
    ],
)
def test_improper_posterior_is_refused(tau_prior: str, mu_prior: Normal | None, needed: int) -> None:
    fit = fit_bayesian(YI[:needed], VI[:needed], tau_prior=tau_prior, mu_prior=mu_prior)

    assert math.isfinite(fit.mu.median)
    if needed > 1:
        with pytest.raises(UndefinedResult, match=f"more than the {needed - 1} stud"):
            fit_bayesian(YI[: needed - 1], VI[: needed - 1], tau_prior=tau_prior, mu_prior=mu_prior)


@pytest.mark.parametrize(
    ("make", "argument"),
    [
        (lambda: HalfNormal(0.0), "scale"),
        (lambda: HalfNormal(math.inf), "scale"),
        (lambda: HalfT(1.0, 0.1), "df"),
        (lambda: HalfCauchy(-1.0), "scale"),
        (lambda: HalfCauchy(1.0, 2.0), "df"),
        (lambda: Uniform(0.0), "upper"),
        (lambda: LogNormal(0.0, 0.0), "sigma"),
        (lambda: LogNormal(200.0, 1.0), "mu"),
        (lambda: Normal(0.0, 0.0), "sd"),
        (lambda: Normal(math.nan, 1.0), "mean"),
        (lambda: HalfNormal("1"), "scale"),
    ],
)
def test_impossible_prior_is_refused(make: Callable[[], object], argument: str) -> None:
    with pytest.raises(ValueError, match=argument):
        make()


@pytest.mark.parametrize("sigma", [1e-4, 20.0])
def test_extreme_log_normal_priors_are_integrated(sigma: float) -> None:
    fit = fit_bayesian([0.3], [0.1], tau_prior=LogNormal(-1.0, sigma))

    # One study says nothing about tau. The quantile is that of log(tau) times sigma.
    assert fit.tau.median == pytest.approx(math.exp(-1.0), rel=1e-12)
    assert float(fit.tau.quantile(0.9)) == pytest.approx(math.exp(-1.0 + sigma * stats.norm.ppf(0.9)), rel=1e-10)
    assert fit.tau.mode == pytest.approx(math.exp(-1.0 - sigma**2), rel=1e-10)


def test_log_normal_prior_of_tau2_is_halved() -> None:
    assert LogNormal.from_tau2(-2.0, 1.5) == LogNormal(-1.0, 0.75)
