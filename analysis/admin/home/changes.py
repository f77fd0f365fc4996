"""What happened in a review lately: of evidence what everybody may read, of analyses what is kept for ever."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from analysis.models import Certainty, Publication, SignOff, Snapshot
from evidence.models import Extraction, Review, Study

MOST = 10
SOMEBODY = "somebody whose name is not kept"
DID = {"+": "added", "~": "changed", "-": "removed"}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened: when, by whom, in words, and where to look at it ("" where it is gone)."""

    at: datetime
    by: str
    says: str
    about: str
    url: str = ""


def recent_changes(review: Review) -> list[Change]:
    """Give what happened last, newest first, in a number of queries that does not depend on how much did.

    Of extractions only the consensus is told of: who reads what is on the boards, and what they read is theirs.
    """
    found = [*_studies(review), *_consensus(review), *_standing(review)]
    return sorted(found, key=lambda change: change.at, reverse=True)[:MOST]


def _studies(review: Review) -> Iterator[Change]:
    rows = Study.history.filter(review=review).select_related("history_user")
    for row in rows.order_by("-history_date", "-history_id")[:MOST]:
        yield _entry(row, f"{DID[row.history_type]} the study", row.label, row.id)


def _consensus(review: Review) -> Iterator[Change]:
    rows = Extraction.history.filter(study__review=review, is_consensus=True).select_related("history_user", "study")
    for row in rows.order_by("-history_date", "-history_id")[:MOST]:
        is_complete = row.status == Extraction.Status.COMPLETE and row.history_type != "-"
        says = "completed the consensus of" if is_complete else f"{DID[row.history_type]} the consensus of"
        yield _entry(row, says, row.study.label, row.study_id)


def _entry(row: Any, says: str, label: str, study: int) -> Change:
    url = "" if says.startswith(DID["-"]) else reverse("admin:evidence_study_change", args=[study])
    return Change(row.history_date, str(row.history_user or SOMEBODY), says, label, url)


def _standing(review: Review) -> Iterator[Change]:
    """Give the newest snapshots, and what people said of snapshots."""
    of_analysis, of_snapshot = {"analysis__review": review}, {"snapshot__analysis__review": review}
    made = Snapshot.objects.filter(**of_analysis).select_related("analysis", "made_by").defer("manifest")
    for row in made.order_by("-made_at")[:MOST]:
        yield _snapshot(row, row.made_at, row.made_by, "made")
    signed = SignOff.objects.filter(**of_snapshot).select_related("snapshot__analysis", "signed_by")
    for one in signed.defer("snapshot__manifest").order_by("-signed_at")[:MOST]:
        yield _snapshot(one.snapshot, one.signed_at, one.signed_by, "signed off")
    published = Publication.objects.filter(**of_snapshot).select_related("snapshot__analysis", "published_by")
    for told in published.defer("snapshot__manifest").order_by("-published_at")[:MOST]:
        yield _snapshot(told.snapshot, told.published_at, told.published_by, "published")
    rated = Certainty.objects.filter(**of_analysis).select_related("analysis", "rated_by")
    for rating in rated.order_by("-rated_at")[:MOST]:
        says = f"rated the certainty as {rating.get_level_display().lower()}:"
        url = reverse("admin:analysis_analysis_change", args=[rating.analysis_id])
        yield Change(rating.rated_at, str(rating.rated_by), says, rating.analysis.title, url)


def _snapshot(row: Snapshot, at: datetime, by: Any, did: str) -> Change:
    url = reverse("admin:analysis_snapshot_change", args=[row.pk])
    return Change(at, str(by), f"{did} snapshot {row.number} of", row.analysis.title, url)
