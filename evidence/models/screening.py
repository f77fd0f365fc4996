"""Screening: what readers decided, where each record stands, and who has it in hand."""

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from evidence.models.append_only import AppendOnlyQuerySet, AppendOnlyRow
from evidence.models.base import EvidenceQuerySet
from evidence.models.constraints import FieldCheck
from evidence.models.record import Record
from evidence.models.review import Review
from evidence.models.screening_policy import ExclusionReason
from evidence.verdicts import Answer, Stage, Status

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class KeptQuerySet(AppendOnlyQuerySet, EvidenceQuerySet):  # type: ignore[override]  # the stubs make a manager for each
    """Rows of a review that can be made and read only."""


class DecisionQuerySet(KeptQuerySet):  # type: ignore[override]
    """Decisions, narrowed to what a person may see: blinding is part of every reading of them."""

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """Give the person's own decisions, and others' on records that every required reader has answered.

        That holds for everybody: owners, adjudicators and superusers may still become a reader of the record.
        """
        disclosed = ScreeningState.objects.filter(record=OuterRef("record"), stage=OuterRef("stage"), is_disclosed=True)
        return super().visible_to(user).filter(Q(decided_by=user.pk) | Exists(disclosed))


class ScreeningDecision(AppendOnlyRow):
    """One answer of one person about one record: an event that is never changed. A change of mind is a new one."""

    class Door(models.TextChoices):
        QUEUE = "queue", "Queue"
        BULK = "bulk", "Many at once"
        IMPORT = "import", "Import"
        API = "api", "API"

    review_path = "record__review"

    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="decisions")
    stage = models.CharField(max_length=20, choices=Stage)
    answer = models.CharField(max_length=10, choices=Answer)
    reason = models.ForeignKey(
        ExclusionReason, null=True, blank=True, on_delete=models.PROTECT, related_name="decisions"
    )
    note = models.TextField(blank=True)
    is_adjudication = models.BooleanField(default=False)
    door = models.CharField(max_length=10, choices=Door, default=Door.QUEUE)
    batch = models.CharField(
        max_length=32, blank=True, db_index=True, help_text="What was decided at once has the same mark."
    )
    decided_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="screening_decisions"
    )

    objects = DecisionQuerySet.as_manager()  # type: ignore[misc]

    class Meta(AppendOnlyRow.Meta):
        ordering = ["id"]
        indexes = [
            models.Index(fields=["record", "stage", "id"], name="decision_by_record"),
            models.Index(fields=["decided_by", "stage", "decided_at", "id"], name="decision_by_person"),
        ]
        constraints = [
            FieldCheck(
                field="reason",
                condition=Q(reason__isnull=True) | Q(answer="exclude"),
                name="decision_reason_is_for_excluding",
                sentence="A reason is given for excluding only.",
            ),
            FieldCheck(
                field="reason",
                condition=~Q(answer="exclude", stage="full_text") | Q(reason__isnull=False),
                name="decision_full_text_has_reason",
                sentence="Excluding a full text needs a reason.",
            ),
            FieldCheck(
                field="answer",
                condition=Q(is_adjudication=False) | Q(answer__in=["include", "exclude"]),
                name="decision_adjudicator_decides",
                sentence="An adjudicator includes or excludes.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_answer_display()} ({self.decided_by})"


class ScreeningState(models.Model):
    """Where a record stands at a stage: computed from the decisions and kept beside them by the services.

    `place` orders the queue. `first_reader` is the one who has answered while a second reader is waited for.
    """

    review_path = "review"

    # Their indexes are the first columns of those below.
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="screening_states", db_index=False)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="states", db_index=False)
    stage = models.CharField(max_length=20, choices=Stage)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    needed = models.PositiveSmallIntegerField("readers needed", default=2)
    answered = models.PositiveSmallIntegerField("readers who have answered", default=0)
    first_reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.ForeignKey(ExclusionReason, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_disclosed = models.BooleanField("answers are open to all", default=False)
    priority = models.PositiveIntegerField(null=True, blank=True, help_text="1 is the likeliest to be included.")
    place = models.BigIntegerField("place in the queue", default=0)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["stage", "place", "id"]
        indexes = [
            models.Index(fields=["review", "stage", "status", "first_reader", "place"], name="state_queue"),
            models.Index(fields=["review", "stage", "status", "place"], name="state_list"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "stage"],
                name="state_once_per_stage",
                violation_error_message="The record already has a state at this stage.",
            ),
            models.CheckConstraint(
                condition=Q(needed__range=(1, 2)),
                name="state_one_or_two_readers",
                violation_error_message="A record is read by one or by two people.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record}: {self.get_status_display().lower()}"


class ScreeningTicket(models.Model):
    """That a reader has a record in hand, for some minutes; or has put it off, to see it again at the end."""

    review_path = "state__review"

    state = models.ForeignKey(ScreeningState, on_delete=models.PROTECT, related_name="tickets")
    reader = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    lease_until = models.DateTimeField("in hand until")
    is_skipped = models.BooleanField("put off", default=False)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-lease_until"]
        indexes = [models.Index(fields=["lease_until"], name="ticket_by_lease")]
        constraints = [
            models.UniqueConstraint(
                fields=["reader", "state"],
                name="ticket_once_per_reader",
                violation_error_message="The reader already has this record in hand.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.state.record}, in the hands of {self.reader}"


class ScreeningRanking(AppendOnlyRow):
    """That the queue was put in a new order by what readers have settled so far."""

    review_path = "review"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="screening_rankings")
    method = models.CharField(max_length=200, help_text="What learned the order, with its version.")
    learned_from = models.PositiveIntegerField("records learned from")
    included = models.PositiveIntegerField("of these included")
    ranked = models.PositiveIntegerField("records ranked")
    ranked_at = models.DateTimeField(auto_now_add=True)
    ranked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = KeptQuerySet.as_manager()  # type: ignore[misc]

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.ranked} records, learned from {self.learned_from}"
