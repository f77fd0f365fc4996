"""Quorum's admin site: Django's own, named, with its tables in the order of the work."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

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
}


class QuorumAdminSite(AdminSite):
    """The site that review teams work in."""

    site_header = "Quorum"
    site_title = "Quorum"
    index_title = "Reviews and their evidence"

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
