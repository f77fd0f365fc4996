"""The numbers of Viechtbauer (2010), Journal of Statistical Software 36(3), doi:10.18637/jss.v036.i03, page by page.

The example is the BCG vaccine (Colditz et al. 1994, doi:10.1001/jama.1994.03510330076038). The article's searches stop
at a step of tau2 below 1e-5, the engine goes on to double precision.
"""

from typing import Any

import numpy as np
import pytest

from analysis import engine
from tests.reference.test_published import BCG, LATITUDE, YEAR, matches

ALLOCATION = [*["random"] * 4, *["alternate"] * 2, *["random"] * 3, *["systematic"] * 4]
# The search for tau2 leaves up to 4.2e-5 of five numbers of page 16: QM, and the intercept (at the year 0) with its
# standard error and limits. All others agree to half a unit of their last digit.
SEARCH = 5e-5
# Page 24: exp(estimate), z, exp(limits), Q, tau2, I2, H2 without each trial in turn.
LEFT_OUT = """
0.493 -3.722 0.340 0.716 151.583 0.336 93.226 14.762
0.520 -3.620 0.365 0.741 145.318 0.293 92.254 12.910
0.504 -3.692 0.350 0.725 150.197 0.321 92.935 14.155
0.533 -3.558 0.377 0.754  96.563 0.263 90.412 10.430
0.466 -3.984 0.320 0.678 151.320 0.328 92.763 13.819
0.491 -3.550 0.332 0.727 128.187 0.360 90.912 11.003
0.519 -3.631 0.365 0.740 145.830 0.293 92.278 12.950
0.452 -4.418 0.317 0.643  67.986 0.273 87.031  7.711
0.477 -3.769 0.324 0.701 152.205 0.349 93.213 14.735
0.520 -3.544 0.363 0.747 139.827 0.299 92.232 12.874
0.469 -3.871 0.319 0.688 151.466 0.340 91.811 12.211
0.468 -4.173 0.327 0.668 150.787 0.308 92.678 13.658
0.460 -4.191 0.319 0.661 149.788 0.304 92.344 13.062
"""
# Page 33, figure 9: exp(estimate) and limits, the trials added by year, the last one at the top of the figure.
ADDED = """
0.41 0.13 1.26
0.27 0.13 0.53
0.38 0.23 0.61
0.37 0.24 0.57
0.33 0.22 0.49
0.38 0.26 0.55
0.41 0.28 0.59
0.45 0.31 0.67
0.42 0.29 0.62
0.46 0.32 0.65
0.49 0.35 0.70
0.45 0.32 0.64
0.49 0.34 0.70
"""
# Page 17: exp(prediction), its confidence and its prediction limits, at 10 to 60 degrees in 1970.
PREDICTED = """
0.9345 0.5833 1.4973 0.4179 2.0899
0.7062 0.5149 0.9686 0.3421 1.4579
0.5337 0.4196 0.6789 0.2663 1.0697
0.4033 0.2956 0.5502 0.1958 0.8306
0.3048 0.1916 0.4848 0.1369 0.6787
0.2303 0.1209 0.4386 0.0921 0.5761
"""


@pytest.fixture(scope="module")
def bcg() -> engine.Effects:
    """Log risk ratios of the 13 trials."""
    return engine.escalc("RR", **BCG)


def check(found: Any, text: str, *, near: float = 0.0) -> None:
    """Compare numbers with a line of the article; `near` is what its search leaves, a fraction of each number."""
    for value, expected in zip(np.atleast_1d(found), text.split(), strict=True):
        assert matches(value, expected) or abs(value / float(expected) - 1.0) <= near, (value, expected)


def mixed(bcg: engine.Effects, **mods: Any) -> Any:
    """Return a model with normal intervals."""
    return engine.pool(bcg.yi, bcg.vi, mods=mods, ci_method="wald")


def test_random_effects_model(bcg: engine.Effects) -> None:
    """Section 3.4, page 14, and the prediction interval of page 21."""
    fit = engine.pool(bcg.yi, bcg.vi, ci_method="wald")
    interval = engine.profile_tau2(bcg.yi, bcg.vi)

    assert fit.i2 is not None
    assert interval is not None
    check([fit.tau2, fit.tau2_se, fit.tau, 100.0 * fit.i2], "0.3132 0.1664 0.5597 92.22")
    check([100.0 * fit.i2, fit.h2], "92.2214 12.8558")
    check([fit.q_df, fit.q], "12 152.2330")
    check([fit.estimate, fit.se, fit.statistic], "-0.7145 0.1798 -3.9744")
    check([fit.ci_lower, fit.ci_upper], "-1.0669 -0.3622")
    check([interval.tau2_ci_lower, interval.tau2_ci_upper], "0.1197 1.1115")
    numbers: list[Any] = [fit.estimate, fit.ci_lower, fit.ci_upper, fit.pi_lower, fit.pi_upper]
    check(np.exp(numbers), "0.49 0.34 0.70 0.15 1.55")


def test_mixed_effects_model(bcg: engine.Effects) -> None:
    """Page 16: absolute latitude and year of publication."""
    fit = mixed(bcg, ablat=LATITUDE, year=YEAR)

    check([fit.tau2, fit.tau2_se, fit.tau], "0.1108 0.0845 0.3328")
    check([fit.q_df, fit.q, fit.q_p_value], "10 28.3251 0.0016")
    check([fit.qm_df[0], fit.qm, fit.qm_p_value], "2 12.2043 0.0022", near=SEARCH)
    check([100.0 * fit.r2], "65")
    check(fit.estimate, "-3.5455 -0.0280 0.0019", near=SEARCH)
    check(fit.se, "29.0959 0.0102 0.0147", near=SEARCH)
    check(fit.statistic, "-0.1219 -2.7371 0.1299")
    check(fit.p_value, "0.9030 0.0062 0.8966")
    check(fit.ci_lower, "-60.5724 -0.0481 -0.0269", near=SEARCH)
    check(fit.ci_upper, "53.4814 -0.0080 0.0307", near=SEARCH)


def test_predicted_effects(bcg: engine.Effects) -> None:
    """Page 17: at 10 to 60 degrees in 1970, with normal prediction intervals."""
    fit = mixed(bcg, ablat=LATITUDE, year=YEAR)

    found = engine.predict(fit, [[1.0, degrees, 1970.0] for degrees in range(10, 70, 10)])

    for prediction, line in zip(found, PREDICTED.split("\n")[1:-1], strict=True):
        limits = [prediction.ci_lower, prediction.ci_upper, prediction.pi_lower, prediction.pi_upper]
        numbers: list[Any] = [prediction.estimate, *limits]
        check(np.exp(numbers), line)


def test_methods_of_allocation(bcg: engine.Effects) -> None:
    """Page 19: a mean for each method, and differences from random allocation."""
    dummies = {name: [float(label == name) for label in ALLOCATION] for name in ("alternate", "systematic")}

    fit = mixed(bcg, **dummies)

    check([fit.qm_df[0], fit.qm, fit.qm_p_value], "2 1.7675 0.4132")
    check(fit.estimate, "-0.9658 0.4478 0.5369")
    check(fit.se, "0.2672 0.5158 0.4364")
    check(fit.statistic, "-3.6138 0.8682 1.2303")
    check(fit.p_value, "0.0003 0.3853 0.2186")


def test_methods_of_allocation_by_hartung_and_knapp(bcg: engine.Effects) -> None:
    """Page 20: differences from alternate allocation, with latitude."""
    dummies = {name: [float(label == name) for label in ALLOCATION] for name in ("random", "systematic")}

    fit = engine.pool(bcg.yi, bcg.vi, mods=dummies | {"ablat": LATITUDE}, ci_method="hksj")

    check([fit.tau2, fit.tau2_se, fit.tau], "0.1446 0.1124 0.3803")
    check([fit.q, fit.q_p_value], "26.2034 0.0019")
    check([*fit.qm_df, fit.qm, fit.qm_p_value], "3 9 3.4471 0.0650")
    check(fit.estimate, "0.2932 -0.2675 0.0585 -0.0273")
    check(fit.se, "0.4188 0.3624 0.3925 0.0095")
    check(fit.p_value, "0.5016 0.4793 0.8849 0.0186")
    check(fit.ci_lower, "-0.6543 -1.0873 -0.8294 -0.0488")
    check(fit.ci_upper, "1.2407 0.5523 0.9463 -0.0058")


def test_studentised_residuals(bcg: engine.Effects) -> None:
    """Page 23: trials 1 to 4, 7, 12 and 13 in the model with latitude and year."""
    mods = {"ablat": LATITUDE, "year": YEAR}

    found = engine.influence(bcg.yi, bcg.vi, mods=mods, ci_method="wald").rstudent

    rows = np.array([1, 2, 3, 4, 7, 12, 13]) - 1
    # Another tau2 for each trial left out, each with its own step of 1e-5.
    check(found[rows], "0.2978 -0.4303 -0.5100 -1.4032 -2.5961 1.4677 2.1302")


def test_leave_one_out(bcg: engine.Effects) -> None:
    """Page 24."""
    found = engine.leave_one_out(bcg.yi, bcg.vi, ci_method="wald")
    limits = np.exp([found.estimate, found.ci_lower, found.ci_upper])
    assert found.q is not None
    assert found.i2 is not None

    columns = [limits[0], found.statistic, limits[1], limits[2], found.q, found.tau2, 100.0 * found.i2, found.h2]
    for row, line in zip(np.transpose(columns), LEFT_OUT.split("\n")[1:-1], strict=True):
        check(row, line)


def test_cumulative_effects(bcg: engine.Effects) -> None:
    """Page 33, figure 9: trials by year of publication."""
    found = engine.cumulative(bcg.yi, bcg.vi, order=np.argsort(YEAR, kind="stable"), ci_method="wald")

    for row, line in zip(
        np.exp([found.estimate, found.ci_lower, found.ci_upper]).T, ADDED.split("\n")[1:-1], strict=True
    ):
        check(row, line)


def test_funnel_asymmetry(bcg: engine.Effects) -> None:
    """Pages 30 and 31: Egger's weighted regression, and the sample size beside latitude and year."""
    ni = np.sum(list(BCG.values()), axis=0)

    egger = engine.egger_lm(bcg.yi, bcg.vi)
    fit = mixed(bcg, ablat=LATITUDE, year=YEAR, ni=ni)

    check([egger.statistic, egger.df, egger.p_value], "-1.4013 11 0.1887")
    check([fit.statistic[3], fit.p_value[3]], "0.7470 0.4550")


def test_trim_and_fill(bcg: engine.Effects) -> None:
    """Pages 31 and 32: equal effects, four trials on the right side."""
    found = engine.trim_and_fill(bcg.yi, bcg.vi, tau2_method="CE", ci_method="wald")

    pooled = found.pooled
    assert (found.k0, found.side) == (4, "right")
    check([pooled.q_df, pooled.q], "16 262.7316")
    check([pooled.estimate, pooled.se, pooled.statistic], "-0.2910 0.0383 -7.6057")
    check([pooled.ci_lower, pooled.ci_upper], "-0.3660 -0.2160")


def test_maximum_likelihood_with_and_without_latitude(bcg: engine.Effects) -> None:
    """Page 34: tau2 and Q of both models."""
    full = engine.pool(bcg.yi, bcg.vi, mods={"ablat": LATITUDE}, tau2_method="ML", ci_method="wald")
    reduced = engine.pool(bcg.yi, bcg.vi, tau2_method="ML", ci_method="wald")

    check([full.q, full.tau2], "30.7331 0.0344")
    check([reduced.q, reduced.tau2], "152.2330 0.2800")


def test_exact_permutation_test(bcg: engine.Effects) -> None:
    """Page 35: 8192 sign flips."""
    found = engine.permutation_test(bcg.yi, bcg.vi, exact=True, ci_method="wald")

    assert (found.is_exact, found.permutations) == (True, 2**13)
    check([found.statistic[0], found.p_value[0]], "-3.9744 0.0015")
