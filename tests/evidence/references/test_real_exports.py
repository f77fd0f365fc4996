"""Real exports of Scopus, Web of Science, Embase and others are read whole; another reader of RIS sees the same."""

import io
from pathlib import Path

import pytest
import rispy

from evidence.importers.asking import Request
from evidence.importers.formats import FORMATS
from evidence.importers.references import read_any
from evidence.models import Record
from evidence.services import undo
from tests.evidence.references.real_exports import FOLDER, REASON
from tests.factories import make_review, make_search_round
from tests.screening_factories import make_owner

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=REASON)

# Records, and of these: with abstract, authors, year, journal, volume, issue, pages, DOI, PMID and number in the
# database. Counted in the files.
FILES = {
    "asysd_scopus.ris": (10, 10, 10, 10, 10, 10, 8, 10, 10, 5, 10),
    "asysd_wos_test.ris": (50, 49, 50, 50, 50, 50, 47, 50, 37, 0, 50),
    "hawc_sample_ris.txt": (10, 8, 9, 10, 9, 9, 0, 9, 6, 5, 7),
    "prisma2020_citation.ris": (1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0),
    "asysd_test_export.bib": (3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0),
}
FIELDS = ("abstract", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "accession")


@pytest.mark.parametrize("name", FILES)
def test_every_record_is_read(name: str) -> None:
    reading = read_any(FOLDER / name)

    found = [sum(bool(getattr(one, field)) for one in reading.references) for field in FIELDS]
    assert (len(reading.references), *found) == FILES[name]
    assert reading.faults == []


@pytest.mark.parametrize("name", ["asysd_scopus.ris", "hawc_sample_ris.txt"])
def test_another_reader_of_ris_sees_the_same(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    theirs = rispy.load(io.StringIO(text))

    ours = read_any(FOLDER / name).references

    def plain(text: str) -> str:
        return " ".join(text.split())

    assert [one.title for one in ours] == [plain(one.get("title") or one["primary_title"]) for one in theirs]
    assert [one.year for one in ours] == [int(one["year"][:4]) for one in theirs]
    assert [one.volume for one in ours] == [one.get("volume", "") for one in theirs]
    assert [one.issue for one in ours] == [one.get("number", "") for one in theirs]
    pages = ["-".join(filter(None, map(one.get, ("start_page", "end_page")))) for one in theirs]
    assert [one.pages for one in ours] == [
        page or one.get("custom7", "") for page, one in zip(pages, theirs, strict=True)
    ]
    # A list of several lines after one tag, as EndNote writes it, is one author for that reader.
    several = [(one, other) for one, other in zip(ours, theirs, strict=True) if len(other.get("authors", [])) > 1]
    assert several
    for one, other in several:
        assert one.authors.split("; ") == [plain(name) for name in other["authors"]]


@pytest.mark.django_db
@pytest.mark.parametrize("name", FILES)
def test_file_loads_once_and_goes_again(name: str) -> None:
    review = make_review()
    owner, search_round = make_owner(review), make_search_round(review)
    answers = {"search_round": str(search_round.number)}
    request = Request(by=owner, review=review, path=FOLDER / name, name=Path(name).name, answers=answers)

    first = FORMATS["references"].load(request)
    again = FORMATS["references"].load(request)

    count = FILES[name][0]
    one, two = first.rows["records"], again.rows["records"]
    assert one.new + one.duplicates == count == Record.objects.count()
    assert (two.new, two.duplicates, two.unchanged) == (0, 0, count)
    assert first.act is not None
    undo(by=owner, batch=first.act, reason="Wrong file.")
    assert Record.objects.count() == 0
