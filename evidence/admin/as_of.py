"""The page of a review as it was on a date."""

from datetime import datetime, time
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from evidence.admin.standing import Standing, standing_of
from evidence.models import Assessment, Extraction, Review
from evidence.permissions import Act
from evidence.services.as_of import RowThen, studies_as_of, study_as_of

UNREADABLE = "“{asked}” is no date; give it as 2026-11-30, or with a time as 2026-11-30 14:05."


def as_of_urls(pages: Any) -> list[Any]:
    """Give the address of the page, for `get_urls` of the admin of reviews."""

    def view(request: HttpRequest, pk: int) -> HttpResponse:
        return as_of_view(pages, request, pk)

    return [path("<int:pk>/as-of/", pages.admin_site.admin_view(view), name="evidence_review_as_of")]


def as_of_view(pages: Any, request: HttpRequest, pk: int) -> HttpResponse:
    """Show the studies of a review on a date, or one of them with everything that it held."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    standing = standing_of(request)
    review = standing.reviews(Act.VIEW).filter(pk=pk).first()
    if review is None:
        raise Http404("There is no such review among yours.")
    asked = request.GET.get("on", "").strip()
    when = moment_of(asked) if asked else timezone.now()
    study = request.GET.get("study", "")
    context = {
        **pages.admin_site.each_context(request),
        "title": f"{review.title}: as it was",
        "opts": pages.opts,
        "review": review,
        "asked": asked or f"{timezone.localdate():%Y-%m-%d}",
        "when": when,
        "problem": "" if when else UNREADABLE.format(asked=asked),
        "studies": studies_as_of(review, when) if when and not study else [],
        "study": _study(standing, review, study, when) if when and study else None,
        "is_of_one": bool(study),
    }
    return TemplateResponse(request, "admin/evidence/as_of/page.html", context, status=200 if when else 400)


def moment_of(asked: str) -> datetime | None:
    """Give the moment that a person means: the end of a day, or a time; None where it cannot be read."""
    try:
        day = parse_date(asked)
        moment = datetime.combine(day, time.max) if day is not None else parse_datetime(asked)
    except ValueError:
        return None
    if moment is None:
        return None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _study(standing: Standing, review: Review, asked: str, when: datetime) -> RowThen | None:
    """Give a study with what the person may read of it."""
    found = study_as_of(review, int(asked), when) if asked.isdecimal() and len(asked) < 10 else None
    if found is not None:
        found.rows = [one for one in found.rows if _may_read(standing, one)]
    return found


def _may_read(standing: Standing, one: RowThen) -> bool:
    """Whether the person may read a part of a study: what other readers entered follows the rules of today."""
    if not isinstance(one.row, Extraction | Assessment):
        return True
    stored = type(one.row)._default_manager.filter(pk=one.row.pk).first()
    return standing.may_read(stored or one.row)
