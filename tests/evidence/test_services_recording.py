"""Recording and removing: who may, what the history says, and that a refusal saves nothing."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError, RestrictedError

from evidence import services
from evidence.models import Arm, ArmResult, InterventionComponent, Membership, Review, Study
from evidence.permissions import NotAllowed
from tests import factories as make

pytestmark = pytest.mark.django_db

RECORDERS = {"owner", "adjudicator", "reviewer"}
ADJUDICATORS = {"owner", "adjudicator"}
ROLES = Membership.Role.values


def new_study(member: Membership) -> Study:
    return Study(review=member.review, code="Aasa_2015", label="Aasa 2015")


def new_consensus_arm(member: Membership) -> Arm:
    extraction = make.make_extraction(make.make_study(member.review))
    return Arm(extraction=extraction, number=1, label="Yoga", role="experimental")


def new_own_arm(member: Membership) -> Arm:
    study = make.make_study(member.review)
    extraction = make.make_extraction(study, consensus=False, reviewer=member.user)
    return Arm(extraction=extraction, number=1, label="Yoga", role="experimental")


def new_member(member: Membership) -> Membership:
    return Membership(review=member.review, user=make.make_user(), role="viewer")


def changed_review(member: Membership) -> Review:
    member.review.title = "Another title"
    return member.review


ACTS = [
    (new_study, RECORDERS),
    (new_own_arm, RECORDERS),
    (new_consensus_arm, ADJUDICATORS),
    (new_member, {"owner"}),
    (changed_review, {"owner"}),
]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("prepare", "allowed"), ACTS)
def test_recording_needs_the_role_of_the_table(role, prepare, allowed):
    member = make.make_membership(role=role)
    row = prepare(member)
    before = type(row).history.count()
    if role in allowed:
        assert services.record(by=member.user, row=row).pk
        assert type(row).history.count() == before + 1
        return
    with pytest.raises(NotAllowed):
        services.record(by=member.user, row=row)
    assert type(row).history.count() == before


@pytest.mark.parametrize("role", ROLES)
def test_removing_needs_the_role_of_the_table(role):
    member = make.make_membership(role=role)
    study = make.make_study(member.review)
    if role in RECORDERS:
        services.remove(by=member.user, row=study)
    else:
        with pytest.raises(NotAllowed):
            services.remove(by=member.user, row=study)
    assert Study.objects.filter(pk=study.pk).exists() is (role not in RECORDERS)


def test_member_of_another_review_may_not_record():
    stranger = make.make_membership(role="owner").user
    with pytest.raises(NotAllowed):
        services.record(by=stranger, row=new_study(make.make_membership()))
    assert not Study.objects.exists()


def test_history_says_who_and_why():
    member = make.make_membership()
    study = services.record(by=member.user, row=new_study(member), reason="found in the update search")
    study.year = 2015
    services.record(by=member.user, row=study, reason="typing error")
    entries = list(study.history.order_by("history_id"))
    assert [entry.history_change_reason for entry in entries] == ["found in the update search", "typing error"]
    assert [entry.history_type for entry in entries] == ["+", "~"]
    assert {entry.history_user for entry in entries} == {member.user}
    assert [entry.year for entry in entries] == [None, 2015]


def test_refused_row_is_not_saved():
    member = make.make_membership()
    study = make.make_study(member.review, year=2015)
    study.year = 1066
    with pytest.raises(ValidationError) as refused:
        services.record(by=member.user, row=study)
    assert "year" in refused.value.message_dict
    study.refresh_from_db()
    assert study.year == 2015
    assert study.history.count() == 1


def test_removed_row_stays_in_the_history_with_its_own_rows():
    member = make.make_membership()
    arm = make.make_arm(make.make_extraction(make.make_study(member.review)))
    make.make_arm_result(arm)
    make.make_component(arm)
    services.remove(by=member.user, row=arm, reason="entered twice")
    assert not Arm.objects.exists()
    for model in (Arm, ArmResult, InterventionComponent):
        entry = model.history.get(history_type="-")
        assert (entry.history_user, entry.history_change_reason) == (member.user, "entered twice")


def test_row_that_others_depend_on_is_not_removed():
    member = make.make_membership()
    instrument = make.make_instrument(make.make_outcome(member.review))
    contrast = make.make_contrast_result(
        make.make_arm(make.make_extraction(make.make_study(member.review))), instrument=instrument
    )
    for row in (instrument, contrast.extraction.study, contrast.second_arm.comparator_type, member.review):
        with pytest.raises(ProtectedError):
            services.remove(by=member.user, row=row)
    with pytest.raises(RestrictedError):
        services.remove(by=member.user, row=contrast.first_arm)
    assert ArmResult.history.filter(history_type="-").count() == 0
    contrast.refresh_from_db()


def test_extraction_is_removed_with_everything_in_it():
    member = make.make_membership()
    contrast = make.make_contrast_result(make.make_arm(make.make_extraction(make.make_study(member.review))))
    services.remove(by=member.user, row=contrast.extraction)
    assert not Arm.objects.exists()


def test_new_review_belongs_to_the_one_who_makes_it():
    person = make.make_user()
    review = services.create_review(by=person, title="Back pain", slug="back-pain")
    membership = review.memberships.get()
    assert (membership.user, membership.role) == (person, "owner")
    assert review.history.get().history_user == person
    assert membership.history.get().history_user == person


def test_review_that_breaks_a_rule_leaves_nothing_behind():
    make.make_review(slug="back-pain")
    with pytest.raises(ValidationError) as refused:
        services.create_review(by=make.make_user(), title="Back pain", slug="back-pain")
    assert "slug" in refused.value.message_dict
    assert Review.objects.count() == 1
    assert not Membership.objects.exists()
