"""What a review tells its readers: texts, figures and tables in an order, bound to the snapshots of its analyses."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from analysis.models.analysis import Analysis
from analysis.models.snapshot import Snapshot
from evidence.models import EvidenceRow, Review
from evidence.models.constraints import FieldCheck

OF_ANOTHER_REVIEW = "“{analysis}” belongs to another review."
OF_ANOTHER_ANALYSIS = "{snapshot} is not one of this analysis; choose one of “{analysis}”."
OWN_FIGURE = "Say which figure of the analysis: the name of a plugin and a number, such as pooling.1."
UNKNOWN_TABLE = "There is no table “{name}”; there are {known}."
NEEDS_ANALYSIS = "Choose the analysis that the table is about."


class Manuscript(EvidenceRow):
    """One account of a review, to be written out as HTML, PDF, DOCX, Quarto or LaTeX."""

    class ReferenceStyle(models.TextChoices):
        VANCOUVER = "vancouver", "Vancouver"
        APA = "apa", "APA"
        AMA = "ama", "AMA"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="manuscripts")
    slug = models.SlugField("short name", max_length=80, help_text="Used in addresses, files and commands.")
    title = models.CharField(max_length=300)
    authors = models.TextField(blank=True, help_text="As they are to be printed, such as A. Author¹, B. Author².")
    affiliations = models.TextField(blank=True, help_text="One per line, such as ¹ University of X, Country.")
    abstract = models.TextField(blank=True, help_text="May hold bound numbers, as every text.")
    reference_style = models.CharField(
        "style of references", max_length=12, choices=ReferenceStyle, default=ReferenceStyle.VANCOUVER
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["review", "title", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "slug"],
                name="manuscript_slug_once",
                violation_error_message="The review already has a manuscript with this short name.",
            ),
            FieldCheck(
                field="title",
                condition=~Q(title=""),
                name="manuscript_has_a_title",
                sentence="Give the manuscript a title.",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Block(EvidenceRow):
    """One part of a manuscript: a heading, a text, a figure, a table, the checklist, the references or a new page.

    `shows` says which figure of the analysis (`plugin.number`) or which table. Without a fixed snapshot a block shows
    the newest one. `items` names the items of the PRISMA 2020 checklist that the block answers.
    """

    class Kind(models.TextChoices):
        HEADING = "heading", "Heading"
        APPENDIX = "appendix", "Appendix (heading on a new page)"
        TEXT = "text", "Text"
        FIGURE = "figure", "Figure"
        TABLE = "table", "Table"
        CHECKLIST = "checklist", "PRISMA 2020 checklist"
        REFERENCES = "references", "References"
        PAGE_BREAK = "page_break", "New page"

    class Table(models.TextChoices):
        CHARACTERISTICS = "characteristics", "Characteristics of studies"
        RESULTS = "results", "Results of the main analyses"
        SENSITIVITY = "sensitivity", "Sensitivity analyses"
        SUMMARY = "summary_of_findings", "Summary of Findings"
        PROFILE = "evidence_profile", "Evidence profile"
        RISK_OF_BIAS = "risk_of_bias", "Risk of bias of each study"
        STUDIES = "studies", "Results of the studies of one analysis"
        NOT_POOLED = "not_pooled", "Results that are not pooled, and why, of one analysis"

    review_path = "manuscript__review"

    manuscript = models.ForeignKey(Manuscript, on_delete=models.CASCADE, related_name="blocks")
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(max_length=12, choices=Kind)
    title = models.CharField("heading or caption", max_length=300, blank=True)
    level = models.PositiveSmallIntegerField(default=1, help_text="Of a heading: 1, 2 or 3.")
    text = models.TextField(
        blank=True, help_text="The text; of a figure or a table the note below; of the checklist answers by item."
    )
    analysis = models.ForeignKey(Analysis, null=True, blank=True, on_delete=models.PROTECT, related_name="blocks")
    snapshot = models.ForeignKey(Snapshot, null=True, blank=True, on_delete=models.PROTECT, related_name="blocks")
    shows = models.CharField(max_length=80, blank=True, help_text="Which figure or which table.")
    columns = models.TextField(blank=True, help_text="Of the characteristics: the columns, one per line.")
    items = models.CharField(
        "PRISMA items", max_length=200, blank=True, help_text="Items of the checklist answered here, such as 16a, 17."
    )

    class Meta:
        ordering = ["manuscript", "position", "id"]
        constraints = [
            FieldCheck(
                field="level",
                condition=Q(level__range=(1, 3)),
                name="block_level_one_to_three",
                sentence="A heading has level 1, 2 or 3.",
            ),
            FieldCheck(
                field="title",
                condition=~Q(kind__in=["heading", "appendix"]) | ~Q(title=""),
                name="block_heading_has_words",
                sentence="Give the heading its words.",
            ),
            FieldCheck(
                field="text",
                condition=~Q(kind="text") | ~Q(text=""),
                name="block_text_has_words",
                sentence="Write the text, or remove the block.",
            ),
            FieldCheck(
                field="analysis",
                condition=~Q(kind="figure") | Q(analysis__isnull=False),
                name="block_figure_has_an_analysis",
                sentence="Choose the analysis whose figure is to be shown.",
            ),
            FieldCheck(
                field="shows",
                condition=~Q(kind__in=["figure", "table"]) | ~Q(shows=""),
                name="block_says_what_it_shows",
                sentence="Say which figure or table is to be shown.",
            ),
            FieldCheck(
                field="snapshot",
                condition=Q(snapshot__isnull=True) | Q(analysis__isnull=False),
                name="block_snapshot_has_its_analysis",
                sentence="Choose the analysis of the snapshot too.",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.get_kind_display()

    def clean(self) -> None:
        """Refuse analyses of other reviews, snapshots of other analyses, and figures and tables that have no name."""
        if self.analysis is not None and self.analysis.review_id != self.manuscript.review_id:
            raise ValidationError({"analysis": OF_ANOTHER_REVIEW.format(analysis=self.analysis)})
        if self.snapshot is not None and self.snapshot.analysis_id != self.analysis_id:
            said = OF_ANOTHER_ANALYSIS.format(snapshot=self.snapshot, analysis=self.analysis or "no analysis")
            raise ValidationError({"snapshot": said})
        if self.kind == Block.Kind.FIGURE and self.shows and self.figure_place is None:
            raise ValidationError({"shows": OWN_FIGURE})
        if self.kind == Block.Kind.TABLE and self.shows:
            self._check_table()

    def _check_table(self) -> None:
        if self.shows not in Block.Table.values:
            known = ", ".join(Block.Table.values)
            raise ValidationError({"shows": UNKNOWN_TABLE.format(name=self.shows, known=known)})
        if self.shows in (Block.Table.STUDIES, Block.Table.NOT_POOLED) and self.analysis is None:
            raise ValidationError({"analysis": NEEDS_ANALYSIS})

    def get_shows_label(self) -> str:
        """The name of the table that is shown; of a figure its place."""
        return str(Block.Table(self.shows).label) if self.shows in Block.Table.values else self.shows

    @property
    def figure_place(self) -> tuple[str, int] | None:
        """The plugin and the place, from 1, of the figure to show; None where `shows` names none."""
        plugin, _, number = self.shows.rpartition(".")
        return (plugin, int(number)) if plugin and number.isascii() and number.isdigit() and int(number) else None


def in_order(manuscript: Manuscript) -> Any:
    """Give the blocks of a manuscript in their order, with what they refer to."""
    rows = Block.objects.filter(manuscript=manuscript).select_related("analysis", "snapshot")
    return rows.order_by("position", "pk")
