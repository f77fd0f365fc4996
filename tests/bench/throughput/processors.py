"""How long processors worked for programs, by Linux's own accounts."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds: of the workers with the processes that run plugins, of the servers, and of the machine."""

    workers: float
    postgres: float
    redis: float
    machine: float

    def __sub__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, name) - getattr(other, name) for name in Usage.__slots__))


def processor_seconds(programs: Mapping[str, Iterable[int]]) -> Usage:
    """Give what was used until now, by the numbers of the first processes of each kind of program.

    Processes that were started by them count with them, those that have ended too.
    """
    rows = {int(path.name): row for path in Path("/proc").glob("[0-9]*") if (row := _row(path)) is not None}
    used = {kind: sum(rows[number][1] for number in _family(rows, roots)) for kind, roots in programs.items()}
    words = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return Usage(**used, machine=sum(map(int, words[1:4])) / TICKS)


def parent_of(number: int) -> int:
    """Give the number of the process that started another one."""
    row = _row(Path("/proc") / str(number))
    if row is None:
        raise ProcessLookupError(number)
    return row[0]


def _family(rows: Mapping[int, tuple[int, float]], roots: Iterable[int]) -> set[int]:
    """Give the numbers of processes and of all that they have started and that runs."""
    family = {number for number in roots if number in rows}
    while more := {number for number, (parent, _) in rows.items() if parent in family} - family:
        family |= more
    return family


def _row(path: Path) -> tuple[int, float] | None:
    """Give the parent of a process, and the seconds of itself and of those of its children that have ended."""
    try:
        text = (path / "stat").read_text()
    except OSError:
        return None
    fields = text[text.rindex(")") + 2 :].split()
    return int(fields[1]), sum(map(int, fields[11:15])) / TICKS
