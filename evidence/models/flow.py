"""The flow of records through the review (PRISMA 2020), per search round."""

from django.db import models
from django.db.models import Q

from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck
from evidence.models.review import Review


class SearchRound(EvidenceRow):
    """One search of the literature: the first, or an update."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="search_rounds")
    number = models.PositiveSmallIntegerField(default=1)
    name = models.CharField(max_length=120)
    searched_on = models.DateField(null=True, blank=True)
    databases = models.TextField(blank=True, help_text="One database or register per line.")

    class Meta:
        ordering = ["review", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "number"],
                name="searchround_number_once",
                violation_error_message="The review already has a search round with this number.",
            ),
            FieldCheck(
                field="number",
                condition=Q(number__gte=1),
                name="searchround_number_from_one",
                sentence="Search rounds are numbered from 1.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.name}"


class FlowCount(EvidenceRow):
    """How many records, reports or studies stand in one box of the flow, for one stage and reason."""

    class Box(models.TextChoices):
        RECORDS_IDENTIFIED = "records_identified", "Records identified"
        RECORDS_REMOVED = "records_removed", "Records removed before screening"
        RECORDS_SCREENED = "records_screened", "Records screened"
        RECORDS_EXCLUDED = "records_excluded", "Records excluded"
        REPORTS_SOUGHT = "reports_sought", "Reports sought for retrieval"
        REPORTS_NOT_RETRIEVED = "reports_not_retrieved", "Reports not retrieved"
        REPORTS_ASSESSED = "reports_assessed", "Reports assessed for eligibility"
        REPORTS_EXCLUDED = "reports_excluded", "Reports excluded"
        STUDIES_INCLUDED = "studies_included", "Studies included in the review"
        STUDIES_POOLED = "studies_pooled", "Studies included in the synthesis"

    review_path = "search_round__review"

    search_round = models.ForeignKey(SearchRound, on_delete=models.CASCADE, related_name="counts")
    box = models.CharField(max_length=30, choices=Box)
    stage = models.CharField(max_length=120, blank=True, help_text="Such as title screen, or database searching.")
    reason = models.CharField(max_length=160, blank=True, help_text="Why excluded, removed or not retrieved.")
    count = models.PositiveIntegerField()
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["search_round", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["search_round", "box", "stage", "reason"],
                name="flowcount_once",
                violation_error_message="This box is already counted for the stage and reason.",
            )
        ]

    def __str__(self) -> str:
        detail = ", ".join(filter(None, (self.stage, self.reason)))
        return f"{self.get_box_display()}{f' ({detail})' if detail else ''}: {self.count}"
