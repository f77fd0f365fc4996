"""Rows refer only to rows of their own review and extraction; a missing parent is a sentence, not a crash."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ProtectedError

from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Assessment,
    Characteristic,
    ContrastResult,
    FollowUpWindow,
    InterventionComponent,
    Judgement,
    Report,
    Review,
    Settlement,
    Study,
)
from tests import factories as make

pytestmark = pytest.mark.django_db

FOREIGN = [
    ("comparator_type", make.make_comparator_type, lambda kind: make.make_arm(role="comparator", comparator_type=kind)),
    ("type", make.make_component_type, lambda kind: make.make_component(type=kind)),
    ("instrument", make.make_instrument, lambda scale: make.make_arm_result(instrument=scale)),
    ("instrument", make.make_instrument, lambda scale: make.make_contrast_result(instrument=scale)),
    ("outcome", make.make_outcome, lambda outcome: make.make_assessment(outcome=outcome)),
    ("field", make.make_characteristic_field, lambda question: make.make_characteristic(field=question)),
    ("companion_of", make.make_study, lambda study: make.make_study(companion_of=study)),
]


@pytest.mark.parametrize(("field", "make_foreign", "refer"), FOREIGN)
def test_row_of_another_review_is_refused(field, make_foreign, refer):
    with pytest.raises(ValidationError) as refused:
        refer(make_foreign())
    (sentence,) = refused.value.message_dict[field]
    assert "another review" in sentence


def test_arms_of_another_extraction_are_refused():
    extraction, foreign = make.make_extraction(), make.make_arm()
    with pytest.raises(ValidationError, match="belongs to another extraction") as refused:
        make.make_adverse_event(extraction, arm=foreign)
    assert "arm" in refused.value.message_dict
    with pytest.raises(ValidationError) as refused:
        make.make_contrast_result(make.make_arm(extraction), foreign)
    assert refused.value.message_dict["second_arm"] == [f"Arm “{foreign.label}” belongs to another extraction."]


@pytest.mark.parametrize(
    "model",
    [
        AdverseEvent,
        Arm,
        ArmResult,
        Assessment,
        Characteristic,
        ContrastResult,
        FollowUpWindow,
        InterventionComponent,
        Judgement,
        Report,
        Settlement,
        Study,
    ],
    ids=lambda model: model.__name__,
)
def test_row_without_anything_is_refused_with_sentences(model):
    with pytest.raises(ValidationError):
        model().full_clean()


@pytest.mark.parametrize(
    "without_parent",
    [
        lambda: Arm(role="comparator", comparator_type=make.make_comparator_type()),
        lambda: InterventionComponent(type=make.make_component_type()),
        lambda: Assessment(outcome=make.make_outcome()),
        lambda: Characteristic(field=make.make_characteristic_field(), number=1),
        lambda: ArmResult(instrument=make.make_instrument(), mean=1),
        lambda: ContrastResult(instrument=make.make_instrument(), estimate=1),
        lambda: Judgement(domain="randomisation", judgement="low"),
        lambda: FollowUpWindow(from_week=1, target_week=2, to_week=3),
    ],
)
def test_clean_without_the_parent_does_not_crash(without_parent):
    without_parent().clean()  # as a form calls it, after its own complaint about the missing parent


def test_tool_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError) as refused:
        make.make_assessment(tool="rob9")
    assert "tool" in refused.value.message_dict


def test_assessment_is_stamped_with_the_version_of_its_tool():
    assert make.make_assessment(tool="rob2").tool_version == "2019-08-22"
    assert make.make_assessment(tool="rob1").tool_version == "2011-10-18"


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"domain": "sequence_generation"}, "domain", "RoB 2 has no domain “sequence_generation”; it has randomis"),
        ({"judgement": "unclear"}, "judgement", "RoB 2 has no judgement “unclear”; it has low, some_concerns, high."),
    ],
)
def test_judgement_that_the_tool_does_not_have_is_refused(values, field, says):
    with pytest.raises(ValidationError) as refused:
        make.make_judgement(**values)
    assert says in refused.value.message_dict[field][0]


def test_companion_of_a_companion_is_refused():
    main = make.make_study(label="Aasa 2015")
    companion = make.make_study(main.review, label="Aasa 2017", companion_of=main)
    with pytest.raises(ValidationError) as refused:
        make.make_study(main.review, companion_of=companion)
    assert refused.value.message_dict["companion_of"] == [
        "Aasa 2017 is itself a companion of Aasa 2015; choose Aasa 2015."
    ]
    assert list(main.companions.all()) == [companion]


def test_study_with_companions_cannot_become_one():
    main = make.make_study(label="Aasa 2015")
    make.make_study(main.review, label="Aasa 2017", companion_of=main)
    main.companion_of = make.make_study(main.review)
    with pytest.raises(ValidationError, match="Aasa 2017 is a companion of this study") as refused:
        main.full_clean()
    assert "companion_of" in refused.value.message_dict


@pytest.mark.parametrize(
    ("make_child", "parent"),
    [
        (make.make_study, "review"),
        (make.make_outcome, "review"),
        (make.make_extraction, "study"),
        (make.make_assessment, "study"),
        (make.make_instrument, "outcome"),
        (make.make_arm_result, "instrument"),
        (make.make_component, "type"),
        (make.make_characteristic, "field"),
        (make.make_membership, "user"),
        (make.make_settlement, "settled_by"),
    ],
)
def test_parent_that_others_depend_on_is_protected(make_child, parent):
    child = make_child()
    with pytest.raises(ProtectedError), transaction.atomic():
        getattr(child, parent).delete()
    assert type(child).objects.filter(pk=child.pk).exists()


def test_rows_know_their_review():
    result = make.make_arm_result()
    assert result.owning_review == result.arm.extraction.study.review
    review = make.make_review()
    assert review.owning_review is review
    assert list(Review.objects.of_review(review)) == [review]
    assert list(ArmResult.objects.of_review(result.owning_review)) == [result]
    assert not ArmResult.objects.of_review(review).exists()
