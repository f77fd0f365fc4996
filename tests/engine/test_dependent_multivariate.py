"""Multivariate models: properties, published examples and refusals."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import OutOfRange, RaggedLengths, UnknownOption
from analysis.engine.dependent import NotIdentifiable, fit_multilevel, fit_multivariate
from analysis.engine.dependent.between import climb_unstructured
from analysis.engine.dependent.likelihood import value_at
from analysis.engine.dependent.structures import STRUCTURES, structure

OUTCOME = ["a", "b"] * 5
TRIAL = [trial for trial in range(5) for _ in range(2)]
# Berkey et al. (1998): probing depth and attachment level in five trials, with their covariance matrices.
PD_AL = np.array([0.47, -0.32, 0.20, -0.60, 0.40, -0.12, 0.26, -0.31, 0.56, -0.39])
BLOCKS = [(75, 30, 77), (57, 9, 8), (21, 7, 14), (29, 9, 15), (148, 72, 304)]


def berkey() -> tuple[np.ndarray, np.ndarray]:
    """Return effects and covariances of Berkey et al. (1998), table I."""
    v = np.zeros((10, 10))
    for trial, (first, both, second) in enumerate(BLOCKS):
        v[2 * trial : 2 * trial + 2, 2 * trial : 2 * trial + 2] = np.array([[first, both], [both, second]]) / 1e4
    return PD_AL, v


def fit_berkey(**options: Any) -> Any:
    """Return a fit of Berkey et al. (1998) with a mean for each outcome."""
    yi, v = berkey()
    given_options: dict[str, Any] = {"inner": OUTCOME, "outer": TRIAL, "mods": {"outcome": OUTCOME}, "intercept": False}
    return fit_multivariate(yi, v, **(given_options | options))


def test_berkey_1998_means_and_correlation() -> None:
    fit = fit_berkey()

    # Two digits more than the article prints; metafor prints 0.3534 (0.0588), -0.3392 (0.0879) and 0.6088.
    assert fit.estimate == pytest.approx([0.3534, -0.3392], abs=5e-5)
    assert fit.se == pytest.approx([0.0588, 0.0879], abs=5e-5)
    assert fit.rho[0] == pytest.approx(0.6088, abs=5e-5)


@pytest.mark.parametrize("name", STRUCTURES)
@given(seed=st.integers(0, 10_000), q=st.integers(2, 4))
@settings(max_examples=10, deadline=None)
def test_structure_is_semidefinite_with_right_derivatives(name: str, seed: int, q: int) -> None:
    family, rng = structure(name, q=q), np.random.default_rng(seed)
    at = family.start(rng.uniform(0.2, 2.0, q), float(rng.uniform(-0.9 / (q - 1), 0.9)))
    step = 1e-6

    shape = family.shape(at)

    assert np.linalg.eigvalsh(shape.g)[0] > -1e-12
    for index in range(at.size):
        move = step * np.eye(at.size)[index]
        above, below = family.shape(at + move), family.shape(at - move)
        np.testing.assert_allclose((above.g - below.g) / (2 * step), shape.first[index], atol=1e-7)
        np.testing.assert_allclose((above.first - below.first) / (2 * step), shape.second[:, index], atol=1e-7)


def test_hierarchy_of_structures_has_rising_likelihoods() -> None:
    value = {name: fit_berkey(structure=name).log_likelihood for name in STRUCTURES}

    assert value["UN"] >= value["HCS"] - 1e-12
    assert value["HCS"] >= max(value["CS"], value["DIAG"])
    assert min(value["CS"], value["DIAG"]) >= value["ID"]
    # With two outcomes there is one correlation anyway.
    assert value["UN"] == pytest.approx(value["HCS"], abs=1e-12)
    assert value["HAR"] == pytest.approx(value["HCS"], abs=1e-12)
    assert value["AR"] == pytest.approx(value["CS"], abs=1e-12)


def test_compound_symmetry_is_the_multilevel_model() -> None:
    """tau2 and rho are a variance between studies, rho tau2, and one within them, (1 - rho) tau2."""
    yi, v = berkey()

    fit = fit_berkey(structure="CS")
    nested = fit_multilevel(
        yi, v, random={"trial": TRIAL, "trial/outcome": OUTCOME}, mods={"outcome": OUTCOME}, intercept=False
    )

    assert fit.rho[0] * fit.tau2[0] == pytest.approx(nested.sigma2[0], rel=1e-9)
    assert fit.tau2[0] == pytest.approx(nested.sigma2.sum(), rel=1e-9)
    assert fit.log_likelihood == pytest.approx(nested.log_likelihood, abs=1e-12)


@given(seed=st.integers(0, 10_000), name=st.sampled_from(STRUCTURES), method=st.sampled_from(["REML", "ML"]))
@settings(max_examples=15, deadline=None)
def test_no_other_covariance_is_more_likely(seed: int, name: str, method: str) -> None:
    rng = np.random.default_rng(seed)
    study, outcome = np.repeat(np.arange(8), 3), np.tile(["a", "b", "c"], 8)
    yi, vi = rng.normal(size=24) * rng.choice([0.1, 0.5, 2.0]), rng.uniform(0.05, 0.5, 24)
    fit = fit_multivariate(yi, vi, inner=outcome, outer=study, structure=name, method=method)

    assert np.linalg.eigvalsh(fit.between)[0] >= -1e-12 * max(1.0, float(np.trace(fit.between)))
    family = structure(name, q=3)
    model = fit.parts.model
    rows, columns = np.triu_indices(3)
    for _ in range(60):
        tau2, rho = rng.uniform(0.01, 3.0, 3) * np.var(yi), rng.uniform(-0.49, 0.99)
        g = family.shape(family.start(tau2, float(rho))).g / model.unit**2
        assert value_at(model, g[rows, columns]) - model.offset <= fit.log_likelihood + 1e-9


@pytest.mark.parametrize("seed", [15, 84, 118])
def test_highest_of_several_singular_maxima_is_found(seed: int) -> None:
    """Few studies of four outcomes: most maxima have a covariance of deficient rank, and there are several."""
    rng = np.random.default_rng(seed)
    present = rng.random((9, 4)) < 0.8
    study, outcome = np.nonzero(present)
    yi = (rng.normal(size=(9, 4)) @ rng.normal(size=(4, 4)))[study, outcome]
    vi = rng.uniform(0.01, 0.5, yi.size)

    fit = fit_multivariate(yi, vi, inner=outcome, outer=study, mods={"outcome": outcome.astype(str)}, intercept=False)

    model = fit.parts.model
    for rank in (1, 2, 3, 4) * 3:
        factor = rng.normal(size=(4, rank)) * np.sqrt(np.var(yi)) / model.unit
        _, value, _ = climb_unstructured(model, factor @ factor.T, q=4)
        assert value - model.offset <= fit.log_likelihood + 1e-8


def test_perfect_correlation_is_exact() -> None:
    yi = np.array([0.1, 0.2, 1.1, 1.2, 2.1, 2.2, 3.1, 3.2])
    fit = fit_multivariate(yi, np.full(8, 0.01), inner=["a", "b"] * 4, outer=np.repeat(range(4), 2))

    assert fit.rho == (1.0,)


def test_prediction_intervals_belong_to_means_of_outcomes() -> None:
    means, common = fit_berkey(), fit_berkey(mods=None, intercept=True)

    assert means.pi_lower is not None
    assert means.pi_upper is not None
    assert np.all(means.pi_lower < means.ci_lower)
    assert np.all(means.pi_upper > means.ci_upper)
    assert common.pi_lower is None


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"structure": "SP"}, UnknownOption, '"UN", "CS"'),
        ({"inner": OUTCOME[:9]}, RaggedLengths, "inner has 9"),
        ({"level": 0}, OutOfRange, "between 0 and 1"),
        ({"inner": ["a"] * 10, "mods": None, "intercept": True}, NotIdentifiable, "at least 2 outcomes, got 1"),
        ({"outer": range(10)}, NotIdentifiable, "no study has two of them"),
        ({"method": "DL"}, UnknownOption, '"REML", "ML"'),
        (
            {"inner": ["a", "b", "a", "b", "a", "b", "a", "b", "b", "c"], "mods": None, "intercept": True},
            NotIdentifiable,
            "a and c",
        ),
    ],
)
def test_bad_input_is_refused_by_name(change: dict[str, Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        fit_berkey(**change)


def test_variances_only_need_no_study_with_two_outcomes() -> None:
    fit = fit_berkey(structure="DIAG")
    yi, v = berkey()
    alone = fit_multilevel(yi[::2], np.diag(v)[::2], random={"trial": range(5)})
    apart = fit_multivariate(
        yi, np.diag(v), inner=OUTCOME, outer=TRIAL, structure="DIAG", mods={"outcome": OUTCOME}, intercept=False
    )

    assert apart.tau2[0] == pytest.approx(alone.sigma2[0], rel=1e-9)
    assert fit.rho == ()
