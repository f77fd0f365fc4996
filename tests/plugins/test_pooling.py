"""Pooling against metafor, and what it says where there is little to pool."""

import pytest
from pydantic import ValidationError

from analysis.testing import sample_dataset
from plugins import pooling
from tests.plugins.answers import answer, dataset_of
from tests.plugins.bcg import bcg_dataset

# metafor 3.8-1: rma(yi, vi, method="REML", test="knha") on dat.bcg. REML stops at a step of 1e-5, hence 1e-6.
BCG = {
    "estimate": -0.7145323422,
    "tau2": 0.3132432581,
    "ci_lower": -1.1084437,
    "ci_upper": -0.3206210,
}


def test_bcg_gives_the_numbers_of_metafor():
    result = answer(pooling.plugin, bcg_dataset())

    assert {name: getattr(result, name) for name in BCG} == pytest.approx(BCG, abs=1e-6)
    assert (result.k, result.df, result.q_df, result.model) == (13, 12, 12, "random_effects")


def test_weights_are_shares_and_rows_keep_the_order_of_the_dataset():
    dataset = sample_dataset(k=10)
    result = answer(pooling.plugin, dataset)

    assert sum(study.weight for study in result.studies) == pytest.approx(1.0, abs=1e-12)
    assert [study.effect for study in result.studies] == [effect.id for effect in dataset.effects]
    assert [study.estimate for study in result.studies] == [effect.yi for effect in dataset.effects]


def test_intervals_of_studies_are_normal_at_the_level():
    result = answer(pooling.plugin, dataset_of([3.0], [4.0]), pooling.Params(level=0.9))

    # The 95th percentile of the normal distribution is 1.6448536270.
    assert result.studies[0].ci_lower == pytest.approx(3.0 - 2.0 * 1.6448536270, abs=1e-9)
    assert result.studies[0].ci_upper == pytest.approx(3.0 + 2.0 * 1.6448536270, abs=1e-9)


def test_no_study_gives_no_number_and_says_so():
    result = answer(pooling.plugin, sample_dataset(k=0))

    assert result.k == 0
    assert result.messages == ("No study has a result that can be pooled.",)
    undefined = set(pooling.OF_ESTIMATE + pooling.OF_HETEROGENEITY)
    assert {name: getattr(result, name) for name in undefined} == dict.fromkeys(undefined)
    assert result.studies == ()


def test_one_study_is_shown_and_nothing_is_pooled():
    result = answer(pooling.plugin, dataset_of([-12.0], [9.0]))

    assert (result.k, result.estimate, result.se, result.ci_method) == (1, -12.0, 3.0, "wald")
    assert (result.tau2, result.i2, result.pi_lower, result.df) == (None, None, None, None)
    assert result.messages == (pooling.ONE_STUDY,)
    assert result.figures[0].summary_estimate == ""


def test_two_studies_rest_on_one_degree_of_freedom():
    result = answer(pooling.plugin, sample_dataset(k=2))

    assert (result.df, result.ci_method) == (1, "hksj")
    assert result.messages == (pooling.ONE_DEGREE_OF_FREEDOM,)


def test_two_studies_with_the_normal_interval_need_no_warning():
    result = answer(pooling.plugin, sample_dataset(k=2), pooling.Params(ci_method="wald"))

    assert result.messages == ()


def test_equal_effects_give_the_normal_interval_and_say_so():
    result = answer(pooling.plugin, dataset_of([2.0, 2.0, 2.0], [1.0, 1.0, 1.0]))

    assert result.ci_method == "wald"
    assert result.messages == (pooling.EQUAL_EFFECTS,)


def test_common_effect_model_has_no_prediction_interval():
    result = answer(pooling.plugin, sample_dataset(k=10), pooling.Params(tau2_method="CE"))

    assert (result.model, result.pi_lower, result.tau2) == ("common_effect", None, 0.0)
    assert result.figures[0].summary_label == "Common-effect model"


def test_study_with_two_effects_is_mentioned():
    dataset = sample_dataset(k=3)
    twice = dataset.effects[0].model_copy(update={"id": "again"})
    result = answer(pooling.plugin, dataset.model_copy(update={"effects": (*dataset.effects, twice)}))

    assert result.messages == (pooling.REPEATED_STUDIES,)


@pytest.mark.parametrize("bad", [{"level": 95}, {"level": 0.0}, {"tau2_method": "XX"}, {"ci_method": "t"}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValidationError):
        pooling.Params.model_validate(bad)


@pytest.mark.parametrize(
    ("direction", "left", "right"),
    [("lower", "Favours Exercise", "Favours Usual care"), ("higher", "Favours Usual care", "Favours Exercise")],
)
def test_figure_says_which_side_favours_whom(direction, left, right):
    dataset = sample_dataset(k=3)
    outcome = dataset.outcome.model_copy(update={"direction": direction})
    figure = answer(pooling.plugin, dataset.model_copy(update={"outcome": outcome})).figures[0]

    assert (figure.favours_left, figure.favours_right) == (left, right)
    assert figure.x_label == "Mean difference (points)"
