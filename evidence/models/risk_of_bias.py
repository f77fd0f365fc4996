"""How far a study's result can be trusted: assessments with a published tool, or with one of the review's own."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from evidence import tools
from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck, together
from evidence.models.outcome import Outcome
from evidence.models.review_tool import ReviewTool
from evidence.models.study import Study

CLOSED = "The assessment is submitted. Take it back into work first, with a reason."


class Assessment(EvidenceRow):
    """One reader's, or the consensus, assessment of a study with one version of one tool."""

    class Status(models.TextChoices):
        DRAFT = "draft", "In progress"
        SUBMITTED = "submitted", "Submitted"

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
    tool = models.CharField(max_length=20, default="rob2")
    tool_version = models.CharField(max_length=20, editable=False, default="")
    review_tool = models.ForeignKey(
        ReviewTool,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assessments",
        help_text="The version of the review's own tool; empty for a published tool.",
    )
    effect = models.CharField(
        "effect of interest", max_length=20, blank=True, help_text="For tools that ask differently for each effect."
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    submitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="assessments_submitted",
    )
    first = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="consensus_as_first"
    )
    second = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="consensus_as_second"
    )

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
            together("submitted_at", "submitted_by", table="assessment", sentence="Say who submitted it, and when."),
            FieldCheck(
                field="status",
                condition=Q(status="draft", submitted_at__isnull=True)
                | Q(status="submitted", submitted_at__isnull=False),
                name="assessment_submitted_is_stamped",
                sentence="A submitted assessment carries the time of its submission.",
            ),
            FieldCheck(
                field="first",
                condition=Q(first__isnull=True, second__isnull=True)
                | (Q(is_consensus=True, first__isnull=False, second__isnull=False) & ~Q(first=F("second"))),
                name="assessment_consensus_of_two",
                sentence="Only a consensus is settled from two assessments, and they must be different ones.",
            ),
        ]

    def __str__(self) -> str:
        whose = "consensus" if self.is_consensus else self.reviewer
        about = f" for {self.outcome.name}" if self.outcome else ""
        return f"{self.study}: {self.tool_name}{about}, {whose}"

    @property
    def definition(self) -> tools.Tool:
        """The tool in the version that the assessment is made with."""
        if self.review_tool is not None:
            return self.review_tool.tool
        return tools.get_tool(self.tool, self.tool_version)

    @property
    def tool_name(self) -> str:
        """The name of the tool, its code where there is no such tool."""
        try:
            return self.definition.name
        except tools.UnknownTool:
            return self.tool

    @property
    def is_submitted(self) -> bool:
        """Whether it is submitted; of a consensus: whether it is settled."""
        return self.status == self.Status.SUBMITTED

    @property
    def is_closed(self) -> bool:
        """Whether its answers are final: a reader's own is once it is submitted; the consensus may be corrected."""
        return self.is_submitted and not self.is_consensus

    def clean(self) -> None:
        """Stamp the tool's version; refuse words of another review, and another tool for answers that are given."""
        self._clean_tool()
        if self.study_id is None:
            return
        if self.outcome is not None and self.outcome.review_id != self.study.review_id:
            raise ValidationError({"outcome": f"“{self.outcome}” is an outcome of another review."})
        if self.review_tool is not None and self.review_tool.review_id != self.study.review_id:
            raise ValidationError({"review_tool": f"“{self.review_tool}” is a tool of another review."})
        self._refuse_other_tool()

    def _clean_tool(self) -> None:
        if self.review_tool is not None:
            self.tool, self.tool_version = self.review_tool.code, self.review_tool.version
        try:
            tool = self.definition
        except tools.UnknownTool as error:
            raise ValidationError({"tool": str(error)}) from error
        self.tool_version = self.tool_version or tool.version
        if self.effect and self.effect not in tool.effects:
            known = ", ".join(tool.effects) or "none"
            raise ValidationError({"effect": f"{tool.name} has no effect of interest “{self.effect}”; it has {known}."})

    def _refuse_other_tool(self) -> None:
        """Refuse another tool, version or effect than that of the answers and judgements which are there."""
        stored = Assessment.objects.select_related("review_tool").filter(pk=self.pk).first() if self.pk else None
        if stored is None or not (stored.judgements.exists() or stored.answers.exists()):
            return
        if any(getattr(stored, name) != getattr(self, name) for name in ("tool", "tool_version", "review_tool_id")):
            raise ValidationError(
                {"tool": f"The assessment was made with {stored.tool_name}, {stored.tool_version}, and keeps it."}
            )
        if stored.effect not in ("", self.effect) and stored.answers.exists():
            raise ValidationError({"effect": "The answers are for another effect of interest, so it stays as it is."})


class Judgement(EvidenceRow):
    """The answer for one domain of the tool, or for its overall judgement."""

    review_path = "assessment__study__review"

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="judgements")
    domain = models.CharField(max_length=40)
    proposed = models.CharField(max_length=20, blank=True, editable=False, help_text="What the tool's rule proposes.")
    judgement = models.CharField(max_length=20)
    justification = models.TextField(blank=True, help_text="Needed where the judgement departs from the tool's rule.")
    page = models.CharField(max_length=40, blank=True, help_text="Page of the report that supports it, such as 412.")
    quote = models.TextField(blank=True, help_text="The words of the report that support it.")

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
        tool = self.assessment.definition
        return f"{tool.domain_name(self.domain)}: {tool.level_name(self.judgement)}"

    @property
    def departs(self) -> bool:
        """Whether a person departed from what the tool's rule gives."""
        return bool(self.proposed) and self.proposed != self.judgement

    def clean(self) -> None:
        """Refuse a domain or a judgement that the tool does not have, and a change of what is submitted."""
        if self.assessment_id is None:
            return
        tool = self.assessment.definition
        if not tool.has_domain(self.domain):
            raise ValidationError(
                {"domain": f"{tool.name} has no domain “{self.domain}”; it has {tool.domain_list()}."}
            )
        if not tool.has_level(self.judgement):
            raise ValidationError(
                {"judgement": f"{tool.name} has no judgement “{self.judgement}”; it has {tool.level_list()}."}
            )
        if self.assessment.is_closed:
            raise ValidationError(CLOSED)
