"""Subgroups, permutation tests, Wilson's regression, inflation factors and averaged predictions agree with metafor."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine import pool
from analysis.engine.moderators import (
    Subgroup,
    adjusted_predictions,
    permutation_test,
    pool_subgroups,
    variance_inflation,
    wilson_regression,
)
from tests.reference import datasets
from tests.reference.agreement import EXACT, SHARE, difference, typical_variance, worst, worst_p_value
from tests.reference.test_shared import shared_folder

PART = "subgroups"
GRID = datasets.names_of(PART)
MODELS = datasets.names_of("moderators")
FOLDER = shared_folder()
METHODS = ("CE", "DL", "SJ", "ML", "REML", "EB", "PM")
CASES = list(itertools.product(METHODS, datasets.CI_METHODS))


def content_of(name: str, part: str = PART) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
    """Return one file with its effects and variances."""
    content = datasets.load(name, part=part)
    return content, *datasets.studies(content)


def floor_of(attribute: str, se: float) -> float:
    """Return the size below which a quantity of one group counts as 0."""
    if attribute in {"i2", "h2"}:
        return 1.0
    return 1e-200 if attribute.endswith("p_value") else se


def differences_of_group(group: Subgroup, answer: dict[str, Any]) -> dict[str, float]:
    """Return the difference of each quantity that metafor has an answer for."""
    names = {"estimate": "b", "se": "se", "p_value": "pval", "ci_lower": "ci.lb", "ci_upper": "ci.ub", "i2": "I2"}
    names |= {"pi_lower": "pi.lb", "pi_upper": "pi.ub", "h2": "H2", "q": "QE", "q_p_value": "QEp"}
    found = {}
    for attribute, theirs in names.items():
        value = answer.get(theirs)
        if value is not None:
            scaled = value / 100.0 if attribute == "i2" else value
            found[attribute] = difference(getattr(group, attribute), scaled, floor=floor_of(attribute, group.se))
    return found


@pytest.mark.parametrize(("tau2_method", "ci_method"), CASES)
@pytest.mark.parametrize("name", GRID)
def test_separate_subgroups_agree_with_metafor(name: str, tau2_method: str, ci_method: str) -> None:
    content, yi, vi = content_of(name)
    labels = content["subgroups"]["group"]
    answer = content["subgroups"]["fits"][datasets.TAU2_METHODS[tau2_method]][datasets.CI_METHODS[ci_method]][
        "separate"
    ]

    found = pool_subgroups(yi, vi, groups=labels, tau2_method=tau2_method, ci_method=ci_method)

    assert [group.group for group in found.groups] == content["subgroups"]["levels"]
    for group, theirs in zip(found.groups, answer["groups"], strict=True):
        assert group.k == theirs["k"]
        assert max(differences_of_group(group, theirs).values()) <= EXACT
        if group.k > 1:
            assert difference(group.tau2, theirs["tau2"], floor=typical_variance(vi)) <= EXACT
    assert difference(found.q_between, answer["Q"]) <= EXACT
    assert worst_p_value(found.q_between_p_value, [answer["Qp"]]) <= EXACT
    assert found.qm is None


@pytest.mark.parametrize(("tau2_method", "ci_method"), CASES)
@pytest.mark.parametrize("name", GRID)
def test_subgroups_with_common_tau2_agree_with_metafor(name: str, tau2_method: str, ci_method: str) -> None:
    content, yi, vi = content_of(name)
    labels = content["subgroups"]["group"]
    answer = content["subgroups"]["fits"][datasets.TAU2_METHODS[tau2_method]][datasets.CI_METHODS[ci_method]]["common"]

    found = pool_subgroups(yi, vi, groups=labels, tau2="common", tau2_method=tau2_method, ci_method=ci_method)

    names = {"estimate": "b", "se": "se", "ci_lower": "ci.lb", "ci_upper": "ci.ub"}
    names |= {"pi_lower": "pi.lb", "pi_upper": "pi.ub"} if tau2_method != "CE" else {}
    smallest = min(group.se for group in found.groups)
    for attribute, theirs in names.items():
        assert worst([getattr(group, attribute) for group in found.groups], answer[theirs], floor=smallest) <= EXACT
    assert worst_p_value([group.p_value for group in found.groups], answer["pval"]) <= EXACT
    assert difference(found.tau2, answer["tau2"], floor=typical_variance(vi)) <= EXACT
    assert difference(found.qm, answer["QM"]) <= EXACT
    assert worst_p_value([found.qm_p_value], [answer["QMp"]]) <= EXACT
    assert difference(found.q_within, answer["QE"]) <= EXACT
    assert worst_p_value([found.q_within_p_value], [answer["QEp"]]) <= EXACT


def permutation_cases() -> list[tuple[str, str, int, str, str]]:
    """Return every permutation test of both folders: part, file, place, estimator and interval."""
    cases = []
    for part in ("moderators", PART):
        for name in datasets.names_of(part):
            for place, test in enumerate(datasets.load(name, part=part)["permutations"] or []):
                methods = itertools.product(test["fits"], ("wald", "hksj"))
                cases += [(part, name, place, method, ci_method) for method, ci_method in methods]
    return cases


@pytest.mark.parametrize(("part", "name", "place", "method", "ci_method"), permutation_cases())
def test_exact_permutation_test_agrees_with_metafor(
    part: str, name: str, place: int, method: str, ci_method: str
) -> None:
    content, yi, vi = content_of(name, part)
    test = content["permutations"][place]
    k, answer = test["k"], test["fits"][method][datasets.CI_METHODS[ci_method]]
    mods = {column: content["columns"][column][:k] for column in test["mods"] or []} or None

    found = permutation_test(
        yi[:k],
        vi[:k],
        mods=mods,
        exact=True,
        tau2_method="CE" if method == "FE" else method,
        ci_method=ci_method,
    )

    assert found.permutations == answer["iterations"]
    np.testing.assert_allclose(found.p_value, answer["pval"], rtol=SHARE)
    assert found.qm_p_value == pytest.approx(answer["QMp"], rel=SHARE)


@pytest.mark.skipif(FOLDER is None, reason="no further references: set QUORUM_SHARED_REFS to their folder")
@pytest.mark.parametrize("name", ["dat.hart1999", "dat.normand1999"])
def test_exact_permutation_test_agrees_with_shared(name: str) -> None:
    assert FOLDER is not None
    path = FOLDER / f"{name}.json"
    if not path.exists():
        pytest.skip("this further reference is not there")
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    answer = content["permutest_exact"]

    found = permutation_test(content["yi"], content["vi"], exact=True, ci_method="wald")

    assert found.permutations == answer["iter"]
    np.testing.assert_allclose(found.p_value, answer["pval"], rtol=SHARE)
    assert found.qm_p_value == pytest.approx(answer["QMp"], rel=SHARE)


def wilson_cases() -> list[tuple[str, int, str]]:
    """Return every model of Wilson's macro: file, place and component."""
    models = [(name, place) for name in GRID for place in range(len(datasets.load(name, part=PART)["wilson"] or []))]
    return [(*model, method) for model in models for method in ("FE", "MM", "ML", "REML", "REML_exact")]


@pytest.mark.parametrize(("name", "place", "method"), wilson_cases())
def test_wilson_regression_agrees_with_the_sums_of_the_macro(name: str, place: int, method: str) -> None:
    content, yi, vi = content_of(name)
    asked = content["wilson"][place]
    answer = asked["fits"][method]
    mods = {column: content["columns"][column] for column in asked["mods"]}
    options = {"model": "fixed"} if method == "FE" else {"tau2_method": method}

    found = wilson_regression(yi, vi, mods=mods, **options)

    smallest = float(np.min(found.se))
    assert difference(found.tau2, answer["v"], floor=typical_variance(vi)) <= EXACT
    if answer["se"] is not None:
        assert difference(found.tau2_se, answer["se"]) <= EXACT
    for attribute, theirs in {"estimate": "B", "ci_lower": "lower", "ci_upper": "upper"}.items():
        assert worst(getattr(found, attribute), answer[theirs], floor=smallest) <= EXACT
    assert worst(found.se, answer["SE"]) <= EXACT
    assert worst(found.statistic, answer["Z"], floor=1.0) <= EXACT
    assert worst_p_value(found.p_value, answer["P"]) <= EXACT
    assert worst(found.beta, answer["Beta"], floor=1.0) <= EXACT
    assert difference(found.mean, answer["mean"], floor=smallest) <= EXACT
    assert difference(found.r2, answer["R2"], floor=1.0) <= EXACT
    sums = [found.q_model, found.q_residual, found.q_total]
    assert worst(sums, answer["Q"], floor=found.q_total) <= EXACT


def model_cases() -> list[tuple[str, int]]:
    """Return the models of the other folder that have inflation factors."""
    files = [(name, datasets.load(name, part="moderators")["models"]) for name in MODELS]
    return [(name, place) for name, models in files for place, model in enumerate(models) if model["vif"]]


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize(("name", "place"), model_cases())
def test_variance_inflation_agrees_with_metafor(name: str, place: int, ci_method: str) -> None:
    content, yi, vi = content_of(name, "moderators")
    model = content["models"][place]
    rows = model["rows"]
    mods = {
        column: None if ":" in column else [content["columns"][column][row] for row in rows] for column in model["mods"]
    }
    fit = pool(yi[rows], vi[rows], mods=mods, ci_method=ci_method)

    found = variance_inflation(fit)

    assert worst([factor.vif for factor in found.coefficients], model["vif"]["each"]) <= EXACT
    assert worst([factor.vif for factor in found.terms], model["vif"]["together"]) <= EXACT


def average_cases() -> list[tuple[str, int, str]]:
    """Return every averaged prediction: file, place and interval."""
    models = [(name, place) for name in GRID for place in range(len(datasets.load(name, part=PART)["averages"] or []))]
    return [(*model, ci_method) for model in models for ci_method in ("wald", "hksj")]


@pytest.mark.parametrize(("name", "place", "ci_method"), average_cases())
def test_adjusted_predictions_agree_with_metafor(name: str, place: int, ci_method: str) -> None:
    content, yi, vi = content_of(name)
    asked = content["averages"][place]
    answer = asked[datasets.CI_METHODS[ci_method]]
    mods: dict[str, Any] = {column: content["columns"][column] for column in asked["mods"]}
    mods |= dict.fromkeys(asked["interactions"])
    fit = pool(yi, vi, mods=mods, ci_method=ci_method)

    found = adjusted_predictions(fit, at={asked["focus"]: None}, mods=mods)

    assert [dict(row.at)[asked["focus"]] for row in found] == asked["levels"]
    smallest = min(row.se for row in found)
    names = {"estimate": "pred", "se": "se", "ci_lower": "ci.lb", "ci_upper": "ci.ub"}
    names |= {"pi_lower": "pi.lb", "pi_upper": "pi.ub"}
    for attribute, theirs in names.items():
        assert worst([getattr(row, attribute) for row in found], answer[theirs], floor=smallest) <= EXACT, attribute


def test_grid_is_complete() -> None:
    assert set(GRID) >= {"bangertdrowns2004", "bcg", "hart1999", "molloy2014", "raudenbush1985"}
    assert len(permutation_cases()) >= 54
    assert len(wilson_cases()) >= 25
    assert len(average_cases()) >= 8
    assert len(model_cases()) >= 6
    for name in GRID:
        fits = datasets.load(name, part=PART)["subgroups"]["fits"]
        assert set(fits) == {datasets.TAU2_METHODS[method] for method in METHODS}
        assert all(set(tests) == set(datasets.CI_METHODS.values()) for tests in fits.values())
