"""Pooled estimates of some effects, and how they differ from that of all."""

from dataclasses import dataclass
from math import isnan
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from analysis import engine
from analysis.contract import Dataset, Frozen
from plugins.sensitivity.params import CiMethod, Params, Scenario, Tau2Method

NULL = 0.0  # no effect, on the scale of every measure (ratios are logs)
NO_STUDY = "No study fulfils the conditions."
ONE_EFFECT = "One effect remains: it is shown with its own normal interval."
EQUAL_EFFECTS = "The remaining effects are equal, so that the interval is the normal one."

Conclusion = Literal["below_null", "above_null", "includes_null"]
Mask = NDArray[np.bool_]


class Pooled(Frozen):
    """A pooled estimate, scale of the measure, and which side of the null its interval is on."""

    k: int = 0
    estimate: float | None = None
    se: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    p_value: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    tau2: float | None = None
    i2: float | None = None
    tau2_method: str | None = None
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


@dataclass(frozen=True, slots=True)
class Model:
    """How effects are pooled."""

    tau2_method: Tau2Method
    ci_method: CiMethod
    level: float

    @classmethod
    def of(cls, params: Params, scenario: Scenario | None = None) -> Self:
        """Give the model of the main analysis, with what a scenario changes of it."""
        return cls(
            tau2_method=(scenario.tau2_method if scenario else None) or params.tau2_method,
            ci_method=(scenario.ci_method if scenario else None) or params.ci_method,
            level=params.level,
        )


def conclude(ci_lower: float, ci_upper: float) -> Conclusion:
    """Give the side of the null on which an interval lies; touching the null is including it."""
    if ci_upper < NULL:
        return "below_null"
    return "above_null" if ci_lower > NULL else "includes_null"


def pool(dataset: Dataset, model: Model) -> Pooled:
    """Give the pooled estimate of a dataset, or the sentence why there is none."""
    if dataset.k == 0:
        return Pooled(message=NO_STUDY)
    message = ONE_EFFECT if dataset.k == 1 else None
    try:
        pooled = _ask_engine(dataset, model, ci_method=model.ci_method)
    except engine.UndefinedResult:
        pooled, message = _ask_engine(dataset, model, ci_method="wald"), EQUAL_EFFECTS
    except engine.NotConverged as error:
        return Pooled(k=dataset.k, message=f"There is no estimate: {error}.")
    return Pooled(
        k=pooled.k,
        estimate=pooled.estimate,
        se=pooled.se,
        ci_lower=pooled.ci_lower,
        ci_upper=pooled.ci_upper,
        p_value=pooled.p_value,
        pi_lower=pooled.pi_lower,
        pi_upper=pooled.pi_upper,
        tau2=pooled.tau2 if pooled.k > 1 else None,
        i2=pooled.i2,
        tau2_method=model.tau2_method,
        ci_method=pooled.ci_method,
        conclusion=conclude(pooled.ci_lower, pooled.ci_upper),
        message=message,
    )


def _ask_engine(dataset: Dataset, model: Model, *, ci_method: str) -> engine.Pooled:
    """Give the engine's answer for a dataset with at least one effect."""
    return engine.pool(dataset.yi, dataset.vi, tau2_method=model.tau2_method, ci_method=ci_method, level=model.level)


def pool_subsets(dataset: Dataset, masks: Mask, model: Model) -> list[Pooled]:
    """Give the pooled estimate of each subset, all in one batch.

    Parameters
    ----------
    masks : array of shape (b, k)  True where an effect is in; every subset has at least one effect

    Subsets for which the batch has no interval, or a batch that does not converge, are pooled by themselves.
    """
    try:
        many = engine.pool_many(
            dataset.yi,
            dataset.vi,
            mask=masks,
            tau2_method=model.tau2_method,
            ci_method=model.ci_method,
            level=model.level,
        )
    except engine.NotConverged:
        return [pool(subset(dataset, mask), model) for mask in masks]
    return [
        pool(subset(dataset, mask), model) if many.k[row] == 1 or isnan(many.se[row]) else _row_of(many, row, model)
        for row, mask in enumerate(masks)
    ]


def _row_of(many: engine.PooledMany, row: int, model: Model) -> Pooled:
    """Give one subset of a batch, with at least two effects and an interval."""
    names = ("estimate", "se", "ci_lower", "ci_upper", "p_value", "pi_lower", "pi_upper", "tau2", "i2")
    numbers = {name: float(getattr(many, name)[row]) for name in names}
    known: dict[str, Any] = {name: None if isnan(number) else number for name, number in numbers.items()}
    return Pooled(
        k=int(many.k[row]),
        tau2_method=model.tau2_method,
        ci_method=model.ci_method,
        conclusion=conclude(numbers["ci_lower"], numbers["ci_upper"]),
        **known,
    )


def subset(dataset: Dataset, mask: Mask) -> Dataset:
    """Give the dataset of the effects that are in."""
    kept = tuple(effect for effect, is_in in zip(dataset.effects, mask, strict=True) if is_in)
    return dataset.model_copy(update={"effects": kept})


def compare(dataset: Dataset, kept: Dataset, pooled: Pooled, whole: Pooled) -> dict[str, object]:
    """Give the fields that say what a subset gives, and how that differs from all studies."""
    ids = {effect.id for effect in kept.effects}
    difference = None
    if pooled.estimate is not None and whole.estimate is not None:
        difference = pooled.estimate - whole.estimate
    return dict(pooled) | {
        "studies_left_out": tuple(effect.label for effect in dataset.effects if effect.id not in ids),
        "difference": difference,
        "conclusion_changes": None if difference is None else pooled.conclusion != whole.conclusion,
    }
