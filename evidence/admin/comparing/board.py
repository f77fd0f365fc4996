"""The board: how far the extraction of each study of a review is, by names and states, and what can be done next."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import slugify

from evidence.admin.standing import Standing, person_of, standing_of
from evidence.models import AuthorContact, Extraction, FormDraft, Review
from evidence.permissions import Act, readers_needed
from evidence.services import give_up_reading
from evidence.services.extraction import State, StudyState, states_of

ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A study on the board, with the one thing that the person can do next."""

    state: StudyState
    label: str = ""
    url: str = ""
    may_adopt: bool = False

    @property
    def study(self) -> Any:
        """The study."""
        return self.state.study


def line_of(standing: Standing, state: StudyState) -> Line:
    """Give a study's line."""
    study, person = state.study, standing.user
    address = reverse("admin:evidence_study_change", args=[study.pk])
    mine = next((one for one in state.readers if one.extraction.reviewer_id == person.pk), None)
    records, adjudicates = standing.may(Act.RECORD, study.review_id), standing.may(Act.ADJUDICATE, study.review_id)
    if mine is not None and not mine.is_submitted:
        return Line(state, "Continue my extraction", f"{address}?extraction=own")
    is_decided = state.state in (State.TO_ADJUDICATE, State.REOPENED)
    if is_decided and adjudicates and mine is None and state.needed == 1 and len(state.readers) == 1:
        return Line(state, may_adopt=state.state == State.TO_ADJUDICATE)
    submitted = sum(one.is_submitted for one in state.readers)
    if is_decided and submitted >= 2 and (adjudicates or mine is not None):
        word = "Adjudicate" if adjudicates and mine is None else "Compare"
        return Line(state, word, reverse("admin:evidence_compare", args=[study.pk]))
    has_room = len(state.readers) < state.needed
    is_free = state.consensus is None or state.consensus.status == Extraction.Status.DRAFT
    if records and mine is None and has_room and is_free:
        return Line(state, "Read it", f"{address}?extraction=own")
    return Line(state, "Open", address)


class BoardViews:
    """The board and what can be done on it."""

    admin_site: Any

    def get_urls(self) -> Any:
        """Add the board."""
        view = self.admin_site.admin_view
        return [
            path("board/<slug:slug>/", view(self.board_view), name="evidence_extraction_board"),
            path("board/<slug:slug>/release/", view(self.release_view), name="evidence_extraction_release"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def board_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show the studies of a review by how far they are."""
        standing = standing_of(request)
        review = review_or_404(request, slug)
        states = states_of(review)
        counts = Counter(one.state for one in states)
        asked = request.GET.get("state", "")
        shown = [one for one in states if not asked or slugify(one.state) == asked]
        lines = Paginator(shown, ON_A_PAGE).get_page(request.GET.get("p"))
        context = {
            **self.admin_site.each_context(request),
            "title": f"{review.title}: extraction",
            "opts": Extraction._meta,
            "review": review,
            "tiles": [(state, slugify(state), counts[state]) for state in State],
            "asked": asked,
            "lines": lines,
            "rows": [line_of(standing, one) for one in lines],
            "total": len(states),
            "needed": readers_needed(review),
            "may_manage": standing.may(Act.MANAGE, review.pk),
            "open_questions": AuthorContact.objects.filter(
                study__review=review, status=AuthorContact.Status.OPEN
            ).count(),
            "has_draft": FormDraft.objects.filter(review=review).exists(),
        }
        return TemplateResponse(request, "admin/evidence/comparing/board.html", context)

    def release_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Take away a reading that was never completed, for a reader who has left."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        review = review_or_404(request, slug)
        asked = request.POST.get("extraction", "")
        rows = Extraction.objects.filter(study__review=review, is_consensus=False)
        extraction = get_object_or_404(rows, pk=int(asked) if asked.isdecimal() else 0)
        try:
            give_up_reading(by=person_of(request), extraction=extraction, reason=request.POST.get("reason", "").strip())
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, "The study is free for another reader; what was entered stays in the history.")
        return HttpResponseRedirect(reverse("admin:evidence_extraction_board", args=[slug]))


def review_or_404(request: HttpRequest, slug: str) -> Review:
    """Give a review of the person."""
    review: Review | None = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
    if review is None:
        raise Http404("There is no such review among yours.")
    return review
