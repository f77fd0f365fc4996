"""The multiverse in parts: each pools some of the sets of effects, in the same chunks whoever does it."""

from math import ceil

import numpy as np

from analysis.contract import Answer, Dataset, Part, Progress, Upstream, pack, unpack
from analysis.engine.multiverse import Combinations, list_combinations
from plugins.choices.params import Params
from plugins.choices.pooling import CHUNK, NUMBERS, lay_work, pool_chunks
from plugins.choices.space import Array, Space, lay_out

# Sets of effects times studies of one part, each set counting as 25 studies more: one to two seconds by REML.
WORK_OF_A_PART = 20_000_000
STUDIES_PER_SET = 25


class ChunkPart(Part):
    """Which of the chunks; `stop` is None where one part pools all of them."""

    start: int = 0
    stop: int | None = None


class ChunkAnswer(Answer):
    """The numbers of the sets of effects, one packed array for each of NUMBERS."""

    numbers: tuple[str, ...]


def list_chosen(space: Space, params: Params) -> Combinations:
    """Give the combinations that are looked at."""
    sizes = [len(factor.options) for factor in space.factors]
    return list_combinations(sizes, most=params.most_combinations, seed=params.seed)


def plan_chunks(dataset: Dataset, params: Params, upstream: Upstream) -> tuple[ChunkPart, ...]:
    """Give the parts of the combinations."""
    space = lay_out(dataset, params)
    codes = list_chosen(space, params).codes
    studies = len(space.sources) + STUDIES_PER_SET
    if codes.shape[0] * studies <= WORK_OF_A_PART:
        return (ChunkPart(),)  # even if no two combinations have the same effects
    chunks = lay_work(space, codes, params).chunks
    parts = ceil(len(chunks) * CHUNK * studies / WORK_OF_A_PART)
    step = ceil(len(chunks) / max(1, parts))
    return tuple(ChunkPart(start=start, stop=start + step) for start in range(0, len(chunks), max(1, step)))


def pool_part(dataset: Dataset, params: Params, upstream: Upstream, part: ChunkPart, progress: Progress) -> ChunkAnswer:
    """Give the numbers of one part."""
    space = lay_out(dataset, params)
    work = lay_work(space, list_chosen(space, params).codes, params)
    numbers = pool_chunks(work, work.chunks[part.start : part.stop], params.level, progress)
    return ChunkAnswer(numbers=tuple(pack(row) for row in numbers))


def join_numbers(answers: tuple[ChunkAnswer, ...]) -> Array:
    """Give the numbers of all sets of effects, shape (numbers, b), from the answers of all parts."""
    rows = [np.concatenate([unpack(answer.numbers[row]) for answer in answers]) for row in range(len(NUMBERS))]
    return np.array(rows)
