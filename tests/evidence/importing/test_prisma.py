"""The PRISMA 2020 flow as a table: into a search round and out again; contradictions are asked, never settled."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from evidence.models import FlowCount, Review
from evidence.permissions import NotAllowed
from tests.evidence.importing.asked import ask, changed, export, sentences
from tests.factories import make_flow_count, make_membership, make_search_round, make_user
from tests.screening_factories import make_record

pytestmark = pytest.mark.django_db

NUMBERS = {
    "database_results": "120",
    "register_results": "30",
    "website_results": "4",
    "duplicates": "20",
    "excluded_automatic": "10",
    "records_screened": "120",
    "records_excluded": "90",
    "dbr_sought_reports": "30",
    "dbr_notretrieved_reports": "2",
    "dbr_assessed": "28",
    "dbr_excluded": "Wrong population, 12; Age under 18, 6",
    "new_studies": "10",
    "new_reports": "12",
}


@pytest.fixture
def owner() -> User:
    return make_user("ann")


@pytest.fixture
def review(owner: User) -> Review:
    return make_membership(user=owner).review


def put(tmp_path: Path, **numbers: str) -> Path:
    """Write a flow; a number that is changed stands in for that of NUMBERS."""
    path = tmp_path / "flow.csv"
    lines = [f'{name},"{text}"' for name, text in {**NUMBERS, **numbers}.items()]
    path.write_text("\n".join(["data,n", *lines]) + "\n", encoding="utf-8")
    return path


def counts(review: Review) -> dict[tuple[str, str, str], int]:
    """Give what is stored."""
    rows = FlowCount.objects.filter(search_round__review=review)
    return {(row.box, row.stage, row.reason): row.count for row in rows}


def test_numbers_go_into_their_boxes(tmp_path, review, owner):
    result = ask("prisma", put(tmp_path), review, owner)

    assert (result.is_saved, sentences(result)) == (True, [])
    found = counts(review)
    assert found["records_identified", "databases", ""] == 120
    assert found["records_removed", "", "duplicate"] == 20
    assert found["reports_excluded", "", "Age under 18"] == 6
    assert found["studies_included", "", ""] == 10
    assert len(found) == 13
    assert result.notes == ["new_reports: 12. Quorum has no box for it; it was left out."]
    assert changed(ask("prisma", put(tmp_path), review, owner)) == {}


def test_export_is_read_back_into_an_empty_review(tmp_path, review, owner):
    ask("prisma", put(tmp_path), review, owner)
    first = export("prisma", review, owner)
    other = make_membership(user=owner).review
    (tmp_path / "out.csv").write_bytes(first)

    result = ask("prisma", tmp_path / "out.csv", other, owner)

    assert sentences(result) == []
    assert counts(other) == counts(review)
    assert export("prisma", other, owner) == first
    assert first.count(b"\n") == 31


def test_numbers_that_do_not_add_up_are_asked_about(tmp_path, review, owner):
    result = ask("prisma", put(tmp_path, records_screened="119"), review, owner)

    assert result.notes[1] == (
        "Question: records screened should be 120, by records identified (150) without records removed before "
        "screening (30), and is 119."
    )


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("Reason1,12; Reason2: 3", {"Reason1": 12, "Reason2": 3}),
        ("Wrong outcome (n = 1,234)", {"Wrong outcome": 1234}),
        ("18", {"": 18}),
    ],
)
def test_reasons_are_read_in_several_spellings(tmp_path, review, owner, text, reasons):
    ask("prisma", put(tmp_path, dbr_excluded=text), review, owner)

    found = {key[2]: count for key, count in counts(review).items() if key[0] == "reports_excluded"}
    assert found == reasons


def test_placeholders_and_words_are_refused_and_the_rest_goes_in(tmp_path, review, owner):
    result = ask("prisma", put(tmp_path, dbr_excluded="Reason1, xxx; Age, 6", duplicates="many"), review, owner)

    assert sentences(result) == [
        "flow.csv line 5, column n: “many” is no number of records; write digits only, such as 12.",
        "flow.csv line 12, column n: “Reason1, xxx” is no reason with its number; write such as: Wrong population, 12; "
        "Wrong outcome, 3.",
    ]
    assert counts(review)["reports_excluded", "", "Age"] == 6


def test_what_screening_counts_is_never_overwritten(tmp_path, review, owner):
    stored = make_search_round(review, number=1)
    make_flow_count(stored, box="records_identified", stage="PubMed", count=1)
    make_record(review)

    result = ask("prisma", put(tmp_path), review, owner)

    assert any(
        "the file says 150 for “Records identified”, and the review comes to 1." in note for note in result.notes
    )
    assert counts(review)["records_identified", "PubMed", ""] == 1
    assert ("records_identified", "databases", "") not in counts(review)


def test_what_the_review_splits_otherwise_is_left_and_asked_about(tmp_path, review, owner):
    stored = make_search_round(review, number=1)
    make_flow_count(stored, box="records_identified", stage="PubMed", count=100)

    result = ask("prisma", put(tmp_path), review, owner)

    assert any(
        "the file says 150 for “Records identified”, and the review comes to 100." in one for one in result.notes
    )
    assert {key[1] for key in counts(review) if key[0] == "records_identified"} == {"PubMed", "websites"}


def test_unknown_rows_and_other_files_are_told(tmp_path, review, owner):
    told = ask("prisma", put(tmp_path, some_results="3"), review, owner)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    refused = ask("prisma", tmp_path / "other.csv", review, owner)

    assert "The row “some_results” (line 15) is none of the PRISMA 2020 template; it was left out." in told.notes
    assert sentences(refused) == ["other.csv line 1: the columns are missing: data, n. The file has a, b."]


def test_review_without_counts_exports_nothing_and_strangers_get_none(tmp_path, review, owner):
    with pytest.raises(ValidationError, match="no counts of its flow"):
        export("prisma", review, owner)
    ask("prisma", put(tmp_path), review, owner)
    with pytest.raises(NotAllowed):
        export("prisma", review, make_user())
