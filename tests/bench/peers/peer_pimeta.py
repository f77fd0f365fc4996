"""pimeta: metafor's functions in Python, one fit after the other."""

from importlib.metadata import version
from typing import Any

import numpy as np

from tests.bench.clock import Task, Values
from tests.bench.jobs import FEW_FITS, FEW_PERMUTATIONS, FITS, PERMUTATIONS, SUBSETS, Data
from tests.bench.peers import Peer, python_peer
from tests.bench.processes import python_task

NAME = "pimeta"
# Its GOSH is fast enough for more subsets than metafor's.
FEW_SUBSETS = 1_000
INFLUENCE = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "hat")
START = """
import csv, numpy, pimeta
rows = list(csv.DictReader(open({path!r})))
yi, vi = (numpy.array([float(row[name]) for row in rows]) for name in ("yi", "vi"))
fit = pimeta.rma(yi, vi=vi, method="REML")
print(repr(float(fit.b[0])), repr(float(fit.se[0])), repr(float(fit.tau2)))
"""


def open_peer(data: Data, *, runs: int) -> Peer:
    """Return pimeta with its jobs."""
    import pimeta

    k20, k30, k50, k1000 = (data.sets[name] for name in ("k20", "k30", "k50", "k1000"))
    moderated = pimeta.rma(k50.yi, vi=k50.vi, mods=k50.x, method="REML")

    def fit_some() -> list[Any]:
        sets = zip(data.many.yi[:FEW_FITS], data.many.vi[:FEW_FITS], strict=True)
        return [pimeta.rma(yi, vi=vi, method="REML") for yi, vi in sets]

    tasks = {
        "reml_30": Task(lambda: [pimeta.rma(k30.yi, vi=k30.vi, method="REML")], _read),
        "reml_1000": Task(lambda: [pimeta.rma(k1000.yi, vi=k1000.vi, method="REML")], _read),
        "dl_30": Task(lambda: [pimeta.rma(k30.yi, vi=k30.vi, method="DL")], _read),
        "pm_30": Task(lambda: [pimeta.rma(k30.yi, vi=k30.vi, method="PM")], _read),
        "leave_one_out": Task(
            lambda: pimeta.leave1out(k50.yi, k50.vi, method="REML"),
            lambda found: {name: np.array(getattr(found, name)) for name in ("estimate", "se", "tau2")},
        ),
        "influence": Task(
            lambda: pimeta.influence(k50.yi, k50.vi, method="REML"),
            lambda found: {name: np.array(getattr(found, name)) for name in INFLUENCE},
        ),
        "many": Task(fit_some, _read, factor=FITS / FEW_FITS, note=f"scaled from {FEW_FITS} fits"),
        "permutation": Task(
            lambda: pimeta.permutest(moderated, iter=FEW_PERMUTATIONS, seed=1),
            _read_permutations,
            factor=PERMUTATIONS / FEW_PERMUTATIONS,
            note=f"scaled from {FEW_PERMUTATIONS} permutations",
        ),
        "gosh": Task(
            lambda: pimeta.gosh(k20.yi, k20.vi, method="REML", subsets=FEW_SUBSETS, seed=1),
            lambda found: {
                "mask": np.array(found.incl),
                "estimate": np.array(found.estimate),
                "tau2": np.array(found.tau2),
            },
            factor=SUBSETS / FEW_SUBSETS,
            note=f"scaled from {FEW_SUBSETS:,} subsets",
        ),
        "start": python_task(START, data.file("k30")),
    }
    return python_peer(f"{NAME} {version('pimeta')}", tasks, runs=runs)


def _read(found: list[Any]) -> Values:
    """Return the numbers of fits."""
    return {
        "estimate": np.array([fit.b[0] for fit in found]),
        "se": np.array([fit.se[0] for fit in found]),
        "tau2": np.array([fit.tau2 for fit in found]),
    }


def _read_permutations(found: Any) -> Values:
    """Return the permuted model and the p value of its moderator."""
    return {
        "estimate": np.array(found.beta),
        "se": np.array(found.se),
        "p_value": np.array(found.pval),
        "permutations": np.array([FEW_PERMUTATIONS]),
    }
