"""Each kind of file is read as its database or program writes it; a damaged record is told with its line."""

from pathlib import Path

import pytest

from evidence.importers.opening import Unreadable
from evidence.importers.references import Reading, Reference, read_any
from evidence.importers.references.kinds import KINDS, RIS, kind_of, read_as
from evidence.importers.references.places import place_in, volume_and_issue
from tests.evidence.references import samples

KIND_OF = {
    "ris": "ris",
    "nbib": "nbib",
    "ovid": "nbib",
    "bibtex": "bibtex",
    "endnote_xml": "endnote-xml",
    "web_of_science": "web-of-science",
}


def read(tmp_path: Path, text: str | bytes, name: str = "file.txt") -> Reading:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_any(path)


def test_ris_of_several_databases(tmp_path: Path) -> None:
    reading = read(tmp_path, samples.RIS)

    assert reading.references == [
        Reference(
            line=1,
            title="Tea for sleep: a randomised trial",
            abstract="We gave tea. It helped.",
            authors="Ito, Kenji; Müller, B.",
            year=2001,
            journal="Journal of Tea",
            volume="5",
            issue="3",
            pages="12-19",
            doi="10.1000/TEA.1",
            pmid="11111111",
            accession="WOS:000000000000001",
        ),
        Reference(
            line=19,
            title="Water for sleep",
            abstract="We gave water.",
            authors="Okoro, C.",
            year=2002,
            journal="Journal of Water",
            volume="2 Suppl 1",
            issue="1",
            pages="1-9",
            doi="10.1000/water.2",
            pmid="22222222",
        ),
    ]
    assert (reading.faults, reading.notes()) == ([], [])


def test_ris_with_small_tags_tabs_and_single_spaces(tmp_path: Path) -> None:
    text = "ty  - JOUR\nti  - Small\nau  - Ito, K.\ner  - \nTY - JOUR\nTI - One space\nAU\t- Ito, K.\nER -\n"

    reading = read(tmp_path, text)

    assert [(one.title, one.authors) for one in reading.references] == [("Small", "Ito, K."), ("One space", "Ito, K.")]


def test_ris_text_that_looks_like_a_tag_stays_text(tmp_path: Path) -> None:
    reading = read(tmp_path, "TY  - JOUR\nTI  - A\nAB  - We saw\nin  - vitro\nno - yes\nT cells\nER  - \n")

    assert reading.references[0].abstract == "We saw in - vitro no - yes T cells"


def test_ris_record_without_end_or_beginning_is_taken_in_and_told(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - A\nTY  - JOUR\nTI  - B\nER  - \nTI  - C\nER  - \nTY  - JOUR\nTI  - D\nAB  - cut he"

    reading = read(tmp_path, text)

    assert [(one.line, one.title) for one in reading.references] == [(1, "A"), (3, "B"), (6, "C"), (8, "D")]
    assert reading.notes() == [
        "In 1 record the line ER, which ends a record, is missing (line 1).",
        "In 1 record the line TY, which begins a record, is missing (line 6).",
        "In 1 record the file ends before the record does; it may be cut, check the record's last field (line 8).",
    ]


def test_record_without_a_title_is_refused_with_its_line_and_the_rest_goes_in(tmp_path: Path) -> None:
    reading = read(tmp_path, "TY  - JOUR\nAU  - Ito, K.\nER  - \nTY  - JOUR\nTI  - B\nER  - \n")

    assert reading.faults == [(1, "TI", "The record has no title; it cannot be screened.")]
    assert [one.title for one in reading.references] == ["B"]


def test_what_cannot_be_read_of_a_record_is_left_empty_and_told(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - A\nPY  - in press\nDO  - none\nPM  - x\nER  - \n"

    reading = read(tmp_path, text)

    assert reading.references == [Reference(line=1, title="A")]
    assert reading.notes() == [
        "In 1 record what stands as the DOI is none and is left out (line 1).",
        "In 1 record what stands as the PMID is none and is left out (line 1).",
        "In 1 record the year could not be read and is left empty (line 1).",
    ]


def test_identifiers_of_comments_and_errata_are_not_taken_for_the_records_own(tmp_path: Path) -> None:
    text = (
        "TY  - JOUR\nTI  - A\nN1  - Comment in: J Tea. doi: 10.1000/other. PMID: 99999999\nER  - \n"
        "TY  - JOUR\nTI  - B\nN1  - PMID: 11111111; cited by 3\ndoi: 10.1000/own\nER  - \n"
    )

    other, own = read(tmp_path, text).references

    assert (other.doi, other.pmid) == ("", "")
    assert (own.doi, own.pmid) == ("10.1000/own", "11111111")


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ("VL  - 5\nSP  - 412-420", ("5", "", "412-420")),
        ("VL  - 5\nSP  - 412-420\nEP  - 420", ("5", "", "412-420")),
        ("SP  - S61\nEP  - S61", ("", "", "S61")),
        ("SP  - pp. 7 – 9", ("", "", "7-9")),
        ("EP  - 12", ("", "", "12")),
        ("IS  - Suppl. 2\nCP  - London\nC7  - e0123", ("", "Suppl. 2", "e0123")),
        ("CP  - 3-4\nC7  - PMC", ("", "3-4", "")),
        (f"VL  - {'5' * 41}\nIS  - 1", ("", "1", "")),
    ],
)
def test_volume_issue_and_pages_of_ris(tmp_path: Path, fields: str, place: tuple[str, str, str]) -> None:
    (one,) = read(tmp_path, f"TY  - JOUR\nTI  - A\n{fields}\nER  - \n").references

    assert (one.volume, one.issue, one.pages) == place


def test_number_of_pages_of_a_book_is_no_page(tmp_path: Path) -> None:
    book, chapter = read(
        tmp_path, "TY  - BOOK\nTI  - A\nSP  - 250\nER  - \nTY  - CHAP\nTI  - B\nSP  - 25\nER  - \n"
    ).references

    assert (book.pages, chapter.pages) == ("", "25")


@pytest.mark.parametrize(
    ("citation", "place"),
    [
        ("J Tea. 2001 May-Jun;5(3):12-9. doi: 10.1000/tea.1.", ("5", "3", "12-9")),
        ("PLoS One. 2011;6(2):e17219. doi: 10.1371/x. Print 2011.", ("6", "2", "e17219")),
        ("J Tea. 2001;5 Suppl 1:S12-9.", ("5 Suppl 1", "", "S12-9")),
        ("J Tea. 2001 May 5. doi: 10.1000/tea.1. Online ahead of print.", ("", "", "")),
        ("Journal of Water. 2(1):1-9, 2002 Jan.", ("2", "1", "1-9")),
        ("Spine. 40 (3) (pp 141-146), 2015. Date of Publication: 01 Feb 2015.", ("40", "3", "141-146")),
        ("Tea. 5 (Supplement 3) (no pagination), 2001.", ("5", "Supplement 3", "")),
        ("Journal of Tea (2001) 5:3 (12-9)", ("5", "3", "12-9")),
        ("Journal of Tea, 2001", ("", "", "")),
        ("", ("", "", "")),
    ],
)
def test_place_is_read_from_the_citation_as_databases_write_it(citation: str, place: tuple[str, str, str]) -> None:
    assert place_in([citation]) == place


@pytest.mark.parametrize(
    ("volume", "issue", "apart"),
    [
        ("6(2)", "", ("6", "2")),
        ("40 (3 Suppl)", "", ("40", "3 Suppl")),
        ("6(2)", "4", ("6(2)", "4")),
        ("(2)", "", ("(2)", "")),
        ("6", "", ("6", "")),
    ],
)
def test_issue_is_taken_from_the_field_of_the_volume_where_it_has_none(
    volume: str, issue: str, apart: tuple[str, str]
) -> None:
    assert volume_and_issue(volume, issue) == apart


def test_number_of_an_article_in_bibtex_is_its_page_and_no_number_of_a_database(tmp_path: Path) -> None:
    text = "@article{a, title={A}, eid={e0123}}\n@article{b, title={B}, eid={2-s2.0-85000000001}, pages={7}}\n"

    first, second = read(tmp_path, text).references

    assert ((first.pages, first.accession), (second.pages, second.accession)) == (
        *(("e0123", ""), ("7", "2-s2.0-85000000001")),
    )


def test_pubmed_format(tmp_path: Path) -> None:
    first, second = read(tmp_path, samples.NBIB).references

    assert first == Reference(
        line=2,
        title="Tea for sleep: a randomised trial.",
        abstract="BACKGROUND: We gave tea. RESULTS: It helped.",
        authors="Ito, Kenji; Müller, Bernd; Tea Study Group",
        year=2001,
        journal="Journal of tea",
        volume="5",
        issue="3",
        pages="12-9",
        doi="10.1000/tea.1",
        pmid="11111111",
    )
    assert (second.line, second.title, second.authors, second.journal) == (25, "Water for sleep.", "Okoro C", "J Water")


def test_ovid_format(tmp_path: Path) -> None:
    first, second = read(tmp_path, samples.OVID).references

    assert first == Reference(
        line=1,
        title="Tea for sleep: a randomised trial.",
        abstract="Background: We gave tea. Result(s): It helped.",
        authors="Ito K.; Muller B.",
        year=2001,
        journal="Journal of Tea",
        volume="5",
        issue="Supplement 3",
        doi="10.1000/tea.1",
        accession="621000001",
    )
    assert (second.line, second.pmid, second.accession, second.year) == (17, "22222222", "", 2002)
    assert (second.volume, second.issue, second.pages) == ("2", "1", "1-9")


def test_bibtex_with_latex_strings_repeated_keys_and_a_damaged_entry(tmp_path: Path) -> None:
    reading = read(tmp_path, samples.BIBTEX)

    first, second, last = reading.references
    assert first == Reference(
        line=4,
        title="Tea for sleep: 50% of Études and Müller's & Øre's",
        authors="Ito, Kenji; Müller, Bernd; van der Berg, A.; Tea Study Group",
        year=2001,
        journal="Journal of Tea",
        volume="5",
        issue="3",
        pages="12-19",
        doi="10.1000/tea_1",
        pmid="11111111",
    )
    assert (second.line, second.title, second.authors) == (17, "The same key again", "van Beethoven, Ludwig")
    assert (second.year, second.doi) == (2002, "10.1000/again")
    assert last.title == "Water for sleep"
    assert reading.faults == [
        (24, "", "The entry cannot be read: a brace, a quotation mark or a comma is missing in it.")
    ]


def test_endnote_xml(tmp_path: Path) -> None:
    reading = read(tmp_path, samples.ENDNOTE_XML)

    assert reading.references == [
        Reference(
            line=4,
            title="Tea for sleep",
            abstract="We gave tea & it helped.",
            authors="Ito, Kenji; Tea Study Group",
            year=2001,
            journal="Journal of Tea",
            volume="5",
            issue="3",
            pages="12-19",
            doi="10.1000/tea.1",
            pmid="11111111",
        )
    ]
    assert reading.faults == [(16, "title", "The record has no title; it cannot be screened.")]


def test_endnote_xml_with_entities_of_its_own_is_not_read(tmp_path: Path) -> None:
    text = '<!DOCTYPE xml [<!ENTITY a "aaaa">]><xml><records><record><title>&a;</title></record></records></xml>'

    with pytest.raises(Unreadable, match="defines entities of its own"):
        read(tmp_path, text)


def test_web_of_science_plain_text(tmp_path: Path) -> None:
    first, second = read(tmp_path, samples.WEB_OF_SCIENCE).references

    assert first == Reference(
        line=3,
        title="Tea for sleep: a randomised trial",
        abstract="We gave tea. It helped.",
        authors="Ito, K; Muller, B",
        year=2001,
        journal="JOURNAL OF TEA",
        volume="5",
        issue="3",
        pages="12-19",
        doi="10.1000/tea.1",
        pmid="11111111",
        accession="WOS:000000000000001",
    )
    assert (second.line, second.year) == (24, 2002)
    assert (second.volume, second.issue, second.pages) == ("2", "", "e17")


def test_tables_of_four_databases(tmp_path: Path) -> None:
    web_of_science, pubmed, scopus, embase = (
        read(tmp_path, text, "table.csv").references[0]
        for text in (samples.WEB_OF_SCIENCE_TABLE, samples.PUBMED_CSV, samples.SCOPUS_CSV, samples.EMBASE_ROWS)
    )

    assert (web_of_science.title, web_of_science.abstract) == ('"Tea" for sleep', 'We said "tea')
    assert (web_of_science.authors, web_of_science.pmid) == ("Ito, K; Muller, B", "1")
    assert (pubmed.title, pubmed.authors, pubmed.journal) == ("Tea for sleep, a trial.", "Ito K; Müller B", "J Tea")
    assert (pubmed.pmid, pubmed.year, pubmed.doi, pubmed.line) == ("11111111", 2001, "10.1000/tea.1", 2)
    assert (scopus.authors, scopus.journal, scopus.accession) == (
        *("Ito K.; Müller B.", "Journal of Tea", "2-s2.0-85000000001"),
    )
    assert (embase.authors, embase.pmid, embase.accession) == ("Ito K.; Müller B.", "11111111", "L621000001")
    assert [(one.volume, one.issue, one.pages) for one in (web_of_science, pubmed, scopus, embase)] == [
        *[("5", "3", "12-19"), ("5", "3", "12-9"), ("5", "3", "12-19"), ("5", "3", "")],
    ]


def test_table_with_a_damaged_row_keeps_the_rest(tmp_path: Path) -> None:
    reading = read(tmp_path, "Titel;Jahr\nA;2001\nB;2002;too;many\n;2003\nC;2004\n", "table.csv")

    assert [(one.line, one.title, one.year) for one in reading.references] == [(2, "A", 2001), (5, "C", 2004)]
    assert [(line, column) for line, column, _ in reading.faults] == [(3, ""), (4, "Titel")]


def test_table_without_a_title_says_which_columns_it_has(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"No column is called title .*; the file has Jahr, Name\."):
        read(tmp_path, "Jahr,Name\n2001,A\n", "table.csv")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, end: str) -> None:
    reading = read(tmp_path, samples.RIS.replace("\n", end).encode(encoding))

    assert [one.line for one in reading.references] == [1, 19]
    assert reading.references[0].authors == "Ito, Kenji; Müller, B."


@pytest.mark.parametrize(("name", "kind"), KIND_OF.items())
def test_kind_is_seen_in_the_file_whatever_it_is_called(tmp_path: Path, name: str, kind: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(samples.ALL[name], encoding="utf-8")

    found = kind_of(path)

    assert found is not None
    assert found.code == kind


def test_file_of_another_kind_than_was_said_is_named(tmp_path: Path) -> None:
    path = tmp_path / "file.ris"
    path.write_text(samples.NBIB, encoding="utf-8")

    with pytest.raises(Unreadable, match=r"No reference was found .* looks like PubMed"):
        read_as(RIS, path)


@pytest.mark.parametrize("content", [b"", b" \n", b"%PDF-1.4", b"hello", b"PK\x03\x04cut", b"\x00\x01\x02\x03\xff"])
@pytest.mark.parametrize("kind", [None, *KINDS], ids=lambda kind: kind.code if kind else "any")
def test_what_is_no_file_of_references_is_refused_with_a_sentence(tmp_path: Path, content: bytes, kind: object) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    with pytest.raises(Unreadable) as refused:
        read_any(path) if kind is None else read_as(kind, path)  # type: ignore[arg-type]

    assert refused.value.sentence[0].isupper()
    assert refused.value.sentence.endswith(".")
