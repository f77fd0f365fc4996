"""How the Summary of Findings words an analysis where people word it themselves."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from analysis.models.analysis import Analysis
from analysis.models.certainty import Level
from evidence.models import EvidenceRow
from evidence.models.constraints import FieldCheck


class FindingsWording(EvidenceRow):
    """A person's words for the row of an analysis; what is empty is worded by Quorum.

    A statement names what it was worded for: the digest of the pooled result, and the certainty ("" where nobody had
    rated and nothing was proposed). Where either is another now, readers are told.
    """

    review_path = "analysis__review"

    analysis = models.OneToOneField(Analysis, on_delete=models.PROTECT, related_name="findings_wording")
    title = models.CharField(
        "outcome", max_length=300, blank=True, help_text="As readers know it; empty for the title of the analysis."
    )
    statement = models.TextField(
        "what happens", blank=True, help_text="Plain text; empty for the statement that Quorum words."
    )
    footnotes = models.TextField(blank=True, help_text="Plain text, one footnote per line.")
    result_digest = models.CharField(
        "worded for the result", max_length=64, blank=True, help_text="Digest of the pooled result."
    )
    certainty = models.CharField("worded for the certainty", max_length=10, choices=Level, blank=True)
    worded_at = models.DateTimeField(auto_now=True)
    worded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["analysis"]
        verbose_name = "wording of findings"
        verbose_name_plural = "wording of findings"
        constraints = [
            FieldCheck(
                field="statement",
                condition=Q(statement="", result_digest="") | ~Q(statement="") & ~Q(result_digest=""),
                name="findingswording_statement_with_its_result",
                sentence="A statement, and only a statement, names the result that it was worded for.",
            ),
            FieldCheck(
                field="certainty",
                condition=Q(certainty="") | ~Q(statement=""),
                name="findingswording_certainty_with_a_statement",
                sentence="Only a statement names the certainty that it was worded for.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.analysis}: wording"

    @property
    def footnote_lines(self) -> tuple[str, ...]:
        """The footnotes, one by one."""
        return tuple(self.footnotes.splitlines())
