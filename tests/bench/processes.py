"""Programs that are started anew: what a person waits for who has a file and a question."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.bench.clock import Task, Values

FITS = ("estimate", "se", "tau2")


def run_program(command: Sequence[str], *, folder: Path, cwd: Path | None = None) -> str:
    """Return the standard output of a program that succeeds.

    Every Python keeps its compiled modules below `folder`: the first start compiles, those that are counted do not,
    however the packages were installed.
    """
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=True).stdout


def python_task(code: str, path: Path) -> Task:
    """Return the task of a new Python with some lines of code that read `path` and print estimate, se and tau2."""
    command = [sys.executable, "-W", "ignore", "-c", code.format(path=str(path))]
    return Task(lambda: run_program(command, folder=path.parent), read_line)


def read_line(output: str) -> Values:
    """Return the three numbers of the last line."""
    numbers = [float(word) for word in output.strip().splitlines()[-1].split()]
    return {name: np.array([number]) for name, number in zip(FITS, numbers, strict=True)}
