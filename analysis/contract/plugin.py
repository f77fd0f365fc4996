"""A plugin: a record with one pure function, the parameters it takes and the result it gives."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import Field

from analysis.contract.dataset import Dataset
from analysis.contract.figures import Figure
from analysis.contract.splitting import Split
from analysis.contract.values import Frozen, Need, Progress, Upstream

CONTRACT_VERSION = 1


class Params(Frozen):
    """Base of a plugin's parameters. Every field has a type, a default and a description."""


class Result(Frozen):
    """Base of a plugin's result: numbers, figure specifications, and sentences for the reader."""

    figures: tuple[Annotated[Figure, Field(discriminator="kind")], ...] = ()
    messages: tuple[str, ...] = ()


P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Result)


def never(params: Params) -> bool:
    """Say that no run takes long, whatever its parameters."""
    return False


@dataclass(frozen=True, slots=True)
class Plugin(Generic[P, R]):
    """A method that computes a result from a dataset.

    Parameters
    ----------
    name : short name, one word, lower case; unique
    version : "major.minor.patch"; raised whenever a number can move
    contract_version : CONTRACT_VERSION that the plugin was written for
    title : what a person reads
    needs : what it needs of the dataset
    after : names of the plugins whose results it reads; they arrive as `upstream`, by name, as plain data (what a
        stored run holds: `model_dump(mode="json")`)
    after_if_present : names of the plugins whose results it reads where the analysis runs them too; they arrive as
        `upstream` as well, and are missing there otherwise
    params, result : the types of its parameters and of its result
    run : run(dataset, params, upstream, progress) -> result; deterministic, without clock, network, database or files.
        progress(fraction, says) may be called on long work and changes no result
    takes_long : takes_long(params) -> whether a run with these parameters may take more than a few seconds. Such runs
        wait in a queue of their own, so that no short run waits for them
    split : how work that is big enough is split among workers; None for a plugin that computes in one go. A plugin with
        a split has its `run`
    """

    name: str
    version: str
    contract_version: int
    title: str
    needs: frozenset[Need]
    after: tuple[str, ...]
    params: type[P]
    result: type[R]
    run: Callable[[Dataset, P, Upstream, Progress], R]
    after_if_present: tuple[str, ...] = ()
    takes_long: Callable[[P], bool] = never
    split: Split[P, R, Any, Any] | None = None
