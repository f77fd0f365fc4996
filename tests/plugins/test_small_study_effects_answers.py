"""Small-study effects: when methods apply, and sentences where they have no answer."""

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from analysis import engine
from analysis.testing import sample_dataset
from plugins.small_study_effects import NO_STUDY, OTHER_CAUSES, REPEATED_STUDIES, Params
from plugins.small_study_effects.adjusted import EQUAL_EFFECTS, ONE_EFFECT
from plugins.small_study_effects.case import NO_SIZES, NOT_TIED, ONE_EFFECT_TOO_FEW, SAME_SIZE, TIED, TOO_FEW, Case
from plugins.small_study_effects.fail_safe import NOT_A_TEST
from plugins.small_study_effects.selection import EMPTY_INTERVAL, caution_of, selection_of, try_selection
from tests.plugins.bcg import bcg_dataset
from tests.plugins.small_study_effects_cases import ask, dataset_of, row_of, skewed


def test_few_studies_are_not_tested():
    result = ask(sample_dataset(k=3))
    said = TOO_FEW.format(k=3, least=10)

    row = row_of(result.tests, "egger_lm")
    assert (row.is_applicable, row.p_value, row.message) == (False, None, said)
    assert row_of(result.adjusted, "limit").message == said
    assert row_of(result.adjusted, "selection").message == said
    assert said in result.messages
    assert result.egger_line == ()


def test_least_number_of_studies_is_a_parameter():
    dataset = sample_dataset(k=9)

    assert not row_of(ask(dataset).tests, "egger_lm").is_applicable
    assert row_of(ask(dataset, least_k=9).tests, "egger_lm").is_applicable


def test_studies_of_one_size_are_not_tested():
    result = ask(dataset_of(np.linspace(-1.0, 1.0, 11), [0.2] * 11))

    assert row_of(result.tests, "egger_lm").message == SAME_SIZE
    assert row_of(result.tests, "rank").message == SAME_SIZE
    assert row_of(result.adjusted, "trim_and_fill_l0").message == SAME_SIZE
    # Selection by p values needs no differences in size.
    assert row_of(result.adjusted, "selection").is_applicable
    assert len(result.funnel) == 11


def test_sizes_serve_only_where_standard_errors_depend_on_effects():
    assert row_of(ask(skewed()).tests, "egger_size_lm").message == NOT_TIED
    unknown = skewed(measure="SMD")
    first = unknown.effects[0].model_copy(update={"n1": None})
    unknown = unknown.model_copy(update={"effects": (first, *unknown.effects[1:])})
    assert row_of(ask(unknown).tests, "egger_size_lm").message == NO_SIZES
    equal = row_of(ask(skewed(measure="SMD")).tests, "egger_size_lm").message
    assert equal == "There is no answer: the slope is undefined: the predictor is 0.1 for all 12 studies."
    few = sample_dataset(k=3, measure="RR")
    assert row_of(ask(few).tests, "egger_size_rma").message == TOO_FEW.format(k=3, least=10)


def test_cautions_name_dependence_and_heterogeneity():
    heterogeneous = row_of(ask(bcg_dataset()).tests, "egger_lm").caution
    allowed = row_of(ask(bcg_dataset(), high_tau2=0.5).tests, "egger_lm").caution
    smd = row_of(ask(skewed(measure="SMD")).tests, "rank").caution

    assert heterogeneous.startswith(TIED)
    assert "The variance between studies of 0.313 is above 0.1" in heterogeneous
    assert (allowed, smd) == (TIED, TIED)


def test_no_study_is_answered():
    result = ask(sample_dataset(k=0))

    assert result.messages == (NO_STUDY,)
    assert (result.estimate, result.funnel, result.funnel_limits) == (None, (), ())
    rows = [*result.tests, *result.adjusted, *result.fail_safe]
    assert not any(row.is_applicable for row in rows)
    assert {row.message for row in rows} == {NO_STUDY, NOT_TIED}


def test_one_study_is_answered():
    result = ask(sample_dataset(k=1))
    original = result.adjusted[0]

    assert (original.is_applicable, original.remark, original.tau2) == (True, ONE_EFFECT, None)
    assert row_of(result.tests, "egger_lm").message == ONE_EFFECT_TOO_FEW.format(least=10)
    assert {row.message for row in result.fail_safe} == {ONE_EFFECT_TOO_FEW.format(least=2)}


def test_two_studies_have_an_interval_and_fail_safe_numbers():
    result = ask(sample_dataset(k=2))

    assert row_of(result.adjusted, "henmi_copas").is_applicable
    assert all(row.is_applicable for row in result.fail_safe)
    assert NOT_A_TEST in result.messages


def test_equal_effects_get_the_normal_interval_and_sentences():
    result = ask(dataset_of([1.0] * 12, np.linspace(0.1, 1.0, 12)))

    assert result.adjusted[0].remark == EQUAL_EFFECTS
    assert row_of(result.tests, "rank").message.startswith("There is no answer: the rank correlation is undefined")
    assert row_of(result.tests, "egger_lm").message.startswith("There is no answer: the test of the slope is undefined")
    assert result.egger_line == ()


def test_effects_of_0_have_no_fail_safe_number_of_orwin():
    row = row_of(ask(dataset_of([-1.0, 1.0], [1.0, 1.0])).fail_safe, "orwin")

    assert (row.fail_safe_count, row.message) == (
        *(None, "There is no answer: the fail-safe N is undefined: the observed effect is 0."),
    )


def test_searches_that_do_not_end_become_sentences(monkeypatch):
    def give_up(*args, **options):
        raise engine.NotConverged(what="it", iterations=9)

    names = (
        "pool",
        "egger_lm",
        "rank_test",
        "excess_significance",
        "fit_selection_model",
        "trim_and_fill",
        "pet_peese",
    )
    for name in (*names, "egger_rma", "limit_meta_analysis", "henmi_copas", "fail_safe_n"):
        monkeypatch.setattr(engine, name, give_up)
    result = ask(bcg_dataset())

    rows = [*result.tests, *result.adjusted, *result.fail_safe]
    assert {row.message for row in rows} == {"There is no answer: the search for it did not converge in 9 iterations."}
    assert (result.estimate, result.funnel_limits, result.egger_line, len(result.funnel)) == (None, (), (), 13)


def test_estimates_without_an_original_have_no_difference(monkeypatch):
    def give_up(*args, **options):
        raise engine.NotConverged(what="it", iterations=9)

    monkeypatch.setattr(engine, "pool", give_up)
    row = row_of(ask(bcg_dataset()).adjusted, "limit")

    assert (row.is_applicable, row.difference, row.conclusion_changes) == (True, None, None)


def test_selection_that_was_not_tried_is_too_few():
    with pytest.raises(engine.TooFewStudies):
        selection_of(Case(sample_dataset(k=3), Params()))


def test_rivals_and_empty_intervals_of_selection_are_mentioned():
    fit = try_selection(Case(bcg_dataset(), Params()))
    rival = replace(fit.maxima[0], log_likelihood=fit.log_likelihood - 1.0, estimate=-0.25)
    far = replace(rival, log_likelihood=fit.log_likelihood - 2.0)

    assert caution_of(fit) is None
    assert caution_of(replace(fit, maxima=(fit.maxima[0], rival))).startswith("Another set of effect and selection")
    assert caution_of(replace(fit, maxima=(fit.maxima[0], far))) is None
    assert caution_of(replace(fit, interval_k=(13, 0))) == EMPTY_INTERVAL


def test_other_weight_functions_and_common_effects_are_asked_for():
    result = ask(bcg_dataset(), selection="negexp", tau2_method="CE")
    expected = engine.fit_selection_model(
        *(bcg_dataset().yi, bcg_dataset().vi), weight_function="negexp", alternative="less", tau2_method="CE"
    )

    assert row_of(result.adjusted, "selection").estimate == expected.estimate


def test_repeated_studies_are_mentioned():
    dataset = sample_dataset(k=10)
    again = dataset.effects[0].model_copy(update={"id": "again"})
    result = ask(dataset.model_copy(update={"effects": (*dataset.effects, again)}))

    assert result.messages[:2] == (OTHER_CAUSES, REPEATED_STUDIES)


def test_all_methods_of_the_engine_are_offered():
    assert set(get_args(Params.model_fields["tau2_method"].annotation)) == set(engine.TAU2_METHODS)
    assert set(get_args(Params.model_fields["ci_method"].annotation)) == set(engine.CI_METHODS)


@pytest.mark.parametrize("steps", [(0.5, 0.025), (0.0,), (1.0,), ()])
def test_steps_that_are_no_rising_p_values_are_refused(steps):
    with pytest.raises(ValidationError):
        Params(selection_steps=steps)
