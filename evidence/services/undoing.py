"""Acts on many rows, undone as one."""

from collections import defaultdict
from itertools import groupby
from textwrap import shorten
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import Count, Max, ProtectedError, RestrictedError
from django.utils import timezone

from evidence.models import Assessment, ChangeBatch, EvidenceRow, Extraction, Record
from evidence.permissions import Act, require
from evidence.services.screening.docket import in_parts, settled_again
from evidence.services.screening.withdrawing import withdraw

UNDONE = "“{batch}” was undone already, by {by} on {date}."
NO_REASON = "Say why it is undone."
CHANGED_SINCE = "It cannot be undone as a whole: {count} of its rows were changed since, such as {rows}."
CLOSED = (
    "It cannot be undone: its rows are part of {rows}, which a reader has submitted. Reopen it, undo the act, and "
    "submit it again."
)
LONGEST_IN_HISTORY = 100  # the whole reason stands in the act
STILL_USED = "It cannot be undone: {row} is used by {users} now. Take that back first, then undo the act."
SHOWN = 5
CREATED, CHANGED, DELETED = "+", "~", "-"


def entries_of(batch: ChangeBatch, most: int | None = None) -> list[Any]:
    """Give what the act did, row by row, in the order of doing; no more than the first ones, where `most` says so."""
    found = []
    for model in evidence_models():
        rows = model.history.filter(history_batch=batch.pk).order_by("history_date", "history_id")
        found += rows[:most]
    return sorted(found, key=lambda entry: (entry.history_date, entry._meta.label, entry.history_id))[:most]


def counts_of(batch: ChangeBatch) -> list[tuple[Any, str, int]]:
    """Count what the act did: the kind of row, whether such were made, changed or deleted, and how many."""
    found = []
    for model in evidence_models():
        rows = model.history.filter(history_batch=batch.pk).order_by("history_type").values_list("history_type")
        found += [(model, kind, count) for kind, count in rows.annotate(count=Count("pk"))]
    return found


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
        for are_new_records, some in groupby(reversed(entries), key=_is_new_record):
            if are_new_records:
                ids = [entry.id for entry in some]
                withdraw(by=by, review=batch.review, record_ids=ids, reason=said)
                continue
            for entry in some:
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
    newest: dict[Any, dict[Any, int]] = defaultdict(dict)
    for entry in entries:
        pk = entry.instance_type._meta.pk.value_from_object(entry)
        newest[type(entry)][pk] = max(newest[type(entry)].get(pk, 0), entry.history_id)
    touched = []
    for history, own in newest.items():
        name = history.instance_type._meta.pk.attname
        for part in in_parts(own):
            later = history.objects.filter(**{f"{name}__in": part}).order_by().values_list(name)
            changed = [latest for pk, latest in later.annotate(latest=Max("history_id")) if latest > own[pk]]
            touched += [
                f"{history.instance_type._meta.verbose_name} “{entry.history_object}”"
                for entry in history.objects.filter(history_id__in=changed)
            ]
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
    path = entry.instance_type.review_path
    if path in ("", "review"):
        return None
    row: Any = entry.instance
    for step in path.split("__"):
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


def _is_new_record(entry: Any) -> bool:
    """Whether an entry is that of a record that came in; such come by the thousand, and go as many at once."""
    return entry.history_type == CREATED and entry.instance_type is Record


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
            named = ", ".join(sorted(f"{user._meta.verbose_name} “{user}”" for user in users)[:SHOWN])
            raise ValidationError(STILL_USED.format(row=f"“{row}”", users=named)) from error
        return
    earlier = entry.prev_record if entry.history_type == CHANGED else entry
    row = earlier.instance
    row.stamp(by, said)
    # What stood there before stands there again, by whatever rules it was entered.
    row.save(force_insert=entry.history_type == DELETED)
