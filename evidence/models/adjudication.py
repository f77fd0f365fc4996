"""How a review extracts, and what adjudicators decided where two readers differ."""

from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from evidence.models.append_only import AppendOnlyRow
from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck
from evidence.models.extraction import Extraction
from evidence.models.review import Review
from evidence.models.screening import KeptQuerySet
from evidence.models.study import Study


class ExtractionPolicy(EvidenceRow):
    """How many people extract each study. A review without a policy of its own has two."""

    class Readers(models.TextChoices):
        SINGLE = "single", "One reader"
        DUAL = "dual", "Two readers, independently, and an adjudicator"

    review = models.OneToOneField(
        Review,
        on_delete=models.PROTECT,
        related_name="extraction_policy",
        error_messages={"unique": "The review already has a policy of extraction; change that one."},
    )
    readers = models.CharField(max_length=10, choices=Readers, default=Readers.DUAL)

    class Meta:
        ordering = ["review"]
        verbose_name_plural = "extraction policies"

    def __str__(self) -> str:
        return f"{self.review}: {self.get_readers_display().lower()}"

    def clean(self) -> None:
        """Refuse a second reader for studies whose one reading others could read already."""
        if self.readers != self.Readers.DUAL or self.pk is None:
            return
        if not ExtractionPolicy.objects.filter(pk=self.pk, readers=self.Readers.SINGLE).exists():
            return
        complete = Extraction.Status.COMPLETE
        waiting = Study.objects.filter(
            review=self.review, extractions__is_consensus=False, extractions__status=complete
        ).exclude(extractions__in=Extraction.objects.filter(is_consensus=True))
        named = ", ".join(str(study) for study in waiting.order_by("label").distinct()[:5])
        if named:
            raise ValidationError(
                {"readers": f"Readings by one reader wait to become the consensus, and others have seen them: {named}."}
            )


class Adjudication(AppendOnlyRow):
    """One decision about one item of two readings: an event that is kept. A change of mind is a new one.

    `path` names the item; `seen_first` and `seen_second` are what both readers had then, so that the decision opens
    again where one of them changes. A decision of kind "match" says which arms are the same, as JSON.
    """

    class Taken(models.TextChoices):
        FIRST = "A", "The first reader's"
        SECOND = "B", "The second reader's"
        OTHER = "other", "A third value"
        MATCH = "match", "Arms matched"

    review_path = "first__study__review"

    first = models.ForeignKey(Extraction, on_delete=models.PROTECT, related_name="adjudications_as_first")
    second = models.ForeignKey(Extraction, on_delete=models.PROTECT, related_name="adjudications_as_second")
    path = models.CharField(max_length=200)
    title = models.TextField(help_text="What the item is, in words.")
    taken = models.CharField(max_length=10, choices=Taken)
    value = models.TextField(blank=True, help_text="The third value; empty where the field is to be empty.")
    seen_first = models.TextField("what the first reader had", blank=True)
    seen_second = models.TextField("what the second reader had", blank=True)
    reason = models.TextField(blank=True)
    decided_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="adjudications")

    objects: ClassVar[Any] = KeptQuerySet.as_manager()

    class Meta(AppendOnlyRow.Meta):
        ordering = ["id"]
        indexes = [models.Index(fields=["first", "second", "path"], name="adjudication_by_item")]
        constraints = [
            FieldCheck(
                field="second",
                condition=~Q(first=F("second")),
                name="adjudication_of_two_readings",
                sentence="An adjudication is about two different readings.",
            ),
            FieldCheck(
                field="reason",
                condition=Q(taken__in=["A", "B"]) | ~Q(reason=""),
                name="adjudication_third_value_has_reason",
                sentence="Say why: a third value, or arms matched by hand, need a reason.",
            ),
            FieldCheck(
                field="value",
                condition=Q(taken__in=["other", "match"]) | Q(value=""),
                name="adjudication_value_is_the_third",
                sentence="Only a third value is written down; the readers' own are in their readings.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}: {self.get_taken_display().lower()}"

    @property
    def owning_review(self) -> Review:
        """The review that the decision belongs to."""
        return self.first.study.review
