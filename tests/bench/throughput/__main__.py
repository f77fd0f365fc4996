"""Let 1, 2 and 4 worker processes, here and on two hosts, compute 2,000 requests and one big run; print how fast."""

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.throughput.asking import BIG, MANY, ONE_GO
from tests.bench.throughput.hosts import HERE, SERVERS, Host, NoHosts, make_hosts
from tests.bench.throughput.works import Trial, Works, open_works

COMMON = ("Worker processes", "Hosts", "Seconds")
MANY_HEADINGS = (*COMMON, "Runs per second", "Against one")
MORE = ("Milliseconds of processor per run: workers", "PostgreSQL", "Redis", "Machine busy", "Load before")
BIG_HEADINGS = (*COMMON, "Against one go", "Same result", "Machine busy", "Load before")
SAME = {True: "to the last bit", False: "NO"}


def main(arguments: list[str]) -> int:
    """Measure, print the table, give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.throughput", description=__doc__)
    parser.add_argument(
        "--refreshes", type=int, default=2000, help="requests, each with a run and a snapshot of its own"
    )
    parser.add_argument("--subsets", type=int, default=1_000_000, help="subsets of the big run; 0 for none")
    parser.add_argument("--studies", type=int, default=58, help="studies of the big run, 3 or more")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="numbers of worker processes")
    parser.add_argument("--no-hosts", action="store_true", help="leave out the trials with two hosts")
    options = parser.parse_args(arguments)
    with ExitStack() as stack:
        hosts = [] if options.no_hosts else open_hosts(stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        works = stack.enter_context(open_works(folder, SERVERS if hosts else ""))
        print_line(describe_machine())
        places = [HERE], hosts
        if options.refreshes:
            measure_many(works, options.refreshes, options.workers, places)
        if options.subsets:
            measure_big(works, options.subsets, options.studies, options.workers, places)
    return 0


def open_hosts(stack: ExitStack) -> list[Host]:
    """Give two hosts; none, after a sentence that says why, where this machine cannot make them."""
    try:
        return stack.enter_context(make_hosts(2))
    except NoHosts as reason:
        print_line(f"{reason} The trials with two hosts are left out.\n")
        return []


def measure_many(works: Works, count: int, workers: Sequence[int], places: Sequence[list[Host]]) -> None:
    """Let many requests be computed, and print each trial as soon as it is known."""
    seconds = works.prepare("many", MANY, count=count)
    print_line(
        f"\n{count:,} requests. Asking for them takes one process {seconds:.1f} s ({count / seconds:.0f} a second).\n"
    )
    print_row((*MANY_HEADINGS, *MORE), is_head=True)
    first: Trial | None = None
    for trial in trials(works, "many", workers, places):
        first = first or trial
        print_row((*start_of(trial), f"{trial.rate:.1f}", f"{trial.rate / first.rate:.2f}x", *processors_of(trial)))


def measure_big(works: Works, subsets: int, studies: int, workers: Sequence[int], places: Sequence[list[Host]]) -> None:
    """Let one big run be computed, in one go first; print each trial as soon as it is known."""
    works.prepare("big", BIG, count=subsets, studies=studies)
    alone = works.do(ONE_GO, works.env(database="big"))
    seconds, digest, parts = alone["seconds"], alone["digest"], alone["parts"]
    what = f"{subsets:,} subsets of {studies} studies (GOSH) in {parts} parts."
    print_line(f"\n{what} In one go, in one process: {seconds:.1f} s.\n")
    print_row(BIG_HEADINGS, is_head=True)
    for trial in trials(works, "big", workers, places):
        against = f"{seconds / trial.seconds:.2f}x"
        print_row((*start_of(trial), against, SAME[trial.digest == digest], *processors_of(trial)[-2:]))


def trials(works: Works, name: str, counts: Sequence[int], places: Sequence[list[Host]]) -> Iterator[Trial]:
    """Make a trial with each number of worker processes, here and on the hosts."""
    for hosts in places:
        for count in counts:
            if hosts and count >= len(hosts):
                yield works.run_trial(name, count, hosts)


def start_of(trial: Trial) -> tuple[str, ...]:
    """Give the words with which each line begins."""
    return str(trial.workers), trial.hosts, f"{trial.seconds:.1f}"


def processors_of(trial: Trial) -> tuple[str, ...]:
    """Give processor time per run of each kind of program, how busy the machine was, and its load before."""
    busy = [1000 * seconds / trial.runs for seconds in (trial.busy.workers, trial.busy.postgres, trial.busy.redis)]
    share = trial.busy.machine / trial.seconds / (os.cpu_count() or 1)
    return (*(f"{number:.1f}" for number in busy), f"{share:.0%}", f"{trial.load:.1f}")


def describe_machine() -> str:
    """Give a sentence on the day, the machine, and what else it does."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {model}, {os.cpu_count()} cores for everything (servers, workers, "
        f"and this program), Linux {platform.machine()}, Python {platform.python_version()}; "
        f"load averages before: {load}."
    )


def print_row(cells: Sequence[str], *, is_head: bool = False) -> None:
    """Print a row of a Markdown table."""
    print_line("| " + " | ".join(cells) + " |")
    if is_head:
        print_line("|" + " --- |" * len(cells))


def print_line(text: str) -> None:
    """Print now, also where the output is a file."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
