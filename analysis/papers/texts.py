"""The text of a manuscript, from a file of text, HTML or DOCX: a paragraph or a row of a table on each line."""

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree.ElementTree import Element

from evidence.importers.opening import (
    ZIP,
    Unreadable,
    decode,
    open_zip,
    parse_xml,
    read_file,
    read_member,
    refuse_other_kinds,
)

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
MARKUP = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?<(?:!doctype\s+html|html|head|body|article|div|p|h1)\b", re.IGNORECASE)
PDF = (
    "The file is a PDF; save its text as a .txt file first (pdftotext -layout does it), since where lines and columns "
    "of a PDF belong cannot be told for sure."
)
NO_WORD = "The file is a zip archive, but no document of a word processor (DOCX)."
HIDDEN = frozenset({"script", "style", "template", "head", "noscript"})
WIDEST = 100
BLOCK = re.compile(
    "p|div|li|tr|table|section|article|br|caption|figcaption|blockquote|ul|ol|h[1-6]|dt|dd|header|footer|main"
)


def read_text_of(path: Path) -> str:
    """Give the text of a file.

    Raises
    ------
    Unreadable : it is a PDF, a picture, damaged, or larger than allowed
    """
    return text_in(read_file(path))


def text_in(content: bytes) -> str:
    """Give the text of the bytes of a file; Raises as `read_text_of`."""
    if content.startswith(b"%PDF"):
        raise Unreadable(PDF)
    refuse_other_kinds(content)
    if content.startswith(ZIP):
        return _word_text(content)
    text = decode(content).text
    return _html_text(text) if MARKUP.match(text) else text


def _word_text(content: bytes) -> str:
    """Give the text of a DOCX; what is deleted with tracked changes is left out."""
    archive = open_zip(content)
    if "word/document.xml" not in archive.namelist():
        raise Unreadable(NO_WORD)
    root = parse_xml(read_member(archive, "word/document.xml"))
    space = STRICT if root.tag.startswith(STRICT) else WORD
    body = root.find(f"{space}body")
    lines: list[str] = []
    for part in [] if body is None else body:
        if part.tag == f"{space}tbl":
            for row in part.iter(f"{space}tr"):
                lines.append("\t".join(_word_cells(row, space)))
            lines.append("")
        else:
            for paragraph in part.iter(f"{space}p"):
                lines += [_paragraph(paragraph, space), ""]
    return "\n".join(lines)


def _word_cells(row: Element, space: str) -> list[str]:
    """Give the cells of a row; one that spans columns is followed by empty ones."""
    cells: list[str] = []
    for cell in row.iter(f"{space}tc"):
        cells.append(" ".join(_paragraph(p, space) for p in cell.iter(f"{space}p")))
        span = cell.find(f"{space}tcPr/{space}gridSpan")
        cells += [""] * (_span(None if span is None else span.get(f"{space}val")) - 1)
    return cells


def _paragraph(paragraph: Element, space: str) -> str:
    """Give the text of a paragraph; a line break in it is a space."""
    texts = []
    for node in paragraph.iter():
        if node.tag == f"{space}t":
            texts.append(node.text or "")
        elif node.tag == f"{space}noBreakHyphen":
            texts.append("-")
        elif node.tag in (f"{space}tab", f"{space}br"):
            texts.append(" ")
    return "".join(texts).replace("\n", " ")


class _Lines(HTMLParser):
    """Collects the text of a page, block by block, cells of a row parted by tabs.

    A cell that spans columns or rows is followed by empty ones, so that each number keeps its column.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.hidden = 0
        self.row: list[str] | None = None
        self.spans: dict[int, int] = {}
        self.widths: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line with a block, a row with a line, and a cell with a column; within a row a block is a space."""
        if tag in HIDDEN:
            self.hidden += 1
        elif tag == "table":
            self._end_row()
            self.spans = {}
            self.lines += ["", ""]
        elif tag == "tr":
            self._end_row()
            self.row, self.widths = [], []
        elif tag in ("td", "th") and self.row is not None:
            self._begin_cell(dict(attrs))
        elif BLOCK.fullmatch(tag):
            self._break(2)

    def handle_endtag(self, tag: str) -> None:
        """End what is hidden, a row, and a block."""
        if tag in HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag in ("tr", "table"):
            self._end_row()
        elif BLOCK.fullmatch(tag):
            self._break(1)

    def handle_data(self, data: str) -> None:
        """Take text that is shown."""
        if self.hidden:
            return
        text = re.sub(r"\s+", " ", data)
        if self.row:
            self.row[-1 - self.widths[-1]] += text
        elif self.row is None:
            self.lines[-1] += text

    def _break(self, lines: int) -> None:
        if self.row is None:
            self.lines += [""] * lines
        elif self.row:
            self.row[-1 - self.widths[-1]] += " "

    def _begin_cell(self, attrs: dict[str, str | None]) -> None:
        assert self.row is not None
        self._pass_spans()
        place, width = len(self.row), _span(attrs.get("colspan"))
        for column in range(place, place + width):
            self.spans[column] = _span(attrs.get("rowspan")) - 1
        self.row += [""] * width
        self.widths.append(width - 1)

    def _pass_spans(self) -> None:
        """Leave the columns empty that a cell of a row above reaches into."""
        assert self.row is not None
        while self.spans.get(len(self.row), 0) > 0:
            self.spans[len(self.row)] -= 1
            self.row.append("")
            self.widths.append(0)

    def _end_row(self) -> None:
        if self.row is not None:
            self._pass_spans()
            self.lines += ["\t".join(cell.strip() for cell in self.row), ""]
            self.row = None

    def close(self) -> None:
        """End a row that the page does not end."""
        super().close()
        self._end_row()


def _span(text: str | None) -> int:
    """Give how many columns or rows a cell spans: 1 where that is no number, and no more than a table can have."""
    return min(max(int(text), 1), WIDEST) if text is not None and re.fullmatch(r"\d{1,4}", text.strip()) else 1


def _html_text(text: str) -> str:
    reader = _Lines()
    reader.feed(text)
    reader.close()
    return "\n".join(line.strip(" ") for line in reader.lines)
