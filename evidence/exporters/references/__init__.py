"""Records of a review and reports of its studies as files for reference programs. Described in docs/references.md."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.db.models import Prefetch

from evidence.exporters.asking import Export, Order
from evidence.exporters.references.bibtex import bibtex_of_records
from evidence.exporters.references.choosing import AT_ONCE, EMPTY, WHICH, chosen_records, in_turn
from evidence.exporters.references.columns import csv_of_records
from evidence.exporters.references.ris import ris_of_records, ris_of_reports
from evidence.models import Record, Report
from evidence.permissions import Act, require

__all__ = ["EXPORTS"]


def _ris(order: Order) -> Iterator[bytes]:
    return ris_of_records(in_turn(chosen_records(order)))


def _bibtex(order: Order) -> Iterator[bytes]:
    return bibtex_of_records(in_turn(chosen_records(order)))


def _csv(order: Order) -> Iterator[bytes]:
    return csv_of_records(chosen_records(order))


def _reports(order: Order) -> Iterator[bytes]:
    """Give the reports of the review's studies as RIS."""
    require(order.by, Act.VIEW, order.review)
    reports = Report.objects.filter(study__review=order.review).select_related("study")
    if not reports.exists():
        raise ValidationError(EMPTY)
    first = Prefetch("records", Record.objects.order_by("pk"), to_attr="found_as")
    rows = reports.prefetch_related(first).order_by("study__code", "-is_primary", "year", "pk")
    return ris_of_reports((row, next(iter(row.found_as), None)) for row in rows.iterator(chunk_size=AT_ONCE))


EXPORTS: tuple[Export, ...] = (
    Export(
        code="records-ris",
        title="Records as RIS",
        help="For EndNote, Zotero, Mendeley, Rayyan, Covidence and most other programs.",
        ending=".ris",
        content_type="application/x-research-info-systems; charset=utf-8",
        write=_ris,
        choices=(WHICH,),
    ),
    Export(
        code="records-bibtex",
        title="Records as BibTeX",
        help="For JabRef and LaTeX, in UTF-8.",
        ending=".bib",
        content_type="application/x-bibtex; charset=utf-8",
        write=_bibtex,
        choices=(WHICH,),
    ),
    Export(
        code="records-csv",
        title="Records as a table (CSV)",
        help="With where each record stands; for spreadsheets and statistics programs.",
        ending=".csv",
        content_type="text/csv; charset=utf-8",
        write=_csv,
        choices=(WHICH,),
    ),
    Export(
        code="reports-ris",
        title="Reports of the included studies as RIS",
        help="Each report with the study that it tells of, in its note.",
        ending=".ris",
        content_type="application/x-research-info-systems; charset=utf-8",
        write=_reports,
    ),
)
