"""The dataset that one analysis reads."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.contract.alternatives import Alternatives
from analysis.contract.conditions import Condition, UnknownField
from analysis.contract.effects import Effect, NotPooled
from analysis.contract.studies import AdverseEvent, CharacteristicFacts, Comparison, FlowCount, StudyRow
from analysis.contract.values import RATIO_MEASURES, Fact, Frozen, Measure, Need


class InstrumentFacts(Frozen):
    """A scale on which the outcome is measured; None where no report states its range."""

    code: str
    name: str
    direction: Literal["lower", "higher"]
    scale_min: float | None = None
    scale_max: float | None = None


class OutcomeFacts(Frozen):
    """The outcome that the effects are about.

    Scale and smallest important differences (MCID) are in points of its common scale; those between groups and within a
    group are different things and never stand for each other.
    """

    code: str
    name: str
    direction: Literal["lower", "higher"]
    unit: str = ""
    scale_min: float | None = None
    scale_max: float | None = None
    mcid_between: float | None = None
    mcid_within: float | None = None
    instruments: tuple[InstrumentFacts, ...] = ()


class Dataset(Frozen):
    """Everything that one analysis pools, and everything that it does not, because.

    Effects are experimental minus comparator, on the outcome's common scale where the measure has its units, so that
    for an outcome where lower is better a negative effect favours the experimental arm. `holds` names the extras that
    were derived because a plugin needs them: `comparisons` (COMPARISONS), `studies`, `characteristics` and `flow`
    (STUDIES), `adverse_events` (ADVERSE_EVENTS), `alternatives` (ALTERNATIVES).
    """

    measure: Measure
    outcome: OutcomeFacts
    window: str
    effects: tuple[Effect, ...]
    not_pooled: tuple[NotPooled, ...] = ()
    rob_levels: tuple[str, ...] = ()
    holds: tuple[Need, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    studies: tuple[StudyRow, ...] = ()
    characteristics: tuple[CharacteristicFacts, ...] = ()
    flow: tuple[FlowCount, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    alternatives: Alternatives | None = None

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
