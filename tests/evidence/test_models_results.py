"""Results as printed: contradictions are asked about, kept when marked, and settled by a person."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from evidence.models import ArmResult, ContrastResult, Settlement
from tests import factories as make

pytestmark = pytest.mark.django_db

OUTSIDE = {"estimate": "1.07", "ci_lower": "-2.08", "ci_upper": "-0.07"}
OPPOSITE = {"estimate": "0.05", "ci_lower": "-0.9", "ci_upper": "0.8"}


@pytest.mark.parametrize(
    ("numbers", "says"),
    [
        (OUTSIDE, "−1.07 would lie inside."),
        (OPPOSITE, "have opposite signs."),
        ({"estimate": "0", "ci_lower": "-2", "ci_upper": "-1"}, "lies outside its own confidence interval"),
    ],
)
def test_contradictory_contrast_is_asked_back(numbers, says):
    with pytest.raises(ValidationError) as refused:
        make.make_contrast_result(**numbers)
    (sentence,) = refused.value.message_dict["estimate"]
    assert says in sentence
    assert "tick “printed so” to keep it" in sentence
    assert ContrastResult.objects.count() == 0


@pytest.mark.parametrize("numbers", [OUTSIDE, OPPOSITE])
def test_contradictory_contrast_is_kept_when_marked(numbers):
    contrast = make.make_contrast_result(**numbers, is_printed_so=True)
    stored = ContrastResult.objects.get(pk=contrast.pk)
    assert stored.estimate == Decimal(numbers["estimate"])
    assert stored.contradictions()
    assert stored.is_unsettled


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"mean": "11"}, "mean", "The mean 11 lies outside the scale, which runs from 0 to 10."),
        ({"mean": "-0.1"}, "mean", "The mean −0.1 lies outside the scale"),
        ({"mean": None, "median": "12"}, "median", "The median 12 lies outside the scale"),
        ({"mean": "3", "ci_lower": "4", "ci_upper": "5"}, "mean", "The mean 3 lies outside its own confidence"),
        ({"mean": None, "q1": "5", "median": "4"}, "median", "The first quartile 5 is above the median 4."),
        ({"mean": None, "median": "4", "minimum": "6", "maximum": "5"}, "median", "The minimum 6 is above the median"),
    ],
)
def test_contradictory_arm_result_is_asked_back_and_kept_when_marked(values, field, says):
    arm = make.make_arm()
    with pytest.raises(ValidationError) as refused:
        make.make_arm_result(arm, **values)
    assert any(says in sentence for sentence in refused.value.message_dict[field])
    assert ArmResult.objects.count() == 0
    assert make.make_arm_result(arm, **values, is_printed_so=True).is_unsettled


def test_every_contradiction_of_a_row_is_named():
    with pytest.raises(ValidationError) as refused:
        make.make_arm_result(mean="11", ci_lower="1", ci_upper="2")
    assert len(refused.value.message_dict["mean"]) == 2


def test_change_score_may_leave_the_scale():
    assert make.make_arm_result(mean="-2.5", value_kind="change").mean == Decimal("-2.5")


def test_instrument_without_a_range_has_no_scale_to_leave():
    arm = make.make_arm()
    instrument = make.make_instrument(make.make_outcome(arm.owning_review), scale_min=None, scale_max=None)
    assert make.make_arm_result(arm, instrument, mean=250).mean == 250


def test_ratio_has_no_opposite_signs():
    ratio = make.make_contrast_result(measure="OR", estimate="1.2", ci_lower="0.5", ci_upper="2.9")
    assert ratio.contradictions() == []


def test_ratio_outside_its_interval_is_asked_back():
    with pytest.raises(ValidationError, match="lies outside its own confidence interval"):
        make.make_contrast_result(measure="RR", estimate="3", ci_lower="0.5", ci_upper="2.9")


def test_unmarked_result_is_not_unsettled():
    assert not make.make_arm_result().is_unsettled
    assert not make.make_contrast_result().is_unsettled


@pytest.mark.parametrize("make_result", [make.make_arm_result, make.make_contrast_result])
def test_marked_result_is_unsettled_until_it_is_settled(make_result):
    result = make_result(is_printed_so=True)
    assert result.is_unsettled
    make.make_settlement(result)
    assert not type(result).objects.get(pk=result.pk).is_unsettled


def test_result_is_settled_once():
    settlement = make.make_settlement()
    with pytest.raises(ValidationError) as refused:
        make.make_settlement(settlement.contrast_result)
    assert refused.value.message_dict["contrast_result"] == [
        "This result is already settled; change that settlement instead."
    ]
    other = make.make_settlement()
    with pytest.raises(IntegrityError), transaction.atomic():
        Settlement.objects.filter(pk=other.pk).update(contrast_result=settlement.contrast_result)


@pytest.mark.parametrize("make_result", [make.make_arm_result, make.make_contrast_result])
def test_settlement_of_a_result_of_another_extraction_is_refused(make_result):
    result = make_result(is_printed_so=True)
    with pytest.raises(ValidationError, match="belongs to another extraction"):
        make.make_settlement(result, extraction=make.make_extraction())


def test_unknown_weeks_with_different_printed_times_are_different_results():
    first = make.make_arm_result(week=None, time_as_printed="after treatment")
    second = make.make_arm_result(first.arm, first.instrument, week=None, time_as_printed="at follow-up")
    assert second.pk != first.pk


def test_results_read_as_arm_instrument_and_week():
    result = make.make_arm_result(make.make_arm(label="Yoga"), week="6.5")
    assert str(result) == f"Yoga, {result.instrument.name}, week 6.5"
    contrast = make.make_contrast_result(make.make_arm(label="Yoga"), week=None)
    assert str(contrast) == f"Yoga against {contrast.second_arm.label}, {contrast.instrument.name}, week ?"
