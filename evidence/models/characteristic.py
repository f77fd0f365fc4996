"""Characteristics of studies: typed fields that the review defines, and their values."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from evidence.models.base import EvidenceRow, Sourced
from evidence.models.constraints import FieldCheck
from evidence.models.extraction import Extraction
from evidence.models.fields import Number
from evidence.models.review import Review
from evidence.questionnaire import Answer, Question, misfit


class CharacteristicField(EvidenceRow):
    """A question that the review asks of every study, such as mean age in years."""

    class Kind(models.TextChoices):
        NUMBER = "number", "Number"
        TEXT = "text", "Text"
        CHOICE = "choice", "One of a list"
        FLAG = "flag", "Yes or no"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="characteristic_fields")
    code = models.SlugField(max_length=60, help_text="Name used in tables, filters and moderators.")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind)
    unit = models.CharField(max_length=40, blank=True)
    help = models.TextField(blank=True, help_text="What a reviewer should enter.")
    minimum = Number()
    maximum = Number()
    choices = models.TextField(blank=True, help_text="For one of a list: one choice per line.")
    position = models.PositiveSmallIntegerField(default=0)
    is_retired = models.BooleanField(
        "no longer asked", default=False, help_text="Its answers are kept, and no analysis reads them."
    )

    class Meta:
        ordering = ["review", "position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "code"],
                name="characteristicfield_code_once",
                violation_error_message="The review already has a characteristic with this code.",
            ),
            FieldCheck(
                field="maximum",
                condition=Q(minimum__isnull=True) | Q(maximum__isnull=True) | Q(minimum__lt=F("maximum")),
                name="characteristicfield_range_rises",
                sentence="The maximum must be above the minimum.",
            ),
            FieldCheck(
                field="choices",
                condition=Q(kind="choice") & ~Q(choices="") | ~Q(kind="choice") & Q(choices=""),
                name="characteristicfield_choices_for_lists",
                sentence="A characteristic that is one of a list needs its choices, and only such a one has them.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def choice_list(self) -> list[str]:
        """The choices of a list, in the order given."""
        return [line.strip() for line in self.choices.splitlines() if line.strip()]

    @property
    def question(self) -> Question:
        """The question as plain data."""
        limits = {"minimum": self.minimum, "maximum": self.maximum}
        words = {name: getattr(self, name) for name in ("code", "name", "kind", "unit", "help", "position")}
        return Question(**words, **limits, choices=tuple(self.choice_list))


class Characteristic(EvidenceRow, Sourced):
    """The value of one characteristic in one extraction: exactly one of number, text and yes/no."""

    review_path = "extraction__study__review"

    extraction = models.ForeignKey(Extraction, on_delete=models.CASCADE, related_name="characteristics")
    field = models.ForeignKey(CharacteristicField, on_delete=models.PROTECT)
    number = Number()
    text = models.CharField(max_length=300, blank=True)
    flag = models.BooleanField("yes or no", null=True, blank=True)

    class Meta:
        ordering = ["extraction", "field"]
        constraints = [
            models.UniqueConstraint(
                fields=["extraction", "field"],
                name="characteristic_once",
                violation_error_message="This characteristic is already entered.",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=False, text="", flag__isnull=True)
                | (Q(number__isnull=True, flag__isnull=True) & ~Q(text=""))
                | Q(number__isnull=True, text="", flag__isnull=False),
                name="characteristic_one_value",
                violation_error_message="A characteristic has exactly one value: a number, a text, or yes or no.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"

    @property
    def value(self) -> Any:
        """The number, the text or the truth value, whichever the field holds."""
        return self.number if self.number is not None else self.text or self.flag

    @property
    def answer(self) -> Answer:
        """The answer as plain data."""
        return Answer(number=self.number, text=self.text, flag=self.flag)

    @property
    def misfit(self) -> str:
        """Why the answer is kept aside: it is to an earlier version of the question, and does not fit this one."""
        if self.field.is_retired:
            return f"{self.field} is not asked any more."
        wrong = misfit(self.field.question, self.answer)
        return wrong.sentence if wrong else ""

    def clean(self) -> None:
        """Refuse a value of the wrong type, out of range or not in the list."""
        if self.field_id is None:
            return
        if self.extraction_id is not None and self.field.review_id != self.owning_review.pk:
            raise ValidationError({"field": f"“{self.field}” is a characteristic of another review."})
        wrong = misfit(self.field.question, self.answer)
        if wrong is not None:
            raise ValidationError({wrong.column: wrong.sentence})
