"""Harms that a study reports."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from evidence.models.base import EvidenceRow, Sourced
from evidence.models.constraints import FieldCheck
from evidence.models.extraction import Arm, Extraction


class AdverseEvent(EvidenceRow, Sourced):
    """One kind of adverse event, in one arm or in the whole study."""

    class Seriousness(models.TextChoices):
        SERIOUS = "serious", "Serious"
        NOT_SERIOUS = "not_serious", "Not serious"
        UNCLEAR = "unclear", "Not stated"

    review_path = "extraction__study__review"

    extraction = models.ForeignKey(Extraction, on_delete=models.CASCADE, related_name="adverse_events")
    arm = models.ForeignKey(
        Arm, null=True, blank=True, on_delete=models.CASCADE, help_text="Empty where reported for the whole study."
    )
    term = models.CharField(max_length=200, help_text="What happened, as the report calls it.")
    seriousness = models.CharField(max_length=12, choices=Seriousness, default=Seriousness.UNCLEAR)
    events = models.PositiveIntegerField(null=True, blank=True, help_text="How often it happened.")
    participants = models.PositiveIntegerField(null=True, blank=True, help_text="How many people had it.")
    total = models.PositiveIntegerField(null=True, blank=True, help_text="Of how many.")
    related_events = models.PositiveIntegerField(
        "related to treatment", null=True, blank=True, help_text="How many were at least possibly caused by treatment."
    )

    class Meta:
        ordering = ["extraction", "term"]
        constraints = [
            FieldCheck(
                field="participants",
                condition=Q(participants__isnull=True) | Q(total__isnull=True) | Q(participants__lte=models.F("total")),
                name="adverseevent_participants_not_above_total",
                sentence="There cannot be more people with the event than participants in total.",
            ),
            FieldCheck(
                field="related_events",
                condition=Q(related_events__isnull=True)
                | Q(events__isnull=True)
                | Q(related_events__lte=models.F("events")),
                name="adverseevent_related_not_above_events",
                sentence="There cannot be more treatment-related events than events.",
            ),
        ]

    def __str__(self) -> str:
        return self.term

    def clean(self) -> None:
        """Refuse an arm of another extraction."""
        if self.arm is not None and self.arm.extraction_id != self.extraction_id:
            raise ValidationError({"arm": f"Arm “{self.arm.label}” belongs to another extraction."})
