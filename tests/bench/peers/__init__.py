"""Other programs, each in a file of its own that imports it only in `open_peer`, which raises where it is missing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from tests.bench.clock import Measured, Task, measure


class Missing(Exception):
    """The program is not on this machine; the sentence says what is not there."""


@dataclass(frozen=True)
class Peer:
    """A program: its name with the version, and how it does each of the jobs that it can do."""

    name: str
    jobs: dict[str, Callable[[], Measured]]
    details: str = ""
    close: Callable[[], None] = field(default=lambda: None)


def python_peer(name: str, tasks: dict[str, Task], *, runs: int) -> Peer:
    """Return a peer that runs in this process."""
    return Peer(name, {job: partial(measure, task, runs=runs) for job, task in tasks.items()})
