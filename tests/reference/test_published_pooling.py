"""Pooled effects as articles and chapters print them, to half a unit of the last digit."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import engine
from tests.reference.test_published import matches

FOLDER = Path(__file__).with_name("published")
POOLING = json.loads((FOLDER / "pooling.json").read_text(encoding="utf-8"))
COUNTS = json.loads((FOLDER / "counts.json").read_text(encoding="utf-8"))
FITS = [(name, index) for name, case in POOLING.items() for index in range(len(case["fits"]))]
SCALES: dict[str, Any] = {"exp": np.exp, "percent": lambda value: 100.0 * value}


def read(fit: Any, quantity: str) -> Any:
    """Return a quantity of a fit on the scale that its name begins with."""
    *scale, name = quantity.split(" ")
    value = getattr(fit, name)
    return SCALES[scale[0]](value) if scale else value


def check(fit: Any, printed: dict[str, Any]) -> None:
    """Compare a fit with printed numbers; None stands for a number that README.md explains."""
    for quantity, text in printed.items():
        found = np.atleast_1d(read(fit, quantity))
        texts = text if isinstance(text, list) else [text]
        for value, expected in zip(found, texts, strict=True):
            assert expected is None or matches(value, expected), (quantity, value, expected)


def effects(case: dict[str, Any]) -> tuple[Any, Any]:
    """Return effects and variances of a case."""
    data = case["data"]
    if "measure" not in case:
        return data["yi"], data["vi"]
    if case.get("pooled_sd"):
        first, second = np.subtract(data["n1i"], 1), np.subtract(data["n2i"], 1)
        squares = first * np.square(data["sd1i"]) + second * np.square(data["sd2i"])
        sd = np.sqrt(squares / (first + second))
        data = data | {"sd1i": sd, "sd2i": sd}
    found = engine.escalc(case["measure"], **data)
    return found.yi, smooth(data) if case.get("smoothed_variances") else found.vi


def smooth(data: dict[str, Any]) -> Any:
    """Return the variances of log risk ratios with the mean odds over all studies (Berkey et al. 1995)."""
    ai, bi, ci, di = (np.array(data[name], dtype=float) for name in ("ai", "bi", "ci", "di"))
    return np.mean(bi / ai) / (ai + bi) + np.mean(di / ci) / (ci + di)


@pytest.mark.parametrize(("name", "index"), FITS)
def test_pooled_effects_are_those_printed(name: str, index: int) -> None:
    case = POOLING[name]
    asked = case["fits"][index]
    yi, vi = effects(case)
    is_robust = asked["ci_method"] == "robust"
    ci_method = "wald" if is_robust else asked["ci_method"]

    fit = engine.pool(yi, vi, mods=case.get("mods"), tau2_method=asked["tau2_method"], ci_method=ci_method)

    if is_robust:
        robust = engine.robust_regression(yi, vi, cluster=np.arange(len(yi)), tau2=fit.tau2, kind="CR0")
        check(robust, {name: text for name, text in asked["printed"].items() if name != "tau2"})
        assert matches(fit.tau2, asked["printed"]["tau2"])
    else:
        check(fit, asked["printed"])


def test_intervals_of_tau2_are_those_of_viechtbauer_2007() -> None:
    """Q-profile and profile likelihood, ML and REML."""
    case = POOLING["viechtbauer2007"]
    yi, vi = effects(case)

    for method, (lower, upper) in case["tau2_intervals"].items():
        if method == "Q":
            found = engine.profile_tau2(yi, vi)
        else:
            found = engine.profile_likelihood_tau2(yi, vi, tau2_method=method)
        assert found is not None
        assert matches(found.tau2_ci_lower, lower), method
        assert matches(found.tau2_ci_upper, upper), method


def test_interval_of_henmi_and_copas_is_that_of_their_article() -> None:
    case = POOLING["henmi2010"]

    check(engine.henmi_copas(*effects(case)), case["henmi_copas"])


@pytest.mark.parametrize("name", COUNTS)
def test_logistic_models_are_those_printed(name: str) -> None:
    case = COUNTS[name]
    model = engine.pool_logistic_proportions if case["model"] == "proportions" else engine.pool_logistic

    check(model(**case["data"], **case["options"]), case["printed"])


def test_maximum_likelihood_of_the_clasp_trials_is_at_zero() -> None:
    """Table 4 of DerSimonian and Kacker (2007): metafor's search stops at a tau of 0.0023 and a mean of -0.1974."""
    yi, vi = effects(POOLING["dersimonian2007"])

    def mean(tau2: float) -> float:
        return float(np.average(yi, weights=1.0 / (vi + tau2)))

    def height(tau2: float) -> float:
        return float(-0.5 * np.sum(np.log(vi + tau2) + np.square(yi - mean(tau2)) / (vi + tau2)))

    assert engine.pool(yi, vi, tau2_method="ML", ci_method="wald").tau2 == 0.0
    assert height(0.0) > height(0.0023**2) > height(0.01)
    assert matches(mean(0.0023**2), "-0.1974")
    assert not matches(mean(0.0), "-0.1974")


def test_every_example_says_where_it_is_printed_and_where_it_was_read() -> None:
    for case in (*POOLING.values(), *COUNTS.values()):
        assert "doi:" in case["citation"] or "Handbook" in case["citation"]
        assert case["place"].startswith("page")
        assert case["read_in"]
