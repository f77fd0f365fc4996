"""Sensitivity: what the pooled estimate would be with fewer studies, by scenario and without each study in turn."""

from typing import Literal

from pydantic import Field, field_validator

from analysis import engine
from analysis.contract import (
    CONTRACT_VERSION,
    Condition,
    Dataset,
    ForestFigure,
    Frozen,
    Measure,
    Need,
    Plugin,
    Progress,
    UnknownField,
    Upstream,
    forest_figure,
)
from analysis.contract import Params as BaseParams
from analysis.contract import Result as BaseResult

NULL = 0.0  # no effect, on the scale of every measure (ratios are logs)
NOTHING_TO_POOL = "No study has a result that can be pooled, so that there is nothing to compare."
NOTHING_LEFT_OUT = "Leaving out each study in turn needs at least two studies."
NO_STUDY = "No study fulfils the conditions."
ONE_EFFECT = "One effect remains: it is shown with its own normal interval."
EQUAL_EFFECTS = "The remaining effects are equal, so that the interval is the normal one."

Conclusion = Literal["below_null", "above_null", "includes_null"]


class Scenario(Frozen):
    """A rule that says which studies stay; all conditions must hold."""

    name: str = Field(min_length=1, description="Short name, unique in the list.")
    title: str = Field(min_length=1, description="What a person reads.")
    conditions: tuple[Condition, ...] = Field(description="Tests of fields of an effect; all must hold.")


# Effects without an overall judgement fulfil no condition on it, so that they are left out too.
NOT_AT_HIGH_RISK = Scenario(
    name="without_high_risk_of_bias",
    title="Only studies not at high risk of bias",
    conditions=(Condition(field="rob.overall", op="not_in", value=("high", "serious", "critical")),),
)


class Params(BaseParams):
    """Which scenarios to compare, and how to pool."""

    scenarios: tuple[Scenario, ...] = Field(
        default=(NOT_AT_HIGH_RISK,), description="Rules that say which studies stay; each is pooled by itself."
    )
    leave_one_out: bool = Field(default=True, description="Also pool without each study in turn.")
    tau2_method: Literal["REML", "DL", "PM", "ML", "CE"] = Field(
        default="REML", description="Estimator of the variance between studies; CE is the common-effect model."
    )
    ci_method: Literal["hksj", "wald"] = Field(
        default="hksj", description="Confidence interval: Hartung-Knapp-Sidik-Jonkman (t, k - 1 df) or normal."
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")

    @field_validator("scenarios")
    @classmethod
    def _named_once(cls, scenarios: tuple[Scenario, ...]) -> tuple[Scenario, ...]:
        """Refuse two scenarios of one name."""
        names = [scenario.name for scenario in scenarios]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"Each scenario needs a name of its own; there is more than one {', '.join(repeated)}.")
        return scenarios


class Pooled(Frozen):
    """A pooled estimate, scale of the measure, and which side of the null its interval is on."""

    k: int = 0
    estimate: float | None = None
    se: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    p_value: float | None = None
    tau2: float | None = None
    i2: float | None = None
    ci_method: str | None = None
    conclusion: Conclusion | None = None
    message: str | None = None


class Compared(Pooled):
    """A pooled estimate of some studies against that of all; None where one of them is missing."""

    name: str
    label: str
    studies_left_out: tuple[str, ...] = ()
    difference: float | None = None
    conclusion_changes: bool | None = None


class ScenarioRow(Compared):
    """What a scenario gives; `conditions` in words."""

    conditions: tuple[str, ...] = ()


class Result(BaseResult):
    """All studies, and the two tables that are compared with them."""

    measure: Measure
    is_ratio: bool
    level: float
    tau2_method: str
    k: int
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    all_studies: Pooled
    scenarios: tuple[ScenarioRow, ...] = ()
    leave_one_out: tuple[Compared, ...] = ()


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the estimates of all scenarios and without each study in turn."""
    whole = _pool(dataset, params)
    scenarios = tuple(_scenario(dataset, scenario, params, whole) for scenario in params.scenarios)
    left_out = _leave_one_out(dataset, params, whole, progress) if params.leave_one_out else ()
    messages = [] if dataset.k else [NOTHING_TO_POOL]
    if params.leave_one_out and dataset.k and not left_out:
        messages.append(NOTHING_LEFT_OUT)
    return Result(
        measure=dataset.measure,
        is_ratio=dataset.is_ratio,
        level=params.level,
        tau2_method=params.tau2_method,
        k=whole.k,
        estimate=whole.estimate,
        ci_lower=whole.ci_lower,
        ci_upper=whole.ci_upper,
        all_studies=whole,
        scenarios=scenarios,
        leave_one_out=left_out,
        figures=_figures(dataset, params),
        messages=tuple(messages),
    )


def _pool(dataset: Dataset, params: Params) -> Pooled:
    """Give the pooled estimate of a dataset, or the sentence why there is none."""
    if dataset.k == 0:
        return Pooled(message=NO_STUDY)
    message = ONE_EFFECT if dataset.k == 1 else None
    try:
        pooled = _ask_engine(dataset, params, ci_method=params.ci_method)
    except engine.UndefinedResult:
        pooled, message = _ask_engine(dataset, params, ci_method="wald"), EQUAL_EFFECTS
    except engine.NotConverged as error:
        return Pooled(k=dataset.k, message=f"There is no estimate: {error}.")
    return Pooled(
        k=pooled.k,
        estimate=pooled.estimate,
        se=pooled.se,
        ci_lower=pooled.ci_lower,
        ci_upper=pooled.ci_upper,
        p_value=pooled.p_value,
        tau2=pooled.tau2 if pooled.k > 1 else None,
        i2=pooled.i2,
        ci_method=pooled.ci_method,
        conclusion=_conclude(pooled.ci_lower, pooled.ci_upper),
        message=message,
    )


def _ask_engine(dataset: Dataset, params: Params, *, ci_method: str) -> engine.Pooled:
    """Give the engine's answer for a dataset with at least one effect."""
    return engine.pool(dataset.yi, dataset.vi, tau2_method=params.tau2_method, ci_method=ci_method, level=params.level)


def _conclude(ci_lower: float, ci_upper: float) -> Conclusion:
    """Give the side of the null on which an interval lies; touching the null is including it."""
    if ci_upper < NULL:
        return "below_null"
    return "above_null" if ci_lower > NULL else "includes_null"


def _scenario(dataset: Dataset, scenario: Scenario, params: Params, whole: Pooled) -> ScenarioRow:
    """Give the row of a scenario; a condition that cannot be tested becomes its sentence."""
    words = tuple(condition.describe() for condition in scenario.conditions)
    row = ScenarioRow(name=scenario.name, label=scenario.title, conditions=words)
    try:
        for effect in dataset.effects[:1]:  # every field is asked for once: `where` stops at the first that fails
            for condition in scenario.conditions:
                dataset.fact(effect, condition.field)
        subset = dataset.where(scenario.conditions)
    except UnknownField as error:
        return row.model_copy(update={"message": str(error)})
    except TypeError:
        sentence = f"A condition does not fit the kind of values in its field: {'; '.join(words)}."
        return row.model_copy(update={"message": sentence})
    return row.model_copy(update=_compare(dataset, subset, params, whole))


def _compare(dataset: Dataset, subset: Dataset, params: Params, whole: Pooled) -> dict[str, object]:
    """Give the fields that say what a subset gives, and how that differs from all studies."""
    pooled = _pool(subset, params)
    kept = {effect.id for effect in subset.effects}
    difference = None
    if pooled.estimate is not None and whole.estimate is not None:
        difference = pooled.estimate - whole.estimate
    return dict(pooled) | {
        "studies_left_out": tuple(effect.label for effect in dataset.effects if effect.id not in kept),
        "difference": difference,
        "conclusion_changes": None if difference is None else pooled.conclusion != whole.conclusion,
    }


def _leave_one_out(dataset: Dataset, params: Params, whole: Pooled, progress: Progress) -> tuple[Compared, ...]:
    """Give the estimate without each study in turn; a study with several effects leaves with all of them.

    References
    ----------
    Viechtbauer and Cheung (2010), doi:10.1002/jrsm.11.
    """
    labels = {effect.study: effect.label for effect in reversed(dataset.effects)}
    studies = list(dict.fromkeys(effect.study for effect in dataset.effects))
    if len(studies) < 2:
        return ()
    rows = []
    for position, study in enumerate(studies):
        progress(position / len(studies), f"Without {labels[study]}")
        rest = dataset.model_copy(update={"effects": tuple(e for e in dataset.effects if e.study != study)})
        row = Compared(name=study, label=f"Without {labels[study]}")
        rows.append(row.model_copy(update=_compare(dataset, rest, params, whole)))
    return tuple(rows)


def _figures(dataset: Dataset, params: Params) -> tuple[ForestFigure, ...]:
    """Give one forest plot for each table, with the estimate of all studies as its diamond."""
    summary = {
        "summary_label": "All studies",
        "summary_estimate": "estimate",
        "summary_ci_lower": "ci_lower",
        "summary_ci_upper": "ci_upper",
    }
    titles = {}
    if params.scenarios:
        titles["scenarios"] = f"{dataset.outcome.name}: scenarios"
    if params.leave_one_out:
        titles["leave_one_out"] = f"{dataset.outcome.name}: without each study in turn"
    return tuple(forest_figure(dataset, title=title, rows=rows, **summary) for rows, title in titles.items())


plugin = Plugin(
    name="sensitivity",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Sensitivity analyses",
    needs=frozenset({Need.EFFECTS, Need.RISK_OF_BIAS, Need.MODERATORS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
