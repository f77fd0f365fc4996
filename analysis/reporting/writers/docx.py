"""A document as DOCX: real headings, tables whose heads repeat, captions that are counted, pictures with words."""

import io
import re
from collections.abc import Iterable
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_COLOR_INDEX
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu, Mm, Pt, RGBColor

from analysis.figures.text import NOT_XML
from analysis.reporting.document import (
    Cell,
    Cells,
    Checklist,
    Document,
    Figure,
    Heading,
    Listing,
    PageBreak,
    Paragraph,
    Part,
    References,
    Run,
    Runs,
    Table,
)
from analysis.reporting.pictures import png_of
from analysis.reporting.writers.zipping import with_fixed_times

FONT = "Arial"
INK = RGBColor(0x1B, 0x1B, 0x1B)
A4, MARGIN = (Mm(210), Mm(297)), Mm(22)
ALIGNED = {"left": WD_ALIGN_PARAGRAPH.LEFT, "right": WD_ALIGN_PARAGRAPH.RIGHT, "center": WD_ALIGN_PARAGRAPH.CENTER}
SIZES = {"Normal": 10.5, "Title": 19, "Heading 1": 15, "Heading 2": 12.5, "Heading 3": 11, "Caption": 9.5}
MISSING = "missing"
HEAD_SHADE = "E9EEF2"


def write_docx(document: Document) -> bytes:
    """Give the document as DOCX; equal documents give equal bytes."""
    return Writer(document).write()


class Writer:
    """Writes one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.docx: Any = docx.Document()
        self._pictures = 0

    def write(self) -> bytes:
        """Give the file."""
        self._set_up()
        self._begin()
        is_wide = False
        for sheet in self.document.sheets():
            if sheet.is_wide != is_wide:
                is_wide = sheet.is_wide
                self._turn(WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT)
            for part in sheet.parts:
                self._part(part)
        if self.document.sources:
            self.docx.add_heading("Data of this manuscript", 2)
            for said in self.document.sources:
                self.docx.add_paragraph(clean(said), style="List Bullet")
        held = io.BytesIO()
        self.docx.save(held)
        return with_fixed_times(held.getvalue(), self.document.changed_at)

    def _set_up(self) -> None:
        """Set the page, the fonts, and what the file says of itself."""
        section = self.docx.sections[0]
        section.page_width, section.page_height = A4
        for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
            setattr(section, side, MARGIN)
        for name, size in SIZES.items():
            style = self.docx.styles[name]
            style.font.name, style.font.size, style.font.color.rgb = FONT, Pt(size), INK
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for kind in ("w:ascii", "w:hAnsi", "w:cs", "w:eastAsia"):
                fonts.set(qn(kind), FONT)
            for kind in ("w:asciiTheme", "w:hAnsiTheme", "w:cstheme", "w:eastAsiaTheme"):
                fonts.attrib.pop(qn(kind), None)
        self.docx.styles["Caption"].font.bold = True
        about = self.docx.core_properties
        moment = self.document.changed_at.replace(tzinfo=None, microsecond=0)
        about.title, about.author = clean(self.document.title)[:255], clean(self.document.authors)[:255]
        about.last_modified_by = clean(self.document.changed_by)[:255]
        about.created = about.modified = moment
        about.subject, about.comments, about.language = clean(self.document.review)[:255], "", "en-GB"
        footer = section.footer.paragraphs[0]
        footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _add_field(footer, "PAGE", "1")

    def _begin(self) -> None:
        """Write the title, who wrote it, what is stale, and the abstract."""
        self.docx.add_paragraph(clean(self.document.title), style="Title")
        if self.document.authors:
            self.docx.add_paragraph(clean(self.document.authors))
        for line in self.document.affiliations:
            self._small(line)
        stale = self.document.stale()
        if stale:
            paragraph = self.docx.add_paragraph()
            paragraph.add_run("Not up to date. ").bold = True
            marked = paragraph.add_run(clean(" ".join(stale)))
            marked.font.highlight_color = WD_COLOR_INDEX.YELLOW
        if self.document.abstract:
            self.docx.add_heading("Abstract", 1)
            for part in self.document.abstract:
                self._part(part)

    def _part(self, part: Part) -> None:
        if isinstance(part, Heading):
            self.docx.add_heading(clean(part.words), part.level)
        elif isinstance(part, Paragraph):
            self._runs(self.docx.add_paragraph(), part.runs)
        elif isinstance(part, Listing):
            style = "List Number" if part.is_numbered else "List Bullet"
            for item in part.items:
                self._runs(self.docx.add_paragraph(style=style), item)
        elif isinstance(part, Figure):
            self._figure(part)
        elif isinstance(part, Table):
            self._table(part)
        elif isinstance(part, Checklist):
            self._checklist(part)
        elif isinstance(part, References):
            self._references(part)
        elif isinstance(part, PageBreak):
            self.docx.add_page_break()

    def _caption(self, kind: str, number: int, runs: Runs, *, stale: str, keep: bool) -> None:
        """Write “Table 1. ...”, its number a field that Word counts itself; `keep` holds it to what follows."""
        paragraph = self.docx.add_paragraph(style="Caption")
        paragraph.paragraph_format.keep_with_next = keep
        paragraph.add_run(f"{kind} ")
        _add_field(paragraph, f"SEQ {kind} \\* ARABIC", str(number))
        paragraph.add_run(". ")
        self._runs(paragraph, runs)
        if stale:
            marked = paragraph.add_run(f" [Not up to date: {clean(stale)}]")
            marked.font.highlight_color = WD_COLOR_INDEX.YELLOW

    def _figure(self, figure: Figure) -> None:
        if figure.svg:
            paragraph = self.docx.add_paragraph()
            paragraph.paragraph_format.keep_with_next = True
            width, height = _size(figure.svg, self._room())
            picture = paragraph.add_run().add_picture(io.BytesIO(png_of(figure.svg)), width=width, height=height)
            self._pictures += 1
            about = picture._inline.docPr
            about.set("descr", clean(figure.alt))
            about.set("title", f"Figure {figure.number}")
            about.set("name", f"Figure {figure.number}")
            about.set("id", str(1000 + self._pictures))
        self._caption("Figure", figure.number, figure.caption, stale=figure.stale, keep=bool(figure.missing))
        for sentence in figure.missing:
            self._runs(self.docx.add_paragraph(), (Run(sentence, is_italic=True),))
        self._notes(figure.notes)

    def _room(self) -> tuple[int, int]:
        """Give how wide and how high something may be on the page, less what its caption takes."""
        section = self.docx.sections[-1]
        width = section.page_width - section.left_margin - section.right_margin
        height = section.page_height - section.top_margin - section.bottom_margin - Mm(25)
        return int(width), int(height)

    def _table(self, table: Table) -> None:
        self._caption("Table", table.number, table.caption, stale=table.stale, keep=True)
        if table.rows:
            self._grid(table.head, table.rows, table.widths)
        for sentence in table.missing:
            self._runs(self.docx.add_paragraph(), (Run(sentence, is_italic=True),))
        self._notes(table.notes)
        for letter, text in table.marks:
            self._note((Run(letter, is_raised=True), Run(f" {text}")))

    def _turn(self, orientation: Any) -> None:
        """Go on with pages of this orientation."""
        section = self.docx.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = orientation
        is_wide = orientation == WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = (A4[1], A4[0]) if is_wide else A4

    def _grid(self, head: Iterable[Cells], rows: Iterable[Cells], widths: tuple[float, ...]) -> None:
        """Write a table; the rows of its head are repeated on every page, and no row is torn apart."""
        head, rows = list(head), list(rows)
        count = sum(cell.span for cell in head[0])
        grid = self.docx.add_table(rows=0, cols=count)
        grid.style = "Table Grid"
        grid.autofit = False
        shares = widths or (1.0,) * count
        room, _ = self._room()
        columns = [Emu(int(room * share / sum(shares))) for share in shares]
        for column, width in zip(grid.columns, columns, strict=True):
            column.width = width
        for cells in head:
            self._row(grid, cells, columns, is_head=True)
        for cells in rows:
            self._row(grid, cells, columns, is_head=False)
        self.docx.add_paragraph().paragraph_format.space_after = Pt(2)

    def _row(self, grid: Any, cells: Cells, columns: list[Any], *, is_head: bool) -> None:
        """Write a row straight as XML elements: a table of 58 studies has a thousand cells."""
        row = OxmlElement("w:tr")
        about = OxmlElement("w:trPr")
        about.append(OxmlElement("w:cantSplit"))
        if is_head:
            about.append(OxmlElement("w:tblHeader"))
        row.append(about)
        place = 0
        for cell in cells:
            width = sum(columns[place : place + cell.span])
            row.append(_cell_element(cell, int(width), is_head=is_head))
            place += cell.span
        grid._tbl.append(row)

    def _checklist(self, checklist: Checklist) -> None:
        self.docx.add_heading(clean(checklist.title), 2)
        said = f"{len(checklist.rows) - checklist.missing} of {len(checklist.rows)} items are found in the manuscript."
        self._small(said)
        titles = ("Item", "Section", "Topic", "Where")
        head = (tuple(Cell(title, is_header=True) for title in titles),)
        rows = [
            (Cell(row.number), Cell(row.section), Cell(row.topic), Cell(row.place or MISSING)) for row in checklist.rows
        ]
        self._grid(head, rows, (0.5, 1.3, 3.2, 2.6))
        self._small(checklist.source)

    def _references(self, references: References) -> None:
        self.docx.add_heading(clean(references.title), 1)
        for label, item in references.items:
            paragraph = self.docx.add_paragraph()
            paragraph.paragraph_format.left_indent = Mm(9)
            paragraph.paragraph_format.first_line_indent = Mm(-9)
            paragraph.paragraph_format.space_after = Pt(3)
            self._runs(paragraph, (Run(f"{label}.\t"), *item) if label else item)
        for note in references.notes:
            self._small(note)

    def _notes(self, notes: Iterable[Runs]) -> None:
        for note in notes:
            self._note(note)

    def _note(self, runs: Runs) -> None:
        paragraph = self.docx.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        self._runs(paragraph, runs, size=8.5)

    def _small(self, text: str) -> None:
        self._note((Run(text),))

    def _runs(self, paragraph: Any, runs: Runs, *, size: float | None = None) -> None:
        for run in runs:
            if run.href.startswith(("http://", "https://")):
                _add_link(paragraph, run, size)
                continue
            written = paragraph.add_run(clean(run.text))
            written.bold, written.italic = run.is_bold or None, run.is_italic or None
            written.font.superscript = run.is_raised or None
            if size:
                written.font.size = Pt(size)
            if run.stale or run.is_wrong:
                written.font.highlight_color = WD_COLOR_INDEX.YELLOW


def clean(text: str) -> str:
    """Give a text without characters that XML cannot hold."""
    return NOT_XML.sub("", text)


def _size(svg: str, room: tuple[int, int]) -> tuple[Emu, Emu]:
    """Give width and height of a drawing so that it fits on a page."""
    found = re.search(r'<svg[^>]*? width="([\d.]+)" height="([\d.]+)"', svg)
    width, height = (float(found[1]), float(found[2])) if found else (1.0, 1.0)
    scale = min(room[0] / width, room[1] / height)
    return Emu(int(width * scale)), Emu(int(height * scale))


def _cell_element(cell: Cell, width: int, *, is_head: bool) -> Any:
    """Give a cell as an element."""
    element = OxmlElement("w:tc")
    about = OxmlElement("w:tcPr")
    _with(about, "w:tcW", {"w:w": str(int(width / 635)), "w:type": "dxa"})
    if cell.span > 1:
        _with(about, "w:gridSpan", {"w:val": str(cell.span)})
    if is_head:
        _with(about, "w:shd", {"w:val": "clear", "w:color": "auto", "w:fill": HEAD_SHADE})
    element.append(about)
    paragraph = OxmlElement("w:p")
    form = OxmlElement("w:pPr")
    _with(form, "w:spacing", {"w:before": "20", "w:after": "20", "w:line": "240", "w:lineRule": "auto"})
    _with(form, "w:jc", {"w:val": cell.align})
    paragraph.append(form)
    run = OxmlElement("w:r")
    look = OxmlElement("w:rPr")
    if is_head:
        look.append(OxmlElement("w:b"))
    _with(look, "w:sz", {"w:val": "15"})
    run.append(look)
    text = OxmlElement("w:t")
    text.text = clean(cell.text)
    text.set(qn("xml:space"), "preserve")
    run.append(text)
    paragraph.append(run)
    element.append(paragraph)
    return element


def _with(parent: Any, name: str, attributes: dict[str, str]) -> None:
    child = OxmlElement(name)
    for key, value in attributes.items():
        child.set(qn(key), value)
    parent.append(child)


def _add_field(paragraph: Any, code: str, shown: str) -> None:
    """Add a field that Word works out anew, with what it shows until then."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = shown
    run.append(text)
    field.append(run)
    paragraph._p.append(field)


def _add_link(paragraph: Any, run: Run, size: float | None) -> None:
    """Add a link; python-docx has no method of its own for it."""
    target = paragraph.part.relate_to(run.href, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), target)
    written = paragraph.add_run(clean(run.text))
    written.bold, written.italic, written.font.underline = run.is_bold or None, run.is_italic or None, True
    written.font.color.rgb = RGBColor(0x1A, 0x5A, 0x8A)
    if size:
        written.font.size = Pt(size)
    link.append(written._r)
    paragraph._p.append(link)
