"""A plugin for tests of faults: it waits until it is let go, and tells that it began by making a file."""

import time
from pathlib import Path

from pydantic import Field

from analysis.contract import CONTRACT_VERSION, Dataset, Need, Plugin, Progress, Upstream
from analysis.contract import Params as BaseParams
from analysis.contract import Result as BaseResult

MOST_SECONDS = 200


class Params(BaseParams):
    """Whether it waits, how large its result is, and where it tells that it began."""

    folder: str = Field(default="", description="Folder in which it makes a file when it begins.")
    waits: bool = Field(default=False, description="Whether it waits for a file “go” in the folder.")
    megabytes: int = Field(default=0, ge=0, description="Size of its result.")


class Result(BaseResult):
    """The number of effects, and as much more as was asked for."""

    k: int
    padding: str = ""


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the number of effects; only the first attempt waits, so that a second one comes through."""
    folder = Path(params.folder)
    attempts = len(list(folder.glob("began-*")))
    if params.folder:
        (folder / f"began-{attempts}").touch()
    began = time.monotonic()
    while attempts == 0 and params.waits and not (folder / "go").exists():
        passed = (time.monotonic() - began) / MOST_SECONDS
        progress(passed, "Waiting.")  # beyond 1 it is refused, and the run fails
        time.sleep(0.05)
    messages = ("Nothing to count.",) if dataset.k == 0 else ()
    return Result(k=dataset.k, padding="x" * (params.megabytes << 20), messages=messages)


plugin = Plugin(
    name="slow_plugin",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Slow",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
