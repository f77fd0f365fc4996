"""statsmodels: DerSimonian-Laird and Paule-Mandel; it has no REML."""

from importlib.metadata import version
from typing import Any

import numpy as np

from tests.bench.clock import Task, Values
from tests.bench.jobs import Data
from tests.bench.peers import Peer, python_peer
from tests.bench.processes import python_task

NAME = "statsmodels"
START = """
import pandas
from statsmodels.stats.meta_analysis import combine_effects
table = pandas.read_csv({path!r})
fit = combine_effects(table["yi"].to_numpy(), table["vi"].to_numpy(), method_re="dl")
print(repr(float(fit.mean_effect_re)), repr(float(fit.sd_eff_w_re)), repr(float(fit.tau2)))
"""


def open_peer(data: Data, *, runs: int) -> Peer:
    """Return statsmodels with its jobs."""
    from statsmodels.stats.meta_analysis import combine_effects

    k30 = data.sets["k30"]

    def fit(method: str) -> Any:
        return combine_effects(k30.yi, k30.vi, method_re=method)

    tasks = {
        "dl_30": Task(lambda: fit("dl"), _read),
        "pm_30": Task(lambda: fit("pm"), _read),
        "start_dl": python_task(START, data.file("k30")),
    }
    return python_peer(f"{NAME} {version('statsmodels')}", tasks, runs=runs)


def _read(found: Any) -> Values:
    """Return the numbers of one fit."""
    return {
        "estimate": np.array([found.mean_effect_re]),
        "se": np.array([found.sd_eff_w_re]),
        "tau2": np.array([found.tau2]),
    }
