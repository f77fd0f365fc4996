"""The page of a prioritised queue: what its order was learned from, how much may be left, and ordering it anew."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from analysis.admin.living import ReviewPages
from analysis.services.prioritising import estimate_left, rank_records
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review, ScreeningRanking
from evidence.models.screening_policy import Order
from evidence.permissions import Act
from evidence.services.screening import policy_of

SHOWN = 10


def priority_urls(pages: ReviewPages) -> list[Any]:
    """Give the address of the page, for `get_urls` of an admin."""

    def view(request: HttpRequest, slug: str) -> HttpResponse:
        return priority_view(pages, request, slug)

    return [path("priority/<slug:slug>/", pages.admin_site.admin_view(view), name="analysis_priority")]


def priority_view(pages: ReviewPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show the order of a review's queue, or put it in order now."""
    review = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
    if review is None:
        raise Http404("There is no such review among yours.")
    if request.method == "POST":
        return _rank(request, review)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    policy = policy_of(review)
    context = {
        **pages.admin_site.each_context(request),
        "title": f"Order of the queue: {review.title}",
        "opts": pages.opts,
        "review": review,
        "is_prioritised": policy.order == Order.PRIORITY,
        "order": policy.get_order_display(),
        "estimate": estimate_left(review),
        "rankings": ScreeningRanking.objects.filter(review=review).select_related("ranked_by")[:SHOWN],
        "may_screen": standing_of(request).may(Act.RECORD, review.pk),
    }
    return TemplateResponse(request, "admin/analysis/priority/page.html", context)


def _rank(request: HttpRequest, review: Review) -> HttpResponse:
    if not standing_of(request).may(Act.RECORD, review.pk):
        raise PermissionDenied
    try:
        made = rank_records(by=person_of(request), review=review)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"The queue is in order: {made}.")
    return HttpResponseRedirect(reverse("admin:analysis_priority", args=[review.slug]))
