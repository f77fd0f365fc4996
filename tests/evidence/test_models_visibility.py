"""Nobody sees a row of a review that they are not a member of."""

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser

from evidence.models import EvidenceRow, Membership, Review, Study
from evidence.models.append_only import AppendOnlyRow
from tests import factories as make
from tests import screening_factories as make_screening
from tests import teamwork_factories as make_teamwork

pytestmark = pytest.mark.django_db

MAKERS = {
    "Adjudication": make.make_adjudication,
    "AdverseEvent": make.make_adverse_event,
    "Arm": make.make_arm,
    "ArmResult": make.make_arm_result,
    "Assessment": make.make_assessment,
    "AssessmentDecision": make.make_assessment_decision,
    "Assignment": make_teamwork.make_assignment,
    "AuthorContact": make.make_author_contact,
    "ChangeBatch": make_teamwork.make_change_batch,
    "Characteristic": make.make_characteristic,
    "CharacteristicField": make.make_characteristic_field,
    "ComparatorType": make.make_comparator_type,
    "ComponentType": make.make_component_type,
    "ContrastResult": make.make_contrast_result,
    "DoubtfulPair": make_screening.make_doubtful_pair,
    "ExclusionReason": make_screening.make_reason,
    "DoubtAnswer": make.make_doubt_answer,
    "Extraction": make.make_extraction,
    "ExtractionForm": make.make_extraction_form,
    "ExtractionPolicy": make.make_extraction_policy,
    "FlowCount": make.make_flow_count,
    "FollowUpWindow": make.make_window,
    "FormDraft": make.make_form_draft,
    "Instrument": make.make_instrument,
    "InterventionComponent": make.make_component,
    "Judgement": make.make_judgement,
    "Membership": make.make_membership,
    "Outcome": make.make_outcome,
    "Record": make_screening.make_record,
    "Report": make.make_report,
    "Review": make.make_review,
    "ReviewTool": make.make_review_tool,
    "ScreeningPolicy": make_screening.make_policy,
    "SearchRound": make.make_search_round,
    "SearchSource": make_screening.make_source,
    "Settlement": make.make_settlement,
    "SignallingAnswer": make.make_signalling_answer,
    "Study": make.make_study,
    "StudyPair": make.make_study_pair,
}
MODELS = {
    model.__name__: model
    for model in apps.get_app_config("evidence").get_models()
    if issubclass(model, EvidenceRow) or model.__name__ in MAKERS
}
# Other apps keep rows of a review too.
OF_A_REVIEW = [model for model in apps.get_models() if issubclass(model, EvidenceRow)]


def test_every_evidence_model_is_walked():
    assert set(MAKERS) == set(MODELS), "add the factory of a new model to MAKERS"
    assert all(issubclass(model, EvidenceRow | AppendOnlyRow) for model in MODELS.values())


@pytest.mark.parametrize("name", MAKERS)
def test_row_has_a_name_for_people(name):
    assert f"{name} object" not in str(MAKERS[name]())


@pytest.mark.parametrize("model", OF_A_REVIEW, ids=lambda model: model.__name__)
def test_review_path_leads_to_the_review(model):
    for step in filter(None, model.review_path.split("__")):
        model = model._meta.get_field(step).related_model
    assert model is Review


@pytest.mark.parametrize("name", MAKERS)
def test_row_is_invisible_to_members_of_other_reviews(name):
    own, foreign = MAKERS[name](), MAKERS[name]()
    member = make.make_membership(own.owning_review, role="viewer").user
    visible = MODELS[name].objects.visible_to(member)
    assert own in visible
    assert foreign not in visible
    assert {row.owning_review for row in visible} == {own.owning_review}


@pytest.mark.parametrize("name", MAKERS)
def test_row_is_visible_once_to_a_member_of_a_review_with_a_team(name):
    row = MAKERS[name]()
    members = [make.make_membership(row.owning_review, role="reviewer") for _ in range(3)]
    found = MODELS[name].objects.visible_to(members[0].user).filter(pk=row.pk)
    assert len(found) == 1


def test_superuser_sees_everything_and_a_stranger_nothing():
    study = make.make_study()
    assert study in Study.objects.visible_to(make.make_user(is_superuser=True))
    assert not Study.objects.visible_to(make.make_user()).exists()
    assert not Study.objects.visible_to(AnonymousUser()).exists()


def test_membership_that_ends_takes_the_sight_away():
    membership = make.make_membership()
    study = make.make_study(membership.review)
    assert study in Study.objects.visible_to(membership.user)
    Membership.objects.get(pk=membership.pk).delete()
    assert not Study.objects.visible_to(membership.user).exists()
