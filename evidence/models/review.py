"""A systematic review and the people who make it."""

from django.conf import settings
from django.db import models

from evidence.models.base import EvidenceRow


class Review(EvidenceRow):
    """One systematic review: its question, its registration, its team."""

    class Status(models.TextChoices):
        PROTOCOL = "protocol", "Protocol"
        SEARCHING = "searching", "Searching and screening"
        EXTRACTING = "extracting", "Extracting"
        ANALYSING = "analysing", "Analysing"
        PUBLISHED = "published", "Published"
        LIVING = "living", "Living (updated as evidence arrives)"

    review_path = ""

    title = models.CharField(max_length=300)
    slug = models.SlugField(max_length=80, unique=True, help_text="Short name used in addresses and files.")
    status = models.CharField(max_length=20, choices=Status, default=Status.PROTOCOL)
    registration = models.CharField(
        max_length=60, blank=True, help_text="Number in the register of reviews, such as CRD42021247331 in PROSPERO."
    )
    registered_on = models.DateField(null=True, blank=True)
    protocol_url = models.URLField("protocol address", max_length=300, blank=True)
    question = models.TextField(blank=True, help_text="The question in one sentence.")
    population = models.TextField(blank=True, help_text="P: who the participants are.")
    intervention = models.TextField(blank=True, help_text="I: what the experimental groups receive.")
    comparator = models.TextField(blank=True, help_text="C: what they are compared with.")
    outcome = models.TextField("outcomes", blank=True, help_text="O: what is measured, and when.")
    study_design = models.TextField("study design", blank=True, help_text="S: which designs are eligible.")
    citation = models.TextField(blank=True, help_text="How the review is cited, once it is published.")

    class Meta:
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title


class Membership(EvidenceRow):
    """What one person may do in one review."""

    class Role(models.TextChoices):
        OWNER = "owner", "Owner"
        ADJUDICATOR = "adjudicator", "Adjudicator"
        REVIEWER = "reviewer", "Reviewer"
        STATISTICIAN = "statistician", "Statistician"
        VIEWER = "viewer", "Viewer"

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)

    class Meta:
        ordering = ["review", "user"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "user"],
                name="membership_once_per_person",
                violation_error_message="This person is already a member of the review; change their role instead.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display().lower()})"
