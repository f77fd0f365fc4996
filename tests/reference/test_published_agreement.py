"""Coefficients of agreement as they are printed in the literature and in the manuals of programs, to the last digit."""

from typing import Any

import numpy as np
import pytest

from analysis.engine.agreement import (
    Agreement,
    Alpha,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac,
    krippendorff_alpha,
    measure_imbalance,
    pabak,
    percent_agreement,
    ratings_from_counts,
    ratings_from_table,
)
from tests.reference.test_published import matches

pytestmark = pytest.mark.engine


def agrees(found: Agreement | Alpha, **printed: str) -> bool:
    """Tell whether each number is within half a unit of the last digit of its printed text."""
    return all(matches(getattr(found, name), text) for name, text in printed.items())


# Cohen (1960), doi:10.1177/001316446002000104: two clinicians, 200 patients, three diagnoses. Cohen (1968),
# doi:10.1037/h0026256, gives the same table weights of disagreement. Both are in the example of psych's cohen.kappa.
COHEN = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
DISAGREEMENT = np.array([[0, 1, 3], [1, 0, 6], [3, 6, 0]])


def test_kappa_is_that_of_cohen_1960() -> None:
    found = cohen_kappa(ratings_from_table(COHEN))

    assert agrees(found, observed="0.70", expected="0.41", estimate="0.492")
    assert found.n_items == 200


def test_weighted_kappa_is_that_of_cohen_1968() -> None:
    found = cohen_kappa(ratings_from_table(COHEN), weights=(1.0 - DISAGREEMENT / 6.0).tolist())

    assert agrees(found, estimate="0.348")


def test_kappa_and_its_error_are_those_of_fleiss_levin_and_paik() -> None:
    """Fleiss, Levin and Paik (2003), Statistical methods for rates and proportions, 3rd edition, section 18.1.

    Two raters, 100 patients: psychotic, neurotic, organic. The error is that of Fleiss, Cohen and Everitt (1969).
    """
    found = cohen_kappa(ratings_from_table([[75, 1, 4], [5, 4, 1], [0, 0, 10]]))

    assert agrees(found, observed="0.89", expected="0.66", estimate="0.68")
    # The book goes on from rounded numbers and prints 0.087, with the interval from 0.51 to 0.85.
    assert found.se == pytest.approx(0.087, abs=0.001)
    assert (found.ci_lower, found.ci_upper) == (pytest.approx(0.51, abs=0.01), pytest.approx(0.85, abs=0.01))


# The manual of SAS, PROC FREQ, example "Cohen's kappa coefficient": two dermatologists, 88 patients, four grades.
SKIN = [[10, 4, 1, 0], [5, 10, 12, 2], [2, 4, 12, 5], [0, 2, 6, 13]]


@pytest.mark.parametrize(
    ("weights", "printed"),
    [
        ("identity", {"estimate": "0.3449", "se": "0.0724", "ci_lower": "0.2030", "ci_upper": "0.4868"}),
        ("linear", {"estimate": "0.5082", "se": "0.0655", "ci_lower": "0.3798", "ci_upper": "0.6366"}),
    ],
)
def test_kappas_of_dermatologists_are_those_of_sas(weights: str, printed: dict[str, str]) -> None:
    assert agrees(cohen_kappa(ratings_from_table(SKIN), weights=weights), **printed)


@pytest.mark.parametrize(
    ("weights", "printed"),
    [
        ("identity", {"estimate": "0.4842", "se": "0.1380", "ci_lower": "0.2137", "ci_upper": "0.7547"}),
        ("linear", {"estimate": "0.4701", "se": "0.1457", "ci_lower": "0.1845", "ci_upper": "0.7558"}),
    ],
)
def test_kappas_with_a_category_that_one_rater_never_used_are_those_of_sas(
    weights: str, printed: dict[str, str]
) -> None:
    """The printout that the tests of statsmodels (test_inter_rater.py) keep."""
    assert agrees(cohen_kappa(ratings_from_table([[0, 4, 1], [0, 8, 0], [0, 1, 5]]), weights=weights), **printed)


@pytest.mark.parametrize(
    ("table", "identity", "linear"),
    [
        (
            [[38, 5, 0, 1], [33, 11, 3, 0], [10, 14, 5, 6], [3, 7, 3, 10]],
            {"estimate": "0.2079", "se": "0.05046"},
            {"estimate": "0.3797", "se": "0.05167"},
        ),
        (
            [[5, 3, 0, 0], [3, 11, 4, 0], [2, 13, 3, 4], [1, 2, 4, 14]],
            {"estimate": "0.2965", "se": "0.07850"},
            {"estimate": "0.4773", "se": "0.07303"},
        ),
    ],
    ids=["Winnipeg", "New Orleans"],
)
def test_kappas_of_neurologists_are_those_of_landis_and_koch(
    table: list[list[int]], identity: dict[str, str], linear: dict[str, str]
) -> None:
    """Landis and Koch (1977), doi:10.2307/2529310, multiple sclerosis; digits as vcd's Kappa prints them."""
    rows = ratings_from_table(table)

    assert agrees(cohen_kappa(rows), **identity)
    assert agrees(cohen_kappa(rows, weights="linear"), **linear)


# Fleiss (1971), doi:10.1037/h0031619, table 1: six raters out of 43, 30 patients; depression, personality disorder,
# schizophrenia, neurosis, other. The table is the data set "diagnoses" of the R package irr.
DIAGNOSES = [
    *("00060", "03003", "01401", "00006", "03030", "20400", "00402", "20310", "20040", "00006"),
    *("10050", "11040", "03300", "10050", "02031", "00501", "30012", "51000", "02040", "10203"),
    *("00006", "01050", "02013", "20040", "10041", "05010", "40002", "02040", "10500", "00006"),
]


def test_kappa_of_psychiatric_diagnoses_is_that_of_fleiss_1971() -> None:
    rows = ratings_from_counts([[int(digit) for digit in row] for row in DIAGNOSES])

    found = fleiss_kappa(rows)

    assert agrees(found, estimate="0.430", observed="0.556", expected="0.220")
    assert (found.n_items, found.n_answers) == (30, 180)


@pytest.mark.parametrize(("category", "kappa"), [(0, "0.245"), (1, "0.245"), (2, "0.520"), (3, "0.471"), (4, "0.566")])
def test_kappa_of_each_diagnosis_against_the_others_is_that_of_fleiss_1971(category: int, kappa: str) -> None:
    counts = [[int(row[category]), 6 - int(row[category])] for row in DIAGNOSES]

    assert agrees(fleiss_kappa(ratings_from_counts(counts)), estimate=kappa)


def test_coefficients_of_fifteen_of_these_patients_are_those_of_gwet() -> None:
    """The data set distrib.6raters of the R package irrCAC 1.0, as its vignette prints the coefficients."""
    rows = ratings_from_counts([[int(digit) for digit in row] for row in DIAGNOSES[:15]])

    assert agrees(gwet_ac(rows), estimate="0.4448007", se="0.08418757", observed="0.5511111", expected="0.1914815")
    assert agrees(gwet_ac(rows), ci_lower="0.264", ci_upper="0.625")
    assert agrees(fleiss_kappa(rows), estimate="0.4139265", se="0.08119291", ci_lower="0.24", ci_upper="0.588")
    assert agrees(pabak(rows), estimate="0.4388889", se="0.08312142", ci_lower="0.261", ci_upper="0.617")
    alpha = krippendorff_alpha(rows, ci_method="linearised")
    # Its alpha of counts has another error, 0.0824, than its own alpha of raw answers, 0.0812, which is the engine's.
    assert agrees(alpha, estimate="0.4204384", se="0.0812")


def test_kappa_of_ten_items_and_fourteen_raters_is_0_210() -> None:
    """The worked example of the encyclopaedia article on Fleiss' kappa."""
    counts = [
        *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
        *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
    ]

    assert agrees(fleiss_kappa(ratings_from_counts(counts)), estimate="0.210", observed="0.378", expected="0.213")


# Gwet (2014), Handbook of inter-rater reliability, 4th edition: four raters and twelve subjects, which are the units of
# Krippendorff (2011), examples C and D.
FOUR_RATERS: list[list[int | None]] = [
    *([1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4]),
    *([4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, None, 3, None]),
]


def test_coefficients_of_four_raters_and_twelve_subjects_are_those_of_gwet() -> None:
    """The data set cac.raw4raters of the R package irrCAC 1.0, as its vignette prints the coefficients."""
    ac1, kappa = gwet_ac(FOUR_RATERS), fleiss_kappa(FOUR_RATERS)
    share, adjusted = percent_agreement(FOUR_RATERS), pabak(FOUR_RATERS)

    assert agrees(ac1, observed="0.8181818", expected="0.1903212", estimate="0.77544", se="0.14295")
    assert agrees(ac1, ci_lower="0.461", ci_upper="1")
    assert agrees(kappa, expected="0.2387153", estimate="0.76117", se="0.15302", ci_lower="0.424", ci_upper="1")
    assert agrees(share, estimate="0.8181818", se="0.12561", ci_lower="0.542", ci_upper="1")
    assert agrees(adjusted, expected="0.2", estimate="0.77273", se="0.14472", ci_lower="0.454", ci_upper="1")
    alpha = krippendorff_alpha(FOUR_RATERS, ci_method="linearised")
    assert agrees(alpha, estimate="0.74342", ci_lower="0.419", ci_upper="1")
    # irrCAC prints 0.14557: it takes the agreement with its small-sample term where the slope has it without.
    assert alpha.se == pytest.approx(0.14557, rel=1e-3)


@pytest.mark.parametrize(
    ("metric", "printed"),
    [("nominal", "0.743"), ("ordinal", "0.815"), ("interval", "0.849"), ("ratio", "0.797")],
)
def test_alphas_of_four_observers_with_missing_data_are_those_of_krippendorff(metric: str, printed: str) -> None:
    """Krippendorff (2011), Computing Krippendorff's alpha-reliability, examples C and D."""
    found = krippendorff_alpha(FOUR_RATERS, metric=metric)

    assert agrees(found, estimate=printed)
    assert (found.n_items, found.n_answers) == (11, 40)


@pytest.mark.parametrize(
    ("first", "second", "printed"),
    [("0100000010", "1110010000", "0.095"), ("aabbdcccedda", "babbbccceddd", "0.692")],
    ids=["A, binary", "B, nominal"],
)
def test_alphas_of_two_observers_are_those_of_krippendorff(first: str, second: str, printed: str) -> None:
    """Krippendorff (2011), Computing Krippendorff's alpha-reliability, examples A and B."""
    assert agrees(krippendorff_alpha(list(zip(first, second, strict=True))), estimate=printed)


@pytest.mark.parametrize(("metric", "printed"), [("nominal", "0.691"), ("interval", "0.811")])
def test_alphas_of_three_coders_with_many_missing_answers(metric: str, printed: str) -> None:
    """The computational example of the encyclopaedia article on Krippendorff's alpha: 15 units, 26 answers in pairs."""
    coders = ("*****34121133*3", "1*213343*******", "**21344*21133*4")
    rows = [[None if answer == "*" else int(answer) for answer in unit] for unit in zip(*coders, strict=True)]

    found = krippendorff_alpha(rows, metric=metric)

    assert agrees(found, estimate=printed)
    assert found.n_answers == 26


def test_bootstraps_of_alpha_are_those_that_icr_prints_within_their_chance() -> None:
    """The readme of the R package icr: 1000 resamples of items, seed and generator of its own: 0.435 to 1.00, 0.139."""
    found = krippendorff_alpha(FOUR_RATERS, resamples=20_000)

    assert found.se == pytest.approx(0.139, abs=0.01)
    assert found.ci_lower == pytest.approx(0.435, abs=0.03)
    assert found.ci_upper == 1.0


# Gwet (2014), 100 pregnancies by two abstractors: ectopic, abnormal, normal; the data set cont3x3abstractors of irrCAC.
ABSTRACTORS = [[13, 0, 0], [0, 20, 7], [0, 4, 56]]


def test_coefficients_of_two_abstractors_are_those_of_gwet() -> None:
    rows = ratings_from_table(ABSTRACTORS)
    # irrCAC divides by n for tables and by n - 1 for raw answers; the engine always by n - 1, but for Cohen's kappa.
    shrink = (99.0 / 100.0) ** 0.5

    assert agrees(cohen_kappa(rows), estimate="0.7964094", se="0.05891072")
    for found, printed, se in (
        (fleiss_kappa(rows), "0.7962397", "0.05905473"),
        (gwet_ac(rows), "0.8493305", "0.04321747"),
        (krippendorff_alpha(rows, ci_method="linearised"), "0.7972585", "0.05905473"),
    ):
        assert agrees(found, estimate=printed)
        assert found.se is not None
        assert matches(found.se * shrink, se)
    assert agrees(pabak(rows), estimate="0.835", se="0.04693346")
    assert agrees(percent_agreement(rows), estimate="0.89", se="0.03128898")


def test_paradox_of_high_agreement_is_that_of_gwet_2008() -> None:
    """Gwet (2008), doi:10.1348/000711006X126600, table 2: 125 subjects, 118 of them in the first category by both."""
    rows = ratings_from_table([[118, 5], [2, 0]])

    assert agrees(cohen_kappa(rows), observed="0.944", estimate="-0.0234")
    assert agrees(fleiss_kappa(rows), estimate="-0.0288")
    assert agrees(gwet_ac(rows), estimate="0.9408")


@pytest.mark.parametrize(
    ("table", "observed", "expected", "kappa", "adjusted"),
    [
        ([[40, 9], [6, 45]], "0.85", "0.50", "0.70", "0.70"),
        ([[80, 10], [5, 5]], "0.85", "0.78", "0.32", "0.70"),
        ([[45, 15], [25, 15]], "0.60", "0.54", "0.13", "0.20"),
        ([[25, 35], [5, 35]], "0.60", "0.46", "0.26", "0.20"),
    ],
)
def test_paradoxes_of_kappa_are_those_of_feinstein_and_cicchetti(
    table: list[list[int]], observed: str, expected: str, kappa: str, adjusted: str
) -> None:
    """Feinstein and Cicchetti (1990), doi:10.1016/0895-4356(90)90158-L, the tables that Byrt et al. (1993) adjust for.

    PABAK is 2 p - 1, so that tables with the same agreement have the same.
    """
    rows = ratings_from_table(table)

    assert agrees(cohen_kappa(rows), observed=observed, expected=expected, estimate=kappa)
    assert agrees(pabak(rows), estimate=adjusted)


def test_pabak_and_its_indexes_are_those_that_epir_prints() -> None:
    """The example of epi.kappa in the R package epiR: 291 salmon, two tests."""
    rows: list[list[Any]] = [list(row) for row in ratings_from_table([[19, 10], [6, 256]])]
    indexes = measure_imbalance(rows)

    assert agrees(pabak(rows), observed="0.9450172", estimate="0.8900344")
    assert matches(indexes.prevalence_index, "-0.814433")
    assert matches(indexes.bias_index, "0.0137457")
    assert agrees(cohen_kappa(rows), expected="0.8315561", estimate="0.6735838")
