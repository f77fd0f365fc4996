"""Models with moderators agree with metafor: coefficients, tests, residual heterogeneity and predictions."""

import itertools
from typing import Any

import numpy as np
import pytest

from analysis.engine import MetaRegression, Subgroup, pool, pool_subgroups, predict, profile_tau2, variance_inflation
from tests.reference import datasets
from tests.reference.agreement import EXACT, difference, typical_variance, worst, worst_p_value

NAMES = datasets.names_of("moderators")
MODELS = [(name, model["name"]) for name in NAMES for model in datasets.load(name, part="moderators")["models"]]

GROUPED = [name for name in NAMES if datasets.load(name, part="moderators")["subgroups"]]


def model_of(name: str, key: str) -> tuple[dict[str, Any], dict[str, Any], np.ndarray, np.ndarray]:
    """Return one model of a file with its moderators, effects and variances."""
    content = datasets.load(name, part="moderators")
    model = next(model for model in content["models"] if model["name"] == key)
    yi, vi = datasets.studies(content)
    rows = model["rows"]
    return model, moderators(content["columns"], model["mods"], rows), yi[rows], vi[rows]


def moderators(columns: dict[str, list], names: list[str], rows: list[int]) -> dict[str, Any]:
    """Return the named columns of some studies; an interaction is left to the engine."""
    return {name: None if ":" in name else [columns[name][row] for row in rows] for name in names}


@pytest.mark.parametrize(("name", "key"), MODELS)
def test_coefficients_agree_with_metafor(name: str, key: str) -> None:
    model, mods, yi, vi = model_of(name, key)

    for tau2_method, ci_method in itertools.product(datasets.TAU2_METHODS, datasets.CI_METHODS):
        answer = datasets.answer_of(model["fits"], tau2_method, ci_method)
        interval = model["fits"][datasets.TAU2_METHODS[tau2_method]][datasets.CI_METHODS[ci_method]]
        fit = pool(yi, vi, mods=mods, tau2_method=tau2_method, ci_method=ci_method)

        found = differences_of_coefficients(fit, answer, interval)
        assert max(found.values()) <= EXACT, (tau2_method, ci_method, found)
        assert (fit.p, fit.df) == (model["p"], None if ci_method == "wald" else len(yi) - model["p"])
        assert fit.qm_df == (model["p"] - 1, fit.df)


def differences_of_coefficients(
    fit: MetaRegression, answer: dict[str, Any], interval: dict[str, Any]
) -> dict[str, float]:
    """Return the largest difference of each quantity that comes one per coefficient, and of their joint test."""
    mine, theirs = np.asarray(fit.estimate), np.array(answer["b"])
    found = {
        "estimate": float(np.max(np.abs(mine - theirs) / np.maximum(np.abs(theirs), fit.se))),
        "se": worst(fit.se, interval["se"]),
        "p_value": worst_p_value(fit.p_value, interval["pval"]),
        "qm": difference(fit.qm, interval["QM"]),
        "qm_p_value": worst_p_value(fit.qm_p_value, [interval["QMp"]]),
    }
    for side, name in (("ci_lower", "ci.lb"), ("ci_upper", "ci.ub")):
        if name in interval:
            found[side] = float(np.max(np.abs(getattr(fit, side) - np.array(interval[name])) / fit.se))
    return found


@pytest.mark.parametrize("tau2_method", datasets.TAU2_METHODS)
@pytest.mark.parametrize(("name", "key"), MODELS)
def test_residual_heterogeneity_agrees_with_metafor(name: str, key: str, tau2_method: str) -> None:
    model, mods, yi, vi = model_of(name, key)
    answer, typical = model["fits"][datasets.TAU2_METHODS[tau2_method]], typical_variance(vi)

    fit = pool(yi, vi, mods=mods, tau2_method=tau2_method)

    assert difference(fit.tau2, answer["tau2"], floor=typical) <= EXACT
    assert difference(fit.tau2_se, answer["se.tau2"], floor=typical) <= EXACT
    assert difference(fit.i2, answer["I2"] / 100.0, floor=1.0) <= EXACT
    assert difference(fit.h2, answer["H2"]) <= EXACT
    assert difference(fit.q, model["QE"]) <= EXACT
    assert worst_p_value(fit.q_p_value, [model["QEp"]]) <= EXACT
    # Where there is no variance to explain, metafor gives 0 and the engine None.
    assert difference(fit.r2 or 0.0, answer["R2"], floor=1.0) <= EXACT


@pytest.mark.parametrize(("name", "key"), MODELS)
def test_covariance_agrees_with_metafor(name: str, key: str) -> None:
    model, mods, yi, vi = model_of(name, key)

    fit = pool(yi, vi, mods=mods, ci_method="wald")

    scale = np.outer(fit.se, fit.se)
    np.testing.assert_allclose(fit.covariance / scale, np.array(model["vb"]) / scale, rtol=0.0, atol=EXACT)


@pytest.mark.parametrize(("name", "key"), MODELS)
def test_profile_interval_with_moderators_agrees_with_metafor(name: str, key: str) -> None:
    model, mods, yi, vi = model_of(name, key)
    answer, typical = model["confint"], typical_variance(vi)

    for source in (pool(yi, vi, mods=mods), profile_tau2(yi, vi, mods=mods)):
        assert (source is None or source.tau2_ci_upper is None) == answer["is_empty"]
        if source is not None and source.tau2_ci_upper is not None:
            assert difference(source.tau2_ci_lower, answer["ci.lb"], floor=typical) <= EXACT
            assert difference(source.tau2_ci_upper, answer["ci.ub"], floor=typical) <= EXACT


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize(("name", "key"), MODELS)
def test_predictions_agree_with_metafor(name: str, key: str, ci_method: str) -> None:
    model, mods, yi, vi = model_of(name, key)
    answer = model["predict"][datasets.CI_METHODS[ci_method]]
    fit = pool(yi, vi, mods=mods, ci_method=ci_method)

    found = predict(fit, [[1.0, *row] for row in model["predict"]["rows"]])

    names = {"estimate": "pred", "se": "se", "ci_lower": "ci.lb", "ci_upper": "ci.ub"}
    names |= {"pi_lower": "pi.lb", "pi_upper": "pi.ub"}
    smallest = min(point.se for point in found)
    for attribute, theirs in names.items():
        mine = [getattr(point, attribute) for point in found]
        assert worst(mine, answer[theirs], floor=smallest) <= EXACT, attribute


@pytest.mark.parametrize(("name", "key"), MODELS)
def test_variance_inflation_agrees_with_metafor(name: str, key: str) -> None:
    model, mods, yi, vi = model_of(name, key)
    # metafor gives none to a moderator that is alone: it is 1.
    answer = model["vif"] or {"each": [1.0], "together": [1.0]}

    found = variance_inflation(pool(yi, vi, mods=mods))

    assert worst([factor.vif for factor in found.coefficients], answer["each"]) <= EXACT
    assert worst([factor.vif for factor in found.terms], answer["together"]) <= EXACT


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize("name", GROUPED)
def test_subgroups_with_separate_tau2_agree_with_metafor(name: str, ci_method: str) -> None:
    content = datasets.load(name, part="moderators")
    yi, vi = datasets.studies(content)
    given = content["subgroups"]
    answer = given[datasets.CI_METHODS[ci_method]]["separate"]

    found = pool_subgroups(yi, vi, groups=given["group"], tau2="separate", ci_method=ci_method)

    assert [group.group for group in found.groups] == given["levels"]
    for group, expected in zip(found.groups, answer["groups"], strict=True):
        assert group.k == expected["k"]
        assert max(differences_of_group(group, expected, typical=typical_variance(vi)).values()) <= EXACT
        assert difference(group.q, expected["QE"]) <= EXACT
    assert difference(found.q_between, answer["Q"], floor=1.0) <= EXACT
    assert found.q_between_df == answer["Qdf"]
    assert worst_p_value(found.q_between_p_value, [answer["Qp"]]) <= EXACT


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
@pytest.mark.parametrize("name", GROUPED)
def test_subgroups_with_common_tau2_agree_with_metafor(name: str, ci_method: str) -> None:
    content = datasets.load(name, part="moderators")
    yi, vi = datasets.studies(content)
    given = content["subgroups"]
    answer = given[datasets.CI_METHODS[ci_method]]["common"]

    found = pool_subgroups(yi, vi, groups=given["group"], tau2="common", ci_method=ci_method)

    for place, group in enumerate(found.groups):
        expected = {name: answer[name][place] for name in ("b", "se", "ci.lb", "ci.ub")} | {"tau2": answer["tau2"]}
        assert max(differences_of_group(group, expected, typical=typical_variance(vi)).values()) <= EXACT
    assert found.qm is not None
    assert difference(found.qm, answer["QM"]) <= EXACT
    assert found.qm_df == tuple(answer["QMdf"])
    assert worst_p_value(found.qm_p_value, [answer["QMp"]]) <= EXACT


def differences_of_group(group: Subgroup, answer: dict[str, Any], *, typical: float) -> dict[str, float]:
    """Return the difference of each quantity of one group."""
    return {
        "estimate": difference(group.estimate, answer["b"], floor=group.se),
        "se": difference(group.se, answer["se"]),
        "ci_lower": difference(group.ci_lower, answer["ci.lb"], floor=group.se),
        "ci_upper": difference(group.ci_upper, answer["ci.ub"], floor=group.se),
        "tau2": difference(group.tau2, answer["tau2"], floor=typical),
    }
