"""Where notices are sent: webhooks with their secrets, and each message until it has arrived."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from analysis.models.notice import Notice
from analysis.webhooks import WebhookRefused, parse_url
from evidence.models import EvidenceRow, Review
from evidence.models.append_only import AppendOnly, AppendOnlyQuerySet, AppendOnlyRow


class Webhook(EvidenceRow):
    """An address that is told of the notices of a review."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="webhooks")
    url = models.URLField(
        "address", max_length=500, help_text="Begins with https://. Each notice is sent to it, signed, as JSON."
    )
    is_active = models.BooleanField("active", default=True)

    class Meta:
        ordering = ["review", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "url"],
                name="webhook_url_once",
                violation_error_message="The review has a webhook with this address already.",
            )
        ]

    def __str__(self) -> str:
        return f"webhook to {self.host}"

    @property
    def host(self) -> str:
        """The host of the address; the rest of it may be as secret as a password."""
        try:
            return urlsplit(self.url).hostname or "–"
        except ValueError:
            return "–"

    def clean(self) -> None:
        """Refuse an address that nothing is sent to."""
        try:
            parse_url(self.url, allow_http=getattr(settings, "WEBHOOK_ALLOW_HTTP", False))
        except WebhookRefused as error:
            raise ValidationError({"url": str(error)}) from error


class WebhookSecret(AppendOnlyRow):
    """A key that messages of a webhook are signed with; the newest one is in force."""

    review_path = "webhook__review"

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="secrets")
    secret = models.CharField(max_length=100)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"secret of {self.webhook}"


class DeliveryQuerySet(AppendOnlyQuerySet):
    """Messages change only by the compare-and-set steps below, each a single statement that one caller wins."""

    def _change(self, **fields: Any) -> int:
        return models.QuerySet.update(self, **fields)

    def due(self, now: datetime) -> "DeliveryQuerySet":
        """Give the messages that wait and may be tried now, longest due first."""
        return self.filter(state=Delivery.State.WAITING, due_next__lte=now).order_by("due_next", "pk")

    def claim(self, row: "Delivery", *, now: datetime, worker: str, due_next: datetime) -> int | None:
        """Take a message for one attempt; give the number of the attempt, None where another caller took it.

        `due_next` is when it is tried again unless this attempt settles it, even if its process is lost.
        """
        mine = self.due(now).filter(pk=row.pk, attempts=row.attempts).order_by()
        taken = mine._change(attempts=F("attempts") + 1, due_next=due_next, tried_at=now, tried_by=worker)
        return row.attempts + 1 if taken else None

    def settle(self, pk: int, *, attempt: int, state: str, says: str) -> bool:
        """Keep what an attempt came to; False where a later attempt has begun."""
        mine = self.filter(pk=pk, attempts=attempt, state=Delivery.State.WAITING)
        ended = {} if state == Delivery.State.WAITING else {"due_next": None}
        return bool(mine._change(state=state, says=says[:500], **ended))


class Delivery(models.Model):
    """One notice on its way to one webhook or one person."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"
        CANCELLED = "cancelled", "No longer wanted"

    review_path = "notice__snapshot__analysis__review"

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    webhook = models.ForeignKey(Webhook, null=True, on_delete=models.PROTECT, related_name="deliveries")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    says = models.TextField("last answer", blank=True)
    due_next = models.DateTimeField("next attempt", null=True)
    tried_at = models.DateTimeField("last tried", null=True)
    tried_by = models.CharField(max_length=120, blank=True, help_text="The process that tried last.")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        base_manager_name = "objects"
        verbose_name_plural = "deliveries"
        constraints = [
            models.CheckConstraint(
                condition=Q(webhook__isnull=False, person__isnull=True) | Q(webhook__isnull=True, person__isnull=False),
                name="delivery_to_webhook_or_person",
                violation_error_message="A message goes to a webhook or to a person.",
            ),
            models.UniqueConstraint(
                fields=["notice", "webhook"],
                name="delivery_once_per_webhook",
                violation_error_message="The notice is on its way to this webhook already.",
            ),
            models.UniqueConstraint(
                fields=["notice", "person"],
                name="delivery_once_per_person",
                violation_error_message="The notice is on its way to this person already.",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", due_next__isnull=False) | ~Q(state="waiting") & Q(due_next__isnull=True),
                name="delivery_due_while_waiting",
                violation_error_message="A message has a next attempt if, and only if, it waits.",
            ),
            models.CheckConstraint(
                condition=Q(tried_at__isnull=True, tried_by="") | (Q(tried_at__isnull=False) & ~Q(tried_by="")),
                name="delivery_tried_at_with_tried_by",
                violation_error_message="Say which process tried to send the message, and when.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice}, to {self.webhook or self.person}"

    def save(self, *args: Any, **options: Any) -> None:
        """Insert the row; afterwards it changes by the steps of its queryset only."""
        if not self._state.adding:
            raise AppendOnly(type(self))
        super().save(*args, **{**options, "force_insert": True})

    def delete(self, *args: Any, **options: Any) -> Any:
        """Refuse."""
        raise AppendOnly(type(self))
