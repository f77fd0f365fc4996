"""What a reviewer answered to a question about numbers that are unlikely to be right."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from evidence.doubts import Kind
from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck
from evidence.models.study import Study


class DoubtAnswer(EvidenceRow):
    """That numbers are correct as printed, and why: the same question about the same numbers is not asked again.

    `digest` names the question by study, row, kind and numbers; where one of the numbers changes, it is another one.
    """

    review_path = "study__review"

    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="doubt_answers")
    kind = models.CharField(max_length=30, choices=[(kind.value, kind.heading) for kind in Kind])
    about = models.TextField(help_text="The row that was asked about, in words.")
    question = models.TextField(help_text="What was asked.")
    digest = models.CharField(max_length=64, editable=False)
    reason = models.TextField(
        blank=True, help_text="Why the numbers are correct: the page, the authors' answer, a second report."
    )
    answered_at = models.DateTimeField(auto_now_add=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="doubt_answers")

    class Meta:
        ordering = ["study", "id"]
        verbose_name = "answer to a doubt"
        verbose_name_plural = "answers to doubts"
        constraints = [
            models.UniqueConstraint(
                fields=["study", "digest"],
                name="doubtanswer_once",
                violation_error_message="This question is answered already.",
            ),
            FieldCheck(
                field="reason",
                condition=~Q(reason=""),
                name="doubtanswer_has_a_reason",
                sentence="Say why the numbers are correct as printed.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.study}: {self.about}: {self.get_kind_display()}"
