"""metafor: one R process that is asked for one job after the other, and a new one for each start."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

import numpy as np

from tests.bench.clock import Measured, Task, measure
from tests.bench.jobs import (
    FEW_FITS,
    FEW_PERMUTATIONS,
    FEW_SUBSETS,
    FITS,
    PERMUTATIONS,
    SIZES,
    SUBSETS,
    Data,
)
from tests.bench.peers import Missing, Peer
from tests.bench.processes import read_line, run_program

NAME = "metafor"
SCRIPT = Path(__file__).resolve().parent.parent / "metafor.R"
END = "end"
# How many times the whole job is larger than R's part of it.
PARTS = {
    "many": (FITS / FEW_FITS, f"scaled from {FEW_FITS} fits"),
    "permutation": (PERMUTATIONS / FEW_PERMUTATIONS, f"scaled from {FEW_PERMUTATIONS} permutations"),
    "gosh": (SUBSETS / FEW_SUBSETS, f"scaled from {FEW_SUBSETS} subsets"),
}
JOBS = ("reml_30", "reml_1000", "dl_30", "pm_30", "leave_one_out", "influence", *PARTS)
START = """
suppressMessages(library(metafor))
table <- read.csv(commandArgs(trailingOnly = TRUE)[1])
fit <- rma(yi, vi, data = table, method = commandArgs(trailingOnly = TRUE)[2])
cat(sprintf("%.17g", c(fit$beta, fit$se, fit$tau2)))
"""


def open_peer(data: Data, *, runs: int) -> Peer:
    """Return metafor with its jobs.

    Raises
    ------
    Missing : there is no R, or no metafor in it
    """
    program = shutil.which("Rscript")
    if program is None:
        raise Missing("there is no Rscript on this machine")
    sizes = [str(size) for size in (runs, FEW_PERMUTATIONS, FEW_SUBSETS)]
    command = [program, str(SCRIPT), str(data.folder), *sizes]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    answer = _read(process)
    if "version" not in answer:
        raise Missing("R has no package metafor")
    jobs = {job: partial(_ask, process, job) for job in JOBS}
    for job, method in (("start", "REML"), ("start_dl", "DL")):
        words = [program, "-e", START, str(data.file("k30")), method]
        jobs[job] = partial(measure, Task(partial(run_program, words, folder=data.folder), read_line), runs=runs)
    version, r, blas = (" ".join(answer[name]) for name in ("version", "R", "blas"))
    return Peer(
        f"{NAME} {version}", jobs, details=f"R {r}, BLAS of R: {Path(blas).name}", close=partial(_close, process)
    )


def _ask(process: "subprocess.Popen[str]", job: str) -> Measured:
    """Return one job of the running R."""
    assert process.stdin is not None
    process.stdin.write(f"{job}\n")
    process.stdin.flush()
    answer = _read(process)
    if "seconds" not in answer:
        raise RuntimeError(f"R ended during the job {job!r}; `Rscript {SCRIPT}` says why")
    # R's NA is a fit that failed.
    values = {
        name: np.array([np.nan if word == "NA" else float(word) for word in words]) for name, words in answer.items()
    }
    seconds = float(values.pop("seconds")[0])
    factor, note = PARTS.get(job, (1.0, ""))
    if "mask" in values:
        values["mask"] = values["mask"].reshape(-1, SIZES["k20"]) > 0.5
    return Measured(seconds=seconds * factor, values=values, note=note)


def _read(process: "subprocess.Popen[str]") -> dict[str, list[str]]:
    """Return the lines of one answer by their first words; nothing where R has ended."""
    assert process.stdout is not None
    answer = {}
    for line in process.stdout:
        name, *words = line.split()
        if name == END:
            break
        answer[name] = words
    return answer


def _close(process: "subprocess.Popen[str]") -> None:
    """End R by ending its input."""
    process.communicate()
