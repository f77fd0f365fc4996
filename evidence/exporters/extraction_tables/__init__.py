"""Extraction workbooks: empty, made of the form of a review, or filled with what is agreed already."""

from collections.abc import Iterator

from evidence.exporters.asking import Export, Order
from evidence.exporters.extraction_tables.tables import archive_of
from evidence.exporters.extraction_tables.workbook import workbook_of
from evidence.permissions import Act, require

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _template(order: Order) -> Iterator[bytes]:
    require(order.by, Act.VIEW, order.review)
    return workbook_of(order.review, is_filled=False)


def _template_as_csv(order: Order) -> Iterator[bytes]:
    require(order.by, Act.VIEW, order.review)
    return archive_of(order.review)


def _workbook(order: Order) -> Iterator[bytes]:
    require(order.by, Act.VIEW, order.review)
    return workbook_of(order.review, is_filled=True)


EXPORTS = (
    Export(
        code="extraction-template",
        title="Extraction workbook, to be filled in (XLSX)",
        help="Made of the form of the review: lists to choose from, units, instruments with ranges, examples in grey.",
        ending=".xlsx",
        content_type=XLSX,
        write=_template,
    ),
    Export(
        code="extraction-template-csv",
        title="Extraction tables, to be filled in (CSV)",
        help="The sheets of the extraction workbook as CSV files in a zip archive, without lists to choose from.",
        ending=".zip",
        content_type="application/zip",
        write=_template_as_csv,
    ),
    Export(
        code="workbook",
        title="Workbook of the review (XLSX)",
        help="The extraction workbook, filled with what is agreed; it can be changed and loaded back.",
        ending=".xlsx",
        content_type=XLSX,
        write=_workbook,
    ),
)
