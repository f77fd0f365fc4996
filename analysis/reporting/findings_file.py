"""The Summary of Findings as a file of its own."""

from datetime import UTC, datetime

from analysis.exports.evidence_profile import EvidenceProfile
from analysis.models import Snapshot
from analysis.reporting.document import Checklist, Document, Run, Table
from analysis.reporting.files import write_document
from analysis.reporting.tables.body import widths_of
from analysis.reporting.tables.findings import summary_of_findings

TITLE = "Summary of Findings: {review}"
BEGINNING = datetime(1980, 1, 1, tzinfo=UTC)


def summary_docx(profile: EvidenceProfile) -> bytes:
    """Give the Summary of Findings of a review as DOCX, dated by its newest snapshot."""
    review = profile.review
    body = summary_of_findings(review, [row.analysis for row in profile.rows])
    table = Table(
        number=1,
        caption=(Run("Summary of Findings"),),
        head=body.head,
        rows=body.rows,
        notes=tuple((Run(note),) for note in body.notes),
        marks=body.marks,
        widths=widths_of(body.head, body.rows, is_wide=body.is_wide) if body.rows else (),
        is_wide=body.is_wide,
        missing=body.missing,
    )
    newest = Snapshot.objects.filter(analysis__review=review).order_by("made_at").last()
    document = Document(
        title=TITLE.format(review=review.title),
        name=f"{review.slug}-summary-of-findings",
        review=review.title,
        changed_at=BEGINNING if newest is None else newest.made_at,
        changed_by="",
        checklist=Checklist("", ()),
        parts=(table,),
    )
    return write_document(document, "docx").content
