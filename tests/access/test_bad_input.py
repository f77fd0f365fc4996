"""What somebody may try with headers, addresses and text, and that nothing comes of it."""

import csv
import io
from urllib.parse import quote

import pytest
from django.conf import settings

from evidence.models import Review, Study, Upload
from tests import factories
from tests.access.people import PASSWORD, browser, make_person

pytestmark = pytest.mark.django_db
TEMPLATE = "{{ 7191*7 }}{% debug %}{{ settings.SECRET_KEY }}${7191*7}#{7191*7}"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"
FORMULAS = ("=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1+1")


@pytest.fixture
def review() -> Review:
    """A review whose texts try what texts can try."""
    review = factories.make_review(title=f"{TEMPLATE}{MARKUP}", question=f"{MARKUP}{TEMPLATE}")
    factories.make_membership(review, make_person("olga", first_name=MARKUP[:150]), "owner")
    for formula in FORMULAS:
        factories.make_study(review, label=f"{formula}", note=f"{MARKUP}{TEMPLATE}")
    return review


def client_of(review: Review):
    """Give the browser of the owner."""
    client = browser()
    client.raise_request_exception = False
    client.force_login(review.memberships.get().user)
    return client


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "a b", "x" * 300])
def test_other_host_is_refused(host):
    answer = browser().get("/admin/login/", HTTP_HOST=host)
    assert answer.status_code == 400
    assert b"evil" not in answer.content


def test_forwarded_host_is_not_believed(review):
    client = client_of(review)
    form = {"review": review.pk, "email": "d@example.org", "role": "viewer"}
    page = client.post("/admin/access/invitation/add/", form, follow=True, HTTP_X_FORWARDED_HOST="evil.example")
    assert b"http://testserver/join/" in page.content
    assert b"evil.example" not in page.content


def test_pages_show_texts_as_texts(review):
    client = client_of(review)
    study = Study.objects.filter(review=review).first()
    paths = ["/admin/", "/admin/account/", "/admin/evidence/review/", "/admin/evidence/study/"]
    paths += [f"/admin/evidence/review/{review.pk}/change/", f"/admin/evidence/study/{study.pk}/change/"]
    paths += [f"/admin/evidence/review/{review.pk}/history/", f"/admin/evidence/study/?q={quote(MARKUP + TEMPLATE)}"]
    paths += [f"/admin/evidence/review/?review={quote(MARKUP)}", f"/admin/login/?next={quote(MARKUP)}"]
    for path in paths:
        page = client.get(path, follow=True).content.decode()
        assert "50337" not in page, path
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert settings.SECRET_KEY * 8 not in page


def test_formula_in_a_label_is_text_in_every_table(review):
    client = client_of(review)
    answer = client.get(f"/admin/evidence/upload/review/{review.slug}/out/studies-csv/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any("cmd|" in cell for cell in cells)
    assert not [cell for cell in cells if cell[:1] in "=+@\t\r" and cell]
    assert not [cell for cell in cells if cell.startswith("-2+3")]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../config/settings.py",
        "/static/%2e%2e/config/settings.py",
        "/static/..%2fconfig/settings.py",
        "/static/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/admin/evidence/upload/review/../../../etc/passwd/",
        "/admin/evidence/upload/review/%2e%2e/new/",
        "/published/../admin/latest/",
        "/join/..%2f..%2fetc%2fpasswd/",
    ],
)
def test_path_out_of_the_site_leads_nowhere(review, path):
    answer = client_of(review).get(path)
    assert answer.status_code in (302, 301, 400, 403, 404)
    assert b"root:" not in getattr(answer, "content", b"")
    assert b"SECRET_KEY" not in getattr(answer, "content", b"")


def test_name_of_a_file_leads_nowhere_and_ends_no_header(review):
    client = client_of(review)
    sent = io.BytesIO(b"PK\x03\x04nothing")
    sent.name = "../../../../tmp/x\r\nSet-Cookie: a=b;.zip"
    page = client.post(f"/admin/evidence/upload/review/{review.slug}/new/review-folder/", {"file": sent}, follow=True)
    assert page.status_code == 200
    for upload in Upload.objects.all():
        assert "/" not in upload.name
        assert "/" not in upload.stored_as
        assert ".." not in upload.stored_as
        rows = client.get(f"/admin/evidence/upload/import/{upload.pk}/rows.csv")
        assert "\n" not in rows["Content-Disposition"]
        assert "Set-Cookie" not in rows["Content-Disposition"]


@pytest.mark.parametrize(
    "value", ["x\r\nSet-Cookie: a=b", "https://evil.example/\r\nX: y", "/\\evil.example", "///evil.example"]
)
def test_next_page_cannot_write_headers_or_leave_the_site(value):
    make_person("anna")
    client = browser()
    answer = client.post("/admin/login/", {"username": "anna", "password": PASSWORD, "next": value})
    assert answer["Location"] in ("/admin/", "x%0D%0ASet-Cookie:%20a=b")
    assert "a" not in client.cookies


@pytest.mark.parametrize(
    "query", ["?p=99999999999999999999", "?o=1.2.3'", "?q=%00", "?review=' OR 1=1 --", "?e=1", "?id__in=a'"]
)
def test_odd_queries_of_lists_are_no_errors(review, query):
    for table in ("study", "review", "record", "securityevent"):
        assert client_of(review).get(f"/admin/evidence/{table}/{query}").status_code < 500


def test_program_in_the_clothes_of_a_table_is_not_read(review):
    client = client_of(review)
    for content in (
        b"MZ\x90\x00" + b"\x00" * 200,
        b"\x7fELF" + b"\x00" * 200,
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"<html><script>",
    ):
        sent = io.BytesIO(content)
        sent.name = "review.zip"
        client.post(f"/admin/evidence/upload/review/{review.slug}/new/review-folder/", {"file": sent})
    states = set(Upload.objects.values_list("status", flat=True))
    assert states == {"refused"}
    assert Upload.objects.count() == 5
    assert not any(upload.name != "review.zip" for upload in Upload.objects.all())
