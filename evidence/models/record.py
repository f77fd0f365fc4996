"""What searches found: one row for each hit, and the text that searching reads."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q

from evidence.models.base import EvidenceQuerySet, EvidenceRow
from evidence.models.constraints import FieldCheck
from evidence.models.flow import SearchRound
from evidence.models.review import Review
from evidence.models.study import Report

YEARS = (1500, 2100)
YEAR_SENTENCE = f"The year must lie between {YEARS[0]} and {YEARS[1]}."
PMID_SENTENCE = "A PMID has digits only."


class SearchSource(EvidenceRow):
    """One database or register that was searched in a round: when, with what, and how much it gave."""

    review_path = "search_round__review"

    search_round = models.ForeignKey(SearchRound, on_delete=models.PROTECT, related_name="sources")
    database = models.CharField(max_length=120, help_text="Such as MEDLINE (Ovid), CENTRAL or ClinicalTrials.gov.")
    searched_on = models.DateField(null=True, blank=True)
    string = models.TextField("search string", blank=True, help_text="As it was run, line by line.")
    hits = models.PositiveIntegerField(null=True, blank=True, help_text="Number of hits that the database reported.")
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["search_round", "database"]
        constraints = [
            models.UniqueConstraint(
                fields=["search_round", "database"],
                name="searchsource_once_per_round",
                violation_error_message="The search round already has this database.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.database}, round {self.search_round.number}"


class Record(EvidenceRow):
    """One hit of a search (PRISMA 2020). It may become a report of a study."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="records")
    search_round = models.ForeignKey(SearchRound, on_delete=models.PROTECT, related_name="records")
    source = models.ForeignKey(SearchSource, null=True, blank=True, on_delete=models.PROTECT, related_name="records")
    accession = models.CharField(
        "number in the database",
        max_length=80,
        blank=True,
        help_text="How the database identifies the record, such as L2011345678 in Embase.",
    )
    title = models.TextField(error_messages={"blank": "A record needs a title."})
    abstract = models.TextField(blank=True)
    authors = models.TextField(blank=True, help_text="Separated by semicolons, such as Aasa, B; Berglund, L.")
    year = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(YEARS[0], YEAR_SENTENCE), MaxValueValidator(YEARS[1], YEAR_SENTENCE)],
    )
    journal = models.CharField(max_length=300, blank=True)
    volume = models.CharField(max_length=40, blank=True)
    issue = models.CharField(max_length=40, blank=True)
    pages = models.CharField(max_length=60, blank=True, help_text="Such as 412-20, e7 or S12.")
    doi = models.CharField("DOI", max_length=200, blank=True)
    pmid = models.CharField("PMID", max_length=12, blank=True, validators=[RegexValidator(r"^[0-9]+\Z", PMID_SENTENCE)])
    duplicate_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="duplicates")
    report = models.ForeignKey(
        Report,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="records",
        help_text="What the record became: a report of an included study.",
    )

    class Meta:
        ordering = ["review", "id"]
        indexes = [
            models.Index(fields=["review", "doi"], name="record_by_doi"),
            models.Index(fields=["review", "pmid"], name="record_by_pmid"),
            models.Index(fields=["review", "accession"], name="record_by_accession"),
            models.Index(fields=["search_round", "id"], name="record_by_round"),
        ]
        constraints = [
            FieldCheck(
                field="title", condition=~Q(title=""), name="record_has_a_title", sentence="A record needs a title."
            ),
            FieldCheck(
                field="year",
                condition=Q(year__isnull=True) | Q(year__range=YEARS),
                name="record_year_plausible",
                sentence=YEAR_SENTENCE,
            ),
            FieldCheck(
                field="duplicate_of",
                condition=Q(duplicate_of__isnull=True) | ~Q(duplicate_of=F("id")),
                name="record_not_its_own_duplicate",
                sentence="A record cannot be a duplicate of itself.",
            ),
            FieldCheck(
                field="report",
                condition=Q(report__isnull=True) | Q(duplicate_of__isnull=True),
                name="record_duplicate_is_no_report",
                sentence="A duplicate is not a report of a study; the record that it duplicates is.",
            ),
        ]

    def __str__(self) -> str:
        return self.title[:120]

    def clean(self) -> None:
        """Refuse a round, source, report or record of another review, and chains of duplicates."""
        wrong: dict[str, str] = {}
        if self.search_round_id and self.search_round.review_id != self.review_id:
            wrong["search_round"] = "The search round belongs to another review."
        if self.source is not None and self.source.search_round_id != self.search_round_id:
            wrong["source"] = "The database belongs to another search round."
        if self.report is not None and self.report.owning_review.pk != self.review_id:
            wrong["report"] = "The report belongs to another review."
        if self.duplicate_of is not None and self.duplicate_of.review_id != self.review_id:
            wrong["duplicate_of"] = "A record can be a duplicate only of a record of its own review."
        elif self.duplicate_of not in (None, self) and self.duplicate_of.duplicate_of_id is not None:
            wrong["duplicate_of"] = "That record is itself a duplicate; choose the record that it duplicates."
        if wrong:
            raise ValidationError({name: [sentence] for name, sentence in wrong.items()})


class RecordText(models.Model):
    """What searching in records reads: title, abstract and the rest in small letters without accents.

    Made of the record by the services that save it, so that a search is one pass over a narrow table. By `arrived_as` a
    hit that comes in again is recognised, whatever was corrected since.
    """

    review_path = "record__review"

    record = models.OneToOneField(Record, on_delete=models.PROTECT, related_name="text")
    words = models.TextField()
    arrived_as = models.CharField(
        max_length=32, blank=True, default="", help_text="Digest of the hit as it came in; empty: not noted yet."
    )

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["arrived_as"], name="recordtext_by_arrival")]

    def __str__(self) -> str:
        return self.words[:80]
