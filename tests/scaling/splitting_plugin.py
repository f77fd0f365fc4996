"""A plugin for tests of splitting: it adds up random numbers in parts, and misbehaves in one of them if asked to."""

import os
import signal
import time
from pathlib import Path

import numpy as np
from pydantic import Field

from analysis.contract import (
    CONTRACT_VERSION,
    Answer,
    Dataset,
    Need,
    Part,
    Plugin,
    Progress,
    Split,
    Upstream,
    pack,
    unpack,
)
from analysis.contract import Params as BaseParams
from analysis.contract import Result as BaseResult


class Params(BaseParams):
    """How many parts, and what happens in one of them."""

    parts: int = Field(default=3, ge=0, description="Number of parts.")
    seed: int = Field(default=1, ge=0, description="Seed of the random numbers.")
    is_long: bool = Field(default=True, description="Whether it says that it takes long.")
    folder: str = Field(default="", description="Folder in which each part makes a file when it begins.")
    strange: int = Field(default=0, ge=0, description="Number of the part in which something happens; 0 for none.")
    does: str = Field(default="", description="What happens there: fail, die, give_text, sleep.")
    seconds: float = Field(default=0.0, ge=0.0, description="Seconds that each part sleeps.")
    fails_to_join: bool = Field(
        default=False, description="Whether the join fails while the folder has no file mended."
    )


class Chunk(Part):
    """Which numbers, and their seed."""

    number: int
    seed: int


class Numbers(Answer):
    """The numbers of one part."""

    numbers: str


class Result(BaseResult):
    """The sum of all numbers, added in the order of the parts, and how many there are."""

    k: int
    total: float
    count: int


def plan(dataset: Dataset, params: Params, upstream: Upstream) -> tuple[Chunk, ...]:
    """Give the parts; each has a seed of its own."""
    return tuple(Chunk(number=number + 1, seed=params.seed * 1_000 + number) for number in range(params.parts))


def compute(dataset: Dataset, params: Params, upstream: Upstream, part: Chunk, progress: Progress) -> Numbers:
    """Give the numbers of one part."""
    if params.folder:
        (Path(params.folder) / f"part-{part.number}-{os.getpid()}").touch()
    begun = len(list(Path(params.folder).glob(f"part-{part.number}-*"))) if params.folder else 1
    if part.number == params.strange and not (params.folder and (Path(params.folder) / "mended").exists()):
        if params.does == "fail":
            raise ValueError("The second trial has no variance.")
        if params.does == "die":
            os.kill(os.getpid(), signal.SIGSEGV)
        if params.does == "give_text":
            return "text"  # type: ignore[return-value]
        if params.does == "sleep" and begun == 1:
            time.sleep(120)
    time.sleep(params.seconds)
    progress(0.5, "Half a part")
    return Numbers(numbers=pack(np.random.default_rng(part.seed).normal(size=1000)))


def join(
    dataset: Dataset, params: Params, upstream: Upstream, answers: tuple[Numbers, ...], progress: Progress
) -> Result:
    """Give the sum, in the order of the parts."""
    if params.fails_to_join and not (Path(params.folder) / "mended").exists():
        raise ValueError("The parts do not fit together.")
    numbers = [unpack(answer.numbers) for answer in answers]
    total = 0.0
    for some in numbers:
        for one in some.tolist():
            total += one
    return Result(
        k=dataset.k,
        total=total,
        count=sum(some.size for some in numbers),
        messages=("Nothing to add.",) if not dataset.k else (),
    )


def takes_long(params: Params) -> bool:
    """Say what the parameters say."""
    return params.is_long


SPLIT = Split(part=Chunk, answer=Numbers, plan=plan, compute=compute, join=join)

plugin = Plugin(
    name="splitting_plugin",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Sum in parts",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=SPLIT.run,
    takes_long=takes_long,
    split=SPLIT,
)
