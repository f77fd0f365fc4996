"""Opening and completing extractions."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.models import Extraction, Study
from evidence.permissions import Act, require
from evidence.services.recording import record


@transaction.atomic
def open_extraction(*, by: User, study: Study, consensus: bool = False) -> Extraction:
    """Give the person's own extraction of the study, or the consensus; make it where there is none."""
    require(by, Act.ADJUDICATE if consensus else Act.RECORD, study.review)
    Study.objects.select_for_update().get(pk=study.pk)
    reviewer = None if consensus else by
    found = Extraction.objects.filter(study=study, is_consensus=consensus, reviewer=reviewer).first()
    return found or record(by=by, row=Extraction(study=study, is_consensus=consensus, reviewer=reviewer))


@transaction.atomic
def complete_extraction(*, by: User, extraction: Extraction) -> Extraction:
    """Mark the extraction as complete, now, by this person."""
    if extraction.status == Extraction.Status.COMPLETE:
        raise ValidationError("The extraction is already complete.")
    extraction.status = Extraction.Status.COMPLETE
    extraction.completed_at = timezone.now()
    extraction.completed_by = by
    return record(by=by, row=extraction, reason="completed")


@transaction.atomic
def reopen_extraction(*, by: User, extraction: Extraction, reason: str) -> Extraction:
    """Take a complete extraction back into work, with a reason."""
    if not reason.strip():
        raise ValidationError("Say why the extraction is taken back into work.")
    extraction.status = Extraction.Status.DRAFT
    extraction.completed_at = None
    extraction.completed_by = None
    return record(by=by, row=extraction, reason=reason)
