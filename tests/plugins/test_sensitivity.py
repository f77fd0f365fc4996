"""Sensitivity: scenarios, leaving out each study, and sentences instead of crashes."""

import numpy as np
import pytest
from pydantic import ValidationError

from analysis import engine
from analysis.contract import Condition
from analysis.testing import sample_dataset
from plugins import sensitivity
from plugins.sensitivity import Params, Scenario
from tests.plugins.answers import answer, dataset_of
from tests.plugins.bcg import bcg_dataset


def scenario(*conditions, name="some"):
    return Scenario(name=name, title="Some studies", conditions=conditions)


def row_of(dataset, *conditions, **params):
    return answer(sensitivity.plugin, dataset, Params(scenarios=(scenario(*conditions),), **params)).scenarios[0]


def test_default_scenario_leaves_out_high_risk_and_unjudged_studies():
    dataset = dataset_of([1.0, 2.0, 3.0, 4.0], [1.0] * 4, rob=["low", "high", "some_concerns", ""])
    row = answer(sensitivity.plugin, dataset).scenarios[0]

    assert (row.name, row.k) == ("without_high_risk_of_bias", 2)
    assert row.studies_left_out == ("Study 1", "Study 3")
    assert row.estimate == pytest.approx(2.0)
    assert row.difference == pytest.approx(2.0 - 2.5)


def test_conclusion_changes_when_the_interval_reaches_the_null():
    dataset = dataset_of([-5.0, -5.2, 0.1], [1.0, 1.0, 0.01], rob=["high", "high", "low"])
    result = answer(sensitivity.plugin, dataset, Params(ci_method="wald", tau2_method="CE"))

    assert result.scenarios[0].conclusion == "includes_null"
    assert result.all_studies.conclusion == "includes_null"
    assert result.scenarios[0].conclusion_changes is False
    without_last = result.leave_one_out[2]
    assert (without_last.conclusion, without_last.conclusion_changes) == ("below_null", True)


def test_interval_that_touches_the_null_includes_it():
    assert sensitivity._conclude(0.0, 1.0) == "includes_null"
    assert sensitivity._conclude(0.1, 1.0) == "above_null"
    assert sensitivity._conclude(-1.0, -0.1) == "below_null"


def test_unknown_field_becomes_a_sentence_with_the_known_ones():
    row = row_of(sample_dataset(k=3), Condition(field="regoin", op="eq", value="Europe"))

    assert row.k == 0
    assert row.estimate is None
    assert "no field “regoin”" in row.message
    assert "region, rob.measurement" in row.message


def test_unknown_field_is_found_behind_a_condition_that_never_holds():
    nobody = Condition(field="region", op="eq", value="Mars")
    row = row_of(sample_dataset(k=3), nobody, Condition(field="regoin", op="eq", value="Europe"))

    assert "no field “regoin”" in row.message


def test_condition_of_the_wrong_kind_becomes_a_sentence():
    row = row_of(sample_dataset(k=3), Condition(field="region", op="lt", value=3.0))

    assert row.message == "A condition does not fit the kind of values in its field: region lt 3.0."


def test_scenario_that_nobody_fulfils_says_so():
    row = row_of(sample_dataset(k=3), Condition(field="region", op="eq", value="Mars"))

    assert (row.k, row.message) == (0, "No study fulfils the conditions.")
    assert len(row.studies_left_out) == 3


def test_empty_dataset_has_no_fields_and_every_scenario_is_empty():
    result = answer(sensitivity.plugin, sample_dataset(k=0))

    assert [row.k for row in result.scenarios] == [0]
    assert result.leave_one_out == ()
    assert result.messages == (sensitivity.NOTHING_TO_POOL,)


def test_one_study_cannot_be_left_out():
    result = answer(sensitivity.plugin, sample_dataset(k=1))

    assert result.leave_one_out == ()
    assert result.messages == (sensitivity.NOTHING_LEFT_OUT,)


def test_two_studies_leave_one_with_its_normal_interval():
    result = answer(sensitivity.plugin, sample_dataset(k=2))

    assert [row.k for row in result.leave_one_out] == [1, 1]
    assert {row.ci_method for row in result.leave_one_out} == {"wald"}
    assert {row.message for row in result.leave_one_out} == {sensitivity.ONE_EFFECT}


def test_leaving_out_studies_gives_what_the_engine_gives():
    dataset = bcg_dataset()
    rows = answer(sensitivity.plugin, dataset).leave_one_out
    expected = engine.leave_one_out(dataset.yi, dataset.vi)

    # The plugin pools one subset at a time, the engine all at once: sums in another order differ in the last digit.
    np.testing.assert_allclose([row.estimate for row in rows], expected.estimate, rtol=1e-14)
    np.testing.assert_allclose([row.ci_upper for row in rows], expected.ci_upper, rtol=1e-14)
    # metafor 3.8-1, leave1out(rma(yi, vi)) on dat.bcg; its REML stops at a step of 1e-5.
    assert rows[0].estimate == pytest.approx(-0.7070837880, abs=1e-6)
    assert rows[12].estimate == pytest.approx(-0.7775361808, abs=1e-6)


def test_study_with_two_effects_is_left_out_with_both():
    dataset = sample_dataset(k=3)
    again = dataset.effects[0].model_copy(update={"id": "again"})
    result = answer(sensitivity.plugin, dataset.model_copy(update={"effects": (*dataset.effects, again)}))

    assert [row.k for row in result.leave_one_out] == [2, 3, 3]
    assert result.leave_one_out[0].studies_left_out == ("Baker 1991", "Baker 1991")


def test_remaining_equal_effects_get_the_normal_interval_and_a_sentence():
    result = answer(sensitivity.plugin, dataset_of([1.0, 1.0, 5.0], [1.0, 1.0, 1.0]))

    assert result.leave_one_out[2].message == sensitivity.EQUAL_EFFECTS


def test_leaving_out_can_be_switched_off():
    result = answer(sensitivity.plugin, sample_dataset(k=3), Params(leave_one_out=False))

    assert result.leave_one_out == ()
    assert [figure.rows for figure in result.figures] == ["scenarios"]


def test_two_scenarios_of_one_name_are_refused():
    with pytest.raises(ValidationError, match="there is more than one some"):
        Params(scenarios=(scenario(), scenario()))


def test_parameters_survive_json_with_a_list_of_values():
    params = Params(scenarios=(scenario(Condition(field="rob.overall", op="in", value=("low", "high"))),))

    assert Params.model_validate_json(params.model_dump_json()) == params
