"""A paper about a review, what it claims, and what people answered to what the checks found."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from analysis.claims import BadCondition, BadRelation, Place, Quantity, read_condition, read_relations
from analysis.claims.condition import split_rows
from analysis.models.snapshot import Snapshot
from evidence.models import EvidenceRow, Review
from evidence.models.constraints import FieldCheck


class Paper(EvidenceRow):
    """One version of a manuscript or article about a review, whose claims are checked."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="papers")
    title = models.CharField(max_length=300)
    version = models.CharField(max_length=80, help_text="Which state of the text, such as a date or “proof 2”.")
    source = models.CharField(max_length=300, blank=True, help_text="Where it can be read, or the file it came from.")

    class Meta:
        ordering = ["review", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "title", "version"],
                name="paper_once",
                violation_error_message="This version of the paper is there already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.version})"


class PrintedClaim(EvidenceRow):
    """One number or statement of a paper, typed, as printed, with its place."""

    review_path = "paper__review"

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="claims")
    code = models.CharField(max_length=100, help_text="Its name in the paper; other claims refer to it.")
    position = models.PositiveIntegerField(default=0, help_text="Its place in the order of the paper.")
    quantity = models.CharField(max_length=20, choices=[(one.value, one.words) for one in Quantity])
    as_printed = models.CharField(max_length=200)
    section = models.CharField(max_length=80, blank=True)
    page = models.CharField(max_length=40, blank=True)
    line = models.CharField(max_length=80, blank=True)
    table = models.CharField(max_length=80, blank=True)
    figure = models.CharField(max_length=80, blank=True)
    quote = models.TextField(blank=True, help_text="The words around it.")
    statement = models.CharField(max_length=100, blank=True, help_text="Claims with the same one are printed together.")
    subject = models.CharField(max_length=200, blank=True, help_text="Claims with the same one state the same thing.")
    outcome = models.CharField(max_length=100, blank=True)
    measure = models.CharField(max_length=40, blank=True, help_text="Such as SMD, MD, RR, OR, HR.")
    unit = models.CharField(max_length=40, blank=True)
    main = models.CharField(
        "main result", max_length=200, blank=True, help_text="Subject of the main result that it is a selection of."
    )
    part_of = models.CharField(max_length=100, blank=True, help_text="Code of the whole that it counts a part of.")
    relation = models.TextField(blank=True, help_text="What must hold: “= a + b - c”, “<= d”; for words, “a > b”.")
    rows = models.CharField(
        max_length=300, blank=True, help_text="Rows of a table of the review: “studies: training_weeks < 4”."
    )
    column = models.CharField(max_length=100, blank=True, help_text="The column of that table that it sums up.")
    note = models.TextField(blank=True)
    snapshot = models.ForeignKey(
        Snapshot,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="printed_claims",
        help_text="The snapshot that the number was taken from.",
    )

    class Meta:
        ordering = ["paper", "position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "code"],
                name="printedclaim_code_once",
                violation_error_message="The paper has a claim with this code already.",
            ),
            FieldCheck(
                field="as_printed",
                condition=~Q(as_printed=""),
                name="printedclaim_has_a_text",
                sentence="Enter the number or the words as they are printed.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code}: {self.as_printed}"

    @property
    def lines(self) -> str:
        """The line, or the lines, with that word before."""
        return Place(line=self.line).lines

    def clean(self) -> None:
        """Refuse conditions and relations that cannot be read."""
        wrong: dict[str, str] = {}
        try:
            read_condition(split_rows(self.rows)[1])
        except BadCondition as error:
            wrong["rows"] = str(error)
        if self.quantity != Quantity.COMPARISON:
            try:
                list(read_relations(self.relation))
            except BadRelation as error:
                wrong["relation"] = str(error)
        if wrong:
            raise ValidationError(wrong)


class FindingAnswer(EvidenceRow):
    """What people say to a finding: who looks into it, or how it is resolved.

    `key` names the finding by its check and its claims; `says` is what it said. Where it says something else now, it is
    open again.
    """

    class Status(models.TextChoices):
        OPEN = "open", "open"
        CORRECTED = "corrected", "corrected in the paper"
        ACCEPTED = "accepted", "right as it is"
        ASKED = "asked", "the authors are asked"

    review_path = "paper__review"

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="answers")
    key = models.CharField(max_length=500, editable=False)
    says = models.TextField(editable=False)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    note = models.TextField(blank=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(auto_now=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["paper", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "key"],
                name="findinganswer_once",
                violation_error_message="This finding is answered already; change that answer.",
            ),
            FieldCheck(
                field="note",
                condition=Q(status="open") | ~Q(note=""),
                name="findinganswer_has_a_note",
                sentence="Say in a note how the finding is resolved.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.says} ({self.get_status_display()})"
