"""What single studies do agrees with metafor: influence, leaving out, adding one by one, all subsets, permutations."""

from typing import Any

import numpy as np
import pytest

from analysis.engine import (
    baujat,
    cumulative,
    gosh,
    influence,
    leave_one_out,
    shrunken_effects,
    standardised_residuals,
)
from tests.reference import datasets
from tests.reference.agreement import EXACT, typical_variance, worst, worst_p_value
from tests.reference.test_moderators import model_of

NAMES = datasets.names_of("diagnostics")
CI_METHOD_OF = {test: ci_method for ci_method, test in datasets.CI_METHODS.items()}
TAU2_METHOD_OF = {method: tau2_method for tau2_method, method in datasets.TAU2_METHODS.items()}
INFLUENCE = [
    (name, method, test)
    for name in NAMES
    for method, tests in datasets.load(name, part="diagnostics")["influence"].items()
    for test in tests
]
MODERATED = [
    (name, model["name"], test)
    for name in datasets.names_of("moderators")
    for model in datasets.load(name, part="moderators")["models"]
    for test in model["influence"]
]
# The engine's attribute and metafor's name of what is of the order of 1; a weight is a percentage there.
OF_ORDER_1 = (
    ("rstudent", "rstudent", 1.0),
    ("dffits", "dffits", 1.0),
    ("cook_d", "cook.d", 1.0),
    ("cov_r", "cov.r", 1.0),
    ("hat", "hat", 1.0),
    ("weight", "weight", 100.0),
)


def problem_of(name: str) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Return metafor's diagnostics of one data set with its effects and variances."""
    return datasets.load(name, part="diagnostics"), *datasets.studies(datasets.load(name))


def assert_influence(found: Any, answer: dict[str, Any], *, typical: float) -> None:
    """Compare each diagnostic; None and NaN stand for a study without which there is no model."""
    for attribute, name, factor in OF_ORDER_1:
        theirs = [None if value is None else value / factor for value in answer[name]]
        assert worst(getattr(found, attribute), theirs, floor=1.0) <= EXACT, attribute
    assert worst(found.tau2_del, answer["tau2.del"], floor=typical) <= EXACT
    assert worst(found.q_del, answer["QE.del"], floor=1.0) <= EXACT
    for column, theirs in zip(np.reshape(found.dfbs, (len(found.hat), -1)).T, answer["dfbs"], strict=True):
        assert worst(column, theirs, floor=1.0) <= EXACT
    assert np.asarray(found.is_influential).tolist() == [bool(value) for value in answer["is_influential"]]


@pytest.mark.parametrize(("name", "method", "test"), INFLUENCE)
def test_influence_agrees_with_metafor(name: str, method: str, test: str) -> None:
    content, yi, vi = problem_of(name)

    found = influence(yi, vi, tau2_method=TAU2_METHOD_OF[method], ci_method=CI_METHOD_OF[test])

    assert_influence(found, content["influence"][method][test], typical=typical_variance(vi))


@pytest.mark.parametrize(("name", "key", "test"), MODERATED)
def test_influence_with_moderators_agrees_with_metafor(name: str, key: str, test: str) -> None:
    model, mods, yi, vi = model_of(name, key)

    found = influence(yi, vi, mods=mods, ci_method=CI_METHOD_OF[test])

    assert_influence(found, model["influence"][test], typical=typical_variance(vi))


def assert_pooled(found: Any, answer: dict[str, Any], *, typical: float, first: int = 0) -> None:
    """Compare rows of pooled results, from the `first` on: metafor has no t distribution for one study alone."""
    smallest = float(np.min(found.se))
    floors = {"estimate": smallest, "se": 0.0, "tau2": typical}
    for attribute, floor in floors.items():
        assert worst(getattr(found, attribute), answer[attribute], floor=floor) <= EXACT, attribute
    assert worst(found.ci_lower[first:], answer["ci.lb"][first:], floor=smallest) <= EXACT
    assert worst(found.ci_upper[first:], answer["ci.ub"][first:], floor=smallest) <= EXACT
    assert worst_p_value(found.p_value[first:], answer["pval"][first:]) <= EXACT
    assert worst(found.q[first:], answer["Q"][first:], floor=1.0) <= EXACT
    assert worst(np.asarray(found.i2[first:]) * 100.0, answer["I2"][first:], floor=100.0) <= EXACT


@pytest.mark.parametrize("part", ["as_listed", "by_precision", "DL"])
@pytest.mark.parametrize("name", NAMES)
def test_cumulative_agrees_with_metafor(name: str, part: str) -> None:
    content, yi, vi = problem_of(name)
    tau2_method = "DL" if part == "DL" else "REML"
    for test in ("z", "knha") if part == "as_listed" else ("z",):
        answer = content["cumulative"][part][test]

        found = cumulative(yi, vi, order=answer["order"], tau2_method=tau2_method, ci_method=CI_METHOD_OF[test])

        # One study has no heterogeneity here, and 0 in metafor.
        assert_pooled(found, answer, typical=typical_variance(vi), first=1)


@pytest.mark.parametrize(("method", "test"), [("REML", "z"), ("PM", "adhoc"), ("FE", "z")])
@pytest.mark.parametrize("name", NAMES)
def test_leave_one_out_agrees_with_metafor(name: str, method: str, test: str) -> None:
    content, yi, vi = problem_of(name)

    found = leave_one_out(yi, vi, tau2_method=TAU2_METHOD_OF[method], ci_method=CI_METHOD_OF[test])

    assert_pooled(found, content["leave_one_out"][method][test], typical=typical_variance(vi))


@pytest.mark.parametrize("method", ["REML", "FE"])
@pytest.mark.parametrize("name", NAMES)
def test_baujat_agrees_with_metafor(name: str, method: str) -> None:
    content, yi, vi = problem_of(name)
    answer = content["baujat"][method]

    x, y = baujat(yi, vi, tau2_method=TAU2_METHOD_OF[method])

    assert worst(x, answer["x"], floor=1.0) <= EXACT
    assert worst(y, answer["y"], floor=1.0) <= EXACT


@pytest.mark.parametrize("method", ["REML", "FE"])
@pytest.mark.parametrize("name", [name for name in NAMES if datasets.DATASETS[name][1] <= 6])
def test_gosh_of_all_subsets_agrees_with_metafor(name: str, method: str) -> None:
    content, yi, vi = problem_of(name)
    answer = content["gosh"][method]

    found = gosh(yi, vi, tau2_method=TAU2_METHOD_OF[method])

    # metafor's subset of number n holds the studies that are the bits of n.
    theirs = found.included @ 2 ** np.arange(yi.size) - 1
    typical = typical_variance(vi)
    assert found.is_complete
    assert np.sort(theirs).tolist() == list(range(2**yi.size - 1))
    assert found.k.tolist() == np.array(answer["k"])[theirs].tolist()
    columns = {"estimate": ("estimate", np.sqrt(typical)), "tau2": ("tau2", typical)}
    for attribute, (column, floor) in columns.items():
        expected = np.array(answer[column])[theirs].tolist()
        assert worst(getattr(found, attribute), expected, floor=floor) <= EXACT, attribute
    # One study has no heterogeneity here, and 0 in metafor.
    several = found.k > 1
    for attribute, column, factor in (("i2", "I2", 100.0), ("h2", "H2", 1.0), ("q", "QE", 1.0)):
        expected = np.array(answer[column])[theirs][several].tolist()
        assert worst(getattr(found, attribute)[several] * factor, expected, floor=factor) <= EXACT, attribute


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize("name", NAMES)
def test_standardised_residuals_agree_with_metafor(name: str, ci_method: str) -> None:
    content, yi, vi = problem_of(name)
    answer = content["rstandard"][datasets.CI_METHODS[ci_method]]

    found = standardised_residuals(yi, vi, ci_method=ci_method)

    assert worst(found.residual, answer["resid"], floor=float(np.min(found.se))) <= EXACT
    assert worst(found.se, answer["se"]) <= EXACT
    assert worst(found.standardised, answer["z"], floor=1.0) <= EXACT


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize("name", NAMES)
def test_shrunken_effects_agree_with_metafor(name: str, ci_method: str) -> None:
    content, yi, vi = problem_of(name)
    answer = content["blup"][datasets.CI_METHODS[ci_method]]

    found = shrunken_effects(yi, vi, ci_method=ci_method)

    smallest = float(np.min(found.se))
    assert worst(found.estimate, answer["pred"], floor=smallest) <= EXACT
    assert worst(found.se, answer["se"]) <= EXACT
    assert worst(found.pi_lower, answer["pi.lb"], floor=smallest) <= EXACT
    assert worst(found.pi_upper, answer["pi.ub"], floor=smallest) <= EXACT
