"""The living page of a review: what it says, to whom, and in how many queries."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analysis.models import Schedule
from analysis.services import drop, publish, refresh, save_analysis, sign_off
from analysis.services.scheduling import save_schedule
from analysis.services.staleness import Cause
from evidence.models import SearchRound
from tests.analysis.test_admin_world import STEPS, World, make_world

pytestmark = pytest.mark.django_db


def address(world: World) -> str:
    return reverse("admin:analysis_living", args=[world.review.slug])


def lines(world: World, role: str = "owner"):
    return world.client(role).get(address(world)).context["lines"]


def test_empty_review_says_what_to_do():
    world = make_world()
    said = world.client("owner").get(address(world)).content.decode()
    assert "This review has no analyses yet." in said
    assert "Add the first one" in said
    assert "Add the first one" not in world.client("viewer").get(address(world)).content.decode()


def test_lines_tell_what_is_stale_unsigned_unpublished_and_due():
    world = make_world(3)
    snapshots = [world.snapshot() for _ in range(3)]
    world.analysis()
    dropped = world.analysis()
    drop(by=world.owner, analysis=dropped, reason="Not needed.")
    for snapshot in snapshots[1:]:
        sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
    publish(by=world.owner, snapshot=snapshots[2], is_confirmed=True)
    schedule = Schedule(review=world.review, runs_as=world.owner, every=1, unit="days")
    save_schedule(by=world.owner, schedule=schedule)

    found = lines(world)
    assert [line.waits_for for line in found] == ["sign-off", "publication", "", ""]
    assert [line.stale.cause if line.stale else "" for line in found] == ["", "", "", Cause.NEVER_RUN]
    assert [line.published is not None for line in found] == [False, False, True, False]
    assert {line.due for line in found} == {schedule.due_next}
    world.add_studies(1)
    assert all(line.stale for line in lines(world))


def test_timeline_has_a_row_for_each_snapshot_with_the_last_search_before_it():
    world = make_world(3)
    SearchRound.objects.bulk_create(
        SearchRound(review=world.review, number=number, name="x", searched_on=day)
        for number, day in ((1, date(2021, 5, 3)), (2, date(2022, 6, 1)), (3, date(2999, 1, 1)))
    )
    analysis = world.snapshot().analysis
    assert lines(world)[0].figure == ""
    world.add_studies(1)
    refresh(by=world.owner, analysis=analysis)
    (line,) = lines(world)
    assert [row.pooling["k"] for row in line.snapshots] == [3, 4]
    assert "searched Jun 2022, k = 3" in line.figure
    assert "searched Jun 2022, k = 4" in line.figure
    assert "2999" not in line.figure


def test_queries_do_not_grow_with_analyses():
    world = make_world(3)
    client = world.client("owner")
    counts = []
    for _ in range(2):
        for _ in range(3):
            world.snapshot()
        with CaptureQueriesContext(connection) as queries:
            client.get(address(world))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_page_is_for_members_only_and_read_only():
    world = make_world(3)
    assert world.client("viewer").get(address(world)).status_code == 200
    assert world.client("stranger").get(address(world)).status_code == 404
    assert world.client("owner").post(address(world)).status_code == 405


def test_review_leads_to_its_living_page():
    world = make_world(3)
    page = world.client("owner").get(reverse("admin:evidence_review_change", args=[world.review.pk]))
    assert address(world) in page.content.decode()


def test_timeline_is_on_the_scale_of_the_latest_snapshot():
    world = make_world(3)
    analysis = world.snapshot().analysis
    for measure in ("SMD", "SMD"):
        analysis.rules = world.rules(measure=measure)
        save_analysis(by=world.owner, analysis=analysis, steps=STEPS)
        world.add_studies(1)
        refresh(by=world.owner, analysis=analysis)
    (line,) = lines(world)
    assert [row.pooling["measure"] for row in line.snapshots] == ["MD", "SMD", "SMD"]
    assert "k = 3" not in line.figure
    assert "k = 4" in line.figure
    assert "k = 5" in line.figure
