"""A study for readers: the consensus and nothing else, and which snapshots use it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db


def address(study) -> str:
    return reverse("admin:analysis_study", args=[study.pk])


def read(world: World, study, role: str = "viewer") -> str:
    return world.client(role).get(address(study)).content.decode()


def test_page_shows_consensus_and_its_place_in_the_report():
    world = make_world(1)
    study = world.review.studies.get()
    factories.make_report(study, citation="Aasa B. Trial. 2015.", doi="10.1000/xyz")
    said = read(world, study)
    for words in ("n analysed 50, mean 3, SD 1.5", "Usual care", "Aasa B. Trial. 2015.", "RoB 2"):
        assert words in said


def test_nothing_of_a_reader_is_shown():
    world = make_world(0)
    study = factories.make_study(world.review, label="Read by one")
    reader = factories.make_membership(world.review, role="reviewer").user
    extraction = factories.make_complete_reading(study, reader)
    arm = factories.make_arm(extraction, label="Known to one reader only")
    factories.make_arm_result(arm, world.instrument, mean="7.77")
    own = factories.make_assessment(study, consensus=False, reviewer=reader)
    factories.make_judgement(own, justification="Thought by one reader only")
    for role in ("viewer", "adjudicator", "owner"):
        said = read(world, study, role)
        for words in ("Known to one reader only", "7.77", "Thought by one reader only"):
            assert words not in said
        assert "There is no consensus yet" in said


def test_snapshots_that_use_it_are_named_with_effect_weight_or_reason():
    world = make_world(3)
    study = world.review.studies.first()
    other = factories.make_study(world.review, label="Without a result")
    assert "No snapshot reads this study yet." in read(world, study)
    first = world.snapshot()
    context = world.client("viewer").get(address(study)).context
    (use,) = context["uses"]
    assert use.snapshot == first
    assert use.effects[0]["pooled"]["weight"] > 0
    assert use.reasons == []
    (use,) = world.client("viewer").get(address(other)).context["uses"]
    assert use.effects == []
    assert use.reasons
    world.add_studies(1)
    second = world.snapshot(first.analysis)
    (use,) = world.client("viewer").get(address(study)).context["uses"]
    assert (use.snapshot, use.snapshot_count) == (second, 2)


def test_study_whose_code_begins_like_another_is_not_taken_for_it():
    world = make_world(0)
    world.add_studies(1, code="aasa_2015_long")
    study = factories.make_study(world.review, code="aasa_2015")
    world.snapshot()
    uses = world.client("viewer").get(address(study)).context["uses"]
    assert all(not use.effects for use in uses)


def test_queries_do_not_grow_with_analyses():
    world = make_world(3)
    study, counts = world.review.studies.first(), []
    client = world.client("viewer")
    for _ in range(2):
        world.snapshot()
        world.snapshot()
        with CaptureQueriesContext(connection) as queries:
            client.get(address(study))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_page_is_for_members_only_and_the_study_leads_to_it():
    world = make_world(1)
    study = world.review.studies.get()
    assert world.client("stranger").get(address(study)).status_code == 404
    assert world.client("owner").post(address(study)).status_code == 405
    page = world.client("owner").get(reverse("admin:evidence_study_change", args=[study.pk]))
    assert address(study) in page.content.decode()
