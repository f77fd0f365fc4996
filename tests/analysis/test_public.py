"""Public pages: what is published is there for everybody; what is not, is there for nobody."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from analysis.models import Analysis, Snapshot
from analysis.public.citing import Citation
from analysis.services import publish, rate_certainty, refresh, save_analysis, sign_off
from analysis.services.withdrawing import withdraw_plugin
from evidence.services import record
from tests import factories
from tests.analysis.test_admin_world import STEPS, World, make_world

pytestmark = pytest.mark.django_db
LEVELS = {"risk_of_bias": 1, "inconsistency": 0, "indirectness": 0, "imprecision": 1, "publication_bias": 0}


def rate(world: World, snapshot: Snapshot, justification: str) -> None:
    rate_certainty(
        by=world.owner,
        analysis=snapshot.analysis,
        run=snapshot.runs.get(plugin="grade"),
        levels_down=LEVELS,
        justification=justification,
        departures=dict.fromkeys(LEVELS, "As discussed."),
    )


def publish_it(world: World, snapshot: Snapshot, note: str = "") -> Snapshot:
    sign_off(by=world.owner, snapshot=snapshot, reason="Grounds that are for the team")
    publish(by=world.owner, snapshot=snapshot, note=note, is_confirmed=True)
    return snapshot


def address(snapshot: Snapshot, name: str = "published", *more: str) -> str:
    slugs = [snapshot.analysis.review.slug, snapshot.analysis.slug]
    return reverse(name, args=[*slugs, *([] if name == "published_latest" else [snapshot.number]), *more])


def read(snapshot: Snapshot) -> str:
    answer = Client().get(address(snapshot))
    assert answer.status_code == 200
    return answer.content.decode()


def test_published_snapshot_is_read_without_an_account():
    world = make_world(3)
    study = world.review.studies.first()
    factories.make_report(study, citation="Aasa B. Trial of exercise. 2015.", doi="10.1000/xyz")
    snapshot = world.snapshot()
    rate(world, snapshot, "Few studies, all small.")
    said = read(publish_it(world, snapshot, note="The first version."))
    for words in (
        "3 trials, mean difference",
        "Few studies, all small.",
        "As discussed.",
        "The first version.",
        "Aasa B. Trial of exercise. 2015.",
        "https://doi.org/10.1000/xyz",
        snapshot.digest,
        'property="og:title"',
        "How to cite",
    ):
        assert words in said
    assert said.count("<svg") == 1


def test_nothing_private_is_on_the_page():
    world = make_world(2)
    world.owner.first_name, world.owner.last_name, world.owner.email = "Ada", "Lovelace", "ada@example.org"
    world.owner.save()
    snapshot = publish_it(world, world.snapshot())
    answer = Client().get(address(snapshot))
    said = answer.content.decode()
    assert "signed off by Ada Lovelace" in said
    for private in (world.owner.username, "ada@example.org", "Grounds that are for the team", "/admin/"):
        assert private not in said
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    world.owner.first_name = world.owner.last_name = ""
    world.owner.save()
    assert "signed off by" not in read(snapshot)


def test_what_happens_after_publication_stays_inside():
    world = make_world(2)
    snapshot = world.snapshot()
    publish_it(world, snapshot)
    rate(world, snapshot, "A later thought.")
    analysis = Analysis.objects.get(pk=snapshot.analysis_id)
    analysis.title, analysis.question = "A title that is not published", "A question of tomorrow?"
    save_analysis(by=world.owner, analysis=analysis, steps=STEPS)
    world.review.title = "A new title of the review"
    record(by=world.owner, row=world.review)
    world.add_studies(1, label="Unpublished 2026")
    refresh(by=world.owner, analysis=analysis)
    said = read(snapshot)
    for later in ("A later thought.", "not published", "of tomorrow", "A new title", "Unpublished 2026"):
        assert later not in said


@pytest.mark.parametrize("name", ["published", "published_latest", "published_forest", "published_citation"])
def test_drafts_and_signed_snapshots_are_not_there(name):
    world = make_world(2)
    snapshot = world.snapshot()
    more = ("bib",) if name == "published_citation" else ()
    for _ in range(2):
        for client in (Client(), world.client("owner")):
            assert client.get(address(snapshot, name, *more)).status_code == 404
        if not hasattr(snapshot, "sign_off"):
            sign_off(by=world.owner, snapshot=snapshot, reason="Checked.")
            snapshot = Snapshot.objects.get(pk=snapshot.pk)
    assert Client().get("/published/no-such/review/1/").status_code == 404


def test_site_without_public_pages_has_none(settings):
    settings.PUBLIC_PAGES = False
    snapshot = publish_it(world := make_world(2), world.snapshot())
    assert Client().get(address(snapshot)).status_code == 404
    assert Client().get(address(snapshot, "published_latest")).status_code == 404


def test_newer_version_is_pointed_to_and_latest_leads_there():
    world = make_world(2)
    first = publish_it(world, world.snapshot())
    assert "A newer version is published." not in read(first)
    assert Client().get(address(first, "published_latest")).url == address(first)
    world.add_studies(1)
    second = publish_it(world, world.snapshot(first.analysis))
    said = read(first)
    assert "A newer version is published." in said
    assert address(second) in said
    assert Client().get(address(first, "published_latest")).url == address(second)
    assert "A newer version is published." not in read(second)


def test_withdrawn_method_is_told():
    world = make_world(2)
    snapshot = publish_it(world, world.snapshot())
    run = snapshot.runs.get(plugin="pooling")
    admin = factories.make_user(is_superuser=True)
    withdraw_plugin(by=admin, plugin="pooling", version=run.plugin_version, reason="Intervals were too narrow.")
    assert "Do not rely on this result." in read(snapshot)
    assert "Intervals were too narrow." in read(snapshot)


def test_unchanged_page_is_not_sent_again():
    world = make_world(2)
    snapshot = publish_it(world, world.snapshot())
    answer = Client().get(address(snapshot))
    etag = answer.headers["ETag"]
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    again = Client().get(address(snapshot), headers={"if-none-match": etag})
    assert again.status_code == 304
    world.add_studies(1)
    publish_it(world, world.snapshot(snapshot.analysis))
    assert Client().get(address(snapshot), headers={"if-none-match": etag}).status_code == 200


def test_linked_data_are_json_whatever_titles_hold():
    world = make_world(2)
    analysis = world.analysis()
    analysis.title = '</script><script>alert("1")</script> & more'
    save_analysis(by=world.owner, analysis=analysis, steps=STEPS)
    said = read(publish_it(world, world.snapshot(analysis)))
    assert "<script>alert" not in said
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', said, re.DOTALL)
    data = json.loads(text)
    assert data["name"] == analysis.title
    assert data["@context"] == "https://schema.org"
    assert data["identifier"][0]["value"] == Snapshot.objects.get().digest
    assert len(data["citation"]) == 2


def test_citation_is_a_sentence_and_two_files():
    world = make_world(2)
    snapshot = publish_it(world, world.snapshot())
    bib = Client().get(address(snapshot, "published_citation", "bib"))
    assert bib.content.decode().startswith("@misc{")
    assert f"http://testserver{address(snapshot)}" in bib.content.decode()
    ris = Client().get(address(snapshot, "published_citation", "ris")).content.decode()
    assert ris.startswith("TY  - DATA\r\n")
    assert ris.endswith("ER  - \r\n")
    assert Client().get(address(snapshot, "published_citation", "doc")).status_code == 404
    assert Client().post(address(snapshot)).status_code == 405


def test_citation_escapes_what_tex_and_ris_read():
    from datetime import date

    made = Citation("A & B {team}", "50% of\nall_cases", 2, date(2026, 5, 3), "https://example.org/", "f" * 64)
    assert r"{A \& B \{team\}}" in made.bibtex
    assert r"50\% of all\_cases" in made.bibtex
    assert "TI  - 50% of all_cases\r\n" in made.ris
    assert "2026-05-03" in made.text


def test_forest_plot_is_a_picture_of_its_own():
    world = make_world(2)
    answer = Client().get(address(publish_it(world, world.snapshot()), "published_forest"))
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")


def test_columns_of_the_forest_plot_are_those_of_the_publication():
    world = make_world(2)
    snapshot = publish_it(world, world.snapshot())
    published = Client().get(address(snapshot, "published_forest")).content
    assert "Weight" in published.decode()
    analysis = Analysis.objects.get(pk=snapshot.analysis_id)
    analysis.forest_columns = ["estimate"]
    save_analysis(by=world.owner, analysis=analysis, steps=STEPS)
    assert Client().get(address(snapshot, "published_forest")).content == published
    assert published.decode() in read(snapshot)
    assert (
        "Weight"
        not in world.client("owner")
        .get(reverse("admin:analysis_snapshot_file", args=[snapshot.pk, "forest.svg"]))
        .content.decode()
    )
