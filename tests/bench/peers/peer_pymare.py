"""PyMARE: likelihood estimators for many data sets in parallel, permutation tests."""

from importlib.metadata import version
from typing import Any

import numpy as np

from tests.bench.clock import Task, Values
from tests.bench.jobs import PERMUTATIONS, Data
from tests.bench.peers import Peer, python_peer
from tests.bench.processes import python_task

NAME = "PyMARE"
START = """
import pandas
from pymare import Dataset
from pymare.estimators import VarianceBasedLikelihoodEstimator
table = pandas.read_csv({path!r})
data = Dataset(y=table["yi"].to_numpy(), v=table["vi"].to_numpy())
fit = VarianceBasedLikelihoodEstimator(method="REML", small_sample_correction="wald").fit_dataset(data).summary()
print(*(repr(float(values.ravel()[0])) for values in (fit.fe_params, fit.fe_se, fit.tau2)))
"""


def open_peer(data: Data, *, runs: int) -> Peer:
    """Return PyMARE with its jobs; a fit includes the intervals of the estimate, not those of tau2."""
    from pymare import Dataset
    from pymare.estimators import DerSimonianLaird, VarianceBasedLikelihoodEstimator

    k30, k50, k1000 = (data.sets[name] for name in ("k30", "k50", "k1000"))
    rows = np.array([[row for row in range(50) if row != out] for out in range(50)]).T
    moderated = Dataset(y=k50.yi, v=k50.vi, X=k50.x[:, np.newaxis])

    def summarise(estimator: Any, dataset: Any) -> Any:
        summary = estimator.fit_dataset(dataset).summary()
        summary.get_fe_stats()
        return summary

    def reml(yi: np.ndarray, vi: np.ndarray) -> Any:
        estimator = VarianceBasedLikelihoodEstimator(method="REML", small_sample_correction="wald")
        return summarise(estimator, Dataset(y=yi, v=vi))

    def permute() -> Any:
        estimator = VarianceBasedLikelihoodEstimator(method="REML", small_sample_correction="wald")
        return estimator.fit_dataset(moderated).summary().permutation_test(PERMUTATIONS)

    tasks = {
        "reml_30": Task(lambda: reml(k30.yi, k30.vi), _read),
        "reml_1000": Task(lambda: reml(k1000.yi, k1000.vi), _read),
        "dl_30": Task(
            lambda: summarise(DerSimonianLaird(small_sample_correction="wald"), Dataset(y=k30.yi, v=k30.vi)), _read
        ),
        "leave_one_out": Task(lambda: reml(k50.yi[rows], k50.vi[rows]), _read, note="by hand, as one batch"),
        "many": Task(lambda: reml(data.many.yi.T, data.many.vi.T), _read, note="as one batch"),
        "permutation": Task(permute, _read_permutations),
        "start": python_task(START, data.file("k30")),
    }
    return python_peer(f"{NAME} {version('pymare')}", tasks, runs=runs)


def _read(found: Any) -> Values:
    """Return the numbers of one fit or many."""
    return {"estimate": np.ravel(found.fe_params), "se": np.ravel(found.fe_se), "tau2": np.ravel(found.tau2)}


def _read_permutations(found: Any) -> Values:
    """Return the permuted model and the p value of its moderator."""
    return {
        "estimate": np.ravel(found.results.fe_params),
        "se": np.ravel(found.results.fe_se),
        "p_value": np.ravel(found.perm_p["fe_p"]),
        "permutations": np.array([PERMUTATIONS]),
    }
