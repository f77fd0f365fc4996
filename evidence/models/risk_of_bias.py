"""How far a study's result can be trusted: assessments with a published tool."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from evidence import tools
from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck
from evidence.models.outcome import Outcome
from evidence.models.study import Study

TOOL_CHOICES = [(tool.code, tool.name) for tool in tools.all_tools()]


class Assessment(EvidenceRow):
    """One reader's, or the consensus, assessment of a study with one tool."""

    review_path = "study__review"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="assessments")
    outcome = models.ForeignKey(
        Outcome,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        help_text="Empty where the assessment holds for all outcomes of the study.",
    )
    is_consensus = models.BooleanField("consensus", default=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="assessments"
    )
    tool = models.CharField(max_length=20, choices=TOOL_CHOICES, default="rob2")
    tool_version = models.CharField(max_length=20, editable=False, default="")

    class Meta:
        ordering = ["study", "tool", "-is_consensus"]
        constraints = [
            FieldCheck(
                field="reviewer",
                condition=Q(is_consensus=True, reviewer__isnull=True) | Q(is_consensus=False, reviewer__isnull=False),
                name="assessment_reviewer_or_consensus",
                sentence="An assessment belongs either to one reviewer or to the consensus.",
            ),
            models.UniqueConstraint(
                fields=["study", "tool"],
                condition=Q(is_consensus=True, outcome__isnull=True),
                name="assessment_one_consensus_per_study",
                violation_error_message="The study already has a consensus assessment with this tool.",
            ),
            models.UniqueConstraint(
                fields=["study", "tool", "outcome"],
                condition=Q(is_consensus=True, outcome__isnull=False),
                name="assessment_one_consensus_per_outcome",
                violation_error_message="This outcome of the study already has a consensus assessment with the tool.",
            ),
            models.UniqueConstraint(
                fields=["study", "tool", "reviewer"],
                condition=Q(is_consensus=False, outcome__isnull=True),
                name="assessment_once_per_reviewer",
                violation_error_message="This reviewer has already assessed the study with the tool.",
            ),
            models.UniqueConstraint(
                fields=["study", "tool", "outcome", "reviewer"],
                condition=Q(is_consensus=False, outcome__isnull=False),
                name="assessment_once_per_reviewer_and_outcome",
                violation_error_message="This reviewer has already assessed this outcome of the study with the tool.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study}: {self.get_tool_display()}, {'consensus' if self.is_consensus else self.reviewer}"

    def clean(self) -> None:
        """Stamp the tool's version and refuse another review's outcome."""
        if self.tool in dict(TOOL_CHOICES):
            self.tool_version = self.tool_version or tools.get_tool(self.tool).version
        if self.outcome is None or self.study_id is None:
            return
        if self.outcome.review_id != self.study.review_id:
            raise ValidationError({"outcome": f"“{self.outcome}” is an outcome of another review."})


class Judgement(EvidenceRow):
    """The answer for one domain of the tool, or for its overall judgement."""

    review_path = "assessment__study__review"

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="judgements")
    domain = models.CharField(max_length=40)
    proposed = models.CharField(max_length=20, blank=True, editable=False, help_text="What the tool's rule proposes.")
    judgement = models.CharField(max_length=20)
    justification = models.TextField(blank=True, help_text="Needed where the judgement departs from the tool's rule.")

    class Meta:
        ordering = ["assessment", "domain"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "domain"],
                name="judgement_once_per_domain",
                violation_error_message="The domain is already judged.",
            ),
            FieldCheck(
                field="justification",
                condition=Q(proposed="") | Q(proposed=F("judgement")) | ~Q(justification=""),
                name="judgement_departure_has_reason",
                sentence="The judgement departs from what the tool's rule gives; say why.",
            ),
        ]

    def __str__(self) -> str:
        tool = tools.get_tool(self.assessment.tool)
        return f"{tool.domain_name(self.domain)}: {tool.level_name(self.judgement)}"

    def clean(self) -> None:
        """Refuse a domain or a judgement that the tool does not have."""
        if self.assessment_id is None:
            return
        tool = tools.get_tool(self.assessment.tool)
        if not tool.has_domain(self.domain):
            raise ValidationError(
                {"domain": f"{tool.name} has no domain “{self.domain}”; it has {tool.domain_list()}."}
            )
        if not tool.has_level(self.judgement):
            raise ValidationError(
                {"judgement": f"{tool.name} has no judgement “{self.judgement}”; it has {tool.level_list()}."}
            )
