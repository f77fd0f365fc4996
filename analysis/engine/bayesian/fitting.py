"""Bayesian random-effects meta-analysis without sampling: the normal-normal model, integrated over tau.

Given tau, mu is normal. The posterior of tau is integrated over log(tau) by Gauss-Legendre panels that are halved until
their polynomials are exact to 1e-13; so every posterior of an effect is a mixture of normal distributions over the
nodes. Nothing is sampled and nothing depends on a seed.

A Bayes factor needs a proper prior of the quantity it tests; an improper prior of the other one is the same on both
sides and cancels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_level, read_studies, require_option
from analysis.engine.bayesian.conditional import NormalModel, condition
from analysis.engine.bayesian.default_priors import DEFAULT_PRIORS, DefaultPrior
from analysis.engine.bayesian.effects_given_tau import mean_weights, posterior_of_mu, posterior_of_new
from analysis.engine.bayesian.fit import BayesianFit
from analysis.engine.bayesian.intervals import INTERVALS
from analysis.engine.bayesian.panels import TauGrid, integrate_prior, integrate_tau
from analysis.engine.bayesian.posterior import Posterior, summarise
from analysis.engine.bayesian.priors import HalfNormal, HalfT, LogNormal, Normal, TauPrior, Uniform
from analysis.engine.bayesian.tau_marginal import TauMarginal
from analysis.engine.bayesian.tau_mode import LOG_ZERO
from analysis.engine.errors import TooFewStudies, UnknownOption

PRIORS = (HalfNormal, HalfT, LogNormal, Uniform)


def fit_bayesian(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    tau_prior: TauPrior | str,
    mu_prior: Normal | None = None,
    level: float = 0.95,
    interval: str = "shortest",
) -> BayesianFit:
    """Return the posteriors of the mean effect, of tau and of the effect in a new study.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects (natural logs for ratios) and sampling variances, same scale squared
    tau_prior : HalfNormal, HalfT, HalfCauchy, Uniform, LogNormal, or one of {"uniform", "sqrt", "Jeffreys",
        "BergerDeely", "conventional", "DuMouchel", "shrinkage", "I2"}  prior of tau; `DefaultPrior` has the formulas
    mu_prior : Normal or None  prior of the mean effect; None is the improper uniform prior
    level : probability inside the credible and prediction intervals, a fraction in (0, 1)
    interval : {"shortest", "central"}

    Raises
    ------
    TooFewStudies
        k is 0, or 1 for the prior "I2".
    UndefinedResult
        The posterior has no finite integral: "uniform" needs 3 studies and the other improper priors ("sqrt",
        "Jeffreys", "BergerDeely") 2; one fewer with a normal prior of mu.
    InvalidInput, NotConverged
        A value that cannot be right or an option that does not exist; an integral that double precision does not carry
        to 1e-9, as where the effects contradict the prior of tau by thousands of standard errors.

    References
    ----------
    Roever (2020), doi:10.18637/jss.v093.i06; Roever and Friede (2017), doi:10.1080/10618600.2016.1276840.
    """
    require_option("interval", interval, INTERVALS)
    inside = read_level(level)
    effects, variances = read_studies(yi, vi)
    if effects.size == 0:
        raise TooFewStudies(needed=1, got=0)
    prior = _read_tau_prior(tau_prior, variances)
    model = _read_model(effects, variances, mu_prior)
    return _fit(model, prior, mu_prior, level=inside, interval=interval)


def _fit(model: NormalModel, prior: TauPrior, mu_prior: Normal | None, *, level: float, interval: str) -> BayesianFit:
    """Return the posteriors and Bayes factors."""
    grid = integrate_tau(model, prior)
    log_evidence = _log_evidence(grid, prior)
    return BayesianFit(
        k=model.yi.size,
        mu=posterior_of_mu(model, grid, level=level, interval=interval),
        tau=_posterior_of_tau(model, prior, grid, level=level, interval=interval),
        theta_new=posterior_of_new(model, grid, level=level, interval=interval),
        weights=freeze(mean_weights(model, grid)),
        log_marginal_likelihood=None if mu_prior is None else log_evidence,
        log_bayes_factor_tau=_log_bayes_factor_tau(model, log_evidence),
        log_bayes_factor_mu=_log_bayes_factor_mu(model, grid, prior, mu_prior),
        level=level,
        interval=interval,
        tau_prior=prior,
        mu_prior=mu_prior,
        error=grid.quadrature.error,
        model=model,
        grid=grid,
    )


def _read_model(yi: FloatArray, vi: FloatArray, mu_prior: Normal | None) -> NormalModel:
    """Return the studies and the prior of mu, with the first effect taken off."""
    if mu_prior is not None and not isinstance(mu_prior, Normal):
        raise UnknownOption(argument="mu_prior", got=mu_prior, allowed=("Normal(mean, sd)", "None"))
    origin = float(yi[0])
    return NormalModel(
        yi=freeze(yi - origin),
        vi=freeze(vi),
        origin=origin,
        prior_mean=0.0 if mu_prior is None else mu_prior.mean - origin,
        prior_precision=0.0 if mu_prior is None else mu_prior.sd**-2,
    )


def _read_tau_prior(tau_prior: TauPrior | str, vi: FloatArray) -> TauPrior:
    """Return the prior of tau; a name becomes the prior that follows from the variances."""
    if isinstance(tau_prior, PRIORS):
        return tau_prior
    allowed = (*DEFAULT_PRIORS, "a HalfNormal, HalfT, HalfCauchy, Uniform or LogNormal")
    if not isinstance(tau_prior, str) or tau_prior not in DEFAULT_PRIORS:
        raise UnknownOption(argument="tau_prior", got=tau_prior, allowed=allowed)
    return DefaultPrior(name=tau_prior, vi=freeze(vi))


def _posterior_of_tau(model: NormalModel, prior: TauPrior, grid: TauGrid, *, level: float, interval: str) -> Posterior:
    """Return the posterior of tau with its summary."""
    marginal = TauMarginal(model=model, prior=prior, quadrature=grid.quadrature)
    tau = np.sqrt(grid.tau2)
    mean = grid.expect(tau, order=1) if grid.has_moment(1) else None
    variance = None
    if mean is not None and grid.has_moment(2):
        variance = grid.expect((tau - mean) ** 2, order=2)
    return summarise(marginal, mean=mean, variance=variance, mode=marginal.mode(), level=level, interval=interval)


def _log_evidence(grid: TauGrid, prior: TauPrior) -> float | None:
    """Return the logarithm of the likelihood integrated over both priors; None where that of tau is improper."""
    if not prior.is_proper:
        return None
    constant = integrate_prior(prior) if isinstance(prior, DefaultPrior) and prior.name == "conventional" else 0.0
    return grid.quadrature.log_integral - constant


def _log_bayes_factor_tau(model: NormalModel, log_evidence: float | None) -> float | None:
    """Return the logarithm of the likelihood at tau = 0 over that under the prior of tau."""
    if log_evidence is None:
        return None
    return float(condition(model, np.array([LOG_ZERO])).log_likelihood[0]) - log_evidence


def _log_bayes_factor_mu(model: NormalModel, grid: TauGrid, prior: TauPrior, mu_prior: Normal | None) -> float | None:
    """Return the logarithm of the likelihood at mu = 0 over that under the prior of mu, tau integrated out of both.

    Far from the posterior of mu, tau is large: the integral at mu = 0 has its own panels.
    """
    if mu_prior is None:
        return None
    known = NormalModel(yi=model.yi, vi=model.vi, origin=model.origin, prior_mean=-model.origin, prior_precision=np.inf)
    return integrate_tau(known, prior, is_for_evidence=True).quadrature.log_integral - grid.quadrature.log_integral
