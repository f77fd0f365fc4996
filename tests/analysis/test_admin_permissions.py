"""Who sees and does what in the admin of analyses; and that nothing kept for ever changes through it."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from analysis.claims import Claim, Quantity
from analysis.models import (
    Analysis,
    Certainty,
    Dataset,
    Delivery,
    EligibilityRule,
    Freeze,
    IndependentRating,
    Notice,
    NoticeRead,
    NoticeSubscription,
    PlanClosure,
    PlanEvent,
    Publication,
    Refresh,
    Run,
    RunPart,
    Schedule,
    SignOff,
    Snapshot,
    SnapshotRun,
    Waiver,
    WebhookSecret,
)
from analysis.services import close_plan, publish, rate_certainty, record_claim, save_rule, sign_off, waive
from analysis.services.manuscripts import begin_manuscript
from analysis.services.paper_findings import findings_of
from analysis.services.papers import answer_finding, bring_claims, save_paper
from analysis.services.rating import set_rating_policy
from analysis.services.scheduling import run_due, save_schedule
from analysis.services.wording import word_findings
from tests import factories
from tests.analysis.notices_world import make_notice
from tests.analysis.test_admin_notices import SeenWorld, add_rows
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db

KEPT = [Freeze, Dataset, Run, RunPart, Refresh, Snapshot, SnapshotRun, SignOff, Publication, Certainty]
KEPT += [IndependentRating, PlanClosure, PlanEvent, Waiver]
KEPT += [Notice, NoticeRead, NoticeSubscription, WebhookSecret, Delivery]
# A result whose interval is lopsided.
LOPSIDED = [
    Claim(name, Quantity(name), text, statement="s", measure="SMD")
    for name, text in (("estimate", "-0.18"), ("ci_lower", "-0.22"), ("ci_upper", "0.01"))
]
# Withdrawals of plugins belong to no review; their page is tested with them.
SHOWN = [model for model in apps.get_app_config("analysis").get_models() if hasattr(model, "review_path")]


def address(model: Any, name: str, *args: Any) -> str:
    return reverse(f"admin:analysis_{model._meta.model_name}_{name}", args=args)


def full_world() -> World:
    """Make a review with at least one row of every model."""
    world = make_world(2)
    snapshot = world.snapshot()
    run = snapshot.runs.get(plugin="grade")
    RunPart.objects.lay_out(run, ["{}", "{}"])
    levels = {
        "risk_of_bias": 1,
        "inconsistency": 0,
        "indirectness": 0,
        "imprecision": 1,
        "publication_bias": 0,
    }
    said = {"justification": "Small.", "departures": dict.fromkeys(levels, "As discussed.")}
    rate_certainty(by=world.owner, analysis=snapshot.analysis, run=run, levels_down=levels, **said)
    set_rating_policy(by=world.owner, review=world.review, raters_needed=2)
    for role in ("owner", "adjudicator"):
        world.client(role)
        rate_certainty(by=world.people[role], analysis=snapshot.analysis, run=run, levels_down=levels, **said)
    sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
    publish(by=world.owner, snapshot=snapshot, is_confirmed=True)
    record_claim(by=world.owner, analysis=snapshot.analysis, quantity="k", as_printed="2")
    word_findings(by=world.owner, analysis=snapshot.analysis, statement="It helps a little.", footnotes="Small trials.")
    plan(world)
    schedule = Schedule(review=world.review, runs_as=world.owner, every=1, unit="days")
    save_schedule(by=world.owner, schedule=schedule)
    list(run_due(now=timezone.now() + timedelta(days=2)))
    paper = save_paper(by=world.owner, review=world.review, title="A paper", version="1")
    bring_claims(by=world.owner, paper=paper, claims=LOPSIDED)
    (key,) = {one.key for one in findings_of(paper) if not one.holds and one.claims}
    answer_finding(by=world.owner, paper=paper, key=key, status="accepted", note="As printed.")
    begin_manuscript(by=world.owner, review=world.review, title="Report", slug="report", is_whole=True)
    add_rows(world, make_notice(SeenWorld(world)))
    return world


def plan(world: World) -> None:
    """Close the plan, with a rule of eligibility and a study that is accepted although it breaks it."""
    rule = EligibilityRule(
        review=world.review,
        code="cluster",
        title="Randomised by clusters",
        element="study_design",
        condition={"field": "design", "op": "eq", "value": "cluster_rct"},
    )
    save_rule(by=world.owner, rule=rule)
    waive(by=world.owner, rule=rule, study=world.review.studies.first(), reason="Large enough.")
    close_plan(by=world.owner, review=world.review, reason="PROSPERO")


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_every_model_has_a_list_and_a_page_for_members_only(model: Any, django_assert_max_num_queries: Any) -> None:
    assert admin.site.is_registered(model)
    world = full_world()
    row = model._default_manager.first()
    viewer, stranger = world.client("viewer"), world.client("stranger")
    with django_assert_max_num_queries(14):
        shown = viewer.get(address(model, "changelist"), {"q": "a"})
    assert shown.status_code == 200
    assert viewer.get(address(model, "change", row.pk)).status_code == 200
    assert stranger.get(address(model, "changelist")).status_code == 403
    assert stranger.get(address(model, "change", row.pk)).status_code in (302, 403)


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_member_of_another_review_sees_no_row(model: Any) -> None:
    full_world()
    other = make_world()
    row = model._default_manager.first()
    client = other.client("owner")
    assert client.get(address(model, "changelist")).context["cl"].result_count == 0
    assert client.get(address(model, "change", row.pk)).status_code == 302


@pytest.mark.parametrize("role", ["owner", "superuser"])
@pytest.mark.parametrize("model", KEPT, ids=lambda model: model.__name__)
def test_what_is_kept_cannot_be_changed_by_any_address(model: Any, role: str) -> None:
    world = full_world()
    client = world.client("owner")
    if role == "superuser":
        world.owner.is_superuser = True
        world.owner.save()
    row = model._default_manager.first()
    before = list(model._default_manager.values())
    page = client.get(address(model, "change", row.pk)).content.decode()
    assert 'name="_save"' not in page
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "add"), {}).status_code == 403
    assert client.post(address(model, "change", row.pk), {"digest": "x", "result": "x"}).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    client.post(address(model, "changelist"), action)
    assert list(model._default_manager.values()) == before


def test_viewer_sees_an_analysis_and_cannot_run_or_change_it() -> None:
    world = make_world(2)
    analysis = world.analysis()
    for role in ("viewer", "reviewer"):
        client = world.client(role)
        page = client.get(address(Analysis, "change", analysis.pk))
        assert page.status_code == 200
        assert "Run now" not in page.content.decode()
        assert "Effect measure." in page.content.decode()
        assert client.post(address(Analysis, "run", analysis.pk)).status_code == 403
        assert client.post(address(Analysis, "change", analysis.pk), {"title": "x"}).status_code == 403
        assert client.get(address(Analysis, "add")).status_code == 403
    assert not Run.objects.exists()


def test_viewer_of_one_review_does_not_run_its_analyses_by_the_action_of_the_list() -> None:
    world, own = make_world(1), make_world(1)
    analysis = world.analysis()
    client = world.client("viewer")
    own.people["owner"] = world.people["viewer"]
    factories.make_membership(own.review, world.people["viewer"], "owner")
    data = {"action": "run_selected", "_selected_action": [analysis.pk]}
    response = client.post(address(Analysis, "changelist"), data, follow=True)
    assert "your role in its review does not cover running it" in response.content.decode()
    assert not Run.objects.exists()


def test_stranger_can_neither_run_read_files_rate_nor_sign() -> None:
    world = make_world(2)
    snapshot = world.snapshot()
    for client in (world.client("stranger"), make_world().client("owner")):
        assert client.post(address(Analysis, "run", snapshot.analysis_id)).status_code in (302, 403, 404)
        assert client.get(address(Analysis, "progress", snapshot.analysis_id)).status_code == 404
        assert client.get(address(Snapshot, "file", snapshot.pk, "dataset.json")).status_code == 404
        assert client.post(address(Snapshot, "rate", snapshot.pk), {}).status_code == 404
        assert client.post(address(Snapshot, "sign", snapshot.pk), {}).status_code == 404
    assert Refresh.objects.count() == 1


def test_statistician_runs_but_neither_rates_nor_signs() -> None:
    world = make_world(2)
    snapshot, client = world.snapshot(), world.client("statistician")
    page = client.get(address(Snapshot, "change", snapshot.pk)).content.decode()
    assert 'name="rating-' not in page
    assert client.post(address(Snapshot, "rate", snapshot.pk), {}).status_code == 403
    assert client.post(address(Snapshot, "sign", snapshot.pk), {"signing-reason": "x"}).status_code == 403
    assert not SignOff.objects.exists()


def test_nobody_comes_in_without_logging_in() -> None:
    snapshot = make_world(1).snapshot()
    for name, args in (("change", ()), ("file", ("dataset.json",))):
        assert "/login/" in Client().get(address(Snapshot, name, snapshot.pk, *args))["Location"]


def test_asking_with_get_changes_nothing() -> None:
    world = make_world(1)
    snapshot, client = world.snapshot(), world.client("owner")
    assert client.get(address(Analysis, "run", snapshot.analysis_id)).status_code == 405
    assert client.get(address(Snapshot, "rate", snapshot.pk)).status_code == 405
    assert client.get(address(Snapshot, "sign", snapshot.pk)).status_code == 405
