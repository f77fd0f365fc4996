"""Which stored rows are checked: all, those of a review, of an analysis, of a snapshot, one, or a sample of runs."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from analysis.models import Analysis, Dataset, Freeze, Refresh, Run, Snapshot
from evidence.models import Review

SHORTEST_PREFIX = 8
HEXADECIMAL = set("0123456789abcdef")

NOT_STORED = "Nothing is stored under “{words}”. Give REVIEW, REVIEW ANALYSIS, REVIEW ANALYSIS NUMBER, or a digest."
NO_ANALYSIS = "The review “{review}” has no analysis “{analysis}”; it has {known}."
NO_NUMBER = "The analysis “{analysis}” has no snapshot {number}."
AMBIGUOUS = "“{prefix}” begins more than one digest; give more of it."


class NothingFound(ValueError):
    """What was named to be checked is not stored."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows to check, by kind, upstream before downstream; `is_part` is False where they are all."""

    freezes: QuerySet[Any]
    datasets: QuerySet[Any]
    runs: QuerySet[Any]
    snapshots: QuerySet[Any]
    is_part: bool = True

    def rows(self, kind: str) -> QuerySet[Any]:
        """Give the rows of one kind in a fixed order, with what their check reads."""
        related = {
            "datasets": ("freeze__review",),
            "runs": ("dataset",),
            "snapshots": ("analysis", "freeze", "dataset"),
        }
        order = ("analysis_id", "number") if kind == "snapshots" else ("pk",)
        rows: QuerySet[Any] = getattr(self, kind).order_by(*order)
        return rows.select_related(*related[kind]) if kind in related else rows


def everything() -> Selection:
    """Give all that is stored; of runs, those that succeeded."""
    succeeded = Run.objects.filter(status=Run.Status.SUCCEEDED)
    rows = (Freeze.objects.all(), Dataset.objects.all(), succeeded, Snapshot.objects.all())
    return Selection(*rows, is_part=False)


def select(words: Sequence[str]) -> Selection:
    """Give the rows that the words name, with all that they were made of; no words name everything.

    Parameters
    ----------
    words : REVIEW, or REVIEW ANALYSIS, or REVIEW ANALYSIS NUMBER, or the digest or key of one row or its beginning

    Raises
    ------
    NothingFound : no row has this name
    """
    if not words:
        return everything()
    review = Review.objects.filter(slug=words[0]).first()
    if review is None:
        if len(words) == 1:
            return _by_digest(words[0].lower())
        raise NothingFound(NOT_STORED.format(words=" ".join(words)))
    if len(words) == 1:
        return _of(
            Run.objects.filter(dataset__freeze__review=review),
            Snapshot.objects.filter(analysis__review=review),
            freezes=Q(review=review),
            datasets=Q(freeze__review=review),
        )
    analysis = Analysis.objects.filter(review=review, slug=words[1]).first()
    if analysis is None:
        known = ", ".join(Analysis.objects.filter(review=review).values_list("slug", flat=True)) or "none"
        raise NothingFound(NO_ANALYSIS.format(review=review.slug, analysis=words[1], known=known))
    if len(words) == 2:
        return _of_analysis(analysis)
    return _of_snapshots(_numbered(analysis, words[2:]))


def _numbered(analysis: Analysis, words: Sequence[str]) -> QuerySet[Any]:
    rows = Snapshot.objects.filter(analysis=analysis, number=words[0] if words[0].isdecimal() else 0)
    if len(words) > 1 or not rows:
        raise NothingFound(NO_NUMBER.format(analysis=analysis.slug, number=" ".join(words)))
    return rows


def take_sample(selection: Selection, *, size: int, seed: int) -> Selection:
    """Give `size` succeeded runs of a selection, chosen by the seed, with what they were made of; no snapshots."""
    keys = sorted(selection.runs.values_list("key", flat=True))
    chosen = random.Random(seed).sample(keys, min(size, len(keys)))  # noqa: S311
    return _of(Run.objects.filter(key__in=chosen), Snapshot.objects.none())


def _by_digest(prefix: str) -> Selection:
    if len(prefix) < SHORTEST_PREFIX or not set(prefix) <= HEXADECIMAL:
        raise NothingFound(NOT_STORED.format(words=prefix))
    runs = Run.objects.filter(key__startswith=prefix, status=Run.Status.SUCCEEDED)
    snapshots = Snapshot.objects.filter(digest__startswith=prefix)
    datasets = Dataset.objects.filter(digest__startswith=prefix)
    freezes = Freeze.objects.filter(digest__startswith=prefix)
    found = [rows for rows in (runs, snapshots, datasets, freezes) if rows]
    if not found:
        raise NothingFound(NOT_STORED.format(words=prefix))
    if len(found) > 1 or len(found[0]) > 1:
        raise NothingFound(AMBIGUOUS.format(prefix=prefix))
    if snapshots:
        return _of_snapshots(snapshots)
    if runs:
        return _of(runs, Snapshot.objects.none())
    nothing = Run.objects.none()
    pks = {row.freeze_id for row in datasets} | {row.pk for row in freezes}
    return _of(nothing, Snapshot.objects.none(), datasets=Q(pk__in=[row.pk for row in datasets]), freezes=Q(pk__in=pks))


def _of_analysis(analysis: Analysis) -> Selection:
    """Give what an analysis was refreshed with and all its snapshots."""
    keys = {key for refresh in Refresh.objects.filter(analysis=analysis) for key in refresh.keys}
    snapshots = Snapshot.objects.filter(analysis=analysis)
    return _of(Run.objects.filter(Q(key__in=keys) | Q(snapshots__in=snapshots)).distinct(), snapshots)


def _of_snapshots(snapshots: QuerySet[Any]) -> Selection:
    return _of(Run.objects.filter(snapshots__in=snapshots).distinct(), snapshots)


def _of(
    runs: QuerySet[Any], snapshots: QuerySet[Any], *, freezes: Q | None = None, datasets: Q | None = None
) -> Selection:
    """Give runs that succeeded and snapshots, with the datasets and freezes that they were made of."""
    succeeded = runs.filter(status=Run.Status.SUCCEEDED)
    made_of = Q(pk__in=succeeded.order_by().values("dataset")) | Q(pk__in=snapshots.order_by().values("dataset"))
    of_datasets = Dataset.objects.filter(made_of | (datasets or Q(pk__in=[])))
    of_freezes = Q(pk__in=of_datasets.order_by().values("freeze")) | Q(pk__in=snapshots.order_by().values("freeze"))
    return Selection(
        freezes=Freeze.objects.filter(of_freezes | (freezes or Q(pk__in=[]))),
        datasets=of_datasets,
        runs=succeeded,
        snapshots=snapshots,
    )
