"""Subgroups against metafor, who is in which group, and what to think of before a difference is believed."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis import engine
from analysis.testing import check_plugin, sample_dataset
from plugins import subgroups
from plugins.subgroups import EQUAL_EFFECTS, SEPARATE_INSTEAD, Params, grouping, hints
from plugins.subgroups.params import CiMethod, Tau2Method, Tau2Sharing
from tests.plugins.answers import answer, dataset_of
from tests.plugins.moderator_cases import moderated_dataset, with_fact
from tests.reference import datasets

# Both sides work in double precision; metafor's steps end at 1e-10.
EXACT = 1e-8
GROUP = {"estimate": "b", "se": "se", "ci_lower": "ci.lb", "ci_upper": "ci.ub", "tau2": "tau2"}


def pool(dataset, **params):
    return answer(subgroups.plugin, dataset, Params(**params))


def expected_of(part, ci_method="hksj"):
    content = datasets.load("bcg", part="moderators")
    return content["subgroups"][datasets.CI_METHODS[ci_method]][part]


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
def test_separate_groups_agree_with_metafor(ci_method):
    expected = expected_of("separate", ci_method)

    result = pool(moderated_dataset("bcg"), field="alloc", ci_method=ci_method)

    assert [group.name for group in result.groups] == ["alternate", "random", "systematic"]
    for group, theirs in zip(result.groups, expected["groups"], strict=True):
        found = {name: getattr(group, name) for name in GROUP}
        assert found == pytest.approx({name: theirs[name_] for name, name_ in GROUP.items()}, rel=EXACT)
        assert group.k == theirs["k"]
    assert (result.q_between, result.q_between_p_value) == pytest.approx((expected["Q"], expected["Qp"]), rel=EXACT)
    assert (result.q_between_df, result.qm, result.r2) == (2, None, None)


@pytest.mark.parametrize("ci_method", ["wald", "hksj"])
def test_groups_with_a_common_variance_agree_with_metafor(ci_method):
    expected = expected_of("common", ci_method)

    result = pool(moderated_dataset("bcg"), field="alloc", tau2_sharing="common", ci_method=ci_method)

    for place, group in enumerate(result.groups):
        found = (group.estimate, group.se, group.ci_lower, group.ci_upper, group.tau2)
        theirs = [expected[name][place] for name in ("b", "se", "ci.lb", "ci.ub")]
        assert found == pytest.approx((*theirs, expected["tau2"]), rel=EXACT)
    assert (result.qm, result.qm_p_value) == pytest.approx((expected["QM"], expected["QMp"]), rel=EXACT)
    assert [result.qm_df, result.qm_df_residual] == expected["QMdf"]


def test_options_are_those_of_the_engine():
    assert (get_args(Tau2Method), get_args(CiMethod)) == (engine.TAU2_METHODS, engine.CI_METHODS)
    assert get_args(Tau2Sharing) == ("separate", "common")


def test_judgements_stand_from_the_best_to_the_worst():
    result = pool(sample_dataset(k=10))

    assert [group.name for group in result.groups] == ["low", "some_concerns", "high"]
    assert sum(group.k for group in result.groups) == result.k == 10


def test_numbers_are_cut_at_points_and_each_point_begins_a_group():
    dataset = with_fact(dataset_of([1.0, 2.0, 3.0, 4.0], [1.0] * 4), "dose", [5.0, 10.0, 19.9, 20.0])

    result = pool(dataset, field="dose", cut_points=(10.0, 20.0))

    assert [(group.name, group.k) for group in result.groups] == [
        ("below 10", 1),
        ("10 to below 20", 2),
        ("20 and above", 1),
    ]
    assert [study.group for study in result.studies] == ["below 10", "10 to below 20", "10 to below 20", "20 and above"]


def test_numbers_without_cut_points_are_groups_in_order_of_size_with_a_hint():
    dataset = with_fact(dataset_of([1.0, 2.0, 3.0], [1.0] * 3), "dose", [10.0, 9.0, 100.0])

    result = pool(dataset, field="dose")

    assert [group.name for group in result.groups] == ["9", "10", "100"]
    assert grouping.MANY_VALUES.format(field="dose") in result.messages


def test_words_cannot_be_cut():
    result = pool(sample_dataset(k=10), field="region", cut_points=(1.0,))

    assert (result.k, result.groups) == (0, ())
    assert result.messages == (grouping.NOT_NUMBERS.format(field="region"),)


def test_lists_and_truth_values_are_groups():
    dataset = sample_dataset(k=10)

    assert [group.name for group in pool(dataset, field="is_multicentre").groups] == ["no", "yes"]
    names = [group.name for group in pool(dataset, field="components").groups]
    assert names == ["strength", "strength + stretching"]


def test_studies_without_the_fact_are_named_and_not_in_the_whole():
    dataset = sample_dataset(k=10)
    known = [effect for effect in dataset.effects if effect.facts["mean_age"] is not None]

    result = pool(dataset, field="mean_age", cut_points=(45.0,))

    assert len(result.studies_left_out) == 10 - len(known)
    assert result.k == len(known)
    rest = dataset.model_copy(update={"effects": tuple(known)})
    assert result.estimate == engine.pool(rest.yi, rest.vi).estimate
    assert result.messages[0].startswith("“mean_age” is not known for Cohen 1994")


def test_field_that_no_study_has_is_a_sentence():
    result = pool(sample_dataset(k=3), field="nothing")

    assert result.messages[0].startswith("The dataset has no field “nothing”")
    assert (result.k, result.estimate) == (0, None)


def test_field_that_is_known_of_no_study_makes_no_group():
    result = pool(with_fact(dataset_of([1.0, 2.0], [1.0] * 2), "kind", ["", ""]), field="kind")

    assert result.messages == (grouping.NO_GROUP.format(field="kind"),)
    assert result.studies_left_out == ("Study 0", "Study 1")


def test_one_group_is_pooled_and_nothing_compared():
    result = pool(with_fact(dataset_of([1.0, 2.0, 4.0], [1.0] * 3), "kind", ["a"] * 3), field="kind")

    assert (len(result.groups), result.q_between) == (1, None)
    assert result.groups[0].estimate == result.estimate
    assert result.messages == (hints.ONE_GROUP.format(field="kind"),)


def test_no_study_gives_a_sentence():
    result = pool(sample_dataset(k=0))

    assert (result.k, result.messages) == (0, (grouping.NOTHING_TO_POOL,))


def test_one_study_has_no_heterogeneity():
    result = pool(sample_dataset(k=1))

    group = result.groups[0]
    assert (group.k, group.tau2, group.i2, group.estimate) == (1, None, None, sample_dataset(k=1).effects[0].yi)


def test_two_studies_in_two_groups_are_compared_without_a_verdict_on_chance():
    dataset = with_fact(dataset_of([0.0, 3.0], [1.0, 1.0]), "kind", ["a", "b"])

    result = pool(dataset, field="kind", tau2_sharing="common")

    assert result.tau2_sharing == "separate"
    # (3 - 0)**2 / (1 + 1), in double precision.
    assert result.q_between == pytest.approx(4.5, rel=1e-12)
    assert result.messages[0] == SEPARATE_INSTEAD
    assert not {sentence for _, sentence in hints.CHANCE} & set(result.messages)
    assert hints.SINGLE.format(labels="a, b") in result.messages


def test_equal_effects_in_a_group_give_normal_intervals():
    dataset = with_fact(dataset_of([1.0, 1.0, 2.0, 4.0], [1.0] * 4), "kind", ["a", "a", "b", "b"])

    result = pool(dataset, field="kind")

    assert result.ci_method == "wald"
    assert result.messages[0] == EQUAL_EFFECTS


@pytest.mark.parametrize(("shift", "place"), [(0.0, 3), (4.0, 0)])
def test_chance_is_judged_by_the_test_between_groups(shift, place):
    dataset = dataset_of([0.1, -0.1, 0.2, 0.1 + shift, -0.1 + shift, 0.2 + shift], [0.1] * 6)

    result = pool(with_fact(dataset, "kind", ["a"] * 3 + ["b"] * 3), field="kind", tau2_sharing="common")

    assert hints.CHANCE[place][1] in result.messages


def test_what_was_planned_is_not_held_against_the_comparison():
    plain = pool(sample_dataset(k=10), modifiers_tested=4)
    planned = pool(sample_dataset(k=10), is_pre_specified=True, is_direction_pre_specified=True)

    assert {hints.NOT_PLANNED, hints.NO_DIRECTION, hints.MANY_MODIFIERS.format(count=4)} <= set(plain.messages)
    assert not {hints.NOT_PLANNED, hints.NO_DIRECTION, hints.MANY_MODIFIERS.format(count=1)} & set(planned.messages)
    assert hints.BETWEEN_STUDIES in planned.messages


@pytest.mark.parametrize("bad", [{"cut_points": (2.0, 1.0)}, {"field": ""}, {"modifiers_tested": 0}, {"level": 1.0}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValidationError):
        Params.model_validate(bad)


@given(
    st.lists(st.tuples(st.floats(-5, 5), st.floats(0.1, 4.0), st.sampled_from(["a", "b", "c"])), min_size=4, max_size=9)
)
def test_groups_hold_every_study_once_and_weights_sum_to_one(rows):
    dataset = dataset_of([yi for yi, _, _ in rows], [vi for _, vi, _ in rows])

    result = pool(with_fact(dataset, "kind", [kind for _, _, kind in rows]), field="kind", ci_method="wald")

    assert sum(group.k for group in result.groups) == len(rows)
    for group in result.groups:
        shares = [study.weight for study in result.studies if study.group == group.name]
        assert len(shares) == group.k
        # At most nine shares in double precision.
        assert sum(shares) == pytest.approx(1.0, abs=1e-12)


def test_subgroups_conform():
    check_plugin(subgroups.plugin)
