"""A plugin for tests of faults: it takes as long as its parameter says, and tells that it began by making a file."""

import time
from pathlib import Path

from pydantic import Field

from analysis.contract import CONTRACT_VERSION, Dataset, Need, Plugin, Progress, Upstream
from analysis.contract import Params as BaseParams
from analysis.contract import Result as BaseResult


class Params(BaseParams):
    """How long it takes, and where it tells that it began."""

    folder: str = Field(default="", description="Folder in which it makes a file when it begins.")
    seconds: float = Field(default=0.0, ge=0.0, description="Seconds that it takes.")


class Result(BaseResult):
    """The number of effects."""

    k: int


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the number of effects, slowly; only the first attempts are slow, so that a second one comes through."""
    folder = Path(params.folder)
    attempts = len(list(folder.glob("began-*")))
    if params.folder:
        (folder / f"began-{attempts}").touch()
    deadline = time.monotonic() + (params.seconds if attempts == 0 else 0.0)
    while time.monotonic() < deadline:
        time.sleep(0.05)
    return Result(k=dataset.k, messages=("Nothing to count.",) if dataset.k == 0 else ())


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
