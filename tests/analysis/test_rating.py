"""The plugin proposes, people rate; a rating belongs to the run it looked at. Signing off is once, with a reason."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from analysis import canonical
from analysis.models import DOMAINS, AppendOnly, Certainty
from analysis.models.certainty import RATE_UPS, IndependentRating
from analysis.services import current_certainty, is_stale, rate_certainty, refresh, save_analysis, sign_off
from analysis.services.rating import (
    agree_certainty,
    proposed_levels,
    raters_needed,
    renew_certainty,
    set_rating_policy,
)
from analysis.services.rating_agreement import changes_since, compare_ratings, ratings_seen_by
from evidence.models import ArmResult, Membership
from evidence.permissions import NotAllowed
from evidence.services import record
from tests import factories
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db
NONE_DOWN = dict.fromkeys(DOMAINS, 0)
WHY = dict.fromkeys((*DOMAINS, *RATE_UPS), "As discussed.")


def make_rated(**params):
    """Make a review with an analysis that was run; give it, the analysis, its snapshot and its GRADE run."""
    small = make_small_review()
    analysis = small.analysis()
    if params:
        steps = {"pooling": {}, "sensitivity": {}, "grade": params}
        save_analysis(by=small.owner, analysis=analysis, steps=steps)
    snapshot = refresh(by=small.owner, analysis=analysis).snapshot
    return small, analysis, snapshot, snapshot.runs.get(plugin="grade")


def rate(by, analysis, run, down=None, **others):
    """Rate with a justification for everything that departs."""
    values = {"levels_down": {**NONE_DOWN, **(down or {})}, "justification": "As discussed.", "departures": WHY}
    return rate_certainty(by=by, analysis=analysis, run=run, **{**values, **others})


def change_a_result(small):
    """Change a number in the evidence, so that the results change too."""
    row = ArmResult.objects.earliest("pk")
    row.sd = Decimal("2.4")
    record(by=small.owner, row=row)


def another_rater(small):
    """Give a second person who may rate."""
    return factories.make_membership(small.review, role=Membership.Role.ADJUDICATOR).user


LEVELS = [
    ({}, {}, "high"),
    ({"imprecision": 1}, {}, "moderate"),
    ({"imprecision": 2}, {}, "low"),
    ({"imprecision": 2, "risk_of_bias": 2}, {}, "very_low"),
    ({"imprecision": 2}, {"large_effect": 1}, "moderate"),
    ({}, {"large_effect": 2, "dose_response": 1}, "high"),  # never above high
]


def test_level_is_the_start_minus_down_plus_up_and_the_latest_counts():
    small, analysis, _, run = make_rated()
    for down, up, level in LEVELS:
        row = rate(small.owner, analysis, run, down, levels_up=up)
        assert (row.level, row.start) == (level, "high")
        assert current_certainty(analysis) == row
    assert Certainty.objects.count() == len(LEVELS)


def test_rating_starts_where_the_run_starts():
    small, analysis, _, run = make_rated(start="low", design="non_randomised")
    row = rate(small.owner, analysis, run, levels_up={"dose_response": 1})
    assert (row.start, row.level) == ("low", "moderate")


def test_each_departure_needs_its_own_justification():
    small, analysis, _, run = make_rated()
    proposed = proposed_levels(canonical.from_text(run.result))
    assert (proposed["imprecision"], proposed["indirectness"]) == (1, 0)
    down = {name: proposed[name] for name in DOMAINS} | {"imprecision": 0, "indirectness": 1}
    with pytest.raises(ValidationError) as refused:
        rate(small.owner, analysis, run, down, departures={"imprecision": "The interval is narrow enough."})
    assert refused.value.messages == ["Indirectness: the rules propose 0 and you rate 1; say why."]
    why = {"imprecision": " The interval is narrow enough. ", "indirectness": "Inpatients.", "risk_of_bias": "unused"}
    row = rate(small.owner, analysis, run, down, departures=why)
    assert row.departures == {
        "imprecision": {"proposed": 1, "rated": 0, "justification": "The interval is narrow enough."},
        "indirectness": {"proposed": 0, "rated": 1, "justification": "Inpatients."},
    }


def test_rating_as_proposed_needs_no_departure():
    small, analysis, _, run = make_rated()
    proposal = canonical.from_text(run.result)
    down = {name: proposed_levels(proposal)[name] for name in DOMAINS}
    row = rate(small.owner, analysis, run, down, departures={})
    assert (row.departures, row.level) == ({}, proposal["certainty"])


def test_rating_becomes_stale_when_the_results_change_and_says_which():
    small, analysis, first, run = make_rated()
    rating = rate(small.owner, analysis, run)
    assert not is_stale(rating, first)
    assert changes_since(rating, first) == ()
    change_a_result(small)
    second = refresh(by=small.owner, analysis=analysis).snapshot
    assert is_stale(rating, second)
    changes = ("the effects or what is known of the studies", "the results of pooling", "the results of sensitivity")
    assert changes_since(rating, second) == changes


def test_stale_rating_names_changed_thresholds():
    small, analysis, _, run = make_rated()
    rating = rate(small.owner, analysis, run)
    steps = {"pooling": {}, "sensitivity": {}, "grade": {"i2_serious": 0.4}}
    save_analysis(by=small.owner, analysis=analysis, steps=steps)
    snapshot = refresh(by=small.owner, analysis=analysis).snapshot
    assert changes_since(rating, snapshot) == ("the thresholds of GRADE",)


def test_renewal_keeps_the_rating_for_new_results_with_a_reason():
    small, analysis, _, run = make_rated()
    rating = rate(small.owner, analysis, run, {"indirectness": 1})
    change_a_result(small)
    snapshot = refresh(by=small.owner, analysis=analysis).snapshot
    newer = snapshot.runs.get(plugin="grade")
    row = renew_certainty(by=small.owner, certainty=rating, run=newer, reason="One SD was corrected.")
    assert (row.basis, row.renews, row.levels, row.level) == ("renewal", rating, rating.levels, rating.level)
    assert row.departures["indirectness"]["justification"] == "As discussed."
    assert current_certainty(analysis) == row
    assert not is_stale(row, snapshot)
    assert Certainty.objects.filter(pk=rating.pk).exists()


def test_renewal_needs_a_reason_new_results_and_the_latest_rating():
    small, analysis, _, run = make_rated()
    rating = rate(small.owner, analysis, run)
    with pytest.raises(ValidationError, match="nothing to renew"):
        renew_certainty(by=small.owner, certainty=rating, run=run, reason="x")
    with pytest.raises(ValidationError, match="Say why the rating still holds"):
        renew_certainty(by=small.owner, certainty=rating, run=run, reason=" ")
    rate(small.owner, analysis, run, {"imprecision": 1})
    with pytest.raises(ValidationError, match="Only the latest rating"):
        renew_certainty(by=small.owner, certainty=rating, run=run, reason="x")


INCOMPLETE = [
    ({"levels_down": {"imprecision": 1}}, "each of the five domains"),
    ({"levels_down": {**NONE_DOWN, "imprecision": 3}}, "0, 1 or 2|not a valid choice"),
    ({"justification": ""}, "Say why|cannot be blank"),
    ({"levels_up": {"large_effect": 3}}, "at most 2 levels|not a valid choice"),
    ({"levels_up": {"dose_response": 2}}, "at most 1 level|not a valid choice"),
    ({"levels_up": {"luck": 1}}, "no reasons to rate up: luck"),
]


def test_incomplete_rating_gets_a_sentence():
    small, analysis, _, run = make_rated()
    for wrong, sentence in INCOMPLETE:
        with pytest.raises(ValidationError, match=sentence):
            rate(small.owner, analysis, run, **wrong)
    assert current_certainty(analysis) is None


def test_database_refuses_what_the_form_refuses():
    small, analysis, _, run = make_rated()
    right = dict.fromkeys(DOMAINS, 0) | {"level": "high", "justification": "x", "rated_by": small.owner}
    for wrong in ({"imprecision": 3}, {"dose_response": 2}, {"basis": "renewal"}, {"justification": ""}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Certainty.objects.create(analysis=analysis, run=run, **{**right, **wrong})


def test_rating_of_a_pooling_run_is_refused():
    small, analysis, snapshot, _ = make_rated()
    with pytest.raises(ValidationError, match="belongs to a GRADE run"):
        rate(small.owner, analysis, snapshot.runs.get(plugin="pooling"))


def test_policy_is_for_owners_and_knows_one_or_two_raters():
    small, *_ = make_rated()
    assert raters_needed(small.review) == 1
    with pytest.raises(NotAllowed):
        set_rating_policy(by=another_rater(small), review=small.review, raters_needed=2)
    with pytest.raises(ValidationError):
        set_rating_policy(by=small.owner, review=small.review, raters_needed=3)
    row = set_rating_policy(by=small.owner, review=small.review, raters_needed=2, reason="As the protocol says.")
    assert raters_needed(small.review) == 2
    assert row.history.get().history_change_reason == "As the protocol says."


def test_two_raters_are_blinded_until_both_have_rated_then_agree():
    small, analysis, _, run = make_rated()
    set_rating_policy(by=small.owner, review=small.review, raters_needed=2)
    second, third = another_rater(small), another_rater(small)
    first_rating = rate(small.owner, analysis, run, {"imprecision": 1})
    assert isinstance(first_rating, IndependentRating)
    assert current_certainty(analysis) is None
    seen = ratings_seen_by(second, analysis, run)
    assert (seen.count, seen.own, seen.visible, seen.is_complete) == (1, None, (), False)
    with pytest.raises(ValidationError, match="two independent ratings of these results; there are 1"):
        agree(small.owner, analysis, run)
    second_rating = rate(second, analysis, run, {"imprecision": 2})
    seen = ratings_seen_by(third, analysis, run)
    assert (seen.visible, seen.is_complete) == ((first_rating, second_rating), True)
    agreement = compare_ratings(first_rating, second_rating)
    assert (agreement.agreed_count, len(agreement.rows), agreement.is_same_certainty) == (7, 8, False)
    with pytest.raises(ValidationError, match="record their consensus"):
        rate(third, analysis, run)
    consensus = agree(third, analysis, run, {"imprecision": 2})
    assert (consensus.basis, consensus.level, current_certainty(analysis)) == ("consensus", "low", consensus)


def test_rater_undoes_an_independent_rating_by_a_new_one_and_counts_once():
    small, analysis, _, run = make_rated()
    set_rating_policy(by=small.owner, review=small.review, raters_needed=2)
    rate(small.owner, analysis, run)
    latest = rate(small.owner, analysis, run, {"imprecision": 1})
    assert ratings_seen_by(small.owner, analysis, run).visible == (latest,)
    assert IndependentRating.objects.count() == 2


def test_independent_ratings_are_kept_for_ever():
    small, analysis, _, run = make_rated()
    set_rating_policy(by=small.owner, review=small.review, raters_needed=2)
    row = rate(small.owner, analysis, run)
    for change in (row.save, row.delete, IndependentRating.objects.all().delete):
        with pytest.raises(AppendOnly):
            change()


def agree(by, analysis, run, down=None):
    """Record a consensus."""
    levels = {**NONE_DOWN, **(down or {})}
    return agree_certainty(
        by=by, analysis=analysis, run=run, levels_down=levels, justification="Talked over.", departures=WHY
    )


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
