"""What a plugin sees: the dataset it reads, the parameters and the result it declares, and nothing else.

A plugin is a value: a frozen record with one pure function. See docs/plugins.md and `analysis.testing`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, model_validator

CONTRACT_VERSION = 1
RATIO_MEASURES = frozenset({"RR", "OR", "HR", "IRR", "ROM"})

Measure = Literal["MD", "SMD", "RR", "OR", "RD"]
Fact = str | float | bool | tuple[str, ...] | None
Progress = Callable[[float, str], None]
Upstream = Mapping[str, Any]


class Frozen(BaseModel):
    """A value: unchangeable, without unknown fields, without NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class UnknownField(ValueError):
    """A condition names a field that the dataset does not have."""

    def __init__(self, field: str, known: list[str]) -> None:
        super().__init__(f"The dataset has no field “{field}”; it has {', '.join(known) or 'none'}.")


class Condition(Frozen):
    """A test of one field of an effect, such as `rob.overall in (low, some_concerns)`.

    A field that is not known (not reported) fulfils no condition except `is_unknown`.
    """

    field: str
    op: Literal["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "has", "has_not", "is_known", "is_unknown"]
    value: str | float | bool | tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _lists_need_a_list(self) -> "Condition":
        """Refuse one text where a list is meant: "in" would look for a part of the text."""
        if self.op in ("in", "not_in") and not isinstance(self.value, tuple):
            raise ValueError(f"“{self.op.replace('_', ' ')}” needs a list of values")
        return self

    def holds(self, fact: Fact) -> bool:
        """Whether the condition holds for the value of its field."""
        if self.op in ("is_known", "is_unknown"):
            return (fact is not None) == (self.op == "is_known")
        if fact is None:
            return False
        return _OPERATORS[self.op](fact, self.value)

    def describe(self) -> str:
        """Give the condition in words."""
        listed = ", ".join(self.value) if isinstance(self.value, tuple) else self.value
        return f"{self.field} {self.op.replace('_', ' ')}{'' if listed is None else f' {listed}'}"


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda fact, value: bool(fact == value),
    "ne": lambda fact, value: bool(fact != value),
    "in": lambda fact, value: fact in value,
    "not_in": lambda fact, value: fact not in value,
    "lt": lambda fact, value: bool(fact < value),
    "le": lambda fact, value: bool(fact <= value),
    "gt": lambda fact, value: bool(fact > value),
    "ge": lambda fact, value: bool(fact >= value),
    "has": lambda fact, value: value in fact,
    "has_not": lambda fact, value: value not in fact,
}


class Step(Frozen):
    """One step from printed numbers to an effect: what was done, with which numbers, by which formula."""

    name: str
    says: str
    inputs: dict[str, float | str | None] = {}
    output: float | None = None


class Effect(Frozen):
    """One effect that can be pooled.

    `yi` is on the scale of the measure (ratios: natural log), `vi` its sampling variance. `facts` holds the fields that
    conditions and moderators refer to; `rob` the judgement by domain, "overall" among them. `sources` are the rows of
    evidence, `lineage` the steps from them to yi and vi, `cautions` what a reader should know about the numbers.
    """

    id: str
    study: str
    label: str
    year: int | None = None
    yi: float
    vi: float
    n1: float | None = None
    n2: float | None = None
    week: float | None = None
    experimental: str = ""
    comparator: str = ""
    facts: dict[str, Fact] = {}
    rob: dict[str, str] = {}
    sources: tuple[str, ...] = ()
    lineage: tuple[Step, ...] = ()
    cautions: tuple[str, ...] = ()


class NotPooled(Frozen):
    """A study, or one of its results, that is not among the effects, and why."""

    study: str
    label: str
    code: str
    reason: str
    sources: tuple[str, ...] = ()


class OutcomeFacts(Frozen):
    """The outcome that the effects are about; scale and MCID in points of its common scale."""

    code: str
    name: str
    direction: Literal["lower", "higher"]
    unit: str = ""
    scale_min: float | None = None
    scale_max: float | None = None
    mcid_between: float | None = None


class Dataset(Frozen):
    """Everything that one analysis pools, and everything that it does not, because.

    Effects are experimental minus comparator, on the outcome's common scale where the measure has its units, so that
    for an outcome where lower is better a negative effect favours the experimental arm.
    """

    measure: Measure
    outcome: OutcomeFacts
    window: str
    effects: tuple[Effect, ...]
    not_pooled: tuple[NotPooled, ...] = ()
    rob_levels: tuple[str, ...] = ()

    @property
    def k(self) -> int:
        """Number of effects."""
        return len(self.effects)

    @property
    def yi(self) -> NDArray[np.float64]:
        """Effects, shape (k,), scale of the measure."""
        return np.array([effect.yi for effect in self.effects], dtype=np.float64)

    @property
    def vi(self) -> NDArray[np.float64]:
        """Sampling variances, shape (k,), scale of the measure."""
        return np.array([effect.vi for effect in self.effects], dtype=np.float64)

    @property
    def is_ratio(self) -> bool:
        """Whether effects are natural logs of ratios."""
        return self.measure in RATIO_MEASURES

    def fact(self, effect: Effect, field: str) -> Fact:
        """Give the value of a field of an effect: a fact, `rob.<domain>`, `week`, `year`, `study`, `n1`, `n2`.

        Raises
        ------
        UnknownField : no effect of the dataset has the field
        """
        if field.startswith("rob."):
            if self.effects and not any(field[4:] in other.rob for other in self.effects):
                raise UnknownField(field, self.fields())
            return effect.rob.get(field[4:])
        if field in _EFFECT_FIELDS:
            value: Fact = getattr(effect, field)
            return value
        if not any(field in other.facts for other in self.effects):
            raise UnknownField(field, self.fields())
        return effect.facts.get(field)

    def fields(self) -> list[str]:
        """Give the names of all fields that conditions may refer to."""
        facts = {name for effect in self.effects for name in effect.facts}
        domains = {f"rob.{name}" for effect in self.effects for name in effect.rob}
        return sorted(facts | domains | set(_EFFECT_FIELDS))

    def where(self, conditions: tuple[Condition, ...]) -> "Dataset":
        """Give the dataset of the effects that fulfil all conditions."""
        kept = tuple(
            effect
            for effect in self.effects
            if all(condition.holds(self.fact(effect, condition.field)) for condition in conditions)
        )
        return self.model_copy(update={"effects": kept})


_EFFECT_FIELDS = ("study", "year", "week", "n1", "n2")


class ForestFigure(Frozen):
    """A forest plot of a table of the result: which columns hold what.

    `rows` names the table; `label`, `estimate`, `ci_lower`, `ci_upper`, `weight` its columns; `summary_estimate`,
    `summary_ci_*` and `pi_*` name fields of the result itself, "" where there is none. `title`, `summary_label`,
    `x_label` and `favours_*` are text. Numbers are on the scale of the measure; the renderer shows ratios.
    """

    kind: Literal["forest"] = "forest"
    title: str
    rows: str
    label: str = "label"
    estimate: str = "estimate"
    ci_lower: str = "ci_lower"
    ci_upper: str = "ci_upper"
    weight: str = ""
    summary_label: str = ""
    summary_estimate: str = ""
    summary_ci_lower: str = ""
    summary_ci_upper: str = ""
    pi_lower: str = ""
    pi_upper: str = ""
    x_label: str = ""
    is_ratio: bool = False
    null_value: float = 0.0
    favours_left: str = ""
    favours_right: str = ""


MEASURE_NAMES: dict[str, str] = {
    "MD": "Mean difference",
    "SMD": "Standardised mean difference",
    "RR": "Risk ratio",
    "OR": "Odds ratio",
    "RD": "Risk difference",
}


def forest_figure(dataset: Dataset, **columns: str) -> ForestFigure:
    """Give a forest plot whose axis, null and sides are those of the dataset; `columns` are fields of ForestFigure."""
    unit = dataset.outcome.unit if dataset.measure == "MD" else ""
    arms = [_one_name(effect.experimental for effect in dataset.effects) or "experimental"]
    arms.append(_one_name(effect.comparator for effect in dataset.effects) or "comparator")
    if dataset.outcome.direction == "higher":
        arms.reverse()
    axis = {
        "x_label": MEASURE_NAMES[dataset.measure] + (f" ({unit})" if unit else ""),
        "is_ratio": dataset.is_ratio,
        "favours_left": f"Favours {arms[0]}",
        "favours_right": f"Favours {arms[1]}",
    }
    return ForestFigure.model_validate(axis | columns)


def _one_name(names: Iterable[str]) -> str:
    """Give the name that all share, "" where they differ."""
    different = set(names)
    return different.pop() if len(different) == 1 else ""


class Params(Frozen):
    """Base of a plugin's parameters. Every field has a type, a default and a description."""


class Result(Frozen):
    """Base of a plugin's result: numbers, figure specifications, and sentences for the reader."""

    figures: tuple[ForestFigure, ...] = ()
    messages: tuple[str, ...] = ()


class Need(StrEnum):
    """What a plugin needs of a dataset."""

    EFFECTS = "effects"
    RISK_OF_BIAS = "risk_of_bias"
    MODERATORS = "moderators"


P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Result)


@dataclass(frozen=True, slots=True)
class Plugin(Generic[P, R]):
    """A method that computes a result from a dataset.

    Parameters
    ----------
    name : short name, one word, lower case; unique
    version : "major.minor.patch"; raised whenever a number can move
    contract_version : CONTRACT_VERSION that the plugin was written for
    title : what a person reads
    needs : what it needs of the dataset
    after : names of the plugins whose results it reads; they arrive as `upstream`, by name, as plain data (what a
        stored run holds: `model_dump(mode="json")`)
    params, result : the types of its parameters and of its result
    run : run(dataset, params, upstream, progress) -> result; deterministic, without clock, network, database or files.
        progress(fraction, says) may be called on long work and changes no result
    """

    name: str
    version: str
    contract_version: int
    title: str
    needs: frozenset[Need]
    after: tuple[str, ...]
    params: type[P]
    result: type[R]
    run: Callable[[Dataset, P, Upstream, Progress], R]
