"""Addresses of the pages of risk of bias: start, assess, submit, take back, settle."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evidence.admin.risk_of_bias.page import AssessPage
from evidence.admin.risk_of_bias.settling import SettlePage, decided_by
from evidence.admin.risk_of_bias.starting import StartForm
from evidence.admin.standing import person_of, standing_of
from evidence.models import Assessment, Study
from evidence.permissions import Act
from evidence.services import (
    begin_adjudication,
    reopen_assessment,
    settle_assessments,
    start_assessment,
    submit_assessment,
)
from evidence.services.judging import is_reader_of_two
from evidence.services.risk_of_bias.settling import comparable

FOLDER = "admin/evidence/risk_of_bias"


def address(name: str, *args: Any) -> str:
    """Give the address of one of the pages."""
    return reverse(f"admin:evidence_assessment_{name}", args=args)


def study_address(study: Study) -> str:
    """Give the address of the risk of bias on the page of a study."""
    return f"{reverse('admin:evidence_study_change', args=[study.pk])}#rob-group"


class AssessmentPages:
    """What the admin of assessments adds to Django's own pages."""

    admin_site: Any
    opts: Any

    def get_urls(self) -> Any:
        """Add the pages."""
        views = (
            ("start/<int:pk>/", self.start_view, "start"),
            ("<int:pk>/assess/", self.assess_view, "assess"),
            ("<int:pk>/reopen/", self.reopen_view, "reopen"),
            ("settle/<int:first>/<int:second>/", self.begin_view, "begin"),
            ("<int:pk>/settle/", self.settle_view, "settle"),
        )
        own = [
            path(route, self.admin_site.admin_view(view), name=f"evidence_assessment_{name}")
            for route, view, name in views
        ]
        return [*own, *super().get_urls()]  # type: ignore[misc]

    def page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        """Give a page in the look of the admin."""
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"{FOLDER}/{template}.html", {**shared, **context})

    def readable(self, request: HttpRequest, pk: int) -> Assessment:
        """Give an assessment that the person may read; any other does not exist for them."""
        rows = self.get_queryset(request).select_related(  # type: ignore[attr-defined]
            *("study__review", "outcome", "reviewer", "review_tool", "submitted_by"),
            *("first__reviewer", "second__reviewer"),
        )
        found: Assessment = get_object_or_404(rows.prefetch_related("answers", "judgements", "decisions"), pk=pk)
        return found

    def start_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for the result and the tool, and start the assessment."""
        standing = standing_of(request)
        study = get_object_or_404(standing.readable(Study.objects.select_related("review")), pk=pk)
        consensus = request.GET.get("consensus") == "1"
        if not standing.may(Act.ADJUDICATE if consensus else Act.RECORD, study.review_id):
            raise PermissionDenied("Your role in this review does not cover starting this assessment.")
        form = StartForm(request.POST if request.method == "POST" else None, study=study)
        if request.method == "POST" and form.is_valid():
            try:
                made = start_assessment(by=person_of(request), study=study, consensus=consensus, **form.chosen())
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                return HttpResponseRedirect(address("assess", made.pk))
        title = f"{study}: {'consensus on' if consensus else 'assess'} risk of bias"
        return self.page(
            request, "start", title=title, study=study, form=form, consensus=consensus, back=study_address(study)
        )

    def assess_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show an assessment, or save it."""
        assessment = self.readable(request, pk)
        may_answer = may_write(request, assessment)
        if request.method == "POST" and not may_answer:
            raise PermissionDenied("This assessment is for reading: it is another reader's, or it is submitted.")
        page = AssessPage(assessment, request.POST if request.method == "POST" else None)
        if request.method == "POST":
            try:
                with transaction.atomic():
                    Assessment.objects.select_for_update(of=("self",)).get(pk=pk)
                    page = AssessPage(self.readable(request, pk), request.POST)
                    if page.is_valid():
                        page.save(by=person_of(request))
                        return self._after_saving(request, assessment)
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
        return self.page(
            request,
            "assess",
            title=f"{assessment.study}: {assessment.tool_name}",
            assessment=assessment,
            study=assessment.study,
            assess=page,
            may_answer=may_answer,
            may_reopen=assessment.is_submitted and may_take_back(request, assessment),
            decisions=decided_by(assessment) if assessment.first_id else [],
            back=study_address(assessment.study),
        )

    def _after_saving(self, request: HttpRequest, assessment: Assessment) -> HttpResponse:
        """Go on where the first thing is missing, back to the study, or submit."""
        saved = self.readable(request, assessment.pk)
        if "_submit" in request.POST:
            try:
                submit_assessment(by=person_of(request), assessment=saved)
            except ValidationError as error:
                n = len(error.messages)
                messages.warning(
                    request,
                    f"Saved, but not submitted: {n} thing{'s are' if n != 1 else ' is'} still missing, listed below.",
                )
                return HttpResponseRedirect(f"{address('assess', saved.pk)}#missing")
            messages.success(request, "Your assessment is submitted." if not saved.is_consensus else "It is finished.")
            return HttpResponseRedirect(study_address(saved.study))
        messages.success(request, "Saved.")
        if "_save" in request.POST:
            return HttpResponseRedirect(study_address(saved.study))
        return HttpResponseRedirect(f"{address('assess', saved.pk)}#{AssessPage(saved).next_open}")

    def reopen_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a submitted assessment, or a settled consensus, back into work."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        assessment = self.readable(request, pk)
        if not may_take_back(request, assessment):
            raise PermissionDenied("An assessment is taken back by its own reader, a consensus by who may settle it.")
        try:
            reopen_assessment(by=person_of(request), assessment=assessment, reason=request.POST.get("reason", ""))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, "It is back in work.")
        return HttpResponseRedirect(address("assess", pk))

    def begin_view(self, request: HttpRequest, first: int, second: int) -> HttpResponse:
        """Begin to settle two assessments."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        rows = [self.readable(request, pk) for pk in (first, second)]
        try:
            consensus = begin_adjudication(by=person_of(request), first=rows[0], second=rows[1])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(study_address(rows[0].study))
        return HttpResponseRedirect(address("settle", consensus.pk))

    def settle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what differs between two assessments, record what is taken, and settle."""
        consensus = self.readable(request, pk)
        two = [row for row in (consensus.first, consensus.second) if row is not None]
        if not two or not may_write(request, consensus):
            raise PermissionDenied("Two assessments are settled by an adjudicator who is not one of the two readers.")
        faults = comparable(two[0], two[1])
        if consensus.is_submitted or faults:
            for fault in faults:
                messages.error(request, fault)
            return HttpResponseRedirect(address("assess", pk))
        page = SettlePage(consensus, request.POST if request.method == "POST" else None)
        if request.method == "POST" and page.save(by=person_of(request)):
            return self._after_deciding(request, consensus)
        return self.page(
            request,
            "settle",
            title=f"{consensus.study}: settle {consensus.tool_name}",
            consensus=consensus,
            study=consensus.study,
            settle=page,
            back=study_address(consensus.study),
        )

    def _after_deciding(self, request: HttpRequest, consensus: Assessment) -> HttpResponse:
        """Go on deciding, or settle."""
        if "_settle" not in request.POST:
            messages.success(request, "Saved.")
            return HttpResponseRedirect(address("settle", consensus.pk))
        try:
            settle_assessments(by=person_of(request), consensus=consensus)
        except ValidationError as error:
            messages.warning(request, f"Saved, but not settled. {' '.join(error.messages)}")
            return HttpResponseRedirect(address("settle", consensus.pk))
        messages.success(request, "The consensus is settled.")
        return HttpResponseRedirect(address("assess", consensus.pk))


def may_write(request: HttpRequest, assessment: Assessment) -> bool:
    """Whether the person may answer in this assessment now."""
    standing = standing_of(request)
    review = assessment.study.review_id
    if not assessment.is_consensus:
        is_own = assessment.reviewer_id == standing.user.pk
        return is_own and not assessment.is_submitted and standing.may(Act.RECORD, review)
    return standing.may(Act.ADJUDICATE, review) and not is_reader_of_two(standing.user, assessment)


def may_take_back(request: HttpRequest, assessment: Assessment) -> bool:
    """Whether the person may take a submitted assessment back into work."""
    standing = standing_of(request)
    if assessment.is_consensus:
        return may_write(request, assessment)
    return assessment.reviewer_id == standing.user.pk and standing.may(Act.RECORD, assessment.study.review_id)
