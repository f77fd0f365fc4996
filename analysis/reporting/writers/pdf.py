"""A document as PDF: the HTML page, laid out for print by WeasyPrint."""

import logging
from typing import Any

from analysis.reporting.document import Document
from analysis.reporting.writers.html import write_html

NOT_INSTALLED = (
    "PDF needs WeasyPrint, which is not installed ({error}). Install it with the packages of requirements.txt, or "
    "download HTML and print it."
)
NO_PANGO = (
    "PDF needs the system libraries Pango and HarfBuzz, which WeasyPrint cannot find. On Debian: apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0. Until then download HTML and print it."
)


class NoPrinter(RuntimeError):
    """WeasyPrint or what it needs is missing; the message is a sentence that says what to install."""


class FetchedNothing(ValueError):
    """A document asked for an address; everything that it shows is inside it."""


def write_pdf(document: Document) -> bytes:
    """Give the document as PDF with fonts embedded; equal documents give equal bytes on one machine.

    Raises
    ------
    NoPrinter : WeasyPrint or the libraries that it needs are not there
    """
    printer = _printer()
    html = printer.HTML(string=write_html(document).decode(), url_fetcher=_fetch_nothing)
    written: bytes = html.write_pdf(pdf_tags=True)
    return written


def _printer() -> Any:
    """Give WeasyPrint, which loads libraries of the system when it is imported."""
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    try:
        import weasyprint
    except ImportError as error:
        raise NoPrinter(NOT_INSTALLED.format(error=error)) from error
    except OSError as error:
        raise NoPrinter(NO_PANGO) from error
    return weasyprint


def _fetch_nothing(url: str, *args: Any, **kwargs: Any) -> Any:
    raise FetchedNothing(f"A document fetches nothing, and {url} was asked for.")
