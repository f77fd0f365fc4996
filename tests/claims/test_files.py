"""Claims come from tables, texts of manuscripts from files; what cannot be read is refused with a sentence."""

import io
import zipfile
from contextlib import suppress
from pathlib import Path

import docx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.claims import Claim, Place, Quantity
from analysis.claims.grammar import read_claims
from analysis.papers import claims_csv, read_claim_file, read_text_of
from analysis.papers.claim_files import claims_of_text
from analysis.papers.texts import text_in
from evidence.importers.opening import Unreadable

CLAIMS = [
    Claim("a", Quantity.COUNT, "762", Place("results", "4", "12", "", "Figure 1", "screened, “all”"), subject="x"),
    Claim("b", Quantity.COUNT, "-0.42", Place("abstract"), relation="= a - a", note="=SUM(A1)", part_of="a"),
    Claim("c", Quantity.SIGNIFICANCE, "'quoted', no effect", Place("abstract", line="3"), "s", measure="SMD"),
]
SENTENCE = "Pain fell (SMD −0.28 [95% CI −0.42 to −0.14], I² = 73%)."


def test_table_of_claims_is_read_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "claims.csv"
    path.write_text(claims_csv(CLAIMS), encoding="utf-8")
    assert read_claim_file(path) == CLAIMS
    assert ",=SUM" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("code,quantity\na,k\n", "column is missing: as_printed"),
        ("code,quantity,as_printed,colour\na,k,3,red\n", "colour are not known"),
        ("code,quantity,as_printed\na,kilo,3\n", "is no quantity"),
        ("code,quantity,as_printed\na,k,3\na,k,4\n", "stands in two rows"),
        ("code,quantity,as_printed\na,k,\n", "as_printed is empty"),
        ("code,quantity,as_printed,part_of\na,k,3,b\n", "no claim with the code “b”"),
        ("code,quantity,as_printed,relation\na,k,3,b + c\n", "must begin with one of"),
        ("code,quantity,as_printed,rows\na,k,3,studies: weeks is 4\n", "is no comparison"),
    ],
)
def test_wrong_table_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        claims_of_text(text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 400), st.text(alphabet=',;"\n=-<x0\t', min_size=1, max_size=3))
def test_damaged_table_is_read_or_refused(place: int, wrong: str) -> None:
    text = claims_csv(CLAIMS)
    place = min(place, len(text))
    with suppress(Unreadable):
        claims_of_text(text[:place] + wrong + text[place + 1 :])


def word_file() -> bytes:
    """Make a document of a word processor with a paragraph and a table."""
    document = docx.Document()
    document.add_heading("Results", level=1)
    document.add_paragraph(SENTENCE)
    table = document.add_table(rows=1, cols=3)
    for cell, text in zip(table.rows[0].cells, ("Low risk", "OR 1.20 (95% CI 1.05 to 1.38)", "I² = 24%"), strict=True):
        cell.text = text
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def html_file() -> bytes:
    """Make a page with a paragraph and a table, and with what is not shown."""
    row = "<tr><td>Low risk</td><td>OR 1.20 (95% CI 1.05&ndash;1.38)</td><td>I<sup>2</sup> = 24%</td></tr>"
    hidden = "<script>SMD 9.0 (95% CI 8.0 to 10.0)</script>"
    page = f"<!DOCTYPE html><html><head><title>x</title></head><body><h2>Results</h2>{hidden}<p>{SENTENCE}</p>"
    return f"{page}<table>{row}</table></body></html>".encode()


@pytest.mark.parametrize("content", [word_file(), html_file(), f"Results\n\n{SENTENCE}\n".encode("utf-16")])
def test_results_are_read_from_each_kind_of_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manuscript"
    path.write_bytes(content)
    claims = read_claims(read_text_of(path))
    found = {(claim.quantity.value, claim.printed.number) for claim in claims if claim.printed}
    assert {("estimate", -0.28), ("ci_lower", -0.42), ("ci_upper", -0.14), ("i2", 73.0)} <= found
    assert {claim.place.section for claim in claims} == {"results"}
    if not content.startswith(b"\xff"):
        assert {("estimate", 1.2), ("ci_lower", 1.05), ("ci_upper", 1.38)} <= found
    assert ("estimate", 9.0) not in found


def spanning_word_table() -> bytes:
    """Make a document with a table under two rows of headings, of which the upper ones span columns."""
    document = docx.Document()
    rows = (("Outcome", "Trials", "Effect", "", "I²"), ("", "", "SMD", "95% CI", ""), *SPANNED)
    table = document.add_table(rows=len(rows), cols=5)
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    table.cell(0, 2).merge(table.cell(0, 3))
    table.cell(0, 0).merge(table.cell(1, 0))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def spanning_html_table() -> bytes:
    """Make the same table as a page, with paragraphs in its cells."""
    head = (
        "<tr><th rowspan=2>Outcome<th rowspan='2'>Trials</th><th colspan=2>Effect</th><th rowspan=2>I<sup>2</sup></th>"
    )
    rows = ["".join(f"<td><p>{text}</p></td>" for text in row) for row in SPANNED]
    body = "".join(f"<tr>{row}</tr>" for row in ("<th>SMD</th><th>95% CI</th>", *rows))
    return f"<html><body><p>Text.</p><table>{head}</tr>{body}</table><p>RR 0.90 (95% CI 0.81 to 1.00).</body>".encode()


SPANNED = (("Pain", "12", "-0.41", "-0.60 to -0.22", "22%"), ("", "7", "-0.21", "-0.40 to -0.02", "0%"))


@pytest.mark.parametrize("content", [spanning_word_table(), spanning_html_table()], ids=["word", "html"])
def test_headings_that_span_columns_and_rows_keep_each_number_in_its_column(content: bytes) -> None:
    claims = read_claims(text_in(content))
    found = [{one.quantity.value: one.text for one in claims if one.statement == name} for name in ("r1", "r2")]
    names = ("k", "estimate", "ci_lower", "ci_upper", "i2", "level")
    assert found[0] == dict(zip(names, ("12", "-0.41", "-0.60", "-0.22", "22", "95"), strict=True))
    assert found[1] == dict(zip(names, ("7", "-0.21", "-0.40", "-0.02", "0", "95"), strict=True))


def test_a_page_that_ends_in_the_middle_of_a_table_is_read() -> None:
    page = spanning_html_table().partition(b"-0.40 to")[0]
    claims = read_claims(text_in(page))
    assert {claim.statement for claim in claims} == {"r1"}
    wide = b"<table><tr><td colspan='9999999'>x<td rowspan='-1' colspan=''>y</table>"
    assert text_in(b"<html>" + wide).strip() == "x" + "\t" * 1 + "y"


def test_other_files_are_refused_with_a_sentence() -> None:
    with pytest.raises(Unreadable, match="The file is a PDF; save its text"):
        text_in(b"%PDF-1.7 ...")
    empty = io.BytesIO()
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(Unreadable, match="no document of a word processor"):
        text_in(empty.getvalue())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_damaged_document_is_read_or_refused(place: int, wrong: bytes) -> None:
    content = word_file()
    place %= len(content)
    with suppress(Unreadable):
        read_claims(text_in(content[:place] + wrong + content[place + len(wrong) :]))
