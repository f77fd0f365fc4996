"""Answers to programs, kept for some days so that a request that is sent twice is done once."""

from django.conf import settings
from django.db import models

from evidence.models.base import EvidenceQuerySet
from evidence.models.review import Review


class KeptAnswer(models.Model):
    """What a request with this key was answered; the key belongs to the person who sent it."""

    review_path = "review"

    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64, help_text="SHA-256 of the method, the address and the body.")
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="+")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    asked_at = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_by", "key"],
                name="keptanswer_key_once_per_person",
                violation_error_message="A request with this key was already answered.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} ({self.asked_by})"
