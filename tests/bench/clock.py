"""How long a job takes."""

import math
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

# A run of a short job repeats it until it has lasted as long, in seconds.
SHORTEST_RUN = 0.05
# Numbers by name: estimate se tau2 ..., one per fit (or study, or coefficient).
Values = dict[str, np.ndarray]


@dataclass(frozen=True)
class Task:
    """A job as one program does it.

    Attributes
    ----------
    run : what is timed
    read : the numbers in what `run` returns, not timed
    factor : how many times the whole job is larger than what `run` does
    note : what a reader of the time should know
    """

    run: Callable[[], Any]
    read: Callable[[Any], Values]
    factor: float = 1.0
    note: str = ""


@dataclass(frozen=True)
class Measured:
    """The median time of a job in seconds, its numbers and its note."""

    seconds: float
    values: Values
    note: str = ""


def measure(task: Task, *, runs: int) -> Measured:
    """Return the median of warm runs; the first two are not counted."""
    result = task.run()
    repeats = max(1, math.ceil(SHORTEST_RUN / max(_time(task.run, 1), 1e-9)))
    seconds = statistics.median(_time(task.run, repeats) for _ in range(runs))
    return Measured(seconds=seconds * task.factor, values=task.read(result), note=task.note)


def _time(run: Callable[[], Any], repeats: int) -> float:
    """Return the seconds of one repeat."""
    start = perf_counter()
    for _ in range(repeats):
        run()
    return (perf_counter() - start) / repeats
