"""A published snapshot, with the words that it had when it was published, and what happened to it since."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import Http404

from analysis.models import Analysis, Publication, Snapshot
from analysis.services.withdrawing import warnings_for
from evidence.models import Review

NO_SUCH = "Nothing is published at this address."


@dataclass(frozen=True, slots=True)
class Published:
    """One published snapshot.

    Attributes
    ----------
    review, analysis : the rows as they were when the snapshot was published, so that later edits tell nobody anything
    successor : the number of the snapshot that is published in its place, None where it is the latest
    warnings : a sentence for each version of a plugin that was withdrawn since
    """

    snapshot: Snapshot
    publication: Publication
    review: Any
    analysis: Any
    successor: int | None
    warnings: tuple[str, ...]

    @property
    def slugs(self) -> tuple[str, str]:
        """The short names of review and analysis in the address, which are those of today."""
        return self.snapshot.analysis.review.slug, self.snapshot.analysis.slug

    @property
    def marks(self) -> tuple[str, ...]:
        """Everything that the page depends on beside its own code."""
        return (self.snapshot.digest, str(self.publication.pk), str(self.successor), *self.warnings)

    @property
    def signer(self) -> str:
        """The full name of who stands by the snapshot, "" where the account has none; user names stay inside."""
        return str(self.snapshot.sign_off.signed_by.get_full_name())


def newest_number(review: str, analysis: str) -> int:
    """Give the number of the newest published snapshot of an analysis.

    Raises
    ------
    Http404 : nothing is published, or the site has no public pages
    """
    rows = _published(review, analysis).order_by("-number").values_list("number", flat=True)
    number = rows.first() if settings.PUBLIC_PAGES else None
    if number is None:
        raise Http404(NO_SUCH)
    return int(number)


def published_or_404(review: str, analysis: str, number: int) -> Published:
    """Give a published snapshot.

    Raises
    ------
    Http404 : there is none, it is not published, or the site has no public pages
    """
    related = ("analysis__review", "publication", "sign_off__signed_by", "freeze", "dataset")
    rows = _published(review, analysis).filter(number=number).select_related(*related)
    snapshot = rows.defer("freeze__content", "dataset__content").first() if settings.PUBLIC_PAGES else None
    if snapshot is None:
        raise Http404(NO_SUCH)
    later = _published(review, analysis).filter(number__gt=number).order_by("-number")
    at = snapshot.publication.published_at
    return Published(
        snapshot=snapshot,
        publication=snapshot.publication,
        review=_as_it_was(snapshot.analysis.review, Review, at),
        analysis=_as_it_was(snapshot.analysis, Analysis, at),
        successor=later.values_list("number", flat=True).first(),
        warnings=tuple(warnings_for(snapshot)),
    )


def _published(review: str, analysis: str) -> Any:
    return Snapshot.objects.filter(analysis__review__slug=review, analysis__slug=analysis, publication__isnull=False)


def _as_it_was(row: Any, model: Any, at: datetime) -> Any:
    """Give a row as it was at a moment; as it is where its history does not reach back."""
    return model.history.filter(id=row.pk, history_date__lte=at).order_by("-history_date", "-history_id").first() or row
