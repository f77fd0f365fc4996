"""Time the engine and its peers on the same data in one run: `python -m tests.bench [--markdown] [job ...]`."""

import argparse
import os
import sys

# One thread for everybody, set before numpy is imported; processes that are started inherit it.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
FEWEST_RUNS = 5


def main(arguments: list[str]) -> int:
    """Measure the jobs, write the table to the standard output and return the exit status."""
    for name in THREADS:
        os.environ[name] = "1"
    from tests.bench.jobs import JOBS
    from tests.bench.page import write_page

    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("jobs", nargs="*", metavar="job", help=f"some of: {' '.join(JOBS)}; all where none is named")
    parser.add_argument("--markdown", action="store_true", help="write the first part of docs/performance.md")
    parser.add_argument("--runs", type=int, default=FEWEST_RUNS, help="warm runs, at least 5")
    options = parser.parse_args(arguments)
    unknown = [job for job in options.jobs if job not in JOBS]
    if unknown:
        parser.error(f"there is no job {unknown[0]!r}; the jobs are {' '.join(JOBS)}")
    if options.runs < FEWEST_RUNS:
        parser.error(f"--runs must be {FEWEST_RUNS} or more, got {options.runs}")
    write_page(sys.stdout, options.jobs or list(JOBS), runs=options.runs, is_markdown=options.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
