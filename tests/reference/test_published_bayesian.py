"""The Bayesian model and the limit meta-analysis agree with what bayesmeta and metasens print."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import engine
from analysis.engine.bayesian import BayesianFit, HalfNormal, Normal, Posterior, fit_bayesian
from tests.reference.test_published import matches

FOLDER = Path(__file__).with_name("published")
CASES = json.loads((FOLDER / "bayesmeta.json").read_text(encoding="utf-8"))
LIMIT = json.loads((FOLDER / "limit.json").read_text(encoding="utf-8"))
# bayesmeta replaces the posterior of tau by a few dozen points (README.md), which moves what concerns an effect by up
# to 6e-4 of its standard deviation here, the flat top of a density farther than the rest.
GRID = 1e-3
# It takes the highest point of both parameters from a general optimiser: on the data of Snedecor and Cochran, where
# likelihood and posterior are the same function, it prints 7.164926 and 7.165168.
OPTIMISER = 2e-3
# It takes the ends of the shortest interval and the mode from optimize(), whose tolerance is 1.2e-4 of the range.
SEARCH = 2e-5
# Effects and limits printed with four decimals: estimates are off by up to 5e-5, their standard errors by 2.6e-5.
ROUNDED = 1e-4


def refit(case: dict[str, Any]) -> BayesianFit:
    """Return the fit of one case; standard errors come from the printed intervals where there is no variance."""
    vi = case.get("vi")
    if vi is None:
        width = np.subtract(case["ci_upper"], case["ci_lower"])
        vi = np.square(width / (2.0 * 1.959963984540054))
    prior = case["tau_prior"]
    mu_prior = case.get("mu_prior")
    return fit_bayesian(
        case["yi"],
        vi,
        tau_prior=prior if isinstance(prior, str) else HalfNormal(prior["half_normal"]),
        mu_prior=None if mu_prior is None else Normal(**mu_prior),
    )


def check(posterior: Posterior, printed: dict[str, str], *, tolerance: float) -> None:
    """Compare a posterior with what is printed of it."""
    for quantity, text in printed.items():
        allowed = tolerance * (1.5 if quantity == "mode" else 1.0)
        assert getattr(posterior, quantity) == pytest.approx(float(text), abs=allowed), quantity


@pytest.mark.parametrize("name", CASES)
def test_maxima_are_those_that_bayesmeta_prints(name: str) -> None:
    case = CASES[name]
    maxima, rounding = refit(case).maximise(), 0.0 if "vi" in case else ROUNDED
    spread = float(np.std(case["yi"]))

    for quantity, text in case["maxima"].items():
        is_joint = quantity in {"ml_tau", "ml_mu", "map_tau", "map_mu"}
        tolerance = OPTIMISER if is_joint else GRID * spread if quantity.endswith("mu") else SEARCH
        assert getattr(maxima, quantity) == pytest.approx(float(text), abs=tolerance + rounding), quantity


def test_joint_maximum_is_that_of_maximum_likelihood() -> None:
    case = CASES["snedecor1967"]

    maxima, pooled = refit(case).maximise(), engine.pool(case["yi"], case["vi"], tau2_method="ML", ci_method="wald")

    # Two searches in double precision, both flat at the top.
    assert maxima.ml_tau == pytest.approx(pooled.tau, rel=1e-7)
    assert maxima.ml_mu == pytest.approx(pooled.estimate, rel=1e-9)


def test_three_measurements_have_the_tau_that_bayesmeta_prints() -> None:
    case = CASES["okumura2018"]
    tau = refit(case).tau

    assert matches(tau.median, case["tau"]["median"])
    assert tau.mean is not None
    assert matches(tau.mean, case["tau"]["mean"])
    assert tau.sd is None  # Printed as NA.
    check(tau, case["tau"], tolerance=SEARCH)


def test_three_measurements_have_the_effects_that_bayesmeta_prints() -> None:
    """The standard deviation of mu is infinite here and None in the engine; bayesmeta prints 3.947427."""
    case = CASES["okumura2018"]
    fit = refit(case)

    check(fit.mu, case["mu"], tolerance=GRID * 3.947427)
    assert fit.mu.sd is None
    for posterior, printed in zip(fit.shrink(), case["theta"], strict=True):
        check(posterior, printed, tolerance=GRID * float(printed["sd"]))


@pytest.mark.parametrize("name", ["sypres-mdma", "sypres-psilocybin"])
def test_half_normal_priors_give_what_bayesmeta_prints(name: str) -> None:
    case = CASES[name]
    fit = refit(case)

    check(fit.tau, case["tau"], tolerance=ROUNDED)
    check(fit.mu, case["mu"], tolerance=ROUNDED + GRID * float(case["mu"]["sd"]))


def test_limit_meta_analysis_is_that_of_metasens() -> None:
    """The output has fifteen digits; sums of ten terms in another order leave 1e-13."""
    found = engine.limit_meta_analysis(LIMIT["yi"], np.square(LIMIT["sei"]), tau2_method="DL")

    parts = found.heterogeneity
    answers = {
        "TE_random": found.unadjusted.estimate,
        "seTE_random": found.unadjusted.se,
        "tau2": found.tau2,
        "Q": parts.q,
        "Q_small": parts.q_small,
        "Q_resid": parts.q_residual,
        "G_squared": found.g2,
        "alpha_r": found.bias,
        "beta_r": found.slope,
        "TE_adjust": found.estimate,
        "seTE_adjust": found.se,
    }
    for name, value in answers.items():
        assert value == pytest.approx(float(LIMIT[name]), rel=1e-12), name
    np.testing.assert_allclose(found.limit_yi, [float(text) for text in LIMIT["TE_limit"]], rtol=1e-12)
