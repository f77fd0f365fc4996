"""The model fitted with one correlation within studies, and what is read off it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis import engine
from analysis.contract import Dataset
from plugins.multilevel.params import Params
from plugins.multilevel.result import Component, Effect, Inference, RhoRow, Study

BETWEEN, WITHIN, EFFECT = "study", "study/effect", "effect"
LABELS = {BETWEEN: "Between studies", WITHIN: "Between effects of a study"}
ROBUST, MODEL = "robust", "model"


@dataclass(frozen=True, slots=True)
class Case:
    """A fitted model: the engine's fit, and tests and intervals by the model and, where there are any, robust ones."""

    fit: engine.Multilevel
    inferences: dict[str, Inference]
    why_not_robust: str = ""

    def chosen(self, params: Params) -> Inference:
        """Give the inference that was asked for, that of the model where there is no robust one."""
        return self.inferences.get(params.inference, self.inferences[MODEL])

    def sigma2(self, *names: str) -> float | None:
        """Give the variance of the factor that has one of the names, None where the model does not have it."""
        found = [place for place, factor in enumerate(self.fit.factors) if factor in names]
        return float(self.fit.sigma2[found[0]]) if found else None


def factors_of(dataset: Dataset) -> tuple[str, ...]:
    """Give the random factors about which the effects say something: studies, effects of studies, or both."""
    studies = len({effect.study for effect in dataset.effects})
    return (WITHIN,) if studies == 1 else (BETWEEN,) if studies == dataset.k else (BETWEEN, WITHIN)


def fit_case(dataset: Dataset, params: Params, *, rho: float) -> Case:
    """Give the model with a correlation of `rho` between the sampling errors of effects of one study.

    Raises
    ------
    EngineError : the model cannot be fitted
    """
    studies, effects = [effect.study for effect in dataset.effects], [effect.id for effect in dataset.effects]
    v = engine.vcalc(dataset.vi, cluster=studies, obs=effects, rho=rho)
    factors = factors_of(dataset)
    labels = {BETWEEN: studies, WITHIN: effects}
    # A name with a slash is nested in a factor of the model; where studies are no factor, effects stand for themselves.
    random = {factor if BETWEEN in factors else EFFECT: labels[factor] for factor in factors}
    options: dict[str, Any] = {"method": params.tau2_method, "ci_method": params.ci_method, "level": params.level}
    fit = engine.fit_multilevel(dataset.yi, v, random=random, **options)
    found = {MODEL: _inference(MODEL, "By the model", fit, df=fit.df)}
    try:
        robust = engine.robust(fit, cluster=studies, level=params.level)
    except engine.EngineError as error:
        return Case(fit, found, str(error))
    label = f"Cluster-robust ({robust.kind}, {robust.clusters} studies)"
    return Case(fit, {ROBUST: _inference(ROBUST, label, robust, df=float(robust.df[0])), **found})


def _inference(name: str, label: str, fit: engine.Multilevel | engine.Robust, *, df: float | None) -> Inference:
    """Give test and interval of the mean."""
    names = ("estimate", "se", "statistic", "p_value", "ci_lower", "ci_upper")
    values = {key: float(getattr(fit, key)[0]) for key in names}
    return Inference.model_validate(values | {"name": name, "label": label, "df": df})


def components_of(case: Case, *, level: float) -> tuple[Component, ...]:
    """Give the variance of each factor with its profile interval, and the sampling variance's share of the total.

    References
    ----------
    Cheung (2014), doi:10.1037/a0032968, for the shares.
    """
    fit, rows = case.fit, []
    for place, factor in enumerate(fit.factors):
        name = WITHIN if factor == EFFECT else factor
        values = {"name": name, "label": LABELS[name], "levels": fit.levels[place]}
        values |= {"sigma2": float(fit.sigma2[place]), "sigma": float(np.sqrt(fit.sigma2[place]))}
        values["i2"] = float(fit.i2_by_factor[place])
        try:
            limits = engine.profile_sigma2(fit, factor=factor, level=level)
            values |= {"sigma2_ci_lower": limits.sigma2_ci_lower, "sigma2_ci_upper": limits.sigma2_ci_upper}
        except engine.NotConverged:
            pass
        rows.append(Component.model_validate(values))
    return tuple(rows)


def shares_of(case: Case) -> list[float]:
    """Give the share of each effect in the estimate: row sums of the inverse of the covariance, summing to 1."""
    k = case.fit.k
    covariance = case.fit.parts.marginal(np.arange(k, dtype=np.intp)[np.newaxis])[0]
    pulled = np.linalg.solve(covariance, np.ones(k))
    return [float(share) for share in pulled / np.sum(pulled)]


def effects_of(dataset: Dataset, weights: list[float], *, level: float) -> tuple[Effect, ...]:
    """Give each effect with its own normal interval; effects of one study are numbered."""
    studies = [effect.study for effect in dataset.effects]
    seen: dict[str, int] = {}
    rows = []
    for effect, weight in zip(dataset.effects, weights, strict=True):
        seen[effect.study] = seen.get(effect.study, 0) + 1
        number = f" ({seen[effect.study]})" if studies.count(effect.study) > 1 else ""
        alone = engine.pool([effect.yi], [effect.vi], ci_method="wald", level=level)
        rows.append(
            Effect(
                label=effect.label + number,
                effect=effect.id,
                study=effect.study,
                estimate=effect.yi,
                se=alone.se,
                ci_lower=alone.ci_lower,
                ci_upper=alone.ci_upper,
                weight=weight,
            )
        )
    return tuple(rows)


def studies_of(case: Case, dataset: Dataset, weights: list[float]) -> tuple[Study, ...]:
    """Give the share of each study in the estimate, and the predicted deviation of its mean from the average."""
    predicted: dict[str, dict[str, float]] = {}
    if BETWEEN in case.fit.factors:
        found = engine.predict_intercepts(case.fit, factor=BETWEEN)
        for place, study in enumerate(found.levels):
            names = {"deviation": "estimate", "se": "se", "pi_lower": "pi_lower", "pi_upper": "pi_upper"}
            predicted[study] = {mine: float(getattr(found, name)[place]) for mine, name in names.items()}
    labels = {effect.study: effect.label for effect in reversed(dataset.effects)}
    pairs = list(zip(dataset.effects, weights, strict=True))
    rows = []
    for study in dict.fromkeys(effect.study for effect in dataset.effects):
        own = [weight for effect, weight in pairs if effect.study == study]
        values = {"label": labels[study], "study": study, "k": len(own), "weight": sum(own)}
        rows.append(Study.model_validate(values | predicted.get(study, {})))
    return tuple(rows)


def vary_rho(dataset: Dataset, params: Params) -> tuple[RhoRow, ...]:
    """Give the estimate under each other correlation; where there is none, why."""
    return tuple(_with_rho(dataset, params, rho) for rho in params.rho_sensitivity)


def _with_rho(dataset: Dataset, params: Params, rho: float) -> RhoRow:
    """Give the estimate under one correlation."""
    row = RhoRow(label=f"rho = {rho:g}", rho=rho)
    try:
        case = fit_case(dataset, params, rho=rho)
    except engine.EngineError as error:
        return row.model_copy(update={"message": f"There is no estimate: {error}."})
    chosen = case.chosen(params)
    names = ("estimate", "se", "df", "p_value", "ci_lower", "ci_upper")
    return row.model_copy(
        update={name: getattr(chosen, name) for name in names}
        | {"pi_lower": case.fit.pi_lower, "pi_upper": case.fit.pi_upper, "i2": case.fit.i2}
        | {"sigma2_study": case.sigma2(BETWEEN), "sigma2_effect": case.sigma2(WITHIN, EFFECT)}
    )
