"""The plan of a review and its ledger: one page with every analysis and every rule of eligibility."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse

from analysis.admin.scoped import ReadOnlyAdmin
from analysis.models import Analysis, EligibilityRule, PlanClosure, PlanEvent, Waiver
from analysis.services import (
    Verdict,
    check_eligibility,
    close_plan,
    drop,
    mark_reported,
    read_ledger,
    resume,
    save_rule,
    waive,
    withdraw_waiver,
)
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import Review, Study
from evidence.permissions import Act

DONE = {
    "close": "The plan is closed: analyses that are added from now on are post hoc.",
    "drop": "The analysis is dropped.",
    "resume": "The analysis is taken up again.",
    "report": "The place is noted.",
    "waive": "Your signature is recorded.",
    "withdraw": "The signature is withdrawn.",
}


@admin.register(PlanEvent)
class PlanEventAdmin(ReadOnlyAdmin):
    """What happened to analyses, and the page of the whole plan."""

    list_display = ("analysis", "kind", "reason", "happened_at", "happened_by")
    list_filter = (ReviewFilter, "kind")
    search_fields = ("analysis__title", "reason")

    def get_urls(self) -> list[Any]:
        """Add the page of the plan and what can be done on it."""
        view = self.admin_site.admin_view
        return [
            path("ledger/<slug:slug>/", view(self.ledger_view), name="analysis_ledger"),
            path("ledger/<slug:slug>/<slug:act>/", view(self.act_view), name="analysis_ledger_act"),
            *super().get_urls(),
        ]

    def ledger_view(self, request: HttpRequest, slug: str) -> HttpResponse:
        """Show the plan of a review."""
        review = self.review_or_404(request, slug)
        standing = standing_of(request)
        findings = check_eligibility(review)
        entries = read_ledger(review)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Plan and ledger: {review.title}",
            "opts": self.opts,
            "review": review,
            "closure": PlanClosure.objects.filter(review=review).select_related("closed_by").first(),
            "entries": entries,
            "counts": {name: sum(entry.state == name for entry in entries) for name in ("planned", "run", "reported")},
            "rules": _by_rule(findings),
            "has_rules": EligibilityRule.objects.filter(review=review).exists(),
            "open_count": sum(finding.is_open for finding in findings),
            "may_manage": standing.may(Act.MANAGE, review.pk),
            "may_analyse": standing.may(Act.ANALYSE, review.pk),
            "may_sign": standing.may(Act.SIGN, review.pk),
        }
        return TemplateResponse(request, "admin/analysis/ledger/page.html", context)

    def act_view(self, request: HttpRequest, slug: str, act: str) -> HttpResponse:
        """Do one thing of the page, and go back to it with a sentence."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        review = self.review_or_404(request, slug)
        if act not in DONE:
            raise Http404("There is no such act.")
        try:
            _act(request, review, act)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, DONE[act])
        return HttpResponseRedirect(reverse("admin:analysis_ledger", args=[slug]))

    def review_or_404(self, request: HttpRequest, slug: str) -> Review:
        """Give a review of the person."""
        review = standing_of(request).reviews(Act.VIEW).filter(slug=slug).first()
        if review is None:
            raise Http404("There is no such review among yours.")
        return review


def _act(request: HttpRequest, review: Review, act: str) -> None:
    """Call the service of an act with what the form says."""
    by, reason = person_of(request), request.POST.get("reason", "")
    if act == "close":
        close_plan(by=by, review=review, reason=reason)
    elif act in ("waive", "withdraw"):
        rule = get_object_or_404(EligibilityRule, review=review, code=request.POST.get("rule", ""))
        study = get_object_or_404(Study, review=review, code=request.POST.get("study", ""))
        service = waive if act == "waive" else withdraw_waiver
        service(by=by, rule=rule, study=study, reason=reason)
    else:
        analysis = get_object_or_404(Analysis, review=review, slug=request.POST.get("analysis", ""))
        if act == "report":
            mark_reported(by=by, analysis=analysis, place=reason)
        else:
            (drop if act == "drop" else resume)(by=by, analysis=analysis, reason=reason)


def _by_rule(findings: list[Any]) -> list[dict[str, Any]]:
    """Give for each rule how many studies meet it, and those that break it or of which it is not known."""
    rules: dict[int, dict[str, Any]] = {}
    for finding in findings:
        row = rules.setdefault(finding.rule.pk, {"rule": finding.rule, "met": 0, "broken": [], "unknown": []})
        if finding.verdict == Verdict.MET:
            row["met"] += 1
        else:
            row["broken" if finding.verdict == Verdict.VIOLATED else "unknown"].append(finding)
    return list(rules.values())


@admin.register(PlanClosure)
class PlanClosureAdmin(ReadOnlyAdmin):
    """When plans were closed."""

    list_display = ("review", "reason", "closed_at", "closed_by")


@admin.register(EligibilityRule)
class EligibilityRuleAdmin(ScopedAdmin):
    """The criteria of the protocol as conditions."""

    list_display = ("title", "element", "in_words", "review")
    list_filter = (ReviewFilter, "element")
    list_select_related = ("review",)
    search_fields = ("title", "code")
    fields = ("review", "code", "title", "element", "condition", "position")
    fixed_after_creation = ("review", "code")

    @admin.display(description="condition")
    def in_words(self, rule: Any) -> str:
        """The condition in words."""
        return str(rule.parsed_condition.describe())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person manages any review."""
        return standing_of(request).may_somewhere(Act.MANAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person manages the review, or any."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.MANAGE) if obj is None else standing.may(Act.MANAGE, obj.review_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: signatures refer to rules."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service, which tries the rule on the evidence."""
        with tied_to(None):
            save_rule(by=person_of(request), rule=obj)

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews that the person manages."""
        return standing_of(request).reviews(Act.MANAGE)


@admin.register(Waiver)
class WaiverAdmin(ReadOnlyAdmin):
    """Signed exceptions."""

    list_display = ("study", "rule", "kind", "reason", "signed_at", "signed_by")
    list_filter = (ReviewFilter, "kind")
    search_fields = ("study__label", "rule__title", "reason")
