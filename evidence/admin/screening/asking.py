"""What the pages of screening have in common: the review and stage of an address, answers of a form, words."""

from typing import Any, Protocol

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from evidence.admin.standing import standing_of
from evidence.models import ExclusionReason, Record, Review
from evidence.permissions import Act
from evidence.verdicts import Stage


class ReviewPages(Protocol):
    """What the pages need of the admin that they are part of."""

    admin_site: AdminSite
    opts: Any


def review_or_404(request: HttpRequest, slug: str) -> Review:
    """Give a review of the person."""
    review = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
    if review is None:
        raise Http404("There is no such review among yours.")
    return review


def stage_or_404(stage: str) -> Stage:
    """Give the stage that an address names."""
    if stage not in Stage.values:
        raise Http404("There is no such stage.")
    return Stage(stage)


def record_or_404(review: Review, pk: Any) -> Record:
    """Give a record of the review."""
    rows = Record.objects.filter(review=review).select_related("search_round", "source", "report__study")
    record = rows.filter(pk=pk).first() if str(pk).isdecimal() else None
    if record is None:
        raise Http404("There is no such record in this review.")
    return record


def require_standing(request: HttpRequest, act: Act, review: Review) -> None:
    """Refuse a person whose role does not cover the page."""
    if not standing_of(request).may(act, review.pk):
        raise PermissionDenied


def reasons_at(review: Review, stage: str) -> list[ExclusionReason]:
    """Give the reasons that can be chosen at a stage, in their order."""
    at = (stage, ExclusionReason.AtStage.BOTH)
    return list(ExclusionReason.objects.filter(review=review, stage__in=at, is_retired=False))


def reason_sent(request: HttpRequest, reasons: list[ExclusionReason]) -> ExclusionReason | None:
    """Give the reason that a form was sent with."""
    sent = request.POST.get("reason", "")
    return next((reason for reason in reasons if str(reason.pk) == sent), None)


def show(pages: ReviewPages, request: HttpRequest, review: Review, name: str, /, **context: Any) -> HttpResponse:
    """Show a page of screening."""
    standing = standing_of(request)
    shared = {
        **pages.admin_site.each_context(request),
        "opts": pages.opts,
        "review": review,
        "may_screen": standing.may(Act.RECORD, review.pk),
        "may_adjudicate": standing.may(Act.ADJUDICATE, review.pk),
        "may_manage": standing.may(Act.MANAGE, review.pk),
        "stages": list(Stage),
    }
    return TemplateResponse(request, f"admin/evidence/screening/{name}.html", {**shared, **context})


def back_to(name: str, *arguments: Any, query: str = "") -> HttpResponseRedirect:
    """Go to a page of screening."""
    return HttpResponseRedirect(reverse(f"admin:evidence_screening_{name}", args=arguments) + query)


def refuse(request: HttpRequest, error: ValidationError) -> None:
    """Say why something was not done."""
    for sentence in error.messages:
        messages.error(request, sentence)
