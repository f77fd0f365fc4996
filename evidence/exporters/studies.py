"""The studies of a review with their reports, as one table."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError

from evidence.exporters.asking import Export, Order
from evidence.exporters.neutral import neutral
from evidence.models import Report, Study
from evidence.permissions import Act, require

# Studies that are in memory at a time, with their reports.
AT_A_TIME = 500
NO_STUDIES = "The review has no studies yet, so that there is nothing to take out."
COLUMNS = (
    *("study", "label", "year", "design", "registration", "companion_of", "note"),
    *("report_citation", "report_year", "report_doi", "report_pmid", "report_url", "report_registration"),
    "report_is_primary",
)
_NO_REPORT = ("",) * sum(name.startswith("report_") for name in COLUMNS)
# By which spreadsheets know that a text is UTF-8.
MARK = "\ufeff"


def write(order: Order) -> Iterator[bytes]:
    """Give the table part by part: one line for each report, one for a study without any."""
    require(order.by, Act.VIEW, order.review)
    studies = Study.objects.of_review(order.review).select_related("companion_of").order_by("code")
    if not studies.exists():
        raise ValidationError(NO_STUDIES)
    yield (MARK + _line(COLUMNS)).encode()
    rows = studies.prefetch_related("reports").iterator(chunk_size=AT_A_TIME)
    for study in rows:
        reports = sorted(study.reports.all(), key=lambda one: (not one.is_primary, one.year or 0, one.citation, one.pk))
        if not reports:
            yield _line((*_of_study(study), *_NO_REPORT)).encode()
        for report in reports:
            yield _line((*_of_study(study), *_of_report(report))).encode()


def _of_study(study: Study) -> tuple[Any, ...]:
    main = study.companion_of.code if study.companion_of else ""
    return (study.code, study.label, study.year, study.design, study.registration, main, study.note)


def _of_report(report: Report) -> tuple[Any, ...]:
    is_primary = "true" if report.is_primary else "false"
    cells = (report.citation, report.year, report.doi, report.pmid, report.url, report.registration)
    return (*cells, is_primary)


def _line(cells: tuple[Any, ...]) -> str:
    """Give one line of the table, with nothing in it that a spreadsheet would execute."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(["" if one is None else neutral(str(one)) for one in cells])
    return text.getvalue()


EXPORTS = (
    Export(
        code="studies-csv",
        title="Studies and reports",
        help="One table of all studies with their reports: labels, years, designs, registrations, citations, DOIs and "
        "PMIDs. For a spreadsheet, a list of included studies, or an appendix.",
        ending=".csv",
        content_type="text/csv; charset=utf-8",
        write=write,
    ),
)
