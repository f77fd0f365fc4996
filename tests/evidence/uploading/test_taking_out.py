"""Taking out: one page with every export, files with the review's name and date, and the table of studies."""

import csv
import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.models import Review
from evidence.permissions import NotAllowed
from evidence.services.screening import add_records
from tests.evidence.admin_pages import member_client
from tests.evidence.uploading.folders import make_team
from tests.factories import make_report, make_search_round, make_study, make_user

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


def out_page(review: Review) -> str:
    """Give the text of the page that lists the exports."""
    client = member_client(review, "viewer")
    return str(client.get(reverse("admin:evidence_upload_out", args=[review.slug])).content.decode())


def test_choices_of_an_export_are_a_form_with_help():
    review, _ = make_team()

    page = out_page(review)

    for one in EXPORTS.values():
        for choice in one.choices:
            assert f'id="{one.code}-{choice.name}"' in page
            assert escape(choice.help) in page
            for code, label in choice.choices:
                assert f'<option value="{code}"' in page
                assert escape(label) in page
    # A choice without a list is free text.
    assert '<input type="text" name="search_round" class="vTextField"' in page


def test_page_and_command_take_the_same_choices(tmp_path):
    review, cara = make_team()
    search_round = make_search_round(review)
    rows = [{"title": "Tea", "doi": "10.1000/a"}, {"title": "Tea", "doi": "10.1000/a"}]
    add_records(by=cara, search_round=search_round, rows=rows)
    address = reverse("admin:evidence_upload_file", args=[review.slug, "records-ris"])
    client = member_client(review, "viewer")
    path = tmp_path / "out.ris"
    order = ("export", "records-ris", "--review", review.slug, "--as", str(cara), "--out", str(path), "--set")

    whole, some = (b"".join(client.get(address, {"which": one}).streaming_content) for one in ("", "duplicates"))
    refused = client.get(address, {"which": "mine"}, follow=True).content.decode()
    unknown = client.get(address, {"colour": "red"}, follow=True).content.decode()
    call_command(*order, "which=duplicates")

    assert (whole.count(b"TY  - "), some.count(b"TY  - ")) == (2, 1)
    assert path.read_bytes() == some
    said = "The format records-ris has no choice “which=mine”; there are which: abstract_excluded"
    assert said in refused
    assert "has no choice “colour=red”" in unknown
    with pytest.raises(CommandError, match=said):
        call_command(*order, "which=mine")


def test_free_text_that_names_no_round_is_refused_with_a_sentence():
    review, _ = make_team()
    address = reverse("admin:evidence_upload_file", args=[review.slug, "prisma"])

    answer = member_client(review, "viewer").get(address, {"search_round": "first"}, follow=True)

    assert "A search round is named by its number, such as 1; got “first”." in answer.content.decode()


def test_command_lists_choices_with_their_help(capsys):
    call_command("export")

    said = capsys.readouterr().out
    assert "--set which=…  Records (all, unique, duplicates, waiting, abstract_included" in said
    assert "--set search_round=…  Search round: Its number; all rounds together where none is given." in said
