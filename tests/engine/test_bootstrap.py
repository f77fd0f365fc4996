"""Drawn studies vary as the model says, and bad questions are refused."""

import numpy as np
import pytest

from analysis.engine import EngineError, bootstrap, pool

RANDOM = np.random.default_rng(5)
VI = RANDOM.uniform(0.02, 0.2, 40)
YI = RANDOM.normal(0.3, np.sqrt(VI + 0.1))


@pytest.mark.parametrize("kind", ["parametric", "nonparametric"])
def test_spread_of_the_draws_is_the_standard_error(kind: str) -> None:
    found, fit = bootstrap(YI, VI, kind=kind, draws=4000), pool(YI, VI, ci_method="wald")

    # 4,000 draws know a standard deviation to 1.1%; with 40 studies both kinds are near the large-sample formula.
    assert found.se == pytest.approx(fit.se, rel=0.1 if kind == "nonparametric" else 0.05)
    assert found.ci_lower == pytest.approx(fit.ci_lower, abs=0.3 * fit.se)
    assert found.ci_upper == pytest.approx(fit.ci_upper, abs=0.3 * fit.se)
    assert found.tau2_ci_lower < fit.tau2 < found.tau2_ci_upper
    assert found.tau2.min() >= 0.0


def test_draws_are_refitted_by_pool() -> None:
    found = bootstrap([0.1, 0.9, 0.4], [0.04, 0.09, 0.1], kind="nonparametric", draws=5, seed=3, tau2_method="DL")
    rows = np.random.default_rng(3).integers(0, 3, (5, 3))

    for row, drawn in enumerate(rows):
        fit = pool(
            np.array([0.1, 0.9, 0.4])[drawn], np.array([0.04, 0.09, 0.1])[drawn], tau2_method="DL", ci_method="t"
        )
        assert found.estimate[row] == pytest.approx(fit.estimate, rel=1e-12)
        assert found.tau2[row] == pytest.approx(fit.tau2, rel=1e-10, abs=1e-14)


def test_same_seed_gives_the_same_draws() -> None:
    one, same, other = (bootstrap(YI, VI, draws=50, seed=seed) for seed in (4, 4, 5))

    assert one.estimate.tolist() == same.estimate.tolist()
    assert one.estimate.tolist() != other.estimate.tolist()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"kind": "wild"}, 'kind must be one of "parametric", "nonparametric"'),
        ({"draws": 1}, "draws must be whole, from 2 to 1,000,000, got 1"),
        ({"draws": 10.5}, "draws must be whole"),
        ({"seed": -1}, "seed must be whole, from 0"),
        ({"level": 95}, "level must be between 0 and 1"),
        ({"tau2_method": "reml"}, "tau2_method must be one of"),
    ],
)
def test_bad_options_are_refused_in_a_sentence(options: dict, sentence: str) -> None:
    with pytest.raises(EngineError, match=sentence):
        bootstrap(YI, VI, **options)


@pytest.mark.parametrize("k", [0, 1])
def test_two_studies_are_needed(k: int) -> None:
    with pytest.raises(EngineError, match=f"needs at least 2 studies, got {k}"):
        bootstrap(YI[:k], VI[:k])
