"""The estimators of tau2 solve what they say they solve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.engine import TooFewStudies, UnknownOption, estimate_tau2, measure_heterogeneity
from analysis.engine.likelihood import Likelihood, log_likelihood
from analysis.engine.likelihood_many import terms_of
from analysis.engine.problems import moments, set_up
from analysis.engine.tau2 import TAU2_ESTIMATORS
from tests.engine.strategies import studies
from tests.reference import datasets
from tests.reference.datasets import TWO_HILLS

# The likelihood is a sum of a dozen terms of size up to 100: its last digit.
LAST_DIGIT = 1e-11


def densities(yi: np.ndarray, vi: np.ndarray, tau2: np.ndarray, *, restricted: bool) -> np.ndarray:
    """Return the log-likelihood at each tau2 from the normal density, without the engine's formula."""
    variance = vi + tau2[:, np.newaxis]
    mean = np.sum(yi / variance, axis=1, keepdims=True) / np.sum(1.0 / variance, axis=1, keepdims=True)
    value = stats.norm.logpdf(yi, mean, np.sqrt(variance)).sum(axis=1)
    return value - 0.5 * np.log(np.sum(1.0 / variance, axis=1)) if restricted else value


@given(data=studies(), restricted=st.booleans())
def test_no_tau2_is_more_likely_than_the_estimate(data: tuple[np.ndarray, np.ndarray], restricted: bool) -> None:
    found = estimate_tau2(*data, tau2_method="REML" if restricted else "ML").tau2

    # 2000 other values, on a finer grid than the search uses, and far beyond it.
    others = np.array([found, 0.0, *np.geomspace(1e-7, 1e4, 2000)])
    likelihood = densities(*data, others, restricted=restricted)

    assert likelihood[0] >= likelihood.max() - LAST_DIGIT


@given(data=studies(), restricted=st.booleans(), tau2=st.floats(1e-3, 50.0))
def test_score_is_the_slope_of_the_likelihood(
    data: tuple[np.ndarray, np.ndarray], restricted: bool, tau2: float
) -> None:
    model = Likelihood(yi=data[0], vi=data[1], restricted=restricted)
    step = 1e-5 * tau2

    score, slope = scores_and_slopes(model, np.array([tau2 - step, tau2, tau2 + step]))

    # A central difference is good to the step squared, and to the last digit of the likelihood over the step.
    numeric = (log_likelihood(model, tau2 + step) - log_likelihood(model, tau2 - step)) / (2.0 * step)
    size = abs(score[1]) + yi_size(data) / tau2
    assert score[1] == pytest.approx(numeric, abs=1e-6 * size)
    assert slope[1] == pytest.approx((score[2] - score[0]) / (2.0 * step), abs=1e-5 * size / tau2)


def scores_and_slopes(model: Likelihood, tau2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and second derivatives of the log-likelihood by the engine's terms."""
    rows = np.zeros(tau2.size, dtype=np.intp)
    problems = set_up(model.yi[np.newaxis], model.vi[np.newaxis]).take(rows)
    terms = terms_of(moments(problems, tau2), restricted=model.restricted)
    return 0.5 * (terms.a - terms.b), 0.5 * terms.d - terms.c


def yi_size(data: tuple[np.ndarray, np.ndarray]) -> float:
    """Return the size of the terms of the likelihood."""
    return float(np.ptp(data[0]) ** 2 / data[1].min() + data[0].size)


@given(data=studies())
def test_paule_mandel_makes_q_its_expectation(data: tuple[np.ndarray, np.ndarray]) -> None:
    yi, vi = data

    tau2 = estimate_tau2(yi, vi, tau2_method="PM").tau2

    q = measure_heterogeneity(yi, vi + tau2).q
    assert q <= (yi.size - 1) * (1 + 1e-12)
    if tau2 > 0.0:
        assert q == pytest.approx(yi.size - 1, rel=1e-11)


def maxima(model: Likelihood) -> list[float]:
    """Return all local maxima of the likelihood on a fine grid, 0 among them where it falls from there."""
    grid = np.array([0.0, *np.geomspace(1e-6, 1e4, 8000)])
    scores, _ = scores_and_slopes(model, grid)
    peaks = grid[:-1][(scores[:-1] > 0.0) & (scores[1:] <= 0.0)].tolist()
    return [0.0, *peaks] if scores[0] <= 0.0 else peaks


@pytest.mark.parametrize(("tau2_method", "higher"), [("REML", 1), ("ML", 0)])
def test_likelihood_with_two_maxima_gives_the_higher_one(tau2_method: str, higher: int) -> None:
    """Mean differences of dat.gibson2002: one maximum is at 0, REML takes the other and ML takes 0, as metafor does."""
    content = datasets.load("gibson2002-MD")
    model = Likelihood(yi=np.array(content["yi"]), vi=np.array(content["vi"]), restricted=tau2_method == "REML")

    found = estimate_tau2(model.yi, model.vi, tau2_method=tau2_method).tau2

    peaks = maxima(model)
    assert len(peaks) == 2
    # The fine grid has 0.3% steps.
    assert found == pytest.approx(peaks[higher], rel=0.005)
    assert log_likelihood(model, found) >= max(log_likelihood(model, tau2) for tau2 in peaks)
    assert found == pytest.approx(content["tight"][tau2_method]["tau2"], rel=1e-9)


def test_likelihood_with_two_maxima_above_zero_gives_the_higher_one() -> None:
    """Precise studies that agree and imprecise ones that do not; a climb from a moment estimate ends on the lower."""
    model = Likelihood(yi=np.array(TWO_HILLS["yi"]), vi=np.array(TWO_HILLS["vi"]), restricted=True)

    found = estimate_tau2(model.yi, model.vi).tau2

    peaks = maxima(model)
    assert len(peaks) == 2
    assert found == pytest.approx(peaks[0], rel=0.005)
    assert log_likelihood(model, peaks[0]) > log_likelihood(model, peaks[1]) + 2.0


@pytest.mark.parametrize("tau2_method", TAU2_ESTIMATORS)
@pytest.mark.parametrize("k", [0, 1])
def test_tau2_needs_two_studies(tau2_method: str, k: int) -> None:
    with pytest.raises(TooFewStudies, match=f"^needs at least 2 studies, got {k}$"):
        estimate_tau2([0.1] * k, [0.2] * k, tau2_method=tau2_method)


def test_common_effect_has_no_tau2_to_estimate() -> None:
    with pytest.raises(UnknownOption, match='tau2_method must be one of "DL", "DL2", "HE", "HS", "HSk", "SJ", "ML"'):
        estimate_tau2([0.1, 0.2], [0.2, 0.2], tau2_method="CE")


@pytest.mark.parametrize("tau2_method", TAU2_ESTIMATORS)
@pytest.mark.parametrize("ratio", [1e-12, 1e-6, 1e6, 1e12])
def test_tau2_is_found_with_very_unequal_variances(tau2_method: str, ratio: float) -> None:
    yi, vi = np.array([0.0, 1.0, 3.0, -2.0]), np.array([1.0, ratio, 1.0, 2.0])

    found = estimate_tau2(yi, vi, tau2_method=tau2_method)

    assert np.isfinite(found.tau2)
    assert found.tau2 >= 0.0
    assert found.tau2_se > 0.0
