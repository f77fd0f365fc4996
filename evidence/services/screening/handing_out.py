"""Handing records out: a reader has one in hand for some minutes, so that no more people read it than are needed."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils import timezone

from evidence.models import Review, ScreeningState, ScreeningTicket
from evidence.permissions import Act, require
from evidence.verdicts import Stage, Status

# How long a record stays in a reader's hands without a sign of life.
LEASES = {Stage.TITLE_ABSTRACT: timedelta(minutes=15), Stage.FULL_TEXT: timedelta(hours=2)}
LOOKED_AT_ONCE = 25


def next_record(*, by: User, review: Review, stage: str) -> ScreeningState | None:
    """Give the record that the person is to read next, and hand it to them; None where nothing is left for them.

    That is the one they have in hand, else the first in the queue that they have not answered and that too few people
    have answered or in hand. Records that they have put off come at the end.

    Raises
    ------
    NotAllowed : the person does not screen in the review
    """
    require(by, Act.RECORD, review)
    now = timezone.now()
    in_hand = _in_hand(by, review, stage)
    tried = {ticket.state_id for ticket in in_hand}
    state = _take_any(by, sorted(tried), now)
    state = state or _take_first(by, _free(by, review, stage, now, skipped=False), tried, now)
    return state or _take_first(by, _free(by, review, stage, now, skipped=True), tried, now)


@transaction.atomic
def skip(*, by: User, state: ScreeningState) -> None:
    """Put a record off: it comes again when the person has nothing else left, and others may have it.

    Raises
    ------
    NotAllowed : the person does not screen in the review
    """
    require(by, Act.RECORD, state.review)
    ScreeningState.objects.select_for_update().get(pk=state.pk)
    _put(ScreeningTicket(reader=by, state=state, lease_until=timezone.now(), is_skipped=True))


def hand(by: User, state: ScreeningState, now: datetime) -> None:
    """Put a record, whose state is held, into the person's hands."""
    _put(ScreeningTicket(reader=by, state=state, lease_until=now + LEASES[Stage(state.stage)]))


def _put(ticket: ScreeningTicket) -> None:
    """Save a ticket, in place of the one that its reader has for the record."""
    ScreeningTicket.objects.bulk_create(
        [ticket],
        update_conflicts=True,
        unique_fields=["reader", "state"],
        update_fields=["lease_until", "is_skipped"],
    )


def held_by_others(state_ids: Iterable[int], by: User, now: datetime) -> Counter[int]:
    """Count for each state the other readers who have it in hand."""
    tickets = ScreeningTicket.objects.filter(state__in=list(state_ids), lease_until__gt=now, is_skipped=False)
    return Counter(tickets.exclude(reader=by).order_by().values_list("state", flat=True))


def _in_hand(by: User, review: Review, stage: str) -> list[ScreeningTicket]:
    """Give the person's tickets for records that still wait for them, also those whose time is over."""
    tickets = ScreeningTicket.objects.filter(reader=by, is_skipped=False, state__review=review, state__stage=stage)
    return list(tickets.filter(state__status=Status.WAITING).exclude(state__first_reader=by))


def _free(by: User, review: Review, stage: str, now: datetime, *, skipped: bool) -> QuerySet[Any]:
    """Give the waiting records that are not in as many hands as they need, without the person's own."""
    waiting = ScreeningState.objects.filter(review=review, stage=stage, status=Status.WAITING)
    tickets = ScreeningTicket.objects.filter(
        state__review=review, state__stage=stage, state__status=Status.WAITING, lease_until__gt=now, is_skipped=False
    )
    rows = tickets.exclude(reader=by).values_list("state", "state__needed", "state__answered").order_by()
    full = [pk for (pk, needed, answered), held in Counter(rows).items() if answered + held >= needed]
    put_off = Exists(ScreeningTicket.objects.filter(state=OuterRef("pk"), reader=by, is_skipped=True))
    return waiting.exclude(pk__in=full).filter(put_off if skipped else ~put_off)


def _take_first(by: User, free: QuerySet[Any], tried: set[int], now: datetime) -> ScreeningState | None:
    """Hand out the first free record; those that somebody else holds at this moment are waited for only at the end."""
    passed_over: list[int] = []
    while candidates := _candidates(by, free.exclude(pk__in=tried)):
        state = _take(by, candidates, now, skip_locked=True)  # without effect on SQLite, where one writes at a time
        if state is not None:
            return state
        passed_over += candidates
        tried |= set(candidates)
    return _take_any(by, passed_over, now)


def _take_any(by: User, state_ids: Iterable[int], now: datetime) -> ScreeningState | None:
    """Hand out the first of the records that the person may have, waiting for each."""
    return next(filter(None, (_take(by, [pk], now) for pk in state_ids)), None)


def _candidates(by: User, free: QuerySet[Any]) -> list[int]:
    """Give keys of the first free records in the order of the queue.

    Each of the two queries reads the start of an index range: of records that nobody has answered, and, for each other
    person, of those that this person has answered. Reading all in one order would pass over everything that the person
    has answered and others have not, which may be half of a large review.
    """
    unread = free.filter(first_reader__isnull=True).order_by("first_reader_id", "place")[:LOOKED_AT_ONCE]
    first_of_reader = free.filter(first_reader=OuterRef("pk")).order_by("place").values("pk")[:1]
    readers = User.objects.exclude(pk=by.pk).order_by().annotate(candidate=Subquery(first_of_reader))
    half_read = readers.filter(candidate__isnull=False).values_list("candidate", flat=True)
    found = [*unread.values_list("place", "pk")]
    found += ScreeningState.objects.filter(pk__in=list(half_read)).order_by().values_list("place", "pk")
    return [pk for _, pk in sorted(found)]


@transaction.atomic
def _take(by: User, state_ids: list[int], now: datetime, *, skip_locked: bool = False) -> ScreeningState | None:
    """Hand out the first of the records that the person may have, as it is now: others may have taken it meanwhile.

    A transaction of its own, which waits for one record only, or for none: whoever held one and waited for another
    could be waited for in turn.
    """
    rows = ScreeningState.objects.select_for_update(of=("self",), skip_locked=skip_locked)
    rows = rows.filter(status=Status.WAITING).exclude(first_reader=by).select_related("record").order_by("place", "pk")
    left = set(state_ids)
    while (state := rows.filter(pk__in=left).first()) is not None:
        if state.answered + held_by_others([state.pk], by, now)[state.pk] < state.needed:
            hand(by, state, now)
            return state
        left.remove(state.pk)
    return None
