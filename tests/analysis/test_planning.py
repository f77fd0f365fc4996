"""The ledger keeps what was planned, what was added later, and what became of each analysis."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from analysis.models import Analysis, AppendOnly, PlanEvent
from analysis.services import (
    State,
    close_plan,
    drop,
    mark_reported,
    read_ledger,
    refresh,
    resume,
    save_analysis,
)
from evidence.models import Membership
from evidence.permissions import NotAllowed
from tests import factories
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db


def entry(small, slug="short"):
    return next(one for one in read_ledger(small.review) if one.analysis.slug == slug)


def kinds(analysis):
    return [event.kind for event in PlanEvent.objects.filter(analysis=analysis)]


def test_analysis_is_planned_then_run_then_reported():
    small = make_small_review()
    analysis = small.analysis()
    assert (entry(small).state, entry(small).is_post_hoc) == (State.PLANNED, False)

    refresh(by=small.owner, analysis=analysis)
    assert entry(small).state == State.RUN
    assert entry(small).snapshot.number == 1

    mark_reported(by=small.owner, analysis=analysis, place="Table 2")
    assert (entry(small).state, entry(small).reason) == (State.REPORTED, "Table 2")


def test_what_has_not_been_run_cannot_be_reported():
    small = make_small_review()
    with pytest.raises(ValidationError, match="has not been run"):
        mark_reported(by=small.owner, analysis=small.analysis(), place="Table 2")


def test_analysis_added_after_the_closing_is_post_hoc_for_ever():
    small = make_small_review()
    small.analysis()
    close_plan(by=small.owner, review=small.review, reason="PROSPERO CRD1, version 1")
    late = small.analysis("late", window="long")

    assert entry(small, "late").is_post_hoc
    assert not entry(small).is_post_hoc
    with pytest.raises(AppendOnly):
        PlanEvent.objects.get(analysis=late).delete()
    save_analysis(by=small.owner, analysis=late)
    assert kinds(late) == ["post_hoc"]


def test_change_after_the_closing_needs_a_reason_and_is_noted():
    small = make_small_review()
    analysis = small.analysis()
    save_analysis(by=small.owner, analysis=analysis, steps={"pooling": {}})
    assert kinds(analysis) == ["planned"]
    close_plan(by=small.owner, review=small.review, reason="PROSPERO")

    with pytest.raises(ValidationError, match="say why the analysis is changed"):
        save_analysis(by=small.owner, analysis=analysis, steps={"pooling": {"ci_method": "wald"}})
    assert Analysis.objects.get().steps.get().params["ci_method"] == "hksj"

    save_analysis(by=small.owner, analysis=analysis, steps={"pooling": {"ci_method": "wald"}}, reason="Too few studies")
    assert kinds(analysis) == ["planned", "amended"]
    assert entry(small).reason == "Too few studies"


def test_new_title_is_no_change_of_the_plan():
    small = make_small_review()
    analysis = small.analysis()
    close_plan(by=small.owner, review=small.review, reason="PROSPERO")
    analysis.title = "Pain at 12 weeks"
    save_analysis(by=small.owner, analysis=analysis)

    assert kinds(analysis) == ["planned"]


def test_dropped_analysis_is_not_run_until_it_is_taken_up_again():
    small = make_small_review()
    analysis = small.analysis()
    drop(by=small.owner, analysis=analysis, reason="No trial measures it")
    assert (entry(small).state, entry(small).reason) == (State.DROPPED, "No trial measures it")
    with pytest.raises(ValidationError, match="dropped from the plan"):
        refresh(by=small.owner, analysis=analysis)
    with pytest.raises(ValidationError, match="dropped already"):
        drop(by=small.owner, analysis=analysis, reason="Again")

    resume(by=small.owner, analysis=analysis, reason="A trial came")
    assert refresh(by=small.owner, analysis=analysis).is_new
    with pytest.raises(ValidationError, match="is not dropped"):
        resume(by=small.owner, analysis=analysis, reason="Again")


def test_command_leaves_dropped_analyses_out(capsys):
    small = make_small_review()
    drop(by=small.owner, analysis=small.analysis(), reason="No trial measures it")
    small.analysis("long", window="long")
    call_command("refresh", small.review.slug, "--as", small.owner.username)

    printed = capsys.readouterr().out
    assert "long" in printed
    assert "short" not in printed


@pytest.mark.parametrize("service", [drop, resume])
def test_reason_is_needed(service):
    small = make_small_review()
    analysis = small.analysis()
    if service is resume:
        drop(by=small.owner, analysis=analysis, reason="For now")
    with pytest.raises(ValidationError, match="Say why"):
        service(by=small.owner, analysis=analysis, reason="  ")


def test_plan_is_closed_once_by_who_manages_the_review():
    small = make_small_review()
    statistician = factories.make_membership(small.review, role=Membership.Role.STATISTICIAN).user
    with pytest.raises(NotAllowed):
        close_plan(by=statistician, review=small.review, reason="PROSPERO")
    close_plan(by=small.owner, review=small.review, reason="PROSPERO")
    with pytest.raises(ValidationError, match="closed already"):
        close_plan(by=small.owner, review=small.review, reason="PROSPERO")


def test_viewer_may_not_drop():
    small = make_small_review()
    viewer = factories.make_membership(small.review, role=Membership.Role.VIEWER).user
    with pytest.raises(NotAllowed):
        drop(by=viewer, analysis=small.analysis(), reason="I do not like it")
