"""The protocol's plan: when it was closed, and what became of each analysis."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from analysis.models.analysis import Analysis
from evidence.models import Review
from evidence.models.append_only import AppendOnlyRow
from evidence.models.constraints import FieldCheck


class PlanClosure(AppendOnlyRow):
    """That the plan of a review is closed: an analysis that is added afterwards is post hoc for ever."""

    review_path = "review"

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="plan_closure")
    reason = models.TextField(blank=True, help_text="Where the plan is laid down, such as a registration and its date.")
    closed_at = models.DateTimeField(auto_now_add=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-closed_at"]
        constraints = [
            FieldCheck(
                field="reason",
                condition=~Q(reason=""),
                name="planclosure_has_a_reason",
                sentence="Say where the plan is laid down.",
            )
        ]

    def __str__(self) -> str:
        return f"Plan of {self.review}, closed {self.closed_at:%Y-%m-%d}"


class PlanEvent(AppendOnlyRow):
    """One event in the life of an analysis; its state follows from its events and its snapshots."""

    class Kind(models.TextChoices):
        PLANNED = "planned", "Planned"
        POST_HOC = "post_hoc", "Added after the plan was closed (post hoc)"
        AMENDED = "amended", "Changed after the plan was closed"
        REPORTED = "reported", "Reported"
        DROPPED = "dropped", "Dropped"
        RESUMED = "resumed", "Taken up again"

    review_path = "analysis__review"

    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="plan_events")
    kind = models.CharField(max_length=10, choices=Kind)
    reason = models.TextField(blank=True, help_text="Why; for a report, where it is printed.")
    happened_at = models.DateTimeField(auto_now_add=True)
    happened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["analysis", "id"]
        constraints = [
            FieldCheck(
                field="reason",
                condition=Q(kind__in=["planned", "post_hoc"]) | ~Q(reason=""),
                name="planevent_has_a_reason",
                sentence="Say why; for a report, where it is printed.",
            ),
            models.UniqueConstraint(
                fields=["analysis"],
                condition=Q(kind__in=["planned", "post_hoc"]),
                name="planevent_begins_once",
                violation_error_message="An analysis is planned or post hoc, once and for ever.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.analysis}: {self.get_kind_display().lower()}"
