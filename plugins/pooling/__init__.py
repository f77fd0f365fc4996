"""Pooling: one estimate from all studies, by the common-effect or the random-effects model, or from their counts."""

from analysis import engine
from analysis.contract import (
    CONTRACT_VERSION,
    MEASURE_NAMES,
    Dataset,
    ForestFigure,
    Need,
    Plugin,
    Progress,
    Upstream,
    forest_figure,
)
from plugins.pooling.messages import messages_of
from plugins.pooling.models import INVERSE_VARIANCE, Fit, is_likelihood, pool_counts, pool_effects
from plugins.pooling.params import Params
from plugins.pooling.result import Result, Study


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the pooled estimate of the dataset."""
    fit = _fit(dataset, params)
    tau2_method = _tau2_method(params)
    return Result.model_validate(
        {
            "measure": dataset.measure,
            "is_ratio": dataset.is_ratio,
            "method": params.model,
            "model": "common_effect" if tau2_method == "CE" else "random_effects",
            "tau2_method": tau2_method,
            "ci_method": params.ci_method if params.model == INVERSE_VARIANCE else "wald",
            "pi_method": params.pi_method if params.model == INVERSE_VARIANCE else "ci",
            "tau2_interval": "wald" if is_likelihood(params.model) else params.tau2_interval,
            "level": params.level,
            "k": fit.dataset.k,
            "studies_left_out": fit.labels_left_out,
            "studies": _studies(fit, params.level),
            "figures": (_figure(dataset, fit, tau2_method),),
            "messages": messages_of(dataset, params, fit),
            **fit.values,
        }
    )


def _fit(dataset: Dataset, params: Params) -> Fit:
    """Give what the model gives."""
    if params.model != INVERSE_VARIANCE and dataset.k:
        return pool_counts(dataset, model=params.model, tau2_method=params.tau2_method, level=params.level)
    return pool_effects(
        dataset,
        tau2_method=params.tau2_method,
        ci_method=params.ci_method,
        pi_method=params.pi_method,
        tau2_interval=params.tau2_interval,
        level=params.level,
    )


def _tau2_method(params: Params) -> str:
    """Give the estimator that the model has: likelihoods of counts have one, Mantel-Haenszel and Peto none."""
    if params.model == INVERSE_VARIANCE or params.tau2_method == "CE":
        return params.tau2_method
    return "ML" if is_likelihood(params.model) else "CE"


def _studies(fit: Fit, level: float) -> tuple[Study, ...]:
    """Give each effect in the estimate with its own normal interval."""
    rows = []
    for effect, weight in zip(fit.dataset.effects if fit.weights else (), fit.weights, strict=True):
        alone = engine.pool([effect.yi], [effect.vi], ci_method="wald", level=level)
        rows.append(
            Study(
                effect=effect.id,
                study=effect.study,
                label=effect.label,
                estimate=effect.yi,
                se=alone.se,
                ci_lower=alone.ci_lower,
                ci_upper=alone.ci_upper,
                weight=weight,
            )
        )
    return tuple(rows)


def _figure(dataset: Dataset, fit: Fit, tau2_method: str) -> ForestFigure:
    """Give the forest plot of all studies, with a diamond only where something was pooled."""
    columns = {"title": f"{dataset.outcome.name}: {MEASURE_NAMES[dataset.measure].lower()}", "rows": "studies"}
    if len(fit.weights) > 1:
        columns |= {
            "weight": "weight",
            "summary_label": "Common-effect model" if tau2_method == "CE" else "Random-effects model",
            "summary_estimate": "estimate",
            "summary_ci_lower": "ci_lower",
            "summary_ci_upper": "ci_upper",
            "pi_lower": "pi_lower",
            "pi_upper": "pi_upper",
        }
    return forest_figure(dataset, **columns)


plugin = Plugin(
    name="pooling",
    version="1.1.0",
    contract_version=CONTRACT_VERSION,
    title="Meta-analysis",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
