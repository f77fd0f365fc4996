"""Worked examples of relevance and absolute effects: formulas of the papers, evaluated by R."""

from math import log

import pytest

from analysis.engine.absolute import experimental_risk, newcombe_interval, wilson_interval
from analysis.engine.relevance import responder_difference

# R prints 15 digits; its pnorm and qnorm are exact to 1e-15.
R_DIGITS = 1e-12

# R 4.2.2, rows (d, p, ...): 1 / (pnorm(qnorm(p) + d) - p), then 1 / (plogis(qlogis(p) + k * d) - p) with k of
# pi / sqrt(3) and 1.65.
# The first is the formula of Furukawa and Leucht (2011), doi:10.1371/journal.pone.0019070.
NUMBERS_NEEDED = [
    (0.2, 0.1, 25.1724831053896, 26.5200930198121, 29.5305916318627),
    (0.5, 0.1, 8.52957901371512, 8.63574085718928, 9.77893062415042),
    (0.8, 0.1, 4.64981607247914, 4.51155392783218, 5.16120389058958),
    (0.2, 0.2, 16.512666408123, 15.5425523236443, 17.2359577929228),
    (0.5, 0.2, 6.01257911785491, 5.48260423216897, 6.12564847608462),
    (0.8, 0.2, 3.52857748882542, 3.1627490844056, 3.52817718845664),
    (0.2, 0.3, 13.7329784202512, 12.318135103729, 13.6083487946078),
    (0.5, 0.3, 5.25578403849119, 4.65341274831921, 5.14335121987399),
    (0.8, 0.3, 3.24073318241283, 2.88590406430903, 3.16432547691935),
    (0.2, 0.5, 12.6167507687916, 11.1472334871323, 12.2310129874706),
    (0.5, 0.5, 5.22295594314356, 4.70886670858814, 5.12041502469416),
    (0.8, 0.5, 3.47047973511809, 3.22415941401959, 3.45803340061225),
]


@pytest.mark.parametrize(("d", "rate", "normal", "logistic", "cox"), NUMBERS_NEEDED)
def test_numbers_needed_agree_with_r(d: float, rate: float, normal: float, logistic: float, cox: float) -> None:
    methods = ("furukawa_leucht", "hasselblad_hedges", "cox_snell")
    found = [1.0 / float(responder_difference(d, comparator_rate=rate, method=method)) for method in methods]

    assert found == pytest.approx([normal, logistic, cox], rel=R_DIGITS)


@pytest.mark.parametrize(("d", "expected"), [(0.2, 8.89181994745196), (0.5, 3.61890878171703), (0.8, 2.33430869673447)])
def test_numbers_needed_of_kraemer_and_kupfer_agree_with_r(d: float, expected: float) -> None:
    # R 4.2.2: 1 / (2 * pnorm(d / sqrt(2)) - 1); Kraemer and Kupfer (2006), doi:10.1016/j.biopsych.2005.09.014.
    found = 1.0 / float(responder_difference(d, comparator_rate=0.3, method="kraemer_kupfer"))

    assert found == pytest.approx(expected, rel=R_DIGITS)


def test_score_interval_agrees_with_r() -> None:
    # R 4.2.2: prop.test(81, 263, correct = FALSE)$conf.int, to its 15 digits.
    found = wilson_interval(81, n=263)

    assert (found.ci_lower, found.ci_upper) == pytest.approx((0.255288519878274, 0.366209576982800), rel=R_DIGITS)


def test_difference_of_risks_agrees_with_the_published_limits() -> None:
    # Newcombe (1998), method 10, 56 of 70 and 48 of 80, printed with four decimals.
    found = newcombe_interval(events_1=56, n_1=70, events_2=48, n_2=80)

    assert (found.ci_lower, found.ci_upper) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_risk_from_a_hazard_ratio_agrees_with_r() -> None:
    # R 4.2.2: 1 - (1 - 0.3)^0.7.
    found = float(experimental_risk(log(0.7), measure="HR", baseline_risk=0.3))

    assert found == pytest.approx(0.220944087329551, rel=R_DIGITS)
