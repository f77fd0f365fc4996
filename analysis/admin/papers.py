"""The papers of a review and what they claim: a ledger with findings beside the claims, and the ways in and out."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from analysis.admin.paper_pages import BringForm, Chosen, PaperForm, chosen_of, entries_of, json_rows
from analysis.admin.scoped import ReadOnlyAdmin
from analysis.claims import CHECKS, Severity
from analysis.models import FindingAnswer, Paper, PrintedClaim, Snapshot
from analysis.papers import claims_csv, findings_json
from analysis.papers.written import findings_csv
from analysis.services.paper_findings import claim_of, standings_of
from analysis.services.papers import (
    answer_finding,
    bring_claims,
    remove_printed_claim,
    save_claim,
    save_paper,
    withdraw_answer,
)
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review
from evidence.permissions import Act

NO_SUCH = "There is no such paper among yours."
NOT_YOURS = "Your role in the review does not cover bringing claims in."
DONE = {
    "answer": "The answer is kept.",
    "withdraw": "The answer is taken back; the finding is open again.",
    "remove": "The claim is removed; its history stays.",
}
TYPES = {"json": "application/json", "claims.csv": "text/csv", "findings.csv": "text/csv"}


@admin.register(Paper)
class PaperAdmin(ReadOnlyAdmin):
    """The papers, and their ledgers."""

    list_display = ("title", "version", "review", "source")
    list_filter = (ReviewFilter,)
    list_select_related = ("review",)
    search_fields = ("title", "version", "source")

    def get_urls(self) -> list[Any]:
        """Add the pages of papers."""
        view = self.admin_site.admin_view
        return [
            path("of/<slug:slug>/", view(self.list_view), name="analysis_papers"),
            path("<int:pk>/claims/", view(self.ledger_view), name="analysis_paper_claims"),
            path("<int:pk>/report/", view(self.report_view), name="analysis_paper_report"),
            path("<int:pk>/bring/", view(self.bring_view), name="analysis_paper_bring"),
            path("<int:pk>/claims.<str:kind>", view(self.file_view), name="analysis_paper_file"),
            path("<int:pk>/act/<slug:act>/", view(self.act_view), name="analysis_paper_act"),
            *super().get_urls(),
        ]

    def list_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show the papers of a review, and make one."""
        review: Review | None = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
        if review is None:
            raise Http404("There is no such review among yours.")
        form = PaperForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            paper = save_paper(by=person_of(request), review=review, **form.cleaned_data)
            return HttpResponseRedirect(reverse("admin:analysis_paper_bring", args=[paper.pk]))
        context = {"review": review, "papers": Paper.objects.filter(review=review), "form": form}
        return self._page(request, "list", review, f"Papers: {review.title}", context, is_wrong=form.is_bound)

    def ledger_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the claims by place, with what is found beside them."""
        paper = self.paper_or_404(request, pk)
        standings, chosen = standings_of(paper), chosen_of(request)
        return self._page(
            request, "ledger", paper.review, f"Claims: {paper.title}", _ledger_context(paper, standings, chosen)
        )

    def report_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the findings as a report to print, for authors and peer reviewers."""
        paper = self.paper_or_404(request, pk)
        standings = standings_of(paper)
        asked = [one for one in standings if not one.finding.holds]
        context = {
            "paper": paper,
            "groups": [(one.value, [row for row in asked if row.finding.severity is one]) for one in Severity],
            "asked": asked,
            "open": [one for one in asked if one.is_open],
            "held": [one for one in standings if one.finding.holds],
            "checks": CHECKS,
        }
        return self._page(request, "report", paper.review, f"Report on claims: {paper.title}", context)

    def bring_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read claims from a file or a text, show them, and keep those that are confirmed."""
        paper = self.paper_or_404(request, pk)
        if not standing_of(request).may(Act.ANALYSE, paper.review_id):
            raise PermissionDenied(NOT_YOURS)
        form = BringForm(paper, request.POST or None, request.FILES or None)
        is_read = form.is_valid()
        if is_read and "keep" in request.POST:
            kept = [claim for claim in form.claims if claim.code in set(request.POST.getlist("code"))]
            try:
                came = bring_claims(by=person_of(request), paper=paper, claims=kept)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"{came.new} claims are new, {came.changed} changed, {came.same} the same.")
                return HttpResponseRedirect(reverse("admin:analysis_paper_claims", args=[paper.pk]))
        context = {"paper": paper, "form": form, "claims": form.claims, "content": claims_csv(form.claims)}
        wrong = form.is_bound and bool(form.errors)
        return self._page(request, "bring", paper.review, f"Bring claims in: {paper.title}", context, is_wrong=wrong)

    def file_view(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """Give claims and findings as a file."""
        paper = self.paper_or_404(request, pk)
        names = {"json": "json", "csv": "claims.csv", "findings.csv": "findings.csv"}
        if kind not in names:
            raise Http404("There is no such file.")
        claims = [claim_of(row) for row in paper.claims.order_by("position", "id")]
        rows = json_rows(standings_of(paper)) if kind != "csv" else []
        content = {
            "json": lambda: findings_json(claims, rows),
            "csv": lambda: claims_csv(claims),
            "findings.csv": lambda: findings_csv(rows),
        }[kind]()
        response = HttpResponse(content, content_type=f"{TYPES[names[kind]]}; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="claims-{paper.pk}.{kind}"'
        return response

    def act_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """Answer a finding, take an answer back, or remove a claim; then go back with a sentence."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        paper = self.paper_or_404(request, pk)
        if act not in DONE:
            raise Http404("There is no such act.")
        try:
            _act(request, paper, act)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, DONE[act])
        return HttpResponseRedirect(reverse("admin:analysis_paper_claims", args=[pk]))

    def paper_or_404(self, request: HttpRequest, pk: int) -> Paper:
        """Give a paper of the person's reviews."""
        found: Paper | None = self.get_queryset(request).select_related("review").filter(pk=pk).first()
        if found is None:
            raise Http404(NO_SUCH)
        return found

    def _page(
        self,
        request: HttpRequest,
        name: str,
        review: Review,
        title: str,
        context: dict[str, Any],
        *,
        is_wrong: bool = False,
    ) -> HttpResponse:
        standing = standing_of(request)
        may_bring = standing.may(Act.ANALYSE, review.pk)
        whole = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "review": review,
            "may_bring": may_bring,
            "may_answer": may_bring or standing.may(Act.RECORD, review.pk),
            **context,
        }
        status = 422 if is_wrong else 200
        return TemplateResponse(request, f"admin/analysis/papers/{name}.html", whole, status=status)


def _ledger_context(paper: Paper, standings: list[Any], chosen: Chosen) -> dict[str, Any]:
    """Give what the page of the ledger shows."""
    shown = [one for one in standings if chosen.takes(one)]
    asked = [one for one in standings if not one.finding.holds]
    return {
        "paper": paper,
        "entries": entries_of(paper, shown, is_whole=not chosen.is_narrowed),
        "loose": [one for one in shown if not one.claims],
        "chosen": chosen,
        "severities": [one.value for one in Severity],
        "checks": CHECKS,
        "counts": {
            "claims": paper.claims.count(),
            "asked": len(asked),
            "open": sum(one.is_open for one in asked),
            "held": sum(one.finding.holds for one in standings),
        },
        "members": User.objects.filter(memberships__review=paper.review).order_by("username"),
        "statuses": FindingAnswer.Status.choices,
    }


def _act(request: HttpRequest, paper: Paper, act: str) -> None:
    """Call the service of an act with what the form says."""
    by = person_of(request)
    if act == "remove":
        remove_printed_claim(by=by, claim=get_object_or_404(paper.claims, code=request.POST.get("code", "")))
        return
    key = request.POST.get("key", "")
    if act == "withdraw":
        withdraw_answer(by=by, answer=get_object_or_404(paper.answers, key=key))
        return
    assignee = request.POST.get("assignee", "")
    person = get_object_or_404(User, pk=assignee) if assignee.isdigit() else None
    status = request.POST.get("status", FindingAnswer.Status.OPEN)
    answer_finding(by=by, paper=paper, key=key, status=status, note=request.POST.get("note", ""), assignee=person)


@admin.register(PrintedClaim)
class PrintedClaimAdmin(ScopedAdmin):
    """All claims of papers; each can be entered and changed by itself."""

    list_display = ("code", "quantity", "as_printed", "section", "line", "table", "paper")
    list_filter = (ReviewFilter, "quantity")
    list_select_related = ("paper",)
    search_fields = ("code", "as_printed", "quote", "subject")
    fixed_after_creation = ("paper",)
    fields = (
        *("paper", "code", "position", "quantity", "as_printed"),
        *("section", "page", "line", "table", "figure", "quote"),
        *("statement", "subject", "outcome", "measure", "unit", "main", "part_of", "relation", "rows", "column"),
        *("snapshot", "note"),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person analyses in any review."""
        return standing_of(request).may_somewhere(Act.ANALYSE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person analyses in the review, or in any."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.ANALYSE) if obj is None else standing.may(Act.ANALYSE, obj.owning_review.pk)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody here: a claim is removed on the page of its paper."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service."""
        with tied_to(None):
            save_claim(by=person_of(request), claim=obj)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer papers and snapshots of the reviews that the person analyses in."""
        reviews = standing_of(request).reviews(Act.ANALYSE)
        if db_field.name == "snapshot":
            rows = Snapshot.objects.filter(analysis__review__in=reviews).select_related("analysis").defer("manifest")
            kwargs["queryset"] = rows.order_by("analysis__title", "-number")
        elif db_field.name == "paper":
            kwargs["queryset"] = Paper.objects.filter(review__in=reviews)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(FindingAnswer)
class FindingAnswerAdmin(ReadOnlyAdmin):
    """What people answered; it is written on the page of the paper."""

    list_display = ("says", "status", "note", "assignee", "answered_by", "answered_at", "paper")
    list_filter = (ReviewFilter, "status")
    list_select_related = ("paper", "assignee", "answered_by")
    search_fields = ("says", "note", "key")
