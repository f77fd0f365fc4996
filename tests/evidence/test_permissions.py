"""One table for all doors: who may do what in a review."""

import pytest
from django.contrib.auth.models import AnonymousUser

from evidence.models import Membership
from evidence.permissions import (
    ACTS_BY_ROLE,
    Act,
    NotAllowed,
    NotTheirs,
    act_to_change,
    acts_of,
    may,
    may_read_extraction,
    require,
    require_change,
)
from tests import factories as make

pytestmark = pytest.mark.django_db

YES, NO = True, False
TABLE = {
    #               VIEW  RECORD ADJUD ANALYSE SIGN PUBLISH MANAGE
    "owner": (YES, YES, YES, YES, YES, YES, YES),
    "adjudicator": (YES, YES, YES, YES, YES, NO, NO),
    "reviewer": (YES, YES, NO, NO, NO, NO, NO),
    "statistician": (YES, NO, NO, YES, NO, NO, NO),
    "viewer": (YES, NO, NO, NO, NO, NO, NO),
}
CELLS = [(role, act, allowed) for role, row in TABLE.items() for act, allowed in zip(Act, row, strict=True)]


def test_table_has_every_role():
    assert set(TABLE) == set(Membership.Role.values) == set(ACTS_BY_ROLE)


@pytest.mark.parametrize(("role", "act", "allowed"), CELLS)
def test_role_covers_the_acts_of_the_table_and_no_others(role, act, allowed):
    membership = make.make_membership(role=role)
    assert may(membership.user, act, membership.review) is allowed
    assert not may(membership.user, act, make.make_review())


@pytest.mark.parametrize("act", Act)
def test_superuser_may_and_stranger_may_not(act):
    review = make.make_review()
    assert may(make.make_user(is_superuser=True), act, review)
    assert not may(make.make_user(), act, review)
    assert not may(AnonymousUser(), act, review)


def test_refusal_says_who_what_where_and_which_role():
    membership = make.make_membership(make.make_review(title="Back pain"), make.make_user("kim"), "viewer")
    with pytest.raises(NotAllowed) as refused:
        require(membership.user, Act.ADJUDICATE, membership.review)
    assert str(refused.value) == (
        "kim may not change the consensus in “Back pain”: that needs the role owner or adjudicator."
    )


@pytest.mark.parametrize(
    ("make_row", "act"),
    [
        (make.make_review, Act.MANAGE),
        (make.make_membership, Act.MANAGE),
        (make.make_study, Act.RECORD),
        (make.make_outcome, Act.RECORD),
        (make.make_flow_count, Act.RECORD),
        (make.make_extraction, Act.ADJUDICATE),
        (make.make_arm, Act.ADJUDICATE),
        (make.make_component, Act.ADJUDICATE),
        (make.make_arm_result, Act.ADJUDICATE),
        (make.make_contrast_result, Act.ADJUDICATE),
        (make.make_settlement, Act.ADJUDICATE),
        (make.make_characteristic, Act.ADJUDICATE),
        (make.make_adverse_event, Act.ADJUDICATE),
        (make.make_assessment, Act.ADJUDICATE),
        (make.make_judgement, Act.ADJUDICATE),
        (lambda: make.make_extraction(consensus=False), Act.RECORD),
        (lambda: make.make_arm_result(make.make_arm(make.make_extraction(consensus=False))), Act.RECORD),
        (lambda: make.make_judgement(make.make_assessment(consensus=False)), Act.RECORD),
    ],
)
def test_change_of_a_row_is_the_act_of_what_it_belongs_to(make_row, act):
    assert act_to_change(make_row()) is act


def test_own_extraction_may_be_changed_and_another_readers_by_nobody():
    reviewer = make.make_membership(role="reviewer")
    study = make.make_study(reviewer.review)
    own = make.make_extraction(study, consensus=False, reviewer=reviewer.user)
    others = make.make_arm(make.make_extraction(study, consensus=False))
    require_change(reviewer.user, own)
    for role in Membership.Role.values:
        with pytest.raises((NotTheirs, NotAllowed)):
            require_change(make.make_membership(reviewer.review, role=role).user, others)
    with pytest.raises(NotTheirs, match="This is the reading of"):
        require_change(make.make_user(is_superuser=True), others)


def test_consensus_cannot_be_taken_over_by_calling_it_ones_own():
    reviewer = make.make_membership(role="reviewer")
    consensus = make.make_extraction(make.make_study(reviewer.review))
    consensus.is_consensus, consensus.reviewer = False, reviewer.user
    with pytest.raises(NotAllowed):
        require_change(reviewer.user, consensus)


def test_row_cannot_be_carried_into_a_review_of_ones_own():
    owner = make.make_membership(role="owner")
    study = make.make_study()
    study.review = owner.review
    with pytest.raises(NotAllowed):
        require_change(owner.user, study)


def test_extraction_of_another_is_read_by_nobody_before_both_are_complete():
    review = make.make_review()
    study = make.make_study(review)
    reviewer, adjudicator, viewer = (
        make.make_membership(review, role=role).user for role in ("reviewer", "adjudicator", "viewer")
    )
    own = make.make_complete_reading(study, reviewer)
    consensus = make.make_extraction(study)
    people = (reviewer, adjudicator, viewer)
    assert [may_read_extraction(person, own) for person in people] == [True, False, False]
    make.make_complete_reading(study)
    assert [may_read_extraction(person, own) for person in people] == [True, True, False]
    assert all(may_read_extraction(person, consensus) for person in people)
    assert not may_read_extraction(make.make_user(), consensus)
    assert not may_read_extraction(AnonymousUser(), consensus)


def test_former_member_may_not_read_the_extraction_they_made():
    reviewer = make.make_user()
    own = make.make_extraction(consensus=False, reviewer=reviewer)
    assert not may_read_extraction(reviewer, own)
    assert acts_of(reviewer, own.owning_review) == frozenset()
