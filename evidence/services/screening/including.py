"""What an included record becomes: a report of a study, of a new one or of one that is there."""

import re
import unicodedata

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from evidence.models import Record, Report, ScreeningState, Study
from evidence.permissions import Act, require
from evidence.services.recording import record as save
from evidence.verdicts import Stage, Status

NOT_INCLUDED = "“{record}” is not included at the full-text stage."
IS_ONE_ALREADY = "“{record}” is already a report of {study}."
NO_REPORT = "“{record}” is no report of a study."


@transaction.atomic
def make_study(*, by: User, record: Record, code: str = "", label: str = "") -> Study:
    """Make a study of an included record, with the record as its main report; names are proposed where none is given.

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : the record is not included or is a report already, or the name is taken
    """
    _require_included(by, record)
    proposed_code, proposed_label = proposed_names(record)
    study = Study(
        review=record.review,
        code=code or proposed_code,
        label=label or proposed_label,
        year=record.year if record.year and record.year >= 1900 else None,
    )
    save(by=by, row=study, reason="included by screening")
    _report(by, record, study, is_primary=True)
    return study


@transaction.atomic
def link_to_study(*, by: User, record: Record, study: Study) -> Report:
    """Make an included record a further report of a study; a report with its DOI or PMID that is there is taken.

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : the record is not included or is a report already, or the study is of another review
    """
    _require_included(by, record)
    if study.review_id != record.review_id:
        raise ValidationError(f"{study} belongs to another review.")
    Study.objects.select_for_update(no_key=True).get(pk=study.pk)
    return _report(by, record, study, is_primary=not study.reports.filter(is_primary=True).exists())


@transaction.atomic
def unlink_from_study(*, by: User, record: Record, reason: str) -> Record:
    """Say that a record is no report of its study after all; the report stays with the study until it is deleted.

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : the record is no report, or no reason is given
    """
    require(by, Act.RECORD, record.review)
    if record.report is None:
        raise ValidationError(NO_REPORT.format(record=record))
    if not reason.strip():
        raise ValidationError("Say why the record is unlinked from the study.")
    record.report = None
    return save(by=by, row=record, reason=reason)


def proposed_names(record: Record) -> tuple[str, str]:
    """Give a short name and a label for the study of a record that no other study of the review has."""
    first = re.split(r"[;,]", record.authors or "")[0].strip() or record.title.split()[0]
    surname = first.split()[0] if first else "Study"
    plain = unicodedata.normalize("NFKD", surname).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^A-Za-z0-9-]", "", plain) or "Study"
    year = str(record.year) if record.year else "undated"
    taken = set(record.review.studies.values_list("code", flat=True))
    letters = ["", *"bcdefghijklmnopqrstuvwxyz", *(str(number) for number in range(27, 1000))]
    letter = next(letter for letter in letters if f"{stem}_{year}{letter}" not in taken)
    return f"{stem}_{year}{letter}"[:80], f"{surname} {year}{letter}"[:120]


def citation_of(record: Record) -> str:
    """Give a record as a line of references."""
    year = f"({record.year})" if record.year else ""
    lead = " ".join(filter(None, (record.authors.rstrip("."), year)))
    parts = (lead, record.title.rstrip("."), record.journal.rstrip("."))
    return "".join(f"{part}. " for part in parts if part).strip()


def _require_included(by: User, record: Record) -> None:
    require(by, Act.RECORD, record.review)
    states = ScreeningState.objects.select_for_update().filter(record=record, stage=Stage.FULL_TEXT)
    if not any(state.status == Status.INCLUDED for state in states):
        raise ValidationError(NOT_INCLUDED.format(record=record))
    record.refresh_from_db()
    if record.report is not None:
        raise ValidationError(IS_ONE_ALREADY.format(record=record, study=record.report.study))


def _report(by: User, record: Record, study: Study, *, is_primary: bool) -> Report:
    same = [report for report in study.reports.all() if _is_same(report, record)]
    report = same[0] if same else None
    if report is None:
        report = Report(
            study=study,
            citation=citation_of(record),
            year=record.year,
            doi=record.doi,
            pmid=record.pmid,
            is_primary=is_primary,
        )
        save(by=by, row=report, reason="included by screening")
    record.report = report
    save(by=by, row=record, reason="included")
    return report


def _is_same(report: Report, record: Record) -> bool:
    has_doi = bool(record.doi) and report.doi.lower() == record.doi
    return has_doi or (bool(record.pmid) and report.pmid == record.pmid)
