"""Who has a page open for editing now: a hint to others, never a lock."""

from django.conf import settings
from django.db import models

from evidence.models.base import EvidenceQuerySet
from evidence.models.review import Review


class EditingMark(models.Model):
    """That a person was seen on a page that they may change."""

    review_path = "review"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    page = models.CharField(max_length=120, help_text="Kind and key of the row that the page is about.")
    seen_at = models.DateTimeField()
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["page", "seen_by"],
                name="editingmark_once_per_person",
                violation_error_message="The person is already marked on this page.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.seen_by} on {self.page}"
