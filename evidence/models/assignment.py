"""Who is to do what on which study, and by when."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck
from evidence.models.study import Study


class Assignment(EvidenceRow):
    """That a person is asked to extract a study, or to assess its risk of bias."""

    class Task(models.TextChoices):
        EXTRACTION = "extraction", "Extract"
        RISK_OF_BIAS = "risk_of_bias", "Assess risk of bias"

    class State(models.TextChoices):
        OPEN = "open", "Not begun"
        BEGUN = "begun", "In progress"
        DONE = "done", "Done"

    review_path = "study__review"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="assignments")
    task = models.CharField(max_length=20, choices=Task, default=Task.EXTRACTION)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assignments")
    due_on = models.DateField("due on", null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    assigned_at = models.DateTimeField(auto_now_add=True)
    assigned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["due_on", "study", "task"]
        constraints = [
            models.UniqueConstraint(
                fields=["study", "task", "assignee"],
                name="assignment_once",
                violation_error_message="The person is already asked to do this.",
            ),
            FieldCheck(
                field="due_on",
                condition=Q(due_on__isnull=True) | Q(due_on__year__range=(2000, 2100)),
                name="assignment_due_plausible",
                sentence="The day must lie between the years 2000 and 2100.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_task_display()}: {self.study}, {self.assignee}"
