"""Numbers that are unlikely to be right: the page of a review that asks about them, and the answers that were given."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.doubts import Kind, Question
from evidence.models import DoubtAnswer, Review, Study
from evidence.permissions import Act
from evidence.services import answer_doubt, ask_again
from evidence.services.doubting import open_questions

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """One question on the page, and where its numbers are corrected."""

    question: Question
    study: str
    url: str


@admin.register(DoubtAnswer)
class DoubtAnswerAdmin(ScopedAdmin):
    """Answers to doubts, and the page that asks."""

    list_display = ("study", "kind", "about", "reason", "answered_by", "answered_at")
    list_filter = (ReviewFilter, "kind")
    list_select_related = ("study", "answered_by")
    search_fields = ("study__label", "about", "reason")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Doubts are answered on the page that asks."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An answer is kept as it was given; it can be taken back."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Answers are taken back on the page that asks."""
        return False

    def get_urls(self) -> list[Any]:
        """Add the page and its two acts."""
        view = self.admin_site.admin_view
        return [
            path("doubts/<slug:slug>/", view(self.doubts_view), name="evidence_doubts"),
            path("<int:pk>/ask-again/", view(self.ask_again_view), name="evidence_doubtanswer_ask_again"),
            *super().get_urls(),
        ]

    def doubts_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show what is asked, of one study or kind where the address says so; a POST answers one question."""
        standing = standing_of(request)
        review = standing.reviews(Act.VIEW).filter(slug=slug).first()
        if review is None:
            raise Http404("There is no such review among yours.")
        if request.method == "POST":
            if not standing.may(Act.RECORD, review.pk):
                raise PermissionDenied("Your role in the review does not cover answering doubts.")
            self._answer(request, review)
            return HttpResponseRedirect(request.get_full_path())
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        context = {
            **self.admin_site.each_context(request),
            "title": f"Doubts: {review.title}",
            "opts": self.opts,
            "review": review,
            "may_answer": standing.may(Act.RECORD, review.pk),
            **_context(review, kind=request.GET.get("kind", ""), study=request.GET.get("study", "")),
        }
        return TemplateResponse(request, "admin/evidence/doubts/page.html", context)

    def _answer(self, request: HttpRequest, review: Review) -> None:
        given = {name: request.POST.get(name, "") for name in ("digest", "reason")}
        try:
            made = answer_doubt(by=person_of(request), review=review, **given)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"Correct as printed: {made.study}, {made.about}. It is not asked again.")

    def ask_again_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take an answer back."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self.get_object(request, str(pk))
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        review = row.owning_review
        if not standing_of(request).may(Act.RECORD, review.pk):
            raise PermissionDenied("Your role in the review does not cover answering doubts.")
        ask_again(by=person_of(request), answer=row)
        messages.success(request, f"It is asked again: {row.study}, {row.about}.")
        return HttpResponseRedirect(reverse("admin:evidence_doubts", args=[review.slug]))


def _context(review: Review, *, kind: str, study: str) -> dict[str, Any]:
    """Give what the page shows: how many of each kind, the questions, and the answers that were given."""
    asked = open_questions(review)
    counts = Counter(one.doubt.kind for one in asked)
    studies = {code: (pk, label) for pk, code, label in Study.objects.filter(review=review).values_list(*OF_STUDY)}
    chosen = [one for one in asked if kind in ("", one.doubt.kind) and study in ("", str(studies[one.study][0]))]
    answers = DoubtAnswer.objects.filter(study__review=review).select_related("study", "answered_by")
    return {
        "kinds": [(one, one.heading, counts[one]) for one in Kind if counts[one]],
        "kind": kind,
        "total": len(asked),
        "asked": [_asked(one, *studies[one.study]) for one in chosen[:MOST_SHOWN]],
        "left_out": max(len(chosen) - MOST_SHOWN, 0),
        "of_study": next((label for pk, label in studies.values() if str(pk) == study), ""),
        "answers": answers.order_by("-id")[:MOST_SHOWN],
    }


OF_STUDY = ("pk", "code", "label")


def _asked(question: Question, pk: int, label: str) -> Asked:
    return Asked(question, label, f"{reverse('admin:evidence_study_change', args=[pk])}?extraction=consensus")
