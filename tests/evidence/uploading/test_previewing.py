"""A long preview answers at once: rows are narrowed to words, a file or a column, and turned page by page."""

import csv
import io
import time
from typing import Any

import pytest
from django.urls import reverse

from evidence.admin.uploading.previewing import PER_PAGE, Wanted, sections_of
from evidence.importers.changes import Change, Difference, Fate
from evidence.importers.problems import problem_at
from evidence.models import Upload
from evidence.uploading import Told, told_of
from tests.evidence.admin_pages import member_client
from tests.evidence.uploading.folders import make_team
from tests.teamwork_factories import make_upload

MANY = 50_000


def told(new: int = 450) -> Told:
    """Give a preview with many new rows, one that changes, and problems in two files."""
    added = [Change(Fate.NEW, "studies", "studies.csv", line, f"The study with code S{line}") for line in range(new)]
    difference = Difference("sd", "1.1", "1.2")
    changed = Change(Fate.UPDATED, "arm_results", "arm_results.csv", 7, "The arm result of Ito_2001", (difference,))
    problems = [
        problem_at("arm_results.csv", 3, "sd", "The SD must be above 0; got −1."),
        problem_at("arm_results.csv", 4, "mean", "“x” is not a number."),
        problem_at("studies.csv", 9, "", "The row has too many cells."),
    ]
    return Told(changes=[*added, changed], problems=problems)


def upload_of(one: Told) -> tuple[Any, Upload]:
    """Store a preview; give a member's client, and the upload."""
    review, _ = make_team()
    return member_client(review), make_upload(review, preview=one.as_text())


def page_of(client: Any, upload: Upload, **asked: str) -> str:
    """Give the text of the page of an import."""
    answer = client.get(reverse("admin:evidence_upload_page", args=[upload.pk]), asked)
    assert answer.status_code == 200
    return str(answer.content.decode())


@pytest.mark.django_db
def test_pages_of_one_fate_are_turned_and_bounded():
    client, upload = upload_of(told())

    all_fates = page_of(client, upload)
    third = page_of(client, upload, show="new", page="3")

    assert all_fates.count("The study with code") == PER_PAGE
    assert f"The first {PER_PAGE} of 450 are shown." in all_fates
    assert third.count("The study with code") == 50
    assert "Page 3 of 3" in third
    assert '<a href="?show=new&amp;page=2">Previous</a>' in third
    for odd in ("99", "x", "-1"):
        assert "The study with code" in page_of(client, upload, show="new", page=odd)


@pytest.mark.django_db
def test_place_of_a_problem_is_said_once():
    client, upload = upload_of(told())

    page = page_of(client, upload, show="refused")

    assert '<td>arm_results.csv</td><td class="num">3</td><td>sd</td><td class="wrong">The SD must be above 0;' in page
    assert "line 3, column sd" not in page
    assert str(told().problems[0]) == "arm_results.csv line 3, column sd: the SD must be above 0; got −1."


def test_problem_that_an_earlier_release_stored_is_said_once_too():
    text = '{"problems": [["a.csv", 3, "sd", "a.csv line 3, column sd: the SD must be above 0."]]}'

    (problem,) = Told.from_text(text).problems

    assert problem.rule == "the SD must be above 0."
    assert problem.sentence == "a.csv line 3, column sd: the SD must be above 0."


@pytest.mark.django_db
def test_rows_are_narrowed_to_words_a_file_or_a_column_with_a_problem():
    client, upload = upload_of(told())

    words = page_of(client, upload, text="CODE s44")
    file = page_of(client, upload, file="arm_results.csv")
    column = page_of(client, upload, column="mean")
    nothing = page_of(client, upload, text="<b>")

    assert words.count("The study with code") == 11
    assert "The SD must" not in words
    assert ("Ito_2001" in file, "The SD must" in file, "The study with code" in file) == (True, True, False)
    assert ("is not a number" in column, "The SD must" in column, "Ito_2001" in column) == (True, False, False)
    assert "No row fits." in nothing
    assert "<b>" not in nothing
    assert '<option value="sd">sd (1)</option>' in words
    assert '<option value="studies.csv">studies.csv (451)</option>' in words


@pytest.mark.django_db
def test_file_holds_what_fits():
    client, upload = upload_of(told())

    answer = client.get(reverse("admin:evidence_upload_rows", args=[upload.pk]), {"file": "arm_results.csv"})

    lines = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [(line[0], line[3]) for line in lines[1:]] == [("updated", "7"), ("refused", "3"), ("refused", "4")]
    assert lines[2][8] == "The SD must be above 0; got −1."


def test_narrowing_keeps_the_other_choices():
    assert Wanted.of({"show": "no such", "text": "  a   b ", "column": "sd"}).link("new") == (
        "show=new&text=a+b&column=sd"
    )


@pytest.mark.django_db
def test_preview_of_fifty_thousand_rows_answers_within_seconds():
    client, upload = upload_of(told(MANY))

    begun = time.process_time()
    page = page_of(client, upload, text="S4999")
    took = time.process_time() - begun

    assert page.count("The study with code") == 11
    # About 0.7 s of processor time; the room is for a busy machine.
    assert took < 5
    assert len(page) < 300_000
    assert len(sections_of(told_of(upload), Wanted())[-1].rows) == PER_PAGE
