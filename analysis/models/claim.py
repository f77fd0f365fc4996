"""What a published paper prints about an analysis, to be held beside what Quorum computes."""

from django.db import models

from analysis.models.analysis import Analysis
from evidence.models import EvidenceRow


class Claim(EvidenceRow):
    """One printed number or statement, as printed, with its place."""

    class Quantity(models.TextChoices):
        K = "k", "Number of studies"
        ESTIMATE = "estimate", "Estimate"
        CI_LOWER = "ci_lower", "CI lower limit"
        CI_UPPER = "ci_upper", "CI upper limit"
        TAU2 = "tau2", "tau²"
        I2 = "i2", "I²"
        CERTAINTY = "certainty", "Certainty"

    review_path = "analysis__review"

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="claims")
    quantity = models.CharField(max_length=20, choices=Quantity)
    measure = models.CharField(
        max_length=10, blank=True, help_text="Effect measure of the printed number, such as SMD."
    )
    as_printed = models.CharField(max_length=80)
    place = models.CharField(max_length=200, blank=True, help_text="Where it is printed: lines, table, figure.")

    class Meta:
        ordering = ["analysis", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["analysis", "quantity", "measure", "place"],
                name="claim_once",
                violation_error_message="This number is already recorded for the place.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_quantity_display()}: {self.as_printed}"
