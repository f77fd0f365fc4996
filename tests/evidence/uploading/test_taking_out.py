"""Taking out: one page with every export, files with the review's name and date, and the table of studies."""

import csv
import io
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.models import Review
from evidence.permissions import NotAllowed
from tests.evidence.admin_pages import member_client
from tests.evidence.uploading.folders import make_team
from tests.factories import make_report, make_study, make_user

pytestmark = pytest.mark.django_db


def table(content: bytes) -> list[dict[str, str]]:
    """Give the lines of a CSV file."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def file_of(client: Any, review: Review) -> Any:
    """Ask for the table of studies."""
    return client.get(reverse("admin:evidence_upload_file", args=[review.slug, "studies-csv"]))


def test_page_names_every_export_and_what_it_is_for():
    review, _ = make_team()
    page = member_client(review, "viewer").get(reverse("admin:evidence_upload_out", args=[review.slug]))
    for one in EXPORTS.values():
        assert one.help in page.content.decode()
        assert reverse("admin:evidence_upload_file", args=[review.slug, one.code]) in page.content.decode()


def test_studies_come_with_their_reports_in_a_file_that_is_named_and_streamed():
    review, _ = make_team()
    study = make_study(review, code="Ito_2001", label="Ito 2001", year=2001, note="=cmd()")
    make_report(study, citation="Second", year=2003, is_primary=False, doi="")
    make_report(study, citation="First", year=2004, is_primary=True, doi="10.1000/ito")
    make_study(review, code="Adams_2010", label="Adams 2010", companion_of=study)
    make_study(code="Of_another_review")

    answer = file_of(member_client(review, "viewer"), review)

    assert answer.streaming
    assert (
        answer["Content-Disposition"] == f'attachment; filename="tea-studies-csv-{timezone.localdate():%Y-%m-%d}.csv"'
    )
    lines = table(b"".join(answer.streaming_content))
    assert [(line["study"], line["report_citation"]) for line in lines] == [
        ("Adams_2010", ""),
        ("Ito_2001", "First"),
        ("Ito_2001", "Second"),
    ]
    assert lines[0]["companion_of"] == "Ito_2001"
    assert (lines[1]["note"], lines[1]["report_doi"], lines[1]["report_is_primary"]) == (
        "'=cmd()",
        "10.1000/ito",
        "true",
    )


def test_nothing_to_export_is_said_on_the_page():
    review, _ = make_team()
    client = member_client(review)
    answer = client.get(reverse("admin:evidence_upload_file", args=[review.slug, "studies-csv"]), follow=True)
    assert "The review has no studies yet" in answer.content.decode()
    unknown = reverse("admin:evidence_upload_file", args=[review.slug, "no-such"])
    assert client.get(unknown).status_code == 404


def test_who_may_not_read_the_review_gets_nothing():
    review, _ = make_team()
    make_study(review)
    with pytest.raises(NotAllowed):
        next(EXPORTS["studies-csv"].write(Order(by=make_user(), review=review)))


def test_equal_evidence_gives_equal_bytes_in_few_queries(django_assert_num_queries):
    review, cara = make_team()
    for _ in range(30):
        make_report(make_study(review))
    write = EXPORTS["studies-csv"].write
    with django_assert_num_queries(4):
        first = b"".join(write(Order(by=cara, review=review)))
    assert first == b"".join(write(Order(by=cara, review=review)))
    assert len(table(first)) == 30


def test_command_writes_the_same_table(tmp_path):
    review, cara = make_team()
    make_report(make_study(review))
    path = tmp_path / "studies.csv"
    call_command("export", "studies-csv", review=review.slug, username=str(cara), out=path)
    assert path.read_bytes() == b"".join(EXPORTS["studies-csv"].write(Order(by=cara, review=review)))
