"""Writing manuscripts in the admin, without JavaScript: who may, what the pages say, and what buttons do."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from analysis.models import Block, Manuscript
from tests.analysis.test_admin_world import make_world
from tests.reporting.world import Written, make_written

pytestmark = pytest.mark.django_db

WRITERS, READERS = ("owner", "adjudicator", "statistician"), ("reviewer", "viewer")


def address(written: Written, name: str, *args: Any) -> str:
    """Give the address of a page of the manuscript."""
    return reverse(f"admin:analysis_manuscript_{name}", args=[written.manuscript.pk, *args])


def said(response: Any) -> str:
    """Give what a page told after it was left."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def text_of(client: Client, place: str) -> str:
    """Give a page."""
    response = client.get(place)
    assert response.status_code == 200
    return response.content.decode()


def test_empty_list_says_what_to_do_and_begins_a_whole_report() -> None:
    world = make_world(3)
    place = reverse("admin:analysis_manuscripts", args=[world.review.slug])
    owner = world.client("owner")
    shown = text_of(owner, place)
    assert "The review has no manuscript yet." in shown
    assert "No analysis has been run yet" in shown
    assert "Begin with a whole report of this review" in shown
    assert "Begin with" not in text_of(world.client("viewer"), place)

    world.snapshot()
    begin = reverse("admin:analysis_manuscript_begin", args=[world.review.slug])
    answer = owner.post(begin, {"title": "Our report", "how": "whole"}, follow=True)
    page = answer.content.decode()
    assert "The manuscript is begun." in page
    assert "Begin" not in page.split("</nav>")[-1]
    kinds = set(Manuscript.objects.get().blocks.values_list("kind", flat=True))
    assert {"heading", "text", "figure", "table", "references", "appendix", "checklist"} == kinds
    assert "The review already has a manuscript with this short name." in said(
        owner.post(begin, {"title": "Our report"})
    )
    assert Manuscript.objects.count() == 1


def test_review_leads_to_its_manuscripts() -> None:
    written = make_written(1)
    client = written.world.client("viewer")
    review = text_of(client, reverse("admin:evidence_review_change", args=[written.world.review.pk]))
    place = reverse("admin:analysis_manuscripts", args=[written.world.review.slug])
    assert place in review
    assert address(written, "write") in text_of(client, place)


def test_blocks_are_added_changed_moved_and_removed() -> None:
    written = make_written()
    client = written.world.client("statistician")
    client.post(address(written, "add", "heading"), {"title": "Results", "level": "1"})
    client.post(address(written, "add", "text"), {"text": f"k = {{{{{written.slug}.pooling.k}}}}", "items": "20b"})
    figure = f"{written.snapshot.analysis.pk}:pooling.1"
    client.post(address(written, "add", "figure"), {"figure": figure, "title": "Forest"})
    client.post(address(written, "add", "table"), {"shows": "results", "title": "Results"})
    client.post(address(written, "add", "page_break"), {})
    kinds = ["heading", "text", "figure", "table", "page_break"]
    assert list(written.manuscript.blocks.values_list("kind", flat=True)) == kinds

    shown = text_of(client, address(written, "write"))
    for words in ("Results", "k = ", ">3</span>", "Figure 1", "Table 1", "PRISMA 20b", "newest snapshot"):
        assert words in shown
    text, picture = written.manuscript.blocks.get(kind="text"), written.manuscript.blocks.get(kind="figure")
    client.post(address(written, "act", picture.pk, "up"))
    client.post(address(written, "act", text.pk, "down"))
    client.post(address(written, "act", written.manuscript.blocks.get(kind="heading").pk, "up"))
    kinds = ["heading", "figure", "table", "text", "page_break"]
    assert list(written.manuscript.blocks.values_list("kind", flat=True)) == kinds
    form = text_of(client, address(written, "block", text.pk))
    assert f"{{{{{written.slug}.pooling.estimate}}}}" in form
    client.post(address(written, "block", text.pk), {"text": "Other words"})
    client.post(address(written, "act", picture.pk, "remove"))
    text.refresh_from_db()
    assert (text.text, text.position) == ("Other words", 4)
    assert not Block.objects.filter(pk=picture.pk).exists()
    written.manuscript.refresh_from_db()
    assert written.manuscript.updated_by == written.world.people["statistician"]


def test_unknown_number_comes_back_beside_the_text_with_what_was_written() -> None:
    written = make_written()
    answer = written.world.client("owner").post(address(written, "add", "text"), {"text": "{{#.pooling.k}} kept"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "the review has no analysis “#”" in page
    assert "{{#.pooling.k}} kept" in page
    assert not written.manuscript.blocks.exists()


def test_figure_of_another_review_is_refused() -> None:
    written, other = make_written(), make_written()
    client = written.world.client("owner")
    figure = f"{other.snapshot.analysis.pk}:pooling.1"
    assert client.post(address(written, "add", "figure"), {"figure": figure}).status_code == 422
    fields = {"shows": "studies", "analysis": other.snapshot.analysis.pk}
    assert client.post(address(written, "add", "table"), fields).status_code == 422
    assert other.snapshot.analysis.title not in text_of(client, address(written, "add", "figure"))
    assert not written.manuscript.blocks.exists()


def test_page_marks_what_is_stale() -> None:
    written = make_written(is_whole=True)
    client = written.world.client("owner")
    assert "is-stale" not in text_of(client, address(written, "write"))
    written.world.add_studies(1)
    shown = text_of(client, address(written, "write"))
    assert "Not up to date" in shown
    assert "is-stale" in shown
    assert "Not up to date" in text_of(client, address(written, "preview"))


def test_details_are_changed_and_checked() -> None:
    written = make_written()
    client = written.world.client("owner")
    fields = {"title": "New title", "authors": "A. Author", "abstract": "{{x.y.z}}", "reference_style": "apa"}
    assert "has no analysis “x”" in client.post(address(written, "about"), fields).content.decode()
    client.post(address(written, "about"), {**fields, "abstract": "Short."})
    written.manuscript.refresh_from_db()
    assert (written.manuscript.title, written.manuscript.reference_style) == ("New title", "apa")


def test_numbers_are_listed_with_how_they_read() -> None:
    written = make_written()
    place = f"{address(written, 'numbers')}?analysis={written.slug}"
    shown = text_of(written.world.client("viewer"), place)
    assert f"{{{{{written.slug}.pooling.k}}}}</code></td><td>3</td>" in shown


@pytest.mark.parametrize("role", [*WRITERS, *READERS])
def test_members_read_and_those_who_analyse_write(role: str) -> None:
    written = make_written(is_whole=True)
    client = written.world.client(role)
    block = written.manuscript.blocks.filter(kind="text").first()
    assert block is not None
    before = written.manuscript.blocks.count()
    for name in ("write", "preview", "numbers"):
        assert client.get(address(written, name)).status_code == 200
    answer = client.get(address(written, "file", "html"))
    assert answer["Content-Disposition"] == 'attachment; filename="exercise.html"'
    may_write = role in WRITERS
    assert ("formaction" in text_of(client, address(written, "write"))) == may_write
    for place in (address(written, "about"), address(written, "block", block.pk), address(written, "add", "text")):
        assert client.get(place).status_code == (200 if may_write else 403)
    assert client.post(address(written, "act", block.pk, "remove")).status_code == (302 if may_write else 403)
    assert written.manuscript.blocks.count() == before - may_write
    assert client.post(address(written, "remove")).status_code == (302 if may_write else 403)
    assert Manuscript.objects.exists() != may_write


def test_strangers_find_nothing() -> None:
    written = make_written()
    block = written.text("Words")
    for client in (written.world.client("stranger"), make_world().client("owner")):
        for name, *args in (
            ("write",),
            ("about",),
            ("preview",),
            ("numbers",),
            ("add", "text"),
            ("block", block.pk),
            ("file", "pdf"),
        ):
            assert client.get(address(written, name, *args)).status_code == 404
        for name, *args in (("act", block.pk, "remove"), ("remove",), ("add", "text"), ("about",)):
            assert client.post(address(written, name, *args), {"text": "x"}).status_code == 404
        assert client.get(reverse("admin:analysis_manuscripts", args=[written.world.review.slug])).status_code == 404
    assert written.manuscript.blocks.count() == 1


def test_block_of_another_manuscript_is_not_found() -> None:
    written, other = make_written(), make_written()
    block = other.text("Words")
    client = written.world.client("owner")
    assert client.get(address(written, "block", block.pk)).status_code == 404
    assert client.post(address(written, "act", block.pk, "remove")).status_code == 404
    assert client.get(address(written, "file", "nothing")).status_code == 404
    assert client.get(address(written, "act", block.pk, "up")).status_code == 405
