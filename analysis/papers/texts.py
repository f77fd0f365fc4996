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
                cells = [
                    " ".join(_paragraph(p, space) for p in cell.iter(f"{space}p")) for cell in row.iter(f"{space}tc")
                ]
                lines.append("\t".join(cells))
            lines.append("")
        else:
            for paragraph in part.iter(f"{space}p"):
                lines += [_paragraph(paragraph, space), ""]
    return "\n".join(lines)


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
    """Collects the text of a page, block by block, cells of a row parted by tabs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a line with a block, and a cell with a tab."""
        if tag in HIDDEN:
            self.hidden += 1
        elif BLOCK.fullmatch(tag):
            self.lines += ["", ""] if tag != "tr" else [""]
        elif tag in ("td", "th") and self.lines[-1].strip():
            self.lines[-1] += "\t"

    def handle_endtag(self, tag: str) -> None:
        """End what is hidden, and a block."""
        if tag in HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif BLOCK.fullmatch(tag):
            self.lines.append("")

    def handle_data(self, data: str) -> None:
        """Take text that is shown."""
        if not self.hidden:
            self.lines[-1] += re.sub(r"\s+", " ", data)


def _html_text(text: str) -> str:
    reader = _Lines()
    reader.feed(text)
    reader.close()
    return "\n".join(line.strip(" ") for line in reader.lines)
