"""What every study gives under every combination of defensible choices of derivation."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import engine
from analysis.contract import AlternativeEffect, Alternatives, Choice, Dataset, Effect, StudyAlternatives
from analysis.derivation.alternatives_options import (
    AFTERWARDS,
    Options,
    content_under,
    list_choices,
    own_options,
    rules_under,
)
from analysis.derivation.alternatives_set import ChoiceSet
from analysis.derivation.alternatives_touch import group_options, look_at
from analysis.derivation.rules import Rules

Row = dict[str, Any]
Derive = Callable[[Row, Rules], Dataset]
Variant = tuple[tuple[float, float], ...]

# Steps that estimate a number from others of another kind, or rest on an assumption; an SD from an SE or a CI does not.
IMPUTING_STEPS = frozenset({"mean_from_quartiles", "sd_from_quartiles", "sd_of_change"})
# Overall judgements of RoB 2 and RoB 1 (high) and of ROBINS-I (serious, critical).
HIGH_RISK = frozenset({"high", "serious", "critical"})


def derive_alternatives(content: Row, rules: Rules, choices: ChoiceSet, *, derive: Derive) -> Alternatives:
    """Give what each study gives under every combination of the choices.

    Studies are independent but for those of the same participants, so that each such family is derived by itself, and
    only where the options can differ for what it reports.

    Parameters
    ----------
    content, rules : those of the analysis; the rules' own options are among those of each choice
    choices : the options to try
    derive : what gives a dataset of content and rules
    """
    listed = list_choices(content, rules, choices)
    rows = [_vary(codes, content, rules, listed, derive) for codes in find_families(content["studies"])]
    return Alternatives(choices=listed, studies=tuple(row for row in rows if any(row.variants)))


def find_families(studies: Row) -> list[tuple[str, ...]]:
    """Give the codes of studies of the same participants together, all in alphabetical order."""
    main = {code: code for code in studies}
    for code in sorted(studies):
        other = studies[code]["companion_of"]
        if other is None:
            continue
        joined = {main[code], main.get(other, other)}
        main |= {each: min(joined) for each in main if main[each] in joined} | {code: min(joined)}
    families: dict[str, list[str]] = {}
    for code in sorted(studies):
        families.setdefault(main[code], []).append(code)
    return [tuple(codes) for codes in families.values()]


@dataclass(slots=True)
class Family:
    """Studies of the same participants, with what was derived of them so far."""

    codes: tuple[str, ...]
    content: Row
    rules: Rules
    derive: Derive
    derived: dict[tuple[Any, ...], tuple[Effect, ...]] = field(default_factory=dict)
    standardised: dict[tuple[Any, ...], tuple[float, float] | None] = field(default_factory=dict)

    def effects(self, codes: tuple[str, ...], options: Options) -> tuple[Effect, ...]:
        """Give the effects of some of its studies under the options of the choices that need a derivation."""
        key = (codes, *(option for name, option in options.items() if name not in AFTERWARDS))
        if key not in self.derived:
            studies = {code: self.content["studies"][code] for code in codes}
            content = content_under({**self.content, "studies": studies}, self.rules, options)
            self.derived[key] = self.derive(content, rules_under(self.rules, options)).effects
        return self.derived[key]

    def variant(self, options: Options) -> Variant:
        """Give the effects and variances under all options.

        A study whose effects are all left out gives way to another of the same participants.
        """
        codes = self.codes
        while True:
            found = self.effects(codes, options)
            kept = [effect for effect in found if not is_left_out(effect, options)]
            gone = {effect.study for effect in found} - {effect.study for effect in kept}
            if not gone or len(codes) == 1:
                pairs = [self.pair(effect, options["smd_denominator"]) for effect in kept]
                return tuple(pair for pair in pairs if pair is not None)
            codes = tuple(code for code in codes if code not in gone)

    def pair(self, effect: Effect, denominator: str) -> tuple[float, float] | None:
        """Give an effect and its variance; None where they are undefined by another standard deviation."""
        if denominator == "pooled" or "sd1i" not in effect.columns:
            return effect.yi, effect.vi
        key = (denominator, effect.yi, *effect.columns.values())
        if key not in self.standardised:
            self.standardised[key] = restandardise(effect, denominator)
        return self.standardised[key]


def is_left_out(effect: Effect, options: Options) -> bool:
    """Whether an effect is left out as imputed, or as not known to be below high risk of bias."""
    is_imputed = any(step.name in IMPUTING_STEPS for step in effect.lineage)
    is_safe = effect.rob.get("overall") not in {None, *HIGH_RISK}
    return (options["imputed_sds"] == "out" and is_imputed) or (options["risk_of_bias"] == "not_high" and not is_safe)


def restandardise(effect: Effect, denominator: str) -> tuple[float, float] | None:
    """Give a difference of arm values and its variance by another standard deviation; None where that is undefined."""
    columns = effect.columns
    try:
        found = (engine.smdh if denominator == "average" else engine.smd1)(**columns)  # type: ignore[arg-type]
    except engine.EngineError:
        return None
    turned = -1.0 if effect.yi * (columns["m1i"] - columns["m2i"]) < 0 else 1.0
    return turned * float(found.yi[0]) + 0.0, float(found.vi[0])  # no minus before a zero


def _vary(
    codes: tuple[str, ...], content: Row, rules: Rules, choices: tuple[Choice, ...], derive: Derive
) -> StudyAlternatives:
    """Give what a family gives under every combination of the choices that touch it."""
    studies = [content["studies"][code] for code in codes]
    seen = look_at(studies, content, rules)
    family = Family(codes, content, rules, derive)
    groups = [group_options(choice, studies, seen, rules) for choice in choices]
    table, variants = _tabulate(family, choices, groups)
    touching = [axis for axis in range(table.ndim) if np.any(table != np.take(table, [0], axis=axis))]
    for axis in range(table.ndim):
        table = np.take(table, groups[axis] if axis in touching else [0], axis=axis)
    return StudyAlternatives(
        study=codes[0],
        label=studies[0]["label"],
        depends_on=tuple(choices[axis].name for axis in touching),
        variants=tuple(tuple(AlternativeEffect(yi=yi, vi=vi) for yi, vi in variant) for variant in variants),
        index=tuple(table.ravel().tolist()),
    )


def _tabulate(
    family: Family, choices: tuple[Choice, ...], groups: list[list[int]]
) -> tuple[NDArray[np.intp], tuple[Variant, ...]]:
    """Give the number of the variant for each combination of groups of options, and the variants."""
    firsts = [
        [choice.options[group.index(number)] for number in range(max(group) + 1)]
        for choice, group in zip(choices, groups, strict=True)
    ]
    own, names = own_options(family.rules), [choice.name for choice in choices]
    variants: dict[Variant, int] = {}
    numbers = [
        variants.setdefault(family.variant(own | dict(zip(names, combination, strict=True))), len(variants))
        for combination in product(*firsts)
    ]
    return np.array(numbers, dtype=np.intp).reshape([len(each) for each in firsts]), tuple(variants)
