"""How people word the Summary of Findings: a form for each analysis, and the list of what they worded."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from analysis.admin.scoped import ReadOnlyAdmin
from analysis.exports.evidence_profile import take_profile
from analysis.exports.summary_of_findings import statement_of
from analysis.models import Analysis, FindingsWording
from analysis.services.wording import word_findings
from evidence.admin.scoped import ReviewFilter
from evidence.admin.standing import person_of, standing_of
from evidence.permissions import Act

NOT_YOURS = "Your role in the review does not cover wording its findings."


class WordingForm(forms.Form):
    """A person's words for the row of an analysis; the service says what is too long."""

    prefix = "wording"

    title = forms.CharField(required=False, label="Outcome, as readers know it")
    statement = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        label="What happens",
        help_text="Plain text. Its numbers are not checked. Empty: the statement that Quorum words.",
    )
    footnotes = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        label="Footnotes, one per line",
        help_text="Plain text. They get letters behind those of the explanations, and stand at the outcome.",
    )

    def __init__(self, *args: Any, analysis: Analysis, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.analysis = analysis
        self.label_suffix = ""
        self.fields["title"].help_text = f"Plain text. Empty: the title of the analysis, “{analysis.title}”."

    def store(self, *, by: Any) -> bool:
        """Save through the service; whether it was saved."""
        try:
            word_findings(by=by, analysis=self.analysis, **self.cleaned_data)
        except ValidationError as error:
            self.add_error(None, error)
            return False
        return True


@admin.register(FindingsWording)
class FindingsWordingAdmin(ReadOnlyAdmin):
    """What people worded, to read; it is written from the Summary of Findings."""

    list_display = ("analysis", "title", "statement", "worded_by", "worded_at")
    list_filter = (ReviewFilter,)
    search_fields = ("analysis__title", "title", "statement", "footnotes")
    list_select_related = ("analysis__review", "worded_by")

    def get_urls(self) -> list[Any]:
        """Add the form."""
        address = path("of/<int:analysis_id>/", self.admin_site.admin_view(self.word_view), name=PAGE)
        return [address, *super().get_urls()]

    def word_view(self, request: HttpRequest, analysis_id: int) -> HttpResponse:
        """Word the row of an analysis, beside what Quorum words."""
        analysis = self.analysis_or_refuse(request, analysis_id)
        wording = FindingsWording.objects.filter(analysis=analysis).select_related("worded_by").first()
        initial = {name: getattr(wording, name) for name in WordingForm.base_fields} if wording is not None else {}
        form = WordingForm(request.POST if request.method == "POST" else None, initial=initial, analysis=analysis)
        if form.is_valid() and form.store(by=person_of(request)):
            messages.success(request, f"The wording of “{analysis.title}” is saved.")
            return HttpResponseRedirect(reverse("admin:analysis_ratingpolicy_summary", args=[analysis.review_id]))
        row = take_profile(analysis.review, [analysis]).rows[0]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Edit wording: {analysis.title}",
            "review": analysis.review,
            "wording": wording,
            "form": form,
            "generated": statement_of(row),
            "shown": statement_of(row, wording) if wording is not None and wording.statement else "",
            "missing": row.missing,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/analysis/findings/word.html", context, status=status)

    def analysis_or_refuse(self, request: HttpRequest, analysis_id: int) -> Analysis:
        """Give an analysis of the person's reviews, whose findings they may word."""
        reviews = standing_of(request).reviews(Act.VIEW)
        rows = Analysis.objects.filter(review__in=reviews).select_related("review")
        found: Analysis | None = rows.filter(pk=analysis_id).first()
        if found is None:
            raise Http404("There is no such analysis among yours.")
        if not standing_of(request).may(Act.ANALYSE, found.review_id):
            raise PermissionDenied(NOT_YOURS)
        return found


PAGE = "analysis_findingswording_word"
