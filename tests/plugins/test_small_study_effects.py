"""Small-study effects: what each method gives against metafor, and what it finds."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis import engine
from plugins.small_study_effects import Params
from plugins.small_study_effects.adjusted import PEESE_CHOSEN, PET_CHOSEN
from plugins.small_study_effects.asymmetry import (
    EXCESS,
    LARGER,
    NO_EXCESS,
    NOT_SELECTED,
    SELECTED,
    SMALLER,
    SYMMETRIC,
)
from plugins.small_study_effects.case import TIED, Case
from tests.plugins.bcg import bcg_dataset
from tests.plugins.small_study_effects_cases import ask, dataset_of, row_of, skewed

BCG = json.loads(
    (Path(__file__).parent.parent / "reference" / "small_study" / "bcg-RR.json").read_text(encoding="utf-8")
)
# Both sides are in double precision: sums, and maxima of likelihoods to their last step.
EXACT = 1e-8
# metafor's REML inside the loop of trim and fill ends at its smallest step.
FILLED = 1e-6
NORMAL = {"ci_method": "wald"}


@pytest.mark.parametrize(("name", "part"), [("egger_lm", "egger_lm"), ("egger_rma", "egger_rma")])
def test_egger_gives_the_numbers_of_metafor(name, part):
    row = row_of(ask(bcg_dataset()).tests, name)
    expected = BCG[part].get("predictors", BCG[part])["sei"]

    assert (row.estimate, row.statistic, row.p_value, row.se) == pytest.approx(
        (expected["slope"], expected["statistic"], expected["pval"], expected["se"][1]), rel=EXACT
    )
    assert (row.predictor, row.finding, row.small_studies_show) == ("sei", SYMMETRIC, "larger")


@pytest.mark.parametrize("predictor", ["sqrtninv", "ninv"])
def test_egger_by_size_is_the_engines_answer(predictor):
    dataset = bcg_dataset()
    ni = np.array([effect.n1 + effect.n2 for effect in dataset.effects])
    tests = ask(dataset, size_predictor=predictor).tests

    for name, fit in (("egger_size_lm", engine.egger_lm), ("egger_size_rma", engine.egger_rma)):
        expected = fit(dataset.yi, dataset.vi, predictor=predictor, ni=ni)
        row = row_of(tests, name)
        assert (row.estimate, row.p_value, row.predictor) == (expected.slope, expected.p_value, predictor)
        assert row.caution is None


def test_egger_by_both_group_sizes_is_the_engines_answer():
    dataset = bcg_dataset()
    x = [(1 / effect.n1 + 1 / effect.n2) ** 0.5 for effect in dataset.effects]
    row = row_of(ask(dataset, size_predictor="group_sizes").tests, "egger_size_lm")

    # The same square root of the same sum, by numpy and by Python.
    assert row.p_value == pytest.approx(engine.egger_lm(dataset.yi, dataset.vi, predictor=x).p_value, rel=1e-12)
    assert row.predictor == "group_sizes"


def test_rank_test_gives_the_numbers_of_metafor():
    row = row_of(ask(bcg_dataset()).tests, "rank")

    assert (row.estimate, row.p_value) == pytest.approx((BCG["rank"]["tau"], BCG["rank"]["pval"]), rel=EXACT)


def test_excess_significance_gives_the_numbers_of_metafor():
    row = row_of(ask(bcg_dataset()).tests, "excess_significance")
    expected = BCG["excess"]["REML"]["exact"]

    assert row.observed_count == expected["O"]
    assert (row.expected_count, row.p_value) == pytest.approx((expected["E"], expected["pval"]), rel=EXACT)
    assert row.finding == NO_EXCESS


def test_selection_model_gives_the_numbers_of_metafor():
    result = ask(bcg_dataset())
    expected = BCG["selection"]["three"]
    test, estimate = row_of(result.tests, "selection"), row_of(result.adjusted, "selection")

    assert expected["alternative"] == "less"  # tuberculosis is better when lower
    assert test.statistic == pytest.approx(expected["lrt"], rel=EXACT)
    assert (estimate.estimate, estimate.tau2) == pytest.approx((expected["estimate"], expected["tau2"]), rel=EXACT)
    # Numerical second derivatives on their side.
    assert estimate.se == pytest.approx(expected["se"], rel=1e-4)
    assert (test.finding, test.df) == (NOT_SELECTED, 1)


def test_trim_and_fill_gives_the_numbers_of_metafor():
    result = ask(bcg_dataset(), **NORMAL)
    expected, row = BCG["trim_fill"]["REML"]["auto"], row_of(result.adjusted, "trim_and_fill_l0")

    assert (row.filled_count, row.remark) == (expected["k0"], "1 study is filled in on the right.")
    assert (row.estimate, row.se, row.tau2, row.p_value) == pytest.approx(
        [expected[name] for name in ("estimate", "se", "tau2", "pval")], rel=FILLED
    )
    r0 = row_of(ask(bcg_dataset(), missing_side="left", **NORMAL).adjusted, "trim_and_fill_r0")
    theirs = BCG["trim_fill"]["REML"]["left R0"]
    assert (r0.filled_count, r0.estimate) == (theirs["k0"], pytest.approx(theirs["estimate"], rel=FILLED))


def test_limit_and_henmi_copas_give_the_numbers_of_their_references():
    adjusted = ask(bcg_dataset()).adjusted
    limit, henmi = row_of(adjusted, "limit"), row_of(adjusted, "henmi_copas")
    beta0, exact = BCG["limit"]["REML"]["beta0"], BCG["henmi_copas"]["95"]["exact"]

    assert (limit.estimate, limit.se) == pytest.approx((beta0["estimate"], beta0["se"]), rel=EXACT)
    assert (henmi.estimate, henmi.ci_lower, henmi.ci_upper) == pytest.approx(
        (exact["estimate"], exact["ci.lb"], exact["ci.ub"]), rel=EXACT
    )


def test_pet_peese_gives_the_numbers_of_lm():
    row = row_of(ask(bcg_dataset()).adjusted, "pet_peese")

    estimate, se, _, p_value = BCG["pet_peese"]["pet"]
    assert (row.estimate, row.se, row.p_value) == pytest.approx((estimate, se, p_value), rel=EXACT)
    assert row.remark == f"{PET_CHOSEN} {TIED}"
    peese = row_of(ask(bcg_dataset(), pet_alpha=0.5).adjusted, "pet_peese")
    assert peese.estimate == pytest.approx(BCG["pet_peese"]["peese"][0], rel=EXACT)
    assert peese.remark == f"{PEESE_CHOSEN} {TIED}"


def test_fail_safe_numbers_are_those_of_metafor():
    rows = ask(bcg_dataset()).fail_safe

    expected = BCG["fail_safe"]
    assert [row.fail_safe_count for row in rows[:3]] == [
        expected[name]["fsnum"] for name in ("Rosenthal", "Orwin", "Rosenberg")
    ]
    assert (rows[0].tolerance_count, rows[0].is_above_tolerance) == (75, True)
    assert ask(bcg_dataset(), orwin_target=0.07).fail_safe[1].fail_safe_count == expected["Orwin_target"]["fsnum"]
    assert ask(bcg_dataset(), study_alpha=0.01).fail_safe[0].fail_safe_count == expected["Rosenthal_01"]["fsnum"]


def test_original_is_the_pooled_estimate_and_differences_are_from_it():
    result = ask(bcg_dataset())
    expected = engine.pool(bcg_dataset().yi, bcg_dataset().vi)
    original = result.adjusted[0]

    assert (original.estimate, original.ci_lower, original.tau2) == (
        *(expected.estimate, expected.ci_lower, expected.tau2),
    )
    assert (original.difference, original.conclusion_changes, original.conclusion) == (0.0, False, "below_null")
    for row in result.adjusted[1:]:
        assert row.difference == row.estimate - original.estimate
        assert row.conclusion_changes == (row.conclusion != original.conclusion)
    assert "The conclusion changes by: PET-PEESE, Henmi-Copas interval." in result.messages


@pytest.mark.parametrize(("sign", "finding"), [(1.0, LARGER), (-1.0, LARGER)])
def test_asymmetry_has_a_direction(sign, finding):
    row = row_of(ask(skewed(sign=sign)).tests, "egger_lm")

    assert (row.is_significant, row.finding, row.small_studies_show) == (True, finding, "larger")
    assert row.caution is None


def test_small_studies_may_show_smaller_effects():
    sei = np.linspace(0.1, 0.6, 12)
    tests = ask(dataset_of(2.0 - 2.0 * sei + 0.05 * np.cos(np.arange(12)), sei**2)).tests

    assert row_of(tests, "egger_lm").finding == SMALLER
    assert row_of(tests, "rank").small_studies_show == "smaller"


def test_selection_and_excess_are_found():
    vi = np.linspace(0.04, 0.3, 12)
    tests = ask(dataset_of(-2.5 * np.sqrt(vi), vi)).tests

    assert row_of(tests, "excess_significance").finding == EXCESS
    assert row_of(tests, "selection").finding == SELECTED


def test_likelihood_that_rises_without_end_becomes_a_sentence():
    vi = np.linspace(0.04, 0.3, 12)
    row = row_of(ask(dataset_of(-2.0 * np.sqrt(vi), vi)).adjusted, "selection")

    assert (row.estimate, row.is_applicable) == (None, False)
    assert row.message.startswith("There is no answer: the search for the maximum of the selection model did not")


def test_numbers_without_end_become_a_sentence(monkeypatch):
    fit = engine.rank_test(bcg_dataset().yi, bcg_dataset().vi)
    monkeypatch.setattr(engine, "rank_test", lambda *args: replace(fit, statistic=float("inf")))
    row = row_of(ask(bcg_dataset()).tests, "rank")

    assert (row.statistic, row.message) == (None, "There is no answer: the statistic is undefined: it is inf.")


def test_selection_looks_where_treatment_is_favoured():
    yi, vi = bcg_dataset().yi, bcg_dataset().vi
    cases = [(dataset_of(yi, vi, direction=direction), Params()) for direction in ("lower", "higher")]
    cases.append((cases[0][0], Params(favoured="two-sided")))

    assert [Case(dataset, params).favoured for dataset, params in cases] == ["less", "greater", "two-sided"]
