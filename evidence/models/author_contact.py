"""What the authors of a study were asked for, and what they answered."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck, together
from evidence.models.study import Study


class AuthorContact(EvidenceRow):
    """One item that the reports do not give and the authors were asked for."""

    class Status(models.TextChoices):
        OPEN = "open", "Waiting for an answer"
        ANSWERED = "answered", "Answered"
        SILENT = "silent", "No answer; not asked again"

    review_path = "study__review"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="author_contacts")
    item = models.CharField("asked for", max_length=400, help_text="Such as: SD of the NRS at week 12 in both arms.")
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    asked_at = models.DateField("asked on")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="author_questions")
    answered_at = models.DateField("answered on", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="author_answers",
        verbose_name="answer entered by",
    )
    answer = models.TextField(blank=True, help_text="What they wrote, in their words where it matters.")

    class Meta:
        ordering = ["study", "asked_at", "id"]
        constraints = [
            together(
                "answered_at",
                "answered_by",
                table="authorcontact",
                sentence="Say when the answer came and who entered it, or neither.",
            ),
            FieldCheck(
                field="answered_at",
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=F("asked_at")),
                name="authorcontact_answer_after_question",
                sentence="The answer cannot have come before the question.",
            ),
            FieldCheck(
                field="answer",
                condition=Q(status="answered", answered_at__isnull=False) & ~Q(answer="")
                | ~Q(status="answered") & Q(answered_at__isnull=True, answer=""),
                name="authorcontact_answered_has_answer",
                sentence="An answered question has its answer and the day it came; any other has neither.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study}: {self.item}"
