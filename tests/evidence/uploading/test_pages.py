"""The pages of imports: choosing, sending, the preview with its differences, confirming, discarding; and who may."""

import csv
import io
import os
import time
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from evidence.importers.asking import Format, Question
from evidence.importers.formats import FORMATS
from evidence.models import Review, Study, Upload
from evidence.permissions import Act
from evidence.uploading import told_of
from evidence.uploading.keeping import folder, progress_path
from tests.evidence.admin_pages import member_client
from tests.evidence.uploading.folders import BROKEN, FORMAT, example, make_team, many_studies, send, sent
from tests.factories import make_instrument, make_outcome, make_search_round
from tests.teamwork_factories import make_upload

pytestmark = pytest.mark.django_db
Status = Upload.Status


def address(name: str, *arguments: Any) -> str:
    """Give the address of a page."""
    return reverse(f"admin:evidence_upload_{name}", args=arguments)


def text_of(response: Any) -> str:
    """Give the text of a page, which is there."""
    assert response.status_code == 200
    return str(response.content.decode())


def send_by_page(client: Client, review: Review, content: bytes, **answers: str) -> Any:
    """Send a file through the form."""
    return client.post(address("send", review.slug, FORMAT.code), {"file": sent(content), **answers}, follow=True)


def test_file_is_sent_previewed_confirmed_and_undone():
    review, _ = make_team()
    client = member_client(review)
    assert "Nothing was brought in yet" in text_of(client.get(address("list", review.slug)))
    assert address("send", review.slug, FORMAT.code) in text_of(client.get(address("formats", review.slug)))

    page = text_of(send_by_page(client, review, example(BROKEN)))
    upload = Upload.objects.get()
    assert "1 line breaks a rule and is left out" in page
    assert "The SD must be above 0; got −1.1." in page
    assert "The study with code Ito_2001" in page
    assert f"Add 1 outcome, 1 follow-up window and {told_of(upload).new - 2} other rows</button>" in page

    page = text_of(client.post(address("act", upload.pk, "confirm"), follow=True))
    upload.refresh_from_db()
    assert "Loaded" in page
    assert reverse("admin:evidence_changebatch_change", args=[upload.act_id]) in page
    assert Study.objects.count() == 3

    undoing = reverse("admin:evidence_changebatch_undo", args=[upload.act_id])
    client.post(undoing, {"reason": "The wrong file"})
    assert Study.objects.count() == 0
    assert "It was undone since" in text_of(client.get(address("page", upload.pk)))
    assert "loaded, and undone since" in text_of(client.get(address("list", review.slug)))


def test_difference_is_shown_before_and_after():
    review, cara = make_team()
    client = member_client(review)
    client.post(address("act", send(cara, review, example()).pk, "confirm"))
    page = text_of(send_by_page(client, review, example(("arm_results.csv", "38,7.4,1.1", "38,7.4,<b>"))))
    assert "&lt;b&gt;" in page
    page = text_of(send_by_page(client, review, example(("arm_results.csv", "38,7.4,1.1", "38,7.4,1.2"))))
    assert "<del>1.1</del>" in page
    assert "<ins>1.2</ins>" in page
    assert ">Change 1 row</button>" in page


def test_same_file_again_has_no_button_and_says_when_it_was_loaded():
    review, _ = make_team()
    client = member_client(review)
    content = example()
    send_by_page(client, review, content)
    client.post(address("act", Upload.objects.get().pk, "confirm"))
    page = text_of(send_by_page(client, review, content))
    assert "Nothing would change" in page
    assert "The very same file was loaded by" in page
    assert 'confirm/"' not in page


def test_two_hundred_rows_are_shown_and_all_are_in_the_file():
    review, cara = make_team()
    client = member_client(review)
    upload = send(cara, review, many_studies(230))
    page = text_of(client.get(address("page", upload.pk)))
    assert page.count("The study with code") == 200
    assert "The first 200 of 230 are shown." in page

    answer = client.get(address("rows", upload.pk), {"show": "new"})
    assert f'filename="tea-import-{upload.pk}-new-' in answer["Content-Disposition"]
    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(lines) == 231
    assert lines[1][:5] == ["new", "study", "studies.csv", "2", "The study with code S0"]


def test_file_of_what_happens_has_each_difference_and_nothing_that_a_spreadsheet_executes():
    review, cara = make_team()
    client = member_client(review)
    client.post(address("act", send(cara, review, example()).pk, "confirm"))
    changed = (("studies.csv", "later report", "=1+1"), ("arm_results.csv", "39,6.9,1.3", "39,6.9,-1.3"))
    upload = send(cara, review, example(*changed))

    answer = client.get(address("rows", upload.pk))

    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [line[0] for line in lines[1:]] == ["updated", "refused"]
    assert lines[1][5:8] == ["note", "later report", "'=1+1"]
    assert "The SD must be above 0" in lines[2][8]


def test_filter_shows_one_fate():
    review, cara = make_team()
    client = member_client(review)
    upload = send(cara, review, example(BROKEN))
    page = text_of(client.get(address("page", upload.pk), {"show": "refused"}))
    assert "The SD must be above 0" in page
    assert "The study with code" not in page
    assert "New rows (" in page


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("tea.csv", b"a,b\n", "“tea.csv” is no file of this format, whose files end in .zip."),
        ("tea.zip", b"", "The file is empty."),
        ("", b"", "Choose a file."),
    ],
)
def test_what_cannot_be_taken_in_is_said_beside_the_field(name, content, says):
    review, _ = make_team()
    client = member_client(review)
    data = {"file": SimpleUploadedFile(name, content)} if name else {}
    page = text_of(client.post(address("send", review.slug, FORMAT.code), data))
    assert says in page
    assert not Upload.objects.exists()


@pytest.mark.parametrize("megabytes", [1, 3])
def test_file_that_is_too_large_is_not_kept(megabytes, monkeypatch):
    monkeypatch.setattr(settings, "IMPORT_MAX_MEGABYTES", 1)
    before = set(folder().iterdir())
    review, _ = make_team()
    client = member_client(review)
    content = os.urandom(megabytes * (1 << 20) + 1)
    page = text_of(send_by_page(client, review, content))
    assert "The file is larger than the 1 MB that can be read. Split it." in page
    assert not Upload.objects.exists()
    assert set(folder().iterdir()) == before


QUESTIONS = (
    Question("search", "Search round", "Which search it comes from.", kind="search_round", is_needed=True),
    Question("scale", "Instrument", "What was measured.", kind="instrument"),
    Question("outcome", "Outcome", "What was measured.", kind="outcome"),
    Question("wide", "Wide table", "One line per study.", kind="flag"),
    Question("layout", "Layout", "How it is laid out.", kind="choice", choices=(("a", "Layout A"), ("b", "Layout B"))),
    Question("remark", "Remark", "Anything."),
)


def asking(monkeypatch: Any, **fields: Any) -> list[Any]:
    """Put a format that asks everything into the list; give what it was asked with."""
    heard = []

    def load(request: Any) -> Any:
        heard.append(request)
        return FORMAT.load(request)

    fields = {"title": "Asks", "help": "A format that asks.", "endings": (".zip",), "questions": QUESTIONS, **fields}
    monkeypatch.setitem(FORMATS, "asks", Format(code="asks", load=load, **fields))
    return heard


def test_questions_of_the_format_are_fields_and_reach_the_format(monkeypatch):
    heard = asking(monkeypatch)
    review, _ = make_team()
    make_search_round(review, number=1, name="First")
    instrument = make_instrument(make_outcome(review, name="Pain"), name="NRS")
    client = member_client(review)
    page = text_of(client.get(address("send", review.slug, "asks")))
    scale = f"{instrument.outcome.code}/{instrument.code}"
    for said in (
        "Which search it comes from.",
        f'<option value="{scale}">Pain: NRS</option>',
        "Layout B",
        "– choose –",
    ):
        assert said in page

    answers = {"search": "1", "scale": scale, "wide": "on", "layout": "b", "remark": " from us "}
    client.post(address("send", review.slug, "asks"), {"file": sent(example()), **answers})

    given = {"search": "1", "scale": scale, "wide": "true", "layout": "b", "remark": "from us"}
    assert dict(heard[0].answers) == given
    page = text_of(client.get(address("page", Upload.objects.get().pk)))
    assert "Layout: Layout B" in page
    assert "Wide table: yes" in page


def test_answer_that_is_missing_or_of_another_review_is_refused(monkeypatch):
    heard = asking(monkeypatch)
    review, _ = make_team()
    other = make_outcome(name="Of another review")
    client = member_client(review)
    page = text_of(client.post(address("send", review.slug, "asks"), {"file": sent(example()), "outcome": other.code}))
    assert "This has to be answered." in page or "is not one of the choices" in page
    assert heard == []
    assert not Upload.objects.exists()


@pytest.mark.parametrize(("role", "status"), [("reviewer", 200), ("viewer", 403), ("statistician", 403)])
def test_format_of_references_is_open_to_who_records(monkeypatch, role, status):
    asking(monkeypatch, act=Act.RECORD)
    review, _ = make_team()
    client = member_client(review, role)
    assert client.get(address("send", review.slug, "asks")).status_code == status
    assert client.get(address("send", review.slug, FORMAT.code)).status_code == 403


@pytest.mark.parametrize("code", ["references", "ris", "nbib", "bibtex", "endnote-xml", "web-of-science"])
def test_reviewer_brings_references_in_but_no_evidence(code):
    review, _ = make_team()
    client = member_client(review, "reviewer")
    assert client.get(address("send", review.slug, code)).status_code == 200
    assert client.get(address("send", review.slug, "extraction-table")).status_code == 403


@pytest.mark.parametrize("role", ["reviewer", "statistician", "viewer"])
def test_who_may_not_bring_it_in_sees_that_there_is_an_import_and_not_what_is_in_it(role):
    review, cara = make_team()
    upload = send(cara, review, example())
    client = member_client(review, role)
    page = text_of(client.get(address("list", review.slug)))
    assert "tea.zip" in page
    assert address("page", upload.pk) not in page
    for name in ("page", "state", "rows"):
        assert client.get(address(name, upload.pk)).status_code == 403
    for deed in ("confirm", "again", "discard"):
        assert client.post(address("act", upload.pk, deed)).status_code == 403
    shown = text_of(client.get(reverse("admin:evidence_upload_change", args=[upload.pk])))
    assert "Ito_2001" not in shown
    assert Study.objects.count() == 0


def test_who_is_not_of_the_review_finds_nothing():
    review, cara = make_team()
    upload = send(cara, review, example())
    client = member_client(make_team(slug="other")[0])
    assert client.get(address("list", review.slug)).status_code == 404
    assert client.get(address("page", upload.pk)).status_code == 404
    assert client.post(address("act", upload.pk, "confirm")).status_code == 404
    assert client.get(address("file", review.slug, "studies-csv")).status_code == 404


def test_page_of_work_tells_how_far_it_is_also_without_scripts():
    review, cara = make_team()
    upload = send(cara, review, example())
    Upload.objects.filter(pk=upload.pk).update(status=Status.READING)
    progress_path(upload).write_text('{"done": 12, "of": 300, "what": "studies.csv"}')
    client = member_client(review)

    page = text_of(client.get(address("page", upload.pk)))
    assert '<progress aria-labelledby="working" max="300" value="12">' in page
    assert "12 of 300 rows (studies)" in page
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    told = client.get(address("state", upload.pk)).json()
    assert told == {"is_working": True, "status": "reading", "done": 12, "of": 300, "what": "studies"}

    past = time.time() - settings.UPLOAD_PATIENCE_SECONDS - 1
    os.utime(progress_path(upload), (past, past))
    assert client.get(address("state", upload.pk)).json()["is_working"] is False
    page = text_of(client.get(address("page", upload.pk)))
    assert "has stopped answering" in page
    assert "http-equiv" not in page
    assert "stopped answering" in text_of(client.get(address("list", review.slug)))
    page = text_of(client.post(address("act", upload.pk, "again"), follow=True))
    assert "Nothing is saved yet" in page


def test_refused_file_says_what_to_mend_and_can_be_discarded():
    review, cara = make_team()
    client = member_client(review)
    upload = send(cara, review, b"no archive")
    page = text_of(client.get(address("page", upload.pk)))
    assert "Nothing of this file can be loaded." in page
    assert "The file is no zip archive" in page
    page = text_of(client.post(address("act", upload.pk, "discard"), follow=True))
    assert "Discarded by" in page
    assert "Nothing of it is in the review." in page


@pytest.mark.parametrize("uploads", [1, 20])
def test_list_has_its_queries_however_long_it_is(uploads, django_assert_num_queries):
    review, _ = make_team()
    for _ in range(uploads):
        make_upload(review)
    client = member_client(review)
    with django_assert_num_queries(8):
        client.get(address("list", review.slug))


def test_list_of_the_admin_shows_imports_of_own_reviews():
    own, foreign = make_upload(), make_upload()
    client = member_client(own.review, "viewer")
    page = text_of(client.get(reverse("admin:evidence_upload_changelist")))
    assert own.name in page
    assert foreign.name not in page


def test_home_leads_to_imports_and_exports():
    review, _ = make_team()
    page = text_of(member_client(review).get(reverse("admin:analysis_home", args=[review.slug])))
    assert f'href="{address("list", review.slug)}">Bring in</a>' in page
    assert f'href="{address("out", review.slug)}">Take out</a>' in page
