"""Who belongs into the review, as rules that can be checked, and the exceptions that somebody signed."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from pydantic import ValidationError as InvalidValue

from analysis.contract import Condition
from analysis.models.analysis import problem_sentence
from evidence.models import EvidenceRow, Review, Study
from evidence.models.append_only import AppendOnlyRow
from evidence.models.constraints import FieldCheck


class EligibilityRule(EvidenceRow):
    """One criterion of the protocol as a condition over what is extracted from a study."""

    class Element(models.TextChoices):
        POPULATION = "population", "Population"
        INTERVENTION = "intervention", "Intervention"
        COMPARATOR = "comparator", "Comparator"
        OUTCOME = "outcome", "Outcome"
        STUDY_DESIGN = "study_design", "Study design"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="eligibility_rules")
    code = models.SlugField(max_length=60, help_text="Short name, one per review.")
    title = models.CharField(max_length=200, help_text="The criterion as the protocol words it.")
    element = models.CharField(max_length=20, choices=Element)
    condition = models.JSONField(
        help_text="Field, comparison and value, such as "
        '{"field": "training_period_weeks", "op": "ge", "value": 4}. Fields are the characteristics of the review, '
        "families of components, design, year, duration_weeks, n_randomised and comparator_types."
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="Place in lists.")

    class Meta:
        ordering = ["review", "position", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "code"],
                name="eligibilityrule_code_once",
                violation_error_message="The review already has a rule with this short name.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse what is no condition, with a sentence for each part."""
        try:
            self.condition = Condition.model_validate(self.condition).model_dump(mode="json")
        except InvalidValue as error:
            raise ValidationError({"condition": [problem_sentence(one) for one in error.errors()]}) from error

    @property
    def parsed_condition(self) -> Condition:
        """The condition as a value."""
        return Condition.model_validate(self.condition)


class Waiver(AppendOnlyRow):
    """That a person accepts, or no longer accepts, a study that breaks a rule.

    It stands for the rule and the value as they were: when either changes, it has to be signed again.
    """

    class Kind(models.TextChoices):
        GRANTED = "granted", "Accepted"
        WITHDRAWN = "withdrawn", "No longer accepted"

    review_path = "rule__review"

    rule = models.ForeignKey(EligibilityRule, on_delete=models.PROTECT, related_name="waivers")
    study = models.ForeignKey(Study, on_delete=models.PROTECT, related_name="waivers")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GRANTED)
    condition = models.TextField(help_text="The condition in words, as it was.")
    value = models.TextField(help_text="What the study had, as it was.")
    reason = models.TextField(blank=True, help_text="Why the study belongs into the review all the same.")
    signed_at = models.DateTimeField(auto_now_add=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["rule", "study", "id"]
        constraints = [
            FieldCheck(
                field="reason",
                condition=~Q(reason=""),
                name="waiver_has_a_reason",
                sentence="Say why the study belongs into the review all the same.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.study}: {self.rule} ({self.get_kind_display().lower()})"
