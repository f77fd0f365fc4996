"""The space of combinations: the choices that change something, and the effects that each combination pools."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from analysis.contract import Alternatives, Dataset
from plugins.choices.params import Params

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
Pairs = tuple[tuple[float, float], ...]

TAU2_METHOD = "tau2_method"
CI_METHOD = "ci_method"
ANALYSIS_TITLES = {TAU2_METHOD: "Model and variance between studies", CI_METHOD: "Confidence interval"}


@dataclass(frozen=True, slots=True)
class Factor:
    """A choice that is varied; `studies` counts those that it changes, None for a choice of analysis."""

    name: str
    title: str
    kind: Literal["derivation", "analysis"]
    options: tuple[str, ...]
    own: str
    studies: int | None = None

    @property
    def own_code(self) -> int:
        """The place of its own option."""
        return self.options.index(self.own)

    def label(self, option: str) -> str:
        """Give an option in words."""
        return f"{self.title}: {option.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class Source:
    """A study, or all effects of a dataset without alternatives: its variants, and which of them a combination takes.

    `places` are the factors that it depends on, `index` has one entry for each combination of their options.
    """

    name: str
    label: str
    places: tuple[int, ...]
    variants: tuple[Pairs, ...]
    index: Codes


@dataclass(frozen=True, slots=True)
class Space:
    """The factors, the sources of effects, and the choices that change nothing, by title."""

    factors: tuple[Factor, ...]
    sources: tuple[Source, ...]
    idle: tuple[str, ...]

    @property
    def own(self) -> Codes:
        """The analysis's own combination, shape (1, c)."""
        return np.array([[factor.own_code for factor in self.factors]], dtype=np.intp).reshape(1, len(self.factors))

    def number_derivations(self, codes: Codes) -> Codes:
        """Give a number for what each combination takes of the choices of derivation, shape (b,)."""
        number = np.zeros(codes.shape[0], dtype=np.intp)
        for place, factor in enumerate(self.factors):
            if factor.kind == "derivation":
                number = number * len(factor.options) + codes[:, place]
        return number

    def choose(self, codes: Codes) -> Codes:
        """Give the variant of each source in each combination, shape (b, number of sources)."""
        chosen = np.zeros((codes.shape[0], len(self.sources)), dtype=np.intp)
        for column, source in enumerate(self.sources):
            number = np.zeros(codes.shape[0], dtype=np.intp)
            for place in source.places:
                number = number * len(self.factors[place].options) + codes[:, place]
            chosen[:, column] = source.index[number]
        return chosen

    def count_effects(self, chosen: Codes) -> Codes:
        """Give how many effects the chosen variants have between them, shape (b,)."""
        count = np.zeros(chosen.shape[0], dtype=np.intp)
        for column, source in enumerate(self.sources):
            count += np.array([len(variant) for variant in source.variants], dtype=np.intp)[chosen[:, column]]
        return count

    def gather(self, chosen: Codes) -> tuple[Array, Array, NDArray[np.bool_]]:
        """Give effects, variances and which of them are there, arrays of shape (b, k), for chosen variants."""
        yi, vi, is_in = [], [], []
        for column, source in enumerate(self.sources):
            table = _as_table(source.variants)
            rows = table[chosen[:, column]]
            yi.append(rows[:, :, 0])
            vi.append(rows[:, :, 1])
            is_in.append(np.isfinite(rows[:, :, 1]))
        return np.concatenate(yi, axis=1), np.concatenate(vi, axis=1), np.concatenate(is_in, axis=1)

    def option(self, name: str, own: str) -> tuple[int | None, tuple[str, ...]]:
        """Give the place of a factor and its options; no place and the own option where it is not varied."""
        for place, factor in enumerate(self.factors):
            if factor.name == name:
                return place, factor.options
        return None, (own,)


def _as_table(variants: tuple[Pairs, ...]) -> Array:
    """Give effects and variances of each variant, shape (variants, most effects, 2); NaN where there are fewer."""
    table = np.full((len(variants), max(map(len, variants), default=0), 2), np.nan)
    for row, variant in enumerate(variants):
        table[row, : len(variant)] = np.array(variant, dtype=np.float64).reshape(len(variant), 2)
    return table


def lay_out(dataset: Dataset, params: Params) -> Space:
    """Give the space of a dataset: choices of derivation that change a study, then those of analysis."""
    alternatives = dataset.alternatives
    factors = [] if alternatives is None else _derivation_factors(alternatives)
    touching = [factor for factor in factors if factor.studies]
    for name, listed, own in (
        (TAU2_METHOD, params.tau2_methods, params.tau2_method),
        (CI_METHOD, params.ci_methods, params.ci_method),
    ):
        options: tuple[str, ...] = tuple(dict.fromkeys(listed if own in listed else (own, *listed)))
        if len(options) > 1:
            touching.append(Factor(name, ANALYSIS_TITLES[name], "analysis", options, own))
    if alternatives is None:
        sources = _own_source(dataset)
    else:
        sources = _sources(alternatives, {factor.name: place for place, factor in enumerate(touching)})
    return Space(tuple(touching), sources, tuple(factor.title for factor in factors if not factor.studies))


def _derivation_factors(alternatives: Alternatives) -> list[Factor]:
    return [
        Factor(
            name=choice.name,
            title=choice.title,
            kind="derivation",
            options=choice.options,
            own=choice.own,
            studies=sum(choice.name in row.depends_on for row in alternatives.studies),
        )
        for choice in alternatives.choices
    ]


def _sources(alternatives: Alternatives, places: dict[str, int]) -> tuple[Source, ...]:
    return tuple(
        Source(
            name=row.study,
            label=row.label,
            places=tuple(places[name] for name in row.depends_on),
            variants=tuple(tuple((effect.yi, effect.vi) for effect in variant) for variant in row.variants),
            index=np.array(row.index, dtype=np.intp),
        )
        for row in alternatives.studies
    )


def _own_source(dataset: Dataset) -> tuple[Source, ...]:
    """Give all effects of a dataset as one source that nothing changes."""
    pairs = tuple((effect.yi, effect.vi) for effect in dataset.effects)
    return (Source("", "", (), (pairs,), np.zeros(1, dtype=np.intp)),) if pairs else ()
