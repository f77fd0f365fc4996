"""References come into a search round: once, as one act, with what is known already kept as a duplicate."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from evidence.importers.asking import Request
from evidence.importers.changes import Fate
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.models import ChangeBatch, Record, RecordText, Review, ScreeningState, SearchRound, SearchSource
from evidence.permissions import NotAllowed
from evidence.services import screening, undo
from tests.evidence.references import samples
from tests.factories import make_membership, make_review, make_search_round
from tests.screening_factories import make_owner, make_team, settle

pytestmark = pytest.mark.django_db


@pytest.fixture
def search_round() -> SearchRound:
    return make_search_round(make_review())


@pytest.fixture
def owner(search_round: SearchRound) -> User:
    return make_owner(search_round.review)


def load(
    search_round: SearchRound, by: User, tmp_path: Path, text: str, *, code: str = "references", **options: Any
) -> ImportResult:
    path = tmp_path / "hits.txt"
    path.write_text(text, encoding="utf-8")
    database = options.pop("database", "")
    answers = {"search_round": str(search_round.number), "database": database}
    request = Request(by=by, review=search_round.review, path=path, name=path.name, answers=answers, **options)
    return FORMATS[code].load(request)


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    """Give how many records are new, unchanged, duplicates and left out."""
    one = result.rows["records"]
    return one.new, one.unchanged, one.duplicates, one.left_out


def kept() -> tuple[int, ...]:
    """Count what is stored."""
    return tuple(model.objects.count() for model in (Record, RecordText, ScreeningState, SearchSource, ChangeBatch))


def test_records_come_in_with_their_database_and_wait_to_be_screened(
    search_round: SearchRound, owner: User, tmp_path: Path
) -> None:
    done: list[tuple[int, int, str]] = []

    result = load(
        search_round,
        owner,
        tmp_path,
        samples.RIS,
        database="Scopus",
        progress=lambda *at: done.append(at),
    )

    assert (result.is_saved, counts(result), result.errors) == (True, (2, 0, 0, 0), [])
    assert kept() == (2, 2, 2, 1, 1)
    record = Record.objects.get(pmid="11111111")
    assert (record.doi, record.accession) == ("10.1000/tea.1", "WOS:000000000000001")
    assert (record.volume, record.issue, record.pages) == ("5", "3", "12-19")
    assert record.source is not None
    assert record.source.database == "Scopus"
    entry = record.history.get()
    assert result.act is not None
    assert (entry.history_door, entry.history_batch, entry.history_user) == ("import", result.act.pk, owner)
    assert [(one.fate, one.line) for one in result.changes] == [(Fate.NEW, 1), (Fate.NEW, 19)]
    assert done[-1] == (2, 2, "records")


def test_same_file_again_changes_nothing(search_round: SearchRound, owner: User, tmp_path: Path) -> None:
    load(search_round, owner, tmp_path, samples.RIS, database="Scopus")
    before = kept()

    again = load(search_round, owner, tmp_path, samples.RIS, database="scopus")

    assert (again.is_saved, counts(again), again.changes, again.act) == (True, (0, 2, 0, 0), [], None)
    assert kept() == before


def test_record_corrected_since_is_still_the_same_hit(search_round: SearchRound, owner: User, tmp_path: Path) -> None:
    load(search_round, owner, tmp_path, samples.RIS)
    record = Record.objects.get(pmid="22222222")
    record.title, record.doi = "Water for good sleep", ""
    screening.correct_record(by=owner, record=record, reason="As printed")

    again = load(search_round, owner, tmp_path, samples.RIS)

    assert counts(again) == (0, 2, 0, 0)


def test_hit_that_stands_twice_in_a_file_is_kept_twice_and_not_added_again(
    search_round: SearchRound, owner: User, tmp_path: Path
) -> None:
    text = "TY  - JOUR\nTI  - Tea\nER  - \n" * 2

    assert counts(load(search_round, owner, tmp_path, text)) == (2, 0, 0, 0)
    assert counts(load(search_round, owner, tmp_path, text)) == (0, 2, 0, 0)


def test_same_record_from_another_database_is_kept_as_a_duplicate_with_its_own_numbers(
    search_round: SearchRound, owner: User, tmp_path: Path
) -> None:
    load(search_round, owner, tmp_path, samples.NBIB, database="PubMed")

    result = load(search_round, owner, tmp_path, samples.OVID, database="Embase")

    assert counts(result) == (0, 0, 2, 0)
    first = Record.objects.get(accession="621000001")
    assert (first.duplicate_of, first.doi) == (Record.objects.get(pmid="11111111"), "10.1000/tea.1")
    assert not first.states.exists()
    assert [(one.fate, one.reason) for one in result.changes] == [
        (
            Fate.DUPLICATE,
            "The DOI 10.1000/tea.1 is that of the record “Tea for sleep: a randomised trial.”; it is kept as its "
            "duplicate.",
        ),
        (Fate.DUPLICATE, "The PMID 22222222 is that of the record “Water for sleep.”; it is kept as its duplicate."),
    ]


def test_duplicates_within_a_file_name_the_line(search_round: SearchRound, owner: User, tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - Tea\nDO  - 10.1000/a\nER  - \nTY  - JOUR\nTI  - Tea.\nDO  - 10.1000/A\nER  - \n"

    result = load(search_round, owner, tmp_path, text)

    assert [one.reason for one in result.changes] == [
        "",
        "The DOI 10.1000/a is that of line 1; it is kept as its duplicate.",
    ]


def test_damaged_record_is_left_out_with_its_line_and_the_rest_goes_in(
    search_round: SearchRound, owner: User, tmp_path: Path
) -> None:
    result = load(search_round, owner, tmp_path, samples.BIBTEX, code="bibtex")

    assert (result.is_saved, counts(result)) == (True, (3, 0, 0, 1))
    assert [str(problem) for problem in result.errors] == [
        "hits.txt line 24: the entry cannot be read: a brace, a quotation mark or a comma is missing in it."
    ]
    refused = [one for one in result.changes if one.fate is Fate.REFUSED]
    assert [(one.line, one.reason) for one in refused] == [(24, str(result.errors[0]))]


def test_file_without_one_sound_record_changes_nothing(search_round: SearchRound, owner: User, tmp_path: Path) -> None:
    result = load(search_round, owner, tmp_path, "TY  - JOUR\nAU  - Ito\nER  - \n", database="Scopus")

    assert (result.is_saved, [str(one) for one in result.errors]) == (
        False,
        ["hits.txt line 1, column TI: the record has no title; it cannot be screened."],
    )
    assert kept() == (0, 0, 0, 0, 0)


def test_a_table_of_a_heading_alone_is_refused_with_a_sentence(
    search_round: SearchRound, owner: User, tmp_path: Path
) -> None:
    result = load(search_round, owner, tmp_path, "PT\tAU\tTI\tSO\tPY\n")

    assert [str(one) for one in result.errors] == [
        "hits.txt: the file holds no reference; there is nothing below its heading."
    ]
    assert (result.is_saved, kept()) == (False, (0, 0, 0, 0, 0))


def test_dry_run_says_the_same_and_saves_nothing(search_round: SearchRound, owner: User, tmp_path: Path) -> None:
    before = kept()

    result = load(search_round, owner, tmp_path, samples.RIS, database="Scopus", dry_run=True)

    assert (result.is_saved, counts(result), result.act) == (False, (2, 0, 0, 0), None)
    assert [one.fate for one in result.changes] == [Fate.NEW, Fate.NEW]
    assert kept() == before


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"search_round": "9"}, "hits.txt: the review has no search round 9; it has 1, and 2 would begin a new one."),
        ({"search_round": "first"}, "hits.txt: a search round is named by its number, such as 1; got “first”."),
        ({"search_round": "²"}, "hits.txt: a search round is named by its number, such as 1; got “²”."),
        (
            {"search_round": "1", "database": "x" * 121},
            "hits.txt: the name of a database has up to 120 letters; this one has 121.",
        ),
    ],
)
def test_answers_that_name_nothing_are_refused_with_a_sentence(
    search_round: SearchRound, owner: User, tmp_path: Path, answers: dict[str, str], sentence: str
) -> None:
    assert search_round.number == 1
    path = tmp_path / "hits.txt"
    path.write_text(samples.RIS, encoding="utf-8")

    result = FORMATS["ris"].load(
        Request(by=owner, review=search_round.review, path=path, name=path.name, answers=answers)
    )

    assert (result.is_saved, [str(one) for one in result.errors]) == (False, [sentence])
    assert Record.objects.count() == 0


def test_the_next_number_begins_a_search_round_that_goes_with_the_import(owner: User, tmp_path: Path) -> None:
    review = make_review()
    make_membership(review=review, user=owner, role="owner")
    path = tmp_path / "hits.txt"
    path.write_text(samples.RIS, encoding="utf-8")

    def ask(number: int, **options: Any) -> ImportResult:
        answers = {"search_round": str(number)}
        request = Request(by=owner, review=review, path=path, name=path.name, answers=answers, **options)
        return FORMATS["ris"].load(request)

    assert [str(one) for one in ask(2).errors] == [
        "hits.txt: the review has no search round 2; 1 would begin a new one."
    ]
    assert ask(1, dry_run=True).notes == ask(1, dry_run=True).notes != []
    assert not review.search_rounds.exists()
    first = ask(1)
    assert "Search round 1 is new; give it its date and its databases on the page of search rounds." in first.notes
    assert [(one.number, one.name) for one in review.search_rounds.all()] == [(1, "Search 1")]
    assert counts(ask(1)) == (0, 2, 0, 0)
    assert first.act is not None

    undo(by=owner, batch=first.act, reason="Wrong file.")

    assert not review.search_rounds.exists()
    assert not review.records.exists()


def test_who_does_not_record_in_the_review_may_not_load(search_round: SearchRound, tmp_path: Path) -> None:
    (viewer,) = make_team(search_round.review, "vera", role="viewer")

    with pytest.raises(NotAllowed):
        load(search_round, viewer, tmp_path, samples.RIS)


def test_undo_takes_the_whole_import_back_and_it_can_come_in_again(
    search_round: SearchRound, owner: User, tmp_path: Path
) -> None:
    load(search_round, owner, tmp_path, samples.NBIB, database="PubMed")
    before = kept()
    text = samples.OVID + "\n<3. >\nVN  - Ovid Technologies\nUI  - 3\nTI  - New\n"
    act = load(search_round, owner, tmp_path, text, database="Embase").act
    assert act is not None

    assert undo(by=owner, batch=act, reason="Wrong file.") == 4

    assert kept() == (*before[:4], before[4] + 1)
    gone = Record.history.filter(accession="3").order_by("history_id")
    assert [(one.history_type, one.history_user) for one in gone] == [("+", owner), ("-", owner)]
    assert gone[1].history_change_reason.endswith("Wrong file.")
    assert counts(load(search_round, owner, tmp_path, text, database="Embase")) == (1, 0, 2, 0)


def test_undo_is_refused_once_a_record_is_screened_and_nothing_goes(
    search_round: SearchRound, owner: User, tmp_path: Path
) -> None:
    act = load(search_round, owner, tmp_path, samples.RIS).act
    assert act is not None
    readers = make_team(search_round.review, "ann", "ben")
    settle(Record.objects.order_by("pk")[1], "include", readers)
    before = kept()

    with pytest.raises(ValidationError, match="It cannot be undone: “Water for sleep” has been screened since"):
        undo(by=owner, batch=act, reason="Wrong file.")

    assert kept() == before


def test_undo_is_refused_where_a_later_record_is_a_duplicate_of_one(
    search_round: SearchRound, owner: User, tmp_path: Path
) -> None:
    act = load(search_round, owner, tmp_path, samples.NBIB, database="PubMed").act
    load(search_round, owner, tmp_path, samples.OVID, database="Embase")
    assert act is not None

    with pytest.raises(ValidationError, match=r"is used by record “Tea for sleep: a randomised trial\.” now"):
        undo(by=owner, batch=act, reason="Wrong file.")


def test_undo_is_refused_where_a_record_was_corrected(search_round: SearchRound, owner: User, tmp_path: Path) -> None:
    act = load(search_round, owner, tmp_path, samples.RIS).act
    assert act is not None
    record = Record.objects.get(pmid="11111111")
    record.title = "Tea"
    screening.correct_record(by=owner, record=record)

    with pytest.raises(ValidationError, match="1 of its rows were changed since, such as record “Tea”"):
        undo(by=owner, batch=act, reason="Wrong file.")


def test_command_loads_a_file_and_says_what_became_of_it(
    tmp_path: Path, search_round: SearchRound, capsys: pytest.CaptureFixture[str]
) -> None:
    review: Review = search_round.review
    person = make_membership(review, role="reviewer").user
    path = tmp_path / "hits.bib"
    path.write_text(samples.BIBTEX, encoding="utf-8")
    call_command(
        *("load", "references", str(path), "--review", review.slug, "--as", person.username),
        *("--set", f"search_round={search_round.number}", "--set", "database=JabRef"),
    )

    said = capsys.readouterr().out
    assert "refused: hits.bib line 24: the entry cannot be read" in said
    assert Record.objects.filter(source__database="JabRef").count() == 3
    with pytest.raises(CommandError, match="search_round"):
        call_command("load", "ris", str(path), "--review", review.slug, "--as", person.username)
