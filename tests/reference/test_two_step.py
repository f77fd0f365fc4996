"""The moment estimator in two steps (DL2) agrees with metafor's general method of moments with the weights of DL."""

import json
from typing import Any

import numpy as np
import pytest

from analysis.engine import pool, pool_many
from tests.reference import datasets
from tests.reference.agreement import EXACT, difference, typical_variance, worst_p_value
from tests.reference.test_moderators import model_of

CONTENT = json.loads((datasets.FOLDER.parent / "two_step.json").read_text(encoding="utf-8"))
MODELS = [(name, model) for name, models in CONTENT["regressed"].items() for model in models]
SETS = {name: datasets.load(name) for name in CONTENT["pooled"]}


def differences_of_tau2(fit: Any, answer: dict[str, Any], vi: np.ndarray) -> dict[str, float]:
    """Return how far tau2 and its standard error are from metafor's."""
    floor = typical_variance(vi)
    return {
        "tau2": difference(fit.tau2, answer["tau2"], floor=floor),
        "tau2_se": difference(fit.tau2_se, answer["se.tau2"], floor=floor),
    }


@pytest.mark.parametrize("name", SETS)
def test_pool_agrees_with_metafor(name: str) -> None:
    yi, vi = datasets.studies(SETS[name])
    answer = CONTENT["pooled"][name]

    fit = pool(yi, vi, tau2_method="DL2", ci_method="hksj")

    found = differences_of_tau2(fit, answer, vi)
    found["estimate"] = difference(fit.estimate, answer["b"], floor=fit.se)
    found["se"] = difference(fit.se, answer["se"])
    found["ci_lower"] = difference(fit.ci_lower, answer["ci.lb"], floor=fit.se)
    found["ci_upper"] = difference(fit.ci_upper, answer["ci.ub"], floor=fit.se)
    found["p_value"] = worst_p_value([fit.p_value], [answer["pval"]])
    assert max(found.values()) <= EXACT, found


@pytest.mark.parametrize(("name", "answer"), MODELS, ids=[f"{name} {model['name']}" for name, model in MODELS])
def test_residual_heterogeneity_agrees_with_metafor(name: str, answer: dict[str, Any]) -> None:
    _, mods, yi, vi = model_of(name, answer["name"])

    fit = pool(yi, vi, mods=mods, tau2_method="DL2")

    found = differences_of_tau2(fit, answer, vi)
    assert max(found.values()) <= EXACT, found


def test_many_at_once_are_those_one_by_one() -> None:
    largest = max(content["k"] for content in SETS.values())
    mask = np.array([[place < content["k"] for place in range(largest)] for content in SETS.values()])
    yi, vi = np.zeros(mask.shape), np.ones(mask.shape)
    yi[mask] = np.concatenate([content["yi"] for content in SETS.values()])
    vi[mask] = np.concatenate([content["vi"] for content in SETS.values()])

    fits = pool_many(yi, vi, mask=mask, tau2_method="DL2")

    for row, name in enumerate(SETS):
        answer = CONTENT["pooled"][name]
        floor = typical_variance(np.array(SETS[name]["vi"]))
        assert difference(fits.tau2[row], answer["tau2"], floor=floor) <= EXACT, name


def test_every_data_set_of_the_grid_was_asked() -> None:
    assert set(SETS) == set(datasets.DATASETS)
    assert len(MODELS) >= 10
    # Where it matters: the two steps are not one step by another name.
    apart = [
        name
        for name, content in SETS.items()
        if abs(pool(*datasets.studies(content), tau2_method="DL").tau2 - CONTENT["pooled"][name]["tau2"]) > 1e-3
    ]
    assert len(apart) > 10
