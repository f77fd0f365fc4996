"""Versions of the form that a review extracts with: what every study is asked, and what is being changed about it."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from evidence.models.append_only import AppendOnlyRow
from evidence.models.base import EvidenceRow
from evidence.models.review import Review
from evidence.models.screening import KeptQuerySet


class ExtractionForm(AppendOnlyRow):
    """One version of a review's form: its questions as they were, kept for ever."""

    review_path = "review"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="forms")
    number = models.PositiveIntegerField(help_text="1, 2, 3 ...")
    definition = models.TextField(help_text="The questions, as JSON.")
    note = models.TextField(blank=True, help_text="What was changed, and why.")
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="forms_published")

    objects: ClassVar[Any] = KeptQuerySet.as_manager()

    class Meta(AppendOnlyRow.Meta):
        ordering = ["review", "-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "number"],
                name="extractionform_number_once",
                violation_error_message="The review already has a version of the form with this number.",
            )
        ]

    def __str__(self) -> str:
        return f"version {self.number}"

    @property
    def owning_review(self) -> Review:
        """The review that the form belongs to."""
        return self.review


class FormDraft(EvidenceRow):
    """What the next version of a review's form will ask; nobody extracts with it before it is published."""

    review = models.OneToOneField(
        Review,
        on_delete=models.PROTECT,
        related_name="form_draft",
        error_messages={"unique": "The review already has a draft of its form; change that one."},
    )
    definition = models.TextField(help_text="The questions, as JSON.")

    class Meta:
        ordering = ["review"]

    def __str__(self) -> str:
        return f"Draft of the form of {self.review}"
