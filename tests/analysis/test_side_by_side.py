"""Two snapshots side by side: what is different is marked, and what is the same is not."""

import pytest
from django.urls import reverse

from analysis.services import refresh, save_analysis
from evidence.models import ArmResult
from evidence.services import record
from tests.analysis.test_admin_world import STEPS, World, make_world

pytestmark = pytest.mark.django_db


def address(analysis) -> str:
    return reverse("admin:analysis_side_by_side", args=[analysis.pk])


def shown(world: World, analysis, **asked):
    return world.client("viewer").get(address(analysis), asked)


def test_analysis_without_two_snapshots_says_so():
    world = make_world(2)
    analysis = world.analysis()
    assert "This analysis has no snapshot yet." in shown(world, analysis).content.decode()
    world.snapshot(analysis)
    assert "There is one snapshot only." in shown(world, analysis).content.decode()


def test_studies_that_came_in_changed_or_stayed_are_told_apart():
    world = make_world(3)
    analysis = world.snapshot().analysis
    row = ArmResult.objects.filter(arm__role="experimental").first()
    row.mean = "1.5"
    record(by=world.owner, row=row)
    world.add_studies(1, label="Came in")
    refresh(by=world.owner, analysis=analysis)
    page = shown(world, analysis)
    states = {one.label: one.state for one in page.context["studies"]}
    assert states.pop("Came in") == "came in"
    assert states.pop(row.arm.extraction.study.label) == "changed"
    assert set(states.values()) == {""}
    assert {one.state for one in page.context["studies"][:2]} == {"came in", "changed"}
    numbers = {title: (one, other, differs) for title, one, other, differs in page.context["numbers"]}
    assert numbers["Effects (k)"] == ("3", "4", True)
    assert numbers["Effect measure"] == ("MD", "MD", False)
    turned = shown(world, analysis, first=2, second=1).context["studies"]
    assert turned[0].state in ("went out", "changed")
    assert {one.state for one in turned} == {"went out", "changed", ""}


def test_snapshot_beside_itself_differs_in_nothing():
    world = make_world(3)
    analysis = world.snapshot().analysis
    world.add_studies(1)
    refresh(by=world.owner, analysis=analysis)
    context = shown(world, analysis, first=1, second=1).context
    assert context["different"] == 0
    assert not any(differs for *_, differs in context["numbers"])


def test_other_measures_are_said_to_be_on_other_scales():
    world = make_world(3)
    analysis = world.snapshot().analysis
    analysis.rules = world.rules(measure="SMD")
    save_analysis(by=world.owner, analysis=analysis, steps=STEPS)
    refresh(by=world.owner, analysis=analysis)
    assert "on different scales" in shown(world, analysis).content.decode()


def test_page_is_for_members_and_for_numbers_that_there_are():
    world = make_world(2)
    analysis = world.snapshot().analysis
    world.add_studies(1)
    refresh(by=world.owner, analysis=analysis)
    for asked in ("3", "x", "1" * 30):
        assert shown(world, analysis, first=asked).status_code == 404
    assert world.client("stranger").get(address(analysis)).status_code == 404
    assert world.client("owner").post(address(analysis)).status_code == 405
    page = world.client("viewer").get(reverse("admin:analysis_analysis_change", args=[analysis.pk]))
    assert address(analysis) in page.content.decode()
