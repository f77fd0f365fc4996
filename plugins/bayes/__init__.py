"""Bayesian meta-analysis: the normal-normal model with a prior for the variation between studies."""

from typing import Any

from analysis import engine
from analysis.contract import (
    CONTRACT_VERSION,
    Dataset,
    ForestFigure,
    Need,
    Plugin,
    Progress,
    Upstream,
    forest_figure,
)
from plugins.bayes.params import Params
from plugins.bayes.posterior import fields_of, fit_posterior, probabilities_of, studies_of, vary_prior
from plugins.bayes.priors import TURNER_MEASURES, NoPrior, make_prior
from plugins.bayes.result import Result

NOTHING_TO_POOL = "No study has a result that can be pooled."
NO_POSTERIOR = "There is no posterior: {error}."
ONE_STUDY = (
    "Only one study has a result: it says nothing of the variation between studies, so that all that is known of tau "
    "is its prior."
)
FEW = "With {k} studies the result leans on the prior of tau; see what other priors give."
UNIFORM = "The prior of the mean effect is uniform, so that there is no Bayes factor for it."
IMPROPER = "The prior of tau is improper, so that there is no Bayes factor for it."
RISK_RATIOS = "The prior of Turner et al. (2015) was made for odds ratios; for risk ratios it is an approximation."
REPEATED_STUDIES = "At least one study gives more than one effect; they are pooled as if they were independent."
ANY_EFFECT = "uniform (improper): every mean effect is as likely beforehand"

# Below this many studies a reader is warned: a convention, no theorem.
FEW_STUDIES = 5


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the posterior of the dataset."""
    values: dict[str, Any] = {}
    said: tuple[str, ...] = (NOTHING_TO_POOL,)
    if dataset.k:
        try:
            values, said = _answer(dataset, params, progress)
        except (NoPrior, engine.EngineError) as error:
            said = (NO_POSTERIOR.format(error=error),)
    mu_prior = (
        ANY_EFFECT if params.mu_sd is None else f"normal, mean {params.mu_mean:g}, standard deviation {params.mu_sd:g}"
    )
    return Result.model_validate(
        {
            "measure": dataset.measure,
            "is_ratio": dataset.is_ratio,
            "level": params.level,
            "interval": params.interval,
            "k": dataset.k,
            "tau_prior": params.tau_prior,
            "mu_prior_says": mu_prior,
            "figures": _figures(dataset, params),
            "messages": said,
            **values,
        }
    )


def _answer(dataset: Dataset, params: Params, progress: Progress) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the fields of the result, and what to say about them."""
    progress(0.0, "The posterior")
    prior = make_prior(params.tau_prior, dataset, params)
    fit = fit_posterior(dataset, params, prior)
    progress(0.3, "The studies")
    values = fields_of(fit) | {"tau_prior_says": prior.says, "tau_prior_source": prior.source}
    values["probabilities"] = probabilities_of(fit, dataset, params)
    values["studies"] = studies_of(fit, dataset, params)
    progress(0.6, "Other priors")
    values["prior_sensitivity"] = vary_prior(dataset, params, prior, fit)
    return values, _messages(dataset, params, fit)


def _messages(dataset: Dataset, params: Params, fit: engine.BayesianFit) -> tuple[str, ...]:
    """Give what a reader has to know about the numbers."""
    said = [ONE_STUDY] if dataset.k == 1 else [FEW.format(k=dataset.k)] if dataset.k < FEW_STUDIES else []
    if params.mu_sd is None:
        said.append(UNIFORM)
    if fit.log_bayes_factor_tau is None:
        said.append(IMPROPER)
    if params.tau_prior == "turner_2015" and dataset.measure != TURNER_MEASURES[0]:
        said.append(RISK_RATIOS)
    if len({effect.study for effect in dataset.effects}) < dataset.k:
        said.append(REPEATED_STUDIES)
    return tuple(said)


def _figures(dataset: Dataset, params: Params) -> tuple[ForestFigure, ...]:
    """Give forest plots of the effects as observed and as the posterior has them, and of the priors."""
    summary = {f"summary_{name}": name for name in ("estimate", "ci_lower", "ci_upper")}
    summary |= {"summary_label": "Posterior", "pi_lower": "pi_lower", "pi_upper": "pi_upper"}
    drawn = {name: f"shrunken_{name}" for name in ("estimate", "ci_lower", "ci_upper")}
    name = dataset.outcome.name
    return (
        forest_figure(dataset, title=f"{name}: Bayesian meta-analysis", rows="studies", weight="weight", **summary),
        forest_figure(dataset, title=f"{name}: studies drawn to the mean", rows="studies", **drawn, **summary),
        forest_figure(dataset, title=f"{name}: other priors", rows="prior_sensitivity"),
    )


plugin = Plugin(
    name="bayes",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Bayesian meta-analysis",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
