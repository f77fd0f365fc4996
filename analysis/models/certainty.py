"""How certain a person rates the evidence (GRADE), on the grounds of a run that proposed a rating."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from analysis.models.analysis import Analysis
from analysis.models.append_only import AppendOnlyRow
from analysis.models.run import Run
from evidence.models.constraints import FieldCheck


class Level(models.TextChoices):
    """Certainty of evidence in four levels."""

    HIGH = "high", "High"
    MODERATE = "moderate", "Moderate"
    LOW = "low", "Low"
    VERY_LOW = "very_low", "Very low"


DOMAINS = {
    "risk_of_bias": "Risk of bias",
    "inconsistency": "Inconsistency",
    "indirectness": "Indirectness",
    "imprecision": "Imprecision",
    "publication_bias": "Publication bias",
}


def levels_down(label: str) -> models.PositiveSmallIntegerField:
    """Give a field for how many levels a domain rates down."""
    choices = [(0, "0: not serious"), (1, "1: serious"), (2, "2: very serious")]
    return models.PositiveSmallIntegerField(label, choices=choices)


class Certainty(AppendOnlyRow):
    """One person's rating of one analysis, belonging to the run it looked at; a later rating supersedes it.

    When the analysis has newer results than that run, the rating is stale until somebody rates again.
    """

    review_path = "analysis__review"

    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="certainties")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="certainties")
    risk_of_bias = levels_down("risk of bias, levels down")
    inconsistency = levels_down("inconsistency, levels down")
    indirectness = levels_down("indirectness, levels down")
    imprecision = levels_down("imprecision, levels down")
    publication_bias = levels_down("publication bias, levels down")
    level = models.CharField("certainty", max_length=10, choices=Level)
    justification = models.TextField(help_text="Why; above all where the rating departs from the proposal.")
    rated_at = models.DateTimeField(auto_now_add=True)
    rated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["analysis", "-rated_at", "-id"]
        verbose_name_plural = "certainties"
        constraints = [
            FieldCheck(
                field="justification",
                condition=~Q(justification=""),
                name="certainty_has_a_justification",
                sentence="Say why the evidence is rated this way.",
            ),
            *(
                FieldCheck(
                    field=domain,
                    condition=Q(**{f"{domain}__lte": 2}),
                    name=f"certainty_{domain}_at_most_two",
                    sentence=f"{name} can rate down by 0, 1 or 2 levels.",
                )
                for domain, name in DOMAINS.items()
            ),
        ]

    def __str__(self) -> str:
        return f"{self.analysis}: {self.get_level_display().lower()} ({self.rated_by})"
