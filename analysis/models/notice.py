"""That the conclusion of an analysis changed its class, who has read so, and who is told by e-mail."""

from typing import Any

from django.conf import settings
from django.db import models

from analysis import canonical
from analysis.models.snapshot import Snapshot
from evidence.models import EvidenceRow, Review
from evidence.models.append_only import AppendOnlyRow


class Notice(AppendOnlyRow):
    """What a snapshot lets a reader conclude that the snapshot before did not; at most one for each snapshot."""

    review_path = "snapshot__analysis__review"

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="notice")
    previous = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="+", help_text="The one before.")
    changes = models.TextField(help_text="Canonical JSON: the classes that changed, with their values before and now.")
    says = models.TextField(help_text="The changes as sentences, one on each line.")
    noted_at = models.DateTimeField(auto_now_add=True)
    noted_by = models.CharField(max_length=120, help_text="The process that made the snapshot.")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-noted_at", "-id"]

    def __str__(self) -> str:
        return f"{self.snapshot}: the conclusion changed"

    @property
    def sentences(self) -> list[str]:
        """The changes as sentences."""
        return self.says.splitlines()

    @property
    def parsed_changes(self) -> list[dict[str, Any]]:
        """The changes as plain data."""
        rows: list[dict[str, Any]] = canonical.from_text(self.changes)
        return rows


class NoticeRead(AppendOnlyRow):
    """That a person has read a notice."""

    review_path = "notice__snapshot__analysis__review"

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="reads")
    read_at = models.DateTimeField(auto_now_add=True)
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-read_at", "-id"]
        verbose_name = "read mark"
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "read_by"],
                name="noticeread_once",
                violation_error_message="The person has read the notice already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.notice}, read by {self.read_by}"


class NoticeSubscription(EvidenceRow):
    """Whether a member of a review wants its notices by e-mail."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="notice_subscriptions")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_email = models.BooleanField("by e-mail", default=True)

    class Meta:
        ordering = ["review", "person"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "person"],
                name="noticesubscription_once",
                violation_error_message="The person has chosen already; change that choice.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {'e-mail' if self.by_email else 'no e-mail'} about {self.review}"
