"""Asking the authors of a study for what its reports do not give."""

from datetime import date

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.models import AuthorContact, Study
from evidence.services.recording import record


@transaction.atomic
def ask_authors(*, by: User, study: Study, item: str, asked_at: date | None = None) -> AuthorContact:
    """Note that the authors of a study were asked for something."""
    row = AuthorContact(study=study, item=item.strip(), asked_at=asked_at or timezone.localdate(), asked_by=by)
    return record(by=by, row=row)


@transaction.atomic
def note_answer(*, by: User, contact: AuthorContact, answer: str, answered_at: date | None = None) -> AuthorContact:
    """Note what the authors answered.

    Raises
    ------
    ValidationError : there is no answer, or it came before the question
    """
    if not answer.strip():
        raise ValidationError({"answer": "Write down what the authors answered."})
    contact.status = AuthorContact.Status.ANSWERED
    contact.answer = answer.strip()
    contact.answered_at, contact.answered_by = answered_at or timezone.localdate(), by
    return record(by=by, row=contact)


@transaction.atomic
def stop_asking(*, by: User, contact: AuthorContact, reason: str = "") -> AuthorContact:
    """Note that no answer is waited for any more."""
    contact.status = AuthorContact.Status.SILENT
    return record(by=by, row=contact, reason=reason)
