"""Subgroups: one estimate for each group of studies, and the test whether the groups differ."""

from typing import Any

from analysis import engine
from analysis.contract import (
    CONTRACT_VERSION,
    Dataset,
    Effect,
    ForestFigure,
    Need,
    Plugin,
    Progress,
    Upstream,
    forest_figure,
)
from plugins.subgroups.grouping import Grouped, group_effects
from plugins.subgroups.hints import hints_of
from plugins.subgroups.params import Params
from plugins.subgroups.result import Group, Result, Study

SEPARATE_INSTEAD = (
    "There are not more studies than groups, so that no common variance can be estimated; each has its own."
)
EQUAL_EFFECTS = (
    "In at least one group all effects are equal, so that its Hartung-Knapp-Sidik-Jonkman interval is undefined; all "
    "intervals are normal ones."
)
NO_ESTIMATE = "The groups were not pooled: {error}."


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the pooled groups of the dataset and the tests of their differences."""
    grouped = group_effects(dataset, params)
    values: dict[str, Any] = {"tau2_sharing": params.tau2_sharing, "ci_method": params.ci_method}
    said: tuple[str, ...] = ()
    if grouped.codes:
        try:
            found, said = _pool(grouped, params)
            values |= found
        except engine.EngineError as error:
            said = (NO_ESTIMATE.format(error=error),)
    return Result.model_validate(
        {
            "measure": dataset.measure,
            "is_ratio": dataset.is_ratio,
            "field": params.field,
            "tau2_method": params.tau2_method,
            "level": params.level,
            "k": grouped.dataset.k if grouped.codes else 0,
            "studies_left_out": grouped.left_out,
            "figures": (_figure(dataset, params),),
            "messages": (*grouped.messages, *said),
            **values,
        }
    )


def _pool(grouped: Grouped, params: Params) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the fields of the result, and what to say about them."""
    said = []
    sharing, ci_method, k, groups = params.tau2_sharing, params.ci_method, grouped.dataset.k, len(grouped.labels)
    if sharing == "common" and 1 < groups == k:
        sharing, said = "separate", [SEPARATE_INSTEAD]
    try:
        values = _ask_engine(grouped, params, sharing=sharing, ci_method=ci_method)
    except engine.UndefinedResult:
        ci_method = "wald"
        values = _ask_engine(grouped, params, sharing=sharing, ci_method=ci_method)
        said.append(EQUAL_EFFECTS)
    p_value = values.get("qm_p_value") if values.get("qm_p_value") is not None else values.get("q_between_p_value")
    hints = hints_of(values["groups"], p_value, params, sharing=sharing)
    return values | {"tau2_sharing": sharing, "ci_method": ci_method}, (*said, *hints)


def _ask_engine(grouped: Grouped, params: Params, *, sharing: str, ci_method: str) -> dict[str, Any]:
    """Give the fields of the result by the engine: of all studies together, and of the groups where there are two."""
    dataset = grouped.dataset
    options: dict[str, Any] = {"tau2_method": params.tau2_method, "ci_method": ci_method, "level": params.level}
    whole = engine.pool(dataset.yi, dataset.vi, **options)
    names = ("estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper", "i2")
    values: dict[str, Any] = {name: getattr(whole, name) for name in names}
    values["tau2"] = whole.tau2 if dataset.k > 1 else None
    if len(grouped.labels) == 1:
        weights = whole.weights.tolist()
        return values | {"groups": (_row(whole, grouped.labels[0]),), "studies": _studies(grouped, weights)}
    found = engine.pool_subgroups(dataset.yi, dataset.vi, groups=list(grouped.codes), tau2=sharing, **options)
    tests = ("q_between", "q_between_df", "q_between_p_value", "q_within", "q_within_df", "q_within_p_value")
    values |= {name: getattr(found, name) for name in (*tests, "qm", "qm_p_value", "r2")}
    values["qm_df"], values["qm_df_residual"] = found.qm_df or (None, None)
    shares = [iter(group.weights.tolist()) for group in found.groups]
    return values | {
        "groups": tuple(_row(group, label) for group, label in zip(found.groups, grouped.labels, strict=True)),
        "studies": _studies(grouped, [next(shares[code]) for code in grouped.codes]),
    }


def _row(group: engine.Pooled | engine.Subgroup, label: str) -> Group:
    """Give one group; a single study has no heterogeneity of its own."""
    names = [name for name in Group.model_fields if name not in ("name", "label")]
    values = {name: getattr(group, name) for name in names}
    if group.k == 1 and group.pi_lower is None:
        values |= {"tau2": None, "tau": None}
    return Group(name=label, label=f"{label} (k = {group.k})", **values)


def _studies(grouped: Grouped, weights: list[float]) -> tuple[Study, ...]:
    """Give each effect with its group."""

    def row(effect: Effect, code: int, weight: float) -> Study:
        given = {"effect": effect.id, "study": effect.study, "label": effect.label, "estimate": effect.yi}
        return Study.model_validate(given | {"group": grouped.labels[code], "weight": weight})

    return tuple(map(row, grouped.dataset.effects, grouped.codes, weights))


def _figure(dataset: Dataset, params: Params) -> ForestFigure:
    """Give the forest plot of the groups, with the estimate of all of them as its diamond."""
    summary = {f"summary_{name}": name for name in ("estimate", "ci_lower", "ci_upper")}
    return forest_figure(
        dataset,
        title=f"{dataset.outcome.name}: by {params.field}",
        rows="groups",
        summary_label="All groups",
        pi_lower="pi_lower",
        pi_upper="pi_upper",
        **summary,
    )


plugin = Plugin(
    name="subgroups",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Subgroups of studies",
    needs=frozenset({Need.EFFECTS, Need.RISK_OF_BIAS, Need.MODERATORS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
