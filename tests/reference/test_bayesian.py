"""The Bayesian model agrees with adaptive quadrature in R and with what bayesmeta's vignette prints."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.bayesian import (
    DEFAULT_PRIORS,
    BayesianFit,
    HalfCauchy,
    HalfNormal,
    HalfT,
    LogNormal,
    Normal,
    Posterior,
    Uniform,
    fit_bayesian,
)

FOLDER = Path(__file__).with_name("bayesian")
REFERENCE = json.loads((FOLDER / "quadrature.json").read_text(encoding="utf-8"))
PUBLISHED = json.loads((FOLDER / "published.json").read_text(encoding="utf-8"))
PRIORS = {
    "half_normal": HalfNormal,
    "half_t": HalfT,
    "half_cauchy": HalfCauchy,
    "log_normal": LogNormal,
    "uniform_upper": Uniform,
}
# R's integrate stops at 1e-12 of each of some twenty pieces, and uniroot at the last digit of a quantile; both add up
# some hundred terms. The worst seen is 5e-13.
QUADRATURE = 1e-11
# Where a density is a millionth of its top, its relative error is a million times that of the integral: 2e-10 seen.
TAIL_DENSITY = 1e-9
# The vignette prints seven significant digits.
PRINTED = 6e-7
# bayesmeta replaces the posterior of tau by a few dozen points: a divergence of 0.01 by default (Roever and Friede,
# 2017, doi:10.1080/10618600.2016.1276840), which moves what concerns an effect by up to 3e-3 of its standard deviation.
BAYESMETA_GRID = 4e-3


def refit(case: dict[str, Any]) -> BayesianFit:
    """Return the fit of one case."""
    data, mu_prior = REFERENCE["data"][case["data"]], case["mu_prior"]
    name = case["prior"]
    tau_prior = name if name in DEFAULT_PRIORS else PRIORS[name](*case["parameters"])
    return fit_bayesian(
        data["yi"], data["vi"], tau_prior=tau_prior, mu_prior=None if mu_prior is None else Normal(**mu_prior)
    )


def differences(posterior: Posterior, answer: dict[str, Any], at: list[float]) -> dict[str, float]:
    """Return the largest difference of each quantity; quantiles and mean in units of the middle half."""
    lower, upper = posterior.quantile([0.25, 0.75])
    found = {
        "cdf": np.max(np.abs(posterior.cdf(at) - answer["cdf"])),
        "density": np.max(np.abs(posterior.density(at) / answer["density"] - 1.0)),
        "quantiles": np.max(np.abs(posterior.quantile(REFERENCE["probabilities"]) - answer["quantiles"]))
        / (upper - lower),
    }
    if "mean" in answer:
        found["mean"] = abs(posterior.mean - answer["mean"]) / (upper - lower)
    if "sd" in answer:
        found["sd"] = abs(posterior.sd / answer["sd"] - 1.0)
    return {name: float(value) for name, value in found.items()}


@pytest.mark.parametrize("name", REFERENCE["cases"])
def test_posteriors_agree_with_quadrature(name: str) -> None:
    case = REFERENCE["cases"][name]
    answer, fit = case["answer"], refit(case)

    for quantity, at in (("mu", answer["at"]), ("theta_new", answer["at"]), ("tau", answer["tau_at"])):
        found = differences(getattr(fit, quantity), answer[quantity], at)
        assert found.pop("density") <= TAIL_DENSITY, quantity
        assert max(found.values()) <= QUADRATURE, (quantity, found)
    np.testing.assert_allclose(fit.weights, answer["weights"], rtol=QUADRATURE)


@pytest.mark.parametrize("name", REFERENCE["cases"])
def test_moments_exist_where_quadrature_finds_them(name: str) -> None:
    case = REFERENCE["cases"][name]
    answer, fit = case["answer"], refit(case)

    assert (fit.tau.mean is None) == ("mean" not in answer["tau"])
    assert (fit.tau.sd is None) == ("sd" not in answer["tau"])
    assert (fit.mu.mean is None) == ("mean" not in answer["mu"])
    assert (fit.mu.sd is None) == ("sd" not in answer["mu"])
    assert (fit.theta_new.sd is None) == ("sd" not in answer["theta_new"])


@pytest.mark.parametrize("name", REFERENCE["cases"])
def test_shrinkage_agrees_with_quadrature(name: str) -> None:
    case = REFERENCE["cases"][name]
    answer, posteriors = case["answer"], refit(case).shrink()

    for study in answer["theta"]:
        posterior = posteriors[study["index"]]
        assert posterior.mean == pytest.approx(study["mean"], abs=QUADRATURE * study["sd"])
        assert posterior.sd == pytest.approx(study["sd"], rel=QUADRATURE)
        np.testing.assert_allclose(posterior.cdf(answer["at"]), study["cdf"], rtol=0.0, atol=QUADRATURE)


@pytest.mark.parametrize("name", REFERENCE["cases"])
def test_evidence_agrees_with_quadrature(name: str) -> None:
    case = REFERENCE["cases"][name]
    answer, fit = case["answer"], refit(case)

    for quantity in ("log_marginal_likelihood", "log_bayes_factor_tau", "log_bayes_factor_mu"):
        if quantity in answer:
            assert getattr(fit, quantity) == pytest.approx(answer[quantity], abs=QUADRATURE), quantity
        else:
            assert getattr(fit, quantity) is None


def test_references_cover_every_prior() -> None:
    cases = REFERENCE["cases"].values()

    assert {case["prior"] for case in cases} == {*PRIORS, *DEFAULT_PRIORS}
    assert {len(REFERENCE["data"][case["data"]]["yi"]) for case in cases} >= {1, 2, 6, 8, 13, 19}
    assert {case["mu_prior"] is None for case in cases} == {True, False}


def eight_schools() -> BayesianFit:
    """Return the fit of the vignette."""
    return fit_bayesian(
        PUBLISHED["yi"],
        np.square(PUBLISHED["sei"]),
        tau_prior=HalfCauchy(**PUBLISHED["tau_prior"]),
        mu_prior=Normal(**PUBLISHED["mu_prior"]),
    )


def test_eight_schools_have_the_tau_that_bayesmeta_prints() -> None:
    tau = eight_schools().tau

    for quantity, expected in PUBLISHED["tau"].items():
        assert getattr(tau, quantity) == pytest.approx(expected, abs=PRINTED), quantity
    assert tau.credible_interval(interval="central") == pytest.approx(PUBLISHED["tau_central"], abs=PRINTED)


def test_eight_schools_have_the_effects_that_bayesmeta_prints() -> None:
    fit = eight_schools()
    shrunken = fit.shrink()

    pairs = [(fit.mu, PUBLISHED["mu"])] + [(shrunken[int(index)], row) for index, row in PUBLISHED["theta"].items()]
    for posterior, expected in pairs:
        for quantity, value in expected.items():
            off = abs(getattr(posterior, quantity) - value) / expected["sd"]
            # The top of a density is flat: its place moves farther than the rest, 5e-3 of a standard deviation.
            assert off <= BAYESMETA_GRID * (1.5 if quantity == "mode" else 1.0), (quantity, off)
    assert fit.mu.probability_beyond(0.0) == pytest.approx(PUBLISHED["mu_above_zero"], abs=BAYESMETA_GRID)
    assert float(fit.mu.quantile(0.95)) == pytest.approx(PUBLISHED["mu_quantile_95"], abs=BAYESMETA_GRID)


def test_eight_schools_have_the_maxima_that_bayesmeta_prints() -> None:
    maxima = eight_schools().maximise()

    for quantity, expected in PUBLISHED["maxima"].items():
        is_exact = quantity not in {"ml_marginal_mu", "map_marginal_mu"}
        tolerance = PRINTED if is_exact else BAYESMETA_GRID
        assert getattr(maxima, quantity) == pytest.approx(expected, abs=tolerance), quantity
