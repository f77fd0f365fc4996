"""The kinds of files that references come in, and telling them apart by what stands in the file."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evidence.importers.opening import ZIP, Unreadable, decode, read_file, read_text, refuse_other_kinds
from evidence.importers.references.bibtex import read_bibtex
from evidence.importers.references.columns import read_columns
from evidence.importers.references.endnote_xml import read_endnote_xml
from evidence.importers.references.medline import read_medline
from evidence.importers.references.reading import Reading
from evidence.importers.references.ris import read_ris
from evidence.importers.references.web_of_science import read_web_of_science

HEAD = 200_000
XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<[\0]?[?!A-Za-z]")
NO_KIND = "The file is none of these: {kinds}. Export it once more, or choose the format."
NOTHING = "No reference was found in the file."
LOOKS_LIKE = " It looks like {title}; choose that format."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its code, its name, what its files end with, how it is read and what its records begin with."""

    code: str
    title: str
    endings: tuple[str, ...]
    read: Callable[[Path], Reading]
    begins: re.Pattern[str] | None = None


def _of_text(read: Callable[[str], Reading]) -> Callable[[Path], Reading]:
    """Give the reader of a file for the reader of its text."""
    return lambda path: read(read_text(path).text)


def _read_xml(path: Path) -> Reading:
    content = read_file(path)
    refuse_other_kinds(content)
    return read_endnote_xml(content)


RIS = Kind(
    "ris",
    "RIS",
    (".ris", ".txt"),
    _of_text(read_ris),
    re.compile(r"^[ \t]{0,3}(?:TY|ty)(?:  |[ \t])- ?[A-Za-z]", re.MULTILINE),
)
MEDLINE = Kind(
    "nbib",
    "PubMed (nbib, MEDLINE)",
    (".nbib", ".txt", ".medline", ".ovd", ".cgi"),
    _of_text(read_medline),
    re.compile(r"^(?:PMID- ?\d|<\s*\d+\s*\.?\s*>\s*$|VN  - Ovid)", re.MULTILINE),
)
WEB_OF_SCIENCE = Kind(
    "web-of-science",
    "Web of Science, plain text",
    (".txt", ".ciw"),
    _of_text(read_web_of_science),
    re.compile(r"^(?:FN [^\n]*\n(?:VR [^\n]*\n)?)?PT [A-Z]\s*\n[A-Z][A-Z0-9] ", re.MULTILINE),
)
BIBTEX = Kind(
    "bibtex",
    "BibTeX",
    (".bib", ".bibtex", ".txt"),
    _of_text(read_bibtex),
    re.compile(r"^[ \t]*@[A-Za-z]+[ \t]*[{(]", re.MULTILINE),
)
ENDNOTE_XML = Kind("endnote-xml", "EndNote XML", (".xml",), _read_xml)
COLUMNS = Kind(
    "references-table", "Table of references (CSV, TSV, XLSX)", (".csv", ".tsv", ".txt", ".xlsx"), read_columns
)

KINDS = (RIS, MEDLINE, BIBTEX, ENDNOTE_XML, WEB_OF_SCIENCE, COLUMNS)


def read_any(path: Path) -> Reading:
    """Give the references of a file of any kind.

    Raises
    ------
    Unreadable : it cannot be opened, or is of none of the kinds
    """
    kind = kind_of(path)
    if kind is not None:
        return read_as(kind, path)
    kinds = ", ".join(one.title for one in KINDS)
    try:
        return COLUMNS.read(path)
    except Unreadable as error:
        raise Unreadable(f"{NO_KIND.format(kinds=kinds)} As a table: {error.sentence}", error.line) from error


def read_as(kind: Kind, path: Path) -> Reading:
    """Give the references of a file of this kind.

    Raises
    ------
    Unreadable : it cannot be opened, or holds no reference of this kind
    """
    others = kinds_in(path)
    looks_like = LOOKS_LIKE.format(title=others[0].title) if others and kind not in others else ""
    if looks_like and kind.begins:
        raise Unreadable(NOTHING + looks_like)
    reading = kind.read(path)
    if reading.is_empty:
        raise Unreadable(NOTHING + looks_like)
    return reading


def kind_of(path: Path) -> Kind | None:
    """Give the kind whose records begin first in the file; None where no kind's do, as in tables.

    Raises
    ------
    Unreadable : it cannot be opened
    """
    return next(iter(kinds_in(path)), None)


def kinds_in(path: Path) -> list[Kind]:
    """Give the kinds whose records seem to begin in the file, in the order of their first.

    Raises
    ------
    Unreadable : it cannot be opened
    """
    content = read_file(path)
    refuse_other_kinds(content)
    if content.startswith(ZIP):
        return [COLUMNS]
    if XML.match(content) and not re.match(rb"\s*<\s*\d", content):
        return [ENDNOTE_XML]
    head = decode(content).text[:HEAD]
    found = [(match.start(), kind) for kind in KINDS if kind.begins and (match := kind.begins.search(head))]
    return [kind for _, kind in sorted(found, key=lambda one: one[0])]
