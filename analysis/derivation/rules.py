"""The rules by which an analysis turns printed numbers into effects."""

from typing import Literal

from pydantic import Field

from analysis.contract import Condition, Frozen, Measure
from analysis.derivation.alternatives_set import ChoiceSet


class Rules(Frozen):
    """What an analysis asks of the evidence, and what it does where reports differ."""

    measure: Measure = Field(default="MD", description="Effect measure.")
    outcome: str = Field(description="Code of the outcome.")
    window: str = Field(description="Code of the outcome's follow-up window; the result closest to its target week.")
    comparators: tuple[str, ...] = Field(min_length=1, description="Codes of the comparator types compared with.")
    source_order: tuple[Literal["contrast", "arms"], ...] = Field(
        default=("contrast", "arms"),
        min_length=1,
        description="Which results are tried first: between-arm contrasts or arm values.",
    )
    instrument_order: tuple[str, ...] = Field(
        default=(),
        description="Codes of instruments in the order in which they are tried where a study reports several in one "
        "week; those that are not named follow in the order of their codes.",
    )
    effects_per_study: Literal["one", "all"] = Field(
        default="one",
        description="One: the first usable result of a study. All: one for each instrument and week of the window, for "
        "plugins that model several effects of a study.",
    )
    value_order: tuple[Literal["final", "change"], ...] = Field(
        default=("final", "change"),
        min_length=1,
        description="Which values are tried first: final values or changes from baseline.",
    )
    multi_arm: Literal["combine", "split"] = Field(
        default="combine",
        description="Several eligible arms on one side: combine them into one, or split the arm they share.",
    )
    change_correlation: float | None = Field(
        default=None,
        ge=-1,
        le=1,
        description="Correlation of baseline and final values, for SDs of change; empty: no such SD is derived.",
    )
    ci_distribution: Literal["normal", "t"] = Field(
        default="normal", description="Distribution that printed intervals of contrasts are read with."
    )
    rob_tool: str = Field(default="rob2", description="Risk-of-bias tool whose judgements are read.")
    facts: tuple[str, ...] = Field(default=(), description="Characteristics that effects carry, for filters.")
    choices: ChoiceSet = Field(
        default=ChoiceSet(), description="Which decisions of the derivation are varied where a plugin asks for that."
    )
    node_family: str = Field(
        default="",
        description="For networks: family of components that names the treatment of an experimental arm; empty: all "
        "experimental arms are one treatment. A comparator is named by its type.",
    )
    include: tuple[Condition, ...] = Field(default=(), description="Conditions that an effect must fulfil.")
