"""Studies that may be one trial: proposals with their reasons, and what people said to them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evidence.admin.screening.asking import refuse, require_standing, review_or_404
from evidence.admin.screening.kept import KeptAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review, Study, StudyPair
from evidence.permissions import Act
from evidence.services.companions import (
    answer_studies,
    last_answer_about_studies,
    proposed_companions,
    take_back_about_studies,
)

SAID = {
    StudyPair.Answer.COMPANION: "One trial: {pair}. The later study is a companion of the earlier one.",
    StudyPair.Answer.DISTINCT: "Two trials: {pair}. They are not proposed any more.",
}


@admin.register(StudyPair)
class StudyPairAdmin(KeptAdmin):
    """What was said of pairs of studies, and the page of proposals."""

    list_display = ("first", "second", "answer", "answered_by", "answered_at", "review")
    search_fields = ("first__label", "second__label", "reasons")
    related = ("first", "second", "answered_by", "review")

    def get_urls(self) -> list[Any]:
        """Add the page of proposals."""
        own = self.admin_site.admin_view(self.proposals_view)
        return [path("of/<slug:slug>/", own, name="evidence_companions"), *super().get_urls()]

    def proposals_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show what is proposed, or take what the person says."""
        review = review_or_404(request, slug)
        if request.method == "POST":
            require_standing(request, Act.RECORD, review)
            try:
                self._take(request, review)
            except ValidationError as error:
                refuse(request, error)
            return HttpResponseRedirect(reverse("admin:evidence_companions", args=[slug]))
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
        person = person_of(request)
        studies = {study.pk: study for study in Study.objects.filter(review=review)}
        proposals = [
            {"proposal": one, "first": studies[one.first], "later": studies[one.later]}
            for one in proposed_companions(by=person, review=review)
        ]
        answered = StudyPair.objects.filter(review=review).select_related("first", "second", "answered_by")
        context = {
            **self.admin_site.each_context(request),
            "title": f"One trial or two: {review.title}",
            "opts": self.opts,
            "review": review,
            "proposals": proposals,
            "answered": list(answered),
            "companions": sorted(
                (study for study in studies.values() if study.companion_of_id), key=lambda study: study.label
            ),
            "studies": studies,
            "may_record": standing_of(request).may(Act.RECORD, review.pk),
            "last": last_answer_about_studies(by=person, review=review),
        }
        for study in context["companions"]:
            study.main = studies[study.companion_of_id]
        return TemplateResponse(request, "admin/evidence/companions.html", context)

    def _take(self, request: HttpRequest, review: Review) -> None:
        """Do what a button says, and say that it is done."""
        person, asked = person_of(request), request.POST.get("answer", "")
        if asked == "undo":
            pair = take_back_about_studies(by=person, review=review)
            messages.success(request, f"Your answer about {pair} is taken back.")
            return
        first, second = (_study(review, request.POST.get(name, "")) for name in ("first", "later"))
        reasons = _reasons(request, review, first, second)
        pair = answer_studies(by=person, first=first, second=second, answer=asked, reasons=reasons)
        messages.success(request, SAID[StudyPair.Answer(pair.answer)].format(pair=pair))


def _study(review: Review, sent: str) -> Study:
    found = Study.objects.filter(review=review, pk=sent).first() if sent.isdecimal() else None
    if found is None:
        raise Http404("There is no such study in this review.")
    return found


def _reasons(request: HttpRequest, review: Review, first: Study, later: Study) -> str:
    """Give what was proposed of the two, as it is kept with the answer."""
    proposed = proposed_companions(by=person_of(request), review=review)
    pair = {first.pk, later.pk}
    one = next((one for one in proposed if {one.first, one.later} == pair), None)
    return "; ".join((*one.speaks_for, *one.speaks_against)) if one else ""
