"""Snapshots with some of the changes between two of them applied: who the changes are, and what each mixture holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from analysis.contract import Dataset, Effect, NotPooled
from analysis.derivation import DerivationError, Rules, derive
from analysis.explain.records import Kind, SnapshotFacts

Row = dict[str, Any]
# Which side each part is taken of, 0 before and 1 after: the studies, the definitions, the rules.
Combo = tuple[int, int, int]

SHARED = ("outcomes", "comparator_types", "component_types", "characteristics")
INVERSE_VARIANCE = "inverse_variance"
LABELS: dict[Kind, str] = {
    "definitions": "Definitions of outcomes, instruments and words",
    "rules": "Rules of the analysis",
    "model": "Parameters of the pooling model",
    "steps": "Parameters of the other steps",
}
RULES_AND_DEFINITIONS = "Rules of the analysis, with the definitions that they need"
# Parts of an effect that tell where it comes from, not what it is.
ORIGIN = frozenset({"lineage", "sources"})


class NotComparable(ValueError):
    """The evidence of one snapshot cannot be read by the rules of the other."""


@dataclass(frozen=True, slots=True)
class Side:
    """A snapshot as plain data. `dataset` is what its rules make of its content.

    `params`, `results` and `versions` are those of its runs, by plugin; `environment` holds the versions of libraries
    that the pooling run was computed with; `certainty` is what people rated, else what the rules proposed.
    """

    facts: SnapshotFacts
    content: Row
    rules: Rules
    dataset: Dataset
    params: Mapping[str, Mapping[str, Any]]
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    certainty: Any = None


@dataclass(frozen=True, slots=True)
class Player:
    """A change that can be applied alone. `moves_effects` says whether it changes what is pooled, or how."""

    key: str
    kind: Kind
    label: str
    moves_effects: bool


class Mixture:
    """All that lies between two snapshots.

    Attributes
    ----------
    players : the changes: studies first, then definitions, rules, model, other steps
    families : the studies of each group that reports the same participants, by the name of the group
    datasets : the dataset of each combination of studies, definitions and rules

    Raises
    ------
    NotComparable : one snapshot's evidence cannot be read by the other's rules
    """

    def __init__(self, before: Side, after: Side) -> None:
        self.sides = (before, after)
        self.is_counted = any(not is_inverse_variance(side.params.get("pooling", {})) for side in self.sides)
        self.shared = tuple(_united(side.content, other.content) for side, other in ((before, after), (after, before)))
        self.has_definitions = self.shared[0] != self.shared[1]
        self.has_rules = before.rules != after.rules
        self.is_joined = False
        self.datasets = self._derive()
        self.families = _families(before.content, after.content)
        self._root = {code: root for root, codes in self.families.items() for code in codes}
        self._effects = {combo: self._grouped(dataset.effects) for combo, dataset in self.datasets.items()}
        self._absent = {combo: self._grouped(dataset.not_pooled) for combo, dataset in self.datasets.items()}
        self.players = tuple(self._find_players())

    def combo(self, studies: int, definitions: int, rules: int) -> Combo:
        """Give the combination that stands for one: parts that do not differ are taken of the side before."""
        if self.is_joined:
            definitions = rules
        return studies, definitions if self.has_definitions else 0, rules if self.has_rules else 0

    def effects(self, root: str, combo: Combo) -> tuple[Effect, ...]:
        """Give the effects of a group of studies."""
        return self._effects[combo].get(root, ())

    def absent(self, root: str, combo: Combo) -> tuple[NotPooled, ...]:
        """Give what of a group of studies is not pooled."""
        return self._absent[combo].get(root, ())

    def content(self, changed: frozenset[str], *, definitions: int, rules: int) -> Row:
        """Give frozen evidence with the studies of some groups as they are after, all others as they were before."""
        studies: Row = {}
        for root, codes in self.families.items():
            found = self.sides[int(root in changed)].content["studies"]
            studies |= {code: found[code] for code in codes if code in found}
        combo = self.combo(0, definitions, rules)
        return {**self.sides[combo[1]].content, **self.shared[combo[1]], "studies": studies}

    def signature(self, root: str, combo: Combo) -> tuple[Any, ...]:
        """Give what of a group of studies enters the pooling."""
        return tuple(
            (effect.yi, effect.vi, tuple(sorted(effect.columns.items())) if self.is_counted else ())
            for effect in self.effects(root, combo)
        )

    def _derive(self) -> dict[Combo, Dataset]:
        """Give the datasets of all combinations; rules join the definitions where one fails without its own."""
        try:
            return {combo: self._derive_one(combo) for combo in self._combos()}
        except NotComparable:
            if self.is_joined or not (self.has_rules and self.has_definitions):
                raise
            self.is_joined = True
            return {combo: self._derive_one(combo) for combo in self._combos()}

    def _combos(self) -> list[Combo]:
        """Give the combinations that differ."""
        return list(dict.fromkeys(self.combo(*parts) for parts in product((0, 1), repeat=3)))

    def _derive_one(self, combo: Combo) -> Dataset:
        studies, definitions, rules = combo
        content = {**self.sides[studies].content, **self.shared[definitions]}
        try:
            return derive(content, self.sides[rules].rules)
        except (DerivationError, KeyError) as error:
            raise NotComparable(f"The evidence of one snapshot does not fit the rules of the other: {error}") from error

    def _grouped(self, rows: tuple[Any, ...]) -> dict[str, tuple[Any, ...]]:
        """Give rows by group of studies."""
        found: dict[str, list[Any]] = {}
        for row in rows:
            found.setdefault(self._root[row.study], []).append(row)
        return {root: tuple(group) for root, group in found.items()}

    def _find_players(self) -> Iterator[Player]:
        """Give the changes."""
        places = [(definitions, rules) for _, definitions, rules in self.datasets if _ == 0]
        for root in sorted(self.families):
            pairs = [((0, *place), (1, *place)) for place in places]
            moves = any(self.signature(root, one) != self.signature(root, other) for one, other in pairs)
            if moves or any(self._stands(root, one) != self._stands(root, other) for one, other in pairs):
                yield Player(root, "study", self._label(root), moves)
        if self.has_definitions and not self.is_joined:
            yield self._shared_player("definitions", LABELS["definitions"], 1)
        if self.has_rules:
            yield self._shared_player("rules", RULES_AND_DEFINITIONS if self.is_joined else LABELS["rules"], 2)
        before, after = (side.params for side in self.sides)
        if before.get("pooling") != after.get("pooling"):
            yield Player("model", "model", LABELS["model"], True)
        if any(before.get(name) != after.get(name) for name in {*before, *after} - {"pooling"}):
            yield Player("steps", "steps", LABELS["steps"], False)

    def _shared_player(self, kind: Kind, label: str, part: int) -> Player:
        """Give the change of definitions or rules."""
        pairs = [
            (combo, self.combo(combo[0], 1 if part == 1 else combo[1], 1 if part == 2 else combo[2]))
            for combo in self.datasets
        ]
        moves = any(
            self.signature(root, one) != self.signature(root, other) for root in self.families for one, other in pairs
        )
        moves = moves or any(self.datasets[one].measure != self.datasets[other].measure for one, other in pairs)
        return Player(kind, kind, label, moves)

    def _stands(self, root: str, combo: Combo) -> Any:
        """Give everything that a plugin may read of a group of studies."""
        effects = [effect.model_dump(exclude=set(ORIGIN)) for effect in self.effects(root, combo)]
        return effects, [(row.study, row.code, row.reason) for row in self.absent(root, combo)]

    def _label(self, root: str) -> str:
        """Give the names of the studies of a group that differ, else of all."""
        old, new = (side.content["studies"] for side in self.sides)
        codes = [code for code in self.families[root] if old.get(code) != new.get(code)] or self.families[root]
        return " and ".join((new.get(code) or old[code])["label"] for code in codes)


def is_inverse_variance(params: Mapping[str, Any]) -> bool:
    """Whether pooling parameters ask for inverse variances, as those without a model do."""
    return params.get("model", INVERSE_VARIANCE) == INVERSE_VARIANCE


def _united(content: Row, other: Row) -> Row:
    """Give the definitions of one snapshot with those that only the other has.

    A new instrument or word changes nothing for evidence that does not use it; without it a new study could not be
    read.
    """
    return {name: _union(content[name], other[name]) for name in SHARED}


def _union(own: Any, other: Any) -> Any:
    """Give a tree whose own leaves stand; branches that only the other has are added."""
    if not (isinstance(own, dict) and isinstance(other, dict)):
        return own
    joined = {name: _union(value, other.get(name, value)) for name, value in own.items()}
    return joined | {name: value for name, value in other.items() if name not in own}


def _families(*contents: Row) -> dict[str, tuple[str, ...]]:
    """Give the studies of both snapshots in groups that report the same participants in either of them."""
    root: dict[str, str] = {}

    def find(code: str) -> str:
        while root.setdefault(code, code) != code:
            code = root[code]
        return code

    for content in contents:
        for code, study in content["studies"].items():
            find(code)
            if study["companion_of"]:
                root[find(code)] = find(study["companion_of"])
    groups: dict[str, list[str]] = {}
    for code in sorted(root):
        groups.setdefault(find(code), []).append(code)
    return {name: tuple(codes) for name, codes in groups.items()}
