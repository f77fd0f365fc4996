"""What is read off a posterior: rows for the tables of the result."""

from math import isfinite
from typing import Any

from analysis import engine
from analysis.contract import Dataset
from plugins.bayes.params import Params
from plugins.bayes.priors import NamedPrior, NoPrior, has_scale, make_prior
from plugins.bayes.result import PosteriorRow, PriorRow, Probability, Study

NULL = 0.0  # no effect, on the scale of every measure (ratios are logs)
NO_POSTERIOR = "There is no posterior: {error}."
SIDES = ("below", "above")
QUANTITIES = {"mu": "Mean effect", "tau": "Standard deviation between studies", "theta_new": "Effect in a new study"}
FACTORS = ((0.5, "half the scale"), (2.0, "double the scale"))

OF_FIT = (
    *("estimate", "se", "ci_lower", "ci_upper", "pi_lower", "pi_upper"),
    *("log_bayes_factor_mu", "log_bayes_factor_tau", "log_marginal_likelihood"),
)


def fit_posterior(dataset: Dataset, params: Params, prior: NamedPrior) -> engine.BayesianFit:
    """Give the engine's posterior under a prior of tau.

    Raises
    ------
    EngineError : the posterior does not exist, or cannot be integrated
    """
    mu_prior = None if params.mu_sd is None else engine.Normal(params.mu_mean, params.mu_sd)
    return engine.fit_bayesian(
        dataset.yi, dataset.vi, tau_prior=prior.prior, mu_prior=mu_prior, level=params.level, interval=params.interval
    )


def fields_of(fit: engine.BayesianFit) -> dict[str, Any]:
    """Give the fields of the result."""
    values: dict[str, Any] = {name: getattr(fit, name) for name in OF_FIT}
    values |= {"tau": fit.tau.median, "tau_ci_lower": fit.tau.ci_lower, "tau_ci_upper": fit.tau.ci_upper}
    for name in ("bayes_factor_mu", "bayes_factor_tau"):
        factor = getattr(fit, name)
        values[name] = factor if factor is not None and isfinite(factor) else None
    return values | {"integration_error": fit.error, "posteriors": _posteriors(fit)}


def _posteriors(fit: engine.BayesianFit) -> tuple[PosteriorRow, ...]:
    """Give the summaries of mean effect, tau and the effect in a new study."""
    names = ("mean", "sd", "median", "mode", "ci_lower", "ci_upper")
    return tuple(
        PosteriorRow.model_validate(
            {"name": name, "label": label, **{key: getattr(getattr(fit, name), key) for key in names}}
        )
        for name, label in QUANTITIES.items()
    )


def probabilities_of(fit: engine.BayesianFit, dataset: Dataset, params: Params) -> tuple[Probability, ...]:
    """Give the probabilities beyond the null, beyond the smallest important difference, and beyond other thresholds.

    The smallest important difference is that between groups, in points of the outcome, so that it belongs to mean
    differences only; benefit is below for outcomes of which less is better.
    """
    asked = [("below_null", "Below no effect", NULL, "below"), ("above_null", "Above no effect", NULL, "above")]
    mcid = dataset.outcome.mcid_between if dataset.measure == "MD" else None
    if mcid:
        sides = ("below", "above") if dataset.outcome.direction == "lower" else ("above", "below")
        for name, label, side in zip(("benefit", "harm"), ("Important benefit", "Important harm"), sides, strict=True):
            asked.append((f"important_{name}", label, -abs(mcid) if side == "below" else abs(mcid), side))
    for threshold in params.thresholds:
        asked += [(f"{side}_{threshold:g}", f"{side.capitalize()} {threshold:g}", threshold, side) for side in SIDES]
    return tuple(
        Probability(
            name=name,
            label=label,
            threshold=threshold,
            side=side,
            probability_mean=fit.mu.probability_beyond(threshold, side=side),
            probability_new_study=fit.theta_new.probability_beyond(threshold, side=side),
        )
        for name, label, threshold, side in asked
    )


def studies_of(fit: engine.BayesianFit, dataset: Dataset, params: Params) -> tuple[Study, ...]:
    """Give each effect as it was observed and as the posterior has it."""
    rows = []
    for effect, weight, drawn in zip(dataset.effects, fit.weights.tolist(), fit.shrink(), strict=True):
        alone = engine.pool([effect.yi], [effect.vi], ci_method="wald", level=params.level)
        rows.append(
            Study(
                label=effect.label,
                effect=effect.id,
                study=effect.study,
                estimate=effect.yi,
                se=alone.se,
                ci_lower=alone.ci_lower,
                ci_upper=alone.ci_upper,
                weight=weight,
                shrunken_estimate=drawn.median,
                shrunken_se=drawn.sd,
                shrunken_ci_lower=drawn.ci_lower,
                shrunken_ci_upper=drawn.ci_upper,
            )
        )
    return tuple(rows)


def vary_prior(dataset: Dataset, params: Params, main: NamedPrior, fit: engine.BayesianFit) -> tuple[PriorRow, ...]:
    """Give the posterior under the main prior, its half and its double, and the other priors that were asked for."""
    rows = [_filled(_row(main, main.name, is_main=True), fit)]
    for factor, words in FACTORS if has_scale(main.name) else ():
        rows.append(_under(dataset, params, main.name, f"{main.name}, {words}", factor=factor))
    others = [name for name in params.sensitivity if name != main.name]
    return (*rows, *(_under(dataset, params, name, name, factor=1.0) for name in others))


def _under(dataset: Dataset, params: Params, name: str, label: str, *, factor: float) -> PriorRow:
    """Give the posterior under one prior, or why there is none."""
    try:
        prior = make_prior(name, dataset, params, factor=factor)
    except NoPrior as error:
        message = NO_POSTERIOR.format(error=error)
        return PriorRow(name=name, label=label.replace("_", " "), is_main=False, says="", source="", message=message)
    row = _row(prior, label, is_main=False)
    try:
        return _filled(row, fit_posterior(dataset, params, prior))
    except engine.EngineError as error:
        return row.model_copy(update={"message": NO_POSTERIOR.format(error=error)})


def _row(prior: NamedPrior, label: str, *, is_main: bool) -> PriorRow:
    """Give the row of a prior without its posterior."""
    words = label.replace("_", " ")
    return PriorRow(name=prior.name, label=words, is_main=is_main, says=prior.says, source=prior.source)


def _filled(row: PriorRow, fit: engine.BayesianFit) -> PriorRow:
    """Give the row with its posterior."""
    names = ("estimate", "se", "ci_lower", "ci_upper", "pi_lower", "pi_upper")
    found = {name: getattr(fit, name) for name in names}
    found |= {"tau": fit.tau.median, "tau_ci_lower": fit.tau.ci_lower, "tau_ci_upper": fit.tau.ci_upper}
    return row.model_copy(update=found | {"probability_below_null": fit.mu.probability_beyond(NULL, side="below")})
