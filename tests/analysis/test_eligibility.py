"""Rules of eligibility are checked on every study; what breaks one needs a signature that stands for it as it is."""

import pytest
from django.core.exceptions import ValidationError

from analysis.models import EligibilityRule
from analysis.services import Verdict, check_eligibility, save_rule, waive, withdraw_waiver
from evidence.models import Characteristic, Membership
from evidence.permissions import NotAllowed
from evidence.services import record
from tests import factories
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def small():
    """A review of five trials: training of 3, 4 and 12 weeks, two that do not report it."""
    made = make_small_review()
    field = factories.make_characteristic_field(made.review, code="training_weeks", kind="number")
    for study, weeks in zip(made.studies, ("3", "4", "12"), strict=False):
        extraction = study.extractions.get(is_consensus=True)
        record(by=made.owner, row=Characteristic(extraction=extraction, field=field, number=weeks))
    return made


def rule_of(small, op="ge", value=4, field="training_weeks"):
    return EligibilityRule(
        review=small.review,
        code="training",
        title="Training of at least 4 weeks",
        element="intervention",
        condition={"field": field, "op": op, "value": value},
    )


def verdicts(small):
    return [finding.verdict for finding in check_eligibility(small.review)]


def broken(small):
    return next(finding for finding in check_eligibility(small.review) if finding.verdict == Verdict.VIOLATED)


def test_rule_is_met_broken_or_not_known(small):
    assert check_eligibility(small.review) == []
    save_rule(by=small.owner, rule=rule_of(small))

    assert sorted(verdicts(small)) == ["met", "met", "not_known", "not_known", "violated"]
    assert (broken(small).value, broken(small).is_open) == ("3", True)


def test_design_and_arms_can_be_asked_for(small):
    save_rule(by=small.owner, rule=rule_of(small, op="eq", value="rct", field="design"))
    assert set(verdicts(small)) == {Verdict.MET}


def test_signature_stands_until_it_is_withdrawn(small):
    rule = save_rule(by=small.owner, rule=rule_of(small))
    study = small.studies[0]
    waive(by=small.owner, rule=rule, study=study, reason="The authors call it a pilot of the same programme")
    assert not broken(small).is_open
    assert broken(small).waiver.signed_by == small.owner
    with pytest.raises(ValidationError, match="signed for already"):
        waive(by=small.owner, rule=rule, study=study, reason="Again")

    withdraw_waiver(by=small.owner, rule=rule, study=study, reason="It is another programme")
    assert broken(small).is_open
    with pytest.raises(ValidationError, match="Nobody has signed"):
        withdraw_waiver(by=small.owner, rule=rule, study=study, reason="Again")


def test_signature_falls_when_the_value_or_the_rule_changes(small):
    rule = save_rule(by=small.owner, rule=rule_of(small))
    waive(by=small.owner, rule=rule, study=small.studies[0], reason="Pilot")
    value = Characteristic.objects.get(extraction__study=small.studies[0])
    value.number = 2
    record(by=small.owner, row=value)
    assert broken(small).is_open

    waive(by=small.owner, rule=rule, study=small.studies[0], reason="Pilot, 2 weeks")
    rule.condition = {"field": "training_weeks", "op": "gt", "value": 3}
    save_rule(by=small.owner, rule=rule)
    assert broken(small).is_open


def test_only_what_is_broken_can_be_signed(small):
    rule = save_rule(by=small.owner, rule=rule_of(small))
    with pytest.raises(ValidationError, match="does not break the rule"):
        waive(by=small.owner, rule=rule, study=small.studies[2], reason="To be sure")


def test_signing_needs_a_reason_a_role_and_a_study_of_the_review(small):
    rule = save_rule(by=small.owner, rule=rule_of(small))
    with pytest.raises(ValidationError, match="Say why"):
        waive(by=small.owner, rule=rule, study=small.studies[0], reason=" ")
    reviewer = factories.make_membership(small.review, role=Membership.Role.REVIEWER).user
    with pytest.raises(NotAllowed):
        waive(by=reviewer, rule=rule, study=small.studies[0], reason="Pilot")
    with pytest.raises(ValidationError, match="another review"):
        waive(by=small.owner, rule=rule, study=make_small_review().studies[0], reason="Pilot")


@pytest.mark.parametrize(
    ("condition", "sentence"),
    [
        ({"field": "shoe_size", "op": "ge", "value": 4}, "Studies have no field “shoe_size”; they have "),
        ({"field": "training_weeks", "op": "ge", "value": "four"}, "does not fit the field"),
        ({"field": "training_weeks", "op": "at least", "value": 4}, "“op”"),
        ({"field": "training_weeks", "op": "in", "value": "4"}, "needs a list"),
        ("weeks > 4", "“the value”"),
    ],
)
def test_bad_rule_is_refused_with_a_sentence_and_not_saved(small, condition, sentence):
    rule = rule_of(small)
    rule.condition = condition
    with pytest.raises(ValidationError) as refusal:
        save_rule(by=small.owner, rule=rule)
    assert any(sentence in said for said in refusal.value.messages), refusal.value.messages
    assert not EligibilityRule.objects.exists()
