"""GOSH in parts: each pools some of the subsets, in the same chunks whoever does it."""

from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis import engine
from analysis.contract import Answer, Dataset, Part, Progress, Upstream, pack, unpack
from plugins.sensitivity.comparison import NULL, Mask, Model
from plugins.sensitivity.params import Params

CHUNK = 2_000  # subsets that are pooled at once
# Subsets times studies of one part, each subset counting as 25 studies more: one to two seconds by any estimator.
WORK_OF_A_PART = 20_000_000
STUDIES_PER_SUBSET = 25

ARRAYS = ("estimate", "tau2", "i2")
COUNTS = ("with_interval", "below_null", "above_null")

Array = NDArray[np.float64]


class SubsetPart(Part):
    """Which of the subsets."""

    start: int
    stop: int


class SubsetAnswer(Answer):
    """The pooled subsets as packed arrays, and how many have an interval, and one below or above no effect."""

    estimate: str = ""
    tau2: str = ""
    i2: str = ""
    with_interval: int = 0
    below_null: int = 0
    above_null: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Subsets:
    """All pooled subsets: arrays of shape (b,), which effects are in, shape (b, k), and counts of their intervals."""

    included: Mask
    is_complete: bool
    k: NDArray[np.intp]
    estimate: Array
    tau2: Array
    i2: Array
    with_interval: int
    below_null: int
    above_null: int


def plan_subsets(dataset: Dataset, params: Params, upstream: Upstream) -> tuple[SubsetPart, ...]:
    """Give the parts of the subsets; none where no subsets are pooled."""
    if not params.gosh or dataset.k < 2:
        return ()
    count, _ = engine.count_subsets(dataset.k, subsets=params.gosh_subsets)
    parts = ceil(count * (dataset.k + STUDIES_PER_SUBSET) / WORK_OF_A_PART)
    step = ceil(count / parts / CHUNK) * CHUNK
    return tuple(SubsetPart(start=start, stop=min(start + step, count)) for start in range(0, count, step))


def pool_subsets(
    dataset: Dataset, params: Params, upstream: Upstream, part: SubsetPart, progress: Progress
) -> SubsetAnswer:
    """Give the pooled subsets of one part; the problem where they cannot be pooled."""
    model = Model.of(params)
    total, _ = engine.count_subsets(dataset.k, subsets=params.gosh_subsets)
    included = _list_subsets(dataset, params, start=part.start, stop=part.stop)
    columns: dict[str, list[Array]] = {name: [] for name in (*ARRAYS, "ci_lower", "ci_upper")}
    for start in range(0, included.shape[0], CHUNK):
        progress(start / included.shape[0], f"Subset {part.start + start + 1} of {total}")
        try:
            many = engine.pool_many(
                dataset.yi,
                dataset.vi,
                mask=included[start : start + CHUNK],
                tau2_method=model.tau2_method,
                ci_method=model.ci_method,
                level=model.level,
            )
        except engine.NotConverged as error:
            return SubsetAnswer(problem=str(error))
        for name, found in columns.items():
            found.append(getattr(many, name))
    whole = {name: np.concatenate(found) for name, found in columns.items()}
    ci_lower, ci_upper = whole["ci_lower"], whole["ci_upper"]  # NaN without an interval
    return SubsetAnswer(
        **{name: pack(whole[name]) for name in ARRAYS},
        with_interval=int(np.count_nonzero(np.isfinite(ci_lower))),
        below_null=int(np.count_nonzero(ci_upper < NULL)),
        above_null=int(np.count_nonzero(ci_lower > NULL)),
    )


def join_subsets(dataset: Dataset, params: Params, answers: tuple[SubsetAnswer, ...]) -> Subsets:
    """Give all subsets from the answers of all parts."""
    included = _list_subsets(dataset, params)
    joined: dict[str, Any] = {
        name: np.concatenate([unpack(getattr(answer, name)) for answer in answers]) for name in ARRAYS
    }
    counts = {name: sum(getattr(answer, name) for answer in answers) for name in COUNTS}
    return Subsets(
        included=included,
        is_complete=engine.count_subsets(dataset.k, subsets=params.gosh_subsets)[1],
        k=np.count_nonzero(included, axis=1),
        **joined,
        **counts,
    )


def _list_subsets(dataset: Dataset, params: Params, *, start: int = 0, stop: int | None = None) -> Mask:
    """Give the studies of some of the subsets."""
    return engine.list_subsets(dataset.k, subsets=params.gosh_subsets, seed=params.gosh_seed, start=start, stop=stop)
