"""Small-study effects and publication bias agree with references kept outside the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.errors import UndefinedResult
from analysis.engine.small_study import (
    egger_lm,
    egger_rma,
    excess_significance,
    fail_safe_n,
    fit_selection_model,
    henmi_copas,
    rank_test,
    trim_and_fill,
)
from tests.reference.test_shared import shared_folder, studies
from tests.reference.test_small_study import AS_IT_COMES, EXACT, METHODS, RANK, approx, read

FOLDER = shared_folder()
FILES = sorted(FOLDER.glob("dat.*.json")) if FOLDER else []
pytestmark = pytest.mark.skipif(not FILES, reason="no further references: see test_shared.py")

by_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


@by_file
def test_shared_tests_of_asymmetry_agree(path: Path) -> None:
    content = read(path)
    yi, vi = studies(content)
    ni = [n for n, y in zip(content["ni"], content["yi"], strict=True) if y is not None] if content["ni"] else None

    for predictor, expected in content["regtest"]["lm"].items():
        fit = egger_lm(yi, vi, ni=ni, predictor=predictor)
        assert fit.statistic == approx(expected["zval"], rel=EXACT, abs=EXACT)
        assert fit.p_value == approx(expected["pval"], rel=EXACT)
        if expected["est"] is not None:
            assert fit.estimate == approx(expected["est"], rel=EXACT, abs=EXACT * fit.intercept_se)
            assert fit.ci_lower == approx(expected["ci.lb"], rel=EXACT, abs=EXACT * fit.intercept_se)
    for predictor, expected in content["regtest"]["rma"].items():
        fit = egger_rma(yi, vi, ni=ni, predictor=predictor)
        assert fit.statistic == approx(expected["zval"], rel=AS_IT_COMES, abs=AS_IT_COMES)
    expected = content["regtest"]["rma_knha_sei"]
    assert egger_rma(yi, vi, ci_method="hksj").statistic == approx(expected["zval"], abs=AS_IT_COMES)
    test = rank_test(yi, vi)
    assert (test.tau, test.p_value) == approx(tuple(content["ranktest"].values()), rel=RANK)


@by_file
def test_shared_fills_and_fail_safe_numbers_agree(path: Path) -> None:
    content = read(path)
    yi, vi = studies(content)

    for method, fills in content["trimfill"].items():
        options: dict[str, Any] = {"tau2_method": METHODS.get(method, method), "ci_method": "wald"}
        for estimator in ("L0", "R0", "Q0"):
            expected = fills.get(estimator)
            if expected is None:
                with pytest.raises(UndefinedResult):
                    trim_and_fill(yi, vi, estimator=estimator, **options)
                continue
            found = trim_and_fill(yi, vi, estimator=estimator, **options)
            assert (found.k0, found.side) == (expected["k0"], expected["side"])
            assert found.k0_se == approx(expected["se.k0"], rel=1e-12)
            assert found.k0_p_value == approx(expected["p.k0"], rel=1e-12)
            # REML is metafor's as it comes: a step of 1e-5 before the optimum. The others are formulas.
            near = 1e-4 if method == "REML" else EXACT
            assert found.pooled.estimate == approx(expected["b"], rel=near, abs=near * expected["se"])
            assert found.pooled.se == approx(expected["se"], rel=near)
            np.testing.assert_allclose(found.yi, expected["yi"], rtol=near, atol=near)
    for key, expected in content["fsn"].items():
        number = fail_safe_n(yi, vi, method=key.split("_")[0], is_weighted=key.endswith("weighted"))
        assert number.fail_safe_n == expected["fsnum"]
        assert number.p_value == approx(expected["pval"], rel=1e-8)


@by_file
def test_shared_intervals_and_powers_agree(path: Path) -> None:
    content = read(path)
    yi, vi = studies(content)
    interval, expected = henmi_copas(yi, vi), content["hc"]

    assert interval.estimate == approx(expected["beta"], rel=EXACT, abs=EXACT * interval.se)
    assert interval.se == approx(expected["se"], rel=EXACT)
    assert interval.ci_lower == approx(expected["ci.lb"], abs=AS_IT_COMES * interval.se)
    found, expected = excess_significance(yi, vi), content["tes"]
    assert found.observed == expected["O"]
    assert found.expected == approx(expected["E"], rel=AS_IT_COMES)
    assert found.p_value == approx(expected["pval"], rel=AS_IT_COMES)
    np.testing.assert_allclose(found.power, expected["power"], rtol=AS_IT_COMES)
    for mine, theirs in zip(found.effect_limits, expected["theta.lim"], strict=True):
        assert mine == approx(theirs, rel=AS_IT_COMES)


@by_file
def test_shared_selection_models_agree_on_the_nearest_hill(path: Path) -> None:
    content = read(path)
    yi, vi = studies(content)
    for key, expected in content["selmodel_ML"].items():
        if expected is None or expected.get("ll") is None:
            continue
        steps = {"step_.025": [0.025], "step_.025_.5": [0.025, 0.5]}.get(key)
        options: dict[str, Any] = {
            "weight_function": "step" if steps else key,
            "steps": steps,
            "alternative": expected["alternative"],
        }
        nearest, highest = (fit_selection_model(yi, vi, search=search, **options) for search in ("nearest", "global"))
        # metafor's likelihood of smooth weights is integrated to 1.2e-4 for each study: 4e-4 was seen for a hundred.
        assert highest.log_likelihood >= nearest.log_likelihood - 1e-9
        assert nearest.log_likelihood >= expected["ll"] - (1e-9 if steps else 1e-3), key
        if max(expected["delta"]) < 99.0:
            # A log-likelihood 1e-3 below its maximum may be sqrt(2e-3) standard errors away from it.
            assert nearest.log_likelihood == approx(expected["ll"], abs=3e-3), key
            assert nearest.estimate == approx(expected["b"], abs=0.05 * nearest.se), key
            assert nearest.tau2 == approx(expected["tau2"], abs=0.05 * (nearest.tau2_se or 1e-2)), key
