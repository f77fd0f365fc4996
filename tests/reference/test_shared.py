"""The engine agrees with references kept outside the repository: every file, every part the engine computes."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine import leave_one_out, md, odds_ratio, pool, profile_tau2, rd, rr, smd
from tests.reference.agreement import EXACT, SMALLEST_P_VALUE, difference, differences
from tests.reference.datasets import CI_METHODS, TAU2_METHODS
from tests.reference.test_pooling import typical_variance

ITERATED = {"PM", "ML", "REML"}
# An effect of two-by-two tables or of means is a formula of few terms in double precision.
FORMULA = 1e-11


def shared_folder() -> Path | None:
    """Return the folder with further references, or None."""
    named = os.environ.get("QUORUM_SHARED_REFS")
    folder = Path(named) if named else Path(__file__).resolve().parents[3] / "shared" / "refs"
    return folder if folder.is_dir() else None


FOLDER = shared_folder()
FILES = sorted(FOLDER.glob("dat.*.json")) if FOLDER else []
pytestmark = pytest.mark.skipif(
    not FILES, reason="no further references: set QUORUM_SHARED_REFS to a folder that holds dat.*.json"
)


def read(path: Path) -> dict[str, Any]:
    """Return one file."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def studies(content: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Return effects and variances without the rows for which there is none."""
    pairs = [pair for pair in zip(content["yi"], content["vi"], strict=True) if None not in pair]
    yi, vi = zip(*pairs, strict=True)
    return np.array(yi), np.array(vi)


@pytest.mark.parametrize("ci_method", CI_METHODS)
@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_pool_agrees_with_shared_fits(path: Path, tau2_method: str, ci_method: str) -> None:
    content = read(path)
    yi, vi = studies(content)
    part = "fits_tight" if tau2_method in ITERATED else "fits"
    answer = dict(content[part][TAU2_METHODS[tau2_method]][CI_METHODS[ci_method]])
    fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)
    if tau2_method == "DL":
        answer |= content["predict"]["DL"][CI_METHODS[ci_method]]
    elif tau2_method != "CE":
        # The shared predictions are those of metafor as it comes, 1e-4 from the optimum; the others are compared.
        answer |= {"pi.lb": fit.pi_lower, "pi.ub": fit.pi_upper}

    found = differences(fit, answer, typical=typical_variance(vi))

    assert max(found.values()) <= EXACT, found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_profile_interval_agrees_with_shared_intervals(path: Path) -> None:
    content = read(path)
    yi, vi = studies(content)
    answer, typical = content["confint"]["REML_QP_tight"]["tau2"], typical_variance(vi)

    interval = profile_tau2(yi, vi)

    assert interval is not None
    assert difference(interval.tau2_ci_lower, answer["ci.lb"], floor=typical) <= EXACT
    assert difference(interval.tau2_ci_upper, answer["ci.ub"], floor=typical) <= EXACT


@pytest.mark.parametrize(("part", "tau2_method"), [("REML_tight", "REML"), ("DL", "DL"), ("FE", "CE")])
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_leave_one_out_agrees_with_shared_fits(path: Path, part: str, tau2_method: str) -> None:
    content = read(path)
    yi, vi = studies(content)
    answer, typical = content["leave1out"][part], typical_variance(vi)

    left = leave_one_out(yi, vi, tau2_method=tau2_method, ci_method="wald")

    names = {"ci_lower": "ci.lb", "ci_upper": "ci.ub", "p_value": "pval", "q": "Q"}
    for attribute in ("estimate", "se", "ci_lower", "ci_upper", "p_value", "q", "tau2"):
        expected = answer.get(names.get(attribute, attribute))
        if attribute == "tau2" and tau2_method == "CE":
            expected = [0.0] * yi.size
        atol = EXACT * (
            typical if attribute == "tau2" else SMALLEST_P_VALUE / EXACT if attribute == "p_value" else left.se.min()
        )
        np.testing.assert_allclose(getattr(left, attribute), expected, rtol=EXACT, atol=atol, err_msg=attribute)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_pool_agrees_with_shared_fits_of_other_measures(path: Path) -> None:
    for measure, answer in read(path).get("alt_measures", {}).items():
        yi, vi = studies(answer)
        for part, tau2_method in (("REML_tight", "REML"), ("DL", "DL"), ("FE", "CE")):
            fit = pool(yi, vi, tau2_method=tau2_method, ci_method="wald")
            expected = answer[part] | {"pi.lb": fit.pi_lower, "pi.ub": fit.pi_upper}
            found = differences(fit, expected, typical=typical_variance(vi))
            assert max(found.values()) <= EXACT, (measure, part, found)


def test_effects_agree_with_shared_tables() -> None:
    assert FOLDER is not None
    groups = read(FOLDER / "escalc_table.json")["groups"]
    tables, arms = groups["two_by_two"], groups["means_2g"]
    cells = {name: np.array([row[name] for row in tables["rows"]], dtype=float) for name in ("ai", "bi", "ci", "di")}
    events = {"ai": cells["ai"], "n1i": cells["ai"] + cells["bi"], "ci": cells["ci"], "n2i": cells["ci"] + cells["di"]}
    means = {name: [row[name] for row in arms["rows"]] for name in arms["columns"]}

    for measure, compute in (("RR", rr), ("OR", odds_ratio), ("RD", rd)):
        effects = compute(**events)
        np.testing.assert_allclose(effects.yi, tables["measures"][measure]["yi"], rtol=FORMULA, atol=1e-15)
        np.testing.assert_allclose(effects.vi, tables["measures"][measure]["vi"], rtol=FORMULA, atol=1e-15)
    for measure, compute in (("MD", md), ("SMD", smd)):
        effects = compute(**means)
        np.testing.assert_allclose(effects.yi, arms["measures"][measure]["yi"], rtol=FORMULA)
        np.testing.assert_allclose(effects.vi, arms["measures"][measure]["vi"], rtol=FORMULA)
