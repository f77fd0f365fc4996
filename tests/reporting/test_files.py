"""Manuscripts as files, read again by other programs: DOCX, PDF, HTML, Quarto and LaTeX."""

import io
import json
import re
import sys
import zipfile
from html.parser import HTMLParser
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from PIL import Image
from pypdf import PdfReader

from analysis.models import Manuscript
from analysis.reporting import FORMATS, CannotWrite, write_file
from analysis.services.manuscripts import save_manuscript
from evidence.models import Study
from tests import factories
from tests.reporting.world import HOSTILE, Written, make_written

pytestmark = pytest.mark.django_db


def content(manuscript: Manuscript, name: str) -> bytes:
    """Give the bytes of a file."""
    return write_file(manuscript, name).content


class Page(HTMLParser):
    """What a page holds: its tags, its text, and the attributes of one kind of tag after another."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def count(self, tag: str) -> int:
        """Give how often a tag begins."""
        return sum(name == tag for name, _ in self.tags)


@pytest.fixture
def whole() -> Written:
    """A whole report, with an abstract and a citation."""
    written = make_written(is_whole=True)
    study = Study.objects.filter(review=written.world.review, reports__isnull=False).get()
    written.manuscript.abstract = f"k = {{{{{written.slug}.pooling.k}}}}."
    written.manuscript.authors = "A. Author"
    save_manuscript(by=written.world.owner, manuscript=written.manuscript)
    written.text(f"As **one** trial says [@{study.code}], *it* [works](https://example.org/x).\n\n1. First\n2. Second")
    return written


def test_docx_has_real_headings_tables_captions_and_pictures_with_words(whole: Written) -> None:
    read = docx.Document(io.BytesIO(content(whole.manuscript, "docx")))
    styles = {paragraph.style.name for paragraph in read.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Caption", "List Number"} <= styles
    captions = [paragraph for paragraph in read.paragraphs if paragraph.style.name == "Caption"]
    fields = [field.get(qn("w:instr")) for paragraph in captions for field in paragraph._p.iter(qn("w:fldSimple"))]
    assert {"SEQ Figure \\* ARABIC", "SEQ Table \\* ARABIC"} == set(fields)

    table = read.tables[0]
    assert table.rows[0].cells[0].text == "Study"
    assert len(table.rows) == 1 + 3
    assert all(grid.rows[0]._tr.find(f".//{qn('w:tblHeader')}") is not None for grid in read.tables)

    described = [shape._inline.docPr.get("descr") for shape in read.inline_shapes]
    assert described
    assert all(words and len(words) > 20 for words in described)
    pictures = [part.blob for part in read.part.package.iter_parts() if part.partname.startswith("/word/media/")]
    assert {tuple(round(dots) for dots in Image.open(io.BytesIO(blob)).info["dpi"]) for blob in pictures} == {
        (300, 300)
    }
    assert {section.orientation for section in read.sections} == {0, 1}
    assert read.core_properties.title == "Exercise for pain"
    assert read.core_properties.author == "A. Author"


def test_pdf_has_its_text_and_its_fonts_and_words_for_figures(whole: Written) -> None:
    read = PdfReader(io.BytesIO(content(whole.manuscript, "pdf")))
    text = " ".join(" ".join(page.extract_text() for page in read.pages).split())
    assert "Exercise for pain" in text
    assert "k = 3." in text
    assert "Table 1." in text
    assert "1. Aasa B, Berglund L. Low-load exercise: a trial. J Back Pain. 2015;45(2):77–85." in text
    assert any(float(page.mediabox.width) > float(page.mediabox.height) for page in read.pages)
    fonts = [font.get_object() for page in read.pages for font in page["/Resources"].get("/Font", {}).values()]
    assert fonts
    for font in fonts:
        described = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described)
    assert read.metadata is not None
    assert read.metadata.title == "Exercise for pain"
    assert "/StructTreeRoot" in read.trailer["/Root"]


def test_html_stands_alone_and_is_in_order(whole: Written) -> None:
    text = content(whole.manuscript, "html").decode()
    page = Page(text)
    assert page.count("h1") == 1
    assert page.count("svg") == page.count("figcaption") >= 1
    assert not any(tag in ("script", "iframe", "object", "link", "img") for tag, _ in page.tags)
    assert not any("style" in attributes for _, attributes in page.tags)
    loaded = [value for tag, attributes in page.tags for name, value in attributes.items() if name == "src"]
    assert loaded == []
    numbers = re.findall(r"<strong>(Figure|Table) (\d+)\.</strong>", text)
    for kind in ("Figure", "Table"):
        found = [int(number) for name, number in numbers if name == kind]
        assert found == list(range(1, len(found) + 1))
    assert 'title="' + f'{whole.slug}.pooling.k">3</span>' in text
    assert '<a href="https://example.org/x">works</a>' in text
    assert "[1]" in "".join(page.words)


def test_quarto_zip_has_text_and_figures(whole: Written) -> None:
    with zipfile.ZipFile(io.BytesIO(content(whole.manuscript, "quarto"))) as archive:
        names = archive.namelist()
        text = archive.read("exercise.qmd").decode()
        picture = archive.read("figures/figure-1.png")
    assert {"exercise.qmd", "figures/figure-1.svg", "figures/figure-1.png"} <= set(names)
    _, head, body = text.split("---\n", 2)
    assert json.loads(re.search(r"^title: (.*)$", head, re.MULTILINE)[1]) == "Exercise for pain"
    assert "(figures/figure-1.png){#fig-1 fig-alt=" in body
    assert "{#tbl-1}" in body
    assert "As **one** trial says \\[1\\], *it* [works](<https://example.org/x>)." in body
    assert picture.startswith(b"\x89PNG")


def test_latex_tables_balance(whole: Written) -> None:
    text = content(whole.manuscript, "latex").decode()
    for name in ("table", "tabular", "longtable", "landscape"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}")
    bare = re.sub(r"\\[\\{}&%$#_]", "", text)
    assert bare.count("{") == bare.count("}")
    assert r"\toprule" in text
    rows = [line for line in text.splitlines() if line.startswith("Study ") and line.endswith(r"\\")]
    assert rows


def test_checklist_is_a_file_of_its_own_and_names_what_is_missing(whole: Written) -> None:
    whole.add("checklist", text="25: page 12, Funding")
    read = docx.Document(io.BytesIO(content(whole.manuscript, "checklist")))
    rows = {row.cells[0].text: row.cells[3].text for row in read.tables[0].rows[1:]}
    assert len(rows) == 42 + 12
    assert rows["1"] == "Title"
    assert rows["2"] == "Abstract"
    assert rows["17"].endswith("Table 1")
    assert rows["25"] == "page 12, Funding"
    assert rows["26"] == "missing"
    assert rows["A5"] == "missing"


@pytest.mark.parametrize("name", FORMATS)
def test_equal_manuscripts_give_equal_bytes(name: str, whole: Written) -> None:
    first = write_file(whole.manuscript, name)
    assert first.content == write_file(Manuscript.objects.get(pk=whole.manuscript.pk), name).content
    assert first.name.startswith("exercise")
    assert len(first.content) > 500


def test_hostile_text_is_only_text_in_every_format() -> None:
    written = make_written()
    study = written.world.review.studies.first()
    Study.objects.filter(pk=study.pk).update(label=HOSTILE[:100])
    written.another_snapshot()
    written.manuscript.title = f"T {HOSTILE}"
    save_manuscript(by=written.world.owner, manuscript=written.manuscript)
    written.text(f"{HOSTILE}\n\n[bad](javascript:alert(1)) \x0b end")
    written.add("table", shows="characteristics", title=HOSTILE, columns="year\nnobody")
    written.add("figure", analysis=written.snapshot.analysis, shows="pooling.1", title=HOSTILE, text=HOSTILE)
    written.add("references", text=HOSTILE)

    page = Page(content(written.manuscript, "html").decode())
    assert not any(tag == "script" for tag, _ in page.tags)
    assert not any((attributes.get("href") or "").startswith("javascript") for _, attributes in page.tags)
    words = " ".join(" ".join(page.words).split())
    assert "<script>alert(1)</script> & \\input{secret}" in words
    assert "Not shown, because studies have no such column: nobody." in words

    latex = content(written.manuscript, "latex").decode()
    assert r"\input{secret}" not in latex
    assert r"\textbackslash{}input\{secret\} 50\% \_under\_ \$x\$" in latex

    read = docx.Document(io.BytesIO(content(written.manuscript, "docx")))
    assert "<script>alert(1)</script>" in "\n".join(paragraph.text for paragraph in read.paragraphs)
    with zipfile.ZipFile(io.BytesIO(content(written.manuscript, "quarto"))) as archive:
        text = archive.read("exercise.qmd").decode()
    assert "<script>" not in text.split("---\n", 2)[2]
    assert "\\<script\\>alert(1)\\</script\\>" in text
    assert len(PdfReader(io.BytesIO(content(written.manuscript, "pdf"))).pages) >= 1


def test_figure_with_nothing_to_draw_keeps_its_number_and_says_why() -> None:
    written = make_written(1)
    nobody = factories.make_comparator_type(written.world.review, name="Nobody has this")
    other = written.world.analysis(comparators=[nobody.code])
    snapshot = written.world.snapshot(other)
    written.add("figure", analysis=other, shows="pooling.1", title="Nothing here")
    written.add("figure", analysis=written.snapshot.analysis, shows="pooling.1", title="Something here")
    for name in ("html", "docx", "pdf", "quarto"):
        assert content(written.manuscript, name)
    text = content(written.manuscript, "html").decode()
    assert snapshot.runs.exists()
    assert re.search(r"Figure 1\.</strong> Nothing here.*Figure 2\.</strong> Something here", text, re.DOTALL)
    assert "There is nothing to draw" in text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(ImportError("No module named weasyprint"), "is not installed"), (OSError("no pango"), "libpango-1.0-0")],
)
def test_missing_printer_says_what_to_install(error: Exception, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = make_written(1)

    class Broken:
        def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
            if name == "weasyprint":
                raise error

    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(CannotWrite, match=sentence):
        write_file(written.manuscript, "pdf")
