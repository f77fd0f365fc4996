"""The Bayesian model: edges, bad input, limits that are known in closed form."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from analysis.engine import (
    NonFinite,
    NotConverged,
    OutOfRange,
    RaggedLengths,
    TooFewStudies,
    UnknownOption,
    pool,
)
from analysis.engine.bayesian import (
    DEFAULT_PRIORS,
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
PROPER = [HalfNormal(0.5), HalfT(0.5, 3.0), HalfCauchy(0.5), Uniform(2.0), LogNormal(-1.0, 1.0)]
MU_PRIORS = [None, Normal(0.2, 1.5)]
# Sums over some 500 nodes, each integrated to 1e-13.
EXACT = 1e-11


def names(value: object) -> str:
    """Return a short id for a prior."""
    return str(value) if isinstance(value, str) else "free" if value is None else type(value).__name__


@pytest.mark.parametrize("mu_prior", MU_PRIORS, ids=names)
@pytest.mark.parametrize("tau_prior", [*PROPER, *DEFAULT_PRIORS], ids=names)
def test_posterior_is_that_of_the_plain_double_integral(tau_prior: object, mu_prior: Normal | None) -> None:
    """The product of the normal densities, on a grid of arctan(tau) and mu, without any conditional formula."""
    fit = fit_bayesian(YI, VI, tau_prior=tau_prior, mu_prior=mu_prior)
    nodes, node_weights = np.polynomial.legendre.leggauss(400)
    top = math.atan(2.0) if isinstance(tau_prior, Uniform) else math.pi / 2.0
    # The square tames densities that rise as sqrt(tau) or fall as its inverse; 1 - cos bends the far end as well.
    angle = 0.5 * (nodes + 1.0) if isinstance(tau_prior, Uniform) else 0.5 * (1.0 + np.sin(0.5 * math.pi * nodes))
    stretch = 0.5 if isinstance(tau_prior, Uniform) else 0.25 * math.pi * np.cos(0.5 * math.pi * nodes)
    tau = np.tan(top * angle)
    jacobian = node_weights * stretch * top * (1.0 + tau**2)
    spread = np.sqrt(VI[:, np.newaxis] + tau**2)
    prior = np.exp(fit.tau_prior.log_density(np.log(tau)))
    threshold = 0.4
    z, z_weights = np.polynomial.legendre.leggauss(60)

    def mass(low: float, high: float) -> float:
        """Return the integral of likelihood times priors for mu from low to high, in units of its own spread."""
        width = 1.0 / np.sqrt(np.sum(spread**-2, axis=0) + (0.0 if mu_prior is None else mu_prior.sd**-2))
        start, end = np.maximum(low, -0.5 - 14.0 * width), np.minimum(high, 1.0 + 14.0 * width)
        total = 0.0
        for part in range(4):
            left, right = start + (end - start) * part / 4.0, start + (end - start) * (part + 1) / 4.0
            mu = 0.5 * (left + right) + 0.5 * (right - left) * z[:, np.newaxis]
            logs = np.sum(-0.5 * ((YI[:, np.newaxis, np.newaxis] - mu) / spread[:, np.newaxis]) ** 2, axis=0)
            logs = logs - np.sum(np.log(spread), axis=0)
            if mu_prior is not None:
                logs = logs - 0.5 * ((mu - mu_prior.mean) / mu_prior.sd) ** 2
            total += float(np.sum(0.5 * (right - left) * (z_weights @ np.exp(logs)) * prior * jacobian))
        return total

    above, below = mass(threshold, math.inf), mass(-math.inf, threshold)

    # The crude grid is good to seven digits where the prior has a root or a heavy tail, to ten elsewhere.
    assert fit.mu.probability_beyond(threshold) == pytest.approx(above / (above + below), rel=2e-7)


def test_posterior_of_tau_is_a_distribution() -> None:
    fit = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5))

    total, _ = integrate.quad(lambda tau: float(fit.tau.density(tau)), 0.0, 10.0, epsabs=1e-13, epsrel=1e-13)
    half, _ = integrate.quad(lambda tau: float(fit.tau.density(tau)), 0.0, fit.tau.median, epsabs=1e-13, epsrel=1e-13)

    # quad promises 1e-13; the density is the integrand of the engine at other points.
    assert total == pytest.approx(1.0, abs=1e-12)
    assert half == pytest.approx(0.5, abs=1e-12)


@pytest.mark.parametrize("mu_prior", MU_PRIORS, ids=names)
@pytest.mark.parametrize("tau_prior", PROPER, ids=names)
def test_bayes_factors_are_ratios_of_densities(tau_prior: object, mu_prior: Normal | None) -> None:
    """Savage and Dickey: the posterior over the prior density at the point that is tested."""
    fit = fit_bayesian(YI, VI, tau_prior=tau_prior, mu_prior=mu_prior)

    if not isinstance(tau_prior, LogNormal):
        at_zero = math.exp(float(fit.tau_prior.log_density(np.array([-700.0]))[0]))
        assert fit.bayes_factor_tau == pytest.approx(float(fit.tau.density(0.0)) / at_zero, rel=EXACT)
    if mu_prior is None:
        assert fit.bayes_factor_mu is None
        assert fit.log_marginal_likelihood is None
    else:
        at_zero = stats.norm.pdf(0.0, mu_prior.mean, mu_prior.sd)
        assert fit.bayes_factor_mu == pytest.approx(float(fit.mu.density(0.0)) / at_zero, rel=EXACT)


def test_bayes_factor_is_infinite_beyond_double_precision() -> None:
    fit = fit_bayesian([0.0, 0.0], [1e-8, 1e-8], tau_prior=HalfNormal(1e-8), mu_prior=Normal(1.0, 0.01))

    assert fit.log_bayes_factor_mu is not None
    assert fit.log_bayes_factor_mu > 709.0
    assert fit.bayes_factor_mu == math.inf


@pytest.mark.parametrize("tau_prior", DEFAULT_PRIORS)
def test_bayes_factor_of_an_improper_prior_is_none(tau_prior: str) -> None:
    fit = fit_bayesian(YI, VI, tau_prior=tau_prior, mu_prior=Normal(0.0, 1.0))

    is_proper = tau_prior in {"conventional", "DuMouchel", "shrinkage", "I2"}
    assert (fit.bayes_factor_tau is not None) == is_proper
    assert (fit.log_marginal_likelihood is not None) == is_proper
    assert fit.bayes_factor_mu is not None


def test_prior_at_zero_leaves_the_common_effect() -> None:
    fit = fit_bayesian(YI, VI, tau_prior=HalfNormal(1e-12))
    common = pool(YI, VI, tau2_method="CE", ci_method="wald")

    # tau2 is 1e-24: nothing of it is left in double precision.
    assert fit.mu.mean == pytest.approx(common.estimate, rel=1e-13)
    assert fit.mu.sd == pytest.approx(common.se, rel=1e-13)
    assert (fit.ci_lower, fit.ci_upper) == pytest.approx((common.ci_lower, common.ci_upper), rel=1e-12)
    assert fit.weights == pytest.approx(common.weights, rel=1e-13)
    assert fit.log_bayes_factor_tau == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(fit.mu.cdf([-0.2, 0.3]), stats.norm.cdf([-0.2, 0.3], common.estimate, common.se), 1e-12)


@pytest.mark.parametrize("sd", [1e6, 1e8])
def test_vague_prior_of_mu_becomes_the_uniform_one(sd: float) -> None:
    vague = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5), mu_prior=Normal(0.0, sd))
    uniform = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5))

    # What is left of the prior is of the order of (1 / sd)**2.
    assert vague.mu.mean == pytest.approx(uniform.mu.mean, rel=1e-10)
    assert vague.tau.median == pytest.approx(uniform.tau.median, rel=1e-10)
    assert vague.pi_upper == pytest.approx(uniform.pi_upper, rel=1e-10)


def test_shortest_interval_stays_in_the_support() -> None:
    """A posterior that is all but flat: Newton's method leaves the support."""
    fit = fit_bayesian([0.0], [0.001], tau_prior=Uniform(0.009), mu_prior=Normal(1.0, 1.0))

    assert fit.tau.ci_lower == 0.0
    assert float(fit.tau.cdf(fit.tau.ci_upper) - fit.tau.cdf(fit.tau.ci_lower)) == pytest.approx(0.95, abs=1e-12)


def test_known_mu_is_left_where_it_is() -> None:
    fit = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5), mu_prior=Normal(3.0, 1e-6))

    assert fit.mu.mean == pytest.approx(3.0, abs=1e-9)
    assert fit.mu.sd == pytest.approx(1e-6, rel=1e-6)


def test_one_study_leaves_the_prior_of_tau() -> None:
    """With a uniform prior of mu, one study says nothing about tau."""
    fit = fit_bayesian([0.3], [0.1], tau_prior=HalfCauchy(0.5))

    probability = np.array([0.05, 0.5, 0.95])
    np.testing.assert_allclose(fit.tau.quantile(probability), stats.halfcauchy.ppf(probability, scale=0.5), rtol=1e-12)
    assert fit.tau.mean is None
    assert fit.mu.mean is None
    assert fit.se is None
    assert fit.mu.median == pytest.approx(0.3, abs=1e-13)
    assert fit.theta_new.sd is None
    assert fit.shrink()[0].mean == pytest.approx(0.3, abs=1e-13)
    assert fit.weights == pytest.approx([1.0])


@pytest.mark.parametrize(("df", "has_mean", "has_sd"), [(0.5, False, False), (1.5, True, False), (2.2, True, True)])
def test_moments_are_given_where_they_exist(df: float, has_mean: bool, has_sd: bool) -> None:
    fit = fit_bayesian([0.3], [0.1], tau_prior=HalfT(0.5, df))

    assert (fit.tau.mean is not None) == has_mean
    assert (fit.tau.sd is not None) == has_sd
    assert (fit.mu.sd is not None) == has_sd
    if has_mean:
        # The mean of a half-t variable, Psarakis and Panaretos (1990).
        mean = 0.5 * 2.0 * math.sqrt(df / math.pi) * math.gamma((df + 1) / 2) / math.gamma(df / 2) / (df - 1)
        assert fit.tau.mean == pytest.approx(mean, rel=1e-11)
    if has_sd:
        assert fit.tau.sd == pytest.approx(math.sqrt(0.25 * df / (df - 2) - mean**2), rel=1e-9)


def test_flat_posterior_has_no_mode() -> None:
    fit = fit_bayesian([0.3], [0.1], tau_prior=Uniform(2.0))

    assert fit.tau.mode is None
    assert fit.tau.mean == pytest.approx(1.0, rel=1e-12)
    assert (fit.tau.ci_lower, fit.tau.ci_upper) == pytest.approx((0.0, 1.9), abs=1e-11)


def test_mode_at_the_end_of_a_bounded_prior_is_the_end() -> None:
    fit = fit_bayesian([-5.0, 5.0, 0.0], [0.01, 0.01, 0.01], tau_prior=Uniform(0.5))

    assert fit.tau.mode == pytest.approx(0.5, rel=1e-14)
    assert fit.tau.ci_upper == pytest.approx(0.5, rel=1e-14)
    assert float(fit.tau.cdf(0.5)) == 1.0


def test_two_modes_are_told_apart() -> None:
    """Two groups of precise studies: the mode of a study's effect is near it, and mu lies between."""
    fit = fit_bayesian([0.0, 0.0, 5.0, 5.0], [0.01, 0.01, 0.01, 4.0], tau_prior=LogNormal(-4.0, 1.0))

    grid = np.linspace(-1.0, 6.0, 20001)
    assert float(fit.mu.density(fit.mu.mode)) >= float(np.max(fit.mu.density(grid))) * (1.0 - 1e-12)
    for study in fit.shrink():
        assert float(study.density(study.mode)) >= float(np.max(study.density(grid))) * (1.0 - 1e-12)


def test_maxima_are_where_the_densities_are_highest() -> None:
    fit = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5), mu_prior=Normal(0.2, 1.5))
    maxima = fit.maximise()

    def log_likelihood(tau: float, mu: float) -> float:
        return float(np.sum(stats.norm.logpdf(YI, mu, np.sqrt(VI + tau**2))))

    def log_posterior(tau: float, mu: float) -> float:
        return log_likelihood(tau, mu) + stats.norm.logpdf(mu, 0.2, 1.5) + stats.halfnorm.logpdf(tau, scale=0.5)

    for function, tau, mu in (
        (log_likelihood, maxima.ml_tau, maxima.ml_mu),
        (log_posterior, maxima.map_tau, maxima.map_mu),
    ):
        assert tau is not None
        assert mu is not None
        around = [function(abs(tau + step), mu + shift) for step in (-1e-3, 0, 1e-3) for shift in (-1e-3, 0, 1e-3)]
        assert max(around) == around[4]
    assert maxima.map_marginal_mu == fit.mu.mode
    assert maxima.map_marginal_tau == fit.tau.mode


def test_maximum_of_the_likelihood_is_that_of_the_engine() -> None:
    fit = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5))
    pooled = pool(YI, VI, tau2_method="ML", ci_method="wald")

    maxima = fit.maximise()

    # Both are roots of a score to double precision.
    assert maxima.ml_tau == pytest.approx(pooled.tau, rel=1e-12)
    assert maxima.ml_mu == pytest.approx(pooled.estimate, rel=1e-12)
    assert maxima.ml_marginal_tau == pytest.approx(pool(YI, VI, tau2_method="REML").tau, rel=1e-12)


def test_maximum_of_mu_is_none_where_its_likelihood_has_no_integral() -> None:
    fit = fit_bayesian(YI[:2], VI[:2], tau_prior="uniform", mu_prior=Normal(0.0, 1.0))

    assert fit.maximise().ml_marginal_mu is None


def test_no_study_is_too_few() -> None:
    with pytest.raises(TooFewStudies, match="at least 1 study, got 0"):
        fit_bayesian([], [], tau_prior=HalfNormal(1.0))
    with pytest.raises(TooFewStudies, match="at least 2 studies, got 1"):
        fit_bayesian([1.0], [1.0], tau_prior="I2")


@pytest.mark.parametrize(
    ("error", "arguments"),
    [
        (NonFinite, {"yi": [0.1, np.nan]}),
        (OutOfRange, {"vi": [0.1, 0.0]}),
        (RaggedLengths, {"vi": [0.1]}),
        (UnknownOption, {"tau_prior": "half-normal"}),
        (UnknownOption, {"tau_prior": 0.5}),
        (UnknownOption, {"mu_prior": (0.0, 1.0)}),
        (UnknownOption, {"interval": "hpd"}),
        (OutOfRange, {"level": 95}),
    ],
)
def test_bad_argument_is_named(error: type[Exception], arguments: dict[str, object]) -> None:
    good = {"yi": [0.1, 0.2], "vi": [0.1, 0.2], "tau_prior": HalfNormal(1.0)} | arguments

    with pytest.raises(error, match=next(iter(arguments)) if error is not RaggedLengths else "vi has 1"):
        fit_bayesian(good.pop("yi"), good.pop("vi"), **good)


def test_questions_to_a_posterior_are_checked() -> None:
    fit = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5))

    with pytest.raises(OutOfRange, match="probability must be strictly between 0 and 1"):
        fit.mu.quantile(1.0)
    with pytest.raises(UnknownOption, match="side"):
        fit.mu.probability_beyond(0.0, side="right")
    with pytest.raises(UnknownOption, match="interval"):
        fit.tau.credible_interval(interval="hpd")
    with pytest.raises(OutOfRange, match="level"):
        fit.tau.credible_interval(level=0.0)


def test_tau_is_never_below_zero() -> None:
    fit = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5))

    assert fit.tau.density([-1.0]).tolist() == [0.0]
    assert fit.tau.cdf([-1.0, 0.0]).tolist() == [0.0, 0.0]
    assert fit_bayesian(YI, VI, tau_prior="sqrt").tau.density([0.0]).tolist() == [math.inf]
    assert fit_bayesian(YI, VI, tau_prior="Jeffreys").tau.density([0.0]).tolist() == [0.0]


def test_contradiction_beyond_double_precision_is_an_error() -> None:
    with pytest.raises(NotConverged, match="posterior of tau"):
        fit_bayesian(YI * 1e6, VI, tau_prior=HalfNormal(0.01))


def test_hypothesis_that_is_far_out_is_refuted_and_not_refused() -> None:
    """mu = 0 asks for a large tau: exp(-tau**2 / 2e-6 - 3 * 180**2 / 2 / tau**2) is highest at exp(-311769)."""
    fit = fit_bayesian([180.0, 180.0, 179.999], [1e-3] * 3, tau_prior=HalfNormal(1e-3), mu_prior=Normal(180.5, 2.0))

    assert fit.log_bayes_factor_mu == pytest.approx(-311769.0, rel=0.01)
    assert fit.bayes_factor_mu == 0.0


def test_equal_effects_are_pooled() -> None:
    fit = fit_bayesian([1.0, 1.0, 1.0], [0.1, 0.1, 0.1], tau_prior=HalfNormal(1.0))

    assert fit.mu.mean == pytest.approx(1.0, abs=1e-15)
    assert fit.mu.mode == pytest.approx(1.0, abs=1e-15)
    assert fit.tau.mode == 0.0


def test_results_cannot_be_changed() -> None:
    fit = fit_bayesian(YI, VI, tau_prior=HalfNormal(0.5))

    with pytest.raises(ValueError, match="read-only"):
        fit.weights[0] = 1.0
    with pytest.raises(AttributeError):
        fit.k = 1
