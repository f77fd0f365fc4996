"""What is measured, with which scale, and when."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck, not_negative, positive, together
from evidence.models.fields import Number, trim
from evidence.models.review import Review


class Direction(models.TextChoices):
    """Which end of a scale is the good one."""

    LOWER = "lower", "Lower is better"
    HIGHER = "higher", "Higher is better"


class Outcome(EvidenceRow):
    """Something the review wants to know about, such as pain intensity, and the scale its answers are given in."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="outcomes")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    direction = models.CharField("direction of benefit", max_length=10, choices=Direction)
    scale_min = Number("lowest value of the common scale")
    scale_max = Number("highest value of the common scale")
    unit = models.CharField(max_length=60, blank=True, help_text="Unit of the common scale, such as points (0-10).")
    mcid_between = Number(
        "MCID between groups",
        help_text="Smallest difference between two groups that matters to patients, in points of the common scale.",
    )
    mcid_within = Number(
        "MCID within a group",
        help_text="Smallest change in one group that matters to patients. Never used for differences between groups.",
    )

    class Meta:
        ordering = ["review", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "code"],
                name="outcome_code_once",
                violation_error_message="The review already has an outcome with this code.",
            ),
            together("scale_min", "scale_max", table="outcome", sentence="Give both ends of the common scale or none."),
            FieldCheck(
                field="scale_max",
                condition=Q(scale_min__isnull=True) | Q(scale_max__isnull=True) | Q(scale_min__lt=F("scale_max")),
                name="outcome_scale_rises",
                sentence="The highest value of the common scale must be above its lowest value.",
            ),
            positive("mcid_between", table="outcome", label="The MCID between groups"),
            positive("mcid_within", table="outcome", label="The MCID within a group"),
        ]

    def __str__(self) -> str:
        return self.name


class FollowUpWindow(EvidenceRow):
    """A span of weeks after the start of treatment that counts as one time point of the review."""

    review_path = "outcome__review"

    outcome = models.ForeignKey(Outcome, on_delete=models.CASCADE, related_name="windows")
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80, help_text="Such as short-term.")
    target_week = Number("target week", null=False, blank=False)
    from_week = Number("first week", null=False, blank=False)
    to_week = Number("last week", null=False, blank=False)

    class Meta:
        ordering = ["outcome", "from_week"]
        constraints = [
            models.UniqueConstraint(
                fields=["outcome", "code"],
                name="window_code_once",
                violation_error_message="The outcome already has a follow-up window with this code.",
            ),
            not_negative("from_week", table="window", label="The first week"),
            FieldCheck(
                field="target_week",
                condition=Q(from_week__lte=F("target_week"), target_week__lte=F("to_week")),
                name="window_target_inside",
                sentence="The target week must lie between the first and the last week of the window.",
            ),
            FieldCheck(
                field="to_week",
                condition=Q(from_week__lt=F("to_week")),
                name="window_rises",
                sentence="The last week of the window must be after its first week.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (week {trim(self.from_week)} to {trim(self.to_week)})"

    def clean(self) -> None:
        """Refuse a window that shares a week with another window of its outcome."""
        if self.outcome_id is None or self.from_week is None or self.to_week is None:
            return
        others = FollowUpWindow.objects.filter(
            outcome_id=self.outcome_id, from_week__lte=self.to_week, to_week__gte=self.from_week
        ).exclude(pk=self.pk)
        for other in others[:1]:
            raise ValidationError({"from_week": overlap_sentence(self, other)})


def overlap_sentence(window: FollowUpWindow, other: FollowUpWindow) -> str:
    """Say which two windows share which weeks."""
    first, last = max(window.from_week, other.from_week), min(window.to_week, other.to_week)
    return (
        f"The window “{window.name}” overlaps “{other.name}” in weeks {trim(first)} to {trim(last)}; "
        "each week may belong to one window only."
    )


class Instrument(EvidenceRow):
    """A scale or count that an outcome is measured with, such as NRS 0-10 or RMDQ 0-24."""

    class Kind(models.TextChoices):
        CONTINUOUS = "continuous", "Continuous (means and SDs)"
        DICHOTOMOUS = "dichotomous", "Dichotomous (events of a total)"

    review_path = "outcome__review"

    outcome = models.ForeignKey(Outcome, on_delete=models.PROTECT, related_name="instruments")
    code = models.SlugField(max_length=60)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.CONTINUOUS)
    direction = models.CharField(max_length=10, choices=Direction)
    scale_min = Number("lowest possible score", help_text="Empty where no report states the range.")
    scale_max = Number("highest possible score", help_text="Empty where no report states the range.")
    score_step = Number(
        "step between two scores",
        help_text="Such as 1 for a scale of whole numbers. Empty: not known, or any number is possible; then nobody is "
        "asked about means that whole scores cannot have.",
    )
    item_count = models.PositiveSmallIntegerField(
        "items averaged",
        default=1,
        help_text="Where one score is the mean of several items: how many; each has the step above. A sum has 1.",
    )

    class Meta:
        ordering = ["outcome", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["outcome", "code"],
                name="instrument_code_once",
                violation_error_message="The outcome already has an instrument with this code.",
            ),
            together("scale_min", "scale_max", table="instrument", sentence="Give both ends of the scale or none."),
            FieldCheck(
                field="scale_max",
                condition=Q(scale_min__isnull=True) | Q(scale_max__isnull=True) | Q(scale_min__lt=F("scale_max")),
                name="instrument_scale_rises",
                sentence="The highest possible score must be above the lowest possible score.",
            ),
            positive("score_step", table="instrument", label="The step between two scores"),
            positive("item_count", table="instrument", label="The number of items averaged"),
        ]

    def __str__(self) -> str:
        if self.scale_min is None or self.scale_max is None:
            return f"{self.name} ({self.outcome})"
        return f"{self.name} {trim(self.scale_min)}-{trim(self.scale_max)} ({self.outcome})"
