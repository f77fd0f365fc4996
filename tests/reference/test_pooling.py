"""Pooling agrees with metafor: every data set, estimator and interval."""

import numpy as np
import pytest

from analysis.engine import (
    leave_one_out,
    measure_heterogeneity,
    pool,
    pool_many,
    profile_likelihood_tau2,
    profile_tau2,
)
from analysis.engine.likelihood import Likelihood, log_likelihood
from tests.reference import datasets
from tests.reference.agreement import (
    DEFAULT_STEP,
    EXACT,
    UNIROOT_STEP,
    difference,
    differences,
    typical_variance,
    worst,
    worst_p_value,
)

NAMES = tuple(datasets.DATASETS)
USER_WEIGHTED = ("CE", "DL", "REML")
WEIGHTED = ("CE", "DL", "PM", "ML", "REML")


@pytest.mark.parametrize("tau2_method", datasets.TAU2_METHODS)
@pytest.mark.parametrize("name", NAMES)
def test_pool_agrees_with_metafor(name: str, tau2_method: str) -> None:
    content = datasets.load(name)
    yi, vi = datasets.studies(content)

    for ci_method in datasets.CI_METHODS:
        answer = datasets.answer_of(content["tight"], tau2_method, ci_method)
        fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)

        found = differences(fit, answer, typical=typical_variance(vi))
        assert max(found.values()) <= EXACT, (ci_method, found)
        assert (fit.k, fit.q_df, fit.df) == (answer["k"], answer["k"] - 1, answer["ddf"])


@pytest.mark.parametrize("ci_method", datasets.CI_METHODS)
@pytest.mark.parametrize("tau2_method", datasets.TAU2_METHODS)
def test_pool_many_agrees_with_metafor_on_all_sets_at_once(tau2_method: str, ci_method: str) -> None:
    contents = [datasets.load(name) for name in NAMES]
    largest = max(content["k"] for content in contents)
    mask = np.array([[place < content["k"] for place in range(largest)] for content in contents])
    # What the mask leaves out may be anything.
    yi, vi = np.full(mask.shape, 1e6), np.ones(mask.shape)
    yi[mask] = np.concatenate([content["yi"] for content in contents])
    vi[mask] = np.concatenate([content["vi"] for content in contents])

    fits = pool_many(yi, vi, mask=mask, tau2_method=tau2_method, ci_method=ci_method)

    for row, content in enumerate(contents):
        answer = datasets.answer_of(content["tight"], tau2_method, ci_method)
        typical = typical_variance(np.array(content["vi"]))
        assert difference(fits.estimate[row], answer["b"], floor=fits.se[row]) <= EXACT, content["name"]
        assert difference(fits.ci_lower[row], answer["ci.lb"], floor=fits.se[row]) <= EXACT, content["name"]
        assert difference(fits.ci_upper[row], answer["ci.ub"], floor=fits.se[row]) <= EXACT, content["name"]
        assert difference(fits.se[row], answer["se"]) <= EXACT, content["name"]
        assert difference(fits.tau2[row], answer["tau2"], floor=typical) <= EXACT, content["name"]


@pytest.mark.parametrize("tau2_method", USER_WEIGHTED)
@pytest.mark.parametrize("name", NAMES)
def test_pool_with_user_weights_agrees_with_metafor(name: str, tau2_method: str) -> None:
    content = datasets.load(name)
    yi, vi = datasets.studies(content)
    weights = np.array(content["user_weights"]["weights"])

    for ci_method in datasets.CI_METHODS:
        answer = datasets.answer_of(content["user_weights"], tau2_method, ci_method)
        fit = pool(yi, vi, weights=weights, tau2_method=tau2_method, ci_method=ci_method)

        found = differences(fit, answer, typical=typical_variance(vi))
        assert max(found.values()) <= EXACT, (ci_method, found)
    # The definition itself.
    np.testing.assert_allclose(fit.weights, weights / weights.sum(), rtol=1e-15)


@pytest.mark.parametrize("tau2_method", WEIGHTED)
@pytest.mark.parametrize("name", NAMES)
def test_weights_agree_with_metafor(name: str, tau2_method: str) -> None:
    content = datasets.load(name)

    fit = pool(*datasets.studies(content), tau2_method=tau2_method)

    assert worst(fit.weights, content["weights"][datasets.TAU2_METHODS[tau2_method]]) <= EXACT


@pytest.mark.parametrize("ci_method", datasets.CI_METHODS)
@pytest.mark.parametrize("name", NAMES)
def test_pool_agrees_with_metafor_at_another_level(name: str, ci_method: str) -> None:
    content = datasets.load(name)
    yi, vi = datasets.studies(content)

    fit = pool(yi, vi, ci_method=ci_method, level=0.8)

    answer = datasets.answer_of(content["level_80"], "REML", ci_method)
    found = differences(fit, answer, typical=typical_variance(vi))
    assert max(found.values()) <= EXACT, found


@pytest.mark.parametrize(("part", "level"), [("tight", 0.95), ("level_80", 0.8)])
@pytest.mark.parametrize("name", NAMES)
def test_profile_interval_agrees_with_metafor(name: str, part: str, level: float) -> None:
    content = datasets.load(name)
    yi, vi = datasets.studies(content)
    answer, typical = content["profile"][part], typical_variance(vi)

    interval = profile_tau2(yi, vi, level=level)
    fit = pool(yi, vi, level=level)

    assert (interval is None) == answer["is_empty"]
    if interval is not None:
        assert difference(interval.tau2_ci_lower, answer["ci.lb"], floor=typical) <= EXACT
        assert difference(interval.tau2_ci_upper, answer["ci.ub"], floor=typical) <= EXACT
        assert (fit.tau2_ci_lower, fit.tau2_ci_upper) == (interval.tau2_ci_lower, interval.tau2_ci_upper)


@pytest.mark.parametrize(
    ("part", "tau2_method", "level"), [("ML", "ML", 0.95), ("REML", "REML", 0.95), ("REML_80", "REML", 0.8)]
)
@pytest.mark.parametrize("name", NAMES)
def test_profile_likelihood_interval_agrees_with_metafor(name: str, part: str, tau2_method: str, level: float) -> None:
    content = datasets.load(name)
    yi, vi = datasets.studies(content)
    answer, typical = content["profile_likelihood"][part], typical_variance(vi)

    interval = profile_likelihood_tau2(yi, vi, tau2_method=tau2_method, level=level)

    assert difference(interval.tau2_ci_lower, answer["ci.lb"], floor=typical) <= EXACT
    assert difference(interval.tau2_ci_upper, answer["ci.ub"], floor=typical) <= EXACT


@pytest.mark.parametrize("name", [name for name in NAMES if datasets.DATASETS[name][1] > 2])
def test_leave_one_out_agrees_with_metafor(name: str) -> None:
    content = datasets.load(name)
    yi, vi = datasets.studies(content)
    answer, typical = content["leave_one_out"], typical_variance(vi)

    left = leave_one_out(yi, vi)

    smallest = float(np.min(left.se))
    assert left.i2 is not None
    assert worst(left.estimate, answer["estimate"], floor=smallest) <= EXACT
    assert worst(left.se, answer["se"]) <= EXACT
    assert worst(left.ci_lower, answer["ci.lb"], floor=smallest) <= EXACT
    assert worst(left.ci_upper, answer["ci.ub"], floor=smallest) <= EXACT
    assert worst_p_value(left.p_value, answer["pval"]) <= EXACT
    assert worst(left.tau2, answer["tau2"], floor=typical) <= EXACT
    assert worst(np.asarray(left.i2) * 100.0, answer["I2"], floor=100.0) <= EXACT
    assert worst(left.q, answer["Q"], floor=1e-12) <= EXACT


@pytest.mark.parametrize("tau2_method", datasets.ITERATED)
@pytest.mark.parametrize("name", NAMES)
def test_iterations_agree_with_metafor_as_it_comes_within_its_own_step(name: str, tau2_method: str) -> None:
    content = datasets.load(name)

    fit = pool(*datasets.studies(content), tau2_method=tau2_method)

    default = datasets.answer_of(content["default"], tau2_method, "hksj")
    assert abs(fit.tau2 - default["tau2"]) <= DEFAULT_STEP[tau2_method]


def test_bcg_reads_as_published() -> None:
    content = datasets.load("bcg-RR")

    fit = pool(*datasets.studies(content))

    # The printed digits decide: half a unit of the last one.
    assert fit.estimate == pytest.approx(-0.7145323422, abs=5e-11)
    assert fit.tau2 == pytest.approx(0.3132432581, abs=1e-10)
    assert (fit.ci_lower, fit.ci_upper) == pytest.approx((-1.1084437, -0.3206210), abs=5e-8)
    # metafor as it comes knows the ends of this interval to 1.2e-4 only.
    default = content["profile"]["default"]
    assert (default["ci.lb"], default["ci.ub"]) == pytest.approx((0.1196953, 1.111486), abs=5e-7)
    assert (fit.tau2_ci_lower, fit.tau2_ci_upper) == pytest.approx((0.1196953, 1.111486), abs=UNIROOT_STEP)


def test_bcg_profile_ends_solve_their_equation() -> None:
    from scipy import stats

    yi, vi = datasets.studies(datasets.load("bcg-RR"))

    interval = profile_tau2(yi, vi)

    # The definition itself: Q at the ends is the chi-squared quantile. Double precision of a sum of 13 terms.
    assert interval is not None
    for tau2, tail in ((interval.tau2_ci_lower, 0.975), (interval.tau2_ci_upper, 0.025)):
        q = measure_heterogeneity(yi, vi + tau2).q
        assert q == pytest.approx(stats.chi2.ppf(tail, 12), rel=1e-13)


def test_gibson_takes_the_higher_of_two_maxima() -> None:
    """Where pymetaanalysis says 0: REML of the mean differences has a second, lower maximum there."""
    yi, vi = datasets.studies(datasets.load("gibson2002-MD"))

    fit = pool(yi, vi)

    model = Likelihood(yi=yi, vi=vi, restricted=True)
    assert (fit.tau2, fit.estimate) == (pytest.approx(9.68, abs=5e-3), pytest.approx(-2.457, abs=5e-4))
    assert log_likelihood(model, fit.tau2) > log_likelihood(model, 0.0)
