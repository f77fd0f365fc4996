"""An investigation and the documents that tell of it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck
from evidence.models.review import Review


class Study(EvidenceRow):
    """One investigation; it may have several reports."""

    class Design(models.TextChoices):
        PARALLEL = "rct", "Randomised, parallel groups"
        CLUSTER = "cluster_rct", "Randomised, clusters"
        CROSSOVER = "crossover", "Randomised, crossover"
        NON_RANDOMISED = "non_randomised", "Not randomised"
        UNCLEAR = "unclear", "Not stated"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="studies")
    code = models.CharField(
        max_length=80, help_text="Short name that files and tables refer to, such as Aasa_2015. One per review."
    )
    label = models.CharField(max_length=120, help_text="How the study is called in figures, such as Aasa 2015.")
    year = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Year of the main report.")
    design = models.CharField(max_length=20, choices=Design, default=Design.PARALLEL)
    registration = models.CharField(
        "trial registration", max_length=80, blank=True, help_text="Such as NCT01362049 or ISRCTN37113406."
    )
    companion_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="companions",
        help_text="The study that this one is a further report of: the same participants under another name.",
    )
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["review", "label"]
        verbose_name_plural = "studies"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "code"],
                name="study_code_once",
                violation_error_message="The review already has a study with this short name.",
            ),
            FieldCheck(
                field="companion_of",
                condition=Q(companion_of__isnull=True) | ~Q(companion_of=F("id")),
                name="study_not_its_own_companion",
                sentence="A study cannot be a companion of itself.",
            ),
            FieldCheck(
                field="year",
                condition=Q(year__isnull=True) | Q(year__range=(1900, 2100)),
                name="study_year_plausible",
                sentence="The year must lie between 1900 and 2100.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Refuse a companion from another review and chains of companions."""
        main = self.companion_of
        if main is None or main.pk == self.pk:
            return
        if main.review_id != self.review_id:
            raise ValidationError({"companion_of": f"{main} belongs to another review."})
        if main.companion_of_id is not None:
            raise ValidationError(
                {"companion_of": f"{main} is itself a companion of {main.companion_of}; choose {main.companion_of}."}
            )
        companion = Study.objects.filter(companion_of=self.pk).first() if self.pk else None
        if companion is not None:
            raise ValidationError(
                {"companion_of": f"{companion} is a companion of this study; make it a companion of {main} first."}
            )


class Report(EvidenceRow):
    """A document that tells of a study: article, registry entry, thesis, abstract."""

    review_path = "study__review"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="reports")
    citation = models.TextField()
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    doi = models.CharField("DOI", max_length=200, blank=True)
    pmid = models.CharField("PMID", max_length=12, blank=True)
    url = models.URLField("address", max_length=500, blank=True)
    registration = models.CharField("trial registration", max_length=80, blank=True)
    is_primary = models.BooleanField("main report", default=False)

    class Meta:
        ordering = ["study", "-is_primary", "year"]
        constraints = [
            models.UniqueConstraint(
                fields=["study"],
                condition=Q(is_primary=True),
                name="report_one_primary_per_study",
                violation_error_message="The study already has a main report.",
            ),
            models.UniqueConstraint(
                fields=["study", "doi"],
                condition=~Q(doi=""),
                name="report_doi_once_per_study",
                violation_error_message="The study already has a report with this DOI.",
            ),
            FieldCheck(
                field="pmid",
                condition=Q(pmid="") | Q(pmid__regex=r"^[0-9]+$"),
                name="report_pmid_digits",
                sentence="A PMID has digits only.",
            ),
        ]

    def __str__(self) -> str:
        return self.citation[:80]
