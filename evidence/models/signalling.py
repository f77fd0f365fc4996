"""The answers to signalling questions that judgements stand on, and how an adjudicator decided between two readers."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from evidence import tools
from evidence.models.base import EvidenceRow, Sourced
from evidence.models.constraints import FieldCheck
from evidence.models.risk_of_bias import CLOSED, Assessment


class SignallingAnswer(EvidenceRow, Sourced):
    """The answer to one signalling question, what supports it, and where that stands in the report."""

    review_path = "assessment__study__review"

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="answers")
    question = models.CharField(max_length=30)
    answer = models.CharField(max_length=2, blank=True, choices=list(tools.ANSWERS.items()))
    support = models.TextField("support", blank=True, help_text="What supports the answer, in your words.")

    class Meta:
        ordering = ["assessment", "question"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "question"],
                name="signallinganswer_once_per_question",
                violation_error_message="The question is already answered.",
            ),
        ]

    def __str__(self) -> str:
        question = self.assessment.definition.find_question(self.question, self.assessment.effect)
        number = question.number if question else self.question
        return f"{number}: {self.get_answer_display() or 'no answer yet'}"

    def clean(self) -> None:
        """Refuse a question or an answer that the tool does not have, and a change of what is submitted."""
        if self.assessment_id is None:
            return
        tool, effect = self.assessment.definition, self.assessment.effect
        question = tool.find_question(self.question, effect)
        if question is None:
            known = ", ".join(row.code for _, row in tool.all_questions(effect)) or "none"
            raise ValidationError({"question": f"{tool.name} has no question “{self.question}”; it has {known}."})
        if self.answer not in ("", "NA", *question.answers):
            allowed = ", ".join(tools.ANSWERS[answer] for answer in question.answers)
            raise ValidationError({"answer": f"Question {question.number} has the answers {allowed}."})
        if self.assessment.is_closed:
            raise ValidationError(CLOSED)


class AssessmentDecision(EvidenceRow):
    """What an adjudicator took where two readers differ: for one question, one domain or the overall judgement."""

    class Taken(models.TextChoices):
        FIRST = "first", "The first reader's"
        SECOND = "second", "The second reader's"
        OTHER = "other", "A third value"

    review_path = "assessment__study__review"

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="decisions")
    item = models.CharField(max_length=40, help_text="The code of the question or of the domain.")
    taken = models.CharField(max_length=10, choices=Taken)
    value = models.CharField(max_length=20, help_text="The answer or the judgement that holds.")
    first_value = models.CharField(max_length=20, blank=True)
    second_value = models.CharField(max_length=20, blank=True)
    reason = models.TextField(blank=True, help_text="Needed for a third value.")

    class Meta:
        ordering = ["assessment", "item"]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "item"],
                name="assessmentdecision_once_per_item",
                violation_error_message="This difference is already decided.",
            ),
            FieldCheck(
                field="reason",
                condition=~Q(taken="other") | ~Q(reason=""),
                name="assessmentdecision_third_value_has_reason",
                sentence="A third value needs a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item}: {self.value} ({self.get_taken_display().lower()})"

    def clean(self) -> None:
        """Refuse a decision for what is no consensus."""
        if self.assessment_id is not None and not self.assessment.is_consensus:
            raise ValidationError("Only the consensus of two readers has decisions.")
