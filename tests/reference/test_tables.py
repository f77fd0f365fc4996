"""Pooled tables of counts agree with metafor, and exact likelihoods with their own optimum."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.tables import (
    pool_logistic,
    pool_logistic_proportions,
    pool_mantel_haenszel,
    pool_mantel_haenszel_rates,
    pool_peto,
    pool_poisson,
    pool_poisson_rates,
)
from tests.reference.test_shared import FOLDER

TABLES = Path(__file__).parent / "tables"
NAMES = (
    *(
        "axfors2021",
        "bcg",
        "collins1985a",
        "collins1985b",
        "debruin2009",
        "hahn2001",
        "hart1999",
        "hine1989",
        "lee2004",
    ),
    *("li2007", "nielweise2007", "nielweise2008", "nielweise2008-arm1", "pritz1997", "viechtbauer2021"),
)
# Closed forms of sums in double precision; 15 digits in the file; metafor's Breslow-Day test loses four digits where
# the odds ratio is near 1, and a p value as many as its statistic is large.
CLOSED = 1e-9
# Both sides solve for the optimum of the exact likelihood; the reference's derivatives come from differences (1e-10),
# its log-likelihood from sums of log-factorials, and with two random effects both stop at 1e-10 of the likelihood.
EXACT = 1e-9
# lme4's bobyqa stops at a step of 1e-8 of parameters, which flat likelihoods turn into up to 5e-7 standard errors; its
# standard errors are finite differences. With large counts (bcg, li2007) lme4 solves its inner problem to 1e-10 or 1e-7
# only, and the outer search ends early: 1e-5 for one random effect, 4e-3 for the standard error with two.
SOLVED, LOOSE = 1e-6, 5e-3
# metafor's exact conditional model: nlminb stops at 1e-10 of the likelihood, a Hessian from differences of rounded
# probabilities gives standard errors to 3e-4.
HYPERGEOMETRIC = 1e-3
# The library's own search with rounded inner iterations, in the shared files: up to 5e-3 with two random effects, where
# its standard error is up to 1.1e-2 off.
AS_IT_COMES, AS_IT_COMES_UM_RS = 5e-4, 1.5e-2
CORRECTIONS: dict[str, dict[str, Any]] = {
    "default": {},
    "uncorrected": {"add": 0.0, "to": "none", "correct": False},
    "halves": {"pooled_add": 0.5, "pooled_to": "only0", "pooled_drop00": True},
    "all": {"to": "all", "drop00": False, "pooled_add": 0.25, "pooled_to": "if0all"},
}
POOLED = {
    "estimate": "beta",
    "se": "se",
    "statistic": "zval",
    "p_value": "pval",
    "ci_lower": "ci.lb",
    "ci_upper": "ci.ub",
    "q": "QE",
    "q_p_value": "QEp",
    "i2": "I2",
    "h2": "H2",
    "cmh_statistic": "MH",
    "cmh_p_value": "MHp",
    "cochran_statistic": "CO",
    "cochran_p_value": "COp",
    "breslow_day_statistic": "BD",
    "breslow_day_p_value": "BDp",
    "tarone_statistic": "TA",
    "tarone_p_value": "TAp",
}
MODELS = {
    "tables": pool_logistic,
    "rates": pool_poisson,
    "proportions": pool_logistic_proportions,
    "one_rate": pool_poisson_rates,
}


def load(name: str) -> dict[str, Any]:
    """Return one file."""
    content: dict[str, Any] = json.loads((TABLES / f"{name}.json").read_text(encoding="utf-8"))
    return content


# Two random effects take half a second: Laplace's approximation in four of the six data sets, the rest in one.
SKIPPED = {(name, "UM.RS EE") for name in NAMES if name != "hahn2001"} | {
    ("hine1989", "UM.RS ML"),
    ("lee2004", "UM.RS ML"),
}


def cases(part: str) -> list[tuple[str, str]]:
    """Return the names of the data sets and of what the part has about them."""
    found = [(name, key) for name in NAMES for key in load(name).get(part) or ()]
    return [case for case in found if case not in SKIPPED]


@cache
def fit_model(name: str, model: str, tau2_method: str = "ML", nodes: int | None = None) -> Any:
    """Return the engine's fit of a likelihood."""
    content, options = load(name), {"tau2_method": tau2_method, "nodes": nodes}
    chosen = {} if model == "UM" else {"model": model}
    return MODELS[content["kind"]](**content["data"], **chosen, **options)


def away(mine: float | None, theirs: float, *, floor: float = 0.0) -> float:
    """Return the difference relative to the larger of the reference and `floor`."""
    assert mine is not None
    return abs(mine - theirs) / max(abs(theirs), floor)


def compare_pooled(fit: Any, answer: dict[str, Any], *, names: dict[str, str] = POOLED) -> None:
    """Compare a closed form; where metafor has no number the engine has none."""
    for attribute, name in names.items():
        expected, value = answer.get(name), getattr(fit, attribute, None)
        if expected is None:
            assert value is None, attribute
            continue
        expected = expected / 100.0 if attribute == "i2" else expected
        floor = fit.se if attribute in {"estimate", "ci_lower", "ci_upper"} else 1e-12
        assert away(value, expected, floor=floor) <= CLOSED, attribute


def test_every_data_set_is_there() -> None:
    assert sorted(path.stem for path in TABLES.glob("*.json")) == sorted(NAMES)
    assert len(cases("metafor")) >= 58
    assert len(cases("exact")) >= 27
    assert len(cases("pooled")) >= 130


@pytest.mark.parametrize(("name", "key"), cases("pooled"))
def test_mantel_haenszel_agrees_with_metafor(name: str, key: str) -> None:
    content = load(name)
    answer, (measure, rule) = content["pooled"][key], key.split()
    pool = pool_mantel_haenszel_rates if content["kind"] == "rates" else pool_mantel_haenszel

    fit = pool(**content["data"], measure=measure, **CORRECTIONS[rule])

    assert fit.k == answer["k"]
    assert fit.q_df == answer["k.yi"] - 1
    compare_pooled(fit, answer)


@pytest.mark.parametrize(("name", "rule"), cases("peto"))
def test_peto_agrees_with_metafor(name: str, rule: str) -> None:
    content = load(name)
    answer = content["peto"][rule]
    options = {option: value for option, value in CORRECTIONS[rule].items() if option.startswith("pooled")}

    fit = pool_peto(**content["data"], **options)

    assert fit.q_df == answer["k.yi"] - 1
    compare_pooled(fit, answer, names={mine: theirs for mine, theirs in POOLED.items() if hasattr(fit, mine)})


@pytest.mark.parametrize(("name", "model"), cases("exact"))
def test_exact_likelihood_agrees_with_its_optimum(name: str, model: str) -> None:
    answer = load(name)["exact"][model]
    if model == "wald":
        fit = fit_model(name, "CM.EL", "CE")
        assert away(fit.q_wald, answer) <= EXACT
        return

    fit = fit_model(name, model)

    assert away(fit.estimate, answer["beta"], floor=answer["se"]) <= EXACT
    assert away(fit.se, answer["se"]) <= EXACT
    assert away(fit.tau2, answer["tau2"]) <= EXACT
    assert away(fit.tau2_se, answer["tau2.se"]) <= EXACT
    assert away(fit.log_likelihood, answer["ll"], floor=1.0) <= EXACT
    assert fit.nodes == (21 if model == "UM.RS" else 65)
    if model == "UM.RS":
        assert away(fit.sigma2, answer["sigma2"]) <= EXACT


@pytest.mark.parametrize(("name", "key"), cases("metafor"))
def test_quadrature_with_metafor_s_nodes_agrees_with_metafor(name: str, key: str) -> None:
    content = load(name)
    answer, (model, method) = content["metafor"][key], key.split()
    is_hypergeometric = model == "CM.EL" and content["kind"] == "tables"
    if is_hypergeometric and answer["tau2"] is not None and 0.0 < answer["tau2"] < 1e-3:
        # metafor searches log(tau2), which runs to minus infinity, and inverts a singular Hessian.
        assert fit_model(name, model).tau2 == 0.0
        return
    nodes = None if is_hypergeometric else 1 if model == "UM.RS" and method == "ML" else 7
    tolerance = HYPERGEOMETRIC if is_hypergeometric else SOLVED if answer["tolPwrss"] < 1e-12 else LOOSE

    fit = fit_model(name, model, "ML" if method == "ML" else "CE", nodes)

    assert fit.k == answer["k"]
    assert away(fit.estimate, answer["beta"], floor=answer["se"]) <= tolerance
    assert away(fit.se, answer["se"]) <= tolerance
    assert away(fit.tau2, answer["tau2"], floor=0.01) <= tolerance
    assert away(fit.q_lrt, answer["QE.LRT"]) <= tolerance
    assert away(fit.q_lrt_p_value, answer["QEp.LRT"], floor=1e-12) <= tolerance * 100.0
    if method == "ML":
        assert away(fit.i2, answer["I2"] / 100.0, floor=0.01) <= tolerance
        assert away(fit.h2, answer["H2"]) <= tolerance
    if answer["sigma2"] is not None:
        assert away(fit.sigma2, answer["sigma2"], floor=0.01) <= tolerance
    if not is_hypergeometric and model != "UM.RS":
        assert away(fit.q_wald, answer["QE.Wld"]) <= tolerance


SHARED = sorted(FOLDER.glob("dat.*.json")) if FOLDER else []


@pytest.mark.skipif(not SHARED, reason="no further references: set QUORUM_SHARED_REFS to a folder with dat.*.json")
def test_pooled_tables_agree_with_shared_references() -> None:
    compared = 0
    for path in SHARED:
        content = json.loads(path.read_text(encoding="utf-8"))
        columns = content["escalc_args"]
        rows = [row for row in content["rows"] if all(row[column] is not None for column in columns.values())]
        cells = {name: np.array([row[column] for row in rows], dtype=float) for name, column in columns.items()}
        for key, answer in content.get("two_by_two", {}).items():
            method, _, name = key.partition("_")
            answer |= {"beta": answer["b"]}
            if method == "GLMM" and (name != "UM.RS" or path.stem == "dat.egger2001"):
                compare_model(pool_logistic(**cells, model=name, nodes=1 if name == "UM.RS" else 7), answer)
            elif method == "PETO":
                fit = pool_peto(**cells)
                compare_pooled(fit, answer, names={key: POOLED[key] for key in POOLED if hasattr(fit, key)})
            elif method == "MH":
                names = {key: POOLED[key] for key in POOLED if not key.startswith("cochran")}
                compare_pooled(pool_mantel_haenszel(**cells, measure=name), answer, names=names)
            compared += 1
    assert compared >= 21


def compare_model(fit: Any, answer: dict[str, Any]) -> None:
    """Compare with metafor as it comes: lme4 stops early."""
    tolerance = AS_IT_COMES_UM_RS if fit.model == "UM.RS" else AS_IT_COMES
    assert away(fit.estimate, answer["b"], floor=answer["se"]) <= tolerance
    for attribute, name, factor in (("se", "se", 1.0), ("tau2", "tau2", 1.0), ("i2", "I2", 100.0)):
        assert away(getattr(fit, attribute), answer[name] / factor) <= tolerance
    assert away(fit.q_lrt, answer["QE.LRT"]) <= tolerance
    assert away(fit.q_wald, answer["QE.Wld"]) <= tolerance
