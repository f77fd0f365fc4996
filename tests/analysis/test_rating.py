"""The plugin proposes, a person rates; a rating belongs to the run it looked at. Signing off is once, with a reason."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from analysis.models import DOMAINS
from analysis.services import current_certainty, is_stale, rate_certainty, refresh, sign_off
from evidence.models import ArmResult, Membership
from evidence.permissions import NotAllowed
from evidence.services import record
from tests import factories
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db
NONE_DOWN = dict.fromkeys(DOMAINS, 0)


@pytest.mark.parametrize(
    ("down", "level"),
    [
        ({}, "high"),
        ({"imprecision": 1}, "moderate"),
        ({"imprecision": 2}, "low"),
        ({"imprecision": 2, "risk_of_bias": 2}, "very_low"),
    ],
)
def test_level_is_high_minus_the_levels_down(down, level):
    small = make_small_review()
    analysis = small.analysis()
    run = refresh(by=small.owner, analysis=analysis).snapshot.runs.get(plugin="grade")
    row = rate_certainty(
        by=small.owner, analysis=analysis, run=run, levels_down={**NONE_DOWN, **down}, justification="As discussed."
    )
    assert row.level == level
    assert current_certainty(analysis) == row


def test_rating_becomes_stale_when_the_results_change():
    small = make_small_review()
    analysis = small.analysis()
    first = refresh(by=small.owner, analysis=analysis).snapshot
    rating = rate_certainty(
        by=small.owner,
        analysis=analysis,
        run=first.runs.get(plugin="grade"),
        levels_down=NONE_DOWN,
        justification="As discussed.",
    )
    assert not is_stale(rating, first)
    row = ArmResult.objects.earliest("pk")
    row.sd = Decimal("2.4")
    record(by=small.owner, row=row)
    assert is_stale(rating, refresh(by=small.owner, analysis=analysis).snapshot)


@pytest.mark.parametrize(
    ("levels", "justification", "sentence"),
    [
        ({"imprecision": 1}, "x", "each of the five domains"),
        ({**NONE_DOWN, "imprecision": 3}, "x", "0, 1 or 2|not a valid choice"),
        (NONE_DOWN, "", "Say why|cannot be blank"),
    ],
)
def test_incomplete_rating_gets_a_sentence(levels, justification, sentence):
    small = make_small_review()
    analysis = small.analysis()
    run = refresh(by=small.owner, analysis=analysis).snapshot.runs.get(plugin="grade")
    with pytest.raises(ValidationError, match=sentence):
        rate_certainty(by=small.owner, analysis=analysis, run=run, levels_down=levels, justification=justification)
    assert current_certainty(analysis) is None


def test_rating_of_a_pooling_run_is_refused():
    small = make_small_review()
    analysis = small.analysis()
    run = refresh(by=small.owner, analysis=analysis).snapshot.runs.get(plugin="pooling")
    with pytest.raises(ValidationError, match="belongs to a GRADE run"):
        rate_certainty(by=small.owner, analysis=analysis, run=run, levels_down=NONE_DOWN, justification="x")


def test_sign_off_keeps_person_role_and_reason():
    small = make_small_review()
    snapshot = refresh(by=small.owner, analysis=small.analysis()).snapshot
    row = sign_off(by=small.owner, snapshot=snapshot, reason="Checked against the reports.")
    assert (row.signed_by, row.role, row.reason) == (small.owner, "owner", "Checked against the reports.")
    with pytest.raises(ValidationError, match="already signed off"):
        sign_off(by=small.owner, snapshot=snapshot, reason="Again.")


def test_sign_off_needs_a_reason_and_the_role():
    small = make_small_review()
    snapshot = refresh(by=small.owner, analysis=small.analysis()).snapshot
    with pytest.raises(ValidationError):
        sign_off(by=small.owner, snapshot=snapshot, reason="")
    statistician = factories.make_membership(small.review, role=Membership.Role.STATISTICIAN).user
    with pytest.raises(NotAllowed, match="sign off"):
        sign_off(by=statistician, snapshot=snapshot, reason="Looks right.")
