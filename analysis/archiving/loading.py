"""Loading the bundle of a review into a database: evidence, plan and snapshots, everything or nothing."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.archiving.contents import ANALYSES, agreed_digest
from analysis.archiving.reading import ReviewBundle
from analysis.bundling import NotStored, store
from analysis.importing import BadFile, import_analyses, read_analyses
from evidence.importers import import_review
from evidence.importers.importing import ImportResult
from evidence.importers.writing import Progress
from evidence.models import Review

NOT_EQUAL = (
    "The evidence of “{review}” here is not that of the bundle once it is loaded: the review holds more, or other "
    "things, here. Nothing was saved."
)
OTHER_REVIEW = "The evidence in the bundle is of the review “{found}”, and its manifest names “{review}”."


class NotLoaded(ValueError):
    """A bundle breaks a rule, or does not fit what the database holds; the sentences say where and why."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a bundle: the review, how much of it is new, and what a person should know.

    `result` is what the import of the evidence did.
    """

    review: Review
    rows: int
    analyses: int
    snapshots: int
    result: ImportResult
    messages: tuple[str, ...] = ()


@transaction.atomic
def load_bundle(*, by: User, bundle: ReviewBundle, reason: str = "", progress: Progress | None = None) -> Loaded:
    """Load a review: evidence, analyses and snapshots, these as drafts. Loading a bundle again changes nothing.

    Parameters
    ----------
    by : who loads it; a review that is not here belongs to them
    reason : why analyses are changed, where the plan of a review that is here is closed
    progress : as of an import of evidence

    Raises
    ------
    NotAllowed : the person's role in a review that is here does not cover it
    NotLoaded : a row breaks a rule, or something here contradicts the bundle; nothing is saved
    BadReviewBundle : the parts of a snapshot do not belong together; nothing is saved
    """
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        bundle.write_evidence(folder)
        result = import_review(by=by, folder=folder, progress=progress)
        if result.errors or result.review is None:
            raise NotLoaded([str(problem) for problem in result.errors])
        review = result.review
        if review.slug != bundle.review:
            raise NotLoaded([OTHER_REVIEW.format(found=review.slug, review=bundle.review)])
        if agreed_digest(review) != bundle.manifest["evidence"]:
            raise NotLoaded([NOT_EQUAL.format(review=review)])
        plan = folder / "plan" / ANALYSES
        plan.parent.mkdir()
        plan.write_text(bundle.text(ANALYSES), encoding="utf-8")
        try:
            changed = import_analyses(by=by, review=review, file=read_analyses(plan), reason=reason)
        except BadFile as error:
            raise NotLoaded(error.sentences) from error
    stored, messages = _store(by, bundle)
    return Loaded(review, len(result.changes), changed, stored, result, messages)


def _store(by: User, bundle: ReviewBundle) -> tuple[int, tuple[str, ...]]:
    """Store the snapshots that are not here; give how many, and what is said of them."""
    new, said = 0, []
    for one in bundle.snapshots():
        try:
            stored = store(by=by, bundle=one)
        except NotStored as error:
            raise NotLoaded([str(error)]) from error
        except ValidationError as error:
            raise NotLoaded(error.messages) from error
        new += stored.is_new
        said += [f"{one.analysis} {one.number}: {message}" for message in stored.messages]
    return new, tuple(said)
