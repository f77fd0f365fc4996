"""The maximum that is found is the highest, also where variances are very unequal and the likelihood has several."""

import numpy as np
import pytest

from analysis.engine.likelihood import Likelihood, maximise, sum_up
from analysis.engine.likelihood_many import log_likelihood_many, maximise_many
from analysis.engine.problems import moments, set_up

PROBLEMS, POINTS = 150, 300
# The likelihood is a sum of a dozen logarithms and squares of size up to 1e3: its last digits.
LAST_DIGIT = 1e-10


def made_up(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Return effects, variances and sometimes a design: variances far apart, effects that do not fit them."""
    random = np.random.default_rng(seed)
    k, ratio = int(random.integers(2, 14)), 10.0 ** random.uniform(0.0, 5.0)
    vi = ratio ** random.uniform(0.0, 1.0, (PROBLEMS, k))
    excess = 1.0 + random.integers(0, 2, (PROBLEMS, k)) * random.uniform(0.0, 50.0, (PROBLEMS, k))
    between = random.choice([0.0, 0.1, 10.0], size=(PROBLEMS, 1)) * np.median(vi)
    yi = random.normal(0.0, np.sqrt(vi * excess + between))
    design = np.column_stack([np.ones(k), random.normal(size=k)]) if seed % 3 == 0 and k > 3 else None
    return yi, vi, design


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("seed", range(24))
def test_no_tau2_of_a_fine_grid_is_better(seed: int, restricted: bool) -> None:
    yi, vi, design = made_up(seed)
    problems = set_up(yi, vi, design)
    grid = np.concatenate([[0.0], np.geomspace(1e-3 * vi.min(), 10.0 * vi.max(), POINTS)])

    tau2, _ = maximise_many(
        problems, moments(problems, np.zeros(PROBLEMS)), start=np.zeros(PROBLEMS), restricted=restricted
    )

    found = log_likelihood_many(problems, tau2, restricted=restricted)
    for point in grid:
        others = log_likelihood_many(problems, np.full(PROBLEMS, point), restricted=restricted)
        assert np.all(found >= others - LAST_DIGIT * (1.0 + np.abs(others)))


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 4, 5, 7, 8])
def test_single_search_ends_where_the_batch_ends(seed: int, restricted: bool) -> None:
    yi, vi, _ = made_up(seed)
    problems = set_up(yi, vi)
    many, _ = maximise_many(
        problems, moments(problems, np.zeros(PROBLEMS)), start=np.zeros(PROBLEMS), restricted=restricted
    )

    for row in range(0, PROBLEMS, 5):
        centred = yi[row] - yi[row].mean()
        tau2, _ = maximise(Likelihood(centred, vi[row], restricted), sum_up(centred, vi[row], 0.0))
        # Beside the smallest variance: a flat top hides the rest.
        assert tau2 == pytest.approx(many[row], rel=1e-8, abs=1e-8 * vi[row].min())
