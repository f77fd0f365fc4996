"""Pooling agrees with metafor: every data set, method and interval."""

import numpy as np
import pytest

from analysis.engine import leave_one_out, measure_heterogeneity, pool, profile_tau2
from tests.reference import datasets
from tests.reference.agreement import DEFAULT_STEP, EXACT, UNIROOT_STEP, difference, differences

NAMES = tuple(datasets.DATASETS)


def typical_variance(vi: np.ndarray) -> float:
    """Return the "typical" sampling variance, against which tau2 is large or small."""
    wi = 1.0 / vi
    return float((vi.size - 1) * wi.sum() / (wi.sum() ** 2 - (wi**2).sum()))


def studies(name: str) -> tuple[dict, np.ndarray, np.ndarray]:
    """Return a file with its effects and variances."""
    content = datasets.load(name)
    return content, np.array(content["yi"]), np.array(content["vi"])


@pytest.mark.parametrize("ci_method", datasets.CI_METHODS)
@pytest.mark.parametrize("tau2_method", datasets.TAU2_METHODS)
@pytest.mark.parametrize("name", NAMES)
def test_pool_agrees_with_metafor(name: str, tau2_method: str, ci_method: str) -> None:
    content, yi, vi = studies(name)
    answer = content["tight"][datasets.TAU2_METHODS[tau2_method]][datasets.CI_METHODS[ci_method]]

    fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)

    found = differences(fit, answer, typical=typical_variance(vi))
    assert max(found.values()) <= EXACT, found
    assert (fit.k, fit.q_df, fit.df) == (answer["k"], answer["k"] - 1, answer["ddf"])


@pytest.mark.parametrize("tau2_method", datasets.TAU2_METHODS)
@pytest.mark.parametrize("name", NAMES)
def test_weights_agree_with_metafor(name: str, tau2_method: str) -> None:
    content, yi, vi = studies(name)

    fit = pool(yi, vi, tau2_method=tau2_method)

    np.testing.assert_allclose(fit.weights, content["weights"][datasets.TAU2_METHODS[tau2_method]], rtol=EXACT)


@pytest.mark.parametrize("ci_method", datasets.CI_METHODS)
@pytest.mark.parametrize("name", NAMES)
def test_pool_agrees_with_metafor_at_another_level(name: str, ci_method: str) -> None:
    content, yi, vi = studies(name)

    fit = pool(yi, vi, ci_method=ci_method, level=0.8)

    found = differences(fit, content["level_80"][datasets.CI_METHODS[ci_method]], typical=typical_variance(vi))
    assert max(found.values()) <= EXACT, found


@pytest.mark.parametrize(("part", "level"), [("tight", 0.95), ("level_80", 0.8)])
@pytest.mark.parametrize("name", NAMES)
def test_profile_interval_agrees_with_metafor(name: str, part: str, level: float) -> None:
    content, yi, vi = studies(name)
    answer, typical = content["profile"][part], typical_variance(vi)

    interval = profile_tau2(yi, vi, level=level)

    assert (interval is None) == answer["is_empty"]
    if interval is not None:
        assert difference(interval.tau2_ci_lower, answer["ci.lb"], floor=typical) <= EXACT
        assert difference(interval.tau2_ci_upper, answer["ci.ub"], floor=typical) <= EXACT


@pytest.mark.parametrize("name", [name for name in NAMES if datasets.DATASETS[name][1] > 2])
def test_leave_one_out_agrees_with_metafor(name: str) -> None:
    content, yi, vi = studies(name)
    answer, typical = content["leave_one_out"], typical_variance(vi)

    left = leave_one_out(yi, vi)

    floor = {
        "tau2": typical,
        "estimate": left.se.min(),
        "ci_lower": left.se.min(),
        "ci_upper": left.se.min(),
        "p_value": 1e-200,
    }
    names = {"ci_lower": "ci.lb", "ci_upper": "ci.ub", "p_value": "pval", "q": "Q"}
    for attribute in ("estimate", "se", "ci_lower", "ci_upper", "p_value", "tau2", "q"):
        expected = answer[names.get(attribute, attribute)]
        np.testing.assert_allclose(
            getattr(left, attribute), expected, rtol=EXACT, atol=EXACT * floor.get(attribute, 0.0), err_msg=attribute
        )
    assert left.i2 is not None
    np.testing.assert_allclose(left.i2, np.array(answer["I2"]) / 100.0, rtol=EXACT, atol=EXACT)


@pytest.mark.parametrize("tau2_method", ["DL", "CE"])
@pytest.mark.parametrize("name", NAMES)
def test_formulas_agree_with_metafor_as_it_comes(name: str, tau2_method: str) -> None:
    content, yi, vi = studies(name)

    fit = pool(yi, vi, tau2_method=tau2_method)

    answer = content["default"][datasets.TAU2_METHODS[tau2_method]]["knha"]
    assert max(differences(fit, answer, typical=typical_variance(vi)).values()) <= EXACT


@pytest.mark.parametrize("tau2_method", DEFAULT_STEP)
@pytest.mark.parametrize("name", NAMES)
def test_iterations_agree_with_metafor_as_it_comes_within_its_own_step(name: str, tau2_method: str) -> None:
    content, yi, vi = studies(name)

    fit = pool(yi, vi, tau2_method=tau2_method)

    assert abs(fit.tau2 - content["default"][tau2_method]["knha"]["tau2"]) <= DEFAULT_STEP[tau2_method]


def test_bcg_reads_as_published() -> None:
    content, yi, vi = studies("bcg-RR")

    fit = pool(yi, vi)

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

    _, yi, vi = studies("bcg-RR")

    interval = profile_tau2(yi, vi)

    # The definition itself: Q at the ends is the chi-squared quantile. Double precision of a sum of 13 terms.
    assert interval is not None
    for tau2, tail in ((interval.tau2_ci_lower, 0.975), (interval.tau2_ci_upper, 0.025)):
        q = measure_heterogeneity(yi, vi + tau2).q
        assert q == pytest.approx(stats.chi2.ppf(tail, 12), rel=1e-13)
