"""Risk-of-bias assessments, their answers and judgements, and the review's own tools."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evidence.admin.extractions import PartOfStudy, WhoseFilter
from evidence.admin.reviews import Managed
from evidence.admin.risk_of_bias.views import AssessmentPages
from evidence.admin.scoped import ReviewFilter
from evidence.admin.standing import standing_of
from evidence.admin.symbols import tool_mark
from evidence.models import Assessment, AssessmentDecision, Judgement, ReviewTool, SignallingAnswer
from evidence.permissions import Act
from evidence.tools import OVERALL, all_tools

OF_ASSESSMENT = ("assessment__study", "assessment__reviewer", "assessment__review_tool", "assessment__outcome")


class ToolFilter(admin.SimpleListFilter):
    """Rows that were made with one tool."""

    title = "tool"
    parameter_name = "tool"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        """Give the published tools and those of the person's reviews."""
        own = ReviewTool.objects.visible_to(request.user).order_by("code").values_list("code", "name")
        return [*((tool.code, tool.name) for tool in all_tools()), *dict(own).items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow the list."""
        path = "tool" if queryset.model is Assessment else "assessment__tool"
        return queryset.filter(**{path: self.value()}) if self.value() else queryset


def assess_link(assessment: Assessment, words: str) -> SafeString:
    """Give the link to the page of an assessment."""
    return format_html('<a href="{}">{}</a>', reverse("admin:evidence_assessment_assess", args=[assessment.pk]), words)


@admin.register(Assessment)
class AssessmentAdmin(AssessmentPages, PartOfStudy):
    """Assessments; each is answered on a page of its own."""

    list_display = ("study_page", "tool_used", "outcome", "whose", "status", "overall")
    list_display_links = ("tool_used",)
    list_filter = (ReviewFilter, WhoseFilter, ToolFilter, "status")
    list_select_related = ("study", "outcome", "reviewer", "review_tool")
    search_fields = ("study__label", "outcome__name")
    fields = ("assess_page", "study_page", "whose", "tool_used", "tool_version", "outcome", "effect", "status")
    readonly_fields = (*fields, "submitted_at", "submitted_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the overall judgement along."""
        overall = Judgement.objects.filter(assessment=OuterRef("pk"), domain=OVERALL).order_by()
        return super().get_queryset(request).annotate(overall_level=Subquery(overall.values("judgement")[:1]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change it may delete it while it is in work; what was submitted once stays."""
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.is_closed)

    @admin.display(description="questions and judgements")
    def assess_page(self, row: Any) -> SafeString:
        """The page on which the assessment is answered and read."""
        return assess_link(row, "Open the assessment")

    @admin.display(description="tool", ordering="tool")
    def tool_used(self, row: Any) -> str:
        """The name of the tool."""
        return str(row.tool_name)

    @admin.display(description="overall")
    def overall(self, row: Any) -> SafeString | str:
        """The overall judgement."""
        return tool_mark(row.definition, row.overall_level) if row.overall_level else "–"


@admin.register(Judgement)
class JudgementAdmin(PartOfStudy):
    """Judgements domain by domain."""

    list_display = ("domain_name", "level", "justification", "study_page", "whose")
    list_filter = (ReviewFilter, WhoseFilter, ToolFilter)
    list_select_related = OF_ASSESSMENT
    search_fields = ("assessment__study__label", "domain", "justification")
    fields = ("study_page", "whose", "domain_name", "level", "justification", "page", "quote")
    readonly_fields = ("study_page", "whose", "domain_name", "level")

    @admin.display(description="domain", ordering="domain")
    def domain_name(self, row: Any) -> str:
        """Name of the domain."""
        return str(row.assessment.definition.domain_name(row.domain))

    @admin.display(description="judgement", ordering="judgement")
    def level(self, row: Any) -> SafeString:
        """The judgement."""
        return tool_mark(row.assessment.definition, row.judgement)


class OfAssessment(PartOfStudy):
    """Rows that are made on the page of an assessment, to be found and read."""

    list_select_related = OF_ASSESSMENT

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are changed on the page of the assessment, where the judgements follow."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They go with their assessment, by who may change it, and never by themselves."""
        page = request.resolver_match.url_name if request.resolver_match else ""
        by_itself = page == f"{self.opts.app_label}_{self.opts.model_name}_delete"
        return obj is not None and not by_itself and standing_of(request).may_write(obj)

    @admin.display(description="assessment")
    def assess_page(self, row: Any) -> SafeString:
        """The page on which the row is changed."""
        return assess_link(row.assessment, "Open the assessment")


@admin.register(SignallingAnswer)
class SignallingAnswerAdmin(OfAssessment):
    """Answers to signalling questions."""

    list_display = ("question_number", "answer", "support", "study_page", "whose", "assess_page")
    list_filter = (ReviewFilter, WhoseFilter, ToolFilter, "answer")
    search_fields = ("assessment__study__label", "question", "support", "quote")
    fields = ("assess_page", "study_page", "whose", "question_number", "answer", "support", "page", "table", "quote")
    readonly_fields = fields

    @admin.display(description="question", ordering="question")
    def question_number(self, row: Any) -> str:
        """Number and words of the question."""
        found = row.assessment.definition.find_question(row.question, row.assessment.effect)
        return f"{found.number} {found.text}" if found else str(row.question)


@admin.register(AssessmentDecision)
class AssessmentDecisionAdmin(OfAssessment):
    """What adjudicators took where two readers differed."""

    list_display = ("item", "taken", "value", "reason", "study_page", "assess_page")
    list_filter = (ReviewFilter, ToolFilter, "taken")
    search_fields = ("assessment__study__label", "item", "reason")
    fields = ("assess_page", "study_page", "item", "taken", "value", "first_value", "second_value", "reason")
    readonly_fields = fields


@admin.register(ReviewTool)
class ReviewToolAdmin(Managed):
    """Tools of the review's own, version by version."""

    list_display = ("name", "code", "version", "review")
    list_filter = (ReviewFilter,)
    list_select_related = ("review",)
    search_fields = ("name", "code", "definition")
    fields = ("review", ("name", "code", "version"), "definition")
    fixed_after_creation = ("review",)

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Give the definition room."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "definition":
            field.widget.attrs |= {"rows": 28, "cols": 110, "spellcheck": "false", "class": "definition"}
        return field

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person manages any review."""
        return standing_of(request).may_somewhere(Act.MANAGE)

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews that the person manages."""
        return standing_of(request).reviews(Act.MANAGE)
