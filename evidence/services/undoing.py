"""Acts on many rows, undone as one."""

from textwrap import shorten
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from evidence.models import Assessment, ChangeBatch, EvidenceRow, Extraction, Record
from evidence.permissions import Act, require
from evidence.services.screening.docket import settled_again

UNDONE = "“{batch}” was undone already, by {by} on {date}."
NO_REASON = "Say why it is undone."
CHANGED_SINCE = "It cannot be undone as a whole: {count} of its rows were changed since, such as {rows}."
CLOSED = (
    "It cannot be undone: its rows are part of {rows}, which a reader has submitted. Reopen it, undo the act, and "
    "submit it again."
)
LONGEST_IN_HISTORY = 100  # the whole reason stands in the act
STILL_USED = "It cannot be undone: {row} is used by {users} now."
SHOWN = 5
CREATED, CHANGED, DELETED = "+", "~", "-"


def entries_of(batch: ChangeBatch) -> list[Any]:
    """Give what the act did, row by row, in the order of doing."""
    found = [entry for model in evidence_models() for entry in model.history.filter(history_batch=batch.pk)]
    return sorted(found, key=lambda entry: (entry.history_date, entry._meta.label, entry.history_id))


def evidence_models() -> list[Any]:
    """Give the kinds of rows whose every change is kept."""
    return [model for model in apps.get_app_config("evidence").get_models() if issubclass(model, EvidenceRow)]


@transaction.atomic
def undo(*, by: User, batch: ChangeBatch, reason: str) -> int:
    """Take an act back: what it made is deleted, what it changed is as before, what it deleted is there again.

    The history keeps both. Returns how many rows were put back.

    Raises
    ------
    NotAllowed : the person does not adjudicate in the review
    ValidationError : it was undone already; a row was changed since, is part of what a reader has submitted, or is used
        by others; there is no reason
    """
    require(by, Act.ADJUDICATE, batch.review)
    batch = ChangeBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.undone_at is not None:
        raise ValidationError(UNDONE.format(batch=batch, by=batch.undone_by, date=f"{batch.undone_at:%d %B %Y}"))
    if not reason.strip():
        raise ValidationError({"undone_because": NO_REASON})
    entries = entries_of(batch)
    _require_untouched(entries)
    _require_open(entries)
    said = shorten(f"Undo of “{batch.what}”: {reason.strip()}", LONGEST_IN_HISTORY, placeholder=" …")
    with settled_again(batch.review, _changed_records(entries)):
        for entry in reversed(entries):
            _put_back(entry, by=by, said=said)
    batch.undone_at, batch.undone_by, batch.undone_because = timezone.now(), by, reason.strip()
    batch.stamp(by, said)
    batch.save()
    return len(entries)


def _changed_records(entries: list[Any]) -> list[int]:
    """Give the records that were there before the act: where they stand in screening may follow from it."""
    return [entry.id for entry in entries if entry.instance_type is Record and entry.history_type == CHANGED]


def _require_untouched(entries: list[Any]) -> None:
    """Refuse where somebody has changed a row after the act."""
    last: dict[tuple[Any, Any], Any] = {}
    for entry in entries:
        key = (type(entry), entry.instance_type._meta.pk.value_from_object(entry))
        last[key] = max(last.get(key, 0), entry.history_id)
    touched = []
    for (history, pk), newest in last.items():
        name = history.instance_type._meta.pk.attname
        later = history.objects.filter(**{name: pk, "history_id__gt": newest}).order_by("history_id").first()
        if later is not None:
            touched.append(f"{history.instance_type._meta.verbose_name} “{later.history_object}”")
    if touched:
        raise ValidationError(CHANGED_SINCE.format(count=len(touched), rows=", ".join(sorted(touched)[:SHOWN])))


def _require_open(entries: list[Any]) -> None:
    """Refuse where the act changed something in a reading or an assessment that is submitted, and was there before."""
    own = {(entry.instance_type, entry.instance.pk) for entry in entries}
    closed = {
        f"{holder._meta.verbose_name} “{holder}”"
        for holder in map(_holder_of, entries)
        if holder is not None and (type(holder), holder.pk) not in own and _is_closed(holder)
    }
    if closed:
        raise ValidationError(CLOSED.format(rows=", ".join(sorted(closed)[:SHOWN])))


def _holder_of(entry: Any) -> Extraction | Assessment | None:
    """Give the extraction or the assessment that a changed row is part of, if there still is one."""
    row: Any = entry.instance
    for step in filter(None, row.review_path.split("__")):
        try:
            row = getattr(row, step)
        except ObjectDoesNotExist:  # deleted by the same act
            return None
        if isinstance(row, Extraction | Assessment):
            return row
    return None


def _is_closed(holder: Extraction | Assessment) -> bool:
    """Whether it counts as somebody's first answer."""
    if isinstance(holder, Assessment):
        return holder.is_closed
    return holder.status == Extraction.Status.COMPLETE and not holder.is_consensus


def _put_back(entry: Any, *, by: User, said: str) -> None:
    """Take one change of a row back."""
    if entry.history_type == CREATED:
        row = entry.instance_type._default_manager.filter(pk=entry.instance.pk).first()
        if row is None:
            return
        row.stamp(by, said)
        try:
            row.delete()
        except (ProtectedError, RestrictedError) as error:
            users = getattr(error, "protected_objects", ()) or getattr(error, "restricted_objects", ())
            raise ValidationError(STILL_USED.format(row=f"“{row}”", users=", ".join(map(str, users)))) from error
        return
    earlier = entry.prev_record if entry.history_type == CHANGED else entry
    row = earlier.instance
    row.stamp(by, said)
    # What stood there before stands there again, by whatever rules it was entered.
    row.save(force_insert=entry.history_type == DELETED)
