"""Records leave as RIS, BibTeX and CSV, and come back the same; reports of studies leave with their study."""

import csv
import io
import string
from pathlib import Path
from typing import Any

import pytest
import rispy
from bibtexparser import parse_string
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.exporters.neutral import neutral
from evidence.exporters.references.bibtex import bibtex_of_records
from evidence.exporters.references.ris import ris_of_records
from evidence.importers.references import read_any
from evidence.importers.references.reading import FIELDS, Reference
from evidence.models import Record, Review
from evidence.permissions import NotAllowed
from evidence.services import screening
from tests.factories import make_membership, make_report, make_review, make_search_round, make_study, make_user
from tests.screening_factories import make_owner, make_reason, make_source, make_team, settle

ROWS: list[dict[str, Any]] = [
    {
        "title": "=Tea & 50% {sleep}: a $5 trial",
        "abstract": "We gave tea_1 ~ 5 mg — it “helped”.",
        "authors": "Ito, Kenji; Müller, B.; Tea Study Group",
        "year": 2001,
        "journal": "Journal of Tea",
        "volume": "5 (Suppl_1)",
        "issue": "3-4",
        "pages": "S12-S19",
        "doi": "10.1000/tea_1",
        "pmid": "11111111",
        "accession": "L621000001",
    },
    {"title": "Water for sleep", "authors": "Okoro C", "year": 2002},
    {"title": "=Tea & 50% {sleep}: a $5 trial", "authors": "Okoro C", "year": 2002, "doi": "10.1000/tea_1"},
]


def written(review: Review, code: str, by: Any = None, **choices: str) -> bytes:
    order = Order(by=by or make_owner(review), review=review, choices=choices)
    return b"".join(EXPORTS[code].write(order))


def read(tmp_path: Path, content: bytes) -> list[Reference]:
    path = tmp_path / "back"
    path.write_bytes(content)
    return read_any(path).references


def as_rows(references: list[Reference]) -> list[dict[str, object]]:
    return [{name: value for name, value in one.as_row().items() if value} for one in references]


@pytest.fixture
def review() -> Review:
    review = make_review()
    search_round = make_search_round(review)
    source = make_source(search_round, database="Embase")
    screening.add_records(by=make_owner(review), search_round=search_round, rows=ROWS, source=source)
    return review


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["records-ris", "records-bibtex", "records-csv"])
def test_records_come_back_the_same(review: Review, tmp_path: Path, code: str) -> None:
    content = written(review, code)

    assert as_rows(read(tmp_path, content)) == ROWS
    assert written(review, code) == content


@pytest.mark.django_db
def test_other_programs_read_ris_and_bibtex(review: Review) -> None:
    ris = rispy.loads(written(review, "records-ris").decode().replace("\r\n", "\n"))
    assert [one["title"] for one in ris] == [row["title"] for row in ROWS]
    assert ris[0]["authors"] == ["Ito, Kenji", "Müller, B.", "Tea Study Group"]
    assert (ris[0]["type_of_reference"], ris[1]["type_of_reference"], ris[0]["name_of_database"]) == (
        *("JOUR", "GEN", "Embase"),
    )

    library = parse_string(written(review, "records-bibtex").decode())
    assert library.failed_blocks == []
    assert [one.key for one in library.entries] == ["Ito2001", "Okoro2002", "Okoro2002-2"]
    assert library.entries[0]["title"] == r"{=Tea \& 50\% \{sleep\}: a \$5 trial}"


@pytest.mark.django_db
def test_table_says_where_records_stand_and_executes_nothing(review: Review) -> None:
    readers = make_team(review, "ann", "ben")
    first, second = Record.objects.filter(duplicate_of__isnull=True).order_by("pk")
    settle(first, "include", readers)
    reason = make_reason(review, name="wrong drink")
    settle(first, "exclude", readers, "full_text", reason=reason)
    screening.decide(by=readers[0], record=second, stage="title_abstract", answer="exclude")

    rows = list(csv.DictReader(io.StringIO(written(review, "records-csv").decode("utf-8-sig"), newline="")))

    assert rows[0]["title"] == "'=Tea & 50% {sleep}: a $5 trial"
    assert [(row["record"], row["duplicate_of"], row["database"]) for row in rows] == [
        *[("1", "", "Embase"), ("2", "", "Embase"), ("3", "1", "Embase")],
    ]
    assert [(row["title_abstract"], row["full_text"], row["reason"]) for row in rows] == [
        ("included", "excluded", "wrong drink"),
        ("", "", ""),
        ("", "", ""),
    ]


@pytest.mark.django_db
def test_choice_says_which_records(review: Review, tmp_path: Path) -> None:
    readers = make_team(review, "ann", "ben")
    first, second = Record.objects.filter(duplicate_of__isnull=True).order_by("pk")
    settle(first, "include", readers)
    # One of two readers has answered: nothing is settled.
    screening.decide(by=readers[0], record=second, stage="title_abstract", answer="include")

    def lines(which: str) -> list[int | None]:
        years = [one.year for one in read(tmp_path, written(review, "records-ris", which=which))]
        return years

    assert lines("all") == [2001, 2002, 2002]
    assert lines("unique") == [2001, 2002]
    assert lines("duplicates") == [2002]
    assert lines("abstract_included") == [2001]
    assert lines("waiting") == [2002]
    for empty in ("abstract_excluded", "full_text_included", "full_text_excluded"):
        with pytest.raises(ValidationError, match="nothing to export"):
            written(review, "records-ris", which=empty)
    with pytest.raises(ValidationError, match="no choice “mine”"):
        written(review, "records-ris", which="mine")


@pytest.mark.django_db
def test_reports_leave_with_their_study(review: Review, tmp_path: Path) -> None:
    readers = make_team(review, "ann", "ben")
    first = Record.objects.order_by("pk")[0]
    for stage in ("title_abstract", "full_text"):
        settle(first, "include", readers, stage)
    study = screening.make_study(by=make_owner(review), record=first)
    make_report(study, citation="A registry entry", year=None, registration="NCT00000001", is_primary=False)
    make_report(make_study(make_review()), citation="Of another review")

    content = written(review, "reports-ris")

    main, entry = read(tmp_path, content)
    assert (main.title, main.authors, main.doi) == (ROWS[0]["title"], ROWS[0]["authors"], ROWS[0]["doi"])
    assert (entry.title, entry.year) == ("A registry entry", None)
    assert b"N1  - Study Ito 2001 (Ito_2001), main report.\r\n" in content
    assert b"N1  - Study Ito 2001 (Ito_2001), further report. Registered as NCT00000001.\r\n" in content


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["records-ris", "records-bibtex", "records-csv", "reports-ris"])
def test_members_only_and_nothing_where_there_is_nothing(code: str) -> None:
    review = make_review()
    with pytest.raises(NotAllowed):
        written(review, code, by=make_user("stranger"))
    viewer = make_membership(review, role="viewer").user
    with pytest.raises(ValidationError, match="nothing to export"):
        written(review, code, by=viewer)


@pytest.mark.django_db
def test_command_writes_the_chosen_records(review: Review, tmp_path: Path) -> None:
    person = make_membership(review, role="viewer").user
    path = tmp_path / "out.ris"
    words = ("export", "records-ris", "--review", review.slug, "--as", person.username, "--out", str(path))

    call_command(*words, "--set", "which=duplicates")

    assert [one.doi for one in read_any(path).references] == ["10.1000/tea_1"]
    with pytest.raises(CommandError, match="has no choice “which=mine”; there are which: abstract_excluded"):
        call_command(*words, "--set", "which=mine")


# What a record can hold that came in by a service: text in one line, without entities of web pages.
SIGNS = string.ascii_letters + string.digits + " .,:!?'\"()[]{}\\%$#_^~@=+*/|<>-–—“”äßøŁñéαΩ≤中文"
TEXTS = st.text(alphabet=SIGNS, min_size=1, max_size=60).map(lambda text: " ".join(text.split())).filter(bool)
NAMES = st.builds(
    "{}, {}.".format, st.sampled_from(["Ito", "van der Berg", "Müller", "O'Neil"]), st.sampled_from("ABCÖ")
)
RECORDS = st.builds(
    Record,
    title=TEXTS.filter(lambda text: any(map(str.isalnum, text)) and not text.startswith("'")),
    abstract=st.just("") | TEXTS.filter(lambda text: not text.startswith("'")),
    authors=st.lists(NAMES, max_size=4).map("; ".join),
    year=st.none() | st.integers(1500, 2100),
    journal=st.just("") | TEXTS.filter(lambda text: not text.startswith("'")),
    volume=st.just("") | st.from_regex(r"[0-9]{1,3}( Suppl\. [0-9])?", fullmatch=True),
    issue=st.just("") | st.from_regex(r"[0-9]{1,2}(-[0-9]{1,2})?|Spring & [A-Z]", fullmatch=True),
    pages=st.just("") | st.from_regex(r"[eS]?[1-9][0-9]{0,3}(-S?[0-9]{1,4}(, [0-9]{1,3})?)?", fullmatch=True),
    doi=st.just("") | st.from_regex(r"10\.[0-9]{4}/[a-z0-9(]{0,3}[a-z0-9_%-]{1,8}[a-z0-9]", fullmatch=True),
    pmid=st.just("") | st.integers(1, 99_999_999).map(str),
    accession=st.just("") | st.from_regex(r"(WOS:0000|L|CN-)[0-9]{8}", fullmatch=True),
)


@given(record=RECORDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_record_comes_back_the_same_from_ris_and_bibtex(tmp_path: Path, record: Record) -> None:
    fields = FIELDS
    for write in (ris_of_records, bibtex_of_records):
        (back,) = read(tmp_path, b"".join(write([record])))
        assert {name: getattr(back, name) for name in fields} == {name: getattr(record, name) for name in fields}


def test_cells_that_begin_like_formulas_are_the_only_ones_with_an_apostrophe() -> None:
    assert [neutral(text) for text in ("=1+1", "-5", "plain", "@x")] == ["'=1+1", "-5", "plain", "'@x"]
