"""Sensitivity: scenarios, leaving out each study, and sentences instead of crashes."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from pydantic import ValidationError

from analysis import engine
from analysis.contract import Condition
from analysis.testing import sample_dataset
from plugins import sensitivity
from plugins.sensitivity import Params, Scenario
from plugins.sensitivity.comparison import EQUAL_EFFECTS, ONE_EFFECT, conclude
from plugins.sensitivity.leaving_out import NO_GROUP, NOTHING_LEFT_OUT, ONE_GROUP, UNKNOWN_GROUP, groups_of
from plugins.sensitivity.params import CiMethod, Tau2Method
from plugins.sensitivity.scenarios import HAS_DUPLICATES
from tests.plugins.answers import answer, dataset_of
from tests.plugins.bcg import bcg_dataset
from tests.plugins.sensitivity_cases import with_facts

NOTHING_ELSE = Params(cumulative=False, influence=False, baujat=False)


def scenario(*conditions, name="some", **options):
    return Scenario(name=name, title="Some studies", conditions=conditions, **options)


def row_of(dataset, *conditions, **options):
    params = Params(scenarios=(scenario(*conditions, **options),))
    return answer(sensitivity.plugin, dataset, params).scenarios[0]


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
    assert conclude(0.0, 1.0) == "includes_null"
    assert conclude(0.1, 1.0) == "above_null"
    assert conclude(-1.0, -0.1) == "below_null"


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
    assert NOTHING_LEFT_OUT in result.messages


def test_two_studies_leave_one_with_its_normal_interval():
    result = answer(sensitivity.plugin, sample_dataset(k=2))

    assert [row.k for row in result.leave_one_out] == [1, 1]
    assert {row.ci_method for row in result.leave_one_out} == {"wald"}
    assert {row.message for row in result.leave_one_out} == {ONE_EFFECT}


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

    assert result.leave_one_out[2].message == EQUAL_EFFECTS


def test_leaving_out_can_be_switched_off():
    result = answer(sensitivity.plugin, sample_dataset(k=3), NOTHING_ELSE.model_copy(update={"leave_one_out": False}))

    assert result.leave_one_out == ()
    assert [figure.rows for figure in result.figures] == ["scenarios"]


def test_scenario_of_bcg_gives_the_numbers_of_metafor():
    allocation = ["random"] * 4 + ["alternate"] * 2 + ["random"] * 3 + ["systematic"] * 4
    dataset = with_facts(bcg_dataset(), "allocation", allocation)
    row = row_of(dataset, Condition(field="allocation", op="ne", value="random"))

    # R 4.2.2, metafor 3.8-1: rma(yi, vi, subset=alloc!="random", test="knha") on dat.bcg, REML to 1e-12.
    expected = (
        -0.4812708183043,
        -1.0651989942551,
        0.1026573576466,
        0.2115715466799,
        0.878971797252757,
        0.0876541598422,
    )
    found = (row.estimate, row.ci_lower, row.ci_upper, row.tau2, row.i2, row.p_value)
    # Both to the maximum of the likelihood; the reference ends at a step of 1e-12.
    assert found == pytest.approx(expected, rel=1e-8)
    assert (row.k, row.conclusion, row.conclusion_changes) == (6, "includes_null", True)


def test_documented_scenarios_are_valid():
    page = Path(__file__).parent.parent.parent / "docs" / "plugins" / "sensitivity.md"
    block = page.read_text(encoding="utf-8").split("    [{", 1)[1].split("}]\n\n", 1)[0]
    params = Params.model_validate_json('{"scenarios": [{' + block + "}]}")

    assert [scenario.name for scenario in params.scenarios] == ["rob", "usual_care", "no_duplicates", "fixed"]


def test_scenario_without_a_study_is_the_row_that_leaves_it_out():
    dataset = bcg_dataset()
    scenarios = tuple(
        scenario(Condition(field="study", op="ne", value=effect.study), name=effect.study) for effect in dataset.effects
    )
    result = answer(sensitivity.plugin, dataset, Params(scenarios=scenarios))

    for one, other in zip(result.scenarios, result.leave_one_out, strict=True):
        numbers = ("k", "estimate", "se", "ci_lower", "ci_upper", "pi_lower", "p_value", "tau2", "i2", "difference")
        # One subset is pooled by itself, the others in a batch: sums in another order differ in the last digits.
        assert [getattr(one, name) for name in numbers] == pytest.approx(
            [getattr(other, name) for name in numbers], rel=1e-10
        )
        assert (one.conclusion, one.studies_left_out) == (other.conclusion, other.studies_left_out)


def test_scenario_may_change_the_model():
    dataset = bcg_dataset()
    expected = engine.pool(dataset.yi, dataset.vi, tau2_method="CE", ci_method="wald")
    row = row_of(dataset, tau2_method="CE", ci_method="wald")

    assert (row.k, row.tau2, row.tau2_method, row.ci_method) == (13, 0.0, "CE", "wald")
    assert (row.estimate, row.ci_lower) == (expected.estimate, expected.ci_lower)
    assert row.conditions == ("tau2_method CE", "ci_method wald")
    # metafor 3.8-1: rma(yi, vi, method="FE") on dat.bcg gives -0.4303, printed with four digits.
    assert row.estimate == pytest.approx(-0.4303, abs=5e-5)


def test_scenario_without_a_model_of_its_own_takes_the_main_one():
    params = Params(scenarios=(scenario(),), tau2_method="PM", ci_method="t")
    row = answer(sensitivity.plugin, bcg_dataset(), params).scenarios[0]

    assert (row.tau2_method, row.ci_method, row.difference) == ("PM", "t", 0.0)


def test_exact_duplicates_are_removed_but_the_first():
    row = row_of(dataset_of([1.0, 2.0, 1.0, 1.0], [1.0, 1.0, 1.0, 2.0]), without_duplicates=True)

    assert (row.k, row.studies_left_out) == (3, ("Study 2",))
    assert row.conditions == ("exact duplicates removed",)


def test_duplicates_are_named_with_the_study_that_they_repeat():
    result = answer(sensitivity.plugin, dataset_of([1.0, 2.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0]))

    assert [(row.name, row.label, row.duplicate_of) for row in result.duplicates] == [
        ("e2", "Study 2", "Study 0"),
        ("e3", "Study 3", "Study 0"),
    ]
    assert HAS_DUPLICATES in result.messages


def test_equal_effects_of_one_study_are_no_duplicates():
    dataset = dataset_of([1.0, 2.0, 1.0], [1.0, 1.0, 1.0])
    of_one = tuple(effect.model_copy(update={"study": "s0"}) for effect in dataset.effects)
    result = answer(sensitivity.plugin, dataset.model_copy(update={"effects": of_one}))

    assert result.duplicates == ()
    assert HAS_DUPLICATES not in result.messages


def test_equal_numbers_of_both_groups_are_duplicates_whatever_the_effect():
    dataset = dataset_of([1.0, 2.0], [1.0, 1.0])
    numbers = {"m1i": 3.0, "sd1i": 1.0, "n1i": 20.0, "m2i": 4.0, "sd2i": 1.0, "n2i": 20.0}
    same = tuple(effect.model_copy(update={"columns": numbers}) for effect in dataset.effects)

    assert row_of(dataset.model_copy(update={"effects": same}), without_duplicates=True).k == 1


def test_duplicate_stays_where_conditions_leave_out_the_first():
    dataset = dataset_of([1.0, 2.0, 1.0], [1.0] * 3, rob=["high", "low", "low"])
    row = row_of(dataset, Condition(field="rob.overall", op="eq", value="low"), without_duplicates=True)

    assert row.studies_left_out == ("Study 0",)


def test_groups_are_left_out_in_turn():
    dataset = sample_dataset(k=10)
    rows = answer(sensitivity.plugin, dataset, Params(group_field="region")).leave_one_group_out

    assert [row.name for row in rows] == ["America", "Asia", "Europe"]
    for row in rows:
        kept = dataset.where((Condition(field="region", op="ne", value=row.name),))
        expected = engine.pool(kept.yi, kept.vi)
        assert row.k == kept.k
        # Pooled in a batch here and by itself there: sums in another order.
        assert (row.estimate, row.ci_lower) == pytest.approx((expected.estimate, expected.ci_lower), rel=1e-10)


def test_effect_in_several_groups_leaves_with_each_of_them():
    rows = answer(sensitivity.plugin, sample_dataset(k=10), Params(group_field="components")).leave_one_group_out

    # Every study has strength training, so that leaving it out would leave nothing.
    assert [(row.name, row.k) for row in rows] == [("stretching", 3)]


def test_groups_have_names_for_every_kind_of_value():
    assert groups_of("a") == ("a",)
    assert groups_of(2.5) == ("2.5",)
    assert (groups_of(True), groups_of(False)) == (("yes",), ("no",))
    assert groups_of(("a", "b")) == ("a", "b")
    assert groups_of(None) == ()


def test_studies_of_unknown_group_stay_and_are_mentioned():
    dataset = with_facts(dataset_of([1.0, 2.0, 3.0], [1.0] * 3), "scale", ["NRS", "VAS", None])
    result = answer(sensitivity.plugin, dataset, Params(group_field="scale"))

    assert [row.k for row in result.leave_one_group_out] == [2, 2]
    assert UNKNOWN_GROUP.format(field="scale") in result.messages


@pytest.mark.parametrize(
    ("values", "sentence"),
    [(["NRS", "NRS"], ONE_GROUP.format(field="scale")), ([None, None], NO_GROUP.format(field="scale"))],
)
def test_groups_that_cannot_be_left_out_become_a_sentence(values, sentence):
    dataset = with_facts(dataset_of([1.0, 2.0], [1.0] * 2), "scale", values)
    result = answer(sensitivity.plugin, dataset, Params(group_field="scale"))

    assert result.leave_one_group_out == ()
    assert sentence in result.messages


def test_unknown_group_field_becomes_a_sentence():
    result = answer(sensitivity.plugin, sample_dataset(k=3), Params(group_field="regoin"))

    assert any("no field “regoin”" in message for message in result.messages)


def test_studies_that_change_the_conclusion_are_named():
    result = answer(
        sensitivity.plugin, dataset_of([-5.0, -5.2, 0.1], [1.0, 1.0, 0.01]), Params(tau2_method="CE", ci_method="wald")
    )

    assert "The conclusion changes without: Study 2." in result.messages


def test_all_methods_of_the_engine_are_offered():
    assert set(get_args(Tau2Method)) == set(engine.TAU2_METHODS)
    assert set(get_args(CiMethod)) == set(engine.CI_METHODS)


def test_two_scenarios_of_one_name_are_refused():
    with pytest.raises(ValidationError, match="there is more than one some"):
        Params(scenarios=(scenario(), scenario()))


def test_parameters_survive_json_with_a_list_of_values():
    params = Params(scenarios=(scenario(Condition(field="rob.overall", op="in", value=("low", "high"))),))

    assert Params.model_validate_json(params.model_dump_json()) == params
