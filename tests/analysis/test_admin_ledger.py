"""The page of the plan: what stands there, who may do what on it, and what it says."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from analysis.models import EligibilityRule, PlanClosure, PlanEvent, Waiver
from analysis.services import close_plan, save_rule
from evidence.models import Characteristic
from tests import factories
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db


def page(world: World, role: str) -> str:
    response = world.client(role).get(reverse("admin:analysis_ledger", args=[world.review.slug]))
    assert response.status_code == 200
    return response.content.decode()


def press(client: Client, world: World, act: str, **fields: str) -> str:
    """Press a button of the page; give what is told."""
    response = client.post(reverse("admin:analysis_ledger_act", args=[world.review.slug, act]), fields)
    assert response.status_code == 302
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def world_with_rule() -> World:
    """Make a review with one study of three weeks under a rule that asks for four."""
    world = make_world(1)
    field = factories.make_characteristic_field(world.review, code="weeks", kind="number")
    study = world.review.studies.get()
    Characteristic.objects.create(extraction=study.extractions.get(is_consensus=True), field=field, number=3)
    condition = {"field": "weeks", "op": "ge", "value": 4}
    rule = EligibilityRule(
        review=world.review, code="weeks", title="Four weeks or more", element="intervention", condition=condition
    )
    save_rule(by=world.owner, rule=rule)
    return world


def test_empty_plan_says_what_to_do() -> None:
    shown = page(make_world(1), "owner")

    assert "No analysis is planned yet" in shown
    assert "No criterion is written as a rule yet" in shown
    assert "The plan is open" in shown


def test_owner_closes_the_plan_and_a_later_analysis_is_marked() -> None:
    world = make_world(1)
    client = world.client("owner")
    assert "Say where the plan is laid down." in press(client, world, "close", reason=" ")
    assert "The plan is closed" in press(client, world, "close", reason="PROSPERO CRD1")
    world.analysis()

    shown = page(world, "viewer")
    assert "PROSPERO CRD1" in shown
    assert "post hoc" in shown
    assert PlanEvent.objects.get().kind == "post_hoc"


def test_statistician_drops_and_resumes_and_a_viewer_sees_no_button() -> None:
    world = make_world(1)
    analysis = world.analysis()
    client = world.client("statistician")
    assert press(client, world, "drop", analysis=analysis.slug, reason="No data") == "The analysis is dropped."
    assert "dropped" in page(world, "viewer")
    assert "<button" not in page(world, "viewer").split('id="content-main"')[1].split("</section>")[1]
    assert "taken up again" in press(client, world, "resume", analysis=analysis.slug, reason="Data came")
    assert "has not been run" in press(client, world, "report", analysis=analysis.slug, reason="Table 1")


def test_violation_is_shown_signed_and_withdrawn() -> None:
    world = world_with_rule()
    study = world.review.studies.get()
    assert "1 violation" in page(world, "viewer")
    client = world.client("adjudicator")
    assert press(client, world, "waive", rule="weeks", study=study.code, reason="A pilot") == (
        "Your signature is recorded."
    )
    shown = page(world, "viewer")
    assert "A pilot" in shown
    assert "No rule is broken without a signature" in shown
    press(client, world, "withdraw", rule="weeks", study=study.code, reason="No pilot")
    assert [row.kind for row in Waiver.objects.all()] == ["granted", "withdrawn"]


@pytest.mark.parametrize(
    ("role", "act", "fields"),
    [
        ("viewer", "drop", {"analysis": "main"}),
        ("reviewer", "waive", {"rule": "weeks"}),
        ("statistician", "close", {}),
    ],
)
def test_roles_that_do_not_cover_an_act_are_refused(role: str, act: str, fields: dict[str, str]) -> None:
    world = world_with_rule()
    analysis, study = world.analysis(), world.review.studies.get()
    given = {"reason": "I may not", "study": study.code, **fields}
    given = {**given, "analysis": analysis.slug}
    response = world.client(role).post(reverse("admin:analysis_ledger_act", args=[world.review.slug, act]), given)

    assert response.status_code == 403
    assert not Waiver.objects.exists()
    assert not PlanClosure.objects.exists()


def test_stranger_and_unknown_act_find_nothing() -> None:
    world = make_world(1)
    address = reverse("admin:analysis_ledger", args=[world.review.slug])
    assert world.client("stranger").get(address).status_code in (403, 404)
    unknown = reverse("admin:analysis_ledger_act", args=[world.review.slug, "burn"])
    assert world.client("owner").post(unknown).status_code == 404
    assert world.client("owner").get(unknown).status_code == 405


def test_review_page_leads_to_the_plan() -> None:
    world = world_with_rule()
    close_plan(by=world.owner, review=world.review, reason="PROSPERO")
    response = world.client("owner").get(reverse("admin:evidence_review_change", args=[world.review.pk]))
    shown = response.content.decode()

    assert reverse("admin:analysis_ledger", args=[world.review.slug]) in shown
    assert "1 unsigned violation of eligibility" in shown


def test_rule_is_added_through_its_page_and_a_bad_one_is_explained() -> None:
    world = world_with_rule()
    client, address = world.client("owner"), reverse("admin:analysis_eligibilityrule_add")
    fields = {
        "review": world.review.pk,
        "code": "rct",
        "title": "Randomised",
        "element": "study_design",
        "position": "1",
    }
    bad = client.post(address, {**fields, "condition": '{"field": "shoe", "op": "eq", "value": "rct"}'})
    assert "Studies have no field “shoe”" in bad.content.decode()
    good = client.post(address, {**fields, "condition": '{"field": "design", "op": "eq", "value": "rct"}'})
    assert good.status_code == 302
    assert EligibilityRule.objects.get(code="rct").condition["field"] == "design"
