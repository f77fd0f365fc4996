"""Coefficients of agreement as R and three Python libraries give them for made-up answers (`agreement_values`)."""

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.engine.agreement import (
    METRICS,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    measure_imbalance,
    pabak,
    ratings_from_table,
)

pytestmark = pytest.mark.engine

FOLDER = Path(__file__).parent / "agreement_values"
MANY = json.loads((FOLDER / "many.json").read_text(encoding="utf-8"))
TWO = json.loads((FOLDER / "two.json").read_text(encoding="utf-8"))
OF_R = json.loads((FOLDER / "r.json").read_text(encoding="utf-8"))["tables"]
# Both sides are short sums in double precision; the worst seen is 2e-15.
EXACT = 1e-10
ONE_IN_ALL = [f"{len(case['rows'])} items, {len(case['rows'][0])} raters" for case in MANY]


def test_values_are_those_of_all_cases() -> None:
    assert (len(MANY), len(TWO), len(OF_R)) == (30, 10, 10)
    assert [case["table"] for case in TWO] == [case["table"] for case in OF_R]
    assert sum(None in row for case in MANY for row in case["rows"]) > 200


@pytest.mark.parametrize("case", MANY, ids=ONE_IN_ALL)
def test_coefficients_of_many_raters_are_those_of_irrcac(case: dict[str, Any]) -> None:
    for weights, printed in case["found"]["weights"].items():
        for coefficient, name in ((gwet_ac, "gwet"), (fleiss_kappa, "fleiss")):
            found = coefficient(case["rows"], weights=weights, categories=case["categories"])
            assert found.estimate == pytest.approx(printed[name]["estimate"], abs=EXACT)
            assert found.se == pytest.approx(printed[name]["se"], abs=EXACT)
    found = pabak(case["rows"], categories=case["categories"])
    assert found.estimate == pytest.approx(case["found"]["brennan_prediger"]["estimate"], abs=EXACT)
    # For two raters the engine has Wilson's interval.
    if found.ci_method == "t":
        assert found.se == pytest.approx(case["found"]["brennan_prediger"]["se"], abs=EXACT)


@pytest.mark.parametrize("case", MANY, ids=ONE_IN_ALL)
def test_alphas_are_those_of_krippendorff_the_library(case: dict[str, Any]) -> None:
    for metric in METRICS:
        found = krippendorff_alpha(case["rows"], metric=metric, categories=case["categories"], ci_method="linearised")
        assert found.estimate == pytest.approx(case["found"]["metrics"][metric], abs=EXACT)


@pytest.mark.parametrize("case", TWO, ids=lambda case: f"{len(case['table'])} categories")
def test_cohens_kappas_are_those_of_statsmodels(case: dict[str, Any]) -> None:
    for weights, printed in case["found"].items():
        found = cohen_kappa(ratings_from_table(case["table"]), weights=weights)
        assert found.estimate == pytest.approx(printed["estimate"], abs=EXACT)
        assert found.se == pytest.approx(printed["se"], abs=EXACT)


@pytest.mark.parametrize("case", OF_R, ids=lambda case: f"{len(case['table'])} categories")
def test_cohens_kappas_are_those_of_r(case: dict[str, Any]) -> None:
    rows = ratings_from_table(case["table"])

    for weights, printed in case["vcd"].items():
        found = cohen_kappa(rows, weights=weights)
        for name, value in printed.items():
            assert getattr(found, name) == pytest.approx(value, abs=EXACT)
    for weights, printed in case["psych"].items():
        assert cohen_kappa(rows, weights=weights).estimate == pytest.approx(printed, abs=EXACT)


@pytest.mark.parametrize("case", [case for case in OF_R if "epiR" in case], ids=lambda case: str(case["table"]))
def test_pabak_and_its_indexes_are_those_of_epir(case: dict[str, Any]) -> None:
    rows = ratings_from_table(case["table"])
    indexes = measure_imbalance(rows)

    assert pabak(rows).estimate == pytest.approx(case["epiR"]["pabak"], abs=EXACT)
    assert indexes.prevalence_index == pytest.approx(case["epiR"]["prevalence_index"], abs=EXACT)
    assert indexes.bias_index == pytest.approx(case["epiR"]["bias_index"], abs=EXACT)
