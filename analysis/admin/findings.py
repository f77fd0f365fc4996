"""Who rates in a review, the raters' own ratings, and the tables of all ratings: evidence profile and summary."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis.admin.downloads import attachment
from analysis.admin.scoped import ReadOnlyAdmin
from analysis.exports.evidence_profile import EvidenceProfile, profile_csv, take_profile
from analysis.exports.summary_of_findings import HEAD, summarise, summary_csv
from analysis.models import DOMAINS, Certainty, Snapshot
from analysis.models.certainty import RATE_UPS, IndependentRating, RatingPolicy
from analysis.reading import Reading
from analysis.reporting.files import DOCX
from analysis.reporting.findings_file import summary_docx
from analysis.services import current_certainty
from analysis.services.rating import RATERS, own_ratings, renew_certainty, set_rating_policy
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review
from evidence.permissions import Act


class RenewalForm(forms.Form):
    """Why a rating still holds for new results."""

    prefix = "renewal"

    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 2}),
        label="Why it still holds",
        error_messages={"required": "Say why the rating still holds for the new results."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""

    def renew(self, *, by: Any, reading: Reading, certainty: Certainty) -> Certainty:
        """Renew through the service."""
        return renew_certainty(
            by=by, certainty=certainty, run=reading.runs["grade"], reason=self.cleaned_data["reason"]
        )


@admin.register(RatingPolicy)
class RatingPolicyAdmin(ScopedAdmin):
    """How many people rate the certainty in a review; and the tables of what they rated."""

    list_display = ("review", "raters_needed", "tables")
    list_filter = (ReviewFilter,)
    search_fields = ("review__title",)
    fixed_after_creation = ("review",)
    fields = ("review", "raters_needed")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the reviews along."""
        return super().get_queryset(request).select_related("review")

    @admin.display(description="tables")
    def tables(self, policy: Any) -> SafeString:
        """Links to the evidence profile and the Summary of Findings."""
        addresses = [reverse(f"admin:analysis_ratingpolicy_{name}", args=[policy.review_id]) for name in PAGES]
        return format_html('<a href="{}">Evidence profile</a> · <a href="{}">Summary of Findings</a>', *addresses)

    # Who rates is the owner's decision.

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews that the person manages."""
        return standing_of(request).reviews(Act.MANAGE)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person manages any review."""
        return standing_of(request).may_somewhere(Act.MANAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person manages the review, or any."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.MANAGE) if obj is None else standing.may(Act.MANAGE, obj.review_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: the choice is changed, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service."""
        with tied_to(None):
            saved = set_rating_policy(by=person_of(request), review=obj.review, raters_needed=obj.raters_needed)
        obj.pk = saved.pk

    # The tables

    def get_urls(self) -> list[Any]:
        """Add the two tables, their files, and the renewal of a rating."""
        view = self.admin_site.admin_view
        name = "analysis_ratingpolicy_{}".format
        return [
            path("profile/<int:review_id>/", view(self.profile_view), name=name("profile")),
            path("profile/<int:review_id>/evidence-profile.csv", view(self.profile_file), name=name("profile_csv")),
            path("summary/<int:review_id>/", view(self.summary_view), name=name("summary")),
            path("summary/<int:review_id>/summary-of-findings.csv", view(self.summary_file), name=name("summary_csv")),
            path("summary/<int:review_id>/summary-of-findings.docx", view(self.docx_file), name=name("summary_docx")),
            path("renew/<int:snapshot_id>/", view(self.renew_view), name=name("renew")),
            *super().get_urls(),
        ]

    def profile_view(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Show the evidence profile of a review."""
        profile = self.profile_or_404(request, review_id)
        names = [*DOMAINS, *(name for name in RATE_UPS if is_used(profile, name))]
        titles = DOMAINS | {name: title for name, (title, _) in RATE_UPS.items()}
        rows = [{"row": row, "cells": [row.domains.get(name, "") for name in names]} for row in profile.rows]
        return self._show(request, profile, "profile", rows, [titles[name] for name in names])

    def summary_view(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Show the Summary of Findings of a review."""
        profile = self.profile_or_404(request, review_id)
        summary = summarise(profile)
        return self._show(
            request,
            profile,
            "summary",
            list(summary.rows),
            list(HEAD),
            footnotes=summary.footnotes,
            may_word=standing_of(request).may(Act.ANALYSE, review_id),
        )

    def _show(
        self,
        request: HttpRequest,
        profile: EvidenceProfile,
        name: str,
        rows: list[Any],
        titles: list[str],
        **others: Any,
    ) -> HttpResponse:
        """Give the page of a table."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": PAGES[name],
            "review": profile.review,
            "profile": profile,
            "footnotes": profile.footnotes,
            "rows": rows,
            "titles": titles,
            **others,
        }
        return TemplateResponse(request, f"admin/analysis/findings/{name}.html", context)

    def profile_file(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Give the evidence profile as CSV."""
        return self._file(request, review_id, "evidence-profile.csv", profile_csv)

    def summary_file(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Give the Summary of Findings as CSV."""
        return self._file(request, review_id, "summary-of-findings.csv", summary_csv)

    def docx_file(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Give the Summary of Findings as DOCX."""
        profile = self.profile_or_404(request, review_id)
        return attachment(summary_docx(profile), DOCX, f"{profile.review.slug}-summary-of-findings.docx")

    def _file(
        self, request: HttpRequest, review_id: int, name: str, write: Callable[[EvidenceProfile], str]
    ) -> HttpResponse:
        """Give a table as an attachment."""
        profile = self.profile_or_404(request, review_id)
        headers = {"Content-Disposition": f'attachment; filename="{profile.review.slug}-{name}"'}
        return HttpResponse(write(profile), content_type="text/csv; charset=utf-8", headers=headers)

    def profile_or_404(self, request: HttpRequest, review_id: int) -> EvidenceProfile:
        """Give the profile of one of the person's reviews."""
        review: Review | None = standing_of(request).reviews(Act.VIEW).filter(pk=review_id).first()
        if review is None:
            raise Http404("There is no such review among yours.")
        return take_profile(review)

    def renew_view(self, request: HttpRequest, snapshot_id: int) -> HttpResponse:
        """Renew the stale rating of an analysis for the results of its snapshot."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        reviews = standing_of(request).reviews(Act.VIEW)
        snapshot = Snapshot.objects.filter(pk=snapshot_id, analysis__review__in=reviews).first()
        rating = None if snapshot is None else current_certainty(snapshot.analysis)
        if snapshot is None or rating is None:
            raise Http404("There is no such snapshot with a rating in your reviews.")
        if not standing_of(request).may(Act.SIGN, snapshot.analysis.review_id):
            raise PermissionDenied("Your role in the review does not cover rating.")
        form = RenewalForm(request.POST)
        if form.is_valid():
            try:
                form.renew(by=person_of(request), reading=Reading(snapshot), certainty=rating)
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, "The rating is renewed for these results.")
                address = reverse("admin:analysis_snapshot_change", args=[snapshot_id])
                return HttpResponseRedirect(f"{address}#certainty")
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": "Renew a rating"}
        context |= {"form": form, "snapshot": snapshot}
        return TemplateResponse(request, "admin/analysis/findings/renew.html", context, status=422)


PAGES = {"profile": "Evidence profile", "summary": "Summary of Findings"}


def is_used(profile: EvidenceProfile, name: str) -> bool:
    """Whether any row rates up for a reason, so that the table needs its column."""
    return any(row.domains[name].letters for row in profile.rows if name in row.domains)


@admin.register(IndependentRating)
class IndependentRatingAdmin(ReadOnlyAdmin):
    """The two raters' own ratings; somebody else's is shown when two have rated the same results."""

    list_display = ("analysis", "level", "rated_by", "rated_at")
    list_filter = (ReviewFilter, "level")
    search_fields = ("analysis__title", "justification", "rated_by__username")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give the person's own ratings and those that are not blinded any more."""
        rows = super().get_queryset(request).select_related("analysis__review", "run", "rated_by")
        raters = (
            IndependentRating.objects.order_by().values("analysis", "run").annotate(n=Count("rated_by", distinct=True))
        )
        seen = Q(rated_by=request.user.pk)
        for pair in raters.filter(n__gte=RATERS):
            seen |= Q(analysis=pair["analysis"], run=pair["run"])
        return rows.filter(seen)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may read the rating: a member, and their own or not blinded."""
        allowed = super().has_view_permission(request, obj)
        return allowed and (obj is None or obj.rated_by_id == request.user.pk or is_open(obj))


def is_open(rating: IndependentRating) -> bool:
    """Whether others may see a rating: two people have rated the same results."""
    return len(own_ratings(rating.analysis, rating.run)) >= RATERS
