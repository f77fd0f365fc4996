"""Invitations into a review: each for one person, to one role, for a while."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from evidence.models import EvidenceRow, Membership, Review
from evidence.models.constraints import together


class Invitation(EvidenceRow):
    """That an owner asked somebody to join a review; the link that was given out is kept as its digest only."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField("e-mail address", max_length=254, help_text="Whom the invitation is for.")
    role = models.CharField(max_length=20, choices=Membership.Role, help_text="What the person may do in the review.")
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    valid_until = models.DateTimeField(editable=False)
    made_at = models.DateTimeField("invited at", auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name="invited by",
        editable=False,
    )
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-made_at", "-id"]
        constraints = [
            together("accepted_at", "accepted_by", table="invitation", sentence="Say who accepted, and when."),
            together("withdrawn_at", "withdrawn_by", table="invitation", sentence="Say who withdrew it, and when."),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
                name="invitation_accepted_or_withdrawn",
                violation_error_message="An invitation is accepted or withdrawn, never both.",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.email}"

    @property
    def is_open(self) -> bool:
        """Whether the link still works."""
        return self.accepted_at is None and self.withdrawn_at is None and timezone.now() < self.valid_until

    @property
    def state(self) -> str:
        """Where the invitation stands, in a word."""
        if self.accepted_at is not None:
            return "accepted"
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "open" if self.is_open else "expired"

    def clean(self) -> None:
        """Write the address as it is compared: in small letters."""
        self.email = self.email.strip().lower()
        super().clean()
