"""Small-study effects and publication bias agree with metafor, and where it has no answer with lm() and rma()."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.errors import UndefinedResult
from analysis.engine.small_study import (
    Egger,
    egger_lm,
    egger_rma,
    excess_significance,
    fail_safe_n,
    fit_selection_model,
    henmi_copas,
    limit_meta_analysis,
    pet_peese,
    rank_test,
    trim_and_fill,
)
from tests.reference.agreement import difference

HERE = Path(__file__).resolve().parent
FILES = sorted((HERE / "small_study").glob("*.json"))
NAMES = (
    "axfors2021-OR",
    "bangertdrowns2004",
    "bcg-RR",
    "cohen1981-ZCOR",
    "hahn2001-RR",
    "hine1989-RD",
    "knapp2017",
    "nielweise2007-OR",
    "vanhowe1999-OR",
)

# Both sides are in double precision: sums of up to 48 terms, and roots to the last bit. The worst seen is 2e-13.
EXACT = 1e-9
# R says 1 - p for the upper tail of Kendall's distribution: absolute rounding of 1e-16 is 1e-12 of a p value of 1e-4.
RANK = 1e-10
# The references end with Newton's method on Richardson's numerical derivatives: 6e-10 standard errors at worst.
MAXIMUM = 1e-8
# Numerical second derivatives of log-likelihoods: 3e-5 where six studies support three parameters, else below 1e-7.
CURVATURE = 1e-4
# metafor leaves out what lies 5 standard deviations from the effect (6e-7) and integrates to 1.2e-4.
POWER = 1.3e-4
# metafor's root-finding and searches as they come: uniroot to 1.2e-4, REML to a step of 1e-5, several times over.
AS_IT_COMES = 2e-3

METHODS = {"FE": "CE"}
TESTS = {"knha": "hksj"}


def read(path: Path) -> dict[str, Any]:
    """Return one file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def load(path: Path) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """Return effects, variances and the answers to them."""
    inputs = read(HERE / "metafor" / path.name)
    return np.array(inputs["yi"]), np.array(inputs["vi"]), read(path)


def approx(value: Any, *, rel: float = 0.0, abs: float = 0.0) -> Any:
    """Return something equal to the value within a tolerance, or to None where there is none."""
    return None if value is None else pytest.approx(value, rel=rel, abs=abs)


def worst(pairs: dict[str, tuple[float | None, float | None, float]]) -> dict[str, float]:
    """Return the differences of named pairs of values, relative to the larger of the second one and a floor."""
    return {name: difference(mine, theirs, floor=floor) for name, (mine, theirs, floor) in pairs.items()}


def differ_egger(fit: Egger, answer: dict[str, Any], typical: float) -> float:
    """Return the largest difference between a regression test and its reference."""
    found = worst(
        {
            "statistic": (fit.statistic, answer["statistic"], 1.0),
            "p_value": (fit.p_value, answer["pval"], 1e-12),
            "estimate": (fit.estimate, answer["estimate"] if fit.estimate is not None else None, fit.intercept_se),
            "ci_lower": (fit.ci_lower, answer["ci.lb"] if fit.estimate is not None else None, fit.intercept_se),
            "ci_upper": (fit.ci_upper, answer["ci.ub"] if fit.estimate is not None else None, fit.intercept_se),
            "intercept_se": (fit.intercept_se, answer["se"][0], 0.0),
            "slope_se": (fit.slope_se, answer["se"][1], 0.0),
            "slope": (fit.slope, answer["slope"], fit.slope_se),
            "tau2": (fit.tau2, answer.get("tau2"), typical),
        }
    )
    return max(found.values())


by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_no_file_is_missing() -> None:
    assert tuple(path.stem for path in FILES) == NAMES


@by_file
def test_egger_agrees(path: Path) -> None:
    yi, vi, answer = load(path)
    ni, typical = answer["ni"], float(np.median(vi))

    for predictor, expected in answer["egger_rma"]["predictors"].items():
        fit = egger_rma(yi, vi, ni=ni, predictor=predictor)
        assert differ_egger(fit, expected, typical) <= EXACT, predictor
    for method, expected in answer["egger_rma"]["methods"].items():
        fit = egger_rma(yi, vi, tau2_method=METHODS.get(method, method))
        assert differ_egger(fit, expected, typical) <= EXACT, method
    for test, expected in answer["egger_rma"]["tests"].items():
        fit = egger_rma(yi, vi, ci_method=TESTS.get(test, test))
        assert differ_egger(fit, expected, typical) <= EXACT, test
    for predictor, expected in answer["egger_lm"].items():
        fit = egger_lm(yi, vi, ni=ni, predictor=predictor)
        assert differ_egger(fit, expected, typical) <= EXACT, predictor
    assert differ_egger(egger_lm(yi, vi, level=0.8), answer["egger_lm_80"], typical) <= EXACT


@by_file
def test_rank_test_agrees(path: Path) -> None:
    yi, vi, answer = load(path)
    expected = answer["rank"]

    test, normal = rank_test(yi, vi), rank_test(yi, vi, p_value_method="normal")

    assert test.tau == approx(expected["tau"], rel=1e-14, abs=1e-15)
    assert test.p_value == approx(expected["pval"], rel=RANK)
    assert normal.p_value == approx(expected["normal"], rel=RANK)
    assert test.has_ties == expected["has_ties"]


@by_file
def test_trim_and_fill_agrees(path: Path) -> None:
    yi, vi, answer = load(path)
    for method, fills in answer["trim_fill"].items():
        for key, expected in fills.items():
            side, estimator = key.split() if " " in key else (key, "L0")
            options: dict[str, Any] = {"tau2_method": METHODS.get(method, method), "ci_method": "wald"}
            if expected is None:
                with pytest.raises(UndefinedResult):
                    trim_and_fill(yi, vi, side=side, estimator=estimator, **options)
                continue
            found = trim_and_fill(yi, vi, side=side, estimator=estimator, **options)
            assert (found.k0, found.side) == (expected["k0"], expected["side"]), (method, key)
            assert found.k0_se == approx(expected["se.k0"], rel=1e-12)
            assert found.k0_p_value == approx(expected["p.k0"], rel=1e-12)
            # The mirror is the mean of the trimmed studies; metafor's REML is up to 1e-8 from its optimum there.
            np.testing.assert_allclose(found.yi[found.is_filled], expected["filled"], rtol=1e-7, atol=1e-7)
            np.testing.assert_array_equal(found.vi[found.is_filled], expected["filled_vi"])
            assert found.pooled.estimate == approx(expected["estimate"], rel=1e-7, abs=1e-7 * expected["se"])
            assert found.pooled.se == approx(expected["se"], rel=1e-7)
            assert found.pooled.tau2 == approx(expected["tau2"], rel=1e-7, abs=1e-9 * float(np.median(vi)))


@by_file
def test_pet_peese_agrees(path: Path) -> None:
    yi, vi, answer = load(path)
    found = pet_peese(yi, vi)

    for fit, expected in ((found.pet, answer["pet_peese"]["pet"]), (found.peese, answer["pet_peese"]["peese"])):
        estimate, se, statistic, _ = expected
        assert fit.intercept == approx(estimate, rel=EXACT, abs=EXACT * se)
        assert fit.intercept_se == approx(se, rel=EXACT)
        assert fit.intercept / fit.intercept_se == approx(statistic, rel=EXACT, abs=EXACT)
    assert found.pet_p_value == approx(answer["pet_peese"]["pet"][3], rel=EXACT)
    assert found.chosen == ("PEESE" if answer["pet_peese"]["pet"][3] < 0.05 else "PET")
    chosen = answer["pet_peese"][found.chosen.lower()]
    assert (found.estimate, found.p_value) == approx((chosen[0], chosen[3]), rel=1e-8, abs=EXACT * chosen[1])


@by_file
def test_limit_meta_analysis_agrees(path: Path) -> None:
    yi, vi, answer = load(path)
    for method, expected in answer["limit"].items():
        for adjustment in ("beta0", "betalim", "mulim"):
            found = limit_meta_analysis(yi, vi, adjustment=adjustment, tau2_method=method)
            se = expected[adjustment]["se"]
            assert found.estimate == approx(expected[adjustment]["estimate"], rel=EXACT, abs=EXACT * se)
            assert found.se == approx(se, rel=1e-8)
            assert found.bias == approx(expected["bias"], rel=1e-8, abs=1e-8)
            assert found.slope == approx(expected["slope"], rel=1e-8, abs=EXACT * se)
            assert found.limit_yi[0] == approx(expected["limit_yi_1"], rel=1e-8, abs=EXACT * se)
            assert found.g2 == approx(expected["g2"], abs=1e-8)
            assert found.heterogeneity.q == approx(expected["q"], rel=EXACT)
            assert found.heterogeneity.q_residual == approx(expected["q_residual"], rel=EXACT)


@by_file
def test_fail_safe_n_agrees(path: Path) -> None:
    yi, vi, answer = load(path)
    options: dict[str, dict[str, Any]] = {
        "Rosenthal_01": {"alpha": 0.01},
        "Orwin_weighted": {"is_weighted": True},
        "Orwin_target": {"target": 0.07},
    }
    for key, expected in answer["fail_safe"].items():
        found = fail_safe_n(yi, vi, method=key.split("_")[0], **options.get(key, {}))
        assert found.fail_safe_n == expected["fsnum"], key
        # Tails of 1e-100 and below lose digits to the square of the statistic.
        assert found.p_value == approx(expected["pval"], rel=1e-8)
        assert found.estimate == approx(expected["meanes"], rel=EXACT)
        assert found.target == approx(expected["target"], rel=EXACT)


@by_file
def test_general_fail_safe_n_is_what_refitting_says(path: Path) -> None:
    yi, vi, answer = load(path)
    expected = answer["general"]
    found = fail_safe_n(yi, vi, method="General", is_exact=True)
    if expected is None:
        assert found.fail_safe_n > 60
        return

    assert found.fail_safe_n == expected["fsnum"]
    assert found.filled_estimate == approx(expected["estimate"], rel=1e-8)
    assert found.filled_tau2 == approx(expected["tau2"], rel=1e-8, abs=EXACT)
    assert found.filled_p_value == approx(expected["pval"], rel=1e-8)


EXCESS: dict[str, dict[str, Any]] = {
    "exact": {},
    "chi2": {"test": "chi2"},
    "binom": {"test": "binomial"},
    "corrected": {"test": "chi2", "is_corrected": True},
    "greater": {"test": "chi2", "alternative": "greater"},
    "less": {"test": "chi2", "alternative": "less"},
    "two_sided": {"test": "chi2", "test_alternative": "two-sided"},
    "two_sided_binom": {"test": "binomial", "test_alternative": "two-sided"},
    "fewer": {"test": "binomial", "test_alternative": "less"},
    "two_sided_exact": {"test": "exact", "test_alternative": "two-sided"},
}


@by_file
def test_excess_significance_agrees(path: Path) -> None:
    yi, vi, answer = load(path)
    for expected in answer["excess"].values():
        given = {"effect": expected["theta"], "tau2": expected["tau2"]}
        for key, options in EXCESS.items():
            if key not in expected:
                continue
            theirs, found = expected[key], excess_significance(yi, vi, **given, **options)
            assert found.observed == theirs["O"]
            assert found.expected == approx(theirs["E"], rel=EXACT)
            assert found.p_value == approx(theirs["pval"], rel=1e-8), key
            assert found.statistic == approx(theirs["X2"], rel=1e-8, abs=EXACT)
            if theirs["theta.lim"]:
                limits = [approx(limit, rel=1e-8) for limit in theirs["theta.lim"]]
                assert list(found.effect_limits) == limits, key
        default = excess_significance(yi, vi, **given)
        assert default.test == expected["default"]["test"]
        assert default.expected == approx(expected["default"]["E"], rel=POWER)


@by_file
def test_henmi_copas_agrees(path: Path) -> None:
    yi, vi, answer = load(path)
    for level, expected in answer["henmi_copas"].items():
        found = henmi_copas(yi, vi, level=int(level) / 100.0)
        for part, tolerance in (("exact", EXACT), ("default", AS_IT_COMES)):
            theirs = expected[part]
            assert found.estimate == approx(theirs["estimate"], rel=EXACT, abs=EXACT * found.se)
            assert found.se == approx(theirs["se"], rel=EXACT)
            assert found.tau2 == approx(theirs["tau2"], rel=EXACT)
            assert found.ci_lower == approx(theirs["ci.lb"], rel=tolerance, abs=tolerance * found.se)
            assert found.ci_upper == approx(theirs["ci.ub"], rel=tolerance, abs=tolerance * found.se)


@by_file
def test_selection_models_agree(path: Path) -> None:
    yi, vi, answer = load(path)
    typical = float(np.median(vi))
    for key, expected in answer["selection"].items():
        is_step = expected["type"] == "stepfun"
        options: dict[str, Any] = {
            "weight_function": "step" if is_step else expected["type"],
            "alternative": expected["alternative"].replace(".", "-"),
            "steps": expected["steps"] if is_step else None,
        }
        found = fit_selection_model(yi, vi, **options)
        # The engine's maximum is never the lower one. Where it is higher, the reference has stopped on another hill.
        assert found.log_likelihood >= expected["ll"] - MAXIMUM, key
        if found.log_likelihood > expected["ll"] + MAXIMUM:
            assert any(abs(hill.log_likelihood - expected["ll"]) <= MAXIMUM for hill in found.maxima), key
            continue
        delta, delta_se = (values[1:] if is_step else values for values in (found.delta.tolist(), found.delta_se))
        assert found.lrt == approx(expected["lrt"], rel=MAXIMUM, abs=MAXIMUM), key
        assert found.estimate == approx(expected["estimate"], rel=MAXIMUM, abs=MAXIMUM * found.se), key
        assert found.tau2 == approx(expected["tau2"], rel=MAXIMUM, abs=MAXIMUM * typical), key
        assert delta == approx(expected["delta"], rel=MAXIMUM, abs=MAXIMUM), key
        errors = (found.se, found.tau2_se, *delta_se)
        for mine, theirs in zip(errors, (expected["se"], expected["tau2_se"], *expected["delta_se"]), strict=True):
            assert mine == approx(theirs, rel=CURVATURE), key


def test_higher_hill_is_preferred_to_the_one_metafor_climbs() -> None:
    inputs = read(HERE / "metafor" / "egger2001-OR.json")
    yi, vi = inputs["yi"], inputs["vi"]

    highest = fit_selection_model(yi, vi, alternative="less")
    nearest = fit_selection_model(yi, vi, alternative="less", search="nearest")

    # metafor 3.8-1 as it comes: estimate -0.38280, tau2 0.10917, weight 0.24331, a log-likelihood lower by 1.54.
    assert nearest.estimate == pytest.approx(-0.38280, abs=1e-4)
    assert nearest.tau2 == pytest.approx(0.10917, abs=1e-4)
    assert nearest.delta[1] == pytest.approx(0.24331, abs=1e-4)
    assert highest.tau2 == 0.0
    assert highest.log_likelihood - nearest.log_likelihood == pytest.approx(1.54, abs=0.01)
    assert [hill.log_likelihood for hill in highest.maxima] == sorted(
        (hill.log_likelihood for hill in highest.maxima), reverse=True
    )
    assert any(hill.tau2 == pytest.approx(nearest.tau2, rel=1e-6) for hill in highest.maxima)
