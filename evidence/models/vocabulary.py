"""The review's own words: kinds of comparator, kinds of intervention."""

from django.db import models

from evidence.models.base import EvidenceRow
from evidence.models.review import Review


class Word(EvidenceRow):
    """A word of a review's vocabulary."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT)
    code = models.SlugField(max_length=60, help_text="Short name used in tables, files and rules.")
    name = models.CharField(max_length=120)
    definition = models.TextField(blank=True, help_text="When a reviewer should choose this word.")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class ComparatorType(Word):
    """A kind of comparator, such as true control, passive, active, medication, advice or usual care."""

    class Meta:
        ordering = ["review", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "code"],
                name="comparatortype_code_once",
                violation_error_message="The review already has a comparator type with this code.",
            )
        ]


class ComponentType(Word):
    """A kind of intervention component, such as aerobic exercise or cognitive behavioural therapy."""

    family = models.CharField(
        max_length=60, help_text="What the component belongs to, such as exercise or psychological."
    )

    class Meta:
        ordering = ["review", "family", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "code"],
                name="componenttype_code_once",
                violation_error_message="The review already has an intervention component with this code.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.family}: {self.name}"
