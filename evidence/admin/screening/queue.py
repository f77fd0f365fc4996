"""The queue: one record at a time, answered by a key or a button; and the conflicts, both answers side by side."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed

from evidence.admin.screening.asking import (
    ReviewPages,
    back_to,
    reason_sent,
    reasons_at,
    record_or_404,
    refuse,
    require_standing,
    review_or_404,
    show,
    stage_or_404,
)
from evidence.admin.screening.highlighting import highlighted
from evidence.admin.standing import person_of
from evidence.models import Record, Review, ScreeningPolicy, ScreeningState
from evidence.permissions import Act
from evidence.services import screening
from evidence.verdicts import Answer, Stage

SAID = {Answer.INCLUDE: "Included", Answer.EXCLUDE: "Excluded", Answer.UNSURE: "Unsure"}
SHORT = 90


def queue_view(pages: ReviewPages, request: HttpRequest, slug: str, stage: str) -> HttpResponse:
    """Show the person's next record, or take what they say about one."""
    review, at = review_or_404(request, slug), stage_or_404(stage)
    require_standing(request, Act.RECORD, review)
    if request.method == "POST":
        try:
            _take(request, review, at)
        except ValidationError as error:
            refuse(request, error)
        return back_to("queue", review.slug, at)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    person = person_of(request)
    state = screening.next_record(by=person, review=review, stage=at)
    policy = screening.policy_of(review)
    context: dict[str, Any] = {
        "title": f"{at.label}: {review.title}",
        "stage": at,
        "state": state,
        "needs_reason": at == Stage.FULL_TEXT or policy.needs_reason,
        "reasons": reasons_at(review, at),
        "left": screening.left_for(by=person, review=review, stage=at),
        "answered": screening.answered_today(by=person, review=review, stage=at),
    }
    if state is not None:
        context["shown"] = shown(state.record, policy)
    return show(pages, request, review, "queue", **context)


def _take(request: HttpRequest, review: Review, stage: Stage) -> None:
    """Do what a button of the queue says, and say that it is done."""
    person, asked = person_of(request), request.POST.get("answer", "")
    if asked == "undo":
        state = screening.undo(by=person, review=review, stage=stage)
        messages.success(request, _undone(state))
        return
    record = record_or_404(review, request.POST.get("record", ""))
    if asked == "skip":
        state_of = ScreeningState.objects.filter(record=record, stage=stage).first()
        if state_of is None:
            raise Http404("The record is not at this stage.")
        screening.skip(by=person, state=state_of)
        return
    reason = reason_sent(request, reasons_at(review, stage)) if asked == Answer.EXCLUDE else None
    note = request.POST.get("note", "").strip()
    screening.decide(by=person, record=record, stage=stage, answer=asked, reason=reason, note=note)
    because = f" ({reason.name})" if reason else ""
    messages.success(request, f"{SAID[Answer(asked)]}{because}: {_short(record)}")


def _undone(state: ScreeningState) -> str:
    if state.status == "waiting":
        return f"Your answer is taken back: {_short(state.record)}"
    return (
        f"Your answer is taken back. All readers had answered “{_short(state.record)}”, so an adjudicator will "
        "decide about it."
    )


def _short(record: Record) -> str:
    return record.title if len(record.title) <= SHORT else f"{record.title[:SHORT]}…"


def shown(record: Record, policy: ScreeningPolicy) -> dict[str, Any]:
    """Give a record as the pages show it."""
    words = policy.include_words, policy.exclude_words
    return {
        "record": record,
        "title": highlighted(record.title, *words),
        "abstract": [highlighted(part, *words) for part in record.abstract.split("\n") if part.strip()],
    }


def conflicts_view(pages: ReviewPages, request: HttpRequest, slug: str, stage: str) -> HttpResponse:
    """Show the first conflict that the person may settle, or settle one."""
    review, at = review_or_404(request, slug), stage_or_404(stage)
    require_standing(request, Act.ADJUDICATE, review)
    if request.method == "POST":
        _settle(request, review, at)
        return back_to("conflicts", review.slug, at)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    person, policy = person_of(request), screening.policy_of(review)
    waiting = screening.conflicts(by=person, review=review, stage=at)
    count, place = waiting.count(), request.GET.get("place", "0")
    index = min(int(place), max(count - 1, 0)) if place.isdecimal() else 0
    state = waiting[index : index + 1].first() if count else None
    context: dict[str, Any] = {
        "title": f"Conflicts, {at.label.lower()}: {review.title}",
        "stage": at,
        "state": state,
        "count": count,
        "number": index + 1,
        "next_place": index + 1 if index + 1 < count else 0,
        "own_count": ScreeningState.objects.filter(review=review, stage=at, status="conflict").count() - count,
        "reasons": reasons_at(review, at),
        "needs_reason": at == Stage.FULL_TEXT or policy.needs_reason,
    }
    if state is not None:
        said = screening.readable_decisions(by=person, record=state.record)
        context |= {"shown": shown(state.record, policy), "said": [row for row in said if row.stage == at]}
    return show(pages, request, review, "conflicts", **context)


def _settle(request: HttpRequest, review: Review, stage: Stage) -> None:
    record = record_or_404(review, request.POST.get("record", ""))
    answer = request.POST.get("answer", "")
    reason = reason_sent(request, reasons_at(review, stage)) if answer == Answer.EXCLUDE else None
    note = request.POST.get("note", "").strip()
    try:
        screening.adjudicate(by=person_of(request), record=record, stage=stage, answer=answer, reason=reason, note=note)
    except screening.WasReader as error:
        raise PermissionDenied(str(error)) from error
    except ValidationError as error:
        refuse(request, error)
    else:
        messages.success(request, f"Settled: {SAID[Answer(answer)].lower()}, “{_short(record)}”.")
