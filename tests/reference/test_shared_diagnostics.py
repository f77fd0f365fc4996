"""What single studies do agrees with references kept outside the repository."""

from pathlib import Path

import numpy as np
import pytest

from analysis.engine import baujat, cumulative, gosh, influence, shrunken_effects, standardised_residuals
from tests.reference.agreement import EXACT, typical_variance, worst
from tests.reference.test_diagnostics import assert_influence
from tests.reference.test_shared import FILES, paths, read, studies
from tests.reference.test_shared_moderators import models, problem_of

pytestmark = pytest.mark.skipif(not FILES, reason="no further references: see test_shared.py")
# Diagnostics of REML as metafor comes: its tau2 is off by 1e-5 with and without each study, which moves them by at most
# this much; rstudent and the like are of the order of 1.
BY_DEFAULT = 5e-3


@pytest.mark.parametrize(("part", "tau2_method", "ci_method"), [("REML_tight", "REML", "wald"), ("DL", "DL", "wald")])
@paths
def test_influence_agrees_with_shared(path: Path, part: str, tau2_method: str, ci_method: str) -> None:
    content = read(path)
    yi, vi = studies(content)
    answer = content["influence"][part]
    answer |= {"dfbs": [answer["dfbs"]["intrcpt"]], "is_influential": answer["is.infl"]}

    found = influence(yi, vi, tau2_method=tau2_method, ci_method=ci_method)

    assert_influence(found, answer, typical=typical_variance(vi))


@paths
def test_influence_agrees_with_metafor_as_it_comes(path: Path) -> None:
    content = read(path)
    answer = content["influence"]["REML_knha"]

    found = influence(*studies(content))

    names = {"rstudent": "rstudent", "dffits": "dffits", "cook_d": "cook.d", "cov_r": "cov.r", "hat": "hat"}
    for attribute, name in names.items():
        assert worst(getattr(found, attribute), answer[name], floor=1.0) <= BY_DEFAULT, attribute


@models
def test_influence_with_moderators_agrees_with_metafor_as_it_comes(path: Path, place: int) -> None:
    model, mods, yi, vi = problem_of(path, place)
    answer = model.get("influence")
    if answer is None:
        assert yi.size >= 100
        return

    found = influence(yi, vi, mods=mods, ci_method="wald")

    names = {"rstudent": "rstudent", "dffits": "dffits", "cook_d": "cook.d", "cov_r": "cov.r", "hat": "hat"}
    for attribute, name in names.items():
        assert worst(getattr(found, attribute), answer[name], floor=1.0) <= BY_DEFAULT, attribute


@pytest.mark.parametrize("part", ["data_order", "by_year"])
@paths
def test_cumulative_agrees_with_shared(path: Path, part: str) -> None:
    """All are those of REML as metafor comes, one study more in each row."""
    content = read(path)
    answer = content["cumul"].get(part)
    if answer is None:
        assert part == "by_year"
        return
    yi, vi = studies(content)
    order = order_of(content, answer["slab"])

    found = cumulative(yi, vi, order=order, tau2_method="REML", ci_method="wald")

    for attribute, name in (("estimate", "estimate"), ("ci_lower", "ci.lb"), ("ci_upper", "ci.ub")):
        away = np.abs(np.asarray(getattr(found, attribute)) - np.array(answer[name])) / found.se
        assert float(np.max(away)) <= BY_DEFAULT, attribute
    assert worst(found.q[1:], answer["Q"][1:], floor=1.0) <= EXACT


def order_of(content: dict, labels: list[str]) -> list[int]:
    """Return the positions of the studies that the labels name: their rows from 1 on, those without effects too."""
    rows = [row for row, pair in enumerate(zip(content["yi"], content["vi"], strict=True)) if None not in pair]
    return [rows.index(int(label) - 1) for label in labels]


@paths
def test_baujat_agrees_with_metafor_as_it_comes(path: Path) -> None:
    content = read(path)

    x, y = baujat(*studies(content), tau2_method="REML")

    assert worst(x, content["baujat"]["x"], floor=1.0) <= BY_DEFAULT
    assert worst(y, content["baujat"]["y"], floor=1.0) <= BY_DEFAULT


@pytest.mark.parametrize("path", [path for path in FILES if "gosh_exact" in read(path)], ids=lambda path: path.stem)
def test_gosh_of_all_subsets_agrees_with_shared(path: Path) -> None:
    content = read(path)
    yi, vi = studies(content)
    answer = content["gosh_exact"]

    found = gosh(yi, vi, tau2_method="REML")

    places = {tuple(included): place for place, included in enumerate(np.array(answer["incl"]) == 1)}
    theirs = [places[tuple(included)] for included in found.included]
    assert len(places) == len(theirs)
    assert found.k.tolist() == np.array(answer["k"])[theirs].tolist()
    away = np.abs(found.estimate - np.array(answer["estimate"])[theirs])
    assert float(np.max(away)) <= BY_DEFAULT * np.sqrt(typical_variance(vi))
    assert worst(found.q[found.k > 1], np.array(answer["QE"])[theirs][found.k > 1].tolist(), floor=1.0) <= EXACT


@paths
def test_residuals_and_shrunken_effects_agree_with_metafor_as_it_comes(path: Path) -> None:
    content = read(path)
    residuals, effects = content["rstandard"], content["blup"]

    found = standardised_residuals(*studies(content), ci_method="wald")
    shrunken = shrunken_effects(*studies(content), ci_method="wald")

    assert worst(found.standardised, residuals["z"], floor=1.0) <= BY_DEFAULT
    for attribute, name in (("estimate", "pred"), ("pi_lower", "pi.lb"), ("pi_upper", "pi.ub")):
        away = np.abs(getattr(shrunken, attribute) - np.array(effects[name])) / found.se
        assert float(np.max(away)) <= BY_DEFAULT, attribute
