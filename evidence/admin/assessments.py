"""Risk-of-bias assessments and their judgements."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from evidence.admin.extractions import PartOfStudy, WhoseFilter
from evidence.admin.scoped import ReviewFilter
from evidence.admin.symbols import level_mark
from evidence.models import Assessment, Judgement
from evidence.tools import OVERALL, get_tool


@admin.register(Assessment)
class AssessmentAdmin(PartOfStudy):
    """Assessments; those of a whole study are entered on the study's page."""

    list_display = ("study_page", "tool", "outcome", "whose", "overall")
    list_display_links = ("tool",)
    list_filter = (ReviewFilter, WhoseFilter, "tool")
    list_select_related = ("study", "outcome", "reviewer")
    search_fields = ("study__label", "outcome__name")
    fields = ("study_page", "whose", "tool", "tool_version", "outcome")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the overall judgement along."""
        overall = Judgement.objects.filter(assessment=OuterRef("pk"), domain=OVERALL).order_by()
        return super().get_queryset(request).annotate(overall_level=Subquery(overall.values("judgement")[:1]))

    @admin.display(description="overall")
    def overall(self, row: Any) -> SafeString | str:
        """The overall judgement."""
        return level_mark(row.tool, row.overall_level) if row.overall_level else "–"


@admin.register(Judgement)
class JudgementAdmin(PartOfStudy):
    """Judgements domain by domain."""

    list_display = ("domain_name", "level", "justification", "study_page", "whose")
    list_filter = (ReviewFilter, WhoseFilter, "assessment__tool")
    list_select_related = ("assessment__study", "assessment__reviewer")
    search_fields = ("assessment__study__label", "domain", "justification")
    fields = ("study_page", "whose", "domain_name", "level", "justification")
    readonly_fields = ("study_page", "whose", "domain_name", "level")

    @admin.display(description="domain", ordering="domain")
    def domain_name(self, row: Any) -> str:
        """Name of the domain."""
        return get_tool(row.assessment.tool).domain_name(row.domain)

    @admin.display(description="judgement", ordering="judgement")
    def level(self, row: Any) -> SafeString:
        """The judgement."""
        return level_mark(row.assessment.tool, row.judgement)
