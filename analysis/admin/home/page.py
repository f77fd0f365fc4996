"""The page: read in a number of queries that does not depend on how large the review is."""

from typing import Any, Protocol

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from analysis.admin.home.changes import recent_changes
from analysis.admin.home.known import WhatIsKnown, read_known
from analysis.admin.home.tour import is_put_away, put_away, steps_of
from analysis.admin.home.waiting import errands_of
from analysis.models import Schedule
from analysis.services.notifying import unread
from analysis.services.staleness import analyses_in_plan
from evidence.admin.standing import person_of, standing_of
from evidence.models import Membership, Review
from evidence.permissions import Act
from evidence.services.workload import read_workload


class ReviewPages(Protocol):
    """What the page needs of the admin that it is part of."""

    admin_site: AdminSite
    opts: Any


def home_urls(pages: ReviewPages) -> list[Any]:
    """Give the address of the page, for `get_urls` of an admin."""

    def view(request: HttpRequest, slug: str) -> HttpResponse:
        return home_view(pages, request, slug)

    return [path("review/<slug:slug>/", pages.admin_site.admin_view(view), name="analysis_home")]


def home_view(pages: ReviewPages, request: HttpRequest, slug: str) -> HttpResponse:
    """Show a review; a POST puts its first steps away, or brings them back."""
    review: Review | None = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
    if review is None:
        raise Http404("There is no such review among yours.")
    if request.method == "POST":
        response = HttpResponseRedirect(reverse("admin:analysis_home", args=[slug]))
        put_away(request, response, review, is_shown=request.POST.get("steps") == "show")
        return response
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    context = {**pages.admin_site.each_context(request), "opts": pages.opts, **context_of(request, review)}
    return TemplateResponse(request, "admin/analysis/home/page.html", context)


def context_of(request: HttpRequest, review: Review) -> dict[str, Any]:
    """Give what the page shows."""
    standing, person = standing_of(request), person_of(request)
    known = read_known(review, analyses_in_plan(review))
    workload = read_workload(by=person, review=review)
    team = list(Membership.objects.filter(review=review).select_related("user").order_by("role", "user__username"))
    steps = steps_of(review, members=len(team), workload=workload, known=known, standing=standing)
    is_away = is_put_away(request, review)
    return {
        "title": review.title,
        "review": review,
        "known": known,
        "workload": workload,
        "stages": [standing for standing in workload.stages.values() if standing.total],
        "studies": [(state.value, count) for state, count in sorted(workload.studies.items())],
        "errands": errands_of(review, workload.waiting),
        "notices": unread(person).filter(snapshot__analysis__review=review).count(),
        "todo": todo_of(known),
        "due": Schedule.objects.filter(review=review, is_paused=False, due_next__isnull=False)
        .select_related("analysis", "review")
        .order_by("due_next")[:3],
        "now": timezone.now(),
        "changes": recent_changes(review),
        "team": team,
        "role": next((member.get_role_display() for member in team if member.user_id == person.pk), ""),
        "may": {act.name.lower(): standing.may(act, review.pk) for act in Act},
        "steps": [] if is_away else steps,
        "steps_done": sum(step.is_done for step in steps),
        "is_tour_away": is_away,
    }


def todo_of(known: WhatIsKnown) -> dict[str, Any]:
    """Give the analyses by what there is to do about them."""
    rows = known.all
    return {
        "not_run": [row for row in rows if row.touched.asked_at is None],
        "under_way": [row for row in rows if row.touched.is_under_way],
        "failed": [row for row in rows if row.touched.failure],
        "touched": [row for row in rows if row.touched.is_touched and not row.touched.failure],
        "unsigned": [row for row in rows if row.snapshot is not None and row.snapshot.state == "draft"],
        "unpublished": [row for row in rows if row.snapshot is not None and row.snapshot.state == "signed_off"],
    }
