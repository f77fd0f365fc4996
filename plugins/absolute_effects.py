"""Absolute effects: what a ratio means in events among people with a stated baseline risk."""

from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from analysis.contract import CONTRACT_VERSION, Dataset, Frozen, Measure, Need, Plugin, Progress, Upstream
from analysis.contract import Params as BaseParams
from analysis.contract import Result as BaseResult
from analysis.engine.absolute import RISK_MEASURES, experimental_risk, number_needed_to_treat
from analysis.engine.descriptives import quantiles

NOTHING_POOLED = "There is no pooled effect that could be applied to a risk."
NOT_FOR_MEASURE = (
    "Absolute effects are computed from risk ratios, odds ratios, risk differences, hazard ratios and rate ratios; "
    "clinical relevance says what differences of means amount to."
)
NO_BASELINE = (
    "No study gives the counts of its comparator group, so that no baseline risk is known; the parameter "
    "“baseline_risks” takes some with their source."
)
FROM_STUDIES = (
    "Baseline risks are the median and the quartiles of the comparator groups of {k} of {total} studies; a risk of 0 "
    "or 1 is no baseline and is left out."
)
TRUNCATED = (
    "At {labels} the effect or a limit would give a risk below 0 or above 1; it is cut there. An odds ratio does not "
    "leave that range."
)
BASELINE_IS_KNOWN = "The intervals take each baseline risk as known."
PROPORTIONAL = "Hazards or rates are taken as proportional up to the time that the baseline risk belongs to."
NO_TIME = "No time was stated for the baseline risk; a hazard or rate ratio gives a risk until a time only."
NO_DIFFERENCE = "At {labels} the risk difference is 0, so that the number needed to treat is infinite."
IS_WANTED = {"lower": False, "higher": True}
QUARTILES = (
    ("low", "Low risk (lower quartile)", 0.25),
    ("median", "Median risk", 0.5),
    ("high", "High risk (upper quartile)", 0.75),
)
OF_TIME = ("HR", "IRR")
LIMITS = ("estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper")


class BaselineRisk(Frozen):
    """A risk in the comparator group, a fraction, with its name and where it is from."""

    name: str = Field(min_length=1)
    risk: float = Field(gt=0.0, lt=1.0)
    source: str = ""


class Params(BaseParams):
    """At which baseline risks."""

    baseline_risks: tuple[BaselineRisk, ...] = Field(
        default=(),
        description=(
            "Risks in the comparator group as fractions, with name and source (GRADE guidelines 12, "
            "doi:10.1016/j.jclinepi.2012.01.012, asks for more than one where people differ). Empty: median and "
            "quartiles of the pooled studies."
        ),
    )
    time: str = Field(default="", description="Time until which the baseline risks are meant, such as “12 months”.")
    quantile_type: int = Field(
        default=7, ge=1, le=9, description="Type of the median and quartiles (Hyndman and Fan 1996); 7 is that of R."
    )


class AbsoluteEffect(Frozen):
    """Risks and their difference at one baseline risk, fractions; `ci_*` and `pi_*` are limits of the difference.

    `nnt_ci_upper` is None and `nnt_other_side` known where the interval goes through infinity to the other kind.
    """

    name: str
    label: str
    source: str
    risk_comparator: float
    risk_experimental: float
    risk_experimental_ci_lower: float
    risk_experimental_ci_upper: float
    risk_experimental_pi_lower: float | None = None
    risk_experimental_pi_upper: float | None = None
    risk_difference: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None = None
    pi_upper: float | None = None
    is_truncated: bool = False
    nnt: float | None = None
    nnt_kind: Literal["benefit", "harm"] | None = None
    nnt_ci_lower: float | None = None
    nnt_ci_upper: float | None = None
    nnt_other_side: float | None = None


class Result(BaseResult):
    """The pooled effect applied to baseline risks; `baseline_k` counts the studies that gave those of the dataset."""

    measure: Measure
    is_event_good: bool
    level: float | None = None
    k: int
    time: str = ""
    baseline_k: int = 0
    quantile_type: int
    absolute_effects: tuple[AbsoluteEffect, ...] = ()


class UpstreamMissing(ValueError):
    """The result of pooling is not there."""

    def __init__(self) -> None:
        super().__init__("Absolute effects read the result of pooling, which is not there; it has to run first.")


class Pooled(BaseModel):
    """The fields of pooling that are read; the others are not looked at."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    k: int
    level: float
    estimate: float | None
    ci_lower: float | None
    ci_upper: float | None
    pi_lower: float | None
    pi_upper: float | None


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the pooled effect at each baseline risk."""
    if "pooling" not in upstream:
        raise UpstreamMissing
    pooled = Pooled.model_validate(upstream["pooling"])
    is_good = IS_WANTED[dataset.outcome.direction]
    start: dict[str, Any] = {"measure": dataset.measure, "is_event_good": is_good, "k": pooled.k}
    start |= {"quantile_type": params.quantile_type}
    if dataset.measure not in RISK_MEASURES:
        return Result(**start, messages=(NOT_FOR_MEASURE,))
    if pooled.estimate is None or pooled.ci_lower is None or pooled.ci_upper is None:
        return Result(**start, messages=(NOTHING_POOLED,))
    baselines, baseline_k = _baselines(dataset, params)
    rows = tuple(_at(baseline, pooled, dataset, is_good=is_good) for baseline in baselines)
    return Result(
        **start,
        level=pooled.level,
        time=params.time,
        baseline_k=baseline_k,
        absolute_effects=rows,
        messages=_messages(dataset, params, rows, baseline_k),
    )


def _baselines(dataset: Dataset, params: Params) -> tuple[tuple[BaselineRisk, ...], int]:
    """Give the risks that were entered, otherwise those of the comparator groups, and how many groups there were."""
    if params.baseline_risks:
        return params.baseline_risks, 0
    counts = [effect.columns for effect in dataset.effects if {"ci", "n2i"} <= set(effect.columns)]
    risks = [columns["ci"] / columns["n2i"] for columns in counts if 0.0 < columns["ci"] < columns["n2i"]]
    if not risks:
        return (), 0
    found = quantiles(risks, fractions=[share for _, _, share in QUARTILES], quantile_type=params.quantile_type)
    rows = zip(QUARTILES, found.tolist(), strict=True)
    return tuple(BaselineRisk(name=name, risk=risk, source="studies") for (name, _, _), risk in rows), len(risks)


def _at(baseline: BaselineRisk, pooled: Pooled, dataset: Dataset, *, is_good: bool) -> AbsoluteEffect:
    """Give the effect at one baseline risk."""
    values = {name: getattr(pooled, name) for name in LIMITS if getattr(pooled, name) is not None}
    raw = experimental_risk(list(values.values()), measure=dataset.measure, baseline_risk=baseline.risk)
    risks = dict(zip(values, np.clip(raw, 0.0, 1.0).tolist(), strict=True))
    differences = {name: risk - baseline.risk for name, risk in risks.items()}
    estimate = differences.pop("estimate")
    needed = number_needed_to_treat(
        risk_difference=estimate,
        ci_lower=differences["ci_lower"],
        ci_upper=differences["ci_upper"],
        is_event_good=is_good,
    )
    labels = {name: label for name, label, _ in QUARTILES}
    is_from_studies = baseline.source == "studies"
    return AbsoluteEffect.model_validate(
        {
            "name": baseline.name,
            "label": labels.get(baseline.name, baseline.name) if is_from_studies else baseline.name,
            "source": baseline.source,
            "risk_comparator": baseline.risk,
            "risk_experimental": risks.pop("estimate"),
            **{f"risk_experimental_{name}": risk for name, risk in risks.items()},
            "risk_difference": estimate,
            **differences,
            "is_truncated": bool(np.any((raw < 0.0) | (raw > 1.0))),
            **asdict(needed),
        }
    )


def _messages(dataset: Dataset, params: Params, rows: tuple[AbsoluteEffect, ...], baseline_k: int) -> tuple[str, ...]:
    """Give the sentences for the reader."""
    if not rows:
        return (NO_BASELINE,)
    said = [FROM_STUDIES.format(k=baseline_k, total=dataset.k)] if baseline_k else []
    cut = [row.label for row in rows if row.is_truncated]
    equal = [row.label for row in rows if row.nnt is None]
    said += [TRUNCATED.format(labels=", ".join(cut))] if cut else []
    said += [NO_DIFFERENCE.format(labels=", ".join(equal))] if equal else []
    if dataset.measure in OF_TIME:
        said += [PROPORTIONAL] if params.time else [PROPORTIONAL, NO_TIME]
    return (*said, BASELINE_IS_KNOWN)


plugin = Plugin(
    name="absolute_effects",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Absolute effects",
    needs=frozenset({Need.EFFECTS}),
    after=("pooling",),
    params=Params,
    result=Result,
    run=run,
)
