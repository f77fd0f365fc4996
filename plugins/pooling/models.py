"""The models that pool: from effects and variances, or from the counts of the groups."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analysis import engine
from analysis.contract import MEASURE_NAMES, Dataset, Effect
from analysis.engine.tables.poisson import MODELS as POISSON_MODELS
from analysis.engine.tables.pooled_counts import MODELS as LOGISTIC_MODELS

NOT_FOR_MEASURE = "Nothing was pooled: this model pools {pooled}, and the effects are of the measure {measure}."
WITHOUT_COUNTS = "The counts of both groups are not known, so that the model leaves out {labels}."
NO_COUNTS = "Nothing was pooled: no study gives the counts of both groups that the model reads."
NOT_POOLED = "Nothing was pooled: {error}."
SHARES = (
    "A likelihood of counts has no weights of studies; those shown are inverse variances with its variance between "
    "studies."
)
PEOPLE_AS_TIME = (
    "The Poisson model reads participants as person-time, so that its rate ratio is a risk ratio; its standard error "
    "is too large where events are frequent."
)

INVERSE_VARIANCE = "inverse_variance"
TABLE_COLUMNS = ("ai", "n1i", "ci", "n2i")
RATE_COLUMNS = ("x1i", "t1i", "x2i", "t2i")
# What a result takes over by name from what the engine gives; what it does not have stays undefined.
OF_ESTIMATE = ("estimate", "se", "statistic", "df", "p_value", "ci_lower", "ci_upper")
OF_HETEROGENEITY = (
    *("pi_lower", "pi_upper", "pi_distribution", "tau2", "tau", "tau2_se", "tau2_ci_lower", "tau2_ci_upper"),
    *("i2", "h2", "q", "q_df", "q_p_value"),
)
OF_TABLES = (
    *("cmh_statistic", "cmh_p_value", "tarone_statistic", "tarone_p_value"),
    *("breslow_day_statistic", "breslow_day_df", "breslow_day_p_value", "q_wald", "q_wald_p_value"),
)

Columns = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fit:
    """What a model gives: the effects that it read, fields of the result, shares of the effects, what to say."""

    dataset: Dataset
    values: dict[str, Any] = field(default_factory=dict)
    weights: tuple[float, ...] = ()
    labels_left_out: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableModel:
    """A model of counts: which measures it pools, and how; `fit` takes columns, measure, tau2 method and level."""

    measures: tuple[str, ...]
    fit: Callable[[Columns, str, str, float], Any]


def _mantel_haenszel(columns: Columns, measure: str, tau2_method: str, level: float) -> Any:
    """Give the Mantel-Haenszel estimate, of rates where the columns are rates."""
    pool = engine.pool_mantel_haenszel_rates if "x1i" in columns else engine.pool_mantel_haenszel
    return pool(**columns, measure=measure, level=level)


def _peto(columns: Columns, measure: str, tau2_method: str, level: float) -> Any:
    """Give Peto's estimate."""
    return engine.pool_peto(**columns, level=level)


def _logistic(name: str) -> TableModel:
    """Give a logistic model with an exact likelihood."""
    return TableModel(
        measures=("OR",),
        fit=lambda columns, measure, tau2_method, level: engine.pool_logistic(
            **columns, model=name, tau2_method=tau2_method, level=level
        ),
    )


def _poisson(name: str) -> TableModel:
    """Give a Poisson model with an exact likelihood; participants stand for person-time where there is none."""
    return TableModel(
        measures=("IRR", "RR"),
        fit=lambda columns, measure, tau2_method, level: engine.pool_poisson(
            **dict(zip(RATE_COLUMNS, columns.values(), strict=True)), model=name, tau2_method=tau2_method, level=level
        ),
    )


def _option(family: str, name: str) -> str:
    """Give the name of an option, such as logistic_um_fs for UM.FS."""
    return f"{family}_{name.lower().replace('.', '_')}"


TABLE_MODELS: dict[str, TableModel] = {
    "mantel_haenszel": TableModel(measures=("OR", "RR", "RD", "IRR"), fit=_mantel_haenszel),
    "peto": TableModel(measures=("OR",), fit=_peto),
    **{_option("logistic", name): _logistic(name) for name in LOGISTIC_MODELS},
    **{_option("poisson", name): _poisson(name) for name in POISSON_MODELS},
}
MODELS = (INVERSE_VARIANCE, *TABLE_MODELS)


def is_likelihood(model: str) -> bool:
    """Whether a model is a likelihood of counts, which has a variance between studies."""
    return model.startswith(("logistic", "poisson"))


def pool_effects(
    dataset: Dataset, *, tau2_method: str, ci_method: str, pi_method: str, tau2_interval: str, level: float
) -> Fit:
    """Give what inverse variances give; nothing, with the reason, where the search for tau2 does not end."""
    if dataset.k == 0:
        return Fit(dataset)
    options: dict[str, Any] = {"tau2_method": tau2_method, "level": level, "pi_method": pi_method}
    try:
        pooled = _pool(dataset, ci_method=ci_method, **options)
        limits = _limits(dataset, tau2_method, level=level) if tau2_interval == "profile_likelihood" else {}
    except engine.NotConverged as error:
        return Fit(dataset, messages=(NOT_POOLED.format(error=error),))
    names = OF_ESTIMATE + (OF_HETEROGENEITY if dataset.k > 1 else ())
    values = {name: getattr(pooled, name) for name in names} | {"ci_method": pooled.ci_method} | limits
    return Fit(dataset, values=values, weights=tuple(pooled.weights.tolist()))


def _pool(dataset: Dataset, *, ci_method: str, **options: Any) -> engine.Pooled:
    """Give the engine's answer; where the HKSJ interval is undefined, with the normal interval."""
    try:
        pooled: engine.Pooled = engine.pool(dataset.yi, dataset.vi, ci_method=ci_method, **options)
    except engine.UndefinedResult:
        pooled = engine.pool(dataset.yi, dataset.vi, ci_method="wald", **options)
    return pooled


def _limits(dataset: Dataset, tau2_method: str, *, level: float) -> dict[str, float]:
    """Give the limits of tau2 by the profile of its likelihood, restricted unless the estimator is ML; none for CE."""
    if dataset.k < 2 or tau2_method == "CE":
        return {}
    likelihood = "ML" if tau2_method == "ML" else "REML"
    found = engine.profile_likelihood_tau2(dataset.yi, dataset.vi, tau2_method=likelihood, level=level)
    return {"tau2_ci_lower": found.tau2_ci_lower, "tau2_ci_upper": found.tau2_ci_upper}


def pool_counts(dataset: Dataset, *, model: str, tau2_method: str, level: float) -> Fit:
    """Give what a model of counts gives from the effects whose columns hold them."""
    chosen, measure = TABLE_MODELS[model], dataset.measure
    if measure not in chosen.measures:
        pooled = ", ".join(MEASURE_NAMES[name].lower() + "s" for name in chosen.measures)
        return _nothing(dataset, NOT_FOR_MEASURE.format(pooled=pooled, measure=MEASURE_NAMES[measure].lower()))
    names = RATE_COLUMNS if measure == "IRR" else TABLE_COLUMNS
    counted = tuple(effect for effect in dataset.effects if _has(effect, names))
    left_out = tuple(effect.label for effect in dataset.effects if not _has(effect, names))
    rest = dataset.model_copy(update={"effects": counted})
    if not counted:
        return _nothing(dataset, NO_COUNTS)
    said: tuple[str, ...] = (WITHOUT_COUNTS.format(labels=", ".join(left_out)),) if left_out else ()
    if len(counted) == 1:
        alone = pool_effects(
            rest, tau2_method="CE", ci_method="wald", pi_method="ci", tau2_interval="q_profile", level=level
        )
        return Fit(rest, values=alone.values, weights=alone.weights, labels_left_out=left_out, messages=said)
    columns = {name: [effect.columns[name] for effect in counted] for name in names}
    try:
        found = chosen.fit(columns, measure, "CE" if tau2_method == "CE" else "ML", level)
    except engine.EngineError as error:
        return Fit(rest, labels_left_out=left_out, messages=(*said, NOT_POOLED.format(error=error)))
    if is_likelihood(model):
        said = (*said, SHARES, *((PEOPLE_AS_TIME,) if measure == "RR" else ()))
    return Fit(rest, values=_values(found), weights=_shares(rest, found), labels_left_out=left_out, messages=said)


def _nothing(dataset: Dataset, sentence: str) -> Fit:
    """Give the answer of a model that reads none of the effects."""
    labels = tuple(effect.label for effect in dataset.effects)
    return Fit(dataset.model_copy(update={"effects": ()}), labels_left_out=labels, messages=(sentence,))


def _has(effect: Effect, names: tuple[str, ...]) -> bool:
    """Whether an effect has all the columns."""
    return all(name in effect.columns for name in names)


def _values(found: Any) -> dict[str, Any]:
    """Give the fields of the result that a model of counts has; its Q is that of the likelihood ratio, if it is one."""
    names = (*OF_ESTIMATE, *OF_HETEROGENEITY, *OF_TABLES)
    values = {name: getattr(found, name) for name in names if hasattr(found, name)}
    values |= {"tau2": getattr(found, "tau2", 0.0), "tau": getattr(found, "tau", 0.0), "ci_method": "wald"}
    if hasattr(found, "q_lrt"):
        values |= {"q": found.q_lrt, "q_p_value": found.q_lrt_p_value}
        values |= {"pi_distribution": None if found.pi_lower is None else "normal"}
    return values


def _shares(dataset: Dataset, found: Any) -> tuple[float, ...]:
    """Give the weights of a model, or inverse variances where it has none."""
    if hasattr(found, "weights"):
        return tuple(found.weights.tolist())
    wi = 1.0 / (dataset.vi + found.tau2)
    return tuple((wi / np.sum(wi)).tolist())
