"""What the effects would be under other defensible choices of derivation."""

from collections.abc import Mapping
from math import prod
from typing import Self

from pydantic import model_validator

from analysis.contract.values import Frozen


class Choice(Frozen):
    """One decision of the derivation: its options in words of the rules, and the one that the analysis takes."""

    name: str
    title: str
    options: tuple[str, ...]
    own: str

    def place(self, option: str) -> int:
        """Give the place of an option among the options, from 0; refuse one that is not among them."""
        if option not in self.options:
            raise ValueError(f"The choice “{self.name}” has no option “{option}”; it has {', '.join(self.options)}.")
        return self.options.index(option)

    @model_validator(mode="after")
    def _takes_one_of_its_options(self) -> Self:
        """Refuse options that are named twice, and an own option that is not among them."""
        if len(set(self.options)) < len(self.options) or self.own not in self.options:
            raise ValueError(f"The choice “{self.name}” needs different options, its own one among them.")
        return self


class AlternativeEffect(Frozen):
    """One effect under some options; scale of the measure."""

    yi: float
    vi: float


class StudyAlternatives(Frozen):
    """What one study gives under every combination of the choices that touch it.

    Studies of the same participants are one here, under the name of the first. `depends_on` names the choices that
    change what it gives; `index` has one entry for each combination of their options, the last choice running fastest,
    and says which of `variants` it gives. A variant is a list of effects, empty where nothing is pooled.
    """

    study: str
    label: str
    depends_on: tuple[str, ...] = ()
    variants: tuple[tuple[AlternativeEffect, ...], ...]
    index: tuple[int, ...]


class Alternatives(Frozen):
    """The choices that were varied, and what each study gives under them."""

    choices: tuple[Choice, ...]
    studies: tuple[StudyAlternatives, ...]

    @model_validator(mode="after")
    def _has_a_variant_for_each_combination(self) -> Self:
        """Refuse a study whose index does not have one known variant for each combination of its choices."""
        sizes = {choice.name: len(choice.options) for choice in self.choices}
        for row in self.studies:
            is_known = set(row.depends_on) <= set(sizes)
            count = prod(sizes.get(name, 0) for name in row.depends_on)
            if not is_known or len(row.index) != count or not set(row.index) <= set(range(len(row.variants))):
                raise ValueError(f"The alternatives of {row.label} do not fit the choices.")
        return self

    def effects_under(self, options: Mapping[str, str]) -> tuple[AlternativeEffect, ...]:
        """Give the effects of all studies under one option for each choice; a choice that is not named takes its own.

        Raises
        ------
        ValueError : an option that its choice does not have
        """
        choices = {choice.name: choice for choice in self.choices}
        found: list[AlternativeEffect] = []
        for row in self.studies:
            place = 0
            for choice in (choices[name] for name in row.depends_on):
                place = place * len(choice.options) + choice.place(options.get(choice.name, choice.own))
            found += row.variants[row.index[place]]
        return tuple(found)
