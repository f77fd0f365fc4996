"""Quorum's admin site: Django's own, named, with its tables in the order of the work."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

SECTIONS = {
    "Review": ("Review", "Study", "Assignment", "Outcome", "SearchRound", "Upload", "Membership"),
    "Screening": ("Record", "SearchSource", "ExclusionReason", "ScreeningPolicy", "ScreeningDecision"),
    "Plan": ("EligibilityRule", "Waiver", "PlanEvent", "PlanClosure"),
    "Results": (
        "Analysis",
        "Snapshot",
        "Run",
        "Certainty",
        "IndependentRating",
        "RatingPolicy",
        "FindingsWording",
        "Paper",
        "SignOff",
        "Publication",
        "Manuscript",
        "Schedule",
        "Notice",
        "Webhook",
    ),
    "Extraction": ("Adjudication", "AuthorContact", "ExtractionForm", "FormDraft", "ExtractionPolicy"),
    "Words and instruments": (
        "Instrument",
        "FollowUpWindow",
        "ComparatorType",
        "ComponentType",
        "CharacteristicField",
        "ReviewTool",
    ),
    "Programs": ("AccessToken",),
    "What studies hold (entered on the page of the study)": (
        *("Report", "Extraction", "Arm", "InterventionComponent", "ArmResult", "ContrastResult", "Settlement"),
        *("Characteristic", "AdverseEvent", "Assessment", "Judgement", "SignallingAnswer", "AssessmentDecision"),
        *("DoubtAnswer", "StudyPair"),
    ),
    "What stands behind screening": (
        *("ScreeningState", "ScreeningTicket", "ScreeningRanking", "RecordText", "DoubtfulPair", "FlowCount"),
    ),
    "What stands behind results": (
        *(
            "Freeze",
            "Dataset",
            "Refresh",
            "RefreshEnd",
            "RunPart",
            "ScheduleRun",
            "SnapshotRun",
            "Step",
            "Claim",
            "Block",
        ),
        *("PrintedClaim", "FindingAnswer"),
        *(
            "PluginWithdrawal",
            "ChangeBatch",
            "EditingMark",
            "KeptAnswer",
            "NoticeRead",
            "NoticeSubscription",
            "WebhookSecret",
            "Delivery",
        ),
    ),
    "Accounts and security": ("User", "Invitation", "SecurityEvent", "Attempt", "SecondStep", "Group"),
}


class QuorumAdminSite(AdminSite):
    """The site that review teams work in."""

    site_header = "Quorum"
    site_title = "Quorum"
    index_title = "Reviews and their evidence"

    # What stands in access is imported when a page is asked for: Django loads this file before there are models.

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the page for signing in, or take name and password."""
        from access.pages.signing_in import sign_in

        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        request.current_app = self.name
        return sign_in(self, request, extra_context)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Sign out, and keep that it happened."""
        from evidence.services.noting import Kind, note

        if request.method == "POST" and request.user.is_authenticated:
            note(Kind.SIGNED_OUT, by=request.user)
        return super().logout(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the page for one's own password, or change it."""
        from django.contrib.admin.forms import AdminPasswordChangeForm

        from access.pages.signing_in import ChangePasswordView

        request.current_app = self.name
        known = {**self.each_context(request), **(extra_context or {})}
        done = reverse("admin:password_change_done")
        view = ChangePasswordView.as_view(form_class=AdminPasswordChangeForm, success_url=done, extra_context=known)
        return view(request)

    def get_urls(self) -> list[Any]:
        """Add the pages of one's own account."""
        from access.pages import account, second_step

        pages = (
            ("code/", second_step.code_page, "code"),
            ("account/", account.account_page, "account"),
            ("account/second-step/", second_step.set_up_page, "second_step"),
            ("account/second-step/codes/", second_step.codes_page, "recovery_codes"),
            ("account/second-step/remove/", second_step.remove_page, "second_step_remove"),
        )
        own = [path(address, self.admin_view(self._page(view)), name=name) for address, view, name in pages]
        return [*own, *super().get_urls()]

    def _page(self, view: Any) -> Any:
        def shown(request: HttpRequest) -> HttpResponse:
            response: HttpResponse = view(self, request)
            return response

        return shown

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Give the tables in sections that follow the work; the page of an app stays as Django makes it."""
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        tables = {table["object_name"]: (table, app) for app in apps for table in app["models"]}
        sections = [self._section(title, names, tables) for title, names in SECTIONS.items()]
        others = [self._section(app["name"], [row["object_name"] for row in app["models"]], tables) for app in apps]
        return [section for section in [*sections, *others] if section["models"]]

    @staticmethod
    def _section(title: str, names: Any, tables: dict[str, Any]) -> dict[str, Any]:
        """Take the named tables out of those that are left, as a section like those that Django makes of apps."""
        found = [tables.pop(name) for name in names if name in tables]
        app = found[0][1] if found else {}
        return {**app, "name": title, "models": [table for table, _ in found]}
