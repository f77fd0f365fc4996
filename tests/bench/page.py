"""The table of times, as lines for a terminal or as the page docs/performance.md."""

import os
import platform
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TextIO

import numpy as np

from tests.bench import project
from tests.bench.clock import Measured, measure
from tests.bench.comparison import ENOUGH, SAME, compare
from tests.bench.jobs import JOBS, Data, make_data
from tests.bench.peers import Missing, Peer

PEERS = ("metafor", "statsmodels", "pymare", "pimeta", "pymetaanalysis")
HEADINGS = ("Job", "Program", "Median", "Ratio", "Numbers", "Note")
WIDTHS = (70, 22, 10, 9, 44)

INTRODUCTION = """# Performance

How long the engine takes, and other programs on the same data in the same run; how many runs a second workers compute
is told at the end. The page up to there is the output of

```sh
.venv/bin/python -m tests.bench --markdown
```

after `make bench`, which installs the other Python programs and prints the same table for a terminal (a part of it:
`make bench ARGS="reml_30 gosh"`). R and metafor are found where the system has them.

{machine}

- *Median* is that of {runs} warm runs in one process; a short job is repeated within a run until it has lasted 0.05 s.
  Programs are measured one after the other, each with one BLAS thread. *Ratio* is the time of the program divided by
  Quorum's.
- All fits have normal (Wald) intervals, which every program offers. Quorum's times include the full result objects:
  estimate, intervals, test, prediction interval, heterogeneity. The Q-profile interval of tau2 is computed when it is
  read; metafor and PyMARE too compute it when asked.
- Where a program fits one model after the other, it does a part of the large jobs and its time is multiplied; the note
  says so. A job without a line for a program is one that the program cannot do.
- *Numbers* compares what the program found with what Quorum found, on the same studies: estimates in standard errors,
  the rest relatively. A ratio is printed where {enough:.0%} of the fits agree to {same:.0e}; the column also says how
  many differ or have no answer. Random subsets (GOSH) are compared by letting Quorum fit the program's own subsets; p
  values of random permutations within chance. Quorum is at the optimum (see
  [what agrees](../tests/reference/README.md)); metafor stops at steps of 1e-5 in tau2.
- A process start is that of a second start: Python modules are compiled already.
- The data are simulated with a fixed seed: variances from 0.02 to 0.3, tau2 = 0.1.
"""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    job: str
    program: str
    seconds: float
    ratio: float | None
    numbers: str
    note: str

    def cells(self) -> tuple[str, ...]:
        """Return the words of the line."""
        ratio = "" if self.ratio is None else in_words(self.ratio) + "x"
        return (self.job, self.program, time_in_words(self.seconds), ratio, self.numbers, self.note)


def write_page(stream: TextIO, jobs: Sequence[str], *, runs: int, is_markdown: bool) -> None:
    """Measure the jobs and write each line as soon as it is known."""

    def say(text: str) -> None:
        stream.write(f"{text}\n")
        stream.flush()

    with ExitStack() as stack:
        data = make_data(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        peers, missing = open_peers(data, runs=runs)
        for peer in peers:
            stack.callback(peer.close)
        machine = describe_machine(peers, missing)
        say(
            INTRODUCTION.format(machine=machine, runs=runs, same=SAME, enough=ENOUGH) if is_markdown else machine + "\n"
        )
        line: Callable[[Sequence[str]], str] = markdown_line if is_markdown else plain_line
        say(line(HEADINGS))
        if is_markdown:
            say("|" + " --- |" * len(HEADINGS))
        for row in measure_all(data, jobs, peers, runs=runs):
            say(line(row.cells()))


def open_peers(data: Data, *, runs: int) -> tuple[list[Peer], list[str]]:
    """Return the programs that are here, and a sentence for each that is not."""
    peers, missing = [], []
    for name in PEERS:
        module = import_module(f"tests.bench.peers.peer_{name}")
        try:
            peers.append(module.open_peer(data, runs=runs))
        except (Missing, ImportError) as reason:
            missing.append(f"{module.NAME} is missing: {reason}")
    return peers, missing


def measure_all(data: Data, jobs: Sequence[str], peers: Sequence[Peer], *, runs: int) -> Iterator[Row]:
    """Give the lines of the table: the project and then each program, job by job."""
    tasks = project.tasks(data)
    for job in jobs:
        ours = measure(tasks[job], runs=runs)
        yield Row(JOBS[job], project.NAME, ours.seconds, None, "", ours.note)
        for peer in peers:
            if job in peer.jobs:
                yield _beside(data, ours, peer.jobs[job](), job=JOBS[job], program=peer.name)


def _beside(data: Data, ours: Measured, theirs: Measured, *, job: str, program: str) -> Row:
    """Return the line of another program."""
    values, others = ours.values, theirs.values
    if "mask" in others:
        # A subset of one study has no variance between studies; programs differ in what they call it.
        several = np.count_nonzero(others["mask"], axis=1) > 1
        others = {name: rows[several] for name, rows in others.items()}
        values, others = project.pool_subsets(data, others["mask"]), others
    found = compare(values, others, typical=float(np.median(data.sets["k50"].vi)))
    ratio = theirs.seconds / ours.seconds if found.is_same_job else None
    return Row(job, program, theirs.seconds, ratio, str(found), theirs.note)


def describe_machine(peers: Sequence[Peer], missing: Sequence[str]) -> str:
    """Return a paragraph: date, machine, versions, and what is missing."""
    today = datetime.now(UTC).date().isoformat()
    python = f"Python {platform.python_version()}, numpy {version('numpy')}, scipy {version('scipy')}"
    programs = ", ".join(f"{peer.name} ({peer.details})" if peer.details else peer.name for peer in peers)
    sentences = [
        f"Measured on {today}: {processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}.",
        f"{python}; {programs or 'no other program'}.",
        *(f"{sentence}." for sentence in missing),
    ]
    return "\n".join(sentences)


def processor() -> str:
    """Return the model of the processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


def time_in_words(seconds: float) -> str:
    """Return a time with its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{in_words(seconds / size)} {unit}"
    return f"{in_words(seconds / 1e-6)} µs"


def in_words(number: float) -> str:
    """Return about three digits of a number."""
    decimals = 0 if number >= 100 else 1 if number >= 10 else 2
    return f"{number:,.{decimals}f}"


def plain_line(cells: Sequence[str]) -> str:
    """Return a line for a terminal."""
    padded = [cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=False)]
    return "  ".join([*padded, *cells[len(WIDTHS) :]]).rstrip()


def markdown_line(cells: Sequence[str]) -> str:
    """Return a line of a Markdown table."""
    return "| " + " | ".join(cells) + " |"
