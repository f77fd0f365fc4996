"""Records of published works in four formats come in as they were printed, and come back the same by every way out.

The files hold bibliographic facts alone, laid out as PubMed, Web of Science and a reference program wrote them: whole
records but for abstracts, addresses and notices of rights. The table is laid out as PubMed's CSV.
"""

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.importers.asking import Request
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.importers.references import read_any
from evidence.importers.references.reading import FIELDS
from evidence.models import Record, Review
from tests.factories import make_review, make_search_round
from tests.screening_factories import make_owner

FOLDER = Path(__file__).parent / "published"
FORMAT_OF = {
    "pubmed.nbib": "nbib",
    "web_of_science.txt": "web-of-science",
    "endnote.xml": "endnote-xml",
    "pubmed.csv": "references-table",
}
# Title, authors, year, journal, volume, issue, pages, DOI, PMID and number in the database, as the works have them.
PUBLISHED = {
    "pubmed.nbib": [
        (
            *("A high level interface to SCOP and ASTRAL implemented in python.",),
            *("Casbon, James A; Crooks, Gavin E; Saqi, Mansoor A S", 2006, "BMC bioinformatics"),
            *("7", "", "10", "10.1186/1471-2105-7-10", "16403221", ""),
        ),
        (
            *("GenomeDiagram: a python package for the visualization of large-scale genomic data.",),
            *("Pritchard, Leighton; White, Jennifer A; Birch, Paul R J; Toth, Ian K", 2006),
            *("Bioinformatics (Oxford, England)", "22", "5", "616-7"),
            *("10.1093/bioinformatics/btk021", "16377612", ""),
        ),
        (
            *("PDB file parser and structure class implemented in Python.", "Hamelryck, Thomas; Manderick, Bernard"),
            *(2003, "Bioinformatics (Oxford, England)", "19", "17", "2308-10", "", "14630660", ""),
        ),
        (
            *("Peutz-Jeghers Syndrome", "Riegert-Johnson, Douglas; Wong Kee Song, Louis M.", 2009),
            *("", "", "", "", "", "21249755", ""),
        ),
        (
            *("The GTPase dynamin binds to and is activated by a subset of SH3 domains.",),
            *("Gout I; Hiles ID; Booker GW", 1993, "Cell", "75", "1", "25-36", "", "8402898", ""),
        ),
    ],
    "web_of_science.txt": [
        (
            *("Anaplerotic Role for Cytosolic Malic Enzyme in Engineered Saccharomyces cerevisiae Strains",),
            *("Zelle, Rintze M.; Harrison, Jacob C.; Pronk, Jack T.; van Maris, Antonius J. A.", 2011),
            *("APPLIED AND ENVIRONMENTAL MICROBIOLOGY", "77", "3", "732-738"),
            *("10.1128/AEM.02132-10", "", "WOS:000286597100004"),
        ),
        (
            *("Phosphoenolpyruvate Carboxykinase as the Sole Anaplerotic Enzyme in Saccharomyces cerevisiae",),
            *("Zelle, Rintze M.; Trueheart, Josh; van Maris, Antonius J. A.", 2010),
            *("APPLIED AND ENVIRONMENTAL MICROBIOLOGY", "76", "16", "5383-5389"),
            *("10.1128/AEM.01077-10", "", "WOS:000280633400006"),
        ),
    ],
    "endnote.xml": [
        (
            *("Country Clustering in Comparative Political Economy", "Ahlquist, John S; Breunig, Christian", 2009),
            *("", "", "", "32", "", "", ""),
        ),
        (
            *("Rooftop greenhouse will boost city farming", "Foderaro, Lisa W", 2012, "New York Times"),
            *("", "", "A20", "", "", ""),
        ),
        (
            "Beyond varieties of capitalism : Conflict, contradiction, and complementarities in the European economy",
            *("Hancké, Bob; Rhodes, Martin", 2007, "", "", "", "", "", "", ""),
        ),
    ],
    "pubmed.csv": [
        (
            *("GenomeDiagram: a python package for the visualization of large-scale genomic data",),
            *("Pritchard L; White JA; Birch PR; Toth IK", 2006, "Bioinformatics", "22", "5", "616-7"),
            *("10.1093/bioinformatics/btk021", "16377612", ""),
        ),
        (
            *("PDB file parser and structure class implemented in Python", "Hamelryck T; Manderick B", 2003),
            *("Bioinformatics", "19", "17", "2308-10", "", "14630660", ""),
        ),
    ],
}
EVERY_FILE = pytest.mark.parametrize("name", PUBLISHED)


def load(by: User, review: Review, path: Path, code: str) -> ImportResult:
    """Load a file into the first search round of a review."""
    answers = {"search_round": "1", "database": "The same"}
    return FORMATS[code].load(Request(by=by, review=review, path=path, name=path.name, answers=answers))


def records_of(review: Review) -> list[tuple[object, ...]]:
    """Give all that the review has of its records, in turn."""
    return list(Record.objects.filter(search_round__review=review).order_by("pk").values_list(*FIELDS))


def start() -> tuple[User, Review]:
    """Make a review with its first search round."""
    review = make_review()
    make_search_round(review)
    return make_owner(review), review


@EVERY_FILE
def test_every_field_is_read_as_it_was_printed(name: str) -> None:
    reading = read_any(FOLDER / name)

    rows = [one.as_row() for one in reading.references]
    assert [tuple(value for field, value in row.items() if field != "abstract") for row in rows] == PUBLISHED[name]
    assert (reading.faults, dict(reading.doubts)) == ([], {})


@pytest.mark.django_db
@EVERY_FILE
def test_file_comes_in_once(name: str) -> None:
    owner, review = start()

    first = load(owner, review, FOLDER / name, FORMAT_OF[name])
    kept = records_of(review)
    again = load(owner, review, FOLDER / name, "references")

    assert (first.errors, first.rows["records"].new) == ([], len(PUBLISHED[name]))
    assert (again.rows["records"].new, again.rows["records"].unchanged) == (0, len(PUBLISHED[name]))
    assert records_of(review) == kept


@pytest.mark.django_db
@EVERY_FILE
@pytest.mark.parametrize("way", ["records-ris", "records-bibtex", "records-csv"])
def test_file_comes_back_the_same_by_every_way_out(name: str, way: str, tmp_path: Path) -> None:
    owner, review = start()
    load(owner, review, FOLDER / name, FORMAT_OF[name])
    path = tmp_path / f"out{EXPORTS[way].ending}"
    path.write_bytes(b"".join(EXPORTS[way].write(Order(owner, review, {}))))
    other_owner, other = start()

    result = load(other_owner, other, path, "references")

    assert result.errors == []
    assert records_of(other) == records_of(review)
    again = load(owner, review, path, "references")
    assert (again.rows["records"].new, again.rows["records"].unchanged) == (0, len(PUBLISHED[name]))
