"""The jobs as Quorum does them, by the public functions of the engine and the command."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from analysis import engine
from analysis.figures.forest import draw_forest
from tests.bench.clock import Task, Values
from tests.bench.jobs import PERMUTATIONS, SUBSETS, Data
from tests.bench.processes import run_program
from tests.figures.beside_examples import full

ROOT = Path(__file__).resolve().parents[2]
NAME = "Quorum"
CELLS = 11
INFLUENCE = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "hat")


def tasks(data: Data) -> dict[str, Task]:
    """Return the project's way of every job; normal intervals, which all peers offer."""
    sets = data.sets
    k20, k30, k50, k1000 = (sets[name] for name in ("k20", "k30", "k50", "k1000"))
    return {
        "reml_30": Task(lambda: engine.pool(k30.yi, k30.vi, ci_method="wald"), read_fits),
        "reml_1000": Task(lambda: engine.pool(k1000.yi, k1000.vi, ci_method="wald"), read_fits),
        "dl_30": Task(lambda: engine.pool(k30.yi, k30.vi, tau2_method="DL", ci_method="wald"), read_fits),
        "pm_30": Task(lambda: engine.pool(k30.yi, k30.vi, tau2_method="PM", ci_method="wald"), read_fits),
        "leave_one_out": Task(lambda: engine.leave_one_out(k50.yi, k50.vi, ci_method="wald"), read_fits),
        "influence": Task(
            lambda: engine.influence(k50.yi, k50.vi, ci_method="wald"),
            lambda found: {name: np.asarray(getattr(found, name)) for name in INFLUENCE},
        ),
        "many": Task(lambda: engine.pool_many(data.many.yi, data.many.vi, ci_method="wald"), read_fits),
        "permutation": Task(
            lambda: engine.permutation_test(
                k50.yi, k50.vi, mods=k50.x, permutations=PERMUTATIONS, seed=1, ci_method="wald"
            ),
            lambda found: _read_permutations(found, data),
        ),
        "gosh": Task(
            lambda: engine.gosh(k20.yi, k20.vi, subsets=SUBSETS, seed=1),
            lambda found: {"mask": found.included, "estimate": found.estimate, "tau2": found.tau2},
        ),
        "forest": Task(_forest(), lambda drawing: {}, note=f"a study's row has {CELLS} cells and 6 judgements"),
        "start": Task(lambda: _start(data), read_fits),
        "start_dl": Task(lambda: _start(data, "--tau2-method", "DL"), read_fits),
    }


def pool_subsets(data: Data, mask: np.ndarray) -> Values:
    """Return the engine's fits of another program's random subsets."""
    k20 = data.sets["k20"]
    return read_fits(engine.pool_many(k20.yi, k20.vi, mask=mask, ci_method="wald"))


def read_fits(found: Any) -> Values:
    """Return estimate, standard error and tau2 of one fit or of many, from an object or from the command's JSON."""
    names = ("estimate", "se", "tau2")
    return {name: np.atleast_1d(found[name] if isinstance(found, dict) else getattr(found, name)) for name in names}


def _read_permutations(found: Any, data: Data) -> Values:
    """Return the p value by permutation, and the model that is permuted."""
    k50 = data.sets["k50"]
    model = engine.pool(k50.yi, k50.vi, mods=k50.x, ci_method="wald")
    return {
        "estimate": model.estimate,
        "se": model.se,
        "p_value": np.asarray(found.p_value),
        "permutations": np.array([PERMUTATIONS]),
    }


def _forest() -> Callable[[], str]:
    """Return what draws a forest plot with everything beside its rows."""
    figure, result, beside = full(32)
    return lambda: draw_forest(figure, result, beside)


def _start(data: Data, *options: str) -> dict[str, Any]:
    """Run the command on a file and return what it answers."""
    command = [sys.executable, "manage.py", "pool", str(data.file("k30")), "--json", "--ci-method", "wald", *options]
    answer: dict[str, Any] = json.loads(run_program(command, folder=data.folder, cwd=ROOT))
    return answer
