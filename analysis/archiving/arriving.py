"""The bundle of a whole review as one of the kinds of files that evidence comes in."""

from pathlib import Path

from django.db import transaction

from analysis.archiving.contents import BadReviewBundle
from analysis.archiving.loading import Loaded, NotLoaded, load_bundle
from analysis.archiving.reading import ReviewBundle, open_bundle
from evidence.importers.asking import Format, Request
from evidence.importers.importing import ImportResult
from evidence.importers.problems import problem_at

OTHER = (
    "The bundle is of the review with the short name “{slug}” (“{title}”); this one has the short name “{here}”. "
    "Begin a review with the short name “{slug}” and bring the file in there."
)
WHAT = "Besides the evidence: {analyses} of its plan new or changed, and {snapshots} new, as drafts."
UNDONE = "Undoing this import takes back the evidence; analyses and snapshots stay."


def load(request: Request) -> ImportResult:
    """Load a bundle into the review of its short name, everything or nothing; a dry run saves nothing.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    """
    try:
        with open_bundle(Path(request.path)) as bundle, transaction.atomic():
            loaded = _load(request, bundle)
            if request.dry_run:
                transaction.set_rollback(True)
    except NotLoaded as error:
        return _refused(request, *error.sentences)
    except BadReviewBundle as error:
        return _refused(request, str(error))
    result = loaded.result
    return ImportResult(
        review=request.review,
        is_saved=not request.dry_run,
        rows=result.rows,
        changes=result.changes,
        notes=[*result.notes, *_notes(loaded), *loaded.messages],
        act=None if request.dry_run else result.act,
    )


def _load(request: Request, bundle: ReviewBundle) -> Loaded:
    """Load the bundle where it is one of this review."""
    if bundle.review != request.review.slug:
        title = str(bundle.manifest.get("title", bundle.review))
        raise NotLoaded([OTHER.format(slug=bundle.review, title=title, here=request.review.slug)])
    return load_bundle(by=request.by, bundle=bundle, progress=request.progress)


def _notes(loaded: Loaded) -> list[str]:
    """Say what comes in besides evidence, if anything does."""
    if not loaded.analyses and not loaded.snapshots:
        return []
    return [
        WHAT.format(
            analyses=_number(loaded.analyses, "analysis", "analyses"),
            snapshots=_number(loaded.snapshots, "snapshot", "snapshots"),
        ),
        UNDONE,
    ]


def _number(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _refused(request: Request, *sentences: str) -> ImportResult:
    """Give a result of which nothing was saved."""
    problems = [problem_at(request.name, None, "", sentence) for sentence in sentences]
    return ImportResult(review=request.review, is_saved=False, errors=problems, is_refused=True)


BUNDLE_FORMAT = Format(
    code="bundle",
    title="Whole review (bundle)",
    help="Evidence, plan and snapshots of a whole review in one file, as another Quorum writes it. It goes into a "
    "review of the same short name that is empty, or holds the same; snapshots come in as drafts.",
    endings=(".zip",),
    load=load,
)
