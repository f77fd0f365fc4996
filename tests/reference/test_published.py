"""Worked examples as they are printed in the literature, to their last printed digit.

More of them are in test_published_viechtbauer.py, test_published_pooling.py, test_published_robust.py and
test_published_bayesian.py.
"""

from typing import Any

import numpy as np
import pytest

from analysis import engine

# Viechtbauer (2010), Journal of Statistical Software 36(3), doi:10.18637/jss.v036.i03: trials of the BCG vaccine
# (Colditz et al. 1994, doi:10.1001/jama.1994.03510330076038).
BCG = {
    "ai": [4, 6, 3, 62, 33, 180, 8, 505, 29, 17, 186, 5, 27],
    "bi": [119, 300, 228, 13536, 5036, 1361, 2537, 87886, 7470, 1699, 50448, 2493, 16886],
    "ci": [11, 29, 11, 248, 47, 372, 10, 499, 45, 65, 141, 3, 29],
    "di": [128, 274, 209, 12619, 5761, 1079, 619, 87892, 7232, 1600, 27197, 2338, 17825],
}
LATITUDE = [44, 55, 42, 52, 13, 44, 19, 13, 27, 42, 18, 33, 33]
YEAR = [1948, 1949, 1960, 1977, 1973, 1953, 1973, 1980, 1968, 1961, 1974, 1969, 1976]


def printed(values: list[float], digits: int) -> list[float]:
    """Return the values as a page prints them."""
    return [round(float(value), digits) for value in values]


def matches(found: float, text: str) -> bool:
    """Tell whether a number is within half a unit of the last digit of its printed text."""
    decimals = len(text.partition(".")[2])
    # A number that ends on a 5 may be rounded either way: rounding of the difference itself is allowed for.
    return abs(float(found) - float(text)) <= 0.5 * 10.0**-decimals + 1e-12 * abs(float(text))


def test_i2_and_h2_are_those_of_higgins_and_thompson() -> None:
    """Higgins and Thompson (2002), doi:10.1002/sim.1186: H2 = Q / (k - 1) and I2 = 1 - 1 / H2, by definition."""
    # Five studies of variance 1 whose effects have the sum of squares 12: Q = 12 on 4 degrees of freedom.
    yi = np.sqrt(12.0 / 10.0) * np.array([-2.0, -1.0, 0.0, 1.0, 2.0])

    found = engine.measure_heterogeneity(yi, np.ones(5))

    assert found.q == pytest.approx(12.0, rel=1e-14)
    assert found.h2 == pytest.approx(3.0, rel=1e-14)
    assert found.i2 == pytest.approx(2.0 / 3.0, rel=1e-14)


# Higgins et al. (2003), BMJ 327(7414):557-560, doi:10.1136/bmj.327.7414.557, figure 1: amantadine against influenza.
AMANTADINE: dict[str, Any] = {
    "ai": [16, 1, 8, 9, 32, 15, 2, 3],
    "n1i": [141, 53, 136, 59, 95, 107, 113, 317],
    "ci": [41, 8, 28, 9, 59, 20, 27, 5],
    "n2i": [152, 52, 139, 51, 97, 99, 132, 159],
}


def test_inconsistency_of_the_amantadine_trials_is_that_of_higgins() -> None:
    """P = 0.09 and I2 = 44%: of Q around the Mantel-Haenszel odds ratio; inverse variances have 12.2 and 43%.

    Read in the script x-Higgins2003-heterogeneity-test-validation.R of github.com/jadebc-berkeley/13beaches-coliphage.
    """
    effects = engine.escalc("OR", **AMANTADINE)

    pooled = engine.pool_mantel_haenszel(**AMANTADINE, measure="OR")
    inverse = engine.measure_heterogeneity(effects.yi, effects.vi)

    assert pooled.q_p_value is not None
    assert pooled.i2 is not None
    assert matches(pooled.q_p_value, "0.09")
    assert matches(100.0 * pooled.i2, "44")
    assert matches(inverse.q, "12.2")
    assert matches(inverse.q_p_value, "0.09")
    assert matches(100.0 * inverse.i2, "43")


def test_dersimonian_laird_is_the_moment_estimate() -> None:
    """DerSimonian and Laird (1986), doi:10.1016/0197-2456(86)90046-2, worked by hand with weights 1, 2 and 4.

    The mean of 0, 1 and 3 is 14 / 7 = 2; Q = 4 + 2 + 4 = 10; the scale is 7 - 21 / 7 = 4; tau2 = (10 - 2) / 4 = 2.
    """
    fit = engine.pool([0.0, 1.0, 3.0], [1.0, 0.5, 0.25], tau2_method="DL", ci_method="wald")

    weights = np.array([1.0 / 3.0, 1.0 / 2.5, 1.0 / 2.25])
    assert fit.q == pytest.approx(10.0, rel=1e-14)
    assert fit.tau2 == pytest.approx(2.0, rel=1e-14)
    assert fit.estimate == pytest.approx(float(weights @ [0.0, 1.0, 3.0]) / weights.sum(), rel=1e-14)
    assert fit.se == pytest.approx(weights.sum() ** -0.5, rel=1e-14)


# Hardy and Thompson (1996), doi:10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A: nine trials of
# diuretics against pre-eclampsia (Collins, Yusuf and Peto 1985, doi:10.1136/bmj.290.6461.17).
DIURETICS = {
    "ai": [14, 21, 14, 6, 12, 138, 15, 6, 65],
    "n1i": [131, 385, 57, 38, 1011, 1370, 506, 108, 153],
    "ci": [14, 17, 24, 18, 35, 175, 20, 2, 40],
    "n2i": [136, 134, 48, 40, 760, 1336, 524, 103, 102],
}


def test_likelihood_of_the_diuretics_trials_is_that_of_hardy_and_thompson() -> None:
    """The paper prints tau2 by moments and by maximum likelihood, its profile interval, and the log odds ratio."""
    effects = engine.escalc("OR", **DIURETICS)

    moments = engine.pool(effects.yi, effects.vi, tau2_method="DL", ci_method="wald")
    likelihood = engine.pool(effects.yi, effects.vi, tau2_method="ML", ci_method="wald")
    interval = engine.profile_likelihood_tau2(effects.yi, effects.vi, tau2_method="ML")

    assert printed([moments.tau2, moments.estimate, moments.ci_lower, moments.ci_upper], 2) == [
        *(0.23, -0.52, -0.92, -0.12)
    ]
    assert printed([likelihood.tau2, likelihood.estimate], 2) == [0.24, -0.52]
    assert printed([interval.tau2_ci_lower, interval.tau2_ci_upper], 2) == [0.03, 1.13]
