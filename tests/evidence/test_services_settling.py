"""Settling what a report prints in contradiction."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from evidence import services
from evidence.models import ContrastResult, Membership, Settlement
from evidence.permissions import NotAllowed
from tests import factories as make

pytestmark = pytest.mark.django_db


def printed_contrast(member: Membership) -> ContrastResult:
    """Make a contrast that is printed outside its own interval."""
    arm = make.make_arm(make.make_extraction(make.make_study(member.review)))
    return make.make_contrast_result(arm, estimate=1, ci_lower=-2, ci_upper=0, is_printed_so=True)


def test_settlement_says_who_when_and_why_and_leaves_the_printed_numbers():
    member = make.make_membership(role="adjudicator")
    contrast = printed_contrast(member)
    settlement = services.settle(
        by=member.user,
        result=contrast,
        value=Decimal(-1),
        ci_lower=Decimal(-2),
        ci_upper=Decimal(0),
        reason="The text says minus.",
    )
    contrast = ContrastResult.objects.get(pk=contrast.pk)
    assert contrast.estimate == 1
    assert contrast.settlement == settlement
    assert not contrast.is_unsettled
    assert (settlement.settled_by, settlement.reason) == (member.user, "The text says minus.")
    assert settlement.settled_at is not None
    assert settlement.history.get().history_user == member.user


def test_arm_result_is_settled():
    member = make.make_membership()
    arm = make.make_arm(make.make_extraction(make.make_study(member.review)))
    result = make.make_arm_result(arm, mean=35, is_printed_so=True)
    settlement = services.settle(by=member.user, result=result, value=Decimal("3.5"), reason="Misplaced point.")
    assert settlement.arm_result == result
    assert settlement.extraction == arm.extraction


def test_result_that_is_not_marked_is_not_settled():
    member = make.make_membership()
    contrast = make.make_contrast_result(make.make_arm(make.make_extraction(make.make_study(member.review))))
    with pytest.raises(ValidationError, match="marked “printed so”"):
        services.settle(by=member.user, result=contrast, value=Decimal(-1), reason="Because.")
    assert not Settlement.objects.exists()


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"value": Decimal(3), "ci_lower": Decimal(-2), "ci_upper": Decimal(0), "reason": "Why."}, "value"),
        ({"value": Decimal(-1), "reason": ""}, "reason"),
    ],
)
def test_settlement_that_breaks_a_rule_is_not_saved(numbers, field):
    member = make.make_membership()
    with pytest.raises(ValidationError) as refused:
        services.settle(by=member.user, result=printed_contrast(member), **numbers)
    assert field in refused.value.message_dict
    assert not Settlement.objects.exists()


def test_settled_result_is_not_settled_again():
    member = make.make_membership()
    contrast = printed_contrast(member)
    services.settle(by=member.user, result=contrast, value=Decimal(-1), reason="The text says minus.")
    with pytest.raises(ValidationError, match="already settled"):
        services.settle(by=member.user, result=contrast, value=Decimal(-2), reason="No, this.")
    assert Settlement.objects.get().value == -1


@pytest.mark.parametrize("role", ["reviewer", "statistician", "viewer"])
def test_consensus_is_settled_by_adjudicators_only(role):
    member = make.make_membership(role=role)
    with pytest.raises(NotAllowed):
        services.settle(by=member.user, result=printed_contrast(member), value=Decimal(-1), reason="Why.")
    assert not Settlement.objects.exists()
