"""What waits for a person in a review, in words, with the way to it."""

from dataclasses import dataclass

from django.urls import reverse

from evidence.models import Review
from evidence.services.workload import Kind, Waiting
from evidence.verdicts import Stage

WORDS = {
    Kind.SCREEN: ("record to screen: {stage}", "records to screen: {stage}"),
    Kind.SETTLE_RECORDS: ("conflict to settle: {stage}", "conflicts to settle: {stage}"),
    Kind.ANSWER_PAIRS: ("pair of records that may be one document", "pairs of records that may be one document"),
    Kind.CONFIRM_IMPORTS: ("import of yours to confirm", "imports of yours to confirm"),
    Kind.CONTINUE_READING: ("extraction of yours in work", "extractions of yours in work"),
    Kind.READ: ("study that you may extract", "studies that you may extract"),
    Kind.ADJUDICATE: ("study to adjudicate", "studies to adjudicate"),
    Kind.CONTINUE_ASSESSING: ("risk-of-bias assessment of yours in work", "risk-of-bias assessments of yours in work"),
    Kind.SETTLE_ASSESSMENTS: ("risk-of-bias consensus to settle", "risk-of-bias consensuses to settle"),
    Kind.ANSWER_DOUBTS: ("number that is unlikely to be right", "numbers that are unlikely to be right"),
    Kind.LATE: ("task of yours that is late", "tasks of yours that are late"),
}

# Where that is done which is one page of the review.
PAGES = {
    Kind.ANSWER_PAIRS: "evidence_screening_duplicates",
    Kind.CONFIRM_IMPORTS: "evidence_upload_list",
    Kind.ANSWER_DOUBTS: "evidence_doubts",
    Kind.LATE: "evidence_progress",
}


@dataclass(frozen=True, slots=True)
class Errand:
    """So many things of one kind that wait, and where they are done."""

    count: int
    words: str
    url: str
    is_urgent: bool


def errands_of(review: Review, waiting: list[Waiting]) -> list[Errand]:
    """Give what waits, in the order in which it was counted, what is late first."""
    ordered = sorted(waiting, key=lambda one: one.kind != Kind.LATE)
    return [
        Errand(
            one.count,
            WORDS[one.kind][one.count != 1].format(stage=Stage(one.stage).label.lower() if one.stage else ""),
            _url(review, one),
            one.kind == Kind.LATE,
        )
        for one in ordered
    ]


def _url(review: Review, one: Waiting) -> str:
    """Give the page where it is done: the study itself where there is one only."""
    if one.kind == Kind.SCREEN:
        return reverse("admin:evidence_screening_queue", args=[review.slug, one.stage])
    if one.kind == Kind.SETTLE_RECORDS:
        return reverse("admin:evidence_screening_conflicts", args=[review.slug, one.stage])
    if one.kind in PAGES:
        return reverse(f"admin:{PAGES[one.kind]}", args=[review.slug])
    if one.study is not None:
        study = reverse("admin:evidence_study_change", args=[one.study])
        return f"{study}?extraction=own" if one.kind in (Kind.CONTINUE_READING, Kind.READ) else study
    if one.kind in (Kind.CONTINUE_ASSESSING, Kind.SETTLE_ASSESSMENTS):
        return f"{reverse('admin:evidence_study_changelist')}?review={review.pk}"
    return reverse("admin:evidence_extraction_board", args=[review.slug])
