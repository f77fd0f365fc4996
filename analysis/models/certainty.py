"""How certain people rate the evidence (GRADE), on the grounds of a run that proposed a rating."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from analysis.models.analysis import Analysis
from analysis.models.run import Run
from evidence.models import EvidenceRow, Review
from evidence.models.append_only import AppendOnlyRow
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
# Reasons to rate up, with the most levels that each can count for.
RATE_UPS = {
    "large_effect": ("Large effect", 2),
    "dose_response": ("Dose-response gradient", 1),
    "plausible_confounding": ("Plausible confounding", 1),
}


def levels_down(label: str) -> models.PositiveSmallIntegerField:
    """Give a field for how many levels a domain rates down."""
    choices = [(0, "0: not serious"), (1, "1: serious"), (2, "2: very serious")]
    return models.PositiveSmallIntegerField(label, choices=choices)


def levels_up(label: str, most: int) -> models.PositiveSmallIntegerField:
    """Give a field for how many levels a reason rates up."""
    choices = [(0, "0: no"), (1, "1: one level up"), (2, "2: two levels up")][: most + 1]
    return models.PositiveSmallIntegerField(label, choices=choices, default=0)


def rating_checks(table: str) -> list[FieldCheck]:
    """Give the constraints that hold for every rating."""
    down = [
        FieldCheck(
            field=domain,
            condition=Q(**{f"{domain}__lte": 2}),
            name=f"{table}_{domain}_at_most_two",
            sentence=f"{name} can rate down by 0, 1 or 2 levels.",
        )
        for domain, name in DOMAINS.items()
    ]
    up = [
        FieldCheck(
            field=reason,
            condition=Q(**{f"{reason}__lte": most}),
            name=f"{table}_{reason}_in_range",
            sentence=f"{name} can rate up by at most {most} level{'s' if most > 1 else ''}.",
        )
        for reason, (name, most) in RATE_UPS.items()
    ]
    justified = FieldCheck(
        field="justification",
        condition=~Q(justification=""),
        name=f"{table}_has_a_justification",
        sentence="Say why the evidence is rated this way.",
    )
    return [justified, *down, *up]


class Rating(AppendOnlyRow):
    """What every rating says.

    `departures` has an entry for each domain or reason rated other than proposed: {"proposed", "rated",
    "justification"}.
    """

    review_path = "analysis__review"

    risk_of_bias = levels_down("risk of bias, levels down")
    inconsistency = levels_down("inconsistency, levels down")
    indirectness = levels_down("indirectness, levels down")
    imprecision = levels_down("imprecision, levels down")
    publication_bias = levels_down("publication bias, levels down")
    large_effect = levels_up("large effect, levels up", 2)
    dose_response = levels_up("dose-response gradient, levels up", 1)
    plausible_confounding = levels_up("plausible confounding, levels up", 1)
    start = models.CharField("starts at", max_length=10, choices=Level, default=Level.HIGH)
    level = models.CharField("certainty", max_length=10, choices=Level)
    justification = models.TextField(help_text="Why the evidence is rated this way, all domains together.")
    departures = models.JSONField(default=dict, blank=True, help_text="Why each domain is rated other than proposed.")
    rated_at = models.DateTimeField(auto_now_add=True)
    rated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        abstract = True

    @property
    def levels(self) -> dict[str, int]:
        """The levels of each domain and reason."""
        return {name: getattr(self, name) for name in (*DOMAINS, *RATE_UPS)}


class Certainty(Rating):
    """The rating of one analysis, belonging to the run it looked at; a later rating supersedes it.

    It is one person's, the consensus of two raters, or a renewal of an earlier one. When the analysis has other results
    than that run, the rating is stale until somebody rates again or renews it.
    """

    class Basis(models.TextChoices):
        SINGLE = "single", "one rater"
        CONSENSUS = "consensus", "consensus of two raters"
        RENEWAL = "renewal", "renewed on new results"

    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="certainties")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="certainties")
    basis = models.CharField(max_length=10, choices=Basis, default=Basis.SINGLE)
    renews = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="renewals")

    class Meta(Rating.Meta):
        ordering = ["analysis", "-rated_at", "-id"]
        verbose_name_plural = "certainties"
        constraints = [
            *rating_checks("certainty"),
            FieldCheck(
                field="renews",
                condition=Q(basis="renewal", renews__isnull=False) | ~Q(basis="renewal") & Q(renews__isnull=True),
                name="certainty_renewal_names_what_it_renews",
                sentence="A renewal, and only a renewal, names the rating that it renews.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.analysis}: {self.get_level_display().lower()} ({self.rated_by})"


class IndependentRating(Rating):
    """One rater's own rating where the review asks for two; others see it when the second has rated, too.

    A rater's latest rating of a run counts.
    """

    analysis = models.ForeignKey(Analysis, on_delete=models.PROTECT, related_name="independent_ratings")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="independent_ratings")

    class Meta(Rating.Meta):
        ordering = ["analysis", "rated_at", "id"]
        constraints = [
            *rating_checks("independentrating"),
        ]

    def __str__(self) -> str:
        return f"{self.analysis}: {self.rated_by}'s own rating"


class RatingPolicy(EvidenceRow):
    """How many people rate the certainty in a review; one where there is no row."""

    class Raters(models.IntegerChoices):
        ONE = 1, "one person"
        TWO = 2, "two people independently, then a consensus"

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="rating_policy")
    raters_needed = models.PositiveSmallIntegerField("who rates", choices=Raters, default=Raters.ONE)

    class Meta:
        ordering = ["review"]
        verbose_name = "rating of certainty"
        verbose_name_plural = "rating of certainty"
        constraints = [
            FieldCheck(
                field="raters_needed",
                condition=Q(raters_needed__in=[1, 2]),
                name="ratingpolicy_one_or_two_raters",
                sentence="One or two people rate the certainty.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.review}: {self.get_raters_needed_display()}"
