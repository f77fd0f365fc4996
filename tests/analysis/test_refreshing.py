"""Bringing analyses up to date: equal inputs are computed once, a change recomputes what depends on it."""

import json
import re
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from analysis import canonical, engine
from analysis.models import Analysis, Freeze, Refresh, Run, Snapshot
from analysis.services import refresh, refresh_many, save_analysis
from evidence.models import ArmResult, Membership, Review, Study
from evidence.permissions import NotAllowed
from evidence.services import record
from tests import factories
from tests.analysis.builders import TRIALS, make_small_review

pytestmark = pytest.mark.django_db


def change_sd(small, study, sd: str) -> None:
    """Change one SD as a reviewer does, through the service behind the admin."""
    row = ArmResult.objects.filter(arm__extraction__study=study).earliest("pk")
    row.sd = Decimal(sd)
    record(by=small.owner, row=row)


def test_refresh_pools_what_the_trials_print():
    small = make_small_review()
    outcome = refresh(by=small.owner, analysis=small.analysis())
    result = json.loads(Run.objects.get(plugin="pooling", snapshots=outcome.snapshot).result)
    rows = [
        (float(m1), float(s1), n1, float(m2), float(s2), n2) for n1, m1, s1, n2, m2, s2, week in TRIALS if week < 21
    ]
    m1i, sd1i, n1i, m2i, sd2i, n2i = zip(*rows, strict=True)
    effects = engine.md(m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i)
    expected = engine.pool(effects.yi, effects.vi)
    assert result["k"] == 3
    # The same arithmetic by another way through the code: only the order of additions may differ.
    assert result["estimate"] == pytest.approx(expected.estimate, rel=1e-12)
    assert result["ci_lower"] == pytest.approx(expected.ci_lower, rel=1e-12)


def test_refresh_makes_the_first_snapshot():
    small = make_small_review()
    outcome = refresh(by=small.owner, analysis=small.analysis())
    assert (outcome.computed, outcome.reused, outcome.is_new, outcome.failure) == (3, 0, True, "")
    assert outcome.snapshot.number == 1
    assert {run.plugin for run in outcome.snapshot.runs.all()} == {"pooling", "sensitivity", "grade"}


def test_refresh_again_computes_nothing():
    small = make_small_review()
    analysis = small.analysis()
    first = refresh(by=small.owner, analysis=analysis)
    again = refresh(by=small.owner, analysis=analysis)
    assert (again.computed, again.reused, again.is_new) == (0, 3, False)
    assert again.snapshot == first.snapshot
    assert (Freeze.objects.count(), Run.objects.count(), Refresh.objects.count()) == (1, 3, 1)


def test_changed_sd_makes_version_2_of_exactly_the_analyses_that_use_it():
    small = make_small_review()
    short, long = small.analysis("short"), small.analysis("long", window="long")
    before = {one.analysis: one.snapshot for one in refresh_many(by=small.owner, analyses=[short, long])}
    texts = {snapshot.pk: (snapshot.manifest, snapshot.dataset.content) for snapshot in before.values()}

    change_sd(small, small.studies[0], "1.7")  # a trial at week 12
    after = {one.analysis: one for one in refresh_many(by=small.owner, analyses=[short, long])}

    assert (after[short].computed, after[short].snapshot.number, after[short].is_new) == (3, 2, True)
    assert (after[long].computed, after[long].snapshot, after[long].is_new) == (0, before[long], False)
    for snapshot in Snapshot.objects.filter(pk__in=texts):
        assert (snapshot.manifest, snapshot.dataset.content) == texts[snapshot.pk]


def test_changed_back_sd_reuses_the_first_runs_and_gives_version_3():
    small = make_small_review()
    analysis = small.analysis()
    first = refresh(by=small.owner, analysis=analysis)
    change_sd(small, small.studies[0], "1.7")
    refresh(by=small.owner, analysis=analysis)
    change_sd(small, small.studies[0], TRIALS[0][2])
    third = refresh(by=small.owner, analysis=analysis)
    assert (third.computed, third.reused, third.snapshot.number) == (0, 3, 3)
    assert third.snapshot.dataset == first.snapshot.dataset


def test_note_makes_a_new_freeze_but_no_run_and_no_snapshot():
    small = make_small_review()
    analysis = small.analysis()
    first = refresh(by=small.owner, analysis=analysis)
    row = ArmResult.objects.earliest("pk")
    row.note = "Read twice."
    record(by=small.owner, row=row)
    again = refresh(by=small.owner, analysis=analysis)
    assert Freeze.objects.count() == 2
    assert (again.computed, again.snapshot) == (0, first.snapshot)


def test_changed_parameter_computes_only_what_depends_on_it():
    small = make_small_review()
    analysis = small.analysis()
    refresh(by=small.owner, analysis=analysis)
    steps = {"pooling": {}, "sensitivity": {"leave_one_out": False}, "grade": {}}
    save_analysis(by=small.owner, analysis=analysis, steps=steps)
    outcome = refresh(by=small.owner, analysis=analysis)
    assert (outcome.computed, outcome.reused) == (2, 1)  # sensitivity, and GRADE which reads it


def test_step_keeps_its_defaults_spelled_out():
    small = make_small_review()
    step = small.analysis().steps.get(plugin="pooling")
    assert step.params == {
        "model": "inverse_variance",
        "tau2_method": "REML",
        "ci_method": "hksj",
        "pi_method": "ci",
        "tau2_interval": "q_profile",
        "level": 0.95,
    }


def test_manifest_names_its_predecessor():
    small = make_small_review()
    analysis = small.analysis()
    first = refresh(by=small.owner, analysis=analysis).snapshot
    change_sd(small, small.studies[0], "1.7")
    second = refresh(by=small.owner, analysis=analysis).snapshot
    assert canonical.from_text(first.manifest)["previous"] is None
    assert canonical.from_text(second.manifest)["previous"] == first.digest
    assert canonical.digest(second.manifest) == second.digest


def test_empty_review_gives_a_snapshot_of_nothing():
    small = make_small_review()
    small.analysis()
    factories.make_comparator_type(small.review, code="passive", name="passive")
    nothing = small.analysis("passive", comparators=["passive"])
    outcome = refresh(by=small.owner, analysis=nothing)
    result = json.loads(outcome.snapshot.runs.get(plugin="pooling").result)
    assert (outcome.failure, result["k"], result["estimate"]) == ("", 0, None)
    assert result["messages"]


def test_single_study_gives_its_own_estimate():
    small = make_small_review()
    rows = {"field": "study", "op": "eq", "value": small.studies[0].code}
    outcome = refresh(by=small.owner, analysis=small.analysis("one", include=[rows]))
    result = json.loads(outcome.snapshot.runs.get(plugin="pooling").result)
    assert (outcome.failure, result["k"]) == ("", 1)
    assert result["estimate"] == pytest.approx(3.1 - 4.0, rel=1e-12)  # one subtraction, rounding only


@pytest.mark.parametrize("role", [Membership.Role.REVIEWER, Membership.Role.VIEWER])
def test_reviewer_and_viewer_may_not_run_analyses(role):
    small = make_small_review()
    analysis = small.analysis()
    person = factories.make_membership(small.review, role=role).user
    with pytest.raises(NotAllowed, match="run analyses"):
        refresh(by=person, analysis=analysis)
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"outcome": "sleep"}, "no outcome “sleep”; it has pain"),
        ({"window": "week 3"}, "no follow-up window for .* named “week 3”; it has long and short"),
        ({"comparators": ["sham"]}, "no comparator type “sham”; it has active"),
        ({"comparators": []}, "“comparators”"),
        ({"facts": ["age"]}, "no characteristic “age”; it has none"),
        ({"measure": "HEDGES"}, "“measure”"),
        ({"change_correlation": 1.5}, "“change_correlation”: .*less than or equal to 1.*1.5"),
        ({"colour": "blue"}, "“colour” is not a known name"),
        ({"include": [{"field": "shoe", "op": "eq", "value": "x"}]}, "names the field “shoe”"),
    ],
)
def test_bad_rules_get_a_sentence_and_save_nothing(rules, sentence):
    small = make_small_review()
    with pytest.raises(ValidationError) as caught:
        small.analysis(**rules)
    assert re.search(sentence, " ".join(caught.value.messages)), caught.value.messages
    assert "rules" in caught.value.message_dict
    assert not Analysis.objects.exists()


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ({"polling": {}}, "no plugin “polling”; the settings list pooling, subgroups, "),
        ({"pooling": {"level": 1.5}}, "“level”: .*1.5"),
        ({"pooling": {"tau2_method": "XX"}}, "“tau2_method”"),
        ({"pooling": {"colour": 1}}, "“colour” is not a known name"),
        ({"grade": {}}, "reads results of “pooling”; add that step too"),
        ({}, "has no steps"),
    ],
)
def test_bad_steps_get_a_sentence_and_save_nothing(steps, sentence):
    small = make_small_review()
    rules = {"outcome": "pain", "window": "short", "comparators": ["active"]}
    with pytest.raises(ValidationError) as caught:
        save_analysis(
            by=small.owner, analysis=Analysis(review=small.review, slug="x", title="x", rules=rules), steps=steps
        )
    assert re.search(sentence, " ".join(caught.value.messages)), caught.value.messages
    assert not Analysis.objects.exists()


def test_other_review_gets_its_own_freeze():
    one, two = make_small_review(), make_small_review()
    refresh(by=one.owner, analysis=one.analysis())
    with pytest.raises(NotAllowed):
        refresh(by=one.owner, analysis=two.analysis())
    assert set(Review.objects.filter(freezes__isnull=False)) == {one.review}


def test_reviews_with_equal_evidence_share_nothing():
    one, two = make_small_review(), make_small_review()
    for first, second in zip(one.studies, two.studies, strict=True):
        names = {"code": first.code, "label": first.label}
        Study.objects.filter(pk=second.pk).update(**names)
    here = refresh(by=one.owner, analysis=one.analysis()).snapshot
    there = refresh(by=two.owner, analysis=two.analysis())
    assert there.snapshot.dataset.content == here.dataset.content
    assert there.computed == 3
    assert not set(here.runs.all()) & set(there.snapshot.runs.all())
