"""The result of a Bayesian meta-analysis."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf

from analysis.engine.arrays import FloatArray
from analysis.engine.bayesian.conditional import NormalModel
from analysis.engine.bayesian.effects_given_tau import posterior_of_study
from analysis.engine.bayesian.maxima import Maxima, find_maxima
from analysis.engine.bayesian.panels import TauGrid
from analysis.engine.bayesian.posterior import Posterior
from analysis.engine.bayesian.priors import Normal, TauPrior

# Beyond this, exp() leaves double precision.
LARGEST_LOG = 709.0


@dataclass(frozen=True, slots=True, eq=False)
class BayesianFit:
    """A Bayesian meta-analysis, scale of yi (natural logs for ratios).

    Attributes
    ----------
    k : number of studies
    mu, tau : posteriors of the mean effect and of the standard deviation between studies
    theta_new : posterior predictive distribution of the effect in a new study, without its sampling error
    weights : array of shape (k,)  posterior mean of the share of each study in mu; what is missing from 1 is the prior
    log_marginal_likelihood : of the effects, natural logarithm; None where a prior is improper
    log_bayes_factor_tau : for tau = 0 against the prior of tau; None where that is improper
    log_bayes_factor_mu : for mu = 0 against the prior of mu; None where that is uniform
    level, interval, tau_prior, mu_prior : what was asked
    error : estimate of the error of the integrals over tau, a fraction
    model, grid : what the other answers are computed from

    Notes
    -----
    In the engine's words, `estimate` and `se` are the posterior median and standard deviation of mu (the latter None
    where it is infinite), `ci_lower` and `ci_upper` its credible interval, `pi_lower` and `pi_upper` that of
    `theta_new`.
    """

    k: int
    mu: Posterior
    tau: Posterior
    theta_new: Posterior
    weights: FloatArray
    log_marginal_likelihood: float | None
    log_bayes_factor_tau: float | None
    log_bayes_factor_mu: float | None
    level: float
    interval: str
    tau_prior: TauPrior
    mu_prior: Normal | None
    error: float
    model: NormalModel
    grid: TauGrid

    @property
    def estimate(self) -> float:
        """Return the posterior median of mu."""
        return self.mu.median

    @property
    def se(self) -> float | None:
        """Return the posterior standard deviation of mu; None where it is infinite."""
        return self.mu.sd

    @property
    def ci_lower(self) -> float:
        """Return the lower limit of the credible interval of mu."""
        return self.mu.ci_lower

    @property
    def ci_upper(self) -> float:
        """Return the upper limit of the credible interval of mu."""
        return self.mu.ci_upper

    @property
    def pi_lower(self) -> float:
        """Return the lower limit of the prediction interval."""
        return self.theta_new.ci_lower

    @property
    def pi_upper(self) -> float:
        """Return the upper limit of the prediction interval."""
        return self.theta_new.ci_upper

    @property
    def bayes_factor_tau(self) -> float | None:
        """Return the Bayes factor for tau = 0; below 1 it speaks against. None where the prior of tau is improper."""
        return _exponential(self.log_bayes_factor_tau)

    @property
    def bayes_factor_mu(self) -> float | None:
        """Return the Bayes factor for mu = 0; below 1 it speaks against. None where the prior of mu is uniform."""
        return _exponential(self.log_bayes_factor_mu)

    def shrink(self) -> tuple[Posterior, ...]:
        """Return the posteriors of the effects in the k studies, the shrinkage estimates."""
        return tuple(
            posterior_of_study(self.model, self.grid, index, level=self.level, interval=self.interval)
            for index in range(self.k)
        )

    def maximise(self) -> Maxima:
        """Return tau and mu where the likelihood and where the posterior density are highest."""
        return find_maxima(self.model, self.tau_prior, self.grid, tau_mode=self.tau.mode, mu_mode=self.mu.mode)


def _exponential(logarithm: float | None) -> float | None:
    """Return exp(logarithm), infinite beyond double precision; None of None."""
    if logarithm is None:
        return None
    return inf if logarithm > LARGEST_LOG else exp(logarithm)
