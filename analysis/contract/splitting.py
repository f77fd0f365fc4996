"""Big work in parts: how a plugin splits a computation, so that several workers can do it, with one answer."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.contract.dataset import Dataset
from analysis.contract.values import Frozen, Progress, Upstream


class Part(Frozen):
    """Base of what one part of a computation is asked; small, as its text is stored with the run."""


class Answer(Frozen):
    """Base of what one part gives. Arrays go into it as text, by `pack`."""


P = TypeVar("P")
R = TypeVar("R")
W = TypeVar("W", bound=Part)
A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class Split(Generic[P, R, W, A]):
    """Three pure functions that make one computation; as deterministic as the `run` of a plugin.

    Parameters
    ----------
    part, answer : what a part is asked and what it gives
    plan : plan(dataset, params, upstream) -> the parts. The same everywhere, whoever will compute them; one part, or
        none, where the work is not worth splitting: a part should take about a second or more
    compute : compute(dataset, params, upstream, part, progress) -> the answer of one part, by itself
    join : join(dataset, params, upstream, answers, progress) -> the result, from the answers in the order of the parts
    """

    part: type[W]
    answer: type[A]
    plan: Callable[[Dataset, P, Upstream], tuple[W, ...]]
    compute: Callable[[Dataset, P, Upstream, W, Progress], A]
    join: Callable[[Dataset, P, Upstream, tuple[A, ...], Progress], R]

    def run(self, dataset: Dataset, params: P, upstream: Upstream, progress: Progress) -> R:
        """Give the result in one go: the `run` of a plugin that has this split."""
        return self.run_parts(dataset, params, upstream, self.plan(dataset, params, upstream), progress)

    def run_parts(self, dataset: Dataset, params: P, upstream: Upstream, parts: tuple[W, ...], progress: Progress) -> R:
        """Give the result in one go, where the parts are known already."""
        share = 1.0 / (len(parts) + 1)
        answers = tuple(
            self.compute(dataset, params, upstream, part, _within(progress, number * share, share))
            for number, part in enumerate(parts)
        )
        return self.join(dataset, params, upstream, answers, _within(progress, len(parts) * share, share))


def _within(progress: Progress, start: float, share: float) -> Progress:
    """Give the progress of some of the work as progress of the whole."""
    return lambda fraction, says: progress(min(start + fraction * share, 1.0), says)


def pack(numbers: NDArray[np.float64]) -> str:
    """Give an array as text that holds every bit of it, NaN and infinity too."""
    return b64encode(np.ascontiguousarray(numbers, dtype="<f8").tobytes()).decode("ascii")


def unpack(text: str) -> NDArray[np.float64]:
    """Give the array of one dimension that a text of `pack` holds."""
    return np.frombuffer(b64decode(text), dtype="<f8").astype(np.float64)
