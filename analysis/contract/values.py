"""Values that every part of the contract is made of."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

RATIO_MEASURES = frozenset({"RR", "OR", "HR", "IRR", "ROM"})

Measure = Literal["MD", "SMD", "ROM", "RR", "OR", "RD", "HR", "IRR"]
Fact = str | float | bool | tuple[str, ...] | None
Progress = Callable[[float, str], None]
Upstream = Mapping[str, Any]

MEASURE_NAMES: dict[str, str] = {
    "MD": "Mean difference",
    "SMD": "Standardised mean difference",
    "ROM": "Ratio of means",
    "RR": "Risk ratio",
    "OR": "Odds ratio",
    "RD": "Risk difference",
    "HR": "Hazard ratio",
    "IRR": "Incidence rate ratio",
}


class Frozen(BaseModel):
    """A value: unchangeable, without unknown fields, without NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Need(StrEnum):
    """What a plugin needs of a dataset. Effects are always there; what EXTRAS names is derived only when asked for."""

    EFFECTS = "effects"
    RISK_OF_BIAS = "risk_of_bias"
    MODERATORS = "moderators"
    COMPARISONS = "comparisons"
    STUDIES = "studies"
    ADVERSE_EVENTS = "adverse_events"
    ALTERNATIVES = "alternatives"


EXTRAS = frozenset({Need.COMPARISONS, Need.STUDIES, Need.ADVERSE_EVENTS, Need.ALTERNATIVES})
