"""Years, names, identifiers and LaTeX in the many ways in which they are written."""

import pytest

from evidence.exporters.references.latex import latex_of
from evidence.importers.references.identifiers import doi_in, doi_in_link, own_number, pmid_in, pmid_in_link
from evidence.importers.references.latex import plain_latex
from evidence.importers.references.wording import names_of, tidy, year_in


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("2003///", 2003),
        ("2015 Jan-Feb", 2015),
        ("May 2010", 2010),
        ("20180327", 2018),
        ("c1998", 1998),
        ("1", None),
        ("123456", None),
        ("in press", None),
        ("2999", None),
    ],
)
def test_year(text: str, year: int | None) -> None:
    assert year_in(text) == year


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ito, K.; Okoro, C.", ["Ito, K.", "Okoro, C."]),
        ("Ito K, Okoro C, van der Berg AB.", ["Ito K", "Okoro C", "van der Berg AB"]),
        ("Ito K., Okoro C.-D., et al.", ["Ito K.", "Okoro C.-D."]),
        ("Ito, Kenji", ["Ito, Kenji"]),
        ("Ito, Kenji (7004212771); Okoro, C. (7004212772)", ["Ito, Kenji", "Okoro, C."]),
        ("Wang, Y.; Wang, Y.", ["Wang, Y.", "Wang, Y."]),
        ("Tea, Coffee and Water Group", ["Tea, Coffee and Water Group"]),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    assert names_of([text]) == names


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://doi.org/10.1000/a.1", "10.1000/a.1"),
        ("doi:10.1000/a(1)", "10.1000/a(1)"),
        ("10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM968>3.0.CO;2-2",) * 2,
        ("10.1000/a.1 [doi]", "10.1000/a.1"),
        ("10.1000/a.1.", "10.1000/a.1"),
        ("Article", ""),
        ("DOI 1", ""),
    ],
)
def test_doi(text: str, doi: str) -> None:
    assert doi_in(text) == doi


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        (
            "https://www.scopus.com/inward/record.uri?eid=2-s2.0-1&doi=10.3390%2fani15010003&partnerID=40",
            "10.3390/ani15010003",
        ),
        ("http://dx.doi.org/10.1000/a.1?x=y", "10.1000/a.1"),
        ("J Tea. 2001;5(3):12-9. doi: 10.1000/tea.1.", "10.1000/tea.1"),
        ("https://example.org/doi/full/10.1000/a", "10.1000/a"),
        ("Article", ""),
    ],
)
def test_doi_in_an_address(text: str, doi: str) -> None:
    assert doi_in_link(text) == doi


def test_pmid() -> None:
    assert pmid_in("12643982 (http://www.ncbi.nlm.nih.gov/pubmed/12643982)") == "12643982"
    assert pmid_in("PMID: 123") == pmid_in("MEDLINE:123") == pmid_in("123.0") == "123"
    assert pmid_in("PMC123456") == pmid_in("123456789") == pmid_in("x") == ""
    assert pmid_in_link("https://pubmed.ncbi.nlm.nih.gov/123/?x") == "123"
    assert pmid_in_link("http://www.ncbi.nlm.nih.gov/pubmed/123") == "123"
    assert pmid_in_link("Cited by 12; PMID: 123") == "123"


def test_numbers_that_say_their_database() -> None:
    assert [own_number(text) for text in ("CN-01234567", "WOS:000082252000006", "L621381829", "17", "Ito2001")] == [
        *("CN-01234567", "WOS:000082252000006", "L621381829", "", ""),
    ]


def test_texts_lose_control_characters_and_entities() -> None:
    assert tidy(" p &lt; 0.05 &amp;\x07 caf&eacute;\u00a0R&D AT&T; ") == "p < 0.05 & café R&D AT&T;"


@pytest.mark.parametrize(
    ("latex", "plain"),
    [
        (r"M{\"u}ller, M\"uller, M\"{u}ller", "Müller, Müller, Müller"),
        (r"Gar\c{c}{\i}a, na{\"\i}ve, \'{\i}", "Garçıa, naïve, í"),
        (r"{\O}degaard \& {\AA}s, Stra{\ss}e, \v{S}koda, \L{}ódź", "Ødegaard & Ås, Straße, Škoda, Łódź"),
        (r"\textit{In vitro} $\alpha$-blocker, 5~mg, pages 1--9", "In vitro α-blocker, 5 mg, pages 1–9"),
        ("50% of $10 and 20\\% of {\\$}5", "50% of $10 and 20% of $5"),
        (r"$10^{-3}$ and $p \leq 0.05$", "10-3 and p ≤0.05"),
        (r"C:\unknown{x} stays", r"C:\unknownx stays"),
        ("no LaTeX at all", "no LaTeX at all"),
    ],
)
def test_latex(latex: str, plain: str) -> None:
    assert plain_latex(latex).replace("$", "$") == plain.replace("$", "$")


@pytest.mark.parametrize("text", ["50% & {x} $5_1 #2 ~a^b\\c", "a--b ``c'' ---d", "Müller's “tea”", "\\alpha"])
def test_what_is_written_as_latex_is_read_the_same(text: str) -> None:
    assert plain_latex(latex_of(text)) == text
