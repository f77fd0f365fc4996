"""Small-study effects give the numbers of metafor, lm() and rma() for every data set of the reference grid."""

import json
from pathlib import Path

import pytest

from plugins.small_study_effects import Params
from plugins.small_study_effects.adjusted import adjust, pool_original
from plugins.small_study_effects.asymmetry import run_tests
from plugins.small_study_effects.case import Case
from plugins.small_study_effects.fail_safe import count_missing
from tests.plugins.small_study_effects_cases import dataset_of, row_of

REFERENCE = Path(__file__).parent.parent / "reference"
NAMES = sorted(path.stem for path in (REFERENCE / "small_study").glob("*.json"))
# Both sides are in double precision: sums of up to 66 terms.
EXACT = 1e-8
# metafor's REML inside the loop of trim and fill ends at its smallest step.
FILLED = 1e-6


def read(folder, name):
    return json.loads((REFERENCE / folder / f"{name}.json").read_text(encoding="utf-8"))


def case_of(name):
    """Give the question without the selection model, whose search takes seconds for large data sets."""
    inputs = read("metafor", name)
    case = Case(dataset_of(inputs["yi"], inputs["vi"]), Params(least_k=3, ci_method="wald"))
    original = pool_original(case)
    return Case(case.dataset, case.params, estimate=original.estimate, tau2=original.tau2), original


def test_no_data_set_is_missing():
    assert len(NAMES) >= 9


@pytest.mark.parametrize("name", NAMES)
def test_tests_agree(name):
    expected, tests = read("small_study", name), run_tests(case_of(name)[0])

    for row, theirs in (
        (row_of(tests, "egger_lm"), expected["egger_lm"]["sei"]),
        (row_of(tests, "egger_rma"), expected["egger_rma"]["predictors"]["sei"]),
    ):
        assert (row.statistic, row.p_value) == pytest.approx((theirs["statistic"], theirs["pval"]), rel=EXACT, abs=1e-9)
    rank = row_of(tests, "rank")
    # R takes 1 - p for the upper tail of Kendall's distribution.
    assert (rank.estimate, rank.p_value) == pytest.approx(
        (expected["rank"]["tau"], expected["rank"]["pval"]), rel=EXACT
    )


@pytest.mark.parametrize("name", NAMES)
def test_adjusted_estimates_agree(name):
    expected, (case, original) = read("small_study", name), case_of(name)
    rows = adjust(case, original)

    beta0, filled = expected["limit"]["REML"]["beta0"], expected["trim_fill"]["REML"]["auto"]
    limit, fill = row_of(rows, "limit"), row_of(rows, "trim_and_fill_l0")
    assert limit.estimate == pytest.approx(beta0["estimate"], rel=EXACT, abs=EXACT * beta0["se"])
    assert fill.filled_count == filled["k0"]
    assert fill.estimate == pytest.approx(filled["estimate"], rel=FILLED, abs=FILLED * filled["se"])
    pet, peese = expected["pet_peese"]["pet"], expected["pet_peese"]["peese"]
    estimate, se = (peese if pet[3] < 0.05 else pet)[:2]
    assert row_of(rows, "pet_peese").estimate == pytest.approx(estimate, rel=EXACT, abs=EXACT * se)


@pytest.mark.parametrize("name", NAMES)
def test_fail_safe_numbers_agree(name):
    expected, rows = read("small_study", name)["fail_safe"], count_missing(case_of(name)[0])

    for row, method in zip(rows, ("Rosenthal", "Orwin", "Rosenberg"), strict=False):
        assert row.fail_safe_count == expected[method]["fsnum"], method
