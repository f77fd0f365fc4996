"""Records that came in as one act and go again with it: only while nobody has built upon them."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from simple_history.models import HistoricalChanges

from evidence.models import DoubtfulPair, Record, RecordText, Review, ScreeningDecision, ScreeningState, ScreeningTicket
from evidence.services.planner import renew_statistics
from evidence.services.screening.docket import AT_ONCE, held_states, in_parts

SCREENED = "It cannot be undone: “{record}” has been screened since."
PAIRED = (
    "It cannot be undone: {by} has said that “{first}” and “{second}” are {answer}. Take that answer back first, on "
    "the page of possible duplicates."
)
STILL_USED = "It cannot be undone: “{record}” is used by {user} now."
# What is computed from records and decisions, or says who has one in hand: it goes with the record.
PASSING = (RecordText, ScreeningState)


@transaction.atomic
def withdraw(*, by: User, review: Review, record_ids: Sequence[int], reason: str) -> None:
    """Delete records, their places in the queue, their texts and the pairs that nobody answered.

    The history keeps what they said.

    The caller has asked whether the person may.

    Raises
    ------
    ValidationError : somebody has answered one of them or a pair that it is in, or something refers to it
    """
    going = set(record_ids)
    for part in in_parts(sorted(going)):
        _drop_pairs(part, by=by, reason=reason)
    for part in in_parts(sorted(going)):
        held_states(review, part)
        _require_unused(part, going)
    # Duplicates first: they refer to the records that they duplicate.
    rows = Record.objects.filter(review=review, duplicate_of__isnull=False).values_list("pk", flat=True)
    duplicates = going & set(rows)
    for some in (duplicates, going - duplicates):
        for part in in_parts(sorted(some)):
            _delete(part, by=by, reason=reason)
    renew_statistics([Record, RecordText, ScreeningState], changed=len(going))


def _drop_pairs(record_ids: Sequence[int], *, by: User, reason: str) -> None:
    """Delete the pairs of records that wait for an answer; refuse where one has been given.

    They are found again when their records come in again.
    """
    pairs = DoubtfulPair.objects.filter(Q(first__in=record_ids) | Q(second__in=record_ids))
    held = pairs.select_for_update(no_key=True, of=("self",)).select_related("first", "second", "answered_by")
    waiting = []
    for pair in held.order_by("pk"):
        if pair.answer:
            said = pair.get_answer_display().lower()
            raise ValidationError(PAIRED.format(by=pair.answered_by, first=pair.first, second=pair.second, answer=said))
        waiting.append(pair.pk)
    for part in in_parts(waiting):
        _delete_kept(DoubtfulPair.objects.filter(pk__in=part), by=by, reason=reason)


def _require_unused(record_ids: Sequence[int], going: set[int]) -> None:
    """Refuse where a decision or any other row refers to one of the records."""
    for model, name in _referring():
        users = model._base_manager.filter(**{f"{name}__in": record_ids}).select_related(name).order_by("pk")
        for user in users.iterator():
            if isinstance(user, Record) and user.pk in going:
                continue
            record = getattr(user, name)
            if isinstance(user, ScreeningDecision):
                raise ValidationError(SCREENED.format(record=record))
            raise ValidationError(STILL_USED.format(record=record, user=f"{model._meta.verbose_name} “{user}”"))


def _referring() -> list[tuple[Any, str]]:
    """Give the models whose rows can refer to a record, with the field, without those that go with it."""
    found = []
    for relation in Record._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete and relation.is_relation):
            continue
        model = relation.related_model
        if model not in PASSING and not issubclass(model, HistoricalChanges):  # type: ignore[arg-type]
            found.append((model, relation.field.name))  # type: ignore[union-attr]
    return found


def _delete(record_ids: Sequence[int], *, by: User, reason: str) -> None:
    """Delete records about which nothing stands anywhere else, with an entry in the history of each."""
    ScreeningTicket.objects.filter(state__record__in=record_ids).delete()
    ScreeningState.objects.filter(record__in=record_ids).delete()
    RecordText.objects.filter(record__in=record_ids).delete()
    _delete_kept(Record.objects.filter(pk__in=record_ids), by=by, reason=reason)


def _delete_kept(rows: QuerySet[Any], *, by: User, reason: str) -> None:
    """Delete rows to which nothing refers, at once, with an entry in the history of each."""
    kept = rows.model.history.model
    names = [field.attname for field in kept.tracked_fields]
    now = timezone.now()
    entries = [
        kept(
            history_date=now,
            history_user=by,
            history_change_reason=reason,
            history_type="-",
            **{name: getattr(row, name) for name in names},
        )
        for row in rows
    ]
    kept.objects.bulk_create(entries, batch_size=AT_ONCE)
    rows._raw_delete(router.db_for_write(rows.model))
