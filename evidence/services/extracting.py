"""Opening, completing, reopening and giving up extractions: who reads a study, and when their answers are final."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import get_text_list

from evidence.models import Extraction, Study
from evidence.permissions import Act, NotIndependent, NotTheirs, is_one_of_two, readers_needed, require
from evidence.services.forming import form_in_force
from evidence.services.recording import check_reason, erase, keep, record, remove, was_completed

COMPLETE, DRAFT = Extraction.Status.COMPLETE, Extraction.Status.DRAFT


@transaction.atomic
def open_extraction(*, by: User, study: Study, consensus: bool = False) -> Extraction:
    """Give the person's own extraction of the study, or the consensus; make it where there is none.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : the study has its readers already, or a consensus; a consensus of readings is built from them
    """
    require(by, Act.ADJUDICATE if consensus else Act.RECORD, study.review)
    hold(study)
    reviewer = None if consensus else by
    found = Extraction.objects.filter(study=study, is_consensus=consensus, reviewer=reviewer).first()
    if found is not None:
        return found
    why = why_no_consensus(study) if consensus else why_no_reading(by, study)
    if why:
        raise ValidationError(why)
    form = form_in_force(by=by, review=study.review)
    return record(by=by, row=Extraction(study=study, is_consensus=consensus, reviewer=reviewer, form=form))


def hold(study: Study) -> None:
    """Let one person at a time change who reads a study and what is agreed about it."""
    Study.objects.select_for_update().get(pk=study.pk)


def readings_of(study: Study) -> list[Extraction]:
    """Give the extractions of single readers, in the order of their names, as freezes letter them."""
    rows = Extraction.objects.filter(study=study, is_consensus=False).select_related("reviewer", "study__review")
    return sorted(rows, key=lambda row: str(row.reviewer))


def why_no_consensus(study: Study) -> str:
    """Say why nobody enters a consensus by hand; "" where that is possible."""
    if Extraction.objects.filter(study=study, is_consensus=False).exists():
        return f"“{study}” is read independently; its consensus is built from what the readers entered."
    return ""


def why_no_reading(person: User, study: Study) -> str:
    """Say why a person cannot begin an own reading of a study; "" where they can."""
    if study.pk is None:
        return ""
    if Extraction.objects.filter(study=study, is_consensus=True, status=COMPLETE).exists():
        return f"“{study}” has a consensus. An adjudicator takes it back into work before anybody reads the study anew."
    names = [str(row.reviewer) for row in readings_of(study) if row.reviewer_id != person.pk]
    needed = readers_needed(study.review)
    if len(names) >= needed:
        readers = "one reader" if needed == 1 else f"{needed} readers"
        return f"“{study}” needs {readers}, and has {get_text_list(names, 'and')}."
    return ""


@transaction.atomic
def complete_extraction(*, by: User, extraction: Extraction) -> Extraction:
    """Mark the extraction as complete, now, by this person: a reader's own is closed by that."""
    hold(extraction.study)
    if Extraction.objects.filter(pk=extraction.pk, status=COMPLETE).exists():
        raise ValidationError("The extraction is already complete.")
    extraction.status = COMPLETE
    extraction.completed_at = timezone.now()
    extraction.completed_by = by
    return record(by=by, row=extraction, reason="completed")


@transaction.atomic
def reopen_extraction(*, by: User, extraction: Extraction, reason: str) -> Extraction:
    """Take a complete extraction back into work, with a reason; what it said first stays in its history.

    Readers reopen their own until there is a consensus. After that, and at any time, an adjudicator who is not one of
    the readers does.

    Raises
    ------
    NotAllowed, NotTheirs, NotIndependent : somebody else has to do it
    ValidationError : there is no reason, or the extraction is not complete
    """
    check_reason(reason, missing="Say why the extraction is taken back into work.")
    study = extraction.study
    hold(study)
    _require_reopening(by, extraction)
    if not Extraction.objects.filter(pk=extraction.pk, status=COMPLETE).exists():
        raise ValidationError("The extraction is not complete; there is nothing to reopen.")
    extraction.status = DRAFT
    extraction.completed_at = None
    extraction.completed_by = None
    return keep(by=by, row=extraction, reason=reason)


def _require_reopening(by: User, extraction: Extraction) -> None:
    study = extraction.study
    if not extraction.is_consensus and extraction.reviewer_id == by.pk:
        require(by, Act.RECORD, study.review)
        if Extraction.objects.filter(study=study, is_consensus=True).exists():
            raise NotTheirs(f"The consensus of “{study}” stands on your reading; an adjudicator reopens it.")
        return
    require(by, Act.ADJUDICATE, study.review)
    if is_one_of_two(by, study):
        raise NotIndependent(who=by, study=study)


@transaction.atomic
def give_up_reading(*, by: User, extraction: Extraction, reason: str) -> None:
    """Take away a reading that was never completed, so that somebody else can read the study.

    The reader does this, or the owner for a reader who has left; its history stays.

    Raises
    ------
    NotAllowed : somebody else's reading, and the person does not manage the review
    ValidationError : there is no reason, or the reading was once completed
    """
    hold(extraction.study)
    check_reason(reason, missing="Say why the reading is given up.")
    if extraction.is_consensus or was_completed(extraction):
        raise ValidationError("Only a reading that was never completed can be given up.")
    if extraction.reviewer_id == by.pk:
        remove(by=by, row=extraction, reason=reason)
        return
    require(by, Act.MANAGE, extraction.study.review)
    erase(by=by, row=extraction, reason=reason)
