"""The home of a review: what it says, to whom, and in how many queries."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analysis.freezing import take_content
from analysis.services import publish, save_analysis, sign_off
from analysis.services.touching import OF_CONSENSUS, OF_REVIEW, evidence_changed_at
from evidence.models import Arm, FlowCount, Review, SearchRound
from evidence.services import record
from evidence.services.extraction import State
from tests import factories
from tests.analysis.test_admin_world import STEPS, World, make_world
from tests.screening_factories import make_records

pytestmark = pytest.mark.django_db


def address(review: Review) -> str:
    return reverse("admin:analysis_home", args=[review.slug])


def context(world: World, role: str = "owner"):
    return world.client(role).get(address(world.review)).context


def test_empty_review_says_what_to_do_to_those_who_may():
    world = make_world()
    said = world.client("owner").get(address(world.review)).content.decode()
    for words in ("There is no analysis yet.", "Add the first analysis", "Bring in the records of a search"):
        assert words in said
    said = world.client("viewer").get(address(world.review)).content.decode()
    assert "There is no analysis yet." in said
    assert "Add the first analysis" not in said
    assert "Bring in the records of a search" not in said


def test_first_steps_tick_themselves_off_and_can_be_put_away():
    world = make_world()
    assert [step.is_done for step in context(world)["steps"]] == [False] * 5
    world.client("reviewer")
    make_records(world.review, 1, by=world.owner)
    assert [step.is_done for step in context(world)["steps"]] == [True, False, True, False, False]
    world.review.question, world.review.registration = "Does it help?", "CRD1"
    record(by=world.owner, row=world.review)
    world.add_studies(2)
    world.snapshot()
    assert [step.is_done for step in context(world)["steps"]] == [True] * 5

    client = world.client("owner")
    assert "First steps" not in client.get(address(world.review)).content.decode()
    other = make_world()
    client = other.client("owner")
    assert client.post(address(other.review), {"steps": "hide"}).status_code == 302
    said = client.get(address(other.review)).content.decode()
    assert "Put away" not in said
    assert "Show the first steps again" in said
    client.post(address(other.review), {"steps": "show"})
    assert "Put away" in client.get(address(other.review)).content.decode()


def test_card_says_the_result_and_how_it_stands():
    world = make_world(3)
    snapshot = world.snapshot()
    (card,) = context(world)["known"].main
    assert (card.measure_name, card.study_count, card.leans) == ("mean difference", 3, "experimental")
    assert "no difference: 0" in card.strip
    assert card.snapshot == snapshot
    assert not card.touched.is_touched
    assert card.published is None
    sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
    publish(by=world.owner, snapshot=snapshot, is_confirmed=True)
    (card,) = context(world)["known"].main
    assert card.published == 1
    assert str(card.snapshot.state) == "published"
    said = world.client("viewer").get(address(world.review)).content.decode()
    assert reverse("published", args=[world.review.slug, snapshot.analysis.slug, 1]) in said


def test_what_was_touched_since_is_told_from_dates():
    world = make_world(3)
    analysis = world.snapshot().analysis
    other = world.snapshot().analysis
    save_analysis(by=world.owner, analysis=other, steps={**STEPS, "small_study_effects": {}})
    cards = {card.analysis.pk: card.touched for card in context(world)["known"].main}
    assert not cards[analysis.pk].is_touched
    assert cards[other.pk].definition_at
    assert not cards[other.pk].evidence_at
    arm = Arm.objects.first()
    arm.label = "Another name"
    record(by=world.owner, row=arm)
    cards = {card.analysis.pk: card.touched for card in context(world)["known"].main}
    assert cards[analysis.pk].evidence_at
    assert [row.analysis.pk for row in context(world)["todo"]["touched"]] == [analysis.pk, other.pk]


def test_every_table_of_evidence_that_a_freeze_reads_has_its_dates():
    world = make_world(3)
    with CaptureQueriesContext(connection) as queries:
        take_content(world.review)
    read = {table for query in queries for table in re.findall(r'(?:FROM|JOIN) "(evidence_\w+)"', query["sql"])}
    dated = {model._meta.db_table for model, _ in (*OF_REVIEW, *OF_CONSENSUS)}
    # How many read a study, and the names of the review's own tools, hold no evidence.
    assert read - dated <= {"evidence_review", "evidence_extractionpolicy", "evidence_reviewtool"}
    assert len(read) > 10


def test_a_changed_flow_of_records_is_a_touch():
    world = make_world(3)
    world.snapshot()
    before = evidence_changed_at(world.review)
    searched = SearchRound(review=world.review, number=1, name="Main search")
    record(by=world.owner, row=searched)
    counted = FlowCount(search_round=searched, box=FlowCount.Box.RECORDS_IDENTIFIED, count=10)
    record(by=world.owner, row=counted)
    after = evidence_changed_at(world.review)
    assert before < after
    (card,) = context(world)["known"].main
    assert card.touched.evidence_at == after


def test_reading_of_one_reader_touches_nothing_and_is_no_news():
    world = make_world(3)
    world.snapshot()
    reader = world.people.setdefault("anna", factories.make_membership(world.review, role="reviewer").user)
    study = factories.make_study(world.review, label="Read by one")
    before = context(world)
    world.snapshot(before["known"].main[0].analysis)
    extraction = factories.make_complete_reading(study, reader)
    arm = factories.make_arm(extraction, label="Known to one reader only")
    factories.make_arm_result(arm, world.instrument)
    after = context(world)
    assert not after["known"].main[0].touched.evidence_at
    said = world.client("adjudicator").get(address(world.review)).content.decode()
    assert "Known to one reader only" not in said
    assert after["workload"].studies[State.READING] == 1


def test_changes_tell_who_did_what_newest_first():
    world = make_world(2)
    snapshot = world.snapshot()
    sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
    first, second, *others = context(world)["changes"]
    assert (first.by, first.says, first.about) == (
        str(world.owner),
        "signed off snapshot 1 of",
        snapshot.analysis.title,
    )
    assert second.says == "made snapshot 1 of"
    assert "added the study" in {change.says for change in others}
    assert len(context(world)["changes"]) <= 10


def test_queries_do_not_grow_with_studies_or_analyses():
    counts = []
    for studies, analyses in ((1, 1), (20, 5)):
        world = make_world(studies)
        for _ in range(analyses):
            snapshot = world.snapshot()
            sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
        make_records(world.review, studies, by=world.owner)
        client = world.client("owner")
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(world.review)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 70


def test_home_is_for_members_only():
    world = make_world(1)
    assert world.client("viewer").get(address(world.review)).status_code == 200
    assert world.client("stranger").get(address(world.review)).status_code == 404
    assert world.client("stranger").post(address(world.review), {"steps": "hide"}).status_code == 404
    assert Client().get(address(world.review)).status_code == 302
    assert world.client("owner").put(address(world.review)).status_code == 405


def test_index_and_review_lead_to_the_home():
    world = make_world(1)
    client = world.client("reviewer")
    for page in (
        reverse("admin:index"),
        reverse("admin:evidence_review_changelist"),
        reverse("admin:evidence_review_change", args=[world.review.pk]),
    ):
        assert address(world.review) in client.get(page).content.decode()
    said = world.client("stranger").get(reverse("admin:index")).content.decode()
    assert "You are not a member of any review yet." in said
    assert address(world.review) not in said
