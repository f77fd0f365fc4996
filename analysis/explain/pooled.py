"""The pooled numbers of many mixtures of two snapshots at once."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from analysis import engine
from analysis.contract import Dataset, Effect
from analysis.explain.mixture import Combo, Mixture, Player, is_inverse_variance
from analysis.explain.records import QUANTITIES
from analysis.explain.shapley import BoolArray, FloatArray

# Pools one dataset with parameters as plain data; gives the result as plain data. For models of counts.
PoolOne = Callable[[Dataset, Mapping[str, Any]], Mapping[str, Any]]


class PooledGame:
    """The numbers of QUANTITIES for coalitions of the players that move effects or the model.

    Every version of a group of studies is a column of one batch of meta-analyses, and a coalition a mask of columns.
    """

    def __init__(self, mixture: Mixture, *, pool_one: PoolOne | None = None) -> None:
        self.mixture = mixture
        self.players: tuple[Player, ...] = tuple(player for player in mixture.players if player.moves_effects)
        self.pool_one = pool_one
        self._place = {player.key: place for place, player in enumerate(self.players)}
        self._params = [dict(side.params.get("pooling", {})) for side in mixture.sides]
        self._columns()

    def value_many(self, coalitions: BoolArray) -> FloatArray:
        """Give the numbers of coalitions, shape (b, 4), NaN where undefined."""
        mask, model = self._mask(coalitions), self._applied(coalitions, "model").astype(int)
        values = np.full((len(coalitions), len(QUANTITIES)), np.nan)
        for side in (0, 1):
            rows = np.flatnonzero(model == side)
            if not rows.size:
                continue
            if is_inverse_variance(self._params[side]):
                values[rows] = pool_masks(self._yi, self._vi, mask[rows], self._params[side])
            else:
                values[rows] = [self._pool_counts(coalitions[row], mask[row], side) for row in rows]
        return values

    def _columns(self) -> None:
        """Lay out the versions of every group of studies side by side."""
        self._effects: list[Effect] = []
        self._versions: list[tuple[str, list[tuple[int, slice]], dict[Combo, int]]] = []
        for root in self.mixture.families:
            seen: dict[tuple[Any, ...], int] = {}
            slices: list[tuple[int, slice]] = []
            version: dict[Combo, int] = {}
            for combo in self.mixture.datasets:
                signature = self.mixture.signature(root, combo)
                if signature not in seen:
                    seen[signature] = len(seen)
                    start = len(self._effects)
                    self._effects += self.mixture.effects(root, combo)
                    slices.append((seen[signature], slice(start, len(self._effects))))
                version[combo] = seen[signature]
            self._versions.append((root, slices, version))
        self._yi = np.array([effect.yi for effect in self._effects])
        self._vi = np.array([effect.vi for effect in self._effects])

    def _applied(self, coalitions: BoolArray, key: str) -> BoolArray:
        """Give in which coalitions a change is applied, shape (b,); in none where it is no player."""
        place = self._place.get(key)
        return np.zeros(len(coalitions), dtype=bool) if place is None else coalitions[:, place]

    def _mask(self, coalitions: BoolArray) -> BoolArray:
        """Give which columns each coalition pools, shape (b, K)."""
        mask = np.zeros((len(coalitions), len(self._effects)), dtype=bool)
        definitions, rules = (self._applied(coalitions, key).astype(int) for key in ("definitions", "rules"))
        for root, slices, version in self._versions:
            code = self._applied(coalitions, root) * 4 + definitions * 2 + rules
            table = np.array([version[self.mixture.combo(place >> 2, place >> 1 & 1, place & 1)] for place in range(8)])
            chosen = table[code]
            for number, columns in slices:
                mask[:, columns] = (chosen == number)[:, np.newaxis]
        return mask

    def _pool_counts(self, coalition: BoolArray, columns: BoolArray, side: int) -> list[float]:
        """Give the numbers of one coalition by a model that reads the counts of the groups."""
        if self.pool_one is None:
            return [np.nan] * len(QUANTITIES)
        one = coalition[np.newaxis]
        place = (int(self._applied(one, key)[0]) for key in ("definitions", "rules"))
        dataset = self.mixture.datasets[self.mixture.combo(0, *place)]
        effects = [effect for effect, is_in in zip(self._effects, columns, strict=True) if is_in]
        chosen = dataset.model_copy(update={"effects": tuple(sorted(effects, key=lambda row: (row.study, row.id)))})
        return numbers_of(self.pool_one(chosen, self._params[side]))


def numbers_of(result: Mapping[str, Any]) -> list[float]:
    """Give the numbers of a result, NaN where undefined."""
    return [np.nan if result.get(name) is None else float(result[name]) for name in QUANTITIES]


def pool_masks(yi: FloatArray, vi: FloatArray, mask: BoolArray, params: Mapping[str, Any]) -> FloatArray:
    """Give the numbers of each mask as the plugin pooling defines them, shape (b, 4), NaN where undefined.

    The between-study variance of one study is undefined; where effects are equal, so that the
    Hartung-Knapp-Sidik-Jonkman interval is undefined, the normal one is taken.
    """
    values = np.full((len(mask), len(QUANTITIES)), np.nan)
    held = np.flatnonzero(mask.any(axis=1))
    if not held.size:
        return values
    options = {name: params[name] for name in ("tau2_method", "ci_method", "level") if name in params}
    try:
        values[held] = _batch(yi, vi, mask[held], options)
    except engine.NotConverged:
        values[held] = [_one(yi[row], vi[row], options) for row in mask[held]]
    return values


def _batch(yi: FloatArray, vi: FloatArray, mask: BoolArray, options: dict[str, Any]) -> FloatArray:
    """Give the numbers of masks that each hold a study."""
    pooled = engine.pool_many(yi, vi, mask=mask, **options)
    values = np.column_stack([np.asarray(getattr(pooled, name)) for name in QUANTITIES])
    equal = np.flatnonzero(np.isnan(pooled.se))
    if equal.size:
        normal = engine.pool_many(yi, vi, mask=mask[equal], **{**options, "ci_method": "wald"})
        values[equal] = np.column_stack([np.asarray(getattr(normal, name)) for name in QUANTITIES])
    values[pooled.k == 1, QUANTITIES.index("tau2")] = np.nan
    return values


def _one(yi: FloatArray, vi: FloatArray, options: dict[str, Any]) -> list[float]:
    """Give the numbers of one meta-analysis; none where the search for tau2 does not end."""
    try:
        return list(_batch(yi, vi, np.ones((1, yi.size), dtype=bool), options)[0])
    except engine.NotConverged:
        return [np.nan] * len(QUANTITIES)
