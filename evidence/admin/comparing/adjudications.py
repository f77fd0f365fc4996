"""The page of a comparison: decisions, matched arms, and the consensus; and the list of all decisions."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evidence.admin.comparing.board import BoardViews
from evidence.admin.comparing.page import ComparisonPage, page_of
from evidence.admin.scoped import ReviewFilter
from evidence.admin.screening.kept import KeptAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import Adjudication, Study
from evidence.permissions import Act, readable_extractions
from evidence.services import adopt_reading, build_consensus, match_arms, take_all_equal, take_many
from evidence.services.extraction import Seen, compare_readings, may_adjudicate, rebuilding, state_of


@admin.register(Adjudication)
class AdjudicationAdmin(BoardViews, KeptAdmin):
    """Decisions, and the page that they are made on."""

    list_display = ("title", "taken", "value", "reason", "decided_by", "decided_at", "study")
    list_filter = (ReviewFilter, "taken")
    search_fields = ("title", "reason", "first__study__label")
    related = ("first__study", "second", "decided_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give the decisions about pairs of which the person may read both."""
        rows = super().get_queryset(request)
        return rows.filter(readable_extractions(request.user, "first"), readable_extractions(request.user, "second"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may read both extractions that the decision is about."""
        standing = standing_of(request)
        if obj is None:
            return standing.may_somewhere(Act.VIEW)
        return standing.may_read(obj.first) and standing.may_read(obj.second)

    @admin.display(description="study")
    def study(self, row: Any) -> str:
        """The study."""
        return str(row.first.study)

    def get_urls(self) -> Any:
        """Add the pages."""
        view = self.admin_site.admin_view
        acts = {
            "compare": self.compare_view,
            "arms": self.arms_view,
            "equal": self.equal_view,
            "build": self.build_view,
        }
        return [
            path("study/<int:study_id>/", view(acts.pop("compare")), name="evidence_compare"),
            *(
                path(f"study/<int:study_id>/{name}/", view(act), name=f"evidence_compare_{name}")
                for name, act in acts.items()
            ),
            *super().get_urls(),
        ]

    def compare_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Show what differs, and save what was decided: all or nothing."""
        study = _study(request, study_id)
        try:
            sides = compare_readings(by=person_of(request), study=study)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(reverse("admin:evidence_study_change", args=[study.pk]))
        show_all = request.GET.get("show") == "all"
        if request.method != "POST":
            return self._render(request, study, page_of(sides, show_all=show_all))
        page = page_of(sides, show_all=True, sent=request.POST)
        changed = [row for row in page.rows if row.is_changed]
        try:
            events = take_many(
                by=person_of(request), study=study, choices=[row.choice() for row in changed], seen=_seen(request)
            )
        except ValidationError as error:
            return self._refused(request, study, page, error, show_all=show_all)
        count = len(events)
        said = f"{count} decision{'' if count == 1 else 's'} saved." if count else "Nothing was changed."
        messages.success(request, said)
        return HttpResponseRedirect(_address(request, study))

    def _refused(
        self, request: HttpRequest, study: Study, page: ComparisonPage, error: ValidationError, *, show_all: bool
    ) -> HttpResponse:
        """Show the page again with what was entered, and each sentence at its item."""
        by_path = error.message_dict if hasattr(error, "error_dict") else {}
        shown = page_of(page.sides, show_all=show_all, sent=request.POST)
        for row in shown.rows:
            row.errors = by_path.pop(row.item.path, [])
        for sentence in (one for rest in by_path.values() for one in rest):
            messages.error(request, sentence)
        if not hasattr(error, "error_dict"):
            messages.error(request, " ".join(error.messages))
        return self._render(request, study, shown, refused=True)

    def _render(
        self, request: HttpRequest, study: Study, page: ComparisonPage, *, refused: bool = False
    ) -> HttpResponse:
        may = may_adjudicate(person_of(request), study)
        context = {
            **self.admin_site.each_context(request),
            "title": f"{study}: two extractions compared",
            "opts": Study._meta,
            "study": study,
            "review": study.review,
            "page": page,
            "sides": page.sides,
            "names": page.sides.comparison.names,
            "may": may,
            "show_all": request.GET.get("show") == "all",
            "refused": refused,
            "version": page.sides.version,
            "last_event": page.sides.last_event,
            "consensus": state_of(study).consensus,
            "rebuilding": rebuilding(page.sides) if not page.open_count else None,
            "why_not_may": "" if may else _why_not(request, study),
        }
        return TemplateResponse(request, "admin/evidence/comparing/compare.html", context)

    def arms_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Match the arms as a person says."""
        sent = request.POST.dict()
        pairs = {
            name.removeprefix("arm-"): str(value) or None for name, value in sent.items() if name.startswith("arm-")
        }
        reason = request.POST.get("reason", "")
        return self._act(
            request,
            study_id,
            lambda study: match_arms(
                by=person_of(request), study=study, pairs=pairs, reason=reason, seen=_seen(request)
            ),
            "The arms are matched as you said; decisions about other pairs are open again.",
        )

    def equal_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Take the first reader's where only the writing differs."""
        return self._act(
            request,
            study_id,
            lambda study: take_all_equal(by=person_of(request), study=study),
            "What differs in writing only is taken over.",
        )

    def build_view(self, request: HttpRequest, study_id: int) -> HttpResponse:
        """Build the consensus, or build it again, or take a single reading over."""
        by, reason = person_of(request), request.POST.get("reason", "")
        again = request.POST.get("again") == "yes"
        service = adopt_reading if request.POST.get("single") == "yes" else build_consensus
        return self._act(
            request,
            study_id,
            lambda study: service(by=by, study=study, rebuild=again, reason=reason),
            "The consensus is built; analyses read it.",
            leads_to_study=True,
        )

    def _act(
        self,
        request: HttpRequest,
        study_id: int,
        act: Callable[[Study], Any],
        said: str,
        *,
        leads_to_study: bool = False,
    ) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        study = _study(request, study_id)
        try:
            act(study)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(_address(request, study))
        messages.success(request, said)
        if leads_to_study:
            return HttpResponseRedirect(
                f"{reverse('admin:evidence_study_change', args=[study.pk])}?extraction=consensus"
            )
        return HttpResponseRedirect(_address(request, study))


def _study(request: HttpRequest, study_id: int) -> Study:
    """Give a study of the person's reviews."""
    reviews = standing_of(request).reviews(Act.VIEW)
    study: Study = get_object_or_404(Study.objects.select_related("review"), pk=study_id, review__in=reviews)
    return study


def _address(request: HttpRequest, study: Study) -> str:
    address = reverse("admin:evidence_compare", args=[study.pk])
    return f"{address}?show=all" if request.GET.get("show") == "all" else address


def _seen(request: HttpRequest) -> Seen | None:
    """Give what the page showed that the form was sent from."""
    version, last = request.POST.get("version", ""), request.POST.get("last_event", "")
    return Seen(version, int(last)) if version and last.isdecimal() else None


def _why_not(request: HttpRequest, study: Study) -> str:
    """Say why the page is for reading only."""
    if standing_of(request).may(Act.ADJUDICATE, study.review_id):
        return "You are one of the two readers: another adjudicator settles what differs."
    return "An adjudicator settles what differs."
