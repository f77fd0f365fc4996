"""Bayesian random-effects meta-analysis by quadrature: priors, posteriors, Bayes factors."""

from analysis.engine.bayesian.default_priors import DEFAULT_PRIORS, DefaultPrior
from analysis.engine.bayesian.fit import BayesianFit
from analysis.engine.bayesian.fitting import fit_bayesian
from analysis.engine.bayesian.maxima import Maxima
from analysis.engine.bayesian.posterior import Posterior
from analysis.engine.bayesian.priors import HalfCauchy, HalfNormal, HalfT, LogNormal, Normal, Uniform

__all__ = [
    "DEFAULT_PRIORS",
    "BayesianFit",
    "DefaultPrior",
    "HalfCauchy",
    "HalfNormal",
    "HalfT",
    "LogNormal",
    "Maxima",
    "Normal",
    "Posterior",
    "Uniform",
    "fit_bayesian",
]
