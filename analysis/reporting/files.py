"""The formats that a manuscript can be written in, by name."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from analysis.models import Manuscript
from analysis.reporting.building import build_document
from analysis.reporting.document import Document
from analysis.reporting.writers.html import write_html
from analysis.reporting.writers.latex import write_latex
from analysis.reporting.writers.pdf import NoPrinter, write_pdf
from analysis.reporting.writers.quarto import write_quarto

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
NO_FORMAT = "There is no format “{name}”; there are {known}."


class NoSuchFormat(LookupError):
    """A manuscript cannot be written in a format of this name; the message is a sentence."""


CannotWrite = NoPrinter


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name for people, the end of its files, its media type and its writer."""

    title: str
    ending: str
    media_type: str
    write: Callable[[Document], bytes]


@dataclass(frozen=True, slots=True)
class Written:
    """A file: its name, its media type and what is in it."""

    name: str
    media_type: str
    content: bytes


def _docx(document: Document) -> bytes:
    # python-docx is slow to import; only who asks for a DOCX waits for it.
    from analysis.reporting.writers.docx import write_docx

    return write_docx(document)


def checklist_only(document: Document) -> Document:
    """Give the checklist of a manuscript as a document of its own."""
    title = f"{document.checklist.title}: {document.title}"
    return replace(document, title=title, abstract=(), sources=(), parts=(document.checklist,))


FORMATS = {
    "html": Format("HTML", ".html", "text/html; charset=utf-8", write_html),
    "pdf": Format("PDF", ".pdf", "application/pdf", write_pdf),
    "docx": Format("DOCX", ".docx", DOCX, _docx),
    "quarto": Format("Quarto (zip)", "-quarto.zip", "application/zip", write_quarto),
    "latex": Format("LaTeX tables", "-tables.tex", "application/x-tex", write_latex),
    "checklist": Format("PRISMA checklist", "-prisma.docx", DOCX, lambda document: _docx(checklist_only(document))),
}


def write_file(manuscript: Manuscript, name: str) -> Written:
    """Give a manuscript as a file.

    Raises
    ------
    NoSuchFormat : there is no format of this name
    CannotWrite : what the format needs is not installed
    """
    _require_known(name)
    return write_document(build_document(manuscript), name)


def write_document(document: Document, name: str) -> Written:
    """Give a document as a file.

    Raises
    ------
    NoSuchFormat, CannotWrite : as `write_file`
    """
    _require_known(name)
    form = FORMATS[name]
    return Written(f"{document.name}{form.ending}", form.media_type, form.write(document))


def _require_known(name: str) -> None:
    if name not in FORMATS:
        raise NoSuchFormat(NO_FORMAT.format(name=name, known=", ".join(FORMATS)))
