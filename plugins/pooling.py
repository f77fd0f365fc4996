"""Pooling: one estimate from all studies, by the common-effect or the random-effects model."""

from typing import Literal

from pydantic import Field

from analysis import engine
from analysis.contract import (
    CONTRACT_VERSION,
    MEASURE_NAMES,
    Dataset,
    ForestFigure,
    Frozen,
    Measure,
    Need,
    Plugin,
    Progress,
    Upstream,
    forest_figure,
)
from analysis.contract import Params as BaseParams
from analysis.contract import Result as BaseResult

NOTHING_TO_POOL = "No study has a result that can be pooled."
ONE_STUDY = (
    "Only one study has a result: nothing was pooled, its own estimate is shown with a normal interval, and "
    "heterogeneity is undefined."
)
ONE_DEGREE_OF_FREEDOM = (
    "With two studies the Hartung-Knapp-Sidik-Jonkman interval rests on one degree of freedom and can be very wide."
)
EQUAL_EFFECTS = "All effects are equal: the Hartung-Knapp-Sidik-Jonkman interval is undefined, the normal one is shown."
REPEATED_STUDIES = "At least one study gives more than one effect; they are pooled as if they were independent."


class Params(BaseParams):
    """How to pool."""

    tau2_method: Literal["REML", "DL", "PM", "ML", "CE"] = Field(
        default="REML",
        description="Estimator of the variance between studies; CE is the common-effect (fixed-effect) model.",
    )
    ci_method: Literal["hksj", "wald"] = Field(
        default="hksj", description="Confidence interval: Hartung-Knapp-Sidik-Jonkman (t, k - 1 df) or normal."
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")


class Study(Frozen):
    """One effect with its normal interval and its share in the estimate; scale of the measure."""

    effect: str
    study: str
    label: str
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    weight: float


class Result(BaseResult):
    """The pooled estimate; the names are those of `analysis.engine.Pooled`. None where a number is undefined."""

    measure: Measure
    is_ratio: bool
    model: Literal["common_effect", "random_effects"]
    tau2_method: str
    ci_method: str
    level: float
    k: int
    estimate: float | None = None
    se: float | None = None
    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    pi_distribution: str | None = None
    tau2: float | None = None
    tau: float | None = None
    tau2_se: float | None = None
    tau2_ci_lower: float | None = None
    tau2_ci_upper: float | None = None
    i2: float | None = None
    h2: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None
    studies: tuple[Study, ...] = ()


# What Result takes over from engine.Pooled by name, when something was pooled; tau2 has a meaning from two studies on.
OF_ESTIMATE = ("estimate", "se", "statistic", "df", "p_value", "ci_lower", "ci_upper")
OF_HETEROGENEITY = (
    *("pi_lower", "pi_upper", "pi_distribution", "tau2", "tau", "tau2_se", "tau2_ci_lower", "tau2_ci_upper"),
    *("i2", "h2", "q", "q_df", "q_p_value"),
)


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the pooled estimate of the dataset."""
    pooled = _pool(dataset, params) if dataset.k else None
    names = OF_ESTIMATE + (OF_HETEROGENEITY if dataset.k > 1 else ())
    return Result(
        measure=dataset.measure,
        is_ratio=dataset.is_ratio,
        model="common_effect" if params.tau2_method == "CE" else "random_effects",
        tau2_method=params.tau2_method,
        ci_method=pooled.ci_method if pooled else params.ci_method,
        level=params.level,
        k=dataset.k,
        studies=_studies(dataset, pooled, params.level) if pooled else (),
        figures=(_figure(dataset, params),),
        messages=_messages(dataset, params, pooled),
        **({name: getattr(pooled, name) for name in names} if pooled else {}),
    )


def _pool(dataset: Dataset, params: Params) -> engine.Pooled:
    """Give the engine's answer; where the HKSJ interval is undefined, with the normal interval."""
    try:
        return engine.pool(
            dataset.yi, dataset.vi, tau2_method=params.tau2_method, ci_method=params.ci_method, level=params.level
        )
    except engine.UndefinedResult:
        return engine.pool(dataset.yi, dataset.vi, tau2_method=params.tau2_method, ci_method="wald", level=params.level)


def _studies(dataset: Dataset, pooled: engine.Pooled, level: float) -> tuple[Study, ...]:
    """Give each effect with its own normal interval."""
    rows = []
    for effect, weight in zip(dataset.effects, pooled.weights, strict=True):
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
                weight=float(weight),
            )
        )
    return tuple(rows)


def _messages(dataset: Dataset, params: Params, pooled: engine.Pooled | None) -> tuple[str, ...]:
    """Give what a reader has to know about the numbers."""
    if pooled is None:
        return (NOTHING_TO_POOL,)
    if pooled.k == 1:
        return (ONE_STUDY,)
    said = []
    if params.ci_method == "hksj" and pooled.ci_method == "wald":
        said.append(EQUAL_EFFECTS)
    elif params.ci_method == "hksj" and pooled.k == 2:
        said.append(ONE_DEGREE_OF_FREEDOM)
    if len({effect.study for effect in dataset.effects}) < pooled.k:
        said.append(REPEATED_STUDIES)
    return tuple(said)


def _figure(dataset: Dataset, params: Params) -> ForestFigure:
    """Give the forest plot of all studies, with a diamond only where something was pooled."""
    columns = {"title": f"{dataset.outcome.name}: {MEASURE_NAMES[dataset.measure].lower()}", "rows": "studies"}
    if dataset.k > 1:
        columns |= {
            "weight": "weight",
            "summary_label": "Common-effect model" if params.tau2_method == "CE" else "Random-effects model",
            "summary_estimate": "estimate",
            "summary_ci_lower": "ci_lower",
            "summary_ci_upper": "ci_upper",
            "pi_lower": "pi_lower",
            "pi_upper": "pi_upper",
        }
    return forest_figure(dataset, **columns)


plugin = Plugin(
    name="pooling",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Meta-analysis",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
