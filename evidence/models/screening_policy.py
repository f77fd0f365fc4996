"""How a review screens: how many readers, in which order, for which reasons."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck
from evidence.models.review import Review
from evidence.verdicts import Stage

SHARE_SENTENCE = "The share that two people read must lie between 0 and 100 percent."
WORDS_HELP = "One word or phrase a line; a star at the end stands for any ending, such as random*."


class Readers(models.TextChoices):
    """How many people read each record."""

    SINGLE = "single", "One reader"
    DUAL = "dual", "Two readers, independently"
    SAMPLE = "sample", "Two readers for a random share, one for the rest"


class Order(models.TextChoices):
    """In which order records come."""

    FOUND = "found", "As they were found"
    RANDOM = "random", "At random, by the seed"
    PRIORITY = "priority", "Likely includes first (all are still read)"


class ExclusionReason(EvidenceRow):
    """One of the review's own reasons for excluding a record."""

    class AtStage(models.TextChoices):
        TITLE_ABSTRACT = "title_abstract", "Titles and abstracts"
        FULL_TEXT = "full_text", "Full texts"
        BOTH = "both", "Both stages"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="exclusion_reasons")
    code = models.SlugField(max_length=40, help_text="Short name that files refer to, such as wrong-population.")
    name = models.CharField(max_length=120, help_text="As it stands in the flow diagram, such as wrong population.")
    stage = models.CharField(max_length=20, choices=AtStage, default=AtStage.BOTH)
    position = models.PositiveSmallIntegerField(
        default=1, help_text="Reasons are offered in this order; the first nine can be chosen by their number."
    )
    means_not_retrieved = models.BooleanField(
        "means that the report was not retrieved",
        default=False,
        help_text="Counted in the flow as a report not retrieved, not as one that was read and excluded.",
    )
    is_retired = models.BooleanField(
        "retired", default=False, help_text="No longer offered; what was excluded for it stays so."
    )

    class Meta:
        ordering = ["review", "position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["review", "code"],
                name="exclusionreason_code_once",
                violation_error_message="The review already has an exclusion reason with this short name.",
            ),
            models.UniqueConstraint(
                fields=["review", "name"],
                name="exclusionreason_name_once",
                violation_error_message="The review already has an exclusion reason with this name.",
            ),
            FieldCheck(
                field="means_not_retrieved",
                condition=Q(means_not_retrieved=False) | Q(stage="full_text"),
                name="exclusionreason_retrieval_is_of_full_texts",
                sentence="Only full texts are retrieved; choose the stage of full texts for this reason.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


def _share(stage: str) -> models.PositiveSmallIntegerField:
    return models.PositiveSmallIntegerField(
        f"{stage}: percent that two people read",
        default=20,
        validators=[MinValueValidator(0, SHARE_SENTENCE), MaxValueValidator(100, SHARE_SENTENCE)],
        help_text="Where two people read a random share: which records these are follows from the seed.",
    )


def _share_check(field: str) -> FieldCheck:
    return FieldCheck(
        field=field,
        condition=Q(**{f"{field}__range": (0, 100)}),
        name=f"screeningpolicy_{field}",
        sentence=SHARE_SENTENCE,
    )


class ScreeningPolicy(EvidenceRow):
    """The rules that a review screens by. Without a row of its own a review has the defaults."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="screening_policy")
    title_abstract_readers = models.CharField(
        "titles and abstracts: readers", max_length=10, choices=Readers, default=Readers.DUAL
    )
    title_abstract_share = _share("titles and abstracts")
    full_text_readers = models.CharField("full texts: readers", max_length=10, choices=Readers, default=Readers.DUAL)
    full_text_share = _share("full texts")
    seed = models.PositiveIntegerField(default=1, help_text="What the random share and the random order follow from.")
    order = models.CharField("order of the queue", max_length=10, choices=Order, default=Order.FOUND)
    needs_reason = models.BooleanField(
        "a reason is needed at titles and abstracts",
        default=False,
        help_text="At full texts a reason is always needed.",
    )
    include_words = models.TextField("words that speak for including", blank=True, help_text=WORDS_HELP)
    exclude_words = models.TextField("words that speak for excluding", blank=True, help_text=WORDS_HELP)

    class Meta:
        ordering = ["review"]
        verbose_name_plural = "screening policies"
        constraints = [_share_check("title_abstract_share"), _share_check("full_text_share")]

    def __str__(self) -> str:
        return f"Screening of {self.review}"

    def readers_at(self, stage: str) -> str:
        """Give how many people read at a stage."""
        return self.title_abstract_readers if stage == Stage.TITLE_ABSTRACT else self.full_text_readers

    def share_at(self, stage: str) -> int:
        """Give the percent that two people read at a stage, where it is a share."""
        return self.title_abstract_share if stage == Stage.TITLE_ABSTRACT else self.full_text_share
