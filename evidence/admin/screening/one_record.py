"""The page of one record: what it says, what was decided about it as far as the person may know, what it became."""

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
from evidence.admin.screening.queue import shown
from evidence.admin.standing import person_of
from evidence.models import Record, Review, ScreeningState, Study
from evidence.permissions import Act
from evidence.services import screening
from evidence.verdicts import Answer, Stage, Status

DONE = {
    "duplicate": "The record is marked as a duplicate; it is not screened.",
    "restore": "The record is no duplicate any more; it is screened.",
    "study": "The study is made, with this record as its main report.",
    "link": "The record is linked to the study as a report.",
    "unlink": "The record is unlinked from its study.",
    "overrule": "Your decision is recorded.",
    "answer": "Your answer is recorded.",
}


def record_view(pages: ReviewPages, request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show a record, or do one thing with it."""
    review = review_or_404(request, slug)
    record = record_or_404(review, pk)
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act not in DONE:
            raise Http404("There is no such act.")
        try:
            _act(request, review, record, act)
        except screening.WasReader as error:
            raise PermissionDenied(str(error)) from error
        except ValidationError as error:
            refuse(request, error)
        else:
            messages.success(request, DONE[act])
        return back_to("record", review.slug, record.pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    return show(pages, request, review, "record", **_context(request, review, record))


def _context(request: HttpRequest, review: Review, record: Record) -> dict[str, Any]:
    person = person_of(request)
    said = screening.readable_decisions(by=person, record=record)
    states = ScreeningState.objects.filter(record=record).exclude(status=Status.REMOVED).select_related("reason")
    by_stage = {state.stage: state for state in states}
    looks = [
        {
            "stage": stage,
            "state": by_stage[stage],
            "said": [row for row in said if row.stage == stage],
            "reasons": reasons_at(review, stage),
            "was_reader": any(
                row.stage == stage and row.decided_by_id == person.pk and not row.is_adjudication for row in said
            ),
        }
        for stage in Stage
        if stage in by_stage
    ]
    full_text = by_stage.get(Stage.FULL_TEXT)
    is_included = full_text is not None and full_text.status == Status.INCLUDED
    code, label = screening.proposed_names(record) if is_included else ("", "")
    return {
        "title": record.title,
        "shown": shown(record, screening.policy_of(review)),
        "looks": looks,
        "duplicates": list(record.duplicates.select_related("source")),
        "is_included": is_included,
        "code": code,
        "label": label,
        "studies": list(Study.objects.filter(review=review).order_by("label")) if is_included else [],
    }


def _act(request: HttpRequest, review: Review, record: Record, act: str) -> None:
    """Call the service of an act with what the form says."""
    by, sent = person_of(request), request.POST
    reason = sent.get("why", "").strip()
    if act in ("duplicate", "restore"):
        require_standing(request, Act.RECORD, review)
        of = None if act == "restore" else _other(review, sent.get("of", ""))
        screening.mark_duplicate(by=by, record=record, of=of, reason=reason)
    elif act == "study":
        screening.make_study(by=by, record=record, code=sent.get("code", ""), label=sent.get("label", ""))
    elif act == "link":
        study = Study.objects.filter(review=review, code=sent.get("study", "")).first()
        if study is None:
            raise ValidationError("Choose the study that the record is a report of.")
        screening.link_to_study(by=by, record=record, study=study)
    elif act == "unlink":
        screening.unlink_from_study(by=by, record=record, reason=reason)
    else:
        _decide(request, review, record, act)


def _decide(request: HttpRequest, review: Review, record: Record, act: str) -> None:
    by, stage = person_of(request), stage_or_404(request.POST.get("stage", ""))
    answer, note = request.POST.get("answer", ""), request.POST.get("why", "").strip()
    reason = reason_sent(request, reasons_at(review, stage)) if answer == Answer.EXCLUDE else None
    given: dict[str, Any] = {"record": record, "stage": stage, "answer": answer, "reason": reason, "note": note}
    if act == "overrule":
        screening.adjudicate(by=by, **given, overrule=True)
    else:
        screening.decide(by=by, **given)


def _other(review: Review, number: str) -> Record:
    """Give the record that another one duplicates, by its number."""
    found = Record.objects.filter(review=review, pk=number).first() if number.strip().isdecimal() else None
    if found is None:
        raise ValidationError(f"There is no record number “{number}” in this review; each record's page shows its own.")
    return found
