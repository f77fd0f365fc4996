"""What one reader, or the team together, extracted from a study: its arms and what they received."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from evidence.models.base import EvidenceRow, Sourced
from evidence.models.constraints import FieldCheck, positive, together
from evidence.models.extraction_form import ExtractionForm
from evidence.models.fields import Number
from evidence.models.study import Study
from evidence.models.vocabulary import ComparatorType, ComponentType


class Extraction(EvidenceRow):
    """Everything that one reviewer extracted from one study. Analyses read the consensus extraction only."""

    class Status(models.TextChoices):
        DRAFT = "draft", "In progress"
        COMPLETE = "complete", "Complete"

    review_path = "study__review"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="extractions")
    is_consensus = models.BooleanField("consensus", default=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="extractions"
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="extractions_completed",
    )
    form = models.ForeignKey(
        ExtractionForm,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="extractions",
        help_text="The version of the review's form that it was begun with.",
    )

    class Meta:
        ordering = ["study", "-is_consensus", "reviewer"]
        constraints = [
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(is_consensus=True),
                name="extraction_one_consensus_per_study",
                violation_error_message="The study already has a consensus extraction.",
            ),
            models.UniqueConstraint(
                fields=["study", "reviewer"],
                name="extraction_once_per_reviewer",
                violation_error_message="This reviewer already has an extraction of the study.",
            ),
            FieldCheck(
                field="reviewer",
                condition=Q(is_consensus=True, reviewer__isnull=True) | Q(is_consensus=False, reviewer__isnull=False),
                name="extraction_reviewer_or_consensus",
                sentence="An extraction belongs either to one reviewer or to the consensus.",
            ),
            together("completed_at", "completed_by", table="extraction", sentence="Say who completed it, and when."),
            FieldCheck(
                field="status",
                condition=Q(status="draft", completed_at__isnull=True)
                | Q(status="complete", completed_at__isnull=False),
                name="extraction_complete_is_stamped",
                sentence="A complete extraction carries the time of its completion.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study}: {'consensus' if self.is_consensus else self.reviewer}"


class Arm(EvidenceRow, Sourced):
    """A group of participants that the study formed."""

    class Role(models.TextChoices):
        EXPERIMENTAL = "experimental", "Experimental"
        COMPARATOR = "comparator", "Comparator"
        UNASSIGNED = "unassigned", "Not assigned (the reports do not say)"

    review_path = "extraction__study__review"

    extraction = models.ForeignKey(Extraction, on_delete=models.CASCADE, related_name="arms")
    number = models.PositiveSmallIntegerField(help_text="1, 2, 3 ...: results refer to the arm by this number.")
    label = models.CharField(max_length=200, help_text="How the report calls the group.")
    role = models.CharField(max_length=20, choices=Role)
    comparator_type = models.ForeignKey(
        ComparatorType, null=True, blank=True, on_delete=models.PROTECT, help_text="For comparators only."
    )
    n_randomised = models.PositiveIntegerField("n randomised", null=True, blank=True)

    class Meta:
        ordering = ["extraction", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["extraction", "number"],
                name="arm_number_once",
                violation_error_message="Two arms have the same number.",
            ),
            models.UniqueConstraint(
                fields=["extraction", "label"],
                name="arm_label_once",
                violation_error_message="Two arms have the same label.",
            ),
            positive("n_randomised", table="arm", label="The number of participants randomised"),
            FieldCheck(
                field="comparator_type",
                condition=Q(role="comparator", comparator_type__isnull=False)
                | (~Q(role="comparator") & Q(comparator_type__isnull=True)),
                name="arm_comparator_has_type",
                sentence="A comparator arm needs a comparator type, and only a comparator arm has one.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.label}"

    def clean(self) -> None:
        """Refuse a word from another review's vocabulary."""
        kind = self.comparator_type
        if kind is None or self.extraction_id is None:
            return
        if kind.review_id != self.owning_review.pk:
            raise ValidationError({"comparator_type": f"“{kind}” is a word of another review."})


class InterventionComponent(EvidenceRow):
    """One part of what an arm received, with its dose."""

    review_path = "arm__extraction__study__review"

    arm = models.ForeignKey(Arm, on_delete=models.CASCADE, related_name="components")
    type = models.ForeignKey(ComponentType, on_delete=models.PROTECT)
    weeks = Number("duration in weeks")
    sessions_per_week = Number("sessions per week")
    minutes = Number("minutes per session")
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["arm", "type"]
        constraints = [
            models.UniqueConstraint(
                fields=["arm", "type"],
                name="component_once_per_arm",
                violation_error_message="The arm already has this component.",
            ),
            positive("weeks", table="component", label="The duration in weeks"),
            FieldCheck(
                field="sessions_per_week",
                condition=Q(sessions_per_week__isnull=True) | Q(sessions_per_week__range=(0, 100)),
                name="component_sessions_plausible",
                sentence="Sessions per week must lie between 0 and 100.",
            ),
            FieldCheck(
                field="minutes",
                condition=Q(minutes__isnull=True) | Q(minutes__range=(0, 1440)),
                name="component_minutes_plausible",
                sentence="Minutes per session must lie between 0 and 1440.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} in {self.arm}"

    def clean(self) -> None:
        """Refuse a word from another review's vocabulary."""
        if self.type_id is None or self.arm_id is None:
            return
        if self.type.review_id != self.owning_review.pk:
            raise ValidationError({"type": f"“{self.type}” is a word of another review."})
