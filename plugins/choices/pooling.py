"""Every combination pooled, in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import product

import numpy as np
from numpy.typing import NDArray

from analysis import engine
from analysis.contract import Progress
from plugins.choices.params import Params
from plugins.choices.result import Conclusion, Pooled
from plugins.choices.space import CI_METHOD, TAU2_METHOD, Array, Codes, Space

NULL = 0.0  # no effect, on the scale of every measure (ratios are logs)
CHUNK = 2_000  # sets of effects that are pooled at once
NUMBERS = ("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2")


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What b combinations give, arrays of shape (b,): NaN, and 0 for k, where nothing is pooled."""

    k: Codes
    estimate: Array
    se: Array
    ci_lower: Array
    ci_upper: Array
    p_value: Array
    tau2: Array

    @property
    def is_pooled(self) -> NDArray[np.bool_]:
        """Whether there is an estimate."""
        return np.isfinite(self.estimate)

    @property
    def side(self) -> Array:
        """The side of the null on which the interval lies: -1, 1, or 0 where it includes the null; NaN without one."""
        side = np.where(self.ci_lower > NULL, 1.0, np.where(self.ci_upper < NULL, -1.0, 0.0))
        return np.where(self.is_pooled, side, np.nan)

    def take(self, rows: NDArray[np.bool_] | Codes) -> "Outcomes":
        """Give some of the combinations."""
        return Outcomes(*(getattr(self, each.name)[rows] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class Batch:
    """Combinations of one model and one interval: their rows, the sets of effects to pool, and which is each one's."""

    tau2_method: str
    ci_method: str
    rows: Codes
    datasets: Codes
    place: Codes


@dataclass(frozen=True, slots=True)
class Chunk:
    """Sets of effects that are pooled at once."""

    batch: Batch
    start: int

    @property
    def datasets(self) -> Codes:
        """Their numbers."""
        return self.batch.datasets[self.start : self.start + CHUNK]


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to pool: the different sets of effects, as the variants that they take, in batches and chunks."""

    space: Space
    count: int
    chosen: Codes
    batches: tuple[Batch, ...]

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks, in the order of the batches."""
        return tuple(Chunk(batch, start) for batch in self.batches for start in range(0, batch.datasets.size, CHUNK))


def lay_work(space: Space, codes: Codes, params: Params) -> Work:
    """Give what there is to pool. Combinations with the same effects are pooled once for each model and interval."""
    if not space.sources:
        return Work(space, codes.shape[0], np.empty((0, 0), dtype=np.intp), ())
    # Choices of analysis change no effect: what the others give is looked up once for each combination of them.
    _, first, derivation = np.unique(space.number_derivations(codes), return_index=True, return_inverse=True)
    chosen, place = np.unique(space.choose(codes[first]), axis=0, return_inverse=True)
    dataset = place.reshape(-1)[derivation.reshape(-1)]
    return Work(space, codes.shape[0], chosen, tuple(_batches(space, codes, dataset, params)))


def pool_chunks(work: Work, chunks: Sequence[Chunk], level: float, progress: Progress) -> Array:
    """Give the numbers of the sets of effects of some chunks, shape (numbers, b)."""
    found = []
    for done, chunk in enumerate(chunks):
        progress(done / len(chunks), f"Sets of effects: {done * CHUNK + 1} of about {len(chunks) * CHUNK}")
        found.append(_pool_chunk(*work.space.gather(work.chosen[chunk.datasets]), chunk.batch, level))
    return np.concatenate(found, axis=1) if found else np.empty((len(NUMBERS), 0))


def spread(work: Work, numbers: Array) -> Outcomes:
    """Give what each combination gives, from the numbers of all chunks."""
    columns = {name: np.full(work.count, np.nan) for name in NUMBERS}
    sizes = np.zeros(work.count, dtype=np.intp)
    start = 0
    for batch in work.batches:
        stop = start + batch.datasets.size
        own = numbers[:, start:stop][:, batch.place]
        for column, name in enumerate(NUMBERS):
            columns[name][batch.rows] = own[column]
        sizes[batch.rows] = work.space.count_effects(work.chosen[batch.datasets])[batch.place]
        start = stop
    return Outcomes(k=sizes, **columns)


def pool_combinations(space: Space, codes: Codes, params: Params) -> Outcomes:
    """Give what each of a few combinations gives."""
    work = lay_work(space, codes, params)
    return spread(work, pool_chunks(work, work.chunks, params.level, lambda fraction, says: None))


def _batches(space: Space, codes: Codes, dataset: Codes, params: Params) -> Iterator[Batch]:
    """Give the combinations of each model and interval."""
    model_place, models = space.option(TAU2_METHOD, params.tau2_method)
    interval_place, intervals = space.option(CI_METHOD, params.ci_method)
    for (model, tau2_method), (interval, ci_method) in product(enumerate(models), enumerate(intervals)):
        is_model = True if model_place is None else codes[:, model_place] == model
        is_interval = True if interval_place is None else codes[:, interval_place] == interval
        rows = np.flatnonzero(np.broadcast_to(is_model & is_interval, codes.shape[:1]))
        if rows.size:
            needed, place = np.unique(dataset[rows], return_inverse=True)
            yield Batch(tau2_method, interval_of(tau2_method, ci_method, params), rows, needed, place.reshape(-1))


def interval_of(tau2_method: str, ci_method: str, params: Params) -> str:
    """Give the interval that a combination takes: the normal one with the common-effect model.

    Intervals of the random-effects model are not meant for it, unless the analysis itself combines them.
    """
    return "wald" if tau2_method == "CE" and params.tau2_method != "CE" else ci_method


def _pool_chunk(yi: Array, vi: Array, is_in: NDArray[np.bool_], batch: Batch, level: float) -> Array:
    """Give the numbers of some sets of effects, shape (numbers, b); NaN for a set without effects."""
    numbers = np.full((len(NUMBERS), yi.shape[0]), np.nan)
    rows = np.flatnonzero(is_in.any(axis=1))
    if rows.size:
        numbers[:, rows] = _ask_engine(yi[rows], vi[rows], is_in[rows], batch.tau2_method, batch.ci_method, level)
    is_without = np.isfinite(numbers[0]) & ~np.isfinite(numbers[1])  # all effects equal: the interval is the normal one
    rows = np.flatnonzero(is_without)
    if rows.size:
        numbers[:, rows] = _ask_engine(yi[rows], vi[rows], is_in[rows], batch.tau2_method, "wald", level)
    return numbers


def _ask_engine(
    yi: Array, vi: Array, is_in: NDArray[np.bool_], tau2_method: str, ci_method: str, level: float
) -> Array:
    """Give the engine's numbers; where it refuses a batch, those of its halves, down to the set that it refuses."""
    try:
        many = engine.pool_many(yi, vi, mask=is_in, tau2_method=tau2_method, ci_method=ci_method, level=level)
    except engine.EngineError:
        if yi.shape[0] == 1:
            return np.full((len(NUMBERS), 1), np.nan)
        middle = yi.shape[0] // 2
        halves = (slice(None, middle), slice(middle, None))
        return np.concatenate(
            [_ask_engine(yi[half], vi[half], is_in[half], tau2_method, ci_method, level) for half in halves], axis=1
        )
    return np.array([getattr(many, name) for name in NUMBERS])


def conclude(side: float) -> Conclusion | None:
    """Give a side of the null by name; None without an interval."""
    names: dict[float, Conclusion] = {-1.0: "below_null", 0.0: "includes_null", 1.0: "above_null"}
    return names.get(side)


def row_of(outcomes: Outcomes, row: int, own: Conclusion | None) -> Pooled:
    """Give one combination; its conclusion changes where it is not the own one."""
    known = {name: float(getattr(outcomes, name)[row]) for name in NUMBERS}
    conclusion = conclude(float(outcomes.side[row]))
    k = int(outcomes.k[row])
    if k < 2:
        known["tau2"] = np.nan
    return Pooled(
        k=k,
        conclusion=conclusion,
        conclusion_changes=None if own is None or conclusion is None else conclusion != own,
        **{name: number if np.isfinite(number) else None for name, number in known.items()},
    )
