"""The list of a review's records: where each stands, whom it waits for; and answering many at once."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone

from evidence.admin.screening.asking import (
    ReviewPages,
    back_to,
    reason_sent,
    reasons_at,
    refuse,
    require_standing,
    review_or_404,
    show,
    stage_or_404,
)
from evidence.admin.standing import person_of
from evidence.models import Record, Review, ScreeningState, ScreeningTicket, SearchRound
from evidence.permissions import Act
from evidence.services import screening
from evidence.verdicts import Answer, Stage, Status

PER_PAGE = 50
FEW_READERS = 4
STATUSES = (
    ("", "any"),
    ("mine", "waiting for you"),
    ("waiting", "waiting"),
    ("conflict", "in conflict"),
    ("included", "included"),
    ("excluded", "excluded"),
    ("duplicate", "duplicate"),
)
FILTERS = ("stage", "status", "round", "q")


@dataclass(slots=True)
class Row:
    """One record of the list: its state by stage, and whom it waits for."""

    record: Record
    states: dict[str, ScreeningState] = field(default_factory=dict)
    waits_for: str = ""
    in_hand_of: list[str] = field(default_factory=list)

    @property
    def at_abstract(self) -> ScreeningState | None:
        """The state by title and abstract."""
        return self.states.get(Stage.TITLE_ABSTRACT)

    @property
    def at_full_text(self) -> ScreeningState | None:
        """The state by full text."""
        return self.states.get(Stage.FULL_TEXT)


def records_view(pages: ReviewPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the records that the filters let through, or answer those that were ticked."""
    review = review_or_404(request, slug)
    asked = {name: request.GET.get(name, "").strip() for name in FILTERS}
    query = urlencode({name: value for name, value in asked.items() if value})
    if request.method == "POST":
        require_standing(request, Act.RECORD, review)
        _answer(request, review)
        return back_to("records", review.slug, query=f"?{query}" if query else "")
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    page = Paginator(_filtered(request, review, asked), PER_PAGE).get_page(request.GET.get("page"))
    stage = asked["stage"] if asked["stage"] in Stage.values else Stage.TITLE_ABSTRACT
    return show(
        pages,
        request,
        review,
        "records",
        title=f"Records: {review.title}",
        page=page,
        rows=_rows(review, list(page.object_list)),
        asked=asked,
        query=query,
        statuses=STATUSES,
        rounds=SearchRound.objects.filter(review=review),
        stage=Stage(stage),
        reasons=reasons_at(review, stage),
        has_filters=bool(query),
        batches=screening.recent_batches(by=person_of(request), review=review),
    )


def _filtered(request: HttpRequest, review: Review, asked: dict[str, str]) -> QuerySet[Record]:
    """Give the records that the filters of the address let through."""
    records = Record.objects.filter(review=review).order_by("pk")
    if asked["round"].isdecimal():
        records = records.filter(search_round=int(asked["round"]))
    for word in screening.fold(asked["q"]).split():
        records = records.filter(text__words__contains=word)
    if asked["status"] == "duplicate":
        return records.filter(duplicate_of__isnull=False)
    stage = asked["stage"] if asked["stage"] in Stage.values else ""
    status = asked["status"] if asked["status"] in dict(STATUSES) else ""
    if not stage and not status:
        return records
    states = ScreeningState.objects.filter(review=review, stage=stage or Stage.TITLE_ABSTRACT)
    if status == "mine":
        states = states.filter(status=Status.WAITING).exclude(first_reader=person_of(request))
    elif status:
        states = states.filter(status=status)
    else:
        states = states.exclude(status=Status.REMOVED)
    return records.filter(pk__in=states.order_by().values("record"))


def _rows(review: Review, records: list[Record]) -> list[Row]:
    """Give the lines of the list in a number of queries that does not depend on theirs."""
    rows = {record.pk: Row(record) for record in records}
    readers = {person.pk: str(person) for person in screening.screeners_of(review)}
    states = ScreeningState.objects.filter(record__in=rows).exclude(status=Status.REMOVED)
    for state in states.select_related("reason", "first_reader").order_by("pk"):
        row = rows[state.record_id]
        row.states[state.stage] = state
        if state.status == Status.WAITING:
            row.waits_for = _waits_for(state, readers)
    for pk, names in _in_hand(rows).items():
        rows[pk].in_hand_of = names
    return list(rows.values())


def _in_hand(record_ids: Any) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    tickets = ScreeningTicket.objects.filter(
        state__record__in=record_ids, state__status=Status.WAITING, lease_until__gt=timezone.now(), is_skipped=False
    )
    for ticket in tickets.select_related("state", "reader").order_by("pk"):
        found[ticket.state.record_id].append(str(ticket.reader))
    return found


def _waits_for(state: ScreeningState, readers: dict[int, str]) -> str:
    """Say whom a record waits for: who has not answered, never what somebody has."""
    missing = state.needed - state.answered
    others = [name for pk, name in readers.items() if pk != state.first_reader_id]
    if len(others) <= missing:
        return " and ".join(others) or "a reader who is not in the team yet"
    named = " or ".join(others) if len(others) <= FEW_READERS else f"any of {len(others)} people"
    count = "one reader" if missing == 1 else "two readers"
    return f"{count}: {named}"


def _answer(request: HttpRequest, review: Review) -> None:
    """Answer the ticked records, or take back what was answered at once."""
    person = person_of(request)
    try:
        if request.POST.get("undo"):
            count = screening.undo_batch(by=person, review=review, batch=request.POST["undo"])
            messages.success(request, f"{count} answer(s) taken back.")
            return
        stage = stage_or_404(request.POST.get("stage", ""))
        ticked = [pk for pk in request.POST.getlist("record") if pk.isdecimal()]
        records = list(Record.objects.filter(review=review, pk__in=ticked))
        if not records:
            raise ValidationError("Tick the records that your answer is about.")
        answer = request.POST.get("answer", "")
        reason = reason_sent(request, reasons_at(review, stage)) if answer == Answer.EXCLUDE else None
        note = request.POST.get("note", "").strip()
        given = [screening.Given(record, answer, reason, note) for record in records]
        screening.decide_many(by=person, review=review, stage=stage, given=given)
    except ValidationError as error:
        refuse(request, error)
    else:
        messages.success(request, f"Your answer is recorded for {len(records)} record(s).")
