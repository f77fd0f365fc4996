"""Sensitivity: studies added one by one, outliers, influence and the Baujat plot, against metafor."""

import numpy as np
import pytest

from analysis import engine
from analysis.testing import sample_dataset
from plugins import sensitivity
from plugins.sensitivity import Params
from plugins.sensitivity.cumulation import NO_ORDER, NOT_ORDERED, SOME_LEFT_OUT
from plugins.sensitivity.influence import (
    EVERYBODY_REMOVED,
    NOBODY_REMOVED,
    NORMAL_INFLUENCE,
    TOO_FEW,
    chosen,
    cook_threshold,
)
from tests.plugins.answers import answer, dataset_of
from tests.plugins.bcg import bcg_dataset
from tests.plugins.sensitivity_cases import with_facts
from tests.reference import datasets

BCG = datasets.load("bcg-RR", part="diagnostics")
# Both sides take REML to its maximum; sums in another order, and metafor's last step.
CLOSE = 1e-6
NORMAL = Params(ci_method="wald")
OUTLYING = dataset_of([0.0, 0.1, -0.1, 0.2, -0.2, 0.0, 9.0], [0.1] * 7)


def ask(dataset, **params):
    return answer(sensitivity.plugin, dataset, Params(**params))


def column(rows, name):
    return [getattr(row, name) for row in rows]


def test_influence_gives_the_numbers_of_metafor():
    rows = answer(sensitivity.plugin, bcg_dataset(), NORMAL).influence
    expected = BCG["influence"]["REML"]["z"]
    names = {"rstudent": "rstudent", "dffits": "dffits", "cook_d": "cook.d", "cov_r": "cov.r", "tau2_del": "tau2.del"}

    for name, theirs in (names | {"q_del": "QE.del", "hat": "hat"}).items():
        np.testing.assert_allclose(column(rows, name), expected[theirs], rtol=CLOSE, atol=CLOSE, err_msg=name)
    np.testing.assert_allclose(column(rows, "dfbs"), expected["dfbs"][0], rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(100.0 * np.array(column(rows, "weight")), expected["weight"], rtol=CLOSE)
    assert column(rows, "label")[0] == "Aronson 1948"


def test_influence_takes_the_interval_of_the_model():
    rows = answer(sensitivity.plugin, bcg_dataset()).influence

    expected = BCG["influence"]["REML"]["knha"]["rstudent"]
    np.testing.assert_allclose(column(rows, "rstudent"), expected, rtol=CLOSE, atol=CLOSE)


def test_outlier_is_found_and_removed():
    result = answer(sensitivity.plugin, OUTLYING, NORMAL)
    expected = engine.pool(OUTLYING.yi[:6], OUTLYING.vi[:6], ci_method="wald")

    assert column(result.influence, "is_outlier") == [False] * 6 + [True]
    assert result.outliers_removed.studies_left_out == ("Study 6",)
    assert result.outliers_removed.estimate == expected.estimate
    assert result.outliers_removed.difference == expected.estimate - result.estimate


def test_p_values_of_outliers_are_normal_and_corrected_for_their_number():
    rows = answer(sensitivity.plugin, bcg_dataset(), NORMAL).influence
    least = max(rows, key=lambda row: abs(row.rstudent))

    # Hart & Sutherland: rstudent -1.4 is far from the 99.8th percentile, so that 13 p exceeds 1.
    assert least.outlier_p_value == 1.0
    row = answer(sensitivity.plugin, OUTLYING, NORMAL).influence[6]
    alone = dataset_p_value(row.rstudent)
    assert row.outlier_p_value == pytest.approx(7.0 * alone, rel=1e-12)  # the same normal tail


def dataset_p_value(z):
    """Give the two-sided p value that the engine gives an effect of z with unit variance."""
    return engine.pool([z], [1.0], ci_method="wald").p_value


def test_level_of_outliers_is_a_parameter():
    dataset = dataset_of([0.0, 0.1, -0.1, 0.2, -0.2, 0.0, 1.2], [0.1] * 7)
    p_value = ask(dataset, ci_method="wald").influence[6].outlier_p_value

    assert not ask(dataset, ci_method="wald", outlier_level=p_value * 0.99).influence[6].is_outlier
    assert ask(dataset, ci_method="wald", outlier_level=min(0.999, p_value * 1.01)).influence[6].is_outlier


def test_outliers_may_be_tested_by_the_distribution_of_the_model():
    expected = engine.influence(OUTLYING.yi, OUTLYING.vi).outlier_p_value
    rows = ask(OUTLYING, outlier_distribution="model").influence

    assert column(rows, "outlier_p_value") == list(expected)
    # t with 5 degrees of freedom has heavier tails than the normal.
    assert rows[6].outlier_p_value > ask(OUTLYING).influence[6].outlier_p_value


def test_thresholds_of_cooks_distance():
    cook_d = np.array([0.0, 1.0, 2.0, 3.0, 100.0])

    # Quartiles 1, 2, 3 (R's type 7): 2 + 6 * (3 - 1).
    assert cook_threshold(cook_d, "median_iqr") == 14.0
    assert cook_threshold(cook_d, "four_over_k") == 0.8
    # qchisq(0.5, df=1) in R is 0.4549364.
    assert cook_threshold(cook_d, "chi2") == pytest.approx(0.4549364, abs=5e-8)


def test_influential_effects_are_above_the_threshold():
    result = ask(bcg_dataset(), cook_rule="chi2", ci_method="wald")

    assert result.cook_threshold == pytest.approx(0.4549364, abs=5e-8)  # printed with seven digits
    assert column(result.influence, "is_influential") == [
        row.cook_d > result.cook_threshold for row in result.influence
    ]


def test_threshold_of_bcg_is_that_of_metafor():
    # R 4.2.2, metafor 3.8-1: median(d) + 6 * IQR(d) of d = influence(rma(yi, vi))$inf$cook.d, REML to 1e-12.
    assert ask(bcg_dataset(), ci_method="wald").cook_threshold == pytest.approx(0.622456469812, rel=1e-6)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("outliers", [True, True, False, False]),
        ("influential", [True, False, True, False]),
        ("either", [True, True, True, False]),
        ("both", [True, False, False, False]),
    ],
)
def test_rule_chooses_what_is_removed(rule, expected):
    outlier, influential = np.array([True, True, False, False]), np.array([True, False, True, False])

    assert chosen(outlier, influential, rule).tolist() == expected


def test_no_outlier_leaves_the_estimate_and_says_so():
    row = answer(sensitivity.plugin, bcg_dataset()).outliers_removed

    assert (row.k, row.difference, row.conclusion_changes, row.message) == (13, 0.0, False, NOBODY_REMOVED)


def test_rule_that_removes_every_effect_says_so():
    dataset = dataset_of([1.0, 9.0], [0.1, 0.1])
    row = ask(dataset, cook_rule="chi2", removal_rule="influential", ci_method="wald").outliers_removed

    assert (row.k, row.estimate, row.message) == (0, None, EVERYBODY_REMOVED)


def test_equal_effects_are_looked_at_with_the_normal_model():
    dataset = dataset_of([1.0, 1.0, 5.0], [1.0, 1.0, 1.0])
    result = ask(dataset)

    assert NORMAL_INFLUENCE in result.messages
    assert column(result.influence, "rstudent") == list(
        engine.influence(dataset.yi, dataset.vi, ci_method="wald").rstudent
    )


def test_one_effect_has_no_influence():
    result = ask(sample_dataset(k=1))

    assert (result.influence, result.outliers_removed, result.baujat) == ((), None, ())
    assert TOO_FEW in result.messages


def test_influence_can_be_switched_off():
    result = ask(sample_dataset(k=3), influence=False, baujat=False)

    assert (result.influence, result.cook_threshold, result.outliers_removed, result.baujat) == ((), None, None, ())


def test_search_that_does_not_end_becomes_a_sentence(monkeypatch):
    def give_up(*args, **options):
        raise engine.NotConverged(what="tau2", iterations=9)

    whole = ask(bcg_dataset())
    for name in ("influence", "baujat", "pool_many"):
        monkeypatch.setattr(engine, name, give_up)
    result = ask(bcg_dataset(), gosh=True)

    said = "the search for tau2 did not converge in 9 iterations."
    assert f"Outliers and influential studies are not known: {said}" in result.messages
    assert f"There is no Baujat plot: {said}" in result.messages
    assert f"Subsets of the effects are not pooled: {said}" in result.messages
    # Without the batch every subset is pooled by itself; the sums are in another order.
    assert column(result.leave_one_out, "estimate") == pytest.approx(column(whole.leave_one_out, "estimate"), rel=1e-12)


def test_pooling_that_does_not_end_becomes_a_sentence_everywhere(monkeypatch):
    def give_up(*args, **options):
        raise engine.NotConverged(what="tau2", iterations=9)

    monkeypatch.setattr(engine, "pool", give_up)
    monkeypatch.setattr(engine, "pool_many", give_up)
    result = ask(bcg_dataset(), gosh=True)

    said = "There is no estimate: the search for tau2 did not converge in 9 iterations."
    assert result.all_studies.message == said
    assert (result.estimate, result.table[0].conclusion_changes, result.table[-1].name) == (
        None,
        None,
        "outliers_removed",
    )
    assert {row.message for row in result.leave_one_out} == {said}


def test_baujat_gives_the_numbers_of_metafor():
    result = answer(sensitivity.plugin, bcg_dataset())
    expected = BCG["baujat"]["REML"]

    np.testing.assert_allclose(column(result.baujat, "heterogeneity"), expected["x"], rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(column(result.baujat, "influence"), expected["y"], rtol=CLOSE, atol=CLOSE)
    figure = next(figure for figure in result.figures if figure.rows == "baujat")
    assert (figure.kind, figure.x, figure.y) == ("scatter", "heterogeneity", "influence")


def test_cumulative_by_precision_gives_the_numbers_of_metafor():
    rows = ask(bcg_dataset(), cumulative_by="precision", ci_method="wald").cumulative
    expected = BCG["cumulative"]["by_precision"]["z"]

    assert column(rows, "name") == [f"trial-{position + 1}" for position in expected["order"]]
    assert column(rows, "k") == list(range(1, 14))
    for name, theirs in (("estimate", "estimate"), ("se", "se"), ("ci_lower", "ci.lb"), ("p_value", "pval")):
        np.testing.assert_allclose(column(rows, name), expected[theirs], rtol=CLOSE, atol=CLOSE, err_msg=name)


def test_last_cumulative_row_is_all_studies():
    result = ask(sample_dataset(k=10), cumulative_by="year")
    last = result.cumulative[-1]

    # Pooled in a batch here and by itself there, in another order.
    assert (last.estimate, last.ci_upper) == pytest.approx((result.estimate, result.ci_upper), rel=1e-10)
    assert (last.studies_left_out, last.conclusion_changes) == ((), False)


def test_studies_are_added_by_year_unless_descending():
    years = column(ask(sample_dataset(k=10)).cumulative, "added")
    descending = column(ask(sample_dataset(k=10), cumulative_descending=True).cumulative, "added")

    assert years == sorted(years)
    assert descending == years[::-1]


def test_judgements_go_from_the_best_to_the_worst():
    added = column(ask(sample_dataset(k=10), cumulative_by="rob.overall").cumulative, "added")

    assert list(dict.fromkeys(added)) == ["low", "some_concerns", "high"]


def test_studies_without_a_value_are_not_added():
    result = ask(sample_dataset(k=10), cumulative_by="mean_age")

    assert len(result.cumulative) == 4
    assert SOME_LEFT_OUT.format(field="mean_age") in result.messages


@pytest.mark.parametrize(
    ("dataset", "field", "sentence"),
    [
        (dataset_of([1.0, 2.0], [1.0] * 2), "year", NO_ORDER.format(field="year")),
        (
            with_facts(dataset_of([1.0, 2.0], [1.0] * 2), "dose", [1.0, "high"]),
            "dose",
            NOT_ORDERED.format(field="dose"),
        ),
    ],
)
def test_order_that_cannot_be_made_becomes_a_sentence(dataset, field, sentence):
    result = ask(dataset, cumulative_by=field)

    assert result.cumulative == ()
    assert sentence in result.messages


def test_unknown_order_becomes_a_sentence():
    result = ask(sample_dataset(k=3), cumulative_by="yaer")

    assert any("no field “yaer”" in message for message in result.messages)
