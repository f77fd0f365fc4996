"""Pairs that may be one: records of one document, studies of one trial; and what a person said to that."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from evidence.models.base import EvidenceRow
from evidence.models.batch import ChangeBatch
from evidence.models.constraints import FieldCheck, together
from evidence.models.record import Record
from evidence.models.review import Review
from evidence.models.study import Study


class DoubtfulPair(EvidenceRow):
    """Two records that may be one document. Once answered, they are not asked about again."""

    class Answer(models.TextChoices):
        DUPLICATE = "duplicate", "Duplicates"
        DISTINCT = "distinct", "Not duplicates"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="doubtful_pairs")
    first = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+", help_text="The one found first.")
    second = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    score = models.FloatField(default=0, help_text="From 0 to 1: how much speaks for one document. Orders the pairs.")
    reasons = models.TextField(blank=True, help_text="What is the same and what differs.")
    answer = models.CharField(max_length=10, choices=Answer, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True, editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    act = models.ForeignKey(
        ChangeBatch, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["review", "-score", "id"]
        indexes = [models.Index(fields=["review", "answer", "-score"], name="doubtfulpair_queue")]
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                name="doubtfulpair_once",
                violation_error_message="These two records are a pair already.",
            ),
            FieldCheck(
                field="second",
                condition=Q(first__lt=F("second")),
                name="doubtfulpair_in_order",
                sentence="Of two records, the one found first stands first.",
            ),
            together("answered_at", "answered_by", table="doubtfulpair", sentence="Say who answered, and when."),
            FieldCheck(
                field="answer",
                condition=Q(answer="", answered_at__isnull=True) | ~Q(answer="") & Q(answered_at__isnull=False),
                name="doubtfulpair_answer_is_stamped",
                sentence="An answer carries its time.",
            ),
        ]

    def __str__(self) -> str:
        return f"records {self.first_id} and {self.second_id}"

    def clean(self) -> None:
        """Refuse records of another review."""
        _require_own(self)


class StudyPair(EvidenceRow):
    """What a person said of two studies that may be one trial. They are not asked about again."""

    class Answer(models.TextChoices):
        COMPANION = "companion", "One trial"
        DISTINCT = "distinct", "Two trials"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="study_pairs")
    first = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="+")
    reasons = models.TextField(blank=True, help_text="What was proposed, and why.")
    answer = models.CharField(max_length=10, choices=Answer)
    answered_at = models.DateTimeField(editable=False)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    act = models.ForeignKey(ChangeBatch, null=True, editable=False, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["review", "-answered_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"],
                name="studypair_once",
                violation_error_message="These two studies are a pair already.",
            ),
            FieldCheck(
                field="second",
                condition=Q(first__lt=F("second")),
                name="studypair_in_order",
                sentence="Of two studies, the one entered first stands first.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second}"

    def clean(self) -> None:
        """Refuse studies of another review."""
        _require_own(self)


def _require_own(pair: DoubtfulPair | StudyPair) -> None:
    kind = "record" if isinstance(pair, DoubtfulPair) else "study"
    wrong = {
        name: f"The {kind} belongs to another review."
        for name in ("first", "second")
        if getattr(pair, f"{name}_id") and getattr(pair, name).review_id != pair.review_id
    }
    if wrong:
        raise ValidationError(wrong)
