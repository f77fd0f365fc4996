"""A snapshot is a draft, is signed off by a named person, is published by one; each step is kept and checked."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.urls import reverse

from analysis.bundling import pack, read_bundle, store
from analysis.models import Publication, Snapshot
from analysis.services import publish, rate_certainty, refresh, sign_off
from evidence.permissions import NotAllowed
from tests import factories
from tests.analysis.test_admin_world import World, make_world
from tests.analysis.test_bundle import forget_results

LEVELS = dict.fromkeys(("risk_of_bias", "inconsistency", "indirectness", "imprecision", "publication_bias"), 0)
pytestmark = pytest.mark.django_db

CONFIRM = "Read the warnings, and tick that it is to be published all the same."


def page_of(world: World, snapshot: Snapshot, role: str = "owner") -> str:
    address = reverse("admin:analysis_snapshot_change", args=[snapshot.pk])
    return world.client(role).get(address).content.decode()


def act(world: World, snapshot: Snapshot, name: str, role: str = "owner", **fields: object):
    address = reverse(f"admin:analysis_snapshot_{name}", args=[snapshot.pk])
    return world.client(role).post(address, fields, follow=True)


def rate(world: World, snapshot: Snapshot) -> None:
    run = snapshot.runs.get(plugin="grade")
    why = dict.fromkeys(LEVELS, "It is not serious.")
    rate_certainty(
        by=world.owner,
        analysis=snapshot.analysis,
        run=run,
        levels_down=LEVELS,
        justification="Nothing is serious.",
        departures=why,
    )


def stand_by(world: World, snapshot: Snapshot) -> Publication:
    sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
    return publish(by=world.owner, snapshot=snapshot, is_confirmed=True)


def add_trial(world: World) -> Snapshot:
    """Add a trial and give the next snapshot."""
    analysis = Snapshot.objects.get().analysis
    world.add_studies(1)
    return refresh(by=world.owner, analysis=analysis).snapshot


def test_snapshot_goes_from_draft_to_signed_off_to_published_in_the_admin():
    world = make_world(3)
    snapshot = world.snapshot()
    assert snapshot.state == Snapshot.State.DRAFT
    assert "nobody has signed it off yet" in page_of(world, snapshot)
    assert "Publish snapshot" not in page_of(world, snapshot)

    said = act(world, snapshot, "sign", **{"signing-reason": "Compared with the reports."}).content.decode()
    assert "Signed off, and not published yet." in said
    rate(world, snapshot)
    said = act(world, snapshot, "publish", **{"publishing-note": "Three trials."}).content.decode()
    assert "this is what the review tells its readers" in said
    assert "Three trials." in said
    row = Publication.objects.get()
    assert (row.digest, row.role, row.published_by, row.warnings) == (snapshot.digest, "owner", world.owner, "")
    assert Snapshot.objects.get().state == Snapshot.State.PUBLISHED


def test_draft_is_not_published():
    world = make_world(3)
    with pytest.raises(ValidationError, match="Snapshot 1 is a draft: somebody has to sign it off"):
        publish(by=world.owner, snapshot=world.snapshot(), is_confirmed=True)
    assert not Publication.objects.exists()


def test_snapshot_is_published_once():
    world = make_world(3)
    snapshot = world.snapshot()
    stand_by(world, snapshot)
    with pytest.raises(ValidationError, match="Snapshot 1 is already published"):
        publish(by=world.owner, snapshot=snapshot, is_confirmed=True)


def test_earlier_snapshot_is_not_published_after_a_later_one():
    world = make_world(3)
    first = world.snapshot()
    sign_off(by=world.owner, snapshot=first, reason="Checked.")
    stand_by(world, add_trial(world))
    with pytest.raises(ValidationError, match="Snapshot 2 is published; an earlier one cannot be"):
        publish(by=world.owner, snapshot=first, is_confirmed=True)
    assert "Publish snapshot" not in page_of(world, first)


def test_published_snapshot_says_which_has_taken_its_place():
    world = make_world(3)
    first = world.snapshot()
    stand_by(world, first)
    stand_by(world, add_trial(world))
    assert "Published; snapshot 2 has taken its place." in page_of(world, first)


def test_unrated_certainty_is_warned_of_and_the_warning_is_kept():
    world = make_world(3)
    snapshot = world.snapshot()
    sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
    answer = act(world, snapshot, "publish")
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "Nobody has rated the certainty of the evidence." in said
    assert CONFIRM in said
    assert not Publication.objects.exists()
    act(world, snapshot, "publish", **{"publishing-is_confirmed": "on"})
    assert Publication.objects.get().warnings == "Nobody has rated the certainty of the evidence."


def test_rating_of_other_results_is_warned_of():
    world = make_world(3)
    rate(world, world.snapshot())
    second = add_trial(world)
    sign_off(by=world.owner, snapshot=second, reason="Checked.")
    with pytest.raises(ValidationError, match="The certainty was rated on other results"):
        publish(by=world.owner, snapshot=second)


@pytest.mark.parametrize("role", ["adjudicator", "statistician", "reviewer", "viewer"])
def test_only_an_owner_publishes(role):
    world = make_world(3)
    snapshot = world.snapshot()
    sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
    world.client(role)
    with pytest.raises(NotAllowed, match="may not publish snapshots"):
        publish(by=world.people[role], snapshot=snapshot, is_confirmed=True)
    assert act(world, snapshot, "publish", role, **{"publishing-is_confirmed": "on"}).status_code == 403
    assert "Publish snapshot" not in page_of(world, snapshot, role)
    assert not Publication.objects.exists()


def test_stranger_finds_nothing_to_publish():
    world = make_world(3)
    snapshot = world.snapshot()
    assert act(world, snapshot, "publish", "stranger").status_code == 404


def test_list_is_filtered_by_state():
    world = make_world(3)
    stand_by(world, world.snapshot())
    draft = world.snapshot()
    address = reverse("admin:analysis_snapshot_changelist")
    for state, numbers in (("draft", {draft.pk}), ("signed_off", set()), ("published", {draft.pk - 1})):
        listed = world.client("viewer").get(address, {"state": state}).context["cl"].result_list
        assert {row.pk for row in listed} == numbers


def test_chain_names_a_publication_whose_sign_off_is_gone():
    world = make_world(3)
    stand_by(world, world.snapshot())
    call_command("verify", "--chain", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM analysis_signoff")
    with pytest.raises(CommandError, match="the chain of snapshots is not what it was"):
        call_command("verify", "--chain", verbosity=0)


@pytest.mark.parametrize("table", ["analysis_signoff", "analysis_publication"])
def test_chain_names_what_stands_on_another_manifest(table, capsys):
    world = make_world(3)
    stand_by(world, world.snapshot())
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET digest = %s", ["0" * 64])
    with pytest.raises(CommandError):
        call_command("verify", "--chain", verbosity=0)
    assert "holds the digest of another manifest" in capsys.readouterr().out


def test_bundle_says_who_stood_by_it_and_is_stored_as_a_draft():
    world = make_world(3)
    stand_by(world, world.snapshot())
    data = pack(Snapshot.objects.get())
    forget_results()
    stored = store(by=world.owner, bundle=read_bundle(data).bundle)
    assert f"{world.owner} signed the snapshot off as owner on" in stored.messages[0]
    assert f"and that {world.owner} published it on" in stored.messages[0]
    assert stored.snapshot.state == Snapshot.State.DRAFT


def test_person_of_no_review_may_not_sign():
    world = make_world(3)
    with pytest.raises(NotAllowed):
        sign_off(by=factories.make_user(), snapshot=world.snapshot(), reason="Checked.")
