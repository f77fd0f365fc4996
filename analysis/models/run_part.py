"""One part of a run that is split: a job of its own, so that several workers compute one run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from analysis.models.leasing import LeasedQuerySet, LeasedRow, Status

if TYPE_CHECKING:
    from analysis.models.run import Run


class RunPartQuerySet(LeasedQuerySet):
    """Parts, and the steps that only they take."""

    def lay_out(self, run: "Run", texts: Sequence[str]) -> None:
        """Make the parts of a run. Where it had the same ones before, what is computed of them stays."""
        parts = self.filter(run=run)
        if list(parts.order_by("number").values_list("text", flat=True)) == list(texts):
            open_ = parts.filter(status=Status.FAILED)
            open_._change(status=Status.QUEUED, error="", finished_at=None, finished_by="")
            parts.exclude(status=Status.SUCCEEDED)._change(losses=0, last_rung=None)
            return
        models.QuerySet.delete(parts)  # of other code with the same version; a late answer finds no row
        self.bulk_create(
            self.model(run=run, number=number, of=len(texts), key=f"{run.key}:{number}", text=text)
            for number, text in enumerate(texts, start=1)
        )

    def answers(self, run: "Run") -> tuple[str, ...]:
        """Give what the parts of a run gave, in their order; nothing unless all of them are computed."""
        rows = list(self.filter(run=run).order_by("number").values_list("status", "answer"))
        is_complete = all(status == Status.SUCCEEDED for status, _ in rows)
        return tuple(answer for _, answer in rows) if is_complete else ()

    def drop_answers(self, run: "Run") -> None:
        """Let go what the parts gave, as the run has its result; the digests stay."""
        self.filter(run=run)._change(answer="")


class RunPart(LeasedRow):
    """What one part of a run is asked, who computes it, and the digest of what it gave."""

    review_path = "run__dataset__freeze__review"

    key = models.CharField(max_length=80, unique=True, help_text="Key of the run and number of the part.")
    run = models.ForeignKey("analysis.Run", on_delete=models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    of = models.PositiveIntegerField(help_text="Number of parts of the run.")
    text = models.TextField("asks", help_text="What the plugin computes in this part.")
    answer = models.TextField(blank=True, help_text="What it gave; dropped when the run has its result.")
    answer_digest = models.CharField(max_length=64, blank=True)

    objects = RunPartQuerySet.as_manager()

    class Meta:
        base_manager_name = "objects"
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "number"],
                name="runpart_once",
                violation_error_message="The run has a part of this number already.",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=models.F("of")),
                name="runpart_number_of",
                violation_error_message="Parts are numbered from 1 to their number.",
            ),
            models.CheckConstraint(
                condition=Q(status="succeeded") & ~Q(answer_digest="") | ~Q(status="succeeded") & Q(answer_digest=""),
                name="runpart_digest_when_succeeded",
                violation_error_message="A part has the digest of its answer if, and only if, it succeeded.",
            ),
            models.CheckConstraint(
                condition=Q(status="failed") & ~Q(error="") | ~Q(status="failed") & Q(error=""),
                name="runpart_error_when_failed",
                violation_error_message="A part has an error if, and only if, it failed.",
            ),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True, claimed_by="") | (Q(claimed_at__isnull=False) & ~Q(claimed_by="")),
                name="runpart_claimed_at_with_claimed_by",
                violation_error_message="Say which worker claimed the part, and when.",
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True, finished_by="")
                | (Q(finished_at__isnull=False) & ~Q(finished_by="")),
                name="runpart_finished_at_with_finished_by",
                violation_error_message="Say which worker finished the part, and when.",
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.number} of {self.of} of {self.run}"
