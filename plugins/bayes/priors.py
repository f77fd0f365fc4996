"""The priors of tau, with their numbers and where these come from."""

from dataclasses import dataclass
from math import log, sqrt

from analysis import engine
from analysis.contract import Dataset
from plugins.bayes.params import Params
from plugins.bayes.turner import prior_of

SCALE_STATED = "The scale is a parameter of the analysis."
SCALE_OF_RATIOS = "The scale 0.5 is that of Roever et al. (2021) for logs of ratios and standardised mean differences."
SCALE_OF_UNITS = (
    "The scale is a quarter of the unit information standard deviation of the studies (Roever et al. 2021), for mean "
    "differences half the standard deviation of participants."
)
NO_SCALE = (
    "a scale has to be stated, as the sizes of some groups are not known and with them the unit information standard "
    "deviation"
)
NUMBERS_STATED = "The numbers are parameters of the analysis."
FROM_TURNER = (
    "Predictive distribution of Turner et al. (2015), doi:10.1002/sim.6381, for log odds ratios; outcome: {outcome}; "
    "comparison: {comparison}."
)
FOR_ODDS_RATIOS = (
    "the prior of Turner et al. (2015) is for odds ratios, and with caution risk ratios, not for {measure}"
)
FROM_VARIANCES = "It follows from the sampling variances (Roever 2020, doi:10.18637/jss.v093.i06)."

SCALE = 0.5
SCALED = ("half_normal", "half_t", "half_cauchy", "bounded_uniform")
UNITS = ("MD", "RD")
TURNER_MEASURES = ("OR", "RR")
# Uniform up to four times the scale of a half-normal: beyond, that has left nothing.
BOUND = 4.0


class NoPrior(ValueError):
    """A prior that cannot be made for these studies, and why."""


@dataclass(frozen=True, slots=True)
class NamedPrior:
    """A prior of tau: its name, its numbers in words, where they come from, and what the engine takes."""

    name: str
    says: str
    source: str
    prior: engine.HalfNormal | engine.HalfT | engine.Uniform | engine.LogNormal | str
    scale: float | None = None


def make_prior(name: str, dataset: Dataset, params: Params, *, factor: float = 1.0) -> NamedPrior:
    """Give a prior by name; `factor` multiplies its scale, or shifts a log-normal.

    Raises
    ------
    NoPrior : its numbers cannot be found for these studies, or it is for another measure
    """
    if name in SCALED:
        scale, source = _scale(dataset, params)
        return _scaled(name, scale * factor, source, params)
    if name == "log_normal":
        return _log_normal(name, engine.LogNormal(params.tau_log_mean, params.tau_log_sd), NUMBERS_STATED, factor)
    if name == "turner_2015":
        if dataset.measure not in TURNER_MEASURES:
            raise NoPrior(FOR_ODDS_RATIOS.format(measure=dataset.measure))
        outcome, comparison = params.turner_outcome, params.turner_comparison
        source = FROM_TURNER.format(outcome=outcome.replace("_", " "), comparison=comparison.replace("_", " "))
        return _log_normal(name, prior_of(outcome, comparison), source, factor)
    return NamedPrior(name=name, says=name, source=FROM_VARIANCES, prior=name)


def has_scale(name: str) -> bool:
    """Whether half and double the prior mean something: not where it follows from the variances."""
    return name in (*SCALED, "log_normal", "turner_2015")


def _scale(dataset: Dataset, params: Params) -> tuple[float, str]:
    """Give the scale of a half-normal prior, stated or usual, and where it comes from; a stated bound is four scales.

    References
    ----------
    Roever et al. (2021), doi:10.1002/jrsm.1475, for the unit information standard deviation.
    """
    if params.tau_scale is not None:
        return params.tau_scale / (BOUND if params.tau_prior == "bounded_uniform" else 1.0), SCALE_STATED
    if dataset.measure not in UNITS:
        return SCALE, SCALE_OF_RATIOS
    sizes = [effect.n1 + effect.n2 for effect in dataset.effects if effect.n1 and effect.n2]
    if len(sizes) < dataset.k:
        raise NoPrior(NO_SCALE)
    return sqrt(sum(sizes) / float((1.0 / dataset.vi).sum())) / 4.0, SCALE_OF_UNITS


def _scaled(name: str, scale: float, source: str, params: Params) -> NamedPrior:
    """Give a prior with a scale; the bound of the uniform one is four scales."""
    number = f"{scale:.4g}"
    if name == "half_normal":
        return NamedPrior(name, f"half-normal, scale {number}", source, engine.HalfNormal(scale), scale)
    if name == "half_cauchy":
        return NamedPrior(name, f"half-Cauchy, scale {number}", source, engine.HalfCauchy(scale), scale)
    if name == "half_t":
        says = f"half-t, scale {number}, {params.tau_df:g} degrees of freedom"
        return NamedPrior(name, says, source, engine.HalfT(scale, params.tau_df), scale)
    bound = BOUND * scale
    return NamedPrior(name, f"uniform from 0 to {bound:.4g}", source, engine.Uniform(bound), bound)


def _log_normal(name: str, prior: engine.LogNormal, source: str, factor: float) -> NamedPrior:
    """Give a log-normal prior with its median multiplied, and its numbers in words."""
    moved = engine.LogNormal(prior.mu + log(factor), prior.sigma)
    says = f"log-normal, log(tau) with mean {moved.mu:.4g} and standard deviation {moved.sigma:.4g}"
    return NamedPrior(name, says, source, moved)
