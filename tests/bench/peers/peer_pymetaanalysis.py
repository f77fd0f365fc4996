"""pymetaanalysis: single fits and leaving out, with tables of pandas."""

from importlib.metadata import version
from typing import Any

import numpy as np

from tests.bench.clock import Task, Values
from tests.bench.jobs import FEW_FITS, FITS, Data
from tests.bench.peers import Peer, python_peer
from tests.bench.processes import python_task

NAME = "pymetaanalysis"
START = """
import pandas, meta_analyze
fit = meta_analyze.meta_analysis(pandas.read_csv({path!r}), effect="yi", variance="vi")
print(repr(float(fit.estimate)), repr(float(fit.standard_error)), repr(float(fit.tau2)))
"""


def open_peer(data: Data, *, runs: int) -> Peer:
    """Return pymetaanalysis with its jobs."""
    from meta_analyze import meta_analysis

    k30, k50, k1000 = (data.sets[name] for name in ("k30", "k50", "k1000"))
    fit_50 = meta_analysis(effect=k50.yi, variance=k50.vi)

    def fit_some() -> list[Any]:
        sets = zip(data.many.yi[:FEW_FITS], data.many.vi[:FEW_FITS], strict=True)
        return [meta_analysis(effect=yi, variance=vi) for yi, vi in sets]

    tasks = {
        "reml_30": Task(lambda: [meta_analysis(effect=k30.yi, variance=k30.vi)], _read),
        "reml_1000": Task(lambda: [meta_analysis(effect=k1000.yi, variance=k1000.vi)], _read),
        "dl_30": Task(lambda: [meta_analysis(effect=k30.yi, variance=k30.vi, tau2_method="DL")], _read),
        "pm_30": Task(lambda: [meta_analysis(effect=k30.yi, variance=k30.vi, tau2_method="PM")], _read),
        "leave_one_out": Task(fit_50.leave_one_out, lambda found: _read(found.results)),
        "many": Task(fit_some, _read, factor=FITS / FEW_FITS, note=f"scaled from {FEW_FITS} fits"),
        "start": python_task(START, data.file("k30")),
    }
    return python_peer(f"{NAME} {version('pymetaanalysis')}", tasks, runs=runs)


def _read(found: Any) -> Values:
    """Return the numbers of fits; one that was not possible has none."""
    names = {"estimate": "estimate", "se": "standard_error", "tau2": "tau2"}
    return {
        name: np.array([np.nan if fit is None else getattr(fit, theirs) for fit in found])
        for name, theirs in names.items()
    }
