"""Every combination pooled, in batches."""

from collections.abc import Iterator
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
CHUNK = 2_000  # combinations between two reports of progress
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
    """Combinations of one model and one interval: their rows, and the number of the dataset of each."""

    tau2_method: str
    ci_method: str
    rows: Codes
    datasets: Codes


def pool_combinations(space: Space, codes: Codes, params: Params, progress: Progress) -> tuple[Outcomes, int]:
    """Give what each combination gives, and how many different sets of effects they have between them.

    Combinations that have the same effects are pooled once for each model and interval.
    """
    count = codes.shape[0]
    columns = {name: np.full(count, np.nan) for name in NUMBERS}
    sizes = np.zeros(count, dtype=np.intp)
    if not space.sources:
        return Outcomes(k=sizes, **columns), 0
    chosen, dataset = np.unique(space.choose(codes), axis=0, return_inverse=True)
    yi, vi, is_in = space.gather(chosen)
    done = 0
    for batch in _batches(space, codes, dataset.reshape(-1), params):
        needed, place = np.unique(batch.datasets, return_inverse=True)
        found: list[Array] = []
        for start in range(0, needed.size, CHUNK):
            progress(done / count, f"Combination {done + 1} of {count}")
            part = needed[start : start + CHUNK]
            found.append(_pool_chunk(yi[part], vi[part], is_in[part], batch, params.level))
            done += int(np.count_nonzero((place >= start) & (place < start + CHUNK)))
        numbers = np.concatenate(found, axis=1)[:, place]
        for column, name in enumerate(NUMBERS):
            columns[name][batch.rows] = numbers[column]
        sizes[batch.rows] = np.count_nonzero(is_in, axis=1)[batch.datasets]
    return Outcomes(k=sizes, **columns), chosen.shape[0]


def _batches(space: Space, codes: Codes, dataset: Codes, params: Params) -> Iterator[Batch]:
    """Give the combinations of each model and interval."""
    model_place, models = space.option(TAU2_METHOD, params.tau2_method)
    interval_place, intervals = space.option(CI_METHOD, params.ci_method)
    for (model, tau2_method), (interval, ci_method) in product(enumerate(models), enumerate(intervals)):
        is_model = True if model_place is None else codes[:, model_place] == model
        is_interval = True if interval_place is None else codes[:, interval_place] == interval
        rows = np.flatnonzero(np.broadcast_to(is_model & is_interval, codes.shape[:1]))
        if rows.size:
            yield Batch(tau2_method, interval_of(tau2_method, ci_method, params), rows, dataset[rows])


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
