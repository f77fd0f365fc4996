"""The engine agrees with references kept outside the repository: every file, every part the engine computes."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine import (
    Pooled,
    leave_one_out,
    md,
    odds_ratio,
    pool,
    profile_likelihood_tau2,
    profile_tau2,
    rd,
    rr,
    smd,
)
from analysis.engine.likelihood import Likelihood, log_likelihood
from tests.reference.agreement import (
    DEFAULT_STEP,
    EXACT,
    UNIROOT_STEP,
    difference,
    differences,
    typical_variance,
    worst,
    worst_p_value,
)
from tests.reference.datasets import CI_METHODS, ITERATED, TAU2_METHODS

# What stands on a tau2 of metafor as it comes is off by half its relative error, beside the width of the prediction
# interval: its step of 1.3e-4 is 1.2% of the total variance in dat.begg1989, the worst case (1.1e-3).
BY_DEFAULT = 2e-3
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


def width_of(fit: Pooled) -> float:
    """Return the width of the prediction interval."""
    assert fit.pi_lower is not None
    assert fit.pi_upper is not None
    return fit.pi_upper - fit.pi_lower


paths = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
@paths
def test_pool_agrees_with_shared_fits(path: Path, tau2_method: str) -> None:
    content = read(path)
    yi, vi = studies(content)
    part = "fits_tight" if tau2_method in ITERATED else "fits"
    for ci_method in ("wald", "hksj"):
        answer = dict(content[part][TAU2_METHODS[tau2_method]][CI_METHODS[ci_method]])
        fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)
        if tau2_method in ITERATED:
            # The shared predictions are those of metafor as it comes, 1e-4 from the optimum; see below.
            answer |= {"pi.lb": fit.pi_lower, "pi.ub": fit.pi_upper}
        elif tau2_method != "CE":
            answer |= content["predict"][tau2_method][CI_METHODS[ci_method]]

        found = differences(fit, answer, typical=typical_variance(vi))

        assert max(found.values()) <= EXACT, (ci_method, found)


@pytest.mark.parametrize("tau2_method", ITERATED)
@paths
def test_pool_agrees_with_shared_fits_of_metafor_as_it_comes(path: Path, tau2_method: str) -> None:
    content = read(path)
    yi, vi = studies(content)
    for test, answer in content["fits"][tau2_method].items():
        ci_method = next(name for name, other in CI_METHODS.items() if other == test)
        predicted = content["predict"][tau2_method][test]

        fit = pool(yi, vi, tau2_method=tau2_method, ci_method=ci_method)

        assert abs(fit.tau2 - answer["tau2"]) <= DEFAULT_STEP[tau2_method]
        assert fit.df == answer["ddf"]
        for attribute, theirs in (
            ("estimate", answer["b"]),
            ("ci_lower", answer["ci.lb"]),
            ("ci_upper", answer["ci.ub"]),
            ("pi_lower", predicted["pi.lb"]),
            ("pi_upper", predicted["pi.ub"]),
        ):
            assert abs(getattr(fit, attribute) - theirs) <= BY_DEFAULT * width_of(fit), (attribute, test)


@paths
def test_prediction_with_t_of_k_minus_2_agrees_with_shared(path: Path) -> None:
    content = read(path)
    answer = content["predict_riley_REML"]

    fit = pool(*studies(content), ci_method="wald", pi_method="t_k_minus_2")

    width = width_of(fit)
    assert fit.pi_distribution == "t"
    assert fit.pi_lower == pytest.approx(answer["pi.lb"], abs=BY_DEFAULT * width)
    assert fit.pi_upper == pytest.approx(answer["pi.ub"], abs=BY_DEFAULT * width)


@pytest.mark.parametrize("tau2_method", ["ML", "REML"])
@paths
def test_log_likelihood_agrees_with_shared(path: Path, tau2_method: str) -> None:
    content = read(path)
    yi, vi = studies(content)
    model = Likelihood(yi=yi, vi=vi, restricted=tau2_method == "REML")
    # metafor adds the constant, and to the restricted likelihood half the logarithm of det(X'X) = k.
    k = yi.size - model.restricted
    constant = -0.5 * k * np.log(2.0 * np.pi) + 0.5 * model.restricted * np.log(yi.size)

    mine = constant + log_likelihood(model, pool(yi, vi, tau2_method=tau2_method).tau2)

    assert difference(float(mine), content["loglik_tight"][tau2_method]["ll"], floor=1.0) <= EXACT


@paths
def test_profile_interval_agrees_with_shared_intervals(path: Path) -> None:
    content = read(path)
    yi, vi = studies(content)
    answer, typical = content["confint"]["REML_QP_tight"]["tau2"], typical_variance(vi)

    interval = profile_tau2(yi, vi)

    assert interval is not None
    assert difference(interval.tau2_ci_lower, answer["ci.lb"], floor=typical) <= EXACT
    assert difference(interval.tau2_ci_upper, answer["ci.ub"], floor=typical) <= EXACT


@pytest.mark.parametrize("part", ["REML_QP", "DL_QP", "PM_QP", "REML_PL", "ML_PL"])
@paths
def test_intervals_of_tau2_agree_with_metafor_as_it_comes(path: Path, part: str) -> None:
    content = read(path)
    answer = content["confint"][part]["tau2"]
    method, kind = part.split("_")

    if kind == "PL":
        interval = profile_likelihood_tau2(*studies(content), tau2_method=method)
    else:
        interval = profile_tau2(*studies(content))

    assert interval is not None
    assert abs(interval.tau2_ci_lower - answer["ci.lb"]) <= UNIROOT_STEP
    assert abs(interval.tau2_ci_upper - answer["ci.ub"]) <= UNIROOT_STEP


@pytest.mark.parametrize(("part", "tau2_method"), [("REML_tight", "REML"), ("DL", "DL"), ("FE", "CE")])
@paths
def test_leave_one_out_agrees_with_shared_fits(path: Path, part: str, tau2_method: str) -> None:
    content = read(path)
    yi, vi = studies(content)
    answer = content["leave1out"][part]

    left = leave_one_out(yi, vi, tau2_method=tau2_method, ci_method="wald")

    smallest = float(np.min(left.se))
    assert worst(left.estimate, answer["estimate"], floor=smallest) <= EXACT
    assert worst(left.se, answer["se"]) <= EXACT
    assert worst(left.ci_lower, answer["ci.lb"], floor=smallest) <= EXACT
    assert worst(left.ci_upper, answer["ci.ub"], floor=smallest) <= EXACT
    assert worst_p_value(left.p_value, answer["pval"]) <= EXACT
    assert worst(left.q, answer["Q"]) <= EXACT
    assert worst(left.tau2, answer.get("tau2") or [0.0] * yi.size, floor=typical_variance(vi)) <= EXACT


@paths
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
