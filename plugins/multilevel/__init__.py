"""Multilevel meta-analysis: several effects of a study, nested in it, with correlated sampling errors."""

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
from plugins.multilevel.fitting import (
    ROBUST,
    Case,
    components_of,
    effects_of,
    fit_case,
    shares_of,
    studies_of,
    vary_rho,
)
from plugins.multilevel.params import Params
from plugins.multilevel.result import Result

NOTHING_TO_POOL = "No study has a result that can be pooled."
ONE_EFFECT = (
    "Only one effect is there: nothing was pooled, it is shown with its own normal interval, and all variances are "
    "undefined."
)
NOT_FITTED = "The model was not fitted: {error}."
ONE_EFFECT_EACH = (
    "Every study gives one effect, so that variance within studies cannot be told from that between them: this is the "
    "random-effects model, and rho plays no part."
)
ONE_STUDY = "All effects are from one study: nothing is known of the variance between studies."
NOT_ROBUST = "The test and the interval are those of the model; there are no robust ones: {why}."
FEW_DEGREES = (
    "The robust test has {df:.1f} degrees of freedom; below 4 it is not to be relied on (Tipton 2015), whatever its p "
    "value."
)
NEGATIVE = "An effect can have a negative share in the estimate where effects of its study are more precise than it is."

# Below, Satterthwaite's approximation is too coarse (Tipton 2015, doi:10.1037/met0000011).
FEWEST_DEGREES = 4.0


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the estimate over all effects of the dataset."""
    studies = len({effect.study for effect in dataset.effects})
    values: dict[str, Any] = {"k": dataset.k, "k_studies": studies, "inference": params.inference}
    said: tuple[str, ...] = (NOTHING_TO_POOL,)
    if dataset.k == 1:
        found, said = _alone(dataset, params), (ONE_EFFECT,)
        values |= found
    elif dataset.k:
        try:
            progress(0.0, "The model")
            case = fit_case(dataset, params, rho=params.rho)
            progress(0.5, "Other correlations")
            values |= _values(case, dataset, params)
            said = _messages(case, dataset, params, values)
        except engine.EngineError as error:
            said = (NOT_FITTED.format(error=error),)
    return Result.model_validate(
        {
            "measure": dataset.measure,
            "is_ratio": dataset.is_ratio,
            "rho": params.rho,
            "tau2_method": params.tau2_method,
            "ci_method": params.ci_method,
            "level": params.level,
            "figures": (_figure(dataset),),
            "messages": said,
            **values,
        }
    )


def _alone(dataset: Dataset, params: Params) -> dict[str, Any]:
    """Give one effect with its own normal interval."""
    found = engine.pool(dataset.yi, dataset.vi, ci_method="wald", level=params.level)
    names = ("estimate", "se", "statistic", "p_value", "ci_lower", "ci_upper")
    rows = effects_of(dataset, [1.0], level=params.level)
    return {name: getattr(found, name) for name in names} | {"effects": rows, "inference": "model"}


def _values(case: Case, dataset: Dataset, params: Params) -> dict[str, Any]:
    """Give the fields of the result."""
    fit, chosen, weights = case.fit, case.chosen(params), shares_of(case)
    tau2 = float(fit.sigma2.sum())
    of_fit = ("pi_lower", "pi_upper", "i2", "q", "q_df", "q_p_value", "log_likelihood", "aic", "bic")
    of_chosen = ("estimate", "se", "statistic", "df", "p_value", "ci_lower", "ci_upper")
    return {
        **{name: getattr(fit, name) for name in of_fit},
        **{name: getattr(chosen, name) for name in of_chosen},
        "inference": chosen.name,
        "tau2": tau2,
        "tau": tau2**0.5,
        "inferences": tuple(case.inferences.values()),
        "components": components_of(case, level=params.level),
        "effects": effects_of(dataset, weights, level=params.level),
        "studies": studies_of(case, dataset, weights),
        "rho_sensitivity": vary_rho(dataset, params)
        if len({effect.study for effect in dataset.effects}) < dataset.k
        else (),
    }


def _messages(case: Case, dataset: Dataset, params: Params, values: dict[str, Any]) -> tuple[str, ...]:
    """Give what a reader has to know about the numbers."""
    said = []
    if values["k_studies"] == 1:
        said.append(ONE_STUDY)
    elif values["k_studies"] == dataset.k:
        said.append(ONE_EFFECT_EACH)
    robust = case.inferences.get(ROBUST)
    if params.inference == ROBUST and robust is None:
        said.append(NOT_ROBUST.format(why=case.why_not_robust))
    if params.inference == ROBUST and robust is not None and (robust.df or 0.0) < FEWEST_DEGREES:
        said.append(FEW_DEGREES.format(df=robust.df))
    if any(effect.weight < 0.0 for effect in values["effects"]):
        said.append(NEGATIVE)
    return tuple(said)


def _figure(dataset: Dataset) -> ForestFigure:
    """Give the forest plot of all effects, with a diamond where a model was fitted."""
    columns = {"title": f"{dataset.outcome.name}: several effects of a study", "rows": "effects", "weight": "weight"}
    if dataset.k > 1:
        columns |= {f"summary_{name}": name for name in ("estimate", "ci_lower", "ci_upper")}
        columns |= {"summary_label": "Multilevel model", "pi_lower": "pi_lower", "pi_upper": "pi_upper"}
    return forest_figure(dataset, **columns)


plugin = Plugin(
    name="multilevel",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Multilevel meta-analysis",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
